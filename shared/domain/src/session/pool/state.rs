//! A pool: its claims, and everything that is derived from them. What happens to it is in [`super::step`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::{ClaimId, Entry, Standing};
use super::event::{Event, Granted, Outcome};
use super::index::{Holder, Index};
use super::meter::Meter;
use super::rules::PoolRules;
use super::seating::Floating;
use crate::session::key::CountKey;
use crate::session::seats::{NamedUsers, SeatKind};

/// A claim, with what is not kept of it: leases begin anew when a pool is restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) entry: Entry,
    pub(super) key: CountKey,
    pub(super) due: Option<DateTime<Utc>>,
    /// When the claim was last heard of; its beginning, or that of the collector, when it was not.
    pub(super) heard: DateTime<Utc>,
}

/// The pool of one application.
#[derive(Debug, Clone)]
pub struct Pool {
    pub(super) rules: PoolRules,
    pub(super) slots: BTreeMap<ClaimId, Slot>,
    pub(super) index: Index,
    pub(super) meter: Meter,
    pub(super) next: u64,
    /// Seats are given; otherwise only held, and given back.
    pub(super) open: bool,
    /// A seat may have become free for somebody who waits.
    pub(super) recheck: bool,
    pub(super) changed: BTreeSet<ClaimId>,
    pub(super) events: Vec<Event>,
}

/// A seat in use, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSeat<'a> {
    /// The claim.
    pub entry: &'a Entry,
    /// What it counts as.
    pub key: &'a CountKey,
    /// Which kind of seat.
    pub kind: SeatKind,
    /// Another claim of the same key came first.
    pub shared: bool,
    /// The seat was given beyond the limit.
    pub over: bool,
    /// Until when the claim is held without being heard of; `None` for a session.
    pub until: Option<DateTime<Utc>>,
    /// When the claim was last heard of by a heartbeat; for one that asks for none, since when it is known here.
    pub heard: DateTime<Utc>,
}

impl HeldSeat<'_> {
    /// Whether it asks for no heartbeat until its time is over.
    #[must_use]
    pub const fn borrowed(&self) -> bool {
        matches!(self.entry.standing, Standing::Held { borrowed_until: Some(_), .. })
    }
}

impl Pool {
    /// An empty pool that is closed.
    #[must_use]
    pub fn new(rules: PoolRules) -> Self {
        Self {
            rules,
            slots: BTreeMap::new(),
            index: Index::default(),
            meter: Meter::default(),
            next: 1,
            open: false,
            recheck: false,
            changed: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// The pool whose entries these are, closed. Leases and places begin anew at `now`: nobody could be heard of meanwhile.
    #[must_use]
    pub fn restore(rules: PoolRules, entries: impl IntoIterator<Item = Entry>, now: DateTime<Utc>) -> Self {
        let mut pool = Self::new(rules);
        pool.rebuild(entries.into_iter().map(|entry| (entry, None, now)).collect(), None, now);
        pool
    }

    /// Every claim as it is kept.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.values().map(|slot| &slot.entry)
    }

    /// One claim as it is kept.
    #[must_use]
    pub fn entry(&self, id: ClaimId) -> Option<&Entry> {
        self.slots.get(&id).map(|slot| &slot.entry)
    }

    /// Until when a claim, or its place, is kept without being heard of.
    #[must_use]
    pub fn until(&self, id: ClaimId) -> Option<DateTime<Utc>> {
        self.slots.get(&id)?.due
    }

    /// What a claim has now; `None` for an unknown one and for one that was given back.
    #[must_use]
    pub fn standing(&self, id: ClaimId) -> Option<Outcome> {
        let slot = self.slots.get(&id)?;
        match slot.entry.standing {
            Standing::Held { borrowed_until, .. } => {
                let holder = self.index.holders.get(&slot.key)?;
                Some(Outcome::Granted(Granted {
                    kind: holder.kind,
                    shared: self.shares(holder, id),
                    over_use: holder.over,
                    until: slot.due,
                    borrowed: borrowed_until.is_some(),
                }))
            }
            Standing::Waiting { .. } => Some(Outcome::Queued { position: self.index.position(slot.entry.number) }),
            Standing::Refused => Some(Outcome::Denied(super::event::Denial::Exhausted)),
            Standing::Lingering { .. } => None,
        }
    }

    /// Every claim that has a seat, in the order in which they got it. The seats in use are those that are not shared.
    #[must_use]
    pub fn held(&self) -> Vec<HeldSeat<'_>> {
        let mut held: Vec<HeldSeat<'_>> =
            self.index.holders.iter().flat_map(|(key, holder)| self.seats_of(key, holder)).collect();
        held.sort_by_key(|seat| (seat.entry.since, seat.entry.number));
        held
    }

    fn seats_of<'a>(&'a self, key: &'a CountKey, holder: &'a Holder) -> impl Iterator<Item = HeldSeat<'a>> {
        holder.claims.iter().filter_map(move |id| {
            let slot = self.slots.get(id)?;
            let shared = self.shares(holder, *id);
            Some(HeldSeat {
                entry: &slot.entry,
                key,
                kind: holder.kind,
                shared,
                over: holder.over,
                until: slot.due,
                heard: slot.heard,
            })
        })
    }

    /// Claims that wait, in the order of their places.
    pub fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.index.queue.values().filter_map(|id| self.entry(*id))
    }

    /// Named seats in use.
    #[must_use]
    pub fn named_in_use(&self) -> u64 {
        self.index.named_in_use()
    }

    /// Floating seats in use, also beyond the limit.
    #[must_use]
    pub const fn floating_in_use(&self) -> u64 {
        self.index.floating
    }

    /// How many wait.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.index.queue.values().map(|_| 1_u64).sum()
    }

    /// Its rules.
    #[must_use]
    pub const fn rules(&self) -> &PoolRules {
        &self.rules
    }

    /// Whether seats are given.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// When something is due next without anybody asking.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.index.due.first().map(|(at, _)| *at)
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Claims whose entry changed since this was last asked; without an entry: it is over.
    pub fn take_changes(&mut self) -> Vec<(ClaimId, Option<Entry>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|id| (id, self.entry(id).cloned())).collect()
    }

    /// Whether another claim of the key came before this one.
    fn shares(&self, holder: &Holder, id: ClaimId) -> bool {
        let came = |id: &ClaimId| self.slots.get(id).map(|slot| (slot.entry.since, slot.entry.number, *id));
        holder.claims.iter().filter_map(came).min().is_some_and(|(_, _, first)| first != id)
    }

    /// The floating seats in use, with the reserved ones among them.
    pub(super) fn floating_seats(&self) -> Floating {
        let mut holders: Vec<(u64, &BTreeSet<String>)> = Vec::new();
        if !self.rules.reservations.is_empty() {
            let floating = self.index.holders.values().filter(|holder| holder.kind == SeatKind::Floating);
            holders.extend(floating.map(|holder| (holder.number, &holder.groups)));
            holders.sort_by_key(|(number, _)| *number);
        }
        Floating::of(&self.rules, self.index.floating, holders.into_iter().map(|(_, groups)| groups))
    }

    /// Takes entries in as they are: what holds a seat keeps it, whatever the limits. What shares a key shares its seat. `before`
    /// are the users who were named until now, where that changes.
    pub(super) fn rebuild(
        &mut self,
        mut entries: Vec<(Entry, Option<DateTime<Utc>>, DateTime<Utc>)>,
        before: Option<&NamedUsers>,
        now: DateTime<Utc>,
    ) {
        entries.sort_by_key(|(entry, _, _)| (entry.number, entry.id));
        self.slots.clear();
        self.meter.before_change(&self.index);
        self.index = Index::default();
        for (mut entry, due, heard) in entries {
            let id = entry.id;
            let key = entry.claimant.key(id, self.rules.key_rules());
            self.next = self.next.max(entry.number.saturating_add(1));
            let (due, seat) = match entry.standing {
                Standing::Held { kind, over, borrowed_until } => {
                    let lease = matches!(id, ClaimId::Checkout(_)).then(|| later(now, self.rules.lease));
                    (borrowed_until.or(due).or(lease), Some((kind, over)))
                }
                Standing::Lingering { kind } => (due.or(Some(later(now, self.rules.linger))), Some((kind, false))),
                Standing::Waiting { .. } => (due.or(Some(later(now, self.rules.lease))), None),
                Standing::Refused => (None, None),
            };
            if let Some((kind, over)) = seat {
                let kind = self.resit(&key, &entry, (kind, over), before);
                let over = over && kind == SeatKind::Floating;
                let standing = match entry.standing {
                    Standing::Held { borrowed_until, .. } => Standing::Held { kind, over, borrowed_until },
                    _ => Standing::Lingering { kind },
                };
                if standing != entry.standing {
                    entry.standing = standing;
                    self.changed.insert(id);
                }
            } else if matches!(entry.standing, Standing::Waiting { .. }) {
                self.index.queue.insert(entry.number, id);
            }
            self.index.due.extend(due.map(|at| (at, id)));
            self.slots.insert(id, Slot { entry, key, due, heard });
        }
        // Claims that are counted apart from now on are more seats.
        self.taken(now);
        self.recheck = true;
    }

    /// Gives a claim the seat that it had; the kind it is now.
    fn resit(&mut self, key: &CountKey, entry: &Entry, (kind, over): (SeatKind, bool), before: Option<&NamedUsers>) -> SeatKind {
        if let Some(holder) = self.index.holders.get_mut(key) {
            holder.claims.insert(entry.id);
            return holder.kind;
        }
        let kind = match key.user() {
            Some(user) if !self.index.named.contains(user) => {
                // Who is named from now on has the first of the seats as the named one; who is no longer, has a floating one.
                let was = before.map(|before| before.contains(user));
                match (was, self.rules.named.contains(user)) {
                    (Some(false), true) => SeatKind::Named,
                    (Some(true), false) => SeatKind::Floating,
                    _ => kind,
                }
            }
            _ => SeatKind::Floating,
        };
        let over = over && kind == SeatKind::Floating;
        let (claims, groups) = (BTreeSet::from([entry.id]), entry.claimant.groups.clone());
        self.index.sit(key.clone(), Holder { kind, over, number: entry.number, groups, claims });
        kind
    }
}

/// A time after a while; the end of time where there is none.
pub(super) fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
