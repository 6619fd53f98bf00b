//! What a reconciliation run looks at, with the ids of the site's records beside the places that the run speaks of.
//!
//! In: nothing; the gathering fills it. Out: the estate of `muster_domain` and, place by place, whose each of its rows is.

use muster_domain::reconcile::run::Estate;
use uuid::Uuid;

/// A site's records as one day's estate, and the ids behind its places.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// What the run looks at.
    pub estate: Estate,
    /// The asset of each device, or the record of a host that is none, by its place in [`Estate::devices`].
    pub devices: Vec<Uuid>,
    /// The record of each user, by its place in [`Estate::users`].
    pub users: Vec<Uuid>,
    /// The record of each model, by its place in [`Estate::models`].
    pub models: Vec<Uuid>,
    /// The record of each entitlement, by its place in [`Estate::entitlements`].
    pub entitlements: Vec<Uuid>,
    /// What could not be taken as it is, in words that say what to do.
    pub notes: Vec<String>,
}
