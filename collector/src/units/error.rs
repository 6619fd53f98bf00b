//! Why something with subscription units is refused.

use crate::store::StoreError;
use muster_domain::units::{CatalogueError, ChoiceError};

/// Why something with subscription units is refused.
#[derive(Debug, thiserror::Error)]
pub enum UnitsError {
    /// A choice that cannot be made.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// A resource category that cannot be.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A value of a resource category that cannot be read.
    #[error("{0}")]
    Value(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
