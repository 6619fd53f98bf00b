//! The records of the store. They are the stored schema: a changed field needs a new row version and a golden file.

mod agent;
mod application;
mod audit;
mod group;
mod history;
mod hour;
mod idempotency;
mod import;
mod interop;
mod license;
mod notification;
mod people;
mod pool;
mod reconciliation;
mod record;
mod reference;
mod run;
mod session;
mod software;
mod token;
mod units;

pub use agent::{AgentProgress, AgentRecord, AgentStatus, DIGESTS_KEPT, Digest, ForeignDevice, ReportMark};
pub use application::ApplicationRecord;
pub use audit::{AuditEntry, AuditRecord};
pub use group::GroupRecord;
pub use history::{Cause, HistoryRecord};
pub use hour::HourRecord;
pub use idempotency::{KEYED_HOURS, KeptAnswer, KeyedRequest};
pub use import::{ImportRun, ImportState, LineState, RefusedLine};
pub use interop::{InteropCredentialRecord, InteropKind};
pub use license::{KeyRecord, SealedRow};
pub use notification::{Channel, DeliveryRecord, DeliveryState, NewNotice, NoticeRecord, Urgency, WebhookRecord};
pub use people::{AccountSource, ApiTokenRecord, Role, UserRecord};
pub use pool::{CheckoutEnd, CheckoutFacts, ClaimChange, ClaimRecord, ClosedCheckout, CountableUse, DemandRecord, UncountedUse};
pub use reconciliation::{
    CandidateRecord, CorrectionRecord, MemberRecord, MembersRecord, PositionRecord, ReconciliationCounts, ReconciliationRecord,
    ReconciliationState, RemedyRecord, StepRecord, Tier,
};
pub use record::{RecordCause, RecordEvent, RecordRow};
pub use reference::ReferenceRecord;
pub use run::{RunDifference, RunKind, RunRecord};
pub use session::{Change, ClosedSession, EndReason, Ending, IdleSpan, PauseReason, SessionRecord, UsageKind, UsageRecord};
pub use software::{InstallRecord, InstallsRecord, RemovalRecord, SoftwareListRecord, TitleRecord};
pub use token::{Approval, TokenRecord};
pub use units::{ResourceCategoryRecord, UnitChoiceRecord, UnitReportRecord, UnitRow};
