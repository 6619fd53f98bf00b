//! What the collector remembers: small ports, each method one unit of work, and the records they speak in.
//!
//! In: records and changes. Out: records, after they are durable. No transaction type leaves this module, and nothing in it
//! knows a stage above it: it imports the domain's types and nothing else of ours.

#[cfg(test)]
pub(crate) mod conformance;
pub mod error;
pub mod ports;
pub mod records;
pub mod redb;

pub use error::StoreError;
pub use ports::Stores;
