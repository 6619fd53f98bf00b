//! A copy of the store in a new file, while the store is used.
//!
//! In: a snapshot and a path. Out: a store with the same rows, closed and on disk, and how many rows each table has. The live file
//! is never copied as bytes: it changes meanwhile.

use super::{
    fault::Fault,
    tables::{self, Visit},
};
use crate::store::StoreError;
use redb::{
    Builder, Database, Durability, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition, TableHandle as _, Value, WriteTransaction,
};
use std::{collections::BTreeMap, fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path};

/// Memory for pages of the copy, in bytes.
const CACHE: usize = 64 << 20;

/// Copies what the snapshot shows into a new file for its owner's eyes only. What is left of a copy that failed is the caller's to
/// remove.
pub(super) fn copy(from: &ReadTransaction, path: &Path) -> Result<BTreeMap<String, u64>, Fault> {
    // A failure of the copy says nothing about the store itself.
    let outside = |reason: String| Fault::from(StoreError::Unavailable { operation: "copy", reason });
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| outside(format!("{}: {error}", path.display())))?;
    let database = Builder::new().set_cache_size(CACHE).create(path).map_err(|error| outside(error.to_string()))?;
    let rows = fill(from, &database)?;
    database.close().map_err(|error| outside(error.to_string()))?;
    Ok(rows)
}

fn fill(from: &ReadTransaction, database: &Database) -> Result<BTreeMap<String, u64>, Fault> {
    let outside = |error: redb::Error| Fault::from(StoreError::Unavailable { operation: "copy", reason: error.to_string() });
    let mut to = database.begin_write().map_err(|error| outside(error.into()))?;
    to.set_durability(Durability::Immediate).map_err(|error| outside(error.into()))?;
    to.set_quick_repair(true);
    let mut copying = Copying { from, to, rows: BTreeMap::new() };
    tables::each(&mut copying)?;
    let Copying { to, rows, .. } = copying;
    // A table that a newer program of the same version made would be lost without a word.
    let unknown: Vec<String> =
        from.list_tables()?.map(|table| table.name().to_owned()).filter(|name| !rows.contains_key(name)).collect();
    if !unknown.is_empty() {
        let reason = format!("it has tables that this program does not know ({}); use the newer program", unknown.join(", "));
        return Err(StoreError::Unavailable { operation: "copy", reason }.into());
    }
    to.commit().map_err(|error| outside(error.into()))?;
    // What cannot be begun to be read is no copy.
    database.begin_read().map_err(|error| outside(error.into()))?;
    Ok(rows)
}

struct Copying<'a> {
    from: &'a ReadTransaction,
    to: WriteTransaction,
    rows: BTreeMap<String, u64>,
}

impl Visit for Copying<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(&mut self, table: TableDefinition<'static, K, V>) -> Result<(), Fault> {
        let outside = |error: redb::Error| Fault::from(StoreError::Unavailable { operation: "copy", reason: error.to_string() });
        let source = self.from.open_table(table)?;
        let mut target = self.to.open_table(table).map_err(|error| outside(error.into()))?;
        for row in source.iter()? {
            let (key, value) = row?;
            target.insert(key.value(), value.value()).map_err(|error| outside(error.into()))?;
        }
        self.rows.insert(table.name().to_owned(), source.len()?);
        Ok(())
    }
}
