//! Agents that are not ours: who they are, and what they send, in the words of our own protocol.
//!
//! In: requests on the interop listener, messages of other inventory agents. Out: the credential that they came with, the hardware and
//! software that they found, answers as they expect them. It must not let a foreign protocol reach further in than this directory; what
//! becomes of an inventory decides `ingest`.

mod access;
pub mod inventory;
mod route;

pub use access::{CHALLENGE, Unknown, of_enrolment, of_request};
pub use route::{Used, inventories};
