//! Logged-in sessions: who sits at this machine, and from where.
//!
//! In: systemd-logind over D-Bus, or the utmp file where there is no logind. Out: the whole current list, a signal when somebody
//! came or went, and the sessions that ended between two lists. It never invents an empty list: when the source fails, the caller
//! gets the error and the report says that it is incomplete.

mod address;
mod bus;
mod error;
mod groups;
mod idle;
mod logind;
mod options;
mod source;
mod surroundings;
mod tracker;
mod utmp;

pub use error::SessionsError;
pub use options::{Options, SourceKind};
pub use source::Sessions;
pub use tracker::Tracker;
