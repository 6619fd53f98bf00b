//! Committing: a judgement is stored first, then published and signed for agents.

use super::{
    alerts,
    count::Counted,
    facts::{self, reason, state_name},
    keys::{self, InForce},
    ledger::Ledger,
    service::{Compliance, Current, RUNS_READ, RunError, counted_runs},
    verdicts,
};
use crate::{
    publish::Severity,
    store::{
        ports::Judgement,
        records::{AuditEntry, RunDifference, RunKind, RunRecord},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::compliance::Standing;
use std::sync::{Arc, atomic::Ordering};

/// Verdicts are signed anew when they are this old, so that the reports of an agent are answered with verdicts as far apart
/// as the reports are: the helper on the endpoint waits for two (contract 3, `[enforce]`).
const VERDICT_AGE: TimeDelta = TimeDelta::seconds(5);

/// Key of the alert about a ledger that somebody else wrote.
const TAMPERED: &str = "ledger-tampered";

/// What a run was asked to do.
pub(super) struct Asked<'a> {
    pub(super) kind: RunKind,
    pub(super) actor: &'a str,
    pub(super) started_at: DateTime<Utc>,
    pub(super) query: &'a str,
    pub(super) table: &'a str,
    pub(super) null_mode: &'static str,
}

impl Compliance {
    pub(super) fn record(
        &self,
        asked: &Asked<'_>,
        counted: Option<Counted>,
        current: &Current,
        (before, after): (&Standing, &Standing),
        error: Option<String>,
    ) -> RunRecord {
        let finished_at = self.time();
        let none = counted.is_none();
        let Counted { assets, uncounted_empty_state, by_state, by_category } = counted.unwrap_or_default();
        let night = current.night.as_ref().filter(|_| !none);
        RunRecord {
            id: 0,
            kind: asked.kind,
            site_date: self.parts.zone.site_date(asked.started_at),
            started_at: asked.started_at,
            finished_at,
            by: asked.actor.to_owned(),
            license_serial: current.key.as_ref().map(|key| key.claims.serial),
            query: Some(asked.query.to_owned()),
            table: asked.table.to_owned(),
            null_mode: asked.null_mode.to_owned(),
            asset_count: (!none).then_some(assets),
            asset_limit: current.key.as_ref().map(|key| key.claims.assets),
            uncounted_empty_state,
            user_count: self.user_count.load(Ordering::Relaxed),
            since: night.and_then(|night| RunDifference::between(night, assets, &by_state, &by_category)),
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
            .await;
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                self.read_again().await;
                return Err(error.into());
            }
        };
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
            night: counted.clone().filter(|run| run.kind == RunKind::Nightly).or_else(|| current.night.clone()),
            counted: counted.or_else(|| current.counted.clone()),
            last_error,
        }));
        if self.current.load().ledger.tampered_at.is_none() {
            self.parts.alerts.clear(TAMPERED);
        }
        self.show_alerts();
        // What was judged is stored; the next tick signs again.
        if let Err(error) = self.sign_if_due().await {
            tracing::warn!(%error, "the verdict could not be signed yet");
        }
        Ok(stored)
    }

    /// After a commit that failed it can be stored all the same, and one that was refused knows an older ledger than the store: what is
    /// stored is taken over, so that the next judgement starts from it.
    async fn read_again(&self) {
        let license = &self.parts.stores.license;
        // A store that gives nothing out refuses the next commit, too, and is asked again then.
        let Ok(sealed) = license.ledger().await else { return };
        let current = self.current.load_full();
        if sealed == current.sealed {
            return;
        }
        let Ok(keys) = license.keys().await else { return };
        let Ok(runs) = license.runs(None, RUNS_READ).await else { return };
        let (counted, night) = counted_runs(&runs);
        let opened = sealed.as_ref().and_then(|row| Ledger::open(row, &self.sealer).ok());
        let ledger = match opened {
            Some((ledger, true)) => ledger,
            _ => {
                self.alert_tampered("the stored licence state was changed while the collector ran; the one in force stays");
                Ledger { tampered_at: Some(self.time()), ..current.ledger.clone() }
            }
        };
        let (key, problem) = keys::newest(keys, &self.parts.vendors, &self.parts.machine);
        self.current.store(Arc::new(Current {
            ledger,
            sealed,
            key: key.map(Arc::new),
            problem,
            counted,
            night,
            last_error: runs.first().and_then(|run| run.error.clone()),
        }));
    }

    pub(super) fn alert_tampered(&self, text: &str) {
        self.parts.alerts.raise(
            TAMPERED,
            Severity::Critical,
            format!("{text}. Compare it with the audit log; a new licence key ends this alert"),
            self.time(),
        );
    }

    /// Raises the alerts that stand for the state of now, and ends the others.
    pub(super) fn show_alerts(&self) {
        self.show_witnessed();
        let standing = alerts::standing(&self.facts());
        for key in alerts::KEYS {
            match standing.iter().find(|(standing, _, _)| *standing == key) {
                Some((key, severity, text)) => self.parts.alerts.raise(key, *severity, text.clone(), self.time()),
                None => self.parts.alerts.clear(key),
            }
        }
    }

    /// Signs verdict and receipt anew when what they say changed, or when they are old.
    pub(super) async fn sign_if_due(&self) -> Result<(), RunError> {
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
}
