//! The states of a licence and what happens between them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Where a licence stands. This is what is stored; expiry is derived from it on every read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No key was ever applied.
    #[default]
    Unlicensed,
    /// Within the terms.
    Compliant,
    /// Over the limit since this site date.
    Grace {
        /// The date of the run that found it.
        start: NaiveDate,
    },
    /// Not running.
    Disabled {
        /// Why.
        reason: DisabledReason,
    },
}

/// Why a licence is disabled (contract 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// A run on or after the end of grace was still over the limit.
    GraceElapsed {
        /// When that grace had started.
        start: NaiveDate,
    },
    /// The licence's last date has passed.
    Expired,
    /// No stored key opens with this machine key.
    WrongMachine,
    /// No stored key verifies.
    InvalidLicense,
}

impl DisabledReason {
    /// The word for it in `/status`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::GraceElapsed { .. } => "grace_elapsed",
            Self::Expired => "expired",
            Self::WrongMachine => "wrong_machine",
            Self::InvalidLicense => "invalid_license",
        }
    }
}

impl Standing {
    /// What holds apart from a passed expiry. A stored expiry must not wipe out what it covers: when a wrong clock comes back, or an
    /// owner takes a confirmed one back, a disablement by elapsed grace is in force again, and a grace goes on from its start.
    #[must_use]
    pub fn beneath_expiry(self, covered: Option<Self>) -> Self {
        match self {
            Self::Disabled { reason: DisabledReason::Expired } => covered.unwrap_or(Self::Compliant),
            other => other,
        }
    }

    /// What to keep covered when `next` is stored in place of this standing: only an expiry covers anything.
    #[must_use]
    pub fn covered_by(self, covered: Option<Self>, next: Self) -> Option<Self> {
        matches!(next, Self::Disabled { reason: DisabledReason::Expired }).then(|| self.beneath_expiry(covered))
    }

    /// Whether everything that contract section 4 lists is refused.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, Self::Unlicensed | Self::Disabled { .. })
    }
}

/// What a judgement changed or found, for the audit log and alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Over the limit for the first time: grace begins.
    GraceStarted {
        /// The first date of grace.
        start: NaiveDate,
        /// The first date on which a run that is still over disables.
        end: NaiveDate,
        /// Assets over the limit; 0 when only users are over theirs.
        over_by: u64,
    },
    /// Back within the limit before the end of grace.
    GraceCleared {
        /// When the grace had started.
        start: NaiveDate,
    },
    /// Still over at a run on or after the end of grace.
    GraceElapsed {
        /// When the grace had started.
        start: NaiveDate,
        /// When it had ended.
        end: NaiveDate,
    },
    /// The licence's last date has passed.
    Expired {
        /// The date from which it is no longer valid.
        on: NaiveDate,
    },
    /// Running again after a disablement, or for the first time.
    Enabled,
    /// More users than the licence names.
    UsersOverLimit {
        /// Users over the limit.
        over_by: u64,
    },
}
