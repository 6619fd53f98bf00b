//! Committing: a judgement is stored first, then published and signed for agents.

use super::{
    alerts, facts,
    keys::{self, InForce},
    ledger::Ledger,
    service::{Compliance, Current, RUNS_READ, RunError, counted_runs},
    verdicts,
};
use crate::{
    publish::Severity,
    store::{
        ports::Judgement,
        records::{AuditEntry, RunKind, RunRecord},
    },
};
use chrono::TimeDelta;
use std::sync::Arc;

/// Verdicts are signed anew when they are this old, so that the reports of an agent are answered with verdicts as far apart
/// as the reports are: the helper on the endpoint waits for two (contract 3, `[enforce]`).
const VERDICT_AGE: TimeDelta = TimeDelta::seconds(5);

/// Key of the alert about a ledger that somebody else wrote.
const TAMPERED: &str = "state_tampered";

impl Compliance {
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
        let (key, problem) = keys::newest(keys, &self.vendors.load(), &self.parts.machine);
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
            format!("{text}. Compare it with the audit log; a new licence key ends this alert ({TAMPERED})"),
            self.time(),
        );
    }

    /// Raises the alerts that stand for the state of now, and ends the others.
    pub(super) fn show_alerts(&self) {
        self.show_witnessed();
        let inputs_of = self.current.load();
        let inputs = self.inputs(&inputs_of);
        let standing = alerts::standing(&facts::facts(&inputs), &facts::warnings(&inputs));
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
        // A state that time brought has its id with the next tick, which stores it: until then the verdict before stands.
        let Some(change_id) = current.ledger.change_to(&standing) else { return Ok(()) };
        let offline_days =
            current.key.as_ref().map_or(muster_license::claims::DEFAULT_OFFLINE_DAYS, |key| key.claims.offline_days);
        let signed = verdicts::sign(
            &self.parts.machine,
            self.parts.collector_id,
            &current.ledger,
            (&standing, change_id),
            &applications,
            offline_days,
            now,
        )
        .map_err(|error| RunError::Internal(error.to_string()))?;
        self.signed.store(Some(Arc::new(signed)));
        Ok(())
    }
}
