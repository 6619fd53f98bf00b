//! The reconciliation of a site: what its records come to, run by run.

pub mod gathered;

pub use gathered::Gathered;
