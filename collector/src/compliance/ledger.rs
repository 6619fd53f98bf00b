//! The ledger: the licence's state as it was last judged, with what must survive a restart. One sealed row of the store.

use super::past;
use crate::{
    store::records::{RunRecord, SealedRow},
    trust::sealed::Sealer,
};
use chrono::{DateTime, Utc};
use muster_domain::{
    calendar::SiteZone,
    compliance::{Direction, DisabledReason, Mark, Standing, Warned},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const TABLE: &str = "ledger";

/// The licence's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Version of this row.
    pub v: u32,
    /// Raised when a restored store is noticed.
    pub epoch: u64,
    /// Raised with every change of the state.
    pub seq: u64,
    /// The state.
    pub standing: Standing,
    /// What a stored expiry covers: it is in force again when the clock was wrong.
    #[serde(default)]
    pub covered: Option<Standing>,
    /// Identifies the last change of the state.
    pub change_id: Uuid,
    /// When that was.
    pub changed_at: DateTime<Utc>,
    /// Since when the product may be used; none while it may not.
    pub open_since: Option<DateTime<Utc>>,
    /// `issued_at` of the newest key that was applied.
    pub key_issued_at: Option<DateTime<Utc>>,
    /// The last tick, for a clock that is set back or far ahead.
    pub mark: Mark,
    /// When a row was found that this collector had not written; none after the next new key.
    #[serde(default)]
    pub tampered_at: Option<DateTime<Utc>>,
    /// Which thresholds before an end were warned of.
    #[serde(default)]
    pub warned: Warned,
    /// Epoch and seq of the highest receipt that was taken over from agents; none after the next new key.
    #[serde(default)]
    pub taken_over: Option<(u64, u64)>,
    /// When a receipt showed that a second collector runs on a copy of this store; none after the next new key.
    #[serde(default)]
    pub copied_at: Option<DateTime<Utc>>,
    /// When a receipt showed that this store was made anew beside an older machine key; none after the next new key.
    #[serde(default)]
    pub remade_at: Option<DateTime<Utc>>,
    /// What is shown over the state while no stored key opens; none while one does.
    #[serde(default)]
    pub shown: Option<Shown>,
    /// Which way the clock is wrong, as the audit log was told last.
    #[serde(default)]
    pub clock_anomaly: Option<Direction>,
}

/// A state that is shown and not stored over the one beneath it: it is gone as soon as a key opens again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What is shown.
    pub standing: Standing,
    /// Identifies this change: endpoints run their hooks for each once.
    pub change_id: Uuid,
}

impl Ledger {
    /// Of a collector that never had a key.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            v: 1,
            epoch: 1,
            seq: 0,
            standing: Standing::Unlicensed,
            covered: None,
            change_id: Uuid::new_v4(),
            changed_at: now,
            open_since: None,
            key_issued_at: None,
            mark: Mark::at(now),
            tampered_at: None,
            warned: Warned::default(),
            taken_over: None,
            copied_at: None,
            remade_at: None,
            shown: None,
            clock_anomaly: None,
        }
    }

    /// Seals it for the store.
    ///
    /// # Errors
    /// Never with the types it has; the serialiser's error otherwise.
    pub fn seal(&self, sealer: &Sealer) -> Result<SealedRow, serde_json::Error> {
        Ok(sealer.seal(TABLE, serde_json::to_vec(self)?))
    }

    /// Reads a row of the store; the second value tells whether nobody else changed it.
    ///
    /// # Errors
    /// When the row is not a ledger.
    pub fn open(row: &SealedRow, sealer: &Sealer) -> Result<(Self, bool), serde_json::Error> {
        let genuine = sealer.open(TABLE, row).is_some();
        Ok((serde_json::from_slice(&row.bytes)?, genuine))
    }

    /// Takes a new standing; `seq` and `change_id` change only if it does, or if another one was shown until now.
    pub fn change(&mut self, standing: Standing, now: DateTime<Utc>) -> bool {
        let was_shown = self.shown.take().is_some();
        if self.standing == standing && !was_shown {
            return false;
        }
        self.seq = self.seq.saturating_add(1);
        self.change_id = Uuid::new_v4();
        self.changed_at = now;
        self.open_since = match (is_open(&standing), self.open_since.filter(|_| !was_shown)) {
            (true, Some(since)) => Some(since),
            (true, None) => Some(now),
            (false, _) => None,
        };
        if self.standing != standing {
            self.covered = self.standing.covered_by(self.covered, standing);
        }
        self.standing = standing;
        true
    }

    /// Shows a standing and keeps the stored one; tells whether it was not shown before.
    pub fn show(&mut self, standing: Standing) -> bool {
        if self.shown.is_some_and(|shown| shown.standing == standing) {
            return false;
        }
        self.shown = Some(Shown { standing, change_id: Uuid::new_v4() });
        true
    }

    /// The id of the change that led to this standing; none where it is neither stored nor noted as shown yet.
    #[must_use]
    pub fn change_to(&self, standing: &Standing) -> Option<Uuid> {
        match self.shown {
            Some(shown) => (shown.standing == *standing).then_some(shown.change_id),
            None => (self.standing == *standing).then_some(self.change_id),
        }
    }
}

/// The standing that the runs tell of, newest first, for want of a ledger: never off where the last run left it on.
#[must_use]
pub(super) fn of_runs(runs: &[RunRecord], zone: SiteZone) -> Standing {
    let Some(last) = runs.first() else { return Standing::Unlicensed };
    let judged_on = |run: &RunRecord| past::judged_on(run, zone);
    let off = runs.iter().take_while(|run| run.state_after == "disabled").count();
    let grace = runs.iter().skip(off).take_while(|run| run.state_after == "grace").map(judged_on).min();
    let start = grace.unwrap_or_else(|| judged_on(last));
    match (last.state_after.as_str(), last.reason_after.as_deref()) {
        ("compliant", _) => Standing::Compliant,
        ("grace", _) => Standing::Grace { start },
        ("disabled", Some("grace_elapsed")) => Standing::Disabled { reason: DisabledReason::GraceElapsed { start } },
        ("disabled", _) => Standing::Disabled { reason: DisabledReason::Expired },
        _ => Standing::Unlicensed,
    }
}

/// Whether the product may be used in this state.
#[must_use]
pub(super) fn is_open(standing: &Standing) -> bool {
    !standing.is_off()
}
