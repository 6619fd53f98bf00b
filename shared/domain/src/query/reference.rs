//! The reference page of the language, for people: what programs print where they are asked for help.

/// The page, as plain text.
pub const REFERENCE: &str = include_str!("REFERENCE.md");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::operator::SPELLINGS;

    #[test]
    fn every_operator_is_on_the_page() {
        for (spelling, operator) in SPELLINGS {
            // The relative ones share a line that names what differs.
            let shown = spelling.strip_prefix("RELATIVE").unwrap_or(spelling);
            assert!(REFERENCE.contains(shown), "{operator:?} {spelling}");
        }
    }
}
