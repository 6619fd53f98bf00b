//! The collector.

pub mod vendor;
