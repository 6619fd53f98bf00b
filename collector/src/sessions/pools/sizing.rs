//! `usage size`: what another number of seats would have done with the use that the store remembers.

use super::history::{History, Live};
use crate::{
    sessions::{
        portions::{DATES_AT_ONCE, blocking},
        registry::Sessions,
        seats::Counting,
    },
    store::StoreError,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use muster_domain::session::{
    Application, Asked, AtLimit, ClaimId, Claimant, Demand, Entry, Figures, PoolRules, SizeRow, Sizing, Window,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Semaphore;

/// Most stretches of use that are replayed: each is gone through a dozen times.
const MOST: usize = 500_000;
const OPERATION: &str = "sessions.size";
/// Replays take memory and a core each: one at a time.
static ALONE: Semaphore = Semaphore::const_new(1);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeWish {
    /// Of which application.
    pub application: String,
    /// How many floating seats.
    pub seats: u64,
    /// First site date.
    pub from: NaiveDate,
    /// Last site date.
    pub to: NaiveDate,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SizeError {
    /// No such application.
    #[error("there is no application {0}")]
    NoApplication(String),
    /// Too much history.
    #[error("{0} was used more than {MOST} times in these days; ask for fewer days")]
    TooMuch(String),
    /// All names of these days were replaced, and with them what the rules of an application ask for.
    #[error(
        "the names of users before {0} were replaced (pseudonymise_after_days), and who may have a seat cannot be told; ask for days from then on"
    )]
    Masked(NaiveDate),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A claim that would have been refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it is a session; else a check-out.
    pub session: bool,
    /// For whom, and from where.
    pub claimant: Claimant,
    /// Named seats in use at that moment.
    pub named: u64,
    /// Floating seats in use at that moment.
    pub floating: u64,
}

/// What the collector noted in these days of claims that got no seat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Refused because no seat was free.
    pub denied: u64,
    /// Gave up their place in the queue.
    pub gave_up: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeView {
    /// The application as it is now: its named users, groups and sharing are what counts.
    pub application: Application,
    /// First site date of what was replayed: not before the names of all users were replaced.
    pub from: NaiveDate,
    /// What an administrator should know about the figures.
    pub warnings: Vec<String>,
    /// Floating seats of now, capped by the licence key.
    pub limit: Option<u64>,
    /// Stretches of use that were replayed.
    pub stretches: u64,
    /// What was wanted: the use without a limit.
    pub wanted: Figures,
    /// Who would have been refused, in the order of time.
    pub refused: Vec<Refused>,
    /// The same by site date.
    pub days: BTreeMap<NaiveDate, u64>,
    /// The same by hour of the site's day.
    pub hours: BTreeMap<u32, u64>,
    /// The smallest number of floating seats with which nobody would have been refused.
    pub least: u64,
    /// What other numbers would have denied.
    pub table: Vec<SizeRow>,
    /// For an application at whose limit claims wait: how they would have waited.
    pub queue: Option<Asked>,
    /// What the collector noted.
    pub noted: Noted,
}

impl Sessions {
    /// Replays the use of an application with another number of floating seats.
    ///
    /// # Errors
    /// For an unknown application, for too much history, for days whose names were replaced, and when the store cannot be read.
    pub async fn size(&self, wish: &SizeWish) -> Result<SizeView, SizeError> {
        let _alone = ALONE.acquire().await;
        let (from, warnings) = self.named_from(wish).await?;
        // What was decided until now, and what the journal holds, is not history yet.
        self.settle_pools().await?;
        let (application, mut history, live, checkouts) = self.snapshot(&wish.application)?;
        self.fold_journal().await?;
        history.live(&live, &checkouts);
        let dates: Vec<NaiveDate> = from.iter_days().take_while(|date| *date <= wish.to).collect();
        let next = |date: NaiveDate| date.checked_add_days(Days::new(1)).unwrap_or(date);
        // Nobody knows how long those who have a seat now will have it.
        let until = self.zone.day_start(next(wish.to)).min(self.now() + TimeDelta::milliseconds(1));
        let window = Window { from: self.zone.day_start(from), to: until };
        // Each row is read once: by the day on which it ended, and at last what ended after these days.
        let mut reads: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = Vec::new();
        for some in dates.chunks(DATES_AT_ONCE) {
            let Some((first, last)) = some.first().zip(some.last()) else { continue };
            reads.push((self.zone.day_start(*first), Some(self.zone.day_start(next(*last)))));
        }
        reads.push((self.zone.day_start(next(wish.to)), None));
        for (start, end) in reads {
            let (sessions, checkouts) = match end {
                Some(end) => (self.stores.usage.ended(start, end).await?, self.stores.checkouts.ended(start, end).await?),
                None => (self.stores.usage.closed(start, start).await?, self.stores.checkouts.closed(start, start).await?),
            };
            history = blocking(OPERATION, move || {
                history.closed(&sessions, &checkouts);
                history
            })
            .await?;
            if history.len() > MOST {
                return Err(SizeError::TooMuch(application.name));
            }
        }
        let mut noted = Noted::default();
        for day in self.stores.checkouts.demand(Some(&application.name), from, wish.to).await? {
            noted.denied += day.asked.denied;
            noted.gave_up += day.asked.gave_up;
        }
        let caps = (self.caps)(&application.name);
        let realms = self.settings.values().realms.clone();
        // A seat that lingered is part of the stretch that is replayed.
        let rules = Application { linger_seconds: 0, ..application.clone() }.pool_rules(caps, &realms);
        let (seats, zone) = (wish.seats, self.zone);
        let answer = move || {
            let demands: Vec<Demand> = history.into_demands().into_iter().filter(|demand| window.has(demand)).collect();
            let mut view = SizeView { from, warnings, ..measure(application, &rules, &demands, window, seats, noted) };
            for refused in &view.refused {
                *view.days.entry(zone.site_date(refused.at)).or_default() += 1;
                *view.hours.entry(zone.site_hour(refused.at)).or_default() += 1;
            }
            view
        };
        Ok(blocking(OPERATION, answer).await?)
    }

    /// From which day on the rules of an application can be asked about its users, and what to say about that.
    async fn named_from(&self, wish: &SizeWish) -> Result<(NaiveDate, Vec<String>), SizeError> {
        let store = &self.stores.privacy;
        let (all, some) = (store.masked_until().await?, store.masked_before().await?);
        let from = all.map_or(wish.from, |all| all.max(wish.from));
        if from > wish.to {
            return Err(SizeError::Masked(from));
        }
        let mut warnings = Vec::new();
        if from > wish.from {
            warnings.push(format!(
                "the days before {from} are left out: the names of their users were replaced (pseudonymise_after_days), and who may \
                 have which seat cannot be told"
            ));
        }
        if let Some(before) = some.filter(|before| *before > from) {
            warnings.push(format!(
                "somebody was purged from the days before {before}: their use counts there as that of a user whom no list and no \
                 group names, and can count twice where it goes on"
            ));
        }
        Ok((from, warnings))
    }

    /// The application with what lives of it.
    fn snapshot(&self, name: &str) -> Result<(Application, History, Vec<Live>, Vec<Entry>), SizeError> {
        let realms: Arc<[String]> = self.settings.values().realms.clone().into();
        self.with_pools(|state, _| {
            let room = state.pools.rooms.get(&name.trim().to_lowercase());
            let room = room.ok_or_else(|| SizeError::NoApplication(name.to_owned()))?;
            let checkouts = room.pool.entries().filter(|entry| matches!(entry.id, ClaimId::Checkout(_))).cloned().collect();
            let application = room.application.clone();
            let sessions = state.live().filter(|session| session.record.ended.is_none());
            let live = sessions.map(|session| (Arc::clone(&session.record), session.lively.groups.clone())).collect();
            // Somebody wanted a seat also while the product could not be used.
            let counting = Counting { open_since: DateTime::<Utc>::MIN_UTC, realms, hosts: Arc::clone(&self.hosts) };
            let history = History::new(application.clone(), counting, state.pools.groups.records().to_vec());
            Ok((application, history, live, checkouts))
        })
    }
}

fn measure(
    application: Application,
    rules: &PoolRules,
    demands: &[Demand],
    window: Window,
    seats: u64,
    noted: Noted,
) -> SizeView {
    let mut sizing = Sizing::new(demands, rules, window);
    let found = sizing.refusing(seats).refusals.into_iter().filter_map(|refusal| {
        let demand = demands.get(refusal.demand)?;
        let session = matches!(demand.id, ClaimId::Session(_));
        let claimant = demand.claimant.clone();
        Some(Refused { at: refusal.at, session, claimant, named: refusal.named, floating: refusal.floating })
    });
    let (wanted, least, limit) = (sizing.unlimited(), sizing.least_without_denial(), rules.floating());
    SizeView {
        from: NaiveDate::MIN,
        warnings: Vec::new(),
        limit,
        stretches: demands.len() as u64,
        wanted,
        refused: found.collect(),
        days: BTreeMap::new(),
        hours: BTreeMap::new(),
        least,
        table: sizing.table(Sizing::numbers(seats, least, limit)),
        queue: (application.at_limit == AtLimit::Queue).then(|| sizing.queueing(seats).figures.asked),
        noted,
        application,
    }
}
