//! The embedded store: one file, one writer, snapshots for readers.
//!
//! In: a path. Out: [`Stores`](crate::store::Stores). Nothing outside this directory knows the engine.

mod agents;
mod applications;
mod asset_rows;
mod assets;
mod audit;
mod check;
mod checkouts;
mod codec;
mod copy;
mod deeds;
mod fault;
mod fold;
mod groups;
mod handle;
mod history;
mod hours;
mod idempotency;
mod imports;
mod interop;
mod license;
mod notifications;
mod open;
mod people;
mod privacy;
mod reconcile;
mod reconcile_members;
mod references;
mod reports;
mod sam_records;
mod software;
mod store;
mod system;
mod tables;
mod titles;
mod tokens;
mod units;
mod usage;
mod writer;

#[cfg(test)]
mod tests;

pub use check::check;
pub use open::{OpenConfig, create, open, open_store};
pub use store::RedbStore;
