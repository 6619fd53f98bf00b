//! What the numbers mean: assets, encoded queries, sessions and seats, installed software, compliance, subscription
//! units, licence metrics, entitlements and their reconciliation, calendars.
//!
//! Data in, data out. Nothing here reads a clock, a file, the network or a random source; time, site zone and ids are
//! arguments, so that every rule can be tested against every date. Nothing here panics on input.

pub mod asset;
pub mod calendar;
pub mod compliance;
pub mod currency;
pub mod decimal;
pub mod entitlement;
pub mod ids;
pub mod metric;
pub mod query;
pub mod reconcile;
pub mod record;
pub mod session;
pub mod software;
pub mod units;
