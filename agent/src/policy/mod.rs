//! What the collector says about applications: how their use is found, and what holds while it is away.
//!
//! In: the document of an answer. Out: the one in force, on disk and to whoever follows it. It knows no rule of its own.

mod store;

pub use store::{FILE, Policies};
