//! Trusting another vendor key: by the word of a trusted one, or by an owner's.

use super::{
    keys,
    service::{Compliance, Current, RunError},
    vendors::{Addition, TrustRefused, TrustedVendor},
};
use crate::publish::Severity;
use std::sync::Arc;

/// Key of the alert about additions that are not followed.
const NOT_FOLLOWED: &str = "trust-not-followed";

/// Why a vendor key was not added.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The text.
    #[error(transparent)]
    Refused(#[from] TrustRefused),
    /// Only an owner may trust a key on nobody's word.
    #[error("only an owner may add a vendor key that no trusted key endorses; ask an owner, or the vendor for an endorsement")]
    NotOwner,
    /// The store.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Compliance {
    /// Whom the site trusts.
    #[must_use]
    pub fn trusted(&self) -> Vec<TrustedVendor> {
        self.vendors.load().list()
    }

    /// Adds a vendor key: an endorsement by a trusted key, or, from an owner of a site that chose its vendors, a bare public
    /// key. It is in force when this returns. Nothing is stored when the key was trusted already.
    ///
    /// # Errors
    /// Why it was not added.
    pub async fn add_trust(&self, text: &str, actor: &str, owner: bool) -> Result<Vec<TrustedVendor>, TrustError> {
        let _judging = self.judging.lock().await;
        let addition = Addition { text: text.to_owned(), added_at: self.time(), added_by: actor.to_owned() };
        let mut vendors = self.vendors.load().as_ref().clone();
        let Some(added) = vendors.add(&addition)? else { return Ok(vendors.list()) };
        if added.endorsed_by.is_none() && !owner {
            return Err(TrustError::NotOwner);
        }
        let audit = self.entry(
            actor,
            "license.trust",
            &added.vendor_key_id,
            serde_json::json!({"source": added.source, "endorsed_by": added.endorsed_by}),
        );
        let row = addition.seal(&self.sealer).map_err(|error| RunError::Internal(error.to_string()))?;
        let license = &self.parts.stores.license;
        license.add_trust(row, audit).await.map_err(RunError::from)?;
        let list = vendors.list();
        self.vendors.store(Arc::new(vendors));
        let current = self.current.load_full();
        if current.problem.is_some() {
            // A stored key that nobody vouched for may open now.
            let (key, problem) =
                keys::newest(license.keys().await.map_err(RunError::from)?, &self.vendors.load(), &self.parts.machine);
            self.current.store(Arc::new(Current { key: key.map(Arc::new), problem, ..(*current).clone() }));
            self.show_alerts();
        }
        Ok(list)
    }

    /// Shows that additions are not followed; called once, at the start.
    pub(super) fn alert_not_followed(&self, rows: usize) {
        if rows > 0 {
            self.parts.alerts.raise(
                NOT_FOLLOWED,
                Severity::Critical,
                format!(
                    "{rows} of the added vendor keys are not followed: they were changed outside this collector, or this program \
                     takes endorsements only. Compare license trust list with the audit log and add what is missing again"
                ),
                self.time(),
            );
        }
    }
}
