//! What goes wrong inside a unit of work, before it is put into the words of the ports.
//!
//! In: errors of the engine and refusals of the unit itself. Out: [`StoreError`], and whether the database handle can still
//! be used. The engine's error types leave this directory only as text.

use crate::store::StoreError;
use redb::{CommitError, DatabaseError, Error, SetDurabilityError, StorageError, TableError, TransactionError};

/// An error inside a unit of work.
#[derive(Debug)]
pub(super) enum Fault {
    /// The unit refused, or could not read a row.
    Refused(StoreError),
    /// The engine failed.
    Engine(Error),
    /// The unit panicked.
    Panicked,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Panicked => f.write_str("the operation panicked; nothing was stored"),
        }
    }
}

impl Fault {
    /// Whether every later write through the same handle would fail, too: after an I/O error the engine refuses all writes
    /// until the file is opened again, even when the cause is gone.
    pub(super) fn breaks_handle(&self) -> bool {
        matches!(
            self,
            Self::Engine(Error::Io(_) | Error::PreviousIo | Error::Corrupted(_) | Error::LockPoisoned(_) | Error::DatabaseClosed)
        )
    }

    /// Whether the file's content is in doubt, so that it must be checked before it is trusted again.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Engine(Error::Corrupted(_) | Error::LockPoisoned(_)))
    }

    /// The error for the caller of `operation`.
    pub(super) fn into_store_error(self, operation: &'static str) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Engine(_) | Self::Panicked => StoreError::Unavailable { operation, reason: self.to_string() },
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

macro_rules! from_engine {
    ($($error:ty),*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Self::Engine(error.into())
            }
        }
    )*};
}

from_engine!(CommitError, DatabaseError, SetDurabilityError, StorageError, TableError, TransactionError);
