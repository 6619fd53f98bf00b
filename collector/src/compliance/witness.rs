//! Watching for what must not decide about a licence: a wrong clock, and a store that is older than what agents remember.

use super::{
    facts::state_name,
    ledger::Ledger,
    service::{Compliance, Current, RunError},
    verdicts,
};
use crate::{ingest::VerdictSource, publish::Severity, store::records::AuditEntry};
use async_trait::async_trait;
use muster_domain::compliance::{Direction, DisabledReason, Standing};
use muster_wire::verdict::Receipt;
use std::sync::Arc;

/// Key of the alert about the clock.
pub const CLOCK_ANOMALY: &str = "clock_anomaly";

impl Compliance {
    /// Raises or ends the alert about the clock.
    pub(super) fn watch_clock(&self) {
        let assessment = self.clock.assess();
        match assessment.anomaly {
            Some(anomaly) if anomaly.direction == Direction::Forward => self.parts.alerts.raise(
                CLOCK_ANOMALY,
                Severity::Critical,
                format!(
                    "the clock is {} days ahead of what it was; the licence state is frozen until it is back, or an owner confirms it: \
                     muster-collector license confirm-clock ({CLOCK_ANOMALY})",
                    anomaly.by.as_secs() / 86_400
                ),
                assessment.time,
            ),
            Some(anomaly) => self.parts.alerts.raise(
                CLOCK_ANOMALY,
                Severity::Warning,
                format!("the clock was set back by {} hours; time goes on from what it was ({CLOCK_ANOMALY})", anomaly.by.as_secs() / 3600),
                assessment.time,
            ),
            None => self.parts.alerts.clear(CLOCK_ANOMALY),
        }
    }

    /// Tells the audit log once that the clock is wrong, and once that it is right again; the ledger remembers it over restarts.
    pub(super) fn clock_told(&self, ledger: &mut Ledger) -> Option<AuditEntry> {
        let found = self.clock.assess();
        let direction = found.anomaly.map(|anomaly| anomaly.direction);
        if direction == ledger.clock_anomaly {
            return None;
        }
        ledger.clock_anomaly = direction;
        let detail = serde_json::json!({
            "alert": direction.map(|_| CLOCK_ANOMALY), "direction": direction, "wall": self.clock.wall(), "believed": found.time,
            "frozen": found.frozen,
        });
        Some(self.entry("collector", "license.clock", "clock", detail))
    }

    /// Raises or ends the alerts about what agents' receipts told of this store.
    pub(super) fn show_witnessed(&self) {
        let current = self.current.load();
        let ledger = &current.ledger;
        let alerts = [
            (
                "store-rollback",
                ledger.taken_over.is_some(),
                "agents know a newer licence state than this store: it was restored from a backup or copied. The newer state was taken \
                 over; a new licence key ends this alert",
            ),
            (
                "store-copied",
                ledger.copied_at.is_some(),
                "agents know another licence state of the same number: a second collector runs on a copy of this store. Nothing was \
                 changed; stop the other one. A new licence key ends this alert",
            ),
            (
                "store-remade",
                ledger.remade_at.is_some(),
                "an agent knows another collector with this machine key: this store was made anew, and what was before is not in it. \
                 Put back a backup if there is one; a new licence key ends this alert",
            ),
        ];
        for (key, stands, text) in alerts {
            if stands {
                self.parts.alerts.raise(key, Severity::Critical, text, self.time());
            } else {
                self.parts.alerts.clear(key);
            }
        }
    }

    /// Takes over what a higher receipt of this collector says: then this store is an older copy.
    async fn restore(&self, text: &str) -> Result<(), RunError> {
        let Some(receipt) = verdicts::read_receipt(text, &self.parts.machine) else { return Ok(()) };
        if receipt.collector_id != self.parts.collector_id {
            return self.remade(&receipt).await;
        }
        // Old receipts are many and change nothing: they must not wait for a count that is under way.
        if news(&self.current.load().ledger, &receipt) == News::None {
            return Ok(());
        }
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        let mut ledger = current.ledger.clone();
        let action = match news(&current.ledger, &receipt) {
            News::None => return Ok(()),
            News::Copied => {
                ledger.copied_at = Some(self.time());
                "license.copied"
            }
            News::Newer => {
                let Some(standing) = self.taken_over(&current, &receipt) else { return Ok(()) };
                ledger.seq = ledger.seq.max(receipt.seq);
                ledger.change(standing, self.time());
                ledger.epoch = receipt.ledger_epoch.max(current.ledger.epoch).saturating_add(1);
                ledger.taken_over = Some((receipt.ledger_epoch, receipt.seq));
                "license.rollback"
            }
        };
        let audit = self.entry("collector", action, "ledger", serde_json::json!({
            "stored": {"epoch": current.ledger.epoch, "seq": current.ledger.seq, "state": state_name(&current.ledger.standing)},
            "receipt": {"epoch": receipt.ledger_epoch, "seq": receipt.seq, "state": receipt.state},
            "state": state_name(&ledger.standing),
        }));
        self.commit(ledger, None, None, vec![audit]).await?;
        Ok(())
    }

    /// Tells that this store was made anew beside an older machine key: what was before, such as a grace, is not known here.
    async fn remade(&self, receipt: &Receipt) -> Result<(), RunError> {
        if self.current.load().ledger.remade_at.is_some() {
            return Ok(());
        }
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        if current.ledger.remade_at.is_some() {
            return Ok(());
        }
        let ledger = Ledger { remade_at: Some(self.time()), ..current.ledger.clone() };
        let audit = self.entry("collector", "license.remade", "ledger", serde_json::json!({
            "receipt": {
                "collector_id": receipt.collector_id, "epoch": receipt.ledger_epoch, "seq": receipt.seq, "state": receipt.state,
                "grace_started_at": receipt.grace_started_at,
            },
            "state": state_name(&ledger.standing),
        }));
        self.commit(ledger, None, None, vec![audit]).await?;
        Ok(())
    }

    /// The standing to go on with; none for a receipt of a newer build.
    fn taken_over(&self, current: &Current, receipt: &Receipt) -> Option<Standing> {
        Some(match verdicts::standing_of(receipt)? {
            // The other store had lost its key; this one has its own.
            Standing::Unlicensed => current.ledger.standing,
            // A copy may have lived under another clock: a grace ends here by the terms and the time that hold here.
            elapsed @ Standing::Disabled { reason: DisabledReason::GraceElapsed { start } } => {
                let today = self.parts.zone.site_date(self.clock.assess().licence_time);
                match current.key.as_ref().map(|key| key.terms().grace_end(start)) {
                    Some(end) if today < end => Standing::Grace { start },
                    _ => elapsed,
                }
            }
            // Its own key's last date decides on every read.
            Standing::Disabled { reason: DisabledReason::Expired } => current.ledger.standing,
            standing => standing,
        })
    }
}

/// What a receipt tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// What is known, or history.
    None,
    /// The store is the older one.
    Newer,
    /// Another collector gave the same number to another state.
    Copied,
}

fn news(ledger: &Ledger, receipt: &Receipt) -> News {
    let number = (receipt.ledger_epoch, receipt.seq);
    let own = (ledger.epoch, ledger.seq);
    // After the first receipt was taken over, others of the same past may be newer still: the highest one counts.
    let higher_of_the_past = ledger.taken_over.is_some_and(|(epoch, seq)| receipt.ledger_epoch == epoch && receipt.seq > seq);
    if number > own || higher_of_the_past {
        return News::Newer;
    }
    // What is shown and not stored (no key opens, an expiry before its tick) has no number of its own.
    let told = match verdicts::standing_of(receipt) {
        Some(Standing::Unlicensed | Standing::Disabled { reason: DisabledReason::Expired }) | None => return News::None,
        Some(standing) => standing,
    };
    let expired = ledger.standing == (Standing::Disabled { reason: DisabledReason::Expired });
    if number != own || expired || told == ledger.standing {
        return News::None;
    }
    // Where somebody else wrote the row, agents know what it was.
    match (ledger.tampered_at, ledger.copied_at) {
        (Some(_), _) => News::Newer,
        (None, None) => News::Copied,
        (None, Some(_)) => News::None,
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

    fn collector_id(&self) -> uuid::Uuid {
        self.parts.collector_id
    }

    fn sign(&self, payload: &[u8]) -> String {
        muster_wire::signed::join(payload, &self.parts.machine.sign(payload))
    }

    async fn witness(&self, receipt: &str) {
        if let Err(error) = self.restore(receipt).await {
            tracing::error!(%error, "a newer receipt could not be taken over");
        }
    }
}
