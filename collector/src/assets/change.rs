//! The same change of many assets: what would come of it, and doing it, in portions that other work fits between.
//!
//! In: ids and the fields to set. Out: how many changed, and why others did not. Each portion is one unit of work with its history
//! and an entry of the audit log.

use crate::store::{
    StoreError, Stores,
    ports::{Batch, Deed, Outcome},
    records::{AuditEntry, Cause},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Field, Value},
    ids::AssetId,
};
use std::collections::BTreeMap;

/// Assets of one unit of work.
const PORTION: usize = 1_000;

/// What is to be changed.
#[derive(Debug, Clone)]
pub struct ManyChange {
    /// The fields to set; `None` empties one.
    pub set: Vec<(Field, Option<Value>)>,
    /// By which query the assets were found, for the audit log.
    pub query: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Only say what would come of it.
    pub dry_run: bool,
}

/// What came of a change, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManyChanged {
    /// Assets that changed.
    pub changed: u64,
    /// Assets that were so already.
    pub unchanged: u64,
    /// Assets that are gone.
    pub missing: u64,
    /// Why the rules refuse it, and for how many assets.
    pub refused: BTreeMap<String, u64>,
}

/// Changes these assets, or with `dry_run` says what would come of it.
///
/// # Errors
/// Those of the store; earlier portions are changed then.
pub async fn change_many(stores: &Stores, assets: &[AssetId], change: &ManyChange) -> Result<ManyChanged, StoreError> {
    let mut sums = ManyChanged::default();
    for portion in assets.chunks(PORTION) {
        let deeds = portion.iter().map(|id| (*id, Deed::Enter(change.set.clone()))).collect();
        let set: BTreeMap<&str, Option<String>> =
            change.set.iter().map(|(field, value)| (field.name(), value.as_ref().map(ToString::to_string))).collect();
        let audit = AuditEntry {
            at: change.at,
            actor: change.by.clone(),
            action: "asset.edit_many".to_owned(),
            subject: change.query.clone(),
            detail: serde_json::json!({"found": portion.len(), "set": set}),
        };
        let batch = Batch {
            deeds,
            by: change.by.clone(),
            cause: Cause::Edited,
            at: change.at,
            dry_run: change.dry_run,
            audit: (!change.dry_run).then_some(audit),
        };
        for outcome in stores.assets.batch(batch).await? {
            match outcome {
                Outcome::Created(_) | Outcome::Changed(_) => sums.changed += 1,
                Outcome::Unchanged(_) => sums.unchanged += 1,
                Outcome::Missing => sums.missing += 1,
                Outcome::Refused(reason) => *sums.refused.entry(reason).or_default() += 1,
            }
        }
    }
    Ok(sums)
}
