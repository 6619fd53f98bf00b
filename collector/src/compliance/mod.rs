//! The licence's state: keys, counts, judgements, and what agents and administrators are told of it.
//!
//! In: licence keys, the assets of the store, the clock. Out: compliance runs, one published state, signed verdicts and receipts.
//! The rules are the domain's; this stage opens keys, counts rows, keeps the ledger and tells others. `jobs` call it at night.

mod actor;
mod alerts;
mod apply;
mod clock;
mod commit;
mod count;
mod effect;
mod facts;
mod forecast;
mod granted;
mod keys;
mod ledger;
mod past;
mod report;
mod request;
mod retention;
mod run;
mod service;
mod tally;
#[cfg(test)]
mod tests;
mod trust;
mod vendors;
mod verdicts;
mod warn;
mod whatif;
mod witness;

pub use actor::Actor;
pub use apply::{Applied, ApplyError};
pub use clock::SiteClock;
pub use count::{CountError, Counted, compile, count, observing, with_related};
pub use effect::{CategoryChange, KeyEffect, TermChange};
pub use granted::{Granted, GrantedSeats};
pub use keys::{InForce, KeySummary};
pub use ledger::Ledger;
pub use report::kind_name;
pub use service::{Compliance, Parts, RunError};
pub use trust::TrustError;
pub use vendors::{TrustRefused, TrustSource, TrustedVendor, TrustedVendors, read_keys};
pub use whatif::Effect;
pub use witness::CLOCK_ANOMALY;
