//! Rights as they go round: how many, for which version, for whom.

use crate::reconcile::{Organisation, Unit};

/// A consumption rule: who may use an entitlement, and how much of it is kept for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// The field of the organisation.
    pub unit: Unit,
    /// Its value.
    pub value: String,
    /// Values below it that belong to it.
    pub below: Vec<String>,
    /// Rights that are kept for these.
    pub pool: Option<u64>,
    /// Other fields that must be as these say, too; their pools mean nothing.
    pub and: Vec<Self>,
}

/// Rights that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entitled {
    /// Active rights; of no meaning where they are unlimited.
    pub rights: u64,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Whether they have active maintenance.
    pub maintenance: bool,
    /// The version they are for; any without one.
    pub version: Option<String>,
    /// Who may use them; anybody without a rule.
    pub rules: Vec<Rule>,
    /// Whether others may use what is in no pool.
    pub unrestricted: bool,
    /// Earlier versions they may be used for, each with its order, the lower first.
    pub downgrades: Vec<(u32, String)>,
}

impl Rule {
    /// Whether it is about these.
    pub(in crate::reconcile) fn admits(&self, organisation: &Organisation) -> bool {
        let is_here = |value: &str| value == self.value || self.below.iter().any(|below| below == value);
        organisation.get(self.unit).is_some_and(is_here) && self.and.iter().all(|other| other.admits(organisation))
    }
}
