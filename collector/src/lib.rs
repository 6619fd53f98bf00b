//! The collector.

pub mod calc;
