//! The files that backups and restores make: room for them, names that may be replaced, what is not finished.

use super::error::BackupError;
use muster_runtime::random;
use std::path::{Path, PathBuf};

/// How the directory is called in which a restore is prepared.
pub const PREPARED: &str = ".restore.";

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

/// Refuses to replace what is no plain file: a device, a pipe, a link that leads elsewhere.
///
/// # Errors
/// When something else has this name, or nobody knows.
pub fn replaceable(to: &Path) -> Result<(), BackupError> {
    match to.symlink_metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(BackupError::Refused(format!("{} is there and no plain file; give the name of a file", to.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::at(to)(error)),
    }
}

/// Removes what restores that were killed had prepared in a data directory. Only for whoever has its lock.
///
/// # Errors
/// Those of the file system.
pub fn tidy(data_dir: &Path) -> Result<(), BackupError> {
    for entry in std::fs::read_dir(data_dir).map_err(BackupError::at(data_dir))?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(PREPARED.as_bytes()) {
            std::fs::remove_dir_all(entry.path()).map_err(BackupError::at(&entry.path()))?;
        }
    }
    Ok(())
}

/// A file that goes with this value; in a data directory also with the next start of the collector.
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
