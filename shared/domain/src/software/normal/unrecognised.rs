//! Names that no rule is about, by count: what is worth writing a rule for.
//!
//! In: titles with how often each is installed. Out: publishers and products that no rule knows, the most frequent first.

use super::{Normalised, Normaliser};
use crate::software::Software;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Titles that no rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecognised {
    /// Who publishes them, as far as they say.
    pub publisher: Option<String>,
    /// What they have in common.
    pub product: String,
    /// What installed them, as rules name it.
    pub source: String,
    /// How many titles: versions, languages, architectures.
    pub titles: u64,
    /// How often they are installed.
    pub installs: u64,
}

impl Normaliser {
    /// The titles that no rule is about, by publisher, product and source without regard to case: the most frequent first, then by name.
    #[must_use]
    pub fn unrecognised<'s>(&self, titles: impl IntoIterator<Item = (&'s Software, u64)>) -> Vec<Unrecognised> {
        let mut found: BTreeMap<(String, String, String), Unrecognised> = BTreeMap::new();
        for (software, installs) in titles {
            let Normalised { rule: None, publisher, product, .. } = self.normalise(software) else { continue };
            let source = software.source.to_lowercase();
            let key = (product.to_lowercase(), publisher.as_deref().unwrap_or_default().to_lowercase(), source.clone());
            let group = found.entry(key).or_insert_with(|| Unrecognised { publisher, product, source, titles: 0, installs: 0 });
            group.titles = group.titles.saturating_add(1);
            group.installs = group.installs.saturating_add(installs);
        }
        let mut found: Vec<_> = found.into_values().collect();
        // The map is ordered by name already, and this sort keeps the order of equals.
        found.sort_by_key(|group| Reverse(group.installs));
        found
    }
}
