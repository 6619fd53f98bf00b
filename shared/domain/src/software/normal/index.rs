//! Which rules may be about a name, by what the name begins with.
//!
//! In: what the names begin with that each rule is about. Out: the few rules that are worth trying, in their order.

use std::collections::BTreeMap;

/// How many characters of a beginning are looked at: "microsoft office " alone has 17.
const DEPTH: usize = 24;

/// Rules by beginnings.
#[derive(Debug, Default)]
pub(super) struct Index {
    beginnings: BTreeMap<String, Vec<usize>>,
    /// Rules that any name may pass.
    always: Vec<usize>,
}

impl Index {
    /// Beginnings in lower case, in the order of the rules; nothing for a rule that is switched off.
    pub(super) fn new<'r>(rules: impl IntoIterator<Item = Option<&'r [String]>>) -> Self {
        let mut index = Self::default();
        for (at, beginnings) in rules.into_iter().enumerate() {
            let Some(beginnings) = beginnings else { continue };
            if beginnings.is_empty() {
                index.always.push(at);
            }
            for beginning in beginnings {
                let key = beginning.chars().take(DEPTH).collect();
                index.beginnings.entry(key).or_default().push(at);
            }
        }
        index
    }

    /// The rules that a name, in lower case, may pass, in their order.
    pub(super) fn candidates(&self, name: &str) -> Vec<usize> {
        let mut found = self.always.clone();
        for (at, c) in name.char_indices().take(DEPTH) {
            let key = name.get(..at + c.len_utf8()).unwrap_or_default();
            found.extend(self.beginnings.get(key).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_come_in_the_order_of_the_rules() {
        let long = "x".repeat(40);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rules = [&["sql", "s"][..], &[], &["x"], &["sql server"], &[&long], &["s"], &["ä"]].map(texts);
        let index = Index::new(rules.iter().enumerate().map(|(at, rule)| (at != 2).then_some(rule.as_slice())));
        for (name, expected) in [
            ("sql server 2019", &[0, 1, 3, 5][..]),
            ("sq", &[0, 1, 5]),
            ("", &[1]),
            ("ärger", &[1, 6]),
            ("xxxxxxxxxxxxxxxxxxxxxxxxx", &[1, 4]),
        ] {
            assert_eq!(index.candidates(name), expected, "{name}");
        }
    }
}
