//! One check-out of a local application, as this machine remembers it.
//!
//! In: answers of the collector, heartbeats, the time. Out: what it has and until when. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use muster_wire::checkout::{CheckoutRequest, OfflineUse};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Between heartbeats of a seat that has no lease.
const WITHOUT_LEASE: i64 = 60;
/// After a seat could not be had again, the next try is at least so much later: every try that is refused counts as a denial.
const AFTER_REFUSAL: i64 = 300;

/// A check-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Its id, here and at the collector.
    pub id: Uuid,
    /// The account it belongs to.
    pub uid: u32,
    /// What was asked for.
    pub request: CheckoutRequest,
    /// The process that it lives with; none: it lives by its caller's heartbeats.
    pub holder: Option<Holder>,
    /// Seconds it lasts without a heartbeat; 0 is for ever.
    pub lease_seconds: i64,
    /// For a borrowed seat: what the collector signed.
    #[serde(default)]
    pub grant: Option<String>,
    /// The borrowed check-out whose seat this one uses: the collector knows nothing of this one.
    #[serde(default)]
    pub lent_by: Option<Uuid>,
    /// What it has.
    pub standing: Standing,
    /// When its holder was last known to live, or its caller last heard of.
    pub heard_at: DateTime<Utc>,
    /// When the collector is to be asked next on its holder's behalf.
    pub next_at: DateTime<Utc>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// When it started, in ticks since the boot.
    pub started: u64,
    /// The boot.
    pub boot_id: Uuid,
}

/// What a check-out has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "has")]
pub enum Standing {
    /// A seat.
    Seat {
        /// Until when the collector keeps it without another heartbeat, by this machine's clock; none: for ever.
        until: Option<DateTime<Utc>>,
    },
    /// A place in the queue.
    Place,
    /// No seat: the program runs while the collector cannot give one.
    Offline {
        /// The id under which this use is told.
        use_id: Uuid,
        /// Since when.
        since: DateTime<Utc>,
    },
}

impl Lease {
    /// It has a seat for `seconds` from `now` on; 0 is for ever.
    pub fn seated(&mut self, seconds: i64, now: DateTime<Utc>) {
        self.lease_seconds = seconds;
        self.standing = Standing::Seat { until: (seconds > 0).then(|| now + TimeDelta::seconds(seconds)) };
        self.plan(now);
    }

    /// Whether it is a borrowed seat: nobody has to be heard of until its time is over.
    #[must_use]
    pub const fn is_borrowed(&self) -> bool {
        self.grant.is_some()
    }

    /// Its caller was heard of.
    pub fn heard(&mut self, now: DateTime<Utc>) {
        self.heard_at = now.max(self.heard_at);
    }

    /// The next heartbeat is a third of the lease away.
    pub fn plan(&mut self, now: DateTime<Utc>) {
        let step = if self.lease_seconds > 0 { (self.lease_seconds / 3).clamp(1, WITHOUT_LEASE) } else { WITHOUT_LEASE };
        self.next_at = now + TimeDelta::seconds(step);
    }

    /// The collector refused a seat to what runs without one.
    pub fn refused(&mut self, now: DateTime<Utc>) {
        self.next_at = now + TimeDelta::seconds(self.lease_seconds.max(AFTER_REFUSAL));
    }

    /// The collector keeps its seat no longer, or may keep it no longer: from then on the program runs without one.
    pub fn lost(&mut self, use_id: Uuid, now: DateTime<Utc>) {
        if let Standing::Seat { until } = self.standing {
            self.standing = Standing::Offline { use_id, since: until.unwrap_or(now).min(now) };
            self.lent_by = None;
        }
    }

    /// What was used without a seat until `to`.
    #[must_use]
    pub fn use_until(&self, to: DateTime<Utc>) -> Option<OfflineUse> {
        let Standing::Offline { use_id, since } = self.standing else { return None };
        let CheckoutRequest { application, user, client_ip, client, display, .. } = self.request.clone();
        Some(OfflineUse { id: use_id, application, user, client_ip, client, display, from: since, to: to.max(since) })
    }

    /// Until when it lasts, for its caller.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self.standing {
            Standing::Seat { until } => until,
            Standing::Place | Standing::Offline { .. } => self.silent_until(),
        }
    }

    /// Until when its caller may be silent; never for what a process holds.
    #[must_use]
    pub fn silent_until(&self) -> Option<DateTime<Utc>> {
        if let (true, Standing::Seat { until }) = (self.is_borrowed(), self.standing) {
            return until;
        }
        (self.holder.is_none() && self.lease_seconds > 0).then(|| self.heard_at + TimeDelta::seconds(self.lease_seconds))
    }
}
