//! The agent listener: TLS with the agent's certificate, one small HTTP service, deadlines everywhere.
//!
//! In: connections. Out: verified messages for `ingest`, and its answers as HTTP. Identity comes from the certificate only, and is
//! authorised anew for every request, before the body is read.

mod body;
mod checkouts;
mod connections;
mod listener;
mod reply;
mod service;

pub use listener::{Limits, Listener};
pub use service::Gateway;
