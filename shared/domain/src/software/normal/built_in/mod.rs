//! The built-in rules: products of common publishers, and the packages that Linux distributions are made of.
//!
//! In: the ids of those that are switched off. Out: rules like those of administrators, behind them in order. Names are as the
//! publishers' own installers and packages write them.

mod design;
mod desktop;
mod developer;
mod distribution;
mod enterprise;
mod microsoft;
mod part;
mod row;
mod server;
#[cfg(test)]
mod tests;

use super::Rule;
use row::Row;
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

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.into_iter().flatten()
}
