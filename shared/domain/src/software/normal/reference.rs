//! The reference page of the rules, for people: what programs print where they are asked for help.

/// The page, as plain text.
pub const REFERENCE: &str = include_str!("REFERENCE.md");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::software::normal::{Family, PatternKind, ProductType, Rule};

    #[test]
    fn everything_that_can_be_written_is_on_the_page() {
        let sources = [Family::Dpkg, Family::Rpm, Family::Flatpak, Family::Snap, Family::Windows, Family::MacOs];
        let words = PatternKind::ALL.map(PatternKind::words).into_iter().chain(ProductType::ALL.map(ProductType::as_str));
        let places = ["{1}", "{version.1}", "{name}", "{publisher}", "{version}", "{distribution}", "keep", "major.minor"];
        for word in words.chain(sources.map(Family::as_str)).chain(places) {
            assert!(REFERENCE.contains(word), "{word}");
        }
    }

    #[test]
    fn the_example_is_a_rule() {
        let (_, example) = REFERENCE.split_once("EXAMPLE").unwrap();
        let json = &example[example.find('{').unwrap()..=example.rfind('}').unwrap()];
        let rule: Rule = serde_json::from_str(json).unwrap();
        crate::software::normal::Normaliser::new([rule]).unwrap();
    }
}
