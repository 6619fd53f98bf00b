//! `calc`: the rules without a server (contract section 5).
//!
//! In: a file of cases as text. Out: the answers as text, in the same order. Each adapter turns the compact inputs into the records
//! that the rules themselves take, and the rules' answer back; it decides nothing.

mod cases;
mod compliance;
mod exact;
mod metric;
mod query;
mod reconcile;
mod records;
mod run;
mod sessions;
mod trace;
mod units;

pub use cases::{CalcError, Kind, run};
pub use metric::groups as metric_groups;
pub use trace::EXAMPLE as TRACE_EXAMPLE;
