//! All pools, under the lock of the sessions: decisions of sessions and check-outs in one order.

use super::{
    demand::Demand,
    groups::Groups,
    heard::Heard,
    hours::Hours,
    meters::Meters,
    pending::Pending,
    room::{Drained, Room, Sink},
};
use crate::store::records::{ClaimRecord, ClosedCheckout, DemandRecord, GroupRecord, HourRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    calendar::SiteZone,
    ids::CheckoutId,
    session::{Application, ClaimId, Entry, Finish, Pool, PoolRules, Standing},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::watch;

/// What pools must know of the world at an instant.
#[derive(Debug, Clone, Copy)]
pub(in crate::sessions) struct Gate {
    /// The time that is believed.
    pub(in crate::sessions) now: DateTime<Utc>,
    /// Time since boot.
    pub(in crate::sessions) boot: Duration,
    /// Site date.
    pub(in crate::sessions) date: NaiveDate,
    /// Its first instant.
    pub(in crate::sessions) day_start: DateTime<Utc>,
    /// Whether the product may be used.
    pub(in crate::sessions) open: bool,
}

/// All pools.
#[derive(Debug)]
pub(in crate::sessions) struct Book {
    /// By name in lower case.
    pub(super) rooms: BTreeMap<String, Room>,
    pub(super) places: BTreeMap<CheckoutId, String>,
    pub(super) pending: Pending,
    pub(super) demand: Demand,
    pub(super) groups: Groups,
    pub(super) realms: Vec<String>,
    /// Check-outs that ended on the site date of the sessions or later.
    pub(in crate::sessions) closed: Vec<ClosedCheckout>,
    /// Stored claims of applications that are not known yet.
    stored: BTreeMap<String, Vec<ClaimRecord>>,
    heard: Heard,
    hours: Hours,
    open: bool,
    /// Sessions are to be compared with the claims of these rooms.
    pub(super) follow_all: bool,
    pub(super) meters: Meters,
    /// Changes whenever somebody who waits should look.
    pub(super) turn: watch::Sender<u64>,
}

impl Default for Book {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), (SiteZone::UTC, DateTime::UNIX_EPOCH))
    }
}

impl Book {
    /// What the store has; the rooms come with [`Self::set_applications`].
    pub(in crate::sessions) fn new(
        claims: Vec<ClaimRecord>,
        closed: Vec<ClosedCheckout>,
        demand: Vec<DemandRecord>,
        groups: Vec<GroupRecord>,
        realms: Vec<String>,
        (zone, now): (SiteZone, DateTime<Utc>),
    ) -> Self {
        let mut stored: BTreeMap<String, Vec<ClaimRecord>> = BTreeMap::new();
        for claim in claims {
            stored.entry(claim.application.to_lowercase()).or_default().push(claim);
        }
        Self {
            rooms: BTreeMap::new(),
            places: BTreeMap::new(),
            pending: Pending::default(),
            demand: Demand::of(demand),
            groups: Groups::new(groups, &realms),
            realms,
            closed,
            stored,
            heard: Heard::default(),
            hours: Hours::new(zone, now),
            open: false,
            follow_all: true,
            meters: Meters::default(),
            turn: watch::Sender::new(0),
        }
    }

    /// Lets time pass up to now: what did not count as time moves the leases, what is due ends. True when the sessions must be
    /// followed anew: the product was opened for use.
    pub(in crate::sessions) fn pass(&mut self, gate: Gate) {
        self.turn_meters(gate);
        let moved = self.heard.look(gate.now, gate.boot);
        self.hours.look(&mut self.rooms, &mut self.pending, gate.now);
        let turned = gate.open != self.open;
        self.open = gate.open;
        self.follow_all |= turned;
        for room in self.rooms.values_mut() {
            if !moved.is_zero() {
                room.pool.postpone(moved);
            }
            match (turned, gate.open) {
                (true, true) => room.pool.open(gate.now),
                (true, false) => room.pool.close(gate.now),
                (false, _) => room.pool.expire(gate.now),
            }
        }
        self.drain(gate);
    }

    /// The applications are these now, and the licence key allows so much of each.
    pub(in crate::sessions) fn set_applications(
        &mut self,
        applications: &[Application],
        caps: impl Fn(&str) -> (Option<u64>, Option<u64>),
        gate: Gate,
    ) {
        let mut before = std::mem::take(&mut self.rooms);
        for application in applications {
            let key = application.name.to_lowercase();
            let caps = caps(&application.name);
            let rules = application.pool_rules(caps, &self.realms);
            let mut room = match before.remove(&key) {
                Some(room) => self.changed(room, application, rules, gate),
                None => self.made(&key, application, rules, gate),
            };
            room.caps = caps;
            self.rooms.insert(key, room);
        }
        for (_, mut room) in before {
            self.meters.keep(&mut room);
            let ids: Vec<_> = room.pool.entries().map(|entry| entry.id).collect();
            for id in ids {
                room.pool.end(id, Finish::Ended, gate.now);
            }
            self.drain_room(&mut room, gate);
            self.hours.keep(&room, &mut self.pending);
        }
        self.follow_all = true;
        self.drain(gate);
    }

    fn changed(&mut self, mut room: Room, application: &Application, rules: PoolRules, gate: Gate) -> Room {
        let decided = room.pool.rules().decide();
        room.application.clone_from(application);
        room.pool.reconfigure(rules, gate.now);
        if room.pool.rules().decide() && !decided {
            room.store_all(&mut self.pending);
        }
        room
    }

    fn made(&mut self, key: &str, application: &Application, rules: PoolRules, gate: Gate) -> Room {
        let claims = self.stored.remove(key).unwrap_or_default();
        let mut room = Room::new(application.clone(), rules, claims, gate.now);
        for id in room.facts.keys() {
            self.places.insert(*id, key.to_owned());
        }
        room.pool.begin_day(gate.day_start);
        if self.open {
            room.pool.open(gate.now);
        }
        room
    }

    /// The realms of the settings; whether they changed.
    pub(in crate::sessions) fn set_realms(&mut self, realms: &[String]) -> bool {
        let other = self.realms != realms;
        if other {
            self.realms = realms.to_vec();
            self.groups = Groups::new(self.groups.records().to_vec(), realms);
        }
        other
    }

    /// The groups of the administrators.
    pub(in crate::sessions) fn set_groups(&mut self, groups: Vec<GroupRecord>) {
        self.groups = Groups::new(groups, &self.realms);
    }

    /// Whether the licence key allows an application something else than before.
    pub(in crate::sessions) fn other_caps(&self, caps: impl Fn(&str) -> (Option<u64>, Option<u64>)) -> bool {
        self.rooms.values().any(|room| room.caps != caps(&room.application.name))
    }

    /// Claims that are stored of applications that are gone.
    pub(in crate::sessions) fn forget_strangers(&mut self) {
        for claim in std::mem::take(&mut self.stored).into_values().flatten() {
            self.pending.claim(&claim.application, claim.entry.id, None);
        }
    }

    /// The pool of an application.
    pub(in crate::sessions) fn pool(&self, application: &str) -> Option<&Pool> {
        self.rooms.get(&application.to_lowercase()).map(|room| &room.pool)
    }

    /// Every pool with its application.
    pub(in crate::sessions) fn pools(&self) -> impl Iterator<Item = (&Application, &Pool)> {
        self.rooms.values().map(|room| (&room.application, &room.pool))
    }

    /// Check-outs that hold a seat, with their applications.
    pub(in crate::sessions) fn live(&self) -> impl Iterator<Item = (&Application, &Entry)> {
        self.rooms.values().flat_map(|room| {
            let entries = room.facts.keys().filter_map(|id| room.pool.entry(ClaimId::Checkout(*id)));
            let held = entries.filter(|entry| matches!(entry.standing, Standing::Held { .. }));
            held.map(|entry| (&room.application, entry))
        })
    }

    /// What was asked of an application on a date.
    pub(in crate::sessions) fn demand_of(&self, date: NaiveDate, application: &str) -> Option<&DemandRecord> {
        self.demand.of_day(date, application)
    }

    /// A day is over: what ended before it, and what was asked then, is in the store.
    pub(in crate::sessions) fn turn_day(&mut self, start: DateTime<Utc>, date: NaiveDate) {
        self.closed.retain(|closed| closed.until >= start);
        self.demand.forget(date);
    }

    /// Keeps the running hour of every pool as it is known now.
    pub(in crate::sessions) fn keep_hours(&mut self) {
        self.hours.keep_all(&mut self.rooms, &mut self.pending);
    }

    /// The first instant of an hour of which the stored rows must be read.
    pub(in crate::sessions) fn unread_hour(&self) -> Option<DateTime<Utc>> {
        self.hours.unread(&self.rooms)
    }

    /// What the store has of an hour.
    pub(in crate::sessions) fn hour_read(&mut self, start: DateTime<Utc>, stored: &[HourRecord]) {
        self.hours.read(start, stored, &mut self.rooms, &mut self.pending);
    }

    /// Takes out what happened in every room.
    pub(in crate::sessions) fn drain(&mut self, gate: Gate) {
        let mut rooms = std::mem::take(&mut self.rooms);
        for room in rooms.values_mut() {
            self.drain_room(room, gate);
        }
        self.rooms = rooms;
    }

    fn drain_room(&mut self, room: &mut Room, gate: Gate) {
        let mut sink = Sink {
            pending: &mut self.pending,
            demand: &mut self.demand,
            closed: &mut self.closed,
            hours: &self.hours,
            now: gate.now,
            date: gate.date,
        };
        let Drained { wake, gone } = room.drain(&mut sink);
        if wake {
            self.turn.send_modify(|turn| *turn = turn.wrapping_add(1));
        }
        for id in gone {
            self.places.remove(&id);
        }
    }
}
