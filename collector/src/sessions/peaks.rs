//! The highest use of each day: kept by the pools while the day goes on, counted anew from the sessions at the start, at the turn
//! of the day, and when something is heard late.
//!
//! In: the pools' own peaks; the sessions in memory and, for days before today, those of the store. Out: records for the store. A
//! stored peak is only ever replaced by a higher one. What was refused a seat is in none.

use super::{
    pools::Risen,
    portions::{DATES_AT_ONCE, blocking},
    registry::Sessions,
    seats::{self, Borne, Caps, Counting, Touched},
    state::{Over, State, shared},
};
use crate::store::{
    StoreError,
    records::{ClosedCheckout, SessionRecord, UsageKind, UsageRecord},
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::SessionId, session::Application};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const OPERATION: &str = "sessions.peaks";

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
        // Who asks for the peaks sees those that somebody else is just storing.
        let _alone = self.keeping.lock().await;
        self.keep_alone().await
    }

    /// Stores the peaks as they are. While the guard is held nothing is counted anew: what is marked meanwhile is known to whoever
    /// counts next.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn counted(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, StoreError> {
        let alone = self.keeping.lock().await;
        self.keep_alone().await?;
        Ok(alone)
    }

    async fn keep_alone(&self) -> Result<(), StoreError> {
        let now = self.now();
        let today = self.zone.site_date(now);
        let counting = self.counting();
        let (risen, anew) = self.with_pools(|state, _| {
            let anew = counting.map(|counting| {
                let day = state.today;
                let used = (state.dirty || day != today).then(|| of_today(state));
                let live = if state.amended.is_empty() { Used::default() } else { live(state) };
                // What was told of the day that is over may touch the new one.
                state.dirty &= day != today;
                Anew { day, used, live, amended: std::mem::take(&mut state.amended), applications: self.capped(state), counting }
            });
            (state.pools.take_risen(), anew)
        });
        let amended = anew.as_ref().map(|anew| anew.amended.clone());
        let mut under_way = UnderWay { sessions: self, risen, amended };
        // What was counted anew has the times of the uses themselves: of two equal peaks the first stays. Nothing is allocated while
        // the product is disabled.
        let mut records = match anew {
            Some(anew) => self.count_anew(anew, now).await?,
            None => Vec::new(),
        };
        let risen = under_way.risen.iter();
        records.extend(risen.flat_map(|(date, application, peak)| seats::records(application, *date, peak)));
        if !records.is_empty() {
            self.stores.usage.raise(records.clone()).await?;
        }
        under_way.arrived();
        self.turn_day(today);
        self.keep(records);
        Ok(())
    }

    /// The highest use of today by application, and when it was reached: the stored one, or a higher one since.
    pub(super) fn today_peaks(&self) -> BTreeMap<String, (u64, DateTime<Utc>)> {
        let now = self.now();
        let day = self.zone.site_date(now);
        let (mut found, applications, used) = self.with_pools(|state, _| {
            let found = if state.today == day { state.kept.clone() } else { BTreeMap::new() };
            // What did not change since it was kept is what was kept.
            let used = (state.dirty && state.today == day).then(|| of_today(state));
            (found, self.capped(state), used)
        });
        if let Some((used, counting)) = used.zip(self.counting()) {
            for peak in peaks(&applications, &used, &counting, (day, self.bounds(day)), now) {
                raise(&mut found, peak);
            }
        }
        let mut found: BTreeMap<_, _> = found.into_iter().map(|(name, peak)| (name, (peak.peak, peak.peak_at))).collect();
        self.with_pools(|state, _| {
            for (application, _) in &applications {
                let Some(highest) = state.pools.highest(&application.name) else { continue };
                let known = found.entry(application.name.clone()).or_insert(highest);
                if highest.0 > known.0 {
                    *known = highest;
                }
            }
        });
        found
    }

    /// Peaks of today, where something was told late, and of days before.
    async fn count_anew(&self, anew: Anew, now: DateTime<Utc>) -> Result<Vec<UsageRecord>, StoreError> {
        let Anew { day, used, amended, live, applications, counting } = anew;
        let bounds = self.bounds(day);
        let mut records = match used {
            Some(used) => {
                blocking(OPERATION, {
                    let (applications, counting) = (applications.clone(), counting.clone());
                    move || peaks(&applications, &used, &counting, (day, bounds), now)
                })
                .await?
            }
            None => Vec::new(),
        };
        records.extend(self.amendments(&amended, live, applications, counting, now).await?);
        Ok(records)
    }

    /// Peaks of days before today, from what the store has of them and what lives.
    async fn amendments(
        &self,
        dates: &BTreeSet<NaiveDate>,
        live: Used,
        applications: Vec<Capped>,
        counting: Counting,
        now: DateTime<Utc>,
    ) -> Result<Vec<UsageRecord>, StoreError> {
        // Before the product was opened for use nothing counted.
        // Nor is a day counted anew of which a name was replaced: who has two names would count twice, and would be named again.
        let masked = self.stores.privacy.masked_before().await?;
        let counts = |date: NaiveDate| self.bounds(date).1 > counting.open_since && masked.is_none_or(|before| date >= before);
        let dates: Vec<NaiveDate> = dates.iter().copied().filter(|date| counts(*date)).collect();
        if dates.is_empty() {
            return Ok(Vec::new());
        }
        // What the journal holds is not history yet.
        self.fold_journal().await?;
        let mut records = Vec::new();
        for some in dates.chunks(DATES_AT_ONCE) {
            let bounds: Vec<(NaiveDate, Bounds)> = some.iter().map(|date| (*date, self.bounds(*date))).collect();
            let Some(((_, first), (_, last))) = bounds.first().zip(bounds.last()) else { continue };
            let closed = self.stores.usage.closed(first.0, last.1).await?;
            let checkouts = self.stores.checkouts.closed(first.0, last.1).await?;
            let (live, applications, counting) = (live.clone(), applications.clone(), counting.clone());
            let counted = blocking(OPERATION, move || {
                let used = together(live, closed.into_iter().map(shared), &checkouts);
                bounds.into_iter().flat_map(|day| peaks(&applications, &used, &counting, day, now)).collect::<Vec<_>>()
            });
            records.extend(counted.await?);
        }
        Ok(records)
    }

    /// What counts, while the product may be used.
    fn counting(&self) -> Option<Counting> {
        let open_since = (self.open_since)()?;
        let realms = self.settings.values().realms.clone().into();
        Some(Counting { open_since, realms, hosts: Arc::clone(&self.hosts) })
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
        state.closed.retain(|(_, ending)| ending.at >= start);
        state.pools.turn_day(start, today);
        state.kept.clear();
        state.today = today;
        if back {
            state.dirty = true;
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

/// Peaks that are on their way to the store: whatever ends the way early, they are not lost.
struct UnderWay<'a> {
    sessions: &'a Sessions,
    risen: Vec<Risen>,
    /// Days that were to be counted anew; none where nothing was.
    amended: Option<BTreeSet<NaiveDate>>,
}

impl UnderWay<'_> {
    fn arrived(&mut self) {
        self.risen.clear();
        self.amended = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let (risen, amended) = (std::mem::take(&mut self.risen), self.amended.take());
        if risen.is_empty() && amended.is_none() {
            return;
        }
        let mut state = self.sessions.lock();
        state.dirty |= amended.is_some();
        state.amended.extend(amended.into_iter().flatten());
        state.pools.put_back(risen);
    }
}

fn raise(kept: &mut BTreeMap<String, UsageRecord>, record: UsageRecord) {
    if record.kind == UsageKind::Total && kept.get(&record.application).is_none_or(|kept| kept.peak < record.peak) {
        kept.insert(record.application.clone(), record);
    }
}

fn peaks(
    applications: &[Capped],
    used: &Used,
    counting: &Counting,
    (date, bounds): (NaiveDate, Bounds),
    now: DateTime<Utc>,
) -> Vec<UsageRecord> {
    let until = now.min(bounds.1);
    applications
        .iter()
        .flat_map(|(application, caps)| {
            let peak = seats::day(application, *caps, (&used.sessions, &used.checkouts), counting, bounds, until);
            seats::records(&application.name, date, &peak)
        })
        .collect()
}

/// What is to be counted from sessions and check-outs.
struct Anew {
    day: NaiveDate,
    /// What touches that day, where it must be counted.
    used: Option<Used>,
    /// Days before it.
    amended: BTreeSet<NaiveDate>,
    live: Used,
    applications: Vec<Capped>,
    counting: Counting,
}

/// Sessions and check-outs that touch some days.
#[derive(Clone, Default)]
struct Used {
    sessions: Vec<Touched>,
    checkouts: Vec<Borne>,
}

fn live(state: &State) -> Used {
    Used {
        sessions: state.counted().into_iter().map(|record| (record, None)).collect(),
        checkouts: state.pools.live().filter_map(|(application, entry)| Borne::live(application, entry)).collect(),
    }
}

/// What touches today: what lives and what ended.
fn of_today(state: &State) -> Used {
    together(live(state), state.closed.iter().cloned(), &state.pools.closed)
}

/// A stretch that is listed again lives, whatever was stored of its end.
fn together(mut used: Used, closed: impl IntoIterator<Item = Over>, checkouts: &[ClosedCheckout]) -> Used {
    let stretch = |record: &SessionRecord| (record.id, record.counted_from);
    let alive: BTreeSet<(SessionId, DateTime<Utc>)> = used.sessions.iter().map(|(record, _)| stretch(record)).collect();
    let over = closed.into_iter().filter(|(session, _)| !alive.contains(&stretch(session)));
    used.sessions.extend(over.map(|(session, ending)| (session, Some(ending))));
    used.checkouts.extend(checkouts.iter().map(Borne::closed));
    used
}
