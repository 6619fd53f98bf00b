//! The queue: first come, first served. Who waits behind somebody may take only a seat that the other could not have: the named
//! one, a reserved one, or one that a claim of the same key holds.

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::{ClaimId, Claimant, Entry, Standing};
use super::event::{Event, Outcome};
use super::state::{Pool, Slot, later};
use super::step::Claiming;
use crate::session::key::CountKey;
use crate::session::seats::SeatKind;

impl Pool {
    /// Gives a claim the last place.
    pub(super) fn enqueue(
        &mut self,
        id: ClaimId,
        claimant: Claimant,
        key: CountKey,
        borrow: Option<TimeDelta>,
        now: DateTime<Utc>,
    ) -> Outcome {
        let number = self.take_number();
        let standing = Standing::Waiting { borrow_seconds: borrow.map(|time| time.num_seconds()) };
        let entry = Entry { id, claimant, number, asked_at: now, since: now, standing };
        self.slots.insert(id, Slot { entry, key, due: None, heard: now });
        self.index.queue.insert(number, id);
        self.set_due(id, Some(later(now, self.rules.lease)));
        self.changed.insert(id);
        let length = self.queued();
        self.events.push(Event::Queued { id, length });
        Outcome::Queued { position: length }
    }

    /// Gives every seat that became free to the first who may have it.
    pub(super) fn promote(&mut self, now: DateTime<Utc>) {
        while std::mem::take(&mut self.recheck) {
            if !self.open || self.index.queue.is_empty() {
                return;
            }
            let mut floating = self.floating_seats();
            for (number, id) in self.index.queue.clone() {
                let Some(slot) = self.slots.get(&id) else { continue };
                let new = !self.index.holders.contains_key(&slot.key);
                let Some(seat) = self.seat_for(&slot.key, &slot.entry.claimant.groups, || floating.clone()) else { continue };
                if new && seat.0 == SeatKind::Floating {
                    floating.sit(&self.rules, &slot.entry.claimant.groups);
                }
                self.index.queue.remove(&number);
                self.take_place(id, seat, now);
            }
        }
    }

    fn take_place(&mut self, id: ClaimId, seat: (SeatKind, bool), now: DateTime<Utc>) {
        self.set_due(id, None);
        let Some(Slot { entry, key, .. }) = self.slots.remove(&id) else { return };
        let Entry { claimant, asked_at, standing, .. } = entry;
        let borrow = match standing {
            Standing::Waiting { borrow_seconds } => borrow_seconds.and_then(TimeDelta::try_seconds),
            Standing::Held { .. } | Standing::Lingering { .. } | Standing::Refused => None,
        };
        // Who gets a seat now comes after everybody who has one.
        let number = self.take_number();
        let granted = self.seat(Claiming { id, claimant, key, asked_at, borrow, began: now }, seat, number, now);
        self.events.push(Event::Granted { id, granted, waited: Some((now - asked_at).max(TimeDelta::zero())) });
    }
}
