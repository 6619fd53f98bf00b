//! What the collector tells its agents about the licence: verdicts for them to act on, receipts for them to keep.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The state of the licence as agents see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenseState {
    /// No licence was ever applied.
    Unlicensed,
    /// Within the limit.
    Compliant,
    /// Over the limit, still working.
    Grace,
    /// Switched off.
    Disabled,
    /// A state this build does not know.
    #[default]
    #[serde(other)]
    Other,
}

/// A verdict: the payload of a signed envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which collector says so.
    pub collector_id: Uuid,
    /// Raised with every verdict that says something new.
    pub seq: u64,
    /// The licence's state.
    pub state: LicenseState,
    /// `over_limit`, `grace_elapsed`, `expired`, `wrong_machine`, `invalid_license`, or null.
    #[serde(default)]
    pub reason: Option<String>,
    /// Changes with every change of the state: hooks run once for each.
    pub change_id: String,
    /// When it was issued, by the collector's clock.
    pub issued_at: DateTime<Utc>,
    /// Until when it may be relied on without contact.
    pub valid_until: DateTime<Utc>,
    /// What local applications are told.
    #[serde(default)]
    pub applications: BTreeMap<String, Decision>,
}

/// May an application be used?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may.
    Allow,
    /// It may not.
    Deny,
}

/// A receipt: the collector's own memory, kept by its agents (trust.md section 2, anti-rollback). Opaque to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which collector it came from.
    pub collector_id: Uuid,
    /// Raised when a restored store is noticed.
    pub ledger_epoch: u64,
    /// Raised with every change of the licence's state.
    pub seq: u64,
    /// The licence's state then.
    pub state: LicenseState,
    /// The site date the grace began, while there is one.
    #[serde(default)]
    pub grace_started_at: Option<NaiveDate>,
}
