//! The pool of one application with what the shell knows beside it: who made its check-outs, and its name.

use super::{
    demand::Demand,
    hours::{Hours, Watched},
    pending::Pending,
};
use crate::store::records::{CheckoutEnd, CheckoutFacts, ClaimRecord, ClosedCheckout, EndReason, SessionRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::CheckoutId,
    session::{Application, ClaimId, Entry, Event, Finish, InUse, Limits, Outcome, Pool, PoolRules, Standing},
};
use std::collections::BTreeMap;

/// One application's pool.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) application: Application,
    pub(super) pool: Pool,
    /// Named and floating seats that the licence key allows.
    pub(super) caps: (Option<u64>, Option<u64>),
    pub(super) facts: BTreeMap<CheckoutId, CheckoutFacts>,
    /// How it is used in the running hour.
    pub(super) hour: Watched,
}

/// Where the decisions of a room go.
pub(super) struct Sink<'a> {
    pub(super) pending: &'a mut Pending,
    pub(super) demand: &'a mut Demand,
    pub(super) closed: &'a mut Vec<ClosedCheckout>,
    pub(super) hours: &'a Hours,
    pub(super) now: DateTime<Utc>,
    pub(super) date: NaiveDate,
}

/// What a room had to say.
#[derive(Debug, Default)]
pub(super) struct Drained {
    /// Somebody who waits should look.
    pub(super) wake: bool,
    /// Check-outs that are over.
    pub(super) gone: Vec<CheckoutId>,
}

impl Room {
    pub(super) fn new(application: Application, rules: PoolRules, claims: Vec<ClaimRecord>, now: DateTime<Utc>) -> Self {
        let mut facts = BTreeMap::new();
        let mut entries = Vec::with_capacity(claims.len());
        for ClaimRecord { application: _, entry, checkout } in claims {
            if let (ClaimId::Checkout(id), Some(checkout)) = (entry.id, checkout) {
                facts.insert(id, checkout);
            }
            entries.push(entry);
        }
        Self { application, pool: Pool::restore(rules, entries, now), facts, caps: (None, None), hour: Watched::new(now) }
    }

    /// Takes out what happened since the last time: to be stored, and to be counted.
    pub(super) fn drain(&mut self, sink: &mut Sink<'_>) -> Drained {
        let mut drained = Drained::default();
        let events = self.pool.take_events();
        let mut news = false;
        for event in &events {
            drained.wake |= matches!(event, Event::Granted { waited: Some(_), .. } | Event::Left { .. });
            if let Some(row) = sink.demand.count((sink.date, sink.now), &self.application.name, event) {
                sink.pending.demand(row);
                news |= self.hour.count(event);
            }
            if let Event::Finished { entry, how } = event
                && let Some(closed) = self.closed(entry, *how, sink.now)
            {
                sink.closed.push(closed.clone());
                sink.pending.closed(closed);
            }
        }
        let (in_use, limits) = (self.in_use(), self.limits());
        news |= self.hour.observe(sink.now, in_use, limits);
        if news {
            sink.hours.keep_one(self, sink.pending);
        }
        let decides = self.pool.rules().decide();
        for (id, entry) in self.pool.take_changes() {
            if let (ClaimId::Checkout(id), None) = (id, &entry) {
                self.facts.remove(&id);
                drained.gone.push(id);
            }
            // Where nothing depends on who came first, the sessions themselves say all there is to know of their claims.
            let kept = decides || matches!(id, ClaimId::Checkout(_));
            if kept || entry.is_none() {
                let row = entry.map(|entry| self.row(entry));
                sink.pending.claim(&self.application.name, id, row);
            }
        }
        drained
    }

    fn in_use(&self) -> InUse {
        let Self { pool, .. } = self;
        InUse { named: pool.named_in_use(), floating: pool.floating_in_use(), queued: pool.queued() }
    }

    /// The limits of the application and the licence key.
    fn limits(&self) -> Limits {
        let (named, floating) = self.caps;
        Limits { named: self.application.named_seats(named), floating: self.application.floating(floating) }
    }

    /// Every claim as a row: for a room whose claims were not all stored before.
    pub(super) fn store_all(&self, pending: &mut Pending) {
        for entry in self.pool.entries() {
            pending.claim(&self.application.name, entry.id, Some(self.row(entry.clone())));
        }
    }

    /// What a check-out has, if it is of this room and somebody may touch it.
    pub(super) fn standing(&self, id: CheckoutId, owner: Option<&str>) -> Option<Outcome> {
        let owned = self.facts.get(&id).is_some_and(|facts| owner.is_none_or(|owner| owner == facts.owner));
        self.pool.standing(ClaimId::Checkout(id)).filter(|_| owned)
    }

    fn row(&self, entry: Entry) -> ClaimRecord {
        let checkout = match entry.id {
            ClaimId::Checkout(id) => self.facts.get(&id).cloned(),
            ClaimId::Session(_) => None,
        };
        ClaimRecord { application: self.application.name.clone(), entry, checkout }
    }

    fn closed(&self, entry: &Entry, how: Finish, now: DateTime<Utc>) -> Option<ClosedCheckout> {
        let ClaimId::Checkout(id) = entry.id else { return None };
        let Standing::Held { kind, over, .. } = entry.standing else { return None };
        Some(ClosedCheckout {
            id,
            application: self.application.name.clone(),
            facts: self.facts.get(&id)?.clone(),
            claimant: entry.claimant.clone(),
            kind,
            over,
            asked_at: entry.asked_at,
            since: entry.since,
            until: now.max(entry.since),
            end: match how {
                Finish::Released => CheckoutEnd::Returned,
                Finish::Expired => CheckoutEnd::Expired,
                Finish::Ended => CheckoutEnd::Ended,
            },
        })
    }

    /// Whether a session uses the application now: its seat is held, or was refused, for as long as this is so.
    pub(super) fn used_by(&self, session: &SessionRecord, realms: &[String]) -> bool {
        let name = &self.application.name;
        session.ended.is_none()
            && self.application.applies(&session.user, &session.applications, realms)
            && !session.idle.iter().any(|span| span.is_open_for(name))
    }
}

/// How a session's end looks to its pools: after a logout the seat may linger.
pub(super) fn finish_of(reason: EndReason) -> Finish {
    match reason {
        EndReason::Logout | EndReason::Shutdown => Finish::Released,
        EndReason::Idle | EndReason::Administrator | EndReason::Silent | EndReason::Revoked => Finish::Ended,
    }
}
