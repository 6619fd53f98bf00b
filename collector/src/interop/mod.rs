//! Agents of another make: who they are.
//!
//! In: requests on the interop listener. Out: the credential that they came with. It judges no licence and stores nothing itself.

mod access;

pub use access::{CHALLENGE, Unknown, of_enrolment, of_request};
