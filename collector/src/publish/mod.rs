//! What the collector says about itself: one status, from facts that the stages publish, and the alerts.
//!
//! In: facts of the stages (licence, runs, fleet, sessions). Out: [`Status`], the gate that says whether the product is disabled,
//! and alerts. Readers never touch the store through it, and it judges nothing.

mod alerts;
mod board;
mod explain;
mod headline;
mod metrics;
mod rules;
mod status;
mod watch;

pub use alerts::{Alert, Alerts, Severity};
pub use board::{Board, Gate, LicenseFacts, StatusSource};
pub use explain::{Explainable, Explanation, Facts as ExplanationFacts, Input, Rows, Source, shell_quoted, url_encoded};
pub use headline::{Facts, headline, state_name, uncounted};
pub use metrics::{LoginResult, Metrics, Readings, ReportResult};
pub use status::{
    AgentCounts, ApplicationStatus, ComplianceStatus, LicenseStatus, NotificationStatus, SessionCounts, State, Status,
    UnitsStatus,
};
pub use watch::watch;
