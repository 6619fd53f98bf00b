//! The reconciliation of a site: what its records come to, run by run.
//!
//! In: the site's records as one estate, who asks for a run, what people do about the results. Out: runs with their positions, the
//! rows behind every number, removal candidates and remedies. What a number means says `muster_domain::reconcile`.

mod error;
mod find;
mod flatten;
mod gather;
mod identity;
mod keep;
mod people;
mod progress;
mod run;
mod service;
mod settle;
mod site;
mod weekly;

pub use error::ReconcileError;
pub use find::{PositionId, PositionWish, Source, Which};
pub use gather::{Correction, Gathered, MachineId, Sources, gather};
pub use progress::{Phase, Progress};
pub use service::{Asked, Gather, Parts, Reconciliations, Started};
pub use site::Site;
