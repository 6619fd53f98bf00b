//! Telling that an end comes nearer: one entry of the audit log for each threshold, stored with the judgement that found it.
//!
//! In: the ledger of a judgement. Out: entries, and the ledger that remembers them. Who sends messages reads the entries.

use super::{keys::InForce, ledger::Ledger, service::Compliance};
use crate::store::records::AuditEntry;
use muster_domain::compliance::{Standing, Warning, warnings};

impl Compliance {
    /// The thresholds that were crossed since the ledger was written; it remembers them. A frozen state comes nearer to no end.
    pub(super) fn crossed(&self, ledger: &mut Ledger, key: &InForce, standing: &Standing) -> Vec<AuditEntry> {
        let clock = self.clock.assess();
        if clock.frozen {
            return Vec::new();
        }
        let standing = warnings(standing, &key.terms(), self.parts.zone.site_date(clock.licence_time));
        let crossed = ledger.warned.cross(&standing);
        let entry = |warning: &Warning| {
            let detail =
                serde_json::json!({"ends_on": warning.on, "days_left": warning.days_left, "threshold": warning.threshold});
            self.entry("collector", "license.warning", warning.ending.word(), detail)
        };
        crossed.iter().map(entry).collect()
    }
}
