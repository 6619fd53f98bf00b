//! The record of an application: what an administrator says of it, checked.

mod access;
mod change;
mod check;
mod error;
mod record;
#[cfg(test)]
mod tests;

pub use access::{Access, AccessList};
pub use change::ApplicationPatch;
pub use error::ApplicationError;
pub use record::{Application, AtLimit, IdleTimeout, Offline, Reservation, Share, UsedBy, WORKSTATION_LOGIN};
