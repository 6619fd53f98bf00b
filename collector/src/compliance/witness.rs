//! Watching for what must not decide about a licence: a wrong clock, and a store that is older than what agents remember.

use super::{
    facts::state_name,
    ledger::Ledger,
    service::{Compliance, RunError},
    verdicts,
};
use crate::{ingest::VerdictSource, publish::Severity};
use async_trait::async_trait;
use muster_domain::compliance::Direction;
use std::sync::Arc;

impl Compliance {
    /// Raises or ends the alert about the clock.
    pub(super) fn watch_clock(&self) {
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
        // Old receipts are many and change nothing: they must not wait for a count that is under way.
        let newer = |ledger: &Ledger| (receipt.ledger_epoch, receipt.seq) > (ledger.epoch, ledger.seq);
        if !newer(&self.current.load().ledger) {
            return Ok(());
        }
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        if !newer(&current.ledger) {
            return Ok(());
        }
        let Some(standing) = verdicts::standing_of(&receipt) else { return Ok(()) };
        let mut ledger = current.ledger.clone();
        ledger.seq = receipt.seq;
        ledger.change(standing, self.time());
        ledger.epoch = receipt.ledger_epoch.max(current.ledger.epoch).saturating_add(1);
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
