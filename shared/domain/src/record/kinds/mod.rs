//! Every kind of record, one file for each subject.

pub mod access;
pub mod allocation;
mod catalogue;
pub mod consumption;
pub mod contract;
pub mod cost;
pub mod entitlement;
pub mod host;
pub mod measure;
pub mod metric;
pub mod model;
pub mod pack;
pub mod part_number;
pub mod rights;
pub mod rule;
pub mod user;

pub use catalogue::{ALL, find};
