//! What ends by itself: leases, borrowed times, places in the queue, lingering seats. Each in the order of its time.

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::{ClaimId, Standing};
use super::event::{Event, Finish};
use super::state::{Pool, later};
use crate::session::key::CountKey;

impl Pool {
    /// Ends everything that is due at `now`.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        while let Some((at, id)) = self.index.due.first().copied()
            && at <= now
        {
            self.set_due(id, None);
            self.finish(id, Finish::Expired, now);
            self.promote(now);
        }
    }

    /// Time in which nobody could be heard of does not run down any lease, place or lingering seat. A borrowed time goes on: it
    /// asks for no heartbeat.
    pub fn postpone(&mut self, by: TimeDelta) {
        let borrowed = |standing| matches!(standing, Standing::Held { borrowed_until: Some(_), .. });
        self.index.due.clear();
        for (id, slot) in &mut self.slots {
            slot.heard = later(slot.heard, by);
            if let Some(due) = slot.due.as_mut() {
                if !borrowed(slot.entry.standing) {
                    *due = later(*due, by);
                }
                self.index.due.insert((*due, *id));
            }
        }
    }

    /// Ends a claim.
    pub(super) fn finish(&mut self, id: ClaimId, how: Finish, now: DateTime<Utc>) {
        self.set_due(id, None);
        let Some(mut slot) = self.slots.remove(&id) else { return };
        self.changed.insert(id);
        match slot.entry.standing {
            Standing::Held { kind, .. } => {
                self.events.push(Event::Finished { entry: slot.entry.clone(), how });
                let last = self.index.holders.get(&slot.key).is_some_and(|holder| holder.claims.len() == 1);
                if last && how == Finish::Released && self.rules.linger > TimeDelta::zero() {
                    slot.entry.standing = Standing::Lingering { kind };
                    self.slots.insert(id, slot);
                    self.set_due(id, Some(later(now, self.rules.linger)));
                } else {
                    self.leave(&slot.key, id);
                }
            }
            Standing::Lingering { .. } => self.leave(&slot.key, id),
            Standing::Waiting { .. } => {
                self.index.queue.remove(&slot.entry.number);
                self.events.push(Event::Left { entry: slot.entry, how });
            }
            Standing::Refused => {}
        }
    }

    /// A claim leaves its seat. The oldest of those that share it says from now on when the seat was taken and for which groups, as
    /// it does for a pool that is restored.
    fn leave(&mut self, key: &CountKey, id: ClaimId) {
        self.meter.before_change(&self.index);
        self.recheck |= self.index.leave(key, id);
        let Some(holder) = self.index.holders.get_mut(key) else { return };
        let sharing = holder.claims.iter().filter_map(|id| self.slots.get(id));
        let Some(oldest) = sharing.map(|slot| &slot.entry).min_by_key(|entry| entry.number) else { return };
        if holder.number != oldest.number {
            holder.number = oldest.number;
            holder.groups.clone_from(&oldest.claimant.groups);
            // Who has which reserved seat hangs on the order.
            self.recheck = true;
        }
    }

    /// Claims that linger on a key's seat.
    pub(super) fn lingering(&self, key: &CountKey) -> Vec<ClaimId> {
        let Some(holder) = self.index.holders.get(key) else { return Vec::new() };
        let lingers =
            |id: &&ClaimId| self.slots.get(id).is_some_and(|slot| matches!(slot.entry.standing, Standing::Lingering { .. }));
        holder.claims.iter().filter(lingers).copied().collect()
    }

    /// Forgets a claim that lingers.
    pub(super) fn drop_lingering(&mut self, id: ClaimId) {
        if self.slots.get(&id).is_some_and(|slot| matches!(slot.entry.standing, Standing::Lingering { .. })) {
            self.set_due(id, None);
            if let Some(slot) = self.slots.remove(&id) {
                self.leave(&slot.key, id);
                self.changed.insert(id);
            }
        }
    }
}
