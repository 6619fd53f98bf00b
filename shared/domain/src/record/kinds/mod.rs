//! Every kind of record, one file for each subject.

pub mod access;
pub mod allocation;
mod catalogue;
mod checks;
pub mod consumption;
pub mod contract;
pub mod cost;
pub mod entitlement;
pub mod entitlement_rules;
pub mod expense;
pub mod host;
pub mod measure;
pub mod metric;
mod metric_names;
pub mod model;
mod model_rules;
pub mod pack;
pub mod part_number;
pub mod rights;
mod rights_rules;
pub mod rule;
pub mod software;
pub mod user;

pub(super) use catalogue::likeness;
pub use catalogue::{ALL, find};
