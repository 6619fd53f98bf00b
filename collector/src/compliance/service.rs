//! The licence's state at work: one judgement at a time, each stored before it is published.

use super::{
    clock::SiteClock,
    count::CountError,
    facts::{self, Inputs, reason, state_name},
    granted::Granted,
    keys::{self, InForce, KeySummary},
    ledger::{self, Ledger},
    vendors::TrustedVendors,
    verdicts::Signed,
};
use crate::{
    assets::ReferenceTables,
    publish::{Alerts, LicenseFacts},
    settings::Settings,
    store::{
        StoreError, Stores,
        records::{AuditEntry, RunKind, RunRecord, SealedRow},
    },
    trust::sealed::Sealer,
};
use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use muster_domain::{
    calendar::SiteZone,
    compliance::{DisabledReason, Mark, Standing, confirm},
    query::Context,
};
use muster_license::MachineKey;
use muster_runtime::clock::{Clock as _, SharedClock};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Runs read at the start: more nights than a grace has days.
pub(super) const RUNS_READ: usize = 400;

/// What the service is built from.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// What reference fields point to.
    pub references: Arc<ReferenceTables>,
    /// The machine key.
    pub machine: Arc<MachineKey>,
    /// Whose keys are trusted from the start.
    pub vendors: TrustedVendors,
    /// Which collector this is.
    pub collector_id: Uuid,
    /// The site's time zone.
    pub zone: SiteZone,
    /// Local time of the nightly run.
    pub nightly_at: NaiveTime,
    /// Where alerts go.
    pub alerts: Arc<Alerts>,
    /// What administrators set.
    pub settings: Arc<Settings>,
}

/// The licence's state.
pub struct Compliance {
    pub(super) parts: Parts,
    pub(super) clock: Arc<SiteClock>,
    pub(super) sealer: Sealer,
    /// Whose keys are trusted, with those that were added.
    pub(super) vendors: ArcSwap<TrustedVendors>,
    /// Held during a judgement.
    pub(super) judging: Mutex<()>,
    pub(super) current: ArcSwap<Current>,
    pub(super) user_count: AtomicU64,
    pub(super) signed: ArcSwapOption<Signed>,
}

/// What is in force.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) ledger: Ledger,
    pub(super) sealed: Option<SealedRow>,
    pub(super) key: Option<Arc<InForce>>,
    pub(super) problem: Option<DisabledReason>,
    /// The last run that counted.
    pub(super) counted: Option<Arc<RunRecord>>,
    /// The last nightly run that counted.
    pub(super) night: Option<Arc<RunRecord>>,
    pub(super) last_error: Option<String>,
}

/// Why a run or a request failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing could be counted.
    #[error(transparent)]
    Count(#[from] CountError),
    /// Something that cannot be.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Compliance {
    /// The service, with what the store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(parts: Parts, clock: SharedClock) -> Result<Self, RunError> {
        let sealer = Sealer::new(&parts.machine.secret_for_hkdf());
        let sealed = parts.stores.license.ledger().await?;
        // The row, or why it is not this collector's own.
        let (stored, tampered) = match sealed.as_ref().map(|row| Ledger::open(row, &sealer)) {
            None => (None, None),
            Some(Ok((ledger, true))) => (Some(ledger), None),
            Some(Ok((ledger, false))) => (
                Some(ledger),
                Some("the stored licence state was changed outside this collector; that of the last run is in force".to_owned()),
            ),
            Some(Err(error)) => {
                (None, Some(format!("the stored licence state cannot be read ({error}); that of the last run is in force")))
            }
        };
        let (vendors, not_followed) = parts.vendors.clone().with(&parts.stores.license.trust().await?, &sealer);
        let (key, problem) = keys::newest(parts.stores.license.keys().await?, &vendors, &parts.machine);
        let runs = parts.stores.license.runs(None, RUNS_READ).await?;
        let last_error = runs.first().and_then(|run| run.error.clone());
        // Neither the state nor the time of a row that somebody else wrote may disable or enable anything: the last run tells both.
        let mark = match (&stored, &tampered) {
            (_, Some(_)) => runs.first().map(|run| Mark::at(run.finished_at)),
            (stored, None) => stored.as_ref().map(|ledger| ledger.mark),
        };
        let site = Arc::new(SiteClock::new(Arc::clone(&clock), mark.as_ref()));
        let mut ledger = stored.unwrap_or_else(|| Ledger::new(site.now()));
        if tampered.is_some() {
            if !runs.is_empty() {
                ledger.change(ledger::of_runs(&runs, parts.zone), site.now());
            }
            ledger.mark = site.tick();
            ledger.tampered_at = Some(site.now());
        }
        let (counted, night) = counted_runs(&runs);
        let current = Current { ledger, sealed, key: key.map(Arc::new), problem, counted, night, last_error };
        let service = Self {
            parts,
            clock: site,
            sealer,
            vendors: ArcSwap::from_pointee(vendors),
            judging: Mutex::new(()),
            current: ArcSwap::from_pointee(current),
            user_count: AtomicU64::new(0),
            signed: ArcSwapOption::empty(),
        };
        service.refresh_user_count().await?;
        service.alert_not_followed(not_followed);
        match tampered {
            Some(text) => {
                service.alert_tampered(&text);
                // The row becomes ours with the next commit, so that it must be said here, or nobody would ever know.
                let ledger = service.current.load().ledger.clone();
                let audit = service.entry(
                    "collector",
                    "license.tampered",
                    "ledger",
                    serde_json::json!({
                        "alert": "state_tampered", "found": text, "state": state_name(&ledger.standing),
                    }),
                );
                let _judging = service.judging.lock().await;
                service.commit(ledger, None, None, vec![audit]).await?;
            }
            None => {
                if let Some(at) = service.current.load().ledger.tampered_at {
                    service.alert_tampered(&format!(
                        "on {} the stored licence state was changed outside this collector",
                        at.date_naive()
                    ));
                }
            }
        }
        service.tick().await?;
        Ok(service)
    }

    /// The facts as of now.
    #[must_use]
    pub fn facts(&self) -> LicenseFacts {
        let current = self.current.load();
        facts::facts(&self.inputs(&current))
    }

    /// The query that counts and its table; none without a licence.
    #[must_use]
    pub fn counting(&self) -> Option<(String, String)> {
        self.current.load().key.as_ref().map(|key| (key.query.clone(), key.claims.table.clone()))
    }

    /// The last run that counted.
    #[must_use]
    pub fn last_run(&self) -> Option<Arc<RunRecord>> {
        self.current.load().counted.clone()
    }

    /// Since when the product may be used; none while it may not.
    #[must_use]
    pub fn open_since(&self) -> Option<DateTime<Utc>> {
        let current = self.current.load();
        let standing = facts::standing(&self.inputs(&current));
        ledger::is_open(&standing).then(|| current.ledger.open_since.unwrap_or(current.ledger.changed_at))
    }

    /// Everything the licence key in force grants.
    #[must_use]
    pub fn granted(&self) -> Option<Granted> {
        self.current.load().key.as_ref().map(|key| Granted::of(&key.claims, keys::vendor_of(&key.record.text)))
    }

    /// What the licence key allows of an application: named and floating seats, each none where it says nothing.
    #[must_use]
    pub fn seats(&self, application: &str) -> (Option<u64>, Option<u64>) {
        let current = self.current.load();
        let granted = current.key.as_ref().and_then(|key| {
            key.claims.applications.iter().find(|granted| granted.name.to_lowercase() == application.to_lowercase())
        });
        granted.map_or((None, None), |granted| (granted.named, granted.floating))
    }

    /// The clock of this site: the wall clock within its bounds.
    #[must_use]
    pub fn clock(&self) -> SharedClock {
        Arc::<SiteClock>::clone(&self.clock)
    }

    /// The time that is believed.
    #[must_use]
    pub fn time(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The site's time zone.
    #[must_use]
    pub fn zone(&self) -> SiteZone {
        self.parts.zone
    }

    /// What a list's query means at a time, in the site's zone and by the settings. Nobody in particular asks.
    #[must_use]
    pub fn query_context(&self, now: DateTime<Utc>) -> Context {
        self.parts.settings.values().context(now, self.parts.zone)
    }

    /// What administrators set.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.parts.settings)
    }

    /// Local time of the nightly run.
    #[must_use]
    pub fn nightly_at(&self) -> NaiveTime {
        self.parts.nightly_at
    }

    /// Whether the site chose whom it trusts, and how many vendor keys there are.
    #[must_use]
    pub fn vendors(&self) -> (bool, usize) {
        let vendors = self.vendors.load();
        (vendors.chosen_by_site, vendors.len())
    }

    /// Publishes what time alone changes: an expired licence, a fresh verdict, the clock's alerts. Called every few seconds.
    ///
    /// # Errors
    /// When a change cannot be stored.
    pub async fn tick(&self) -> Result<(), RunError> {
        let _judging = self.judging.lock().await;
        self.watch_clock();
        let current = self.current.load_full();
        let mark = self.clock.tick();
        let standing = facts::standing(&self.inputs(&current));
        let mut ledger = current.ledger.clone();
        let changed = current.take(&mut ledger, standing, self.time());
        let clock = self.clock_told(&mut ledger);
        let crossed = match &current.key {
            Some(key) if current.problem.is_none() => self.crossed(&mut ledger, key, &standing),
            _ => Vec::new(),
        };
        let stored = &current.ledger.mark;
        let due = mark.time - stored.time > TimeDelta::minutes(10)
            || mark.frozen.is_some() != stored.frozen.is_some()
            || current.sealed.is_none()
            || clock.is_some();
        if changed || due || !crossed.is_empty() {
            ledger.mark = mark;
            let audit = changed.then(|| {
                let before = current.ledger.shown.map_or(current.ledger.standing, |shown| shown.standing);
                self.entry(
                    "collector",
                    "license.state",
                    state_name(&standing),
                    serde_json::json!({
                        "before": state_name(&before), "after": state_name(&standing), "reason": reason(&standing),
                    }),
                )
            });
            self.commit(ledger, None, None, clock.into_iter().chain(audit).chain(crossed).collect()).await?;
        }
        self.show_alerts();
        self.sign_if_due().await
    }

    /// An owner says that the wall clock is right.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn confirm_clock(&self, actor: &str) -> Result<(), RunError> {
        {
            let _judging = self.judging.lock().await;
            let (before, earlier) = (self.clock.now(), self.clock.state());
            let mark = self.clock.believe(confirm(self.clock.wall()));
            let ledger = Ledger { mark, ..self.current.load().ledger.clone() };
            let audit = self.entry(
                actor,
                "license.confirm-clock",
                "clock",
                serde_json::json!({
                    "before": before, "after": mark.time,
                }),
            );
            if let Err(error) = self.commit(ledger, None, None, vec![audit]).await {
                self.clock.go_back(earlier);
                return Err(error);
            }
        }
        self.tick().await
    }

    /// Every key that was applied, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn keys(&self) -> Result<Vec<KeySummary>, StoreError> {
        let keys = self.parts.stores.license.keys().await?;
        let current = self.current.load();
        let (vendors, now) = (self.vendors.load(), self.clock.assess().licence_time);
        Ok(keys::history(keys, &vendors, &self.parts.machine, current.key.as_deref(), self.parts.zone, now))
    }

    /// Counts the enabled accounts again, after one changed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn refresh_user_count(&self) -> Result<(), StoreError> {
        let users = self.parts.stores.people.users().await?;
        let enabled = users.iter().filter(|user| user.enabled).count();
        self.user_count.store(u64::try_from(enabled).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn inputs<'a>(&self, current: &'a Current) -> Inputs<'a> {
        Inputs {
            ledger: &current.ledger,
            key: current.key.as_deref(),
            problem: current.problem,
            counted: current.counted.as_deref(),
            last_error: current.last_error.as_deref(),
            user_count: self.user_count.load(Ordering::Relaxed),
            clock: self.clock.assess(),
            zone: self.parts.zone,
            nightly_at: self.parts.nightly_at,
        }
    }

    pub(super) fn entry(&self, actor: &str, action: &str, subject: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry { at: self.time(), actor: actor.to_owned(), action: action.to_owned(), subject: subject.to_owned(), detail }
    }
}

impl Current {
    /// Has a ledger take what holds now; tells whether it is new. That no stored key opens is shown, not stored: the state beneath
    /// comes back with the right machine key.
    pub(super) fn take(&self, ledger: &mut Ledger, standing: Standing, now: DateTime<Utc>) -> bool {
        if self.problem.is_some() { ledger.show(standing) } else { ledger.change(standing, now) }
    }

    /// The query in force and its table; the default ones while there is no key.
    pub(super) fn query(&self) -> (&str, &str) {
        match &self.key {
            Some(key) => (&key.query, &key.claims.table),
            None => (muster_license::claims::DEFAULT_QUERY, muster_license::claims::DEFAULT_TABLE),
        }
    }
}

/// The last run that counted, and the last nightly one. `runs` are newest first.
pub(super) fn counted_runs(runs: &[RunRecord]) -> (Option<Arc<RunRecord>>, Option<Arc<RunRecord>>) {
    let mut counted = runs.iter().filter(|run| run.asset_count.is_some());
    let last = counted.clone().next().cloned().map(Arc::new);
    (last, counted.find(|run| run.kind == RunKind::Nightly).cloned().map(Arc::new))
}
