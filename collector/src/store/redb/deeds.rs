//! Deeds on assets: what a batch makes of the records, by the rules of the domain.
//!
//! In: a record, if there is one, and a deed. Out: the record after it and what changed. It writes only what it is told to.

use super::{asset_rows, audit, fault::Fault, history, tables::ASSETS};
use crate::store::ports::{Batch, Deed, Outcome};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{edit::Change, field::Field, record::Asset, sheet::differing, value::Value},
    ids::AssetId,
};
use redb::{ReadTransaction, WriteTransaction};

/// Does the deeds of a batch within a unit of work.
pub(super) fn apply(txn: &WriteTransaction, batch: &Batch) -> Result<Vec<Outcome>, Fault> {
    let mut outcomes = Vec::with_capacity(batch.deeds.len());
    let mut single = Vec::new();
    let origin = history::Origin { by: &batch.by, cause: batch.cause, at: batch.at };
    for (id, deed) in &batch.deeds {
        let before = asset_rows::get(&txn.open_table(ASSETS)?, *id)?;
        let (outcome, changes) = judge(*id, before, deed, batch.at);
        match &outcome {
            Outcome::Created(asset) | Outcome::Changed(asset) => {
                asset_rows::put(txn, asset.as_ref())?;
                history::append_in(txn, *id, &origin, changes.clone())?;
            }
            // A sighting changes nothing and is an entry all the same.
            Outcome::Unchanged(_) => {
                history::append_in(txn, *id, &origin, Vec::new())?;
            }
            Outcome::Refused(_) | Outcome::Missing => {}
        }
        if batch.deeds.len() == 1 {
            single = changes;
        }
        outcomes.push(outcome);
    }
    let done = outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Refused(_) | Outcome::Missing));
    if let Some(entry) = batch.audit.as_ref().filter(|_| done) {
        let changed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Created(_) | Outcome::Changed(_))).count();
        let entry = match batch.deeds.len() {
            1 => audit::with_changes(entry.clone(), &single),
            _ => audit::with_count(entry.clone(), changed),
        };
        audit::append_in(txn, &entry)?;
    }
    Ok(outcomes)
}

/// What would come of the deeds, each by itself.
pub(super) fn rehearse(txn: &ReadTransaction, batch: &Batch) -> Result<Vec<Outcome>, Fault> {
    let table = txn.open_table(ASSETS)?;
    let one = |(id, deed): &(AssetId, Deed)| Ok(judge(*id, asset_rows::get(&table, *id)?, deed, batch.at).0);
    batch.deeds.iter().map(one).collect()
}

fn judge(id: AssetId, before: Option<Asset>, deed: &Deed, at: DateTime<Utc>) -> (Outcome, Vec<Change>) {
    let is_new = before.is_none();
    let mut asset = match (before, deed) {
        (Some(asset), _) => asset,
        (None, Deed::Put(_)) => Asset::new(id, None, at),
        (None, Deed::Enter(_) | Deed::Act(_)) => return (Outcome::Missing, Vec::new()),
    };
    let set: Vec<(Field, Option<Value>)> = match deed {
        Deed::Enter(line) | Deed::Put(line) => differing(&asset, line),
        Deed::Act(action) => match action.plan(&asset) {
            Ok(set) => set,
            Err(error) => return (Outcome::Refused(error.to_string()), Vec::new()),
        },
    };
    match asset.edit(&set, at) {
        Err(error) => (Outcome::Refused(error.to_string()), Vec::new()),
        Ok(changes) if is_new => (Outcome::Created(Box::new(asset)), changes),
        Ok(changes) if changes.is_empty() => (Outcome::Unchanged(Box::new(asset)), changes),
        Ok(changes) => (Outcome::Changed(Box::new(asset)), changes),
    }
}
