//! The shape of `GET /status` (contract 2.3).

use super::Alert;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The state of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No licence was applied.
    Unlicensed,
    /// Within the limit.
    Compliant,
    /// Over the limit, in the grace period.
    Grace,
    /// Disabled.
    Disabled,
}

/// Everything an administrator sees first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Status {
    /// The collector's version.
    pub version: String,
    /// Which collector this is.
    pub collector_id: Uuid,
    /// What a licence key is issued for.
    pub machine_key_id: String,
    /// The collector's time.
    pub now: DateTime<Utc>,
    /// The site's time zone.
    pub time_zone: String,
    /// The state of the product.
    pub state: State,
    /// `over_limit` in grace; `grace_elapsed`, `expired`, `wrong_machine` or `invalid_license` while disabled.
    pub reason: Option<String>,
    /// The licence in force.
    pub license: Option<LicenseStatus>,
    /// The last count and what follows from it.
    pub compliance: ComplianceStatus,
    /// Agents.
    pub agents: AgentCounts,
    /// Sessions.
    pub sessions: SessionCounts,
    /// Applications and their seats.
    pub applications: Vec<ApplicationStatus>,
    /// Subscription units; null until they are computed.
    pub units: Option<UnitsStatus>,
    /// Messages to administrators.
    pub notifications: NotificationStatus,
    /// What somebody should act on.
    pub alerts: Vec<Alert>,
}

/// The licence in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LicenseStatus {
    /// Its id.
    pub id: String,
    /// To whom it was issued.
    pub customer: String,
    /// Its serial number.
    pub serial: u64,
    /// 00:00 site time of its expiry date.
    pub expires_at: DateTime<Utc>,
    /// How many assets may be counted.
    pub asset_limit: u64,
    /// How many accounts may be enabled.
    pub user_limit: Option<u64>,
    /// What more accounts do: `warn`, or `enforce` (grace and disablement, as for assets).
    pub user_limit_mode: &'static str,
    /// Whole site dates until it ends.
    pub days_left: i64,
    /// The query that counts.
    pub compliance_query: String,
}

/// The last count and what follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComplianceStatus {
    /// When was counted.
    pub counted_at: Option<DateTime<Utc>>,
    /// Assets that the compliance query counts.
    pub asset_count: Option<u64>,
    /// The limit.
    pub asset_limit: Option<u64>,
    /// How many are over the limit.
    pub over_by: u64,
    /// Enabled accounts with any role.
    pub user_count: u64,
    /// The limit of accounts.
    pub user_limit: Option<u64>,
    /// How many accounts are over it.
    pub users_over_by: u64,
    /// 00:00 site time of the date the grace period began.
    pub grace_started_at: Option<DateTime<Utc>>,
    /// 00:00 site time of the date it ends.
    pub grace_ends_at: Option<DateTime<Utc>>,
    /// Whole dates left.
    pub days_left: Option<i64>,
    /// Assets with an empty state, which are not counted.
    pub uncounted_empty_state: u64,
    /// Why the last run could not judge.
    pub last_error: Option<String>,
    /// When the next nightly run begins.
    pub next_run_at: Option<DateTime<Utc>>,
}

/// Messages to administrators: mails and webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotificationStatus {
    /// When one was last taken.
    pub last_sent_at: Option<DateTime<Utc>>,
    /// When an attempt last failed.
    pub last_failed_at: Option<DateTime<Utc>>,
    /// Why it did.
    pub last_error: Option<String>,
    /// How many wait to be sent, for the first time or again.
    pub waiting: u64,
}

/// How many agents there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentCounts {
    /// All but revoked ones.
    pub total: u64,
    /// Seen within `agents.silent_after`.
    pub online: u64,
    /// Waiting for approval.
    pub pending: u64,
    /// Suspected copies.
    pub quarantined: u64,
    /// Let in, and not seen for longer.
    pub silent: u64,
}

/// How many sessions there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionCounts {
    /// Logged in now.
    pub active: u64,
}

/// One application and its seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApplicationStatus {
    /// Its name.
    pub name: String,
    /// Named seats in use.
    pub named_in_use: u64,
    /// Named seats there are; null = no limit.
    pub named_limit: Option<u64>,
    /// Floating seats in use.
    pub floating_in_use: u64,
    /// Floating seats there are; null = no limit.
    pub floating_limit: Option<u64>,
    /// Denials since 00:00 site time.
    pub denied_today: u64,
    /// Clients in the queue.
    pub queued: u64,
    /// Highest named + floating at one instant today.
    pub peak_today: u64,
    /// When that was first reached.
    pub peak_at: Option<DateTime<Utc>>,
}

/// Subscription units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitsStatus {
    /// Units consumed.
    pub consumed: u64,
    /// Units entitled.
    pub entitled: Option<u64>,
}
