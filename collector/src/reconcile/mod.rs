//! What is owned against what is used, at this site.
//!
//! In: assets, installs, records, peaks, settings. Out: the estate that a reconciliation looks at, with the rows that its places
//! stand for. It changes nothing; what the numbers mean says the domain.

mod gather;

pub use gather::{Correction, Gathered, MachineId, Sources, gather};
