//! Reference records.

use super::{
    asset_rows, audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{ASSETS, RECORDS, REFERENCE_NAMES, REFERENCES, reference_table},
};
use crate::store::{
    StoreError,
    ports::{ReferenceChange, ReferenceStore},
    records::{AuditEntry, RecordRow, ReferenceRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::asset::{
    field::{Field, Kind},
    record::Asset,
    reference::{MAX_DEPTH, Table, folded},
    value::Value,
};
use redb::{ReadableTable, WriteTransaction};
use serde_json::json;
use uuid::Uuid;

/// Most assets or records that a refusal names.
const NAMED: usize = 5;

#[async_trait]
impl ReferenceStore for RedbStore {
    async fn all(&self, table: Option<Table>) -> Result<Vec<ReferenceRecord>, StoreError> {
        self.read("references.all", move |txn| {
            let rows = txn.open_table(REFERENCES)?;
            match table.map(reference_table) {
                None => codec::all(&rows),
                Some(table) => {
                    rows.range((table, u128::MIN)..=(table, u128::MAX))?.map(|row| codec::decode(row?.1.value())).collect()
                }
            }
        })
        .await
    }

    async fn get(&self, table: Table, id: Uuid) -> Result<Option<ReferenceRecord>, StoreError> {
        self.read("references.get", move |txn| codec::get(&txn.open_table(REFERENCES)?, key(table, id))).await
    }

    async fn find(&self, table: Table, name: &str) -> Result<Option<ReferenceRecord>, StoreError> {
        let name = folded(name);
        self.read("references.find", move |txn| {
            let id = txn.open_table(REFERENCE_NAMES)?.get((reference_table(table), name.as_str()))?.map(|row| row.value());
            id.map_or(Ok(None), |id| codec::get(&txn.open_table(REFERENCES)?, (reference_table(table), id)))
        })
        .await
    }

    async fn add(&self, records: Vec<ReferenceRecord>, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("references.add", move |txn| {
            for record in &records {
                if stored(txn, record.table, record.id)?.is_some() {
                    return Err(conflict(format!("there is a {} called {} already", record.table.record(), record.name)));
                }
                check_parent(txn, record)?;
                put(txn, record)?;
            }
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn edit(&self, change: ReferenceChange, audit: AuditEntry) -> Result<ReferenceRecord, StoreError> {
        self.write("references.edit", move |txn| {
            let ReferenceChange { table, id, name, parent, active, at } = &change;
            let before = existing(txn, *table, *id)?;
            let after = ReferenceRecord {
                name: name.as_ref().unwrap_or(&before.name).trim().to_owned(),
                parent: parent.unwrap_or(before.parent),
                active: active.unwrap_or(before.active),
                updated_at: *at,
                ..before.clone()
            };
            check_parent(txn, &after)?;
            forget_name(txn, &before)?;
            put(txn, &after)?;
            let detail = json!({"before": before, "after": after});
            audit::append_in(txn, &AuditEntry { detail, ..audit.clone() })?;
            Ok(after)
        })
        .await
    }

    async fn delete(&self, table: Table, id: Uuid, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("references.delete", move |txn| {
            let record = existing(txn, table, id)?;
            let users = pointing(txn, &record)?;
            if !users.is_empty() {
                return Err(conflict(format!(
                    "the {} {} is in use by {}; change them first, or set it inactive",
                    table.record(),
                    record.name,
                    users.join(", ")
                )));
            }
            forget_name(txn, &record)?;
            txn.open_table(REFERENCES)?.remove(key(table, id))?;
            audit::append_in(txn, &AuditEntry { detail: json!({"before": record}), ..audit.clone() })
        })
        .await
    }
}

/// The id of the record with this name, within a unit of work; it is made if there is none.
pub(super) fn ensure_in(txn: &WriteTransaction, table: Table, name: &str, actor: &str, at: DateTime<Utc>) -> Result<Uuid, Fault> {
    let named = (reference_table(table), &*folded(name));
    if let Some(id) = txn.open_table(REFERENCE_NAMES)?.get(named)?.map(|row| row.value()) {
        return Ok(Uuid::from_u128(id));
    }
    let record = ReferenceRecord::new(table, name, None, at);
    // A record that was made under this name and is called something else now is still the same thing.
    if stored(txn, table, record.id)?.is_some() {
        return Ok(record.id);
    }
    put(txn, &record)?;
    audit::append_in(
        txn,
        &AuditEntry {
            at,
            actor: actor.to_owned(),
            action: "reference.add".to_owned(),
            subject: record.id.to_string(),
            detail: json!({"after": record}),
        },
    )?;
    Ok(record.id)
}

const fn key(table: Table, id: Uuid) -> (u8, u128) {
    (reference_table(table), id.as_u128())
}

fn conflict(text: String) -> Fault {
    StoreError::Conflict(text).into()
}

fn stored(txn: &WriteTransaction, table: Table, id: Uuid) -> Result<Option<ReferenceRecord>, Fault> {
    codec::get(&txn.open_table(REFERENCES)?, key(table, id))
}

fn existing(txn: &WriteTransaction, table: Table, id: Uuid) -> Result<ReferenceRecord, Fault> {
    stored(txn, table, id)?.ok_or_else(|| StoreError::NotFound { what: table.record(), id: id.to_string() }.into())
}

fn put(txn: &WriteTransaction, record: &ReferenceRecord) -> Result<(), Fault> {
    let ReferenceRecord { table, id, name, .. } = record;
    let mut names = txn.open_table(REFERENCE_NAMES)?;
    let named = folded(name);
    if let Some(other) = names.insert((reference_table(*table), named.as_str()), id.as_u128())?
        && other.value() != id.as_u128()
    {
        return Err(conflict(format!("there is a {} called {name} already", table.record())));
    }
    codec::put(&mut txn.open_table(REFERENCES)?, key(*table, *id), record)
}

fn forget_name(txn: &WriteTransaction, record: &ReferenceRecord) -> Result<(), Fault> {
    let named = folded(&record.name);
    txn.open_table(REFERENCE_NAMES)?.remove((reference_table(record.table), named.as_str()))?;
    Ok(())
}

/// Refuses a parent that is not there, and one below the record itself.
fn check_parent(txn: &WriteTransaction, record: &ReferenceRecord) -> Result<(), Fault> {
    let table = record.table;
    let rule = |text: String| Fault::from(StoreError::Rule(text));
    let Some(mut above) = record.parent else { return Ok(()) };
    if !table.has_parents() {
        return Err(rule(format!("parent: a {} has no parent", table.record())));
    }
    for _ in 0..MAX_DEPTH {
        if above == record.id {
            return Err(rule(format!("parent: {} cannot lie below itself", record.name)));
        }
        let found = stored(txn, table, above)?;
        let found = found.ok_or_else(|| rule(format!("parent: there is no {} {above}", table.record())))?;
        match found.parent {
            Some(next) => above = next,
            None => return Ok(()),
        }
    }
    Err(rule(format!("parent: {} would lie more than {MAX_DEPTH} steps below the top", record.name)))
}

/// The first few assets and records that point to a record, in words.
fn pointing(txn: &WriteTransaction, record: &ReferenceRecord) -> Result<Vec<String>, Fault> {
    let ReferenceRecord { table, id, .. } = record;
    let fields: Vec<Field> = Field::ALL.iter().copied().filter(|field| field.kind() == Kind::Reference(*table)).collect();
    let value = Value::Ref(*id);
    // What an administrator put over the agent's own view comes back when it is taken away, so that both views count.
    let points = |asset: &Asset| {
        fields.iter().any(|field| asset.observed().get(*field) == Some(&value) || asset.edited().get(*field) == Some(&value))
    };
    let (mut found, mut more) = (Vec::new(), 0_u64);
    let mut note = |text: String| if found.len() < NAMED { found.push(text) } else { more += 1 };
    let tree = (reference_table(*table), u128::MIN)..=(reference_table(*table), u128::MAX);
    for row in txn.open_table(REFERENCES)?.range(tree)? {
        let other: ReferenceRecord = codec::decode(row?.1.value())?;
        if other.parent == Some(*id) {
            note(format!("the {} {}", table.record(), other.name));
        }
    }
    for row in txn.open_table(ASSETS)?.iter()? {
        let asset = asset_rows::decode(row?.1.value())?;
        if points(&asset) {
            let tag = asset.get(Field::AssetTag).or_else(|| asset.get(Field::SerialNumber));
            note(tag.map_or_else(|| format!("asset {}", asset.id()), |tag| format!("asset {} ({tag})", asset.id())));
        }
    }
    for row in txn.open_table(RECORDS)?.iter()? {
        let row: RecordRow = codec::decode(row?.1.value())?;
        if row.values.iter().any(|(_, other)| *other == value) {
            note(format!("{} of {}", row.id, row.kind));
        }
    }
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    Ok(found)
}
