//! What can go wrong with backups, in the words of whoever has to act.

use crate::{store::StoreError, trust::keys::KeyFileError};
use muster_runtime::{durable::LockError, exit::Exit};
use std::{io, path::Path};

/// An error of a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is something else.
    #[error("{0}")]
    Foreign(String),
    /// The file is not as it was written.
    #[error("{0}; the file is damaged")]
    Damaged(String),
    /// A newer program wrote the file.
    #[error("the file has format {0}, this program knows 1; use a newer muster-collector")]
    Newer(u32),
    /// The file and the data directory do not belong together, or the directory is not what it should be.
    #[error("{0}")]
    Refused(String),
    /// The passphrase does not open the bundle, or there is none.
    #[error("{0}")]
    Passphrase(String),
    /// Somebody wanted the program to end.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// Another backup is being made.
    #[error("another backup is being made; try again when it is done")]
    Busy,
    /// There is no room for it.
    #[error("{0}")]
    NoRoom(String),
    /// The data directory is in use.
    #[error("{0}")]
    InUse(String),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system did.
    #[error("{what}: {error}")]
    Io {
        /// Which file.
        what: String,
        /// What the system said.
        error: io::Error,
    },
}

impl BackupError {
    /// The same, with the file that it is about.
    #[must_use]
    pub fn of(self, path: &Path) -> Self {
        let path = path.display();
        match self {
            Self::Foreign(text) => Self::Foreign(format!("{path}: {text}")),
            Self::Damaged(text) => Self::Damaged(format!("{path}: {text}")),
            Self::Io { what, error } if what.is_empty() => Self::Io { what: path.to_string(), error },
            other => other,
        }
    }

    /// An error of the file system at a path.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = path.display().to_string();
        move |error| Self::Io { what, error }
    }

    /// An error of a lock.
    #[must_use]
    pub fn of_lock(error: LockError, dir: &Path) -> Self {
        match error {
            LockError::Held => {
                let by =
                    muster_runtime::durable::DirLock::holder(dir).map_or_else(String::new, |pid| format!(" by process {pid}"));
                Self::InUse(format!("{} is in use{by}; stop the collector first", dir.display()))
            }
            LockError::Io(error) => Self::Io { what: dir.display().to_string(), error },
        }
    }

    /// The exit code that goes with it (contract 1).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Busy | Self::InUse(_) | Self::Store(StoreError::Unavailable { .. } | StoreError::Busy) => Exit::TryAgain,
            Self::Refused(_) | Self::Store(_) => Exit::Config,
            Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => Exit::NotFound,
            Self::Foreign(_)
            | Self::Damaged(_)
            | Self::Newer(_)
            | Self::Passphrase(_)
            | Self::NoRoom(_)
            | Self::Interrupted
            | Self::Io { .. } => Exit::Failed,
        }
    }
}

impl From<KeyFileError> for BackupError {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::Io { path, source } => Self::Io { what: path.display().to_string(), error: source },
            invalid @ KeyFileError::Invalid { .. } => Self::Refused(invalid.to_string()),
        }
    }
}
