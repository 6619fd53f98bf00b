//! Why something of the reconciliation cannot be done.

use crate::store::StoreError;
use muster_domain::reconcile::run::NoSuchStep;

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run goes on.
    #[error("reconciliation {0} goes on; wait for its end, then ask again")]
    Busy(u64),
    /// A run goes on at another collector on the same store.
    #[error("another collector reconciles on the same store; wait for its end, then ask again")]
    BusyElsewhere,
    /// Something that is not there.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// A publisher that no model has.
    #[error("no software model is of the publisher {0:?}; see muster-collector model list")]
    NoPublisher(String),
    /// A state that does not follow.
    #[error(transparent)]
    Step(#[from] NoSuchStep),
    /// The run was given up.
    #[error("{0}")]
    GivenUp(String),
}
