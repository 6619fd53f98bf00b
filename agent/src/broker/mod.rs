//! Licences for local applications: takes them at the collector, keeps them while they are used, gives them back (contract 2.1,
//! 2.4 and 3).
//!
//! In: requests of local users as the kernel names them. Out: seats of the collector. While the collector cannot be reached,
//! programs that run go on; new ones follow their application's `offline`, and what ran without a seat is told afterwards. It
//! counts nothing: whether a seat is free only the collector knows.

mod book;
mod borrow;
mod caller;
mod collector;
mod lease;
mod lending;
mod offline;
mod overview;
mod request;
mod rounds;
mod service;

pub use book::{Book, Task};
pub use borrow::Signer;
pub use caller::Caller;
pub use lease::{Holder, Lease, Standing};
pub use offline::decisions;
pub use overview::{Borrowed, Overview};
pub use request::{Hold, LocalRequest};
pub use service::{Broker, BrokerParts, Reply};
