//! The collector.

pub mod calc;
pub mod store;
