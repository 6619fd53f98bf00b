//! Records of software asset management.

use super::{
    audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{IMPORT_LINES, IMPORTS, RECORD_HISTORY, RECORD_KEYS, RECORDS},
};
use crate::store::{
    StoreError,
    ports::{ImportStep, RecordChange, RecordStore},
    records::{AuditEntry, RecordEvent, RecordRow},
};
use async_trait::async_trait;
use muster_domain::{asset::Value, record::Values};
use redb::{ReadableTable, WriteTransaction};
use std::collections::BTreeMap;
use uuid::Uuid;

#[async_trait]
impl RecordStore for RedbStore {
    async fn all(&self, kind: Option<&str>) -> Result<Vec<RecordRow>, StoreError> {
        let kind = kind.map(str::to_owned);
        self.read("records.all", move |txn| {
            let rows = txn.open_table(RECORDS)?;
            match &kind {
                None => codec::all(&rows),
                Some(kind) => {
                    let of_kind = rows.range((kind.as_str(), u128::MIN)..=(kind.as_str(), u128::MAX))?;
                    of_kind.map(|row| codec::decode(row?.1.value())).collect()
                }
            }
        })
        .await
    }

    async fn change(&self, changes: Vec<RecordChange>, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("records.change", move |txn| {
            change_in(txn, &changes, &audit)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn import(&self, changes: Vec<RecordChange>, step: ImportStep, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("records.import", move |txn| {
            change_in(txn, &changes, &audit)?;
            codec::put(&mut txn.open_table(IMPORTS)?, step.run.id.as_u128(), &step.run)?;
            let mut lines = txn.open_table(IMPORT_LINES)?;
            for line in &step.lines {
                codec::put(&mut lines, (step.run.id.as_u128(), line.line), line)?;
            }
            if changes.is_empty() { Ok(()) } else { audit::append_in(txn, &audit) }
        })
        .await
    }

    async fn history(&self, kind: &str, id: Uuid, before: Option<u64>, limit: usize) -> Result<Vec<RecordEvent>, StoreError> {
        let (kind, id, before) = (kind.to_owned(), id.as_u128(), before.unwrap_or(u64::MAX));
        self.read("records.history", move |txn| {
            let table = txn.open_table(RECORD_HISTORY)?;
            let rows = table.range((kind.as_str(), id, 0)..(kind.as_str(), id, before))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }
}

fn change_in(txn: &WriteTransaction, changes: &[RecordChange], audit: &AuditEntry) -> Result<(), Fault> {
    // Keys that one record gives up may be taken by another one of the same unit of work.
    let mut before = Vec::with_capacity(changes.len());
    for change in changes {
        before.push(give_up(txn, change)?);
    }
    for (change, before) in changes.iter().zip(&before) {
        put(txn, change)?;
        note(txn, change, before.as_ref(), audit)?;
    }
    Ok(())
}

/// The record before the change, whose keys are free now.
fn give_up(txn: &WriteTransaction, change: &RecordChange) -> Result<Option<RecordRow>, Fault> {
    let key = (change.kind.as_str(), change.id.as_u128());
    let before: Option<RecordRow> = codec::get(&txn.open_table(RECORDS)?, key)?;
    if before.as_ref().map(|row| row.revision) != change.expects {
        let text = match &before {
            None => format!("{} of {} is not there any more", change.id, change.kind),
            Some(_) => format!("{} of {} was changed in the meantime; read it again", change.id, change.kind),
        };
        return Err(StoreError::Conflict(text).into());
    }
    let mut keys = txn.open_table(RECORD_KEYS)?;
    for text in before.iter().flat_map(|row| &row.keys) {
        keys.remove((change.kind.as_str(), text.as_str()))?;
    }
    Ok(before)
}

fn put(txn: &WriteTransaction, change: &RecordChange) -> Result<(), Fault> {
    let key = (change.kind.as_str(), change.id.as_u128());
    let mut table = txn.open_table(RECORDS)?;
    let Some(after) = &change.after else {
        table.remove(key)?;
        return Ok(());
    };
    codec::put(&mut table, key, after)?;
    let mut keys = txn.open_table(RECORD_KEYS)?;
    for text in &after.keys {
        let other = keys.insert((change.kind.as_str(), text.as_str()), change.id.as_u128())?.map(|row| row.value());
        if let Some(other) = other.map(Uuid::from_u128).filter(|other| *other != change.id) {
            let fields = text.split('\u{1f}').next().unwrap_or_default();
            return Err(StoreError::Conflict(format!("{other} of {} has the same {fields}", change.kind)).into());
        }
    }
    Ok(())
}

fn note(txn: &WriteTransaction, change: &RecordChange, before: Option<&RecordRow>, audit: &AuditEntry) -> Result<(), Fault> {
    let mut table = txn.open_table(RECORD_HISTORY)?;
    let (kind, id) = (change.kind.as_str(), change.id.as_u128());
    let last = table.range((kind, id, 0)..=(kind, id, u64::MAX))?.next_back().transpose()?.map_or(0, |(key, _)| key.value().2);
    let number = last.saturating_add(1);
    let changes = difference(before.map(|row| &row.values), change.after.as_ref().map(|row| &row.values));
    let event = RecordEvent { number, at: audit.at, by: audit.actor.clone(), cause: change.cause, changes };
    codec::put(&mut table, (kind, id, number), &event)
}

/// The fields that differ, each with its value before and after.
fn difference(before: Option<&Values>, after: Option<&Values>) -> BTreeMap<String, (Option<Value>, Option<Value>)> {
    let fields = before.into_iter().chain(after).flat_map(Values::iter).map(|(field, _)| field);
    let of = |values: Option<&Values>, field: &str| values.and_then(|values| values.get(field)).cloned();
    let changed = fields.map(|field| (field.to_owned(), (of(before, field), of(after, field))));
    changed.filter(|(_, (before, after))| before != after).collect()
}
