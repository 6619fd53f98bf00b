//! What a reconciliation of rows that nobody stores would come to.
//!
//! In: rows, as a run reads them from the site. Out: positions, candidates and remedies, as a run would keep them. The way is that of
//! a run, from the first row to the last figure; nothing is kept.

use chrono::{DateTime, Utc};
use muster_domain::{
    reconcile::run::reconcile,
    record::{Library as _, derived, kinds::model::MODELS},
};

use super::flatten::{Flattener, Ids};
use super::gather::{Gathered, Sources, gather};
use crate::store::StoreError;
use crate::store::ports::is_same_name;
use crate::store::records::{CandidateRecord, PositionRecord, RemedyRecord};

/// What it comes to.
#[derive(Debug, Default)]
pub struct WhatIf {
    /// Products, each followed by its models and their metrics.
    pub positions: Vec<PositionRecord>,
    /// What may go.
    pub candidates: Vec<CandidateRecord>,
    /// What can be done.
    pub remedies: Vec<RemedyRecord>,
    /// What was left out or was not clear, in sentences.
    pub notes: Vec<String>,
}

/// Reconciles rows; of one publisher, or of all.
///
/// # Errors
/// Those of the inventory.
pub async fn what_if(sources: Sources<'_>, publisher: Option<&str>) -> Result<WhatIf, StoreError> {
    let (shelf, today) = (sources.shelf, sources.today);
    let Gathered { estate, devices, users, models, entitlements, corrections: _, notes } = gather(sources).await?;
    let called = |id| {
        let values = derived(&MODELS, id, shelf.record(MODELS.path, id)?, shelf, today);
        MODELS.name_of(&values).map(str::to_owned)
    };
    let ids = Ids::of((devices, users, models, entitlements), &estate.models, called);
    let known = |asked: &str| estate.models.iter().map(|model| &model.publisher).find(|name| is_same_name(name, asked)).cloned();
    // A publisher that no model has, has no results.
    let only = publisher.map(|asked| known(asked).unwrap_or_else(|| asked.to_owned()));
    let outcome = reconcile(&estate, only.as_deref(), &mut |_| {});
    let mut flattener = Flattener { ids: &ids, run: 0, at: DateTime::<Utc>::UNIX_EPOCH, next: 0 };
    let mut found = WhatIf { notes, ..WhatIf::default() };
    for product in outcome.products {
        let flat = flattener.product(product);
        found.positions.extend(flat.positions);
        found.candidates.extend(flat.candidates);
        found.remedies.extend(flat.remedies);
    }
    Ok(found)
}
