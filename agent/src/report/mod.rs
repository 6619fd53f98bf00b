//! What is reported and when: the schedule, the report itself, and the outbox it waits in.
//!
//! In: the machine's facts, sessions that came and went, the collector's wishes. Out: reports in the spool, each there
//! before anybody sends it. It must not know how a report travels, and no licence rule.

mod builder;
mod outbox;
mod progress;
mod reporter;
mod schedule;
mod software;
mod watch;

pub use builder::{Facts, build, same_sessions, split_ended};
pub use outbox::{Ask, Contact, Outbox, Waiting};
pub use progress::Progress;
pub use reporter::{Pulse, Reporter, ReporterOptions};
pub use schedule::{Schedule, Why};
pub use watch::{Watch, WatchOptions, boot_id};
