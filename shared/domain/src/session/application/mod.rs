//! The record of an application: what an administrator says of it, checked.

mod access;
mod change;
mod check;
mod error;
mod ready_made;
mod record;
#[cfg(test)]
mod tests;

pub use access::{Access, AccessList};
pub use change::ApplicationPatch;
pub use error::ApplicationError;
pub use ready_made::{ApplicationSet, Import, SERVICE_MANAGER};
pub use record::{Application, AtLimit, IdleTimeout, Offline, Reservation, Share, UsedBy, WORKSTATION_LOGIN};
