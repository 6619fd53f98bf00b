//! Backups of the store, and the keys they need.
//!
//! In: the store's own copy of itself. Out: a file that says what is in it and proves that it is whole. The keys are not in it: they
//! go into a bundle of their own, under a passphrase. What is read back is the business of the commands: it needs no collector.

mod error;
mod file;
mod files;
mod keys;
mod make;

pub use error::BackupError;
pub use file::{Manifest, read_manifest, unpack};
pub use files::{PREPARED, Unfinished, replaceable, room, tidy};
pub use keys::{KeyBundle, export_keys, machine_key_id};
pub use make::{Backups, Made};
