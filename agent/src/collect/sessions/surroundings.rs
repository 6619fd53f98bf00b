//! What a session needs to know of its machine, whichever source it comes from.
//!
//! In: paths, the endpoint's own address, the time. Out: nothing of its own; it only keeps them together for one snapshot.

use chrono::{DateTime, Utc};
use std::path::PathBuf;

/// The machine at the moment of a snapshot.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// Where the terminals are, `/dev`.
    pub(super) dev: PathBuf,
    /// Where the accounts are, `/etc`.
    pub(super) etc: PathBuf,
    /// The address of the console (see [`super::address::own`]).
    pub(super) own_address: String,
    /// The time of the snapshot.
    pub(super) now: DateTime<Utc>,
}
