//! The peaks that the pools keep of a day, until the store has them.
//!
//! In: the turn of the site's day, pools that are given up. Out: peaks that rose, each with its date and application.

use super::{
    book::{Book, Gate},
    room::Room,
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::session::DayPeak;

/// A peak of a date and an application.
pub(in crate::sessions) type Risen = (NaiveDate, String, DayPeak);

/// What the pools no longer keep themselves.
#[derive(Debug, Default)]
pub(super) struct Meters {
    /// The date of the pools' peaks.
    day: NaiveDate,
    /// Peaks of days that are over and of pools that are gone, and those that the store did not take.
    kept: Vec<Risen>,
}

impl Meters {
    /// A pool is given up.
    pub(super) fn keep(&mut self, room: &mut Room) {
        let peak = room.pool.take_risen();
        self.kept.extend(peak.map(|peak| (self.day, room.application.name.clone(), peak)));
    }
}

impl Book {
    /// When the site's date is another one: whoever holds a seat now holds it from the first instant of the date on.
    pub(super) fn turn_meters(&mut self, gate: Gate) {
        let Self { rooms, meters, .. } = self;
        if meters.day == gate.date {
            return;
        }
        for room in rooms.values_mut() {
            meters.keep(room);
            // What is not closed yet at the end of the last day of use is no use of the next.
            if gate.open {
                room.pool.begin_day(gate.day_start);
            } else {
                room.pool.end_day();
            }
        }
        meters.day = gate.date;
    }

    /// Peaks that rose since this was last asked.
    pub(in crate::sessions) fn take_risen(&mut self) -> Vec<Risen> {
        let Self { rooms, meters, .. } = self;
        rooms.values_mut().for_each(|room| meters.keep(room));
        std::mem::take(&mut meters.kept)
    }

    /// The store did not take these.
    pub(in crate::sessions) fn put_back(&mut self, risen: Vec<Risen>) {
        self.meters.kept.extend(risen);
    }

    /// The highest use of an application on the date of now, and when it was reached.
    pub(in crate::sessions) fn highest(&self, application: &str) -> Option<(u64, DateTime<Utc>)> {
        let (peak, at) = self.pool(application)?.highest();
        at.map(|at| (peak, at))
    }
}
