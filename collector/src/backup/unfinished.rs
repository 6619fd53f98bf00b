//! Room for files that are made, and files that are not finished.

use super::error::BackupError;
use muster_runtime::random;
use std::path::{Path, PathBuf};

/// Refuses what would leave less than 5 % of the disk, without which a collector is not ready.
///
/// # Errors
/// When there is no room, or nobody knows.
pub fn room(dir: &Path, bytes: u64) -> Result<(), BackupError> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| BackupError::at(dir)(error.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let kept = disk.f_blocks.saturating_mul(disk.f_frsize) / 20;
    let needed = bytes.saturating_add(kept);
    if free < needed {
        const MIB: u64 = 1024 * 1024;
        return Err(BackupError::NoRoom(format!(
            "there is no room for it on the disk of {}: {} MiB are free, {} MiB are needed; make room",
            dir.display(),
            free / MIB,
            needed.div_ceil(MIB)
        )));
    }
    Ok(())
}

/// A file that goes with this value, and with the next start of the collector after a crash.
pub struct Unfinished {
    /// Where it is.
    pub path: PathBuf,
}

impl Unfinished {
    /// A name that nobody uses; nothing is made yet.
    #[must_use]
    pub fn new(dir: &Path, what: &str) -> Self {
        Self { path: dir.join(format!(".{what}.{:016x}.unfinished", u64::from_le_bytes(random::bytes()))) }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It may not have been made, or was given its final name.
        drop(std::fs::remove_file(&self.path));
    }
}
