//! Whether it is worth looking again.
//!
//! In: a root directory. Out: a number that is another one after anything was installed or removed: it is made of the times and sizes of
//! the files that package managers write last. Reading a whole list every five minutes would cost a machine more than it tells.

use super::gather::user_flatpaks;
use crate::collect::hardware::names;
use sha2::{Digest as _, Sha256};
use std::{os::unix::fs::MetadataExt as _, path::Path};

/// The state of the package managers' files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u8; 32]);

impl Stamp {
    /// No state of any file.
    #[must_use]
    pub const fn unknown() -> Self {
        Self([0; 32])
    }
}

/// Files and directories whose times tell of a change.
const TOLD_BY: [&str; 12] = [
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite-wal",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/flatpak/.changed",
    "var/lib/flatpak/app",
    "snap",
];

/// The state as of now.
#[must_use]
pub fn stamp(root: &Path) -> Stamp {
    let mut hash = Sha256::new();
    let mut look = |path: &Path| {
        let state = std::fs::metadata(path).map_or([0; 4], |file| [1, file.mtime(), file.mtime_nsec(), file.len().cast_signed()]);
        state.iter().for_each(|number| hash.update(number.to_be_bytes()));
    };
    TOLD_BY.iter().for_each(|path| look(&root.join(path)));
    user_flatpaks(root).iter().for_each(|dir| look(dir));
    // A refreshed snap changes the link in its own directory.
    let snaps = root.join("snap");
    names(&snaps).iter().for_each(|name| look(&snaps.join(name)));
    Stamp(hash.finalize().into())
}
