//! What happens to sessions without a report: peaks are kept, days end, silence and idleness end what they end, the journal is folded.

use super::registry::Sessions;
use crate::store::{StoreError, records::AgentProgress};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::ids::AgentId;
use muster_runtime::shutdown::Shutdown;
use std::{sync::Arc, time::Duration};

const TICK: Duration = Duration::from_secs(2);
const FOLD_EVERY: u32 = 5;
const PROGRESS_EVERY: u32 = 30;
const FOLD_AT_ONCE: usize = 5_000;
const FORGET_AT_ONCE: usize = 1_000;

/// The agents, as far as their sessions depend on them.
#[async_trait]
pub trait Reporters: Send + Sync {
    /// Agents that were silent for too long. Time in which nobody asks for long, because the collector stood still, is no silence.
    fn silent(&self) -> Vec<AgentId>;
    /// Nothing could be stored since `silent` was last asked, so that reports were refused: that time is no silence, either.
    fn refused(&self);
    /// How far every agent has come, for the store to keep.
    async fn progress(&self) -> Vec<AgentProgress>;
}

/// From when on history is kept; what is none is kept whole for now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptFrom {
    /// Sessions and check-outs that ended then or later.
    pub sessions: Option<DateTime<Utc>>,
    /// Daily peaks, and what was asked, of this site date and later ones.
    pub days: Option<NaiveDate>,
    /// Hours that began then or later.
    pub hours: Option<DateTime<Utc>>,
}

/// How long the history of use is kept.
#[async_trait]
pub trait Retention: Send + Sync {
    /// From when on it is kept.
    async fn kept_from(&self) -> Result<KeptFrom, StoreError>;
}

/// The background work of the sessions.
pub struct Keeper {
    sessions: Arc<Sessions>,
    fleet: Arc<dyn Reporters>,
    retention: Arc<dyn Retention>,
}

impl Keeper {
    /// Of these sessions and agents.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, fleet: Arc<dyn Reporters>, retention: Arc<dyn Retention>) -> Self {
        Self { sessions, fleet, retention }
    }

    /// Works until shutdown, then keeps everything once more. `failed` is told of every error, and of every success after one.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&StoreError>)) {
        let mut round = 0_u32;
        let mut sound = true;
        while shutdown.run_until(tokio::time::sleep(TICK)).await.is_some() {
            round = round.wrapping_add(1);
            let outcome = self.attempt(round, sound).await;
            sound = outcome.is_ok();
            failed(outcome.err().as_ref());
        }
        failed(self.finish().await.err().as_ref());
    }

    /// One round. After a failed one the store must take a commit before anybody counts as silent.
    pub(super) async fn attempt(&self, round: u32, sound: bool) -> Result<(), StoreError> {
        let outcome = async {
            if !sound {
                self.fleet.refused();
                self.sessions.stores.system.probe().await?;
            }
            self.round(round).await
        }
        .await;
        if outcome.is_err() {
            self.fleet.refused();
        }
        outcome
    }

    async fn round(&self, round: u32) -> Result<(), StoreError> {
        if round.is_multiple_of(FOLD_EVERY) {
            while self.sessions.stores.reports.fold(FOLD_AT_ONCE).await? == FOLD_AT_ONCE {}
        }
        let ended = self.sessions.end_silent(&self.fleet.silent()).await?;
        if ended > 0 {
            tracing::info!(ended, "sessions of silent agents ended");
        }
        for (agent, session, span) in self.sessions.idle_changes() {
            self.sessions.note_idle(agent, session, span).await?;
        }
        for (agent, session, span) in self.sessions.refusal_changes() {
            self.sessions.note_refusal(agent, session, span).await?;
        }
        self.sessions.keep_peaks().await?;
        if round.is_multiple_of(PROGRESS_EVERY) {
            self.sessions.stores.reports.save_progress(self.fleet.progress().await).await?;
            self.forget(self.retention.kept_from().await?).await?;
        }
        Ok(())
    }

    async fn forget(&self, kept_from: KeptFrom) -> Result<(), StoreError> {
        let KeptFrom { sessions, days, hours } = kept_from;
        let stores = &self.sessions.stores;
        if let Some(before) = sessions {
            stores.usage.forget(before, FORGET_AT_ONCE).await?;
            stores.checkouts.forget(before, FORGET_AT_ONCE).await?;
        }
        if let Some(before) = days {
            stores.usage.forget_days(before, FORGET_AT_ONCE).await?;
        }
        if let Some(before) = hours {
            stores.hours.forget(before, FORGET_AT_ONCE).await?;
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
