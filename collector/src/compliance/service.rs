//! The licence's state at work: one judgement at a time, each stored before it is published.

use super::{
    clock::SiteClock,
    count::{self, CountError, Counted},
    facts::{self, Inputs, reason, state_name},
    keys::{self, InForce, KeySummary, TrustedVendors},
    ledger::Ledger,
    verdicts::{self, Signed},
};
use crate::{
    ingest::VerdictSource,
    publish::{Alerts, LicenseFacts, Severity},
    store::{
        StoreError, Stores,
        ports::Judgement,
        records::{AuditEntry, RunKind, RunRecord, SealedRow},
    },
    trust::sealed::Sealer,
};
use arc_swap::{ArcSwap, ArcSwapOption};
use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use muster_domain::{
    calendar::SiteZone,
    compliance::{Direction, DisabledReason, Facts, Standing, confirm, judge},
};
use muster_license::MachineKey;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Verdicts are signed anew when they are this old.
const VERDICT_AGE: TimeDelta = TimeDelta::hours(1);

/// What the service is built from.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// The machine key.
    pub machine: Arc<MachineKey>,
    /// Whose keys are trusted.
    pub vendors: TrustedVendors,
    /// Which collector this is.
    pub collector_id: Uuid,
    /// The site's time zone.
    pub zone: SiteZone,
    /// Local time of the nightly run.
    pub nightly_at: NaiveTime,
    /// Where alerts go.
    pub alerts: Arc<Alerts>,
}

/// The licence's state.
pub struct Compliance {
    parts: Parts,
    clock: Arc<SiteClock>,
    sealer: Sealer,
    /// Held during a judgement.
    pub(super) judging: Mutex<()>,
    current: ArcSwap<Current>,
    user_count: AtomicU64,
    signed: ArcSwapOption<Signed>,
}

/// What is in force.
pub(super) struct Current {
    pub(super) ledger: Ledger,
    pub(super) sealed: Option<SealedRow>,
    pub(super) key: Option<Arc<InForce>>,
    pub(super) problem: Option<DisabledReason>,
    pub(super) counted: Option<Arc<RunRecord>>,
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
    pub async fn load(parts: Parts, clock: muster_runtime::clock::SharedClock) -> Result<Self, RunError> {
        let sealer = Sealer::new(&parts.machine.secret_for_hkdf());
        let sealed = parts.stores.license.ledger().await?;
        let stored = match &sealed {
            Some(row) => match Ledger::open(row, &sealer) {
                Ok((ledger, genuine)) => {
                    if !genuine {
                        parts.alerts.raise(
                            "ledger-tampered",
                            Severity::Critical,
                            "the stored licence state was changed outside this collector; it is kept as it is. Compare it with the audit log",
                            clock.now(),
                        );
                    }
                    Some(ledger)
                }
                Err(error) => {
                    parts.alerts.raise(
                        "ledger-tampered",
                        Severity::Critical,
                        format!("the stored licence state cannot be read ({error}); the next run judges anew"),
                        clock.now(),
                    );
                    None
                }
            },
            None => None,
        };
        let site = Arc::new(SiteClock::new(Arc::clone(&clock), stored.as_ref().map(|ledger| &ledger.mark)));
        let (key, problem) = keys::newest(parts.stores.license.keys().await?, &parts.vendors, &parts.machine);
        let runs = parts.stores.license.runs(None, 100).await?;
        let last_error = runs.first().and_then(|run| run.error.clone());
        let counted = runs.into_iter().find(|run| run.asset_count.is_some()).map(Arc::new);
        let ledger = stored.unwrap_or_else(|| Ledger::new(site.now()));
        let current = Current { ledger, sealed, key: key.map(Arc::new), problem, counted, last_error };
        let service = Self {
            parts,
            clock: site,
            sealer,
            judging: Mutex::new(()),
            current: ArcSwap::from_pointee(current),
            user_count: AtomicU64::new(0),
            signed: ArcSwapOption::empty(),
        };
        service.refresh_user_count().await?;
        service.tick().await?;
        Ok(service)
    }

    /// The facts as of now.
    #[must_use]
    pub fn facts(&self) -> LicenseFacts {
        let current = self.current.load();
        facts::facts(&self.inputs(&current))
    }

    /// Since when the product may be used; none while it may not.
    #[must_use]
    pub fn open_since(&self) -> Option<DateTime<Utc>> {
        let current = self.current.load();
        let standing = facts::standing(&self.inputs(&current));
        super::ledger::is_open(&standing).then(|| current.ledger.open_since.unwrap_or(current.ledger.changed_at))
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

    /// Local time of the nightly run.
    #[must_use]
    pub fn nightly_at(&self) -> NaiveTime {
        self.parts.nightly_at
    }

    /// Whether the site chose whom it trusts, and how many vendor keys there are.
    #[must_use]
    pub fn vendors(&self) -> (bool, usize) {
        (self.parts.vendors.chosen_by_site, self.parts.vendors.len())
    }

    /// Counts and judges. An error keeps the state, is stored with the run and raises an alert.
    ///
    /// # Errors
    /// When the run cannot be stored; a nightly run of a site date that has one is a conflict.
    pub async fn run(&self, kind: RunKind, actor: &str) -> Result<RunRecord, RunError> {
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        let started_at = self.time();
        self.refresh_user_count().await?;
        let (query, table) = match &current.key {
            Some(key) => (key.query.clone(), key.claims.table.clone()),
            None => (muster_license::claims::DEFAULT_QUERY.to_owned(), muster_license::claims::DEFAULT_TABLE.to_owned()),
        };
        let counted = count::count(&self.parts.stores, &query, &table).await;
        let inputs = self.inputs(&current);
        let before = facts::standing(&inputs);
        let frozen = inputs.clock.frozen;
        let error = match &counted {
            Err(error) => Some(error.to_string()),
            Ok(_) if frozen => Some("the clock is far ahead of what it was; the state was kept until it is confirmed".to_owned()),
            Ok(_) => None,
        };
        let after = match (&counted, &current.key, &error) {
            (Ok(counted), Some(key), None) => {
                let facts = Facts { count: counted.assets, user_count: inputs.user_count };
                judge(&before, &key.terms(), facts, self.parts.zone.site_date(inputs.clock.licence_time)).0
            }
            _ => before,
        };
        let run = self.record(kind, actor, started_at, &query, counted.ok(), &current, (&before, &after), error);
        let mut ledger = current.ledger.clone();
        ledger.mark = self.clock.tick();
        ledger.change(after, self.time());
        let audit = self.entry(
            actor,
            "compliance.run",
            &format!("{kind:?}").to_lowercase(),
            serde_json::json!({
                "count": run.asset_count, "limit": run.asset_limit, "before": run.state_before, "after": run.state_after,
                "reason": run.reason_after, "error": run.error,
            }),
        );
        let stored = self.commit(ledger, None, Some(run), vec![audit]).await?;
        stored.ok_or_else(|| RunError::Internal("the store kept no run".to_owned()))
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
        // That no stored key opens is shown, not stored: the state comes back with the right machine key.
        let changed = current.problem.is_none() && ledger.change(standing, self.time());
        let stored = &current.ledger.mark;
        let due = mark.time - stored.time > TimeDelta::minutes(10)
            || mark.frozen.is_some() != stored.frozen.is_some()
            || current.sealed.is_none();
        if changed || due {
            ledger.mark = mark;
            let audit = changed.then(|| {
                self.entry("collector", "license.state", state_name(&standing), serde_json::json!({
                    "before": state_name(&current.ledger.standing), "after": state_name(&standing), "reason": reason(&standing),
                }))
            });
            self.commit(ledger, None, None, audit.into_iter().collect()).await?;
        }
        self.sign_if_due().await
    }

    /// An owner says that the wall clock is right.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn confirm_clock(&self, actor: &str) -> Result<(), RunError> {
        {
            let _judging = self.judging.lock().await;
            let before = self.clock.now();
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
            self.commit(ledger, None, None, vec![audit]).await?;
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
        Ok(keys::history(keys, &self.parts.vendors, &self.parts.machine, current.key.as_deref()))
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

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(super) fn site_clock(&self) -> &SiteClock {
        &self.clock
    }

    pub(super) fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    pub(super) async fn in_force(&self) -> Option<Arc<InForce>> {
        self.current.load().key.clone()
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

    #[expect(clippy::too_many_arguments, reason = "a run is a record of many facts, and this is where they meet")]
    pub(super) fn record(
        &self,
        kind: RunKind,
        actor: &str,
        started_at: DateTime<Utc>,
        query: &str,
        counted: Option<Counted>,
        current: &Current,
        (before, after): (&Standing, &Standing),
        error: Option<String>,
    ) -> RunRecord {
        let finished_at = self.time();
        let none = counted.is_none();
        let Counted { assets, uncounted_empty_state, by_state, by_category } = counted.unwrap_or_default();
        RunRecord {
            id: 0,
            kind,
            site_date: self.parts.zone.site_date(started_at),
            started_at,
            finished_at,
            by: actor.to_owned(),
            license_serial: current.key.as_ref().map(|key| key.claims.serial),
            query: Some(query.to_owned()),
            asset_count: (!none).then_some(assets),
            asset_limit: current.key.as_ref().map(|key| key.claims.assets),
            uncounted_empty_state,
            user_count: self.user_count.load(Ordering::Relaxed),
            by_state,
            by_category,
            state_before: state_name(before).to_owned(),
            state_after: state_name(after).to_owned(),
            reason_after: reason(after).map(str::to_owned),
            error,
        }
    }

    /// Stores a judgement, then publishes it. The caller holds `judging`.
    pub(super) async fn commit(
        &self,
        ledger: Ledger,
        key: Option<InForce>,
        run: Option<RunRecord>,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<RunRecord>, RunError> {
        let current = self.current.load_full();
        let sealed = ledger.seal(&self.sealer).map_err(|error| RunError::Internal(error.to_string()))?;
        let stored = self
            .parts
            .stores
            .license
            .judge(Judgement {
                ledger: sealed.clone(),
                expected: current.sealed.clone(),
                key: key.as_ref().map(|key| key.record.clone()),
                run,
                audit,
            })
            .await?;
        let counted = stored.clone().filter(|run| run.asset_count.is_some()).map(Arc::new);
        let last_error = match &stored {
            Some(run) => run.error.clone(),
            None => current.last_error.clone(),
        };
        match &last_error {
            Some(error) => self.parts.alerts.raise(
                "compliance-run",
                Severity::Critical,
                format!("the last compliance run could not judge: {error}"),
                self.time(),
            ),
            None => self.parts.alerts.clear("compliance-run"),
        }
        self.current.store(Arc::new(Current {
            problem: if key.is_some() { None } else { current.problem },
            key: key.map(Arc::new).or_else(|| current.key.clone()),
            ledger,
            sealed: Some(sealed),
            counted: counted.or_else(|| current.counted.clone()),
            last_error,
        }));
        self.sign_if_due().await?;
        Ok(stored)
    }

    async fn sign_if_due(&self) -> Result<(), RunError> {
        let current = self.current.load_full();
        let now = self.time();
        let standing = facts::standing(&self.inputs(&current));
        let applications: Vec<String> =
            self.parts.stores.applications.all().await?.into_iter().map(|record| record.application.name).collect();
        let fresh = self.signed.load().as_ref().is_some_and(|signed| {
            signed.seq == current.ledger.seq
                && signed.standing == standing
                && signed.epoch == current.ledger.epoch
                && signed.applications == applications
                && (now - signed.issued_at).abs() < VERDICT_AGE
        });
        if fresh {
            return Ok(());
        }
        let offline_days =
            current.key.as_ref().map_or(muster_license::claims::DEFAULT_OFFLINE_DAYS, |key| key.claims.offline_days);
        let signed = verdicts::sign(
            &self.parts.machine,
            self.parts.collector_id,
            &current.ledger,
            &standing,
            &applications,
            offline_days,
            now,
        )
        .map_err(|error| RunError::Internal(error.to_string()))?;
        self.signed.store(Some(Arc::new(signed)));
        Ok(())
    }

    fn watch_clock(&self) {
        let assessment = self.clock.assess();
        match assessment.anomaly {
            Some(anomaly) if anomaly.direction == Direction::Forward => self.parts.alerts.raise(
                "clock",
                Severity::Critical,
                format!(
                    "the clock is {} days ahead of what it was; the licence state is frozen until it is back, or an owner confirms it: \
                     muster-collector license confirm-clock",
                    anomaly.by.as_secs() / 86_400
                ),
                assessment.time,
            ),
            Some(anomaly) => self.parts.alerts.raise(
                "clock",
                Severity::Warning,
                format!("the clock was set back by {} hours; time goes on from what it was", anomaly.by.as_secs() / 3600),
                assessment.time,
            ),
            None => self.parts.alerts.clear("clock"),
        }
    }

    /// Takes over what a higher receipt of this collector says: then this store is an older copy.
    async fn restore(&self, text: &str) -> Result<(), RunError> {
        let Some(receipt) = verdicts::read_receipt(text, &self.parts.machine, self.parts.collector_id) else { return Ok(()) };
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        if (receipt.ledger_epoch, receipt.seq) <= (current.ledger.epoch, current.ledger.seq) {
            return Ok(());
        }
        let Some(standing) = verdicts::standing_of(&receipt) else { return Ok(()) };
        let mut ledger = current.ledger.clone();
        ledger.seq = receipt.seq;
        ledger.change(standing, self.time());
        ledger.epoch = receipt.ledger_epoch.max(current.ledger.epoch) + 1;
        let audit = self.entry("collector", "license.rollback", "ledger", serde_json::json!({
            "stored": {"epoch": current.ledger.epoch, "seq": current.ledger.seq, "state": state_name(&current.ledger.standing)},
            "receipt": {"epoch": receipt.ledger_epoch, "seq": receipt.seq, "state": state_name(&standing)},
        }));
        self.commit(ledger, None, None, vec![audit]).await?;
        self.parts.alerts.raise(
            "store-rollback",
            Severity::Critical,
            "agents know a newer licence state than this store: it was restored from a backup or copied. The newer state was taken over",
            self.time(),
        );
        Ok(())
    }
}

#[async_trait]
impl VerdictSource for Compliance {
    fn verdict(&self) -> Option<Arc<str>> {
        self.signed.load().as_ref().map(|signed| Arc::clone(&signed.verdict))
    }

    fn receipt(&self) -> Option<Arc<str>> {
        self.signed.load().as_ref().map(|signed| Arc::clone(&signed.receipt))
    }

    async fn witness(&self, receipt: &str) {
        if let Err(error) = self.restore(receipt).await {
            tracing::error!(%error, "a newer receipt could not be taken over");
        }
    }
}
