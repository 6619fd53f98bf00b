//! What happens to sessions without a report: peaks are kept, days end, silence and idleness end what they end, the journal is folded.

use super::{registry::Sessions, seats};
use crate::store::{
    StoreError,
    records::{AgentProgress, EndReason, UsageRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::AgentId, session::DayPeak};
use muster_runtime::shutdown::Shutdown;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const TICK: Duration = Duration::from_secs(2);
const FOLD_EVERY: u32 = 5;
const PROGRESS_EVERY: u32 = 30;
const FOLD_AT_ONCE: usize = 5_000;
const KEEP_CLOSED_DAYS: i64 = 400;
const FORGET_AT_ONCE: usize = 1_000;

/// The agents, as far as their sessions depend on them.
#[async_trait]
pub trait Reporters: Send + Sync {
    /// Agents that were silent for too long.
    fn silent(&self) -> Vec<AgentId>;
    /// How far every agent has come, for the store to keep.
    async fn progress(&self) -> Vec<AgentProgress>;
}

/// The background work of the sessions.
pub struct Keeper {
    sessions: Arc<Sessions>,
    fleet: Arc<dyn Reporters>,
}

impl Keeper {
    /// Of these sessions and agents.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, fleet: Arc<dyn Reporters>) -> Self {
        Self { sessions, fleet }
    }

    /// Works until shutdown, then keeps everything once more. `failed` is told of every error, and of every success after one.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&StoreError>)) {
        let mut round = 0_u32;
        while shutdown.run_until(tokio::time::sleep(TICK)).await.is_some() {
            round = round.wrapping_add(1);
            failed(self.round(round).await.err().as_ref());
        }
        failed(self.finish().await.err().as_ref());
    }

    async fn round(&self, round: u32) -> Result<(), StoreError> {
        self.end_silent().await?;
        for (session, span) in self.sessions.idle_changes() {
            self.sessions.note_idle(session, span).await?;
        }
        self.sessions.keep_peaks().await?;
        if round.is_multiple_of(FOLD_EVERY) {
            while self.sessions.stores.reports.fold(FOLD_AT_ONCE).await? == FOLD_AT_ONCE {}
        }
        if round.is_multiple_of(PROGRESS_EVERY) {
            self.sessions.stores.reports.save_progress(self.fleet.progress().await).await?;
            let before = (self.sessions.time)() - chrono::TimeDelta::days(KEEP_CLOSED_DAYS);
            self.sessions.stores.usage.forget(before, FORGET_AT_ONCE).await?;
        }
        Ok(())
    }

    async fn end_silent(&self) -> Result<(), StoreError> {
        for agent in self.fleet.silent() {
            let ended = self.sessions.end_of_agent(agent, EndReason::Silent).await?;
            if ended > 0 {
                tracing::info!(%agent, ended, "agent is silent; its sessions ended");
            }
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        self.sessions.keep_peaks().await?;
        self.sessions.stores.reports.save_progress(self.fleet.progress().await).await?;
        while self.sessions.stores.reports.fold(FOLD_AT_ONCE).await? > 0 {}
        Ok(())
    }
}

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
        let (records, amended) = {
            let mut state = self.lock();
            let day = state.today;
            let records = if state.dirty || day != today {
                let sessions = self.of_today(&state);
                let bounds = self.bounds(day);
                let until = now.min(bounds.1);
                state
                    .applications
                    .iter()
                    .flat_map(|application| {
                        let caps = (self.caps)(&application.name);
                        let peak = seats::day(application, caps, &sessions, open_since, bounds, until);
                        seats::records(&application.name, day, &peak)
                    })
                    .collect()
            } else {
                Vec::new()
            };
            state.dirty = false;
            (records, std::mem::take(&mut state.amended))
        };
        let outcome = self.raise(records, &amended, open_since, now).await;
        if outcome.is_err() {
            let mut state = self.lock();
            state.dirty = true;
            state.amended.extend(amended);
            return outcome;
        }
        self.turn_day(today);
        Ok(())
    }

    /// The highest use of today by application.
    pub(super) fn today_peaks(&self) -> BTreeMap<String, DayPeak> {
        let now = (self.time)();
        let Some(open_since) = (self.open_since)() else { return BTreeMap::new() };
        let state = self.lock();
        let day = self.zone.site_date(now);
        let sessions = self.of_today(&state);
        state
            .applications
            .iter()
            .map(|application| {
                let caps = (self.caps)(&application.name);
                let peak = seats::day(application, caps, &sessions, open_since, self.bounds(day), now);
                (application.name.clone(), peak)
            })
            .collect()
    }

    async fn raise(
        &self,
        mut records: Vec<UsageRecord>,
        amended: &std::collections::BTreeSet<NaiveDate>,
        open_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for date in amended {
            let bounds = self.bounds(*date);
            // What the journal holds is not history yet.
            while self.stores.reports.fold(FOLD_AT_ONCE).await? > 0 {}
            let closed = self.stores.usage.closed(bounds.0, bounds.1).await?;
            let state = self.lock();
            let live = state.live().filter(|session| session.record.ended.is_none());
            let sessions: Vec<_> = closed
                .into_iter()
                .map(|closed| (closed.session, Some(closed.ending)))
                .chain(live.map(|session| (session.record.clone(), None)))
                .collect();
            for application in &state.applications {
                let caps = (self.caps)(&application.name);
                let peak = seats::day(application, caps, &sessions, open_since, bounds, now.min(bounds.1));
                records.extend(seats::records(&application.name, *date, &peak));
            }
        }
        if records.is_empty() { Ok(()) } else { self.stores.usage.raise(records).await }
    }

    fn turn_day(&self, today: NaiveDate) {
        let mut state = self.lock();
        if state.today != today {
            let (start, _) = self.bounds(today);
            state.closed.retain(|closed| closed.ending.at >= start);
            state.today = today;
            state.dirty = true;
        }
    }

    fn bounds(&self, date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let next = date.succ_opt().unwrap_or(date);
        (self.zone.day_start(date), self.zone.day_start(next))
    }
}
