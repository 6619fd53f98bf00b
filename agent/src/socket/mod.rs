//! The local socket: HTTP/1.1 for applications and commands of this machine (contract 3).
//!
//! In: requests of any local user. Out: the verdict, the status, a report now, and check-outs of the calling user. What is
//! answered here is no secret; what can be caused here is bounded.

mod bind;
mod checkouts;
mod client;
mod routes;
mod server;
mod status;

pub use bind::{BindError, bind};
pub use client::{ClientError, get, post, send};
pub use routes::{Desk, ReportNow};
pub use server::serve;
pub use status::{Status, from_files};
