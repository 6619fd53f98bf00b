//! Who runs the hooks here, and where that is remembered.
//!
//! In: the configuration. Out: the helper with `enforce.dir` where that directory exists, else the agent with a directory in
//! its own state. Every process of this machine comes to the same answer, so that no two of them run a hook.

use crate::config::Config;
use muster_runtime::durable::{self, DirLock, LockError};
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};
use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The directory in the agent's own state.
const OWN: &str = "enforce";
/// Bits that let others than the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Who runs the hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The root helper: `muster-enforce.service`.
    Helper,
    /// The agent itself.
    Agent,
}

/// Who, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Who runs the hooks.
    pub by: By,
    /// Where runs are remembered.
    pub dir: PathBuf,
}

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Another process runs hooks.
    #[error("{}: another `muster-agent enforce` is at it", .0.display())]
    Held(PathBuf),
    /// It cannot be entered or locked.
    #[error("{}: {source}; it must be a directory that this user can write", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could change what is remembered.
    #[error(
        "{}: it must belong to the user that runs the hooks (uid {euid}), and nobody else may write it; run \
         `muster-agent enforce` as its owner",
        path.display()
    )]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Who runs this.
        euid: u32,
    },
}

impl Place {
    /// The place of this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self::find(&config.enforce.dir, &config.state_dir)
    }

    /// The helper's directory if it exists, else the one in the agent's state.
    #[must_use]
    pub fn find(helper: &Path, state: &Path) -> Self {
        if helper.is_dir() {
            Self { by: By::Helper, dir: helper.to_owned() }
        } else {
            Self { by: By::Agent, dir: state.join(OWN) }
        }
    }

    /// Makes the directory where it is the agent's own, checks that nobody else can write it, and locks it.
    ///
    /// # Errors
    /// When another process has it, it is not this user's alone, or it cannot be used.
    pub fn lock(&self) -> Result<DirLock, PlaceError> {
        let failed = |source| PlaceError::Directory { path: self.dir.clone(), source };
        if self.by == By::Agent {
            // Who can write the directory around it can put another one in its place.
            self.dir.parent().map_or(Ok(()), check_owner)?;
            durable::create_dir(&self.dir, 0o700).map_err(failed)?;
        }
        check_owner(&self.dir)?;
        let lock = DirLock::acquire(&self.dir).map_err(|error| match error {
            LockError::Held => PlaceError::Held(self.dir.clone()),
            LockError::Io(source) => failed(source),
        })?;
        durable::remove_unfinished(&self.dir).map_err(failed)?;
        Ok(lock)
    }
}

/// Whether this user and no other decides what is in a directory.
pub(super) fn check_owner(dir: &Path) -> Result<(), PlaceError> {
    let found = dir.symlink_metadata().map_err(|source| PlaceError::Directory { path: dir.to_owned(), source })?;
    let euid = geteuid().as_raw();
    if found.is_dir() && found.uid() == euid && found.mode() & WRITABLE_BY_OTHERS == 0 {
        return Ok(());
    }
    Err(PlaceError::Owner { path: dir.to_owned(), euid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn the_helper_s_directory_decides() {
        let dir = tempfile::tempdir().unwrap();
        let (helper, state) = (dir.path().join("helper"), dir.path().join("state"));
        assert_eq!(Place::find(&helper, &state), Place { by: By::Agent, dir: state.join(OWN) });
        std::fs::create_dir(&helper).unwrap();
        assert_eq!(Place::find(&helper, &state), Place { by: By::Helper, dir: helper });
    }

    #[test]
    fn one_at_a_time_and_only_where_nobody_else_writes() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        std::fs::create_dir(&state).unwrap();
        let place = Place::find(&dir.path().join("none"), &state);
        let lock = place.lock().unwrap();
        assert!(matches!(place.lock(), Err(PlaceError::Held(_))));
        drop(lock);
        for (path, mode, good) in
            [(&state, 0o777, false), (&state, 0o700, true), (&place.dir, 0o770, false), (&place.dir, 0o755, true)]
        {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(place.lock().is_ok(), good, "{} {mode:o}", path.display());
        }
        symlink(&place.dir, dir.path().join("link")).unwrap();
        assert!(check_owner(&dir.path().join("link")).is_err());
    }
}
