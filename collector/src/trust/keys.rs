//! The key files of the data directory: `keys/` (0700), each file 0600, and `ca.pem` (0644) beside it.

use muster_runtime::durable;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Where the keys of a data directory are.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    data_dir: PathBuf,
}

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl KeyFiles {
    /// The key files of this data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    /// `keys/NAME`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.data_dir.join("keys").join(name)
    }

    /// `ca.pem`, what clients are given as `--ca`.
    #[must_use]
    pub fn ca_path(&self) -> PathBuf {
        self.data_dir.join("ca.pem")
    }

    /// Creates `keys/`.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn create_dir(&self) -> Result<(), KeyFileError> {
        let path = self.data_dir.join("keys");
        durable::create_dir(&path, 0o700).map_err(|source| KeyFileError::Io { path, source })
    }

    /// Writes a secret file, 0600.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<(), KeyFileError> {
        let path = self.path(name);
        durable::write(&path, text.as_bytes(), 0o600).map_err(|source| KeyFileError::Io { path, source })
    }

    /// Writes `ca.pem`, 0644.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_ca(&self, text: &str) -> Result<(), KeyFileError> {
        let path = self.ca_path();
        durable::write(&path, text.as_bytes(), 0o644).map_err(|source| KeyFileError::Io { path, source })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, name: &str) -> Result<String, KeyFileError> {
        let path = self.path(name);
        std::fs::read_to_string(&path).map_err(|source| KeyFileError::Io { path, source })
    }

    /// Whether the file is there.
    #[must_use]
    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The error of a file whose content cannot be used.
    #[must_use]
    pub fn invalid(&self, name: &str, reason: impl std::fmt::Display) -> KeyFileError {
        KeyFileError::Invalid { path: self.path(name), reason: reason.to_string() }
    }
}
