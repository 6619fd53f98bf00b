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
use redb::{ReadTransaction, ReadableTable, WriteTransaction};

/// Does the deeds of a batch within a unit of work.
pub(super) fn apply(txn: &WriteTransaction, batch: &Batch) -> Result<Vec<Outcome>, Fault> {
    let mut outcomes = Vec::with_capacity(batch.deeds.len());
    let mut single = Vec::new();
    let origin = history::Origin { by: &batch.by, cause: batch.cause, at: batch.at };
    for (id, deed) in &batch.deeds {
        let (outcome, changes) = judge(&txn.open_table(ASSETS)?, *id, deed, batch.at)?;
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
    let one = |(id, deed): &(AssetId, Deed)| Ok(judge(&table, *id, deed, batch.at)?.0);
    batch.deeds.iter().map(one).collect()
}

fn judge(
    table: &impl ReadableTable<u128, &'static [u8]>,
    id: AssetId,
    deed: &Deed,
    at: DateTime<Utc>,
) -> Result<(Outcome, Vec<Change>), Fault> {
    let before = asset_rows::get(table, id)?;
    let is_new = before.is_none();
    let mut asset = match (before, deed) {
        (Some(asset), _) => asset,
        (None, Deed::Put(_)) => Asset::new(id, None, at),
        (None, Deed::Enter(_) | Deed::Act(_)) => return Ok((Outcome::Missing, Vec::new())),
    };
    let set: Vec<(Field, Option<Value>)> = match deed {
        Deed::Enter(line) | Deed::Put(line) => differing(&asset, line),
        Deed::Act(action) => match action.plan(&asset) {
            Ok(set) => set,
            Err(error) => return Ok((Outcome::Refused(error.to_string()), Vec::new())),
        },
    };
    let changes = match asset.edit(&set, at) {
        Ok(changes) => changes,
        Err(error) => return Ok((Outcome::Refused(error.to_string()), Vec::new())),
    };
    if let Some(reason) = asset_rows::wrong_parent(table, &asset, &changes)? {
        return Ok((Outcome::Refused(reason), Vec::new()));
    }
    let outcome = match (is_new, changes.is_empty()) {
        (true, _) => Outcome::Created(Box::new(asset)),
        (false, true) => Outcome::Unchanged(Box::new(asset)),
        (false, false) => Outcome::Changed(Box::new(asset)),
    };
    Ok((outcome, changes))
}
