//! What can go wrong in the vendor tool, and the exit code for it.
//!
//! In: errors of files, keys and licences. Out: one message that names the file and says what to do.

use std::{io, path::PathBuf};

use muster_license::{FormatError, KeyError, ReportError, RequestError, SealError, endorse::EndorseError, json::JsonError};
use muster_runtime::exit::Exit;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum VendorError {
    /// The options do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A named file does not exist.
    #[error("{} does not exist", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The ledger holds nothing that fits.
    #[error("{}: {what}", path.display())]
    NoEntry {
        /// The ledger.
        path: PathBuf,
        /// What was looked for.
        what: String,
    },
    /// Two commands at once chose the same serial.
    #[error("{}: a key of serial {serial} was issued for this machine meanwhile; nothing was issued here, run the command again", path.display())]
    Meanwhile {
        /// The ledger.
        path: PathBuf,
        /// The serial.
        serial: u64,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file that must not be overwritten is there.
    #[error("{} exists already; a signing key is never overwritten, choose another directory", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file is larger than anything this tool reads.
    #[error("{} has more than {max} bytes; it is not a file of this tool", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        max: u64,
    },
    /// A key file is wrong.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: KeyError,
    },
    /// No key could be made.
    #[error(transparent)]
    NewKey(KeyError),
    /// A request is wrong.
    #[error("{}: {source}", path.display())]
    Request {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: RequestError,
    },
    /// A report is not genuine.
    #[error("{}: {source}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReportError,
    },
    /// A file is none of the texts that can be shown.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The licence key cannot be made.
    #[error("the licence key was not issued: {0}")]
    Seal(#[from] SealError),
    /// A key that was just made does not read back.
    #[error("the licence key was not issued, it does not read back: {0}")]
    ReadBack(#[from] FormatError),
    /// The endorsement cannot be made.
    #[error("the endorsement was not written: {0}")]
    Endorse(#[from] EndorseError),
    /// A value cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] JsonError),
    /// Standard output failed.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl VendorError {
    /// The exit code (contract 1).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::NoFile { .. } | Self::NoEntry { .. } => Exit::NotFound,
            _ => Exit::Failed,
        }
    }
}
