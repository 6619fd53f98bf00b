//! Ids of numbers: what they are of, and which of its numbers.
//!
//! In: texts such as `positions.12-3.needed`. Out: the number that is meant, or none where it is not one of these.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::rules::{CANDIDATE_RULES, POSITION_RULES, REMEDY_RULES, RUN_RULES, Rule};
use crate::publish::Explainable;
use crate::reconcile::PositionId;

/// A number of the reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub(super) of: Of,
    /// Which of its numbers, as the API names it.
    pub(super) field: String,
}

/// What a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Position(PositionId),
    Candidate(Uuid),
    Remedy(Uuid),
    Run(u64),
}

impl Of {
    pub(super) const fn rules(self) -> &'static [Rule] {
        match self {
            Self::Position(_) => POSITION_RULES,
            Self::Candidate(_) => CANDIDATE_RULES,
            Self::Remedy(_) => REMEDY_RULES,
            Self::Run(_) => RUN_RULES,
        }
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(id) => write!(f, "positions.{id}"),
            Self::Candidate(id) => write!(f, "removal-candidates.{id}"),
            Self::Remedy(id) => write!(f, "remedies.{id}"),
            Self::Run(id) => write!(f, "reconciliations.{id}"),
        }
    }
}

impl Number {
    /// The number of an id; none where the id is of no reconciliation.
    #[must_use]
    pub fn read(id: &str) -> Option<Self> {
        let mut parts = id.splitn(3, '.');
        let (kind, which, field) = (parts.next()?, parts.next()?, parts.next()?);
        let of = match kind {
            "positions" => Of::Position(which.parse().ok()?),
            "removal-candidates" => Of::Candidate(Uuid::try_parse(which).ok()?),
            "remedies" => Of::Remedy(Uuid::try_parse(which).ok()?),
            "reconciliations" => Of::Run(which.parse().ok()?),
            _ => return None,
        };
        Some(Self { of, field: field.to_owned() })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.of, self.field)
    }
}

/// The ids of the numbers of one thing, by the member of its API document.
pub mod ids {
    use super::{BTreeMap, Of, PositionId, Uuid};

    /// Of a position.
    #[must_use]
    pub fn position(id: PositionId) -> BTreeMap<&'static str, String> {
        of(Of::Position(id))
    }

    /// Of a removal candidate.
    #[must_use]
    pub fn candidate(id: Uuid) -> BTreeMap<&'static str, String> {
        of(Of::Candidate(id))
    }

    /// Of a remedy.
    #[must_use]
    pub fn remedy(id: Uuid) -> BTreeMap<&'static str, String> {
        of(Of::Remedy(id))
    }

    /// Of a run.
    #[must_use]
    pub fn run(id: u64) -> BTreeMap<&'static str, String> {
        of(Of::Run(id))
    }

    fn of(of: Of) -> BTreeMap<&'static str, String> {
        of.rules().iter().map(|rule| (rule.field, format!("{of}.{}", rule.field))).collect()
    }
}

/// Every number that can be explained; `{id}` stands for that of the position, candidate, remedy or run.
#[must_use]
pub fn explainable() -> Vec<Explainable> {
    let kinds = [
        ("positions", POSITION_RULES),
        ("reconciliations", RUN_RULES),
        ("removal-candidates", CANDIDATE_RULES),
        ("remedies", REMEDY_RULES),
    ];
    let of = |(kind, rules): (&str, &'static [Rule])| {
        rules
            .iter()
            .map(move |rule| Explainable { id: format!("{kind}.{{id}}.{}", rule.field), rule: rule.rule })
            .collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_one_number() {
        let uuid = "0192f3c0-0000-7000-8000-000000000001";
        for id in [
            "positions.12-3.needed".to_owned(),
            "reconciliations.12.true_up".to_owned(),
            format!("removal-candidates.{uuid}.rights"),
            format!("remedies.{uuid}.cost"),
        ] {
            assert_eq!(Number::read(&id).unwrap().to_string(), id);
        }
        for other in ["compliance.asset_count", "positions.12-3", "positions.x.needed", "remedies.12.cost", "", "positions"] {
            assert_eq!(Number::read(other), None, "{other}");
        }
        assert_eq!(ids::position(PositionId { run: 1, number: 2 })["needed"], "positions.1-2.needed");
    }
}
