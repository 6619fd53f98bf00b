//! A simulated agent: an identity of its own, real TLS, the real messages; what it collects is what a test tells it.
//!
//! In: the URL of the agents' listener, a join token, a [`Machine`]. Out: a [`Peer`] that reports, with status and JSON of
//! every answer. It keeps epoch, sequence number and receipt like an agent, and never retries: judging is the test's.

mod client;
mod identity;
mod machine;
mod token;
mod trust;

pub use client::Peer;
pub use identity::{Enrollment, Identity};
pub use machine::{Machine, session};
pub use token::JoinToken;
pub use trust::{anyone, mutual, pinned};
