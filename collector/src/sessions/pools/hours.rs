//! The running hour of every pool: watched as its pool changes, kept with the decisions that changed it and every minute.
//!
//! In: looks at the clock, and what each room says of itself. Out: rows for the store, each as it is known now. What is told of a
//! pool afterwards (use without a seat, a report that was spooled) is in the peaks of its day and not in its hours: these are what
//! the pool itself did while somebody watched. Time in which nobody did (the collector stood still, the clock was set) is
//! left out of an hour, and counts in no average.

use super::{pending::Pending, room::Room};
use crate::store::records::HourRecord;
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::{
    calendar::SiteZone,
    session::{Event, HourMeter, InUse, Limits},
};
use std::collections::BTreeMap;

/// The rows of pools that did not change are kept this often: a crash loses no more of their time.
const KEEP_EVERY: TimeDelta = TimeDelta::seconds(60);
/// After a longer pause between two looks nobody watched meanwhile.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// Which hour it is.
#[derive(Debug)]
pub(super) struct Hours {
    zone: SiteZone,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    /// When somebody last looked.
    last: DateTime<Utc>,
    kept_at: DateTime<Utc>,
    /// Hours that were over before it was known what the store had of them.
    owed: Vec<HourRecord>,
}

/// The hour of one pool.
#[derive(Debug)]
pub(super) struct Watched {
    meter: HourMeter,
    /// What the store had of the hour is in it.
    read: bool,
}

impl Watched {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { meter: HourMeter::new(now), read: false }
    }

    /// Something was asked of the pool that counts in its day; whether that changes the hour.
    pub(super) fn count(&mut self, event: &Event) -> bool {
        self.meter.count(event)
    }

    /// What the pool has in use now; whether that changes the hour.
    pub(super) fn observe(&mut self, now: DateTime<Utc>, in_use: InUse, limits: Limits) -> bool {
        self.meter.observe(now, in_use, limits)
    }
}

impl Hours {
    pub(super) fn new(zone: SiteZone, now: DateTime<Utc>) -> Self {
        let (start, end) = zone.hour_around(now);
        Self { zone, start, end, last: now, kept_at: now, owed: Vec::new() }
    }

    /// Somebody looks: time has passed, and the hour may be over.
    pub(super) fn look(&mut self, rooms: &mut BTreeMap<String, Room>, pending: &mut Pending, now: DateTime<Utc>) {
        let unwatched = now < self.last || now - self.last > PAUSE;
        let over = now < self.start || now >= self.end;
        if unwatched || over {
            let upto = if unwatched { self.last } else { self.end };
            rooms.values_mut().for_each(|room| room.hour.meter.pass(upto));
        }
        if over {
            for room in rooms.values_mut() {
                self.keep(room, pending);
                room.hour.meter.turn();
                room.hour.read = false;
            }
            (self.start, self.end) = self.zone.hour_around(now);
            self.kept_at = now;
        }
        if unwatched {
            rooms.values_mut().for_each(|room| room.hour.meter.skip(now));
        }
        self.last = now;
        if now - self.kept_at >= KEEP_EVERY {
            self.keep_all(rooms, pending);
        }
    }

    /// Keeps the hour of every pool as it is known now.
    pub(super) fn keep_all(&mut self, rooms: &mut BTreeMap<String, Room>, pending: &mut Pending) {
        self.kept_at = self.last;
        for room in rooms.values_mut() {
            self.keep_one(room, pending);
        }
    }

    /// Keeps the hour of a pool as it is known now; of one whose stored row is not known yet, later.
    pub(super) fn keep_one(&self, room: &mut Room, pending: &mut Pending) {
        room.hour.meter.pass(self.last);
        if room.hour.read {
            pending.hour(self.row(room));
        }
    }

    /// Keeps the hour of a pool that is not watched any longer, or whose hour is over.
    pub(super) fn keep(&mut self, room: &Room, pending: &mut Pending) {
        if room.hour.read {
            pending.hour(self.row(room));
        } else {
            self.owed.push(self.row(room));
        }
    }

    /// The first instant of an hour of which the stored rows must be read.
    pub(super) fn unread(&self, rooms: &BTreeMap<String, Room>) -> Option<DateTime<Utc>> {
        let owed = self.owed.first().map(|row| row.start);
        owed.or_else(|| rooms.values().any(|room| !room.hour.read).then_some(self.start))
    }

    /// What the store has of an hour.
    pub(super) fn read(
        &mut self,
        start: DateTime<Utc>,
        stored: &[HourRecord],
        rooms: &mut BTreeMap<String, Room>,
        pending: &mut Pending,
    ) {
        let stored: BTreeMap<String, &HourRecord> = stored.iter().map(|row| (row.application.to_lowercase(), row)).collect();
        for mut row in self.owed.extract_if(.., |row| row.start == start) {
            if let Some(before) = stored.get(&row.application.to_lowercase()) {
                row.figures.add(&before.figures);
            }
            pending.hour(row);
        }
        if start != self.start {
            return;
        }
        for (key, room) in rooms.iter_mut().filter(|(_, room)| !room.hour.read) {
            if let Some(before) = stored.get(key) {
                room.hour.meter.add(&before.figures);
            }
            room.hour.read = true;
        }
    }

    fn row(&self, room: &Room) -> HourRecord {
        HourRecord { start: self.start, application: room.application.name.clone(), figures: *room.hour.meter.figures() }
    }
}
