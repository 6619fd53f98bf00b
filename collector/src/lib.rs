//! The collector.

pub mod store;
