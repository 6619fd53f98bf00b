//! Turns what the site knows into the estate of a reconciliation: a file for each subject.
//!
//! In: the store, the records, the reference tables, the settings, all of one moment. Out: the estate, which row each of its places
//! is, and notes of what had to be left out and why. No rule of licensing is here.

mod conditions;
mod devices;
mod entitlements;
mod estate;
mod hardware;
mod hosts;
mod installs;
mod inventory;
mod measures;
mod models;
mod organisation;
mod packs;
mod peaks;
mod places;
mod records;
mod rights;
#[cfg(test)]
mod tests;
mod users;

pub use estate::{Gathered, MachineId, Sources, gather};
pub use hosts::Correction;
pub use inventory::Inventory;
pub(super) use models::model_matches;
pub use packs::packs_on;
