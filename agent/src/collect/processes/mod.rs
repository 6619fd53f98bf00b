//! Which applications run in which session.
//!
//! In: the policy's patterns, `/proc`, the sessions that live. Out: names of applications by session. A process that belongs to
//! no session, such as a service, is nobody's use. It reads nothing while no pattern asks for it, and never stops or marks a
//! process.

mod finder;
mod owner;
mod pattern;
mod table;
mod users;
mod watch;

pub use finder::{Finder, Found};
pub use owner::{Whose, owner, started};
pub use pattern::Pattern;
pub use users::user_name;
pub use watch::ProcessWatch;
