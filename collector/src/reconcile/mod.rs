//! The reconciliation of a site: what its records come to, run by run.
//!
//! In: assets, installs, records, peaks, settings and factor tables as one estate, who asks for a run, what people do about the
//! results. Out: runs with their positions, the rows behind every number, removal candidates and remedies; what normalisation makes
//! of installed software. What a number means says `muster_domain::reconcile`.

mod error;
mod factors;
mod find;
mod flatten;
mod gather;
mod identity;
mod keep;
mod normal;
pub mod numbers;
mod people;
mod progress;
mod run;
mod service;
mod settle;
mod site;
mod weekly;
mod whatif;

pub use error::ReconcileError;
pub use factors::{
    FactorTable, FactorTableError, changed_factors, factor_tables, factors, find as factor_table, reset_factor_table,
    set_factor_table,
};
pub use find::{PositionId, PositionWish, Source, Which};
pub use gather::{Correction, Gathered, Inventory, MachineId, Sources, gather, packs_on};
pub use normal::{InstalledProduct, KnownRule, explain, normalization_rules, products, unrecognised};
pub use progress::{Phase, Progress};
pub use service::{Asked, Gather, Parts, Reconciliations, Started};
pub use site::Site;
pub use whatif::{WhatIf, what_if};
