//! What happens to a pool: a claim asks, is heard of, asks for its place, gives back; the rules change; the product opens and
//! closes. Before each of them what is due by then is done.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::{Ask, ClaimId, Claimant, Entry, Standing};
use super::event::{Denial, Event, Finish, Granted, Outcome};
use super::index::Holder;
use super::rules::PoolRules;
use super::state::{Pool, Slot, later};
use crate::session::application::AtLimit;
use crate::session::key::CountKey;
use crate::session::seats::SeatKind;

impl Pool {
    /// A claim asks for a seat. One that is known already keeps what it has, and is told so.
    pub fn claim(&mut self, ask: Ask, now: DateTime<Utc>) -> Outcome {
        self.claim_begun(ask, now, now)
    }

    /// A claim asks for a seat that it uses since `began` already: a session is told of a little later than its login. The time of a
    /// peak is that of its use.
    pub fn claim_begun(&mut self, ask: Ask, began: DateTime<Utc>, now: DateTime<Utc>) -> Outcome {
        self.expire(now);
        let Ask { id, claimant, borrow } = ask;
        if let Some(standing) = self.standing(id) {
            return standing;
        }
        // A claim that lingers asks again: it is a new one.
        self.drop_lingering(id);
        let key = claimant.key(id, self.rules.key_rules());
        if let Err(why) = self.may_ask(&claimant, borrow) {
            return self.deny(id, claimant, key, why, now);
        }
        let outcome = match self.seat_for(&key, &claimant.groups, || self.floating_seats()) {
            Some((kind, over)) => {
                Outcome::Granted(self.sit(Claiming { id, claimant, key, asked_at: now, borrow, began }, (kind, over), now))
            }
            None if self.rules.at_limit == AtLimit::Queue && matches!(id, ClaimId::Checkout(_)) => {
                self.enqueue(id, claimant, key, borrow, now)
            }
            None => self.deny(id, claimant, key, Denial::Exhausted, now),
        };
        self.promote(now);
        outcome
    }

    /// A claim is heard of: its lease begins anew. What it has; `None` when it is not, or no longer, known.
    pub fn heartbeat(&mut self, id: ClaimId, now: DateTime<Utc>) -> Option<Outcome> {
        self.expire(now);
        let until = later(now, self.rules.lease);
        let renewed = self.slots.get(&id).is_some_and(|slot| match slot.entry.standing {
            Standing::Held { borrowed_until, .. } => borrowed_until.is_none() && slot.due.is_some(),
            Standing::Waiting { .. } => true,
            Standing::Lingering { .. } | Standing::Refused => false,
        });
        if renewed {
            self.set_due(id, Some(until));
            self.slots.entry(id).and_modify(|slot| slot.heard = now);
        }
        self.standing(id)
    }

    /// A claim asks what it has. A place in the queue is kept for a lease from now; a seat is not.
    pub fn poll(&mut self, id: ClaimId, now: DateTime<Utc>) -> Option<Outcome> {
        self.expire(now);
        if self.slots.get(&id).is_some_and(|slot| matches!(slot.entry.standing, Standing::Waiting { .. })) {
            self.set_due(id, Some(later(now, self.rules.lease)));
        }
        self.standing(id)
    }

    /// A claim is over. Whether it had a seat, a place, or (a session) a refusal until now.
    pub fn end(&mut self, id: ClaimId, how: Finish, now: DateTime<Utc>) -> bool {
        self.expire(now);
        let known = self.slots.get(&id).is_some_and(|slot| !matches!(slot.entry.standing, Standing::Lingering { .. }));
        if known {
            self.finish(id, how, now);
            self.promote(now);
        }
        known
    }

    /// The rules change. A user who is named from now on has the oldest of the held seats as the named one, and one who is no longer
    /// named has a floating one. Nobody loses a seat or a place: who is beyond a lower limit keeps the seat until it is given back, and
    /// claims that are counted together by the new rules share one.
    pub fn reconfigure(&mut self, rules: PoolRules, now: DateTime<Utc>) {
        self.expire(now);
        if rules == self.rules {
            return;
        }
        let before = std::mem::replace(&mut self.rules, rules);
        let slots = std::mem::take(&mut self.slots);
        self.rebuild(slots.into_values().map(|slot| (slot.entry, slot.due, slot.heard)).collect(), Some(&before.named), now);
        self.promote(now);
    }

    /// Seats are given from now on.
    pub fn open(&mut self, now: DateTime<Utc>) {
        self.expire(now);
        self.open = true;
        self.meter.not_before(now);
        self.taken(now);
        self.recheck = true;
        self.promote(now);
    }

    /// Seats are no longer given. Sessions give theirs back; check-outs keep what they have until they return it.
    pub fn close(&mut self, now: DateTime<Utc>) {
        // What ends by itself at this moment makes room for nobody.
        self.open = false;
        self.expire(now);
        let sessions: Vec<ClaimId> = self.slots.keys().filter(|id| matches!(id, ClaimId::Session(_))).copied().collect();
        for id in sessions {
            self.finish(id, Finish::Ended, now);
        }
    }

    fn may_ask(&self, claimant: &Claimant, borrow: Option<TimeDelta>) -> Result<(), Denial> {
        if !self.open {
            return Err(Denial::Closed);
        }
        if !self.rules.admits(claimant) {
            return Err(Denial::NotAdmitted);
        }
        if borrow.is_some_and(|time| time > self.rules.borrow_max) { Err(Denial::TooLong) } else { Ok(()) }
    }

    /// The seat that a key may have now, and whether it is beyond the limit.
    pub(super) fn seat_for(
        &self,
        key: &CountKey,
        groups: &BTreeSet<String>,
        floating: impl FnOnce() -> super::seating::Floating,
    ) -> Option<(SeatKind, bool)> {
        if let Some(holder) = self.index.holders.get(key) {
            return Some((holder.kind, holder.over));
        }
        if key.user().is_some_and(|user| self.rules.named.contains(user) && !self.index.named.contains(user)) {
            return Some((SeatKind::Named, false));
        }
        if floating().free(&self.rules, groups) {
            return Some((SeatKind::Floating, false));
        }
        (self.rules.at_limit == AtLimit::Warn).then_some((SeatKind::Floating, true))
    }

    /// Gives a claim its seat.
    fn sit(&mut self, claiming: Claiming, seat: (SeatKind, bool), now: DateTime<Utc>) -> Granted {
        let id = claiming.id;
        let number = self.take_number();
        let granted = self.seat(claiming, seat, number, now);
        self.events.push(Event::Granted { id, granted, waited: None });
        granted
    }

    /// Puts a claim on a seat, new or held by its key.
    pub(super) fn seat(
        &mut self,
        claiming: Claiming,
        (kind, over): (SeatKind, bool),
        number: u64,
        now: DateTime<Utc>,
    ) -> Granted {
        let Claiming { id, claimant, key, asked_at, borrow, began } = claiming;
        let borrowed_until = borrow.map(|time| later(now, time));
        let until = borrowed_until.or_else(|| matches!(id, ClaimId::Checkout(_)).then(|| later(now, self.rules.lease)));
        let lingering = self.lingering(&key);
        match self.index.holders.get_mut(&key) {
            Some(holder) => {
                holder.claims.insert(id);
            }
            None => {
                let claims = BTreeSet::from([id]);
                let holder = Holder { kind, over, number, groups: claimant.groups.clone(), claims };
                self.index.sit(key.clone(), holder);
                self.meter.taken(&self.index, began.min(now), now);
                // Others of the same key may wait.
                self.recheck = true;
            }
        }
        let standing = Standing::Held { kind, over, borrowed_until };
        let entry = Entry { id, claimant, number, asked_at, since: now, standing };
        self.slots.insert(id, Slot { entry, key, due: None, heard: now });
        for lingering in lingering {
            self.drop_lingering(lingering);
        }
        self.set_due(id, until);
        self.changed.insert(id);
        let shared = matches!(self.standing(id), Some(Outcome::Granted(Granted { shared: true, .. })));
        Granted { kind, shared, over_use: over, until, borrowed: borrow.is_some() }
    }

    fn deny(&mut self, id: ClaimId, claimant: Claimant, key: CountKey, why: Denial, now: DateTime<Utc>) -> Outcome {
        self.events.push(Event::Denied { id, why });
        // A session goes on without a seat; that it was refused is remembered for as long as it lasts.
        if matches!(id, ClaimId::Session(_)) && why != Denial::Closed {
            let number = self.take_number();
            let entry = Entry { id, claimant, number, asked_at: now, since: now, standing: Standing::Refused };
            self.slots.insert(id, Slot { entry, key, due: None, heard: now });
            self.changed.insert(id);
        }
        Outcome::Denied(why)
    }

    pub(super) fn take_number(&mut self) -> u64 {
        let number = self.next;
        self.next = number.saturating_add(1);
        number
    }

    pub(super) fn set_due(&mut self, id: ClaimId, due: Option<DateTime<Utc>>) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(&mut slot.due, due) {
            self.index.due.remove(&(before, id));
        }
        self.index.due.extend(due.map(|at| (at, id)));
    }
}

/// A claim that gets a seat.
pub(super) struct Claiming {
    pub(super) id: ClaimId,
    pub(super) claimant: Claimant,
    pub(super) key: CountKey,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) borrow: Option<TimeDelta>,
    /// Since when it uses the seat.
    pub(super) began: DateTime<Utc>,
}
