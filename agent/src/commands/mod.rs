//! The commands, one file each.
//!
//! In: parsed arguments. Out: an exit code, or a failure with its text. Commands put parts together; what the parts do is
//! theirs.

mod borrow;
mod completions;
mod dispatch;
mod enforce;
mod enroll;
mod exec;
mod failure;
mod once;
mod run;
mod show;
mod status;
mod take;

pub use dispatch::run;
pub use failure::Failure;
