//! Why a record cannot be as it was asked for.

use crate::store::StoreError;
use muster_domain::record::FieldError;

/// Why a record cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// What was entered does not agree.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// There is no such record.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// What people call one.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It was changed in the meantime.
    #[error("{0}")]
    Changed(String),
    /// Others point to it, or it may not be deleted.
    #[error("{0}")]
    InUse(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
