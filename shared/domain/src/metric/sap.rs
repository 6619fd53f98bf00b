//! SAP: named users by type, engines, digital access by documents, full usage equivalents (domain 5.11).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::answer::{Answer, Detail, Object};
use super::common::consumption;
use super::count::sum;
use super::error::MetricError;
use super::factor::{Factor, FactorError, Table};
use super::inputs::Inputs;
use super::registry::{Group, Input, Metric};

/// The group.
pub const GROUP: Group = Group {
    name: "SAP",
    pack: Some("SAP"),
    metrics: &[
        Metric::new(
            "Digital Access",
            "Documents that other systems create.",
            "The documents of each type times the multiplier of the type, added and rounded up; reading, changing and deleting are free.",
            &[Input::Documents],
            digital_access,
        ),
        Metric::new(
            "Engine Measurement",
            "The use of an engine, measured or declared.",
            "The measured or declared value of the engine is the licences required, one for one.",
            &[Input::ResourceValue],
            consumption,
        ),
        Metric::new(
            "Full Usage Equivalent (FUE)",
            "Users by use type, as full users.",
            "The users of each use type divided by the users that make one full user, added and rounded up.",
            &[Input::NamedUsers],
            full_usage,
        )
        .also(&["FUE", "Full Usage Equivalent"]),
        Metric::new(
            "Named User",
            "Users by their contractual type.",
            "One right of its type for each distinct user of each type; rights of one type do not serve another.",
            &[Input::NamedUsers],
            named_user,
        ),
    ],
};

/// What SAP's metrics are computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Factors {
    /// Users of each use type that make one full user.
    pub full_usage: Table<NamedFactor>,
    /// What a document of each type counts.
    pub documents: Table<NamedFactor>,
}

/// A type and its factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFactor {
    /// The type.
    pub name: String,
    /// Its factor.
    pub factor: Factor,
}

impl Default for Factors {
    fn default() -> Self {
        let row =
            |(name, thousandths): (&str, u64)| NamedFactor { name: name.to_owned(), factor: Factor::thousandths(thousandths) };
        let source = "SAP publisher pack: licence metrics";
        let usage = [("advanced", 1000), ("core", 5000), ("self_service", 30_000), ("developer", 500)];
        let documents = [
            ("sales", 1000),
            ("purchase", 1000),
            ("invoice", 1000),
            ("manufacturing", 1000),
            ("material", 200),
            ("quality", 1000),
            ("service", 1000),
            ("financial", 200),
            ("time", 1000),
        ];
        Self {
            full_usage: Table::published(usage.into_iter().map(row).collect(), source),
            documents: Table::published(documents.into_iter().map(row).collect(), source),
        }
    }
}

impl Table<NamedFactor> {
    fn named(&self, field: &'static str, name: &str) -> Result<Factor, MetricError> {
        let found = self.rows.iter().find(|row| row.name == name).map(|row| row.factor);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
            MetricError::unknown(field, name, &known)
        })
    }
}

fn full_usage<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let of = |(name, count): &(&str, u64)| {
        let factor = factors.sap.full_usage.named("user_counts", name)?;
        factor.parts(*count).ok_or_else(|| FactorError::Zero((*name).to_owned()).into())
    };
    total(inputs.user_counts.iter().map(of))
}

fn digital_access<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let of = |(name, count): &(&str, u64)| {
        let factor = factors.sap.documents.named("document_counts", name)?;
        factor.amount().times(Amount::whole(*count)).ok_or(MetricError::TooLarge)
    };
    total(inputs.document_counts.iter().map(of))
}

fn total<'a>(amounts: impl Iterator<Item = Result<Amount, MetricError>>) -> Result<Answer<'a>, MetricError> {
    let mut total = Amount::ZERO;
    for amount in amounts {
        total = total.plus(amount?).ok_or(MetricError::TooLarge)?;
    }
    Ok(Answer::rounded_up(total))
}

fn named_user<'a>(inputs: &Inputs<'a>, _: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let users: BTreeSet<_> = inputs.named_users.iter().collect();
    let (mut by_type, mut by_user) = (BTreeMap::<&'a str, u64>::new(), BTreeMap::<&'a str, u64>::new());
    for user in users {
        *by_type.entry(user.kind).or_default() += 1;
        *by_user.entry(user.user).or_default() += 1;
    }
    debug_assert_eq!(sum(by_type.values().copied()), sum(by_user.values().copied()), "each pair is counted in both");
    let parts = by_user.into_iter().map(|(user, rights)| (Object::User(user), rights));
    Ok(Answer::of_parts(parts).with(Detail::ByType(by_type)))
}
