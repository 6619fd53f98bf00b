//! The audit log: a chain in which each entry's hash covers all entries before it.
//!
//! [`append_in`] is for units of work that carry an entry: change and entry are committed together or not at all.

use super::{codec, fault::Fault, store::RedbStore, tables::AUDIT};
use crate::{
    chain,
    store::{
        StoreError,
        ports::AuditStore,
        records::{AuditEntry, AuditRecord},
    },
};
use async_trait::async_trait;
use muster_domain::asset::{edit::Change, value::Value};
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde_json::{Map, Value as Json};

/// Appends an entry within a unit of work.
pub(super) fn append_in(txn: &WriteTransaction, entry: &AuditEntry) -> Result<(), Fault> {
    let mut table = txn.open_table(AUDIT)?;
    let last = table.last()?.map(|(_, row)| codec::decode::<AuditRecord>(row.value())).transpose()?;
    let (number, previous) = last.map_or((1, String::new()), |last| (last.number.saturating_add(1), last.hash));
    let hash = chained(&previous, entry)?;
    codec::put(&mut table, number, &AuditRecord { number, entry: entry.clone(), hash })
}

/// The hash of an entry behind the hash of the one before it; the first has the empty text before it.
fn chained(previous: &str, entry: &AuditEntry) -> Result<String, Fault> {
    let json = serde_json::to_vec(entry)
        .map_err(|e| StoreError::Rule(format!("the audit entry {} cannot be written: {e}", entry.action)))?;
    Ok(chain::link(previous, &json))
}

/// Puts what changed into the detail of an entry: `changes: {FIELD: {before, after}}`, next to what the caller said.
pub(super) fn with_changes(mut audit: AuditEntry, changes: &[Change]) -> AuditEntry {
    let shown = |value: &Option<Value>| value.as_ref().map_or(Json::Null, |value| Json::String(value.to_string()));
    let fields = changes.iter().map(|Change { field, before, after }| {
        let mut sides = Map::new();
        sides.insert("before".to_owned(), shown(before));
        sides.insert("after".to_owned(), shown(after));
        (field.name().to_owned(), Json::Object(sides))
    });
    let fields = Json::Object(fields.collect());
    put(&mut audit.detail, "changes", fields);
    audit
}

/// The same for several records: how many changed.
pub(super) fn with_count(mut audit: AuditEntry, changed: usize) -> AuditEntry {
    put(&mut audit.detail, "changed", changed.into());
    audit
}

fn put(detail: &mut Json, name: &str, value: Json) {
    if let Json::Object(detail) = detail {
        detail.insert(name.to_owned(), value);
        return;
    }
    let mut object = Map::new();
    if !detail.is_null() {
        object.insert("input".to_owned(), detail.take());
    }
    object.insert(name.to_owned(), value);
    *detail = Json::Object(object);
}

#[async_trait]
impl AuditStore for RedbStore {
    async fn append(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.write("audit.append", move |txn| append_in(txn, &entry)).await
    }

    async fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.read("audit.page", move |txn| {
            let table = txn.open_table(AUDIT)?;
            let rows = table.range(..before.unwrap_or(u64::MAX))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn after(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
        self.read("audit.after", move |txn| {
            let table = txn.open_table(AUDIT)?;
            let rows = table.range(after.saturating_add(1)..)?.take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn verify(&self) -> Result<Result<u64, u64>, StoreError> {
        self.read("audit.verify", walked).await
    }
}

/// Walks the chain: the number of entries, or the number of the first that does not fit.
pub(super) fn walked(txn: &ReadTransaction) -> Result<Result<u64, u64>, Fault> {
    let mut previous = String::new();
    let mut count = 0;
    for row in txn.open_table(AUDIT)?.iter()? {
        let (key, row) = row?;
        let expected = count + 1;
        // A row that cannot be read does not fit, either.
        let Ok(record) = codec::decode::<AuditRecord>(row.value()) else { return Ok(Err(expected)) };
        let AuditRecord { number, entry, hash } = record;
        if key.value() != expected || number != expected || hash != chained(&previous, &entry)? {
            return Ok(Err(expected));
        }
        (previous, count) = (hash, expected);
    }
    Ok(Ok(count))
}
