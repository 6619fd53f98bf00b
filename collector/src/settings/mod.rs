//! What an administrator sets while the collector runs: one documented list, typed, in the store, effective without a restart.
//!
//! In: names and values as text or JSON. Out: a snapshot for every stage that asks. What belongs to the machine (addresses, paths,
//! the time zone) is configuration and not here; a setting that no code reads is not declared.

mod catalogue;
mod kind;
mod network;
mod notifications;
mod service;
mod values;

pub use catalogue::{Definition, definitions};
pub use kind::{Kind, ValueError};
pub use network::Network;
pub use notifications::{EVENTS, Notifying};
pub use service::{Change, Setting, Settings, SettingsError, values_of};
pub use values::Values;
