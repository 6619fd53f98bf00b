//! What can go wrong with the store, in the words of whoever has to act.

/// An error of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be read or written now; trying again later can help (disk full, I/O error, being reopened).
    #[error("the store is not available ({operation}): {reason}")]
    Unavailable {
        /// What was being done.
        operation: &'static str,
        /// What the store said.
        reason: String,
    },
    /// The queue of writes is full; nothing was written.
    #[error("too many writes are waiting; nothing was stored")]
    Busy,
    /// A stored row, or the whole file, cannot be read.
    #[error("the store is damaged ({table}): {reason}; restore it from a backup")]
    Corrupt {
        /// The table, or "whole file".
        table: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by a newer version.
    #[error("the data directory has schema version {found}, this program knows up to {known}; use a newer muster-collector")]
    NewerVersion {
        /// Version in the file.
        found: u32,
        /// Highest version known.
        known: u32,
    },
    /// The file is no muster store.
    #[error("{path} is not a muster store: {reason}")]
    Foreign {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record does not exist.
    #[error("there is no {what} {id}")]
    NotFound {
        /// Kind of record.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody else was first, or the record is not in the state this change needs.
    #[error("{0}")]
    Conflict(String),
    /// A rule of the domain refused the change.
    #[error("{0}")]
    Rule(String),
}
