//! The records of the store. They are the stored schema: a changed field needs a new row version and a golden file.

mod agent;
mod application;
mod audit;
mod license;
mod people;
mod run;
mod session;
mod token;

pub use agent::{AgentProgress, AgentRecord, AgentStatus, DIGESTS_KEPT, Digest, ReportMark};
pub use application::ApplicationRecord;
pub use audit::{AuditEntry, AuditRecord};
pub use license::{KeyRecord, SealedRow};
pub use people::{ApiTokenRecord, Role, UserRecord};
pub use run::{RunDifference, RunKind, RunRecord};
pub use session::{Change, ClosedSession, EndReason, Ending, IdleSpan, SessionRecord, UsageKind, UsageRecord};
pub use token::{Approval, TokenRecord};
