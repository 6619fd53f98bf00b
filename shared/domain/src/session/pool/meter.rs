//! The highest use of a pool on a day, kept while claims come and go.
//!
//! In: seats that are taken and left, each with its time. Out: the peaks with their exact times and who held what. It counts what
//! was granted: a claim that was refused holds nothing, and stands in no peak.

use chrono::{DateTime, Utc};

use super::claim::Standing;
use super::index::Index;
use super::state::Pool;
use crate::session::peak::{DayPeak, of_kind};
use crate::session::seats::SeatKind;

/// Peaks whose holders are not listed yet.
#[derive(Debug, Clone, Copy, Default)]
struct Unlisted {
    total: bool,
    named: bool,
    floating: bool,
}

/// The highest use so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    day: DayPeak,
    /// Who holds a seat now is who held one at the peak: they are listed when somebody leaves, or asks.
    unlisted: Unlisted,
    /// The newest begin of a use that was seen: who was there by then began before it.
    newest: Option<DateTime<Utc>>,
    /// It rose since it was last asked.
    rose: bool,
}

impl Meter {
    /// Somebody took a seat who uses it since `began`, which is not after `now`.
    pub(super) fn taken(&mut self, index: &Index, began: DateTime<Utc>, now: DateTime<Utc>) {
        let at = self.newest.map_or(began, |newest| newest.max(began)).min(now);
        self.newest = Some(at);
        self.observe(index, at);
    }

    /// Before somebody leaves a seat, or the seats are arranged anew.
    pub(super) fn before_change(&mut self, index: &Index) {
        let Unlisted { total, named, floating } = std::mem::take(&mut self.unlisted);
        let holders = || index.holders.iter().map(|(key, holder)| (key, holder.kind));
        if total {
            self.day.holders_at_peak = holders().map(|(key, kind)| (key.clone(), kind)).collect();
        }
        if named {
            self.day.named_holders = of_kind(holders(), SeatKind::Named);
        }
        if floating {
            self.day.floating_holders = of_kind(holders(), SeatKind::Floating);
        }
    }

    /// No use counts from before this moment.
    pub(super) fn not_before(&mut self, at: DateTime<Utc>) {
        self.newest = self.newest.max(Some(at));
    }

    fn observe(&mut self, index: &Index, at: DateTime<Utc>) {
        let (named, floating) = (index.named_in_use(), index.floating);
        let day = &mut self.day;
        let higher = |value: u64, peak: &mut u64, peak_at: &mut Option<DateTime<Utc>>| {
            let higher = value > *peak;
            if higher {
                (*peak, *peak_at) = (value, Some(at));
            }
            higher
        };
        let total = higher(named.saturating_add(floating), &mut day.peak, &mut day.peak_at);
        let of_named = higher(named, &mut day.named_peak, &mut day.named_peak_at);
        let of_floating = higher(floating, &mut day.floating_peak, &mut day.floating_peak_at);
        self.unlisted.total |= total;
        self.unlisted.named |= of_named;
        self.unlisted.floating |= of_floating;
        self.rose |= total || of_named || of_floating;
    }
}

impl Pool {
    /// A day begins: whoever has a seat has it from its first instant on, or since the newest of them came. While the pool is closed
    /// nobody's seat is a use. The peaks of what was before.
    pub fn begin_day(&mut self, start: DateTime<Utc>) -> DayPeak {
        let before = self.end_day();
        let seated = |standing| matches!(standing, Standing::Held { .. } | Standing::Lingering { .. });
        let newest = self.entries().filter(|entry| seated(entry.standing)).map(|entry| entry.since).max();
        self.meter.newest = Some(start);
        self.taken(newest.map_or(start, |newest| newest.max(start)));
        before
    }

    /// A day is over, and no other begins: the product may not be used. Its peaks.
    pub fn end_day(&mut self) -> DayPeak {
        self.meter.before_change(&self.index);
        std::mem::take(&mut self.meter).day
    }

    /// These seats are in use since then, where they may be used.
    pub(super) fn taken(&mut self, at: DateTime<Utc>) {
        if self.open {
            self.meter.taken(&self.index, at, at);
        }
    }

    /// The peaks of the day, if one of them rose since this was last asked. What was denied and given beyond the limit is not here:
    /// the events say it.
    pub fn take_risen(&mut self) -> Option<DayPeak> {
        std::mem::take(&mut self.meter.rose).then(|| self.day())
    }

    /// The peaks of the day.
    pub fn day(&mut self) -> DayPeak {
        self.meter.before_change(&self.index);
        self.meter.day.clone()
    }

    /// The highest named and floating use together, and when it was first reached.
    #[must_use]
    pub const fn highest(&self) -> (u64, Option<DateTime<Utc>>) {
        (self.meter.day.peak, self.meter.day.peak_at)
    }
}
