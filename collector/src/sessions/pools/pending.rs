//! What the pools decided and the store does not have yet, in the order in which it was decided.

use crate::store::{
    ports::Decisions,
    records::{AuditEntry, ClaimChange, ClaimRecord, ClosedCheckout, DemandRecord, HourRecord},
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::CheckoutId, session::ClaimId};
use std::collections::BTreeMap;

/// Decisions that wait for the store. Of each row only the newest is kept.
#[derive(Debug, Default)]
pub(super) struct Pending {
    claims: BTreeMap<(String, ClaimId), ClaimChange>,
    closed: BTreeMap<(CheckoutId, i64), ClosedCheckout>,
    demand: BTreeMap<(NaiveDate, String), DemandRecord>,
    hours: BTreeMap<(DateTime<Utc>, String), HourRecord>,
    audit: Vec<AuditEntry>,
    /// Number of the newest decision.
    newest: u64,
    /// Number of the newest decision that is durable.
    durable: u64,
}

/// Decisions on their way to the store.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) decisions: Decisions,
    /// Number of the newest one.
    upto: u64,
}

impl Pending {
    pub(super) fn claim(&mut self, application: &str, id: ClaimId, row: Option<ClaimRecord>) {
        self.newest += 1;
        let change = ClaimChange { application: application.to_owned(), id, row };
        self.claims.insert((application.to_lowercase(), id), change);
    }

    pub(super) fn closed(&mut self, checkout: ClosedCheckout) {
        self.newest += 1;
        self.closed.insert((checkout.id, checkout.until.timestamp_millis()), checkout);
    }

    pub(super) fn demand(&mut self, row: DemandRecord) {
        self.newest += 1;
        self.demand.insert((row.date, row.application.to_lowercase()), row);
    }

    pub(super) fn hour(&mut self, row: HourRecord) {
        self.newest += 1;
        self.hours.insert((row.start, row.application.to_lowercase()), row);
    }

    pub(super) fn audit(&mut self, entry: Option<AuditEntry>) {
        self.newest += u64::from(entry.is_some());
        self.audit.extend(entry);
    }

    /// Number of the newest decision.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether every decision up to this one is durable.
    pub(super) const fn is_durable(&self, number: u64) -> bool {
        self.durable >= number
    }

    /// Takes everything out, for the store.
    pub(super) fn take(&mut self) -> Batch {
        let decisions = Decisions {
            claims: std::mem::take(&mut self.claims).into_values().collect(),
            closed: std::mem::take(&mut self.closed).into_values().collect(),
            demand: std::mem::take(&mut self.demand).into_values().collect(),
            hours: std::mem::take(&mut self.hours).into_values().collect(),
            audit: std::mem::take(&mut self.audit),
        };
        Batch { decisions, upto: self.newest }
    }

    /// The store has a batch.
    pub(super) fn stored(&mut self, batch: &Batch) {
        self.durable = self.durable.max(batch.upto);
    }

    /// The store does not have a batch, or it is not known whether it has: what was decided since is newer.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let Decisions { claims, closed, demand, hours, mut audit } = batch.decisions;
        audit.append(&mut self.audit);
        self.audit = audit;
        for change in claims {
            self.claims.entry((change.application.to_lowercase(), change.id)).or_insert(change);
        }
        for checkout in closed {
            self.closed.entry((checkout.id, checkout.until.timestamp_millis())).or_insert(checkout);
        }
        for row in demand {
            self.demand.entry((row.date, row.application.to_lowercase())).or_insert(row);
        }
        for row in hours {
            self.hours.entry((row.start, row.application.to_lowercase())).or_insert(row);
        }
    }
}
