//! Backups of the store, and the keys they need.
//!
//! In: the store's own copy of itself. Out: a file that says what is in it and proves that it is whole. The keys are not in it: they
//! go into a bundle of their own, under a passphrase. What is read back is the business of the commands: it needs no collector.

mod error;
mod file;
mod keys;
mod make;
mod unfinished;

pub use error::BackupError;
pub use file::{Manifest, read_manifest, unpack};
pub use keys::{KeyBundle, export_keys, machine_key_id};
pub use make::{Backups, Made};
pub use unfinished::{PREPARED, Unfinished, interrupted, replaceable, room, tidy};
