//! What a local application is told about the licence.
//!
//! In: the verdict in force and the time. Out: JSON fields. After `valid_until` without contact the state is `unknown`
//! (contract section 4).

use chrono::{DateTime, Utc};
use muster_wire::verdict::{Decision, LicenseState, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state as this machine knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No licence was ever applied.
    Unlicensed,
    /// Within the limit.
    Compliant,
    /// Over the limit, still working.
    Grace,
    /// Switched off.
    Disabled,
    /// There is no verdict, it is too old, or it is of a kind this version does not know.
    Unknown,
}

impl State {
    /// As it is written in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unlicensed => "unlicensed",
            Self::Compliant => "compliant",
            Self::Grace => "grace",
            Self::Disabled => "disabled",
            Self::Unknown => "unknown",
        }
    }
}

impl From<LicenseState> for State {
    fn from(state: LicenseState) -> Self {
        match state {
            LicenseState::Unlicensed => Self::Unlicensed,
            LicenseState::Compliant => Self::Compliant,
            LicenseState::Grace => Self::Grace,
            LicenseState::Disabled => Self::Disabled,
            LicenseState::Other => Self::Unknown,
        }
    }
}

/// The answer to `GET /v1/verdict`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The state.
    pub state: State,
    /// Why, as the collector said.
    pub reason: Option<String>,
    /// Changes with every change of the state.
    pub change_id: Option<String>,
    /// When the collector said it.
    pub issued_at: Option<DateTime<Utc>>,
    /// Until when it may be relied on.
    pub valid_until: Option<DateTime<Utc>>,
    /// What it said about applications; each one's `offline` when the state is unknown.
    pub applications: BTreeMap<String, Decision>,
    /// The signed envelope, for whoever wants to verify it.
    pub verdict: Option<String>,
}

impl View {
    /// The view of this verdict at `now`.
    #[must_use]
    pub fn of(held: Option<(&str, &Verdict)>, now: DateTime<Utc>) -> Self {
        let Some((text, verdict)) = held else {
            return Self {
                state: State::Unknown,
                reason: None,
                change_id: None,
                issued_at: None,
                valid_until: None,
                applications: BTreeMap::new(),
                verdict: None,
            };
        };
        let valid = now <= verdict.valid_until;
        Self {
            state: if valid { State::from(verdict.state) } else { State::Unknown },
            reason: verdict.reason.clone().filter(|_| valid),
            change_id: Some(verdict.change_id.clone()),
            issued_at: Some(verdict.issued_at),
            valid_until: Some(verdict.valid_until),
            applications: if valid { verdict.applications.clone() } else { BTreeMap::new() },
            verdict: Some(text.to_owned()),
        }
    }
}
