//! Installed software: what package managers say is on this machine.
//!
//! In: the files of dpkg, flatpak and snap under a root directory, and what the program rpm prints of its database. Out: one list of
//! [`muster_wire::software::Package`], sorted, each one once, within the protocol's limits, the same on every call on an unchanged machine. The
//! parsers are pure over bytes; only [`gather`](self::collect) touches the disk.

mod dpkg;
mod flatpak;
mod gather;
mod list;
mod metainfo;
mod rpm;
mod snap;
mod stamp;
mod text;

#[cfg(test)]
mod garbage;

pub use gather::{Installed, collect};
pub use list::digest;
pub use stamp::{Stamp, stamp};
