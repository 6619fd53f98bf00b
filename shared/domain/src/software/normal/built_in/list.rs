//! The rules in one list, in their order.

use super::row::Row;
use super::{design, desktop, developer, distribution, enterprise, microsoft, part, server};
use crate::software::normal::Rule;
use std::collections::BTreeSet;

/// The order of the first built-in rule; administrators' are lower.
pub const BUILT_IN_ORDER: u32 = 100_000;

/// All tables, in their order: parts and corrections before what they belong to, distributions last.
const TABLES: [&[Row]; 8] = [
    part::ROWS,
    microsoft::ROWS,
    enterprise::ROWS,
    design::ROWS,
    developer::ROWS,
    desktop::ROWS,
    server::ROWS,
    distribution::ROWS,
];

/// The built-in rules; those with these ids are switched off.
#[must_use]
pub fn built_in(off: &BTreeSet<String>) -> Vec<Rule> {
    let orders = (BUILT_IN_ORDER..).step_by(10);
    let rules = rows().zip(orders).map(|(row, order)| row.rule(order));
    rules.map(|rule| Rule { enabled: !off.contains(&rule.id), ..rule }).collect()
}

pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.into_iter().flatten()
}
