//! Normalisation: what publisher, product, version and edition installed software is.
//!
//! In: rules and what agents say. Out: what software is by the first rule that is about it, and why. Without such a rule it is what it
//! says itself, without what is certainly no part of a name.

use super::{Place, Rule, RuleError, RuleErrorKind, compiled::Compiled, index::Index, rule::ProductType, subject::Subject};
use crate::software::Software;
use std::collections::BTreeSet;

/// What software is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Normalised {
    /// The rule that says so; none where no rule is about it.
    pub rule: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What it is.
    pub product: String,
    /// In which version.
    pub version: Option<String>,
    /// In which edition.
    pub edition: Option<String>,
    /// Whether it needs a licence.
    pub product_type: ProductType,
    /// What it runs on.
    pub platform: Option<String>,
    /// In which language.
    pub language: Option<String>,
}

/// What became of a rule in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Whether a rule is about some software.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is switched off.
    Off,
    /// It is not.
    Failed {
        /// The first condition that does not hold.
        place: Place,
        /// What it asks for.
        expected: String,
        /// What there is.
        found: String,
    },
    /// It is, and says what the software is.
    Won,
}

/// Rules that are ready.
#[derive(Debug, Default)]
pub struct Normaliser {
    /// By order, then id.
    rules: Vec<Compiled>,
    index: Index,
}

impl Normaliser {
    /// Makes rules ready. Those that are switched off are checked, too.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, Vec<RuleError>> {
        let (mut ready, mut errors, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
        for rule in rules {
            if !ids.insert(rule.id.to_lowercase()) {
                errors.push(RuleError { rule: rule.id.clone(), place: Place::Id, reason: RuleErrorKind::Taken });
            }
            match Compiled::new(rule) {
                Ok(rule) => ready.push(rule),
                Err(found) => errors.extend(found),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        ready.sort_by(|one, other| (one.order, &one.id).cmp(&(other.order, &other.id)));
        let index = Index::new(ready.iter().map(|rule| rule.enabled.then(|| rule.beginnings())));
        Ok(Self { rules: ready, index })
    }

    /// What software is.
    #[must_use]
    pub fn normalise(&self, software: &Software) -> Normalised {
        let subject = Subject::new(software);
        let candidates = self.index.candidates(&subject.name.lower);
        let won = candidates.into_iter().filter_map(|at| self.rules.get(at)).find(|rule| rule.holds(&subject));
        won.map_or_else(|| subject.unknown(), |rule| rule.normalised(&subject))
    }

    /// Which rules were tried, in their order, until one won.
    #[must_use]
    pub fn explain(&self, software: &Software) -> Vec<Step> {
        let subject = Subject::new(software);
        let mut steps = Vec::new();
        for rule in &self.rules {
            let verdict = match rule.fails(&subject) {
                _ if !rule.enabled => Verdict::Off,
                Some((place, expected, found)) => Verdict::Failed { place, expected, found },
                None => Verdict::Won,
            };
            let won = verdict == Verdict::Won;
            steps.push(Step { rule: rule.id.clone(), verdict });
            if won {
                break;
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::software::normal::built_in;

    #[test]
    fn few_rules_are_tried_for_a_name() {
        let normaliser = Normaliser::new(built_in(&BTreeSet::new())).unwrap();
        for name in ["microsoft office 2016", "libssl3", "example planner", "adobe acrobat", "", "postgresql-15"] {
            let tried = normaliser.index.candidates(name).len();
            assert!(tried * 5 < normaliser.rules.len(), "{name}: {tried} of {}", normaliser.rules.len());
        }
    }
}
