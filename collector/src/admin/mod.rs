//! The admin listener: API, health, metrics, and who may do what.
//!
//! In: requests of administrators, their programs and their browsers. Out: answers of the stages' services. It goes through
//! ports and published values, never to a backend of the store, and judges nothing.

pub mod api;
pub mod auth;
mod context;
mod extract;
mod file;
mod hosts;
mod idempotency;
mod interop;
mod layers;
mod multipart;
mod once;
mod pace;
mod page;
mod problem;
mod ready;
mod router;
pub mod server;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod versions;
mod waiting;

pub use context::{AdminContext, Ctx};
pub use extract::{Form, Query, TEXT_BYTES, UPLOAD_BYTES, Wanted};
pub use hosts::Hosts;
pub use idempotency::InFlight;
pub use interop::interop_router;
pub use multipart::{Part, parts};
pub use problem::{Answer, Failure, Refused};
pub use ready::{Check, Readiness, Ready, disk_has_room};
pub use router::router;
pub use server::{Peer, serve};
