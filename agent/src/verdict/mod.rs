//! The licence verdict as the collector signed it, kept for local applications and for the helper that runs the hooks.
//!
//! In: signed envelopes from answers. Out: the one in force, on disk and in the runtime directory, and what to tell a local
//! application. It knows no licence rule: it says what the collector said, and `unknown` when that is too old.

mod store;
mod view;

pub use store::{FILE, VerdictError, Verdicts, read_published};
pub use view::{State, View};
