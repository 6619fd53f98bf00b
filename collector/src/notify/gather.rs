//! Gathering: reads on in the audit log and looks at the site, and keeps what is to be told with the deliveries that carry it.
//!
//! In: the store and the site. Out: notices, each kept in one unit of work with how far was read. What is kept is never gathered again,
//! also not after a kill; what was not kept is.

use super::{
    log::{self, Known},
    occurrence::Occurrence,
    routing::Routes,
    service::Parts,
    site::Reporter,
    watch,
};
use crate::store::{
    StoreError,
    ports::Found,
    records::{AuditEntry, NewNotice, NoticeRecord},
};
use chrono::{Days, TimeDelta};
use muster_domain::asset::InstallStatus;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use uuid::Uuid;

/// Audit entries read at once.
const READ: usize = 500;
/// After so many entries without a notice it is kept how far was read, so that a restart does not read much again.
const KEEP_AFTER: u64 = 1000;
/// How often the site is looked at.
const WATCH_EVERY: Duration = Duration::from_secs(10);
/// How often is looked for ends: every record is read for it.
const LOOK_AHEAD_EVERY: Duration = Duration::from_secs(1800);
/// The lease of who tells: after a kill, another one or the next start tells no later than this.
const LEASE: Duration = Duration::from_secs(15);
const JOB: &str = "notify";
/// How long it is known what was told: longer than any silence or end is told of.
const KNOWN_FOR: TimeDelta = TimeDelta::days(800);
/// How often old notices are forgotten, and how many at once.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
const FORGET_AT_ONCE: usize = 1000;

/// Gathers.
pub(super) struct Gatherer {
    parts: Arc<Parts>,
    /// Up to which entry was read, as it is stored, and really.
    read: Option<(Option<u64>, u64)>,
    /// Boot times of the last looks.
    watched_at: Option<Duration>,
    looked_ahead_at: Option<Duration>,
    forgot_at: Option<Duration>,
}

impl Gatherer {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self { parts, read: None, watched_at: None, looked_ahead_at: None, forgot_at: None }
    }

    /// Gathers what is new.
    pub(super) async fn look(&mut self) -> Result<(), StoreError> {
        match self.read_on().await {
            // Somebody else was first: the next look starts from there.
            Err(StoreError::Conflict(_)) => self.read = None,
            other => other?,
        }
        let now = self.parts.clock.boottime();
        let due = |last: Option<Duration>, every: Duration| last.is_none_or(|last| now.saturating_sub(last) >= every);
        if due(self.watched_at, WATCH_EVERY) {
            self.watch().await?;
            self.watched_at = Some(now);
        }
        if due(self.looked_ahead_at, LOOK_AHEAD_EVERY) {
            self.look_ahead().await?;
            self.looked_ahead_at = Some(now);
        }
        if due(self.forgot_at, FORGET_EVERY) {
            let (at, days) = (self.parts.clock.now(), self.parts.settings.values().notifying.retention_days);
            let store = &self.parts.stores.notifications;
            let forgotten = store.forget(at - TimeDelta::days(days), at - KNOWN_FOR, FORGET_AT_ONCE).await?;
            if forgotten > 0 {
                tracing::info!(forgotten, "old notices");
            }
            self.forgot_at = Some(now);
        }
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), StoreError> {
        let (mut stored, mut reached) = match self.read {
            Some(read) => read,
            None => {
                let stored = self.parts.stores.notifications.read_to().await?;
                (stored, stored.unwrap_or_default())
            }
        };
        loop {
            let mut entries = self.parts.stores.audit.after(reached, READ).await?;
            if entries.len() == READ {
                // More follow: what belongs together is told together.
                entries.truncate(log::whole(&entries));
            }
            let Some(last) = entries.last().map(|entry| entry.number) else { break };
            let site = &self.parts.site;
            let hostname = |id: &str| Uuid::try_parse(id).ok().and_then(|id| site.hostname(id));
            let license = site.license();
            let limit_percent = self.parts.settings.values().notifying.limit_percent;
            let told = log::told(&entries, &Known { license: &license, zone: site.zone(), limit_percent, hostname: &hostname });
            let news = !told.occurrences.is_empty() || !told.over.is_empty();
            if news || last.saturating_sub(stored.unwrap_or_default()) >= KEEP_AFTER {
                if !claim(&self.parts).await? {
                    self.read = None;
                    return Ok(());
                }
                let notices = with_deliveries(&self.parts, told.occurrences).await?;
                keep(&self.parts, Found { notices, over: told.over, read: Some((stored, last)) }).await?;
                stored = Some(last);
            }
            reached = last;
            self.read = Some((stored, reached));
        }
        self.read = Some((stored, reached));
        Ok(())
    }

    /// Denials that add up, and agents that stay silent.
    async fn watch(&self) -> Result<(), StoreError> {
        let Parts { site, stores, settings, clock, .. } = &*self.parts;
        let (now, wishes) = (clock.now(), settings.values().notifying.clone());
        let today = site.zone().site_date(now);
        let yesterday = today.pred_opt().unwrap_or(today);
        let store = &stores.notifications;
        let demand = stores.checkouts.demand(None, yesterday, today).await?;
        let mut found = watch::denials(&demand, &site.applications(), wishes.denials, now);
        let mut told: BTreeSet<String> = BTreeSet::new();
        for day in [yesterday, today].into_iter().filter(|_| !found.is_empty()) {
            told.extend(store.told(&watch::denials_of(day)).await?);
        }
        found.retain(|occurrence| !occurrence.once.iter().all(|key| told.contains(key)));
        let mut over = Vec::new();
        if let Some(reporters) = site.reporters() {
            let silence = watch::silent(reporters, &store.told(watch::SILENT).await?, wishes.silent_hours, now);
            let in_service = self.in_service(&silence.fresh).await?;
            found.extend(watch::silence(&silence, &in_service, wishes.silent_hours, now));
            over = silence.over;
        }
        self.tell(found, over).await
    }

    /// Those of these agents whose machine is in service, or has no asset that could say that it is not.
    async fn in_service(&self, agents: &[Reporter]) -> Result<BTreeSet<Uuid>, StoreError> {
        let mut found = BTreeSet::new();
        for agent in agents {
            let asset = match agent.asset {
                Some(asset) => self.parts.stores.assets.get(asset).await?,
                None => None,
            };
            let status = asset.and_then(|asset| asset.status());
            if !matches!(status, Some(InstallStatus::Retired | InstallStatus::Consumed)) {
                found.insert(agent.id);
            }
        }
        Ok(found)
    }

    /// Subscriptions and contracts whose end comes nearer.
    async fn look_ahead(&self) -> Result<(), StoreError> {
        let Parts { site, stores, clock, .. } = &*self.parts;
        let now = clock.now();
        let today = site.zone().site_date(now);
        let until = today.checked_add_days(Days::new(watch::horizon())).unwrap_or(today);
        let told = stores.notifications.told(watch::ENDING).await?;
        let found = watch::ending(&site.terms(today, until), &told, today, now);
        self.tell(found.into_iter().collect(), Vec::new()).await
    }

    async fn tell(&self, found: Vec<Occurrence>, over: Vec<String>) -> Result<(), StoreError> {
        if (found.is_empty() && over.is_empty()) || !claim(&self.parts).await? {
            return Ok(());
        }
        let notices = with_deliveries(&self.parts, found).await?;
        keep(&self.parts, Found { notices, over, read: None }).await.map(drop)
    }
}

/// Sets the place from which the audit log is read: what was before the first start is not told.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn begin(stores: &crate::store::Stores, now: chrono::DateTime<chrono::Utc>) -> Result<(), StoreError> {
    if stores.notifications.read_to().await?.is_some() {
        return Ok(());
    }
    let last = stores.audit.page(None, 1).await?.first().map_or(0, |entry| entry.number);
    stores.notifications.keep(Found { read: Some((None, last)), ..Found::default() }, now).await.map(drop)
}

/// Whether this collector is the one that tells.
pub(super) async fn claim(parts: &Parts) -> Result<bool, StoreError> {
    Ok(parts.stores.system.claim(JOB, &parts.holder, parts.clock.now(), LEASE).await?.is_some())
}

/// Leaves telling to others, or to the next start.
pub(super) async fn release(parts: &Parts) -> Result<(), StoreError> {
    parts.stores.system.claim(JOB, &parts.holder, parts.clock.now(), Duration::ZERO).await.map(drop)
}

/// Keeps one occurrence at once, with the entry of who wanted it.
pub(super) async fn tell(parts: &Parts, occurrence: Occurrence, audit: AuditEntry) -> Result<Option<NoticeRecord>, StoreError> {
    let mut notices = with_deliveries(parts, vec![occurrence]).await?;
    for notice in &mut notices {
        notice.audit = Some(audit.clone());
    }
    Ok(keep(parts, Found { notices, ..Found::default() }).await?.pop())
}

async fn with_deliveries(parts: &Parts, occurrences: Vec<Occurrence>) -> Result<Vec<NewNotice>, StoreError> {
    let (values, webhooks) = (parts.settings.values(), parts.stores.notifications.webhooks().await?);
    let routes = Routes {
        wishes: &values.notifying,
        can_mail: parts.post.can_mail(),
        webhooks: &webhooks,
        zone: parts.site.zone(),
        now: parts.clock.now(),
    };
    let new = |occurrence: Occurrence| {
        let (notice, once) = occurrence.notice();
        let deliveries = routes.deliveries(&notice);
        NewNotice { notice, once, deliveries, audit: None }
    };
    Ok(occurrences.into_iter().map(new).collect())
}

async fn keep(parts: &Parts, found: Found) -> Result<Vec<NoticeRecord>, StoreError> {
    let kept = parts.stores.notifications.keep(found, parts.clock.now()).await?;
    for notice in &kept {
        tracing::info!(notice = notice.number, event = notice.event, deliveries = notice.deliveries.len(), "notice");
    }
    Ok(kept)
}
