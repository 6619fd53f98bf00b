//! The highest use of each day: kept while the day goes on, counted once more when it is over, amended by what is heard late.
//!
//! In: the sessions in memory and, for days before today, those of the store. Out: records for the store. A stored peak is only
//! ever replaced by a higher one.

use super::{
    registry::Sessions,
    seats::{self, Caps},
    state::State,
};
use crate::store::{
    StoreError,
    records::{ClosedSession, Ending, SessionRecord, UsageKind, UsageRecord},
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::SessionId,
    session::{Application, AtLimit},
};
use std::collections::{BTreeMap, BTreeSet};

/// Journal entries folded in one transaction before days are amended.
const FOLD_AT_ONCE: usize = 5_000;
/// Dates whose sessions are read together.
const DATES_AT_ONCE: usize = 8;

/// A session, and its end if it is over.
type Touched = (SessionRecord, Option<Ending>);
/// First instant of a day and of the next one.
type Bounds = (DateTime<Utc>, DateTime<Utc>);
/// An application, and what the licence key allows of it.
type Capped = (Application, Caps);

impl Sessions {
    /// Stores the peaks of today, of a day that is just over, and of days that late reports amended.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn keep_peaks(&self) -> Result<(), StoreError> {
        let now = (self.time)();
        let today = self.zone.site_date(now);
        let Some(open_since) = (self.open_since)() else {
            // Nothing is allocated while the product is disabled; the day still goes on.
            self.turn_day(today);
            return Ok(());
        };
        let (mut records, amended, live, applications) = {
            let mut state = self.lock();
            let day = state.today;
            let mut records = Vec::new();
            if state.dirty || day != today {
                let sessions = of_today(&state);
                records = peaks(&self.capped(&state), &sessions, open_since, (day, self.bounds(day)), now);
            }
            state.dirty = false;
            let amended = std::mem::take(&mut state.amended);
            let live = if amended.is_empty() { Vec::new() } else { live(&state) };
            (records, amended, live, self.capped(&state))
        };
        let outcome = async {
            records.extend(self.amendments(&amended, live, applications, open_since, now).await?);
            if !records.is_empty() {
                self.stores.usage.raise(records.clone()).await?;
            }
            Ok(())
        }
        .await;
        if outcome.is_err() {
            let mut state = self.lock();
            state.dirty = true;
            state.amended.extend(amended);
            return outcome;
        }
        self.turn_day(today);
        self.keep(records);
        Ok(())
    }

    /// The highest use of today by application: the stored one, or a higher one since.
    pub(super) fn today_peaks(&self) -> BTreeMap<String, UsageRecord> {
        let now = (self.time)();
        let Some(open_since) = (self.open_since)() else { return BTreeMap::new() };
        let day = self.zone.site_date(now);
        let state = self.lock();
        let mut found = if state.today == day { state.kept.clone() } else { BTreeMap::new() };
        for peak in peaks(&self.capped(&state), &of_today(&state), open_since, (day, self.bounds(day)), now) {
            raise(&mut found, peak);
        }
        found
    }

    /// Peaks of days before today, from what the store has of them and what lives.
    async fn amendments(
        &self,
        dates: &BTreeSet<NaiveDate>,
        live: Vec<Touched>,
        applications: Vec<Capped>,
        open_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<UsageRecord>, StoreError> {
        // Before the product was opened for use nothing counted.
        let dates: Vec<NaiveDate> = dates.iter().copied().filter(|date| self.bounds(*date).1 > open_since).collect();
        if dates.is_empty() {
            return Ok(Vec::new());
        }
        // What the journal holds is not history yet.
        while self.stores.reports.fold(FOLD_AT_ONCE).await? > 0 {}
        let mut records = Vec::new();
        for some in dates.chunks(DATES_AT_ONCE) {
            let bounds: Vec<(NaiveDate, Bounds)> = some.iter().map(|date| (*date, self.bounds(*date))).collect();
            let Some(((_, first), (_, last))) = bounds.first().zip(bounds.last()) else { continue };
            let closed = self.stores.usage.closed(first.0, last.1).await?;
            let (live, applications) = (live.clone(), applications.clone());
            // A day of a large site takes long enough to hold up others.
            let counted = tokio::task::spawn_blocking(move || {
                let sessions = together(live, closed);
                bounds.into_iter().flat_map(|day| peaks(&applications, &sessions, open_since, day, now)).collect::<Vec<_>>()
            });
            records.extend(
                counted
                    .await
                    .map_err(|error| StoreError::Unavailable { operation: "sessions.amend", reason: error.to_string() })?,
            );
        }
        Ok(records)
    }

    /// Starts of today that were refused, by application.
    pub(super) fn denied_today(&self) -> BTreeMap<String, u64> {
        let now = (self.time)();
        let Some(open_since) = (self.open_since)() else { return BTreeMap::new() };
        let bounds = self.bounds(self.zone.site_date(now));
        let state = self.lock();
        let limited = self.capped(&state).into_iter().filter(|(application, _)| application.at_limit != AtLimit::Warn);
        let sessions = of_today(&state);
        limited
            .map(|(application, caps)| {
                let denied = seats::day(&application, caps, &sessions, open_since, bounds, now).denied;
                (application.name, denied)
            })
            .collect()
    }

    fn capped(&self, state: &State) -> Vec<Capped> {
        state.applications.iter().map(|application| (application.clone(), (self.caps)(&application.name))).collect()
    }

    fn keep(&self, records: Vec<UsageRecord>) {
        let mut state = self.lock();
        let today = state.today;
        for record in records.into_iter().filter(|record| record.date == today) {
            raise(&mut state.kept, record);
        }
    }

    fn turn_day(&self, today: NaiveDate) {
        let mut state = self.lock();
        if state.today == today {
            return;
        }
        let (start, _) = self.bounds(today);
        let next = state.today.succ_opt().unwrap_or(today);
        let back = today < state.today;
        state.closed.retain(|closed| closed.ending.at >= start);
        state.kept.clear();
        state.today = today;
        state.dirty = true;
        if back {
            // What ended earlier on this date is no longer in memory.
            state.amended.insert(today);
        } else {
            // Days that passed while the collector stood still.
            state.amend(next, None);
        }
    }

    fn bounds(&self, date: NaiveDate) -> Bounds {
        let next = date.succ_opt().unwrap_or(date);
        (self.zone.day_start(date), self.zone.day_start(next))
    }
}

fn raise(kept: &mut BTreeMap<String, UsageRecord>, record: UsageRecord) {
    if record.kind == UsageKind::Total && kept.get(&record.application).is_none_or(|kept| kept.peak < record.peak) {
        kept.insert(record.application.clone(), record);
    }
}

fn peaks(
    applications: &[Capped],
    sessions: &[Touched],
    open_since: DateTime<Utc>,
    (date, bounds): (NaiveDate, Bounds),
    now: DateTime<Utc>,
) -> Vec<UsageRecord> {
    let until = now.min(bounds.1);
    applications
        .iter()
        .flat_map(|(application, caps)| {
            let peak = seats::day(application, *caps, sessions, open_since, bounds, until);
            seats::records(&application.name, date, &peak)
        })
        .collect()
}

fn live(state: &State) -> Vec<Touched> {
    let live = state.live().filter(|session| session.record.ended.is_none());
    live.map(|session| (session.record.clone(), None)).collect()
}

/// Sessions that touch today: live ones and those that ended.
fn of_today(state: &State) -> Vec<Touched> {
    together(live(state), state.closed.clone())
}

/// A stretch that is listed again lives, whatever was stored of its end.
fn together(mut live: Vec<Touched>, closed: Vec<ClosedSession>) -> Vec<Touched> {
    let stretch = |record: &SessionRecord| (record.id, record.counted_from);
    let alive: BTreeSet<(SessionId, DateTime<Utc>)> = live.iter().map(|(record, _)| stretch(record)).collect();
    let over = closed.into_iter().filter(|closed| !alive.contains(&stretch(&closed.session)));
    live.extend(over.map(|ClosedSession { session, ending }| (session, Some(ending))));
    live
}
