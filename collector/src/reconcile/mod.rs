//! What is owned against what is used, at this site.
//!
//! In: assets, installs, records, peaks, settings, factor tables. Out: the estate that a reconciliation looks at, with the rows that
//! its places stand for; what normalisation makes of installed software. What the numbers mean says the domain.

mod factors;
mod gather;
mod normal;

pub use factors::{
    FactorTable, FactorTableError, factor_tables, factors, find as factor_table, reset_factor_table, set_factor_table,
};
pub use gather::{Correction, Gathered, MachineId, Sources, gather, packs_on};
pub use normal::{InstalledProduct, KnownRule, explain, normalization_rules, products, unrecognised};
