//! Looking through a store that nobody has open: every checksum, every row, and what must agree with each other.
//!
//! In: the path of a file. Out: what it holds, or the first thing that is wrong. A file that was not closed cleanly is repaired, as
//! the collector itself would when it starts.

use super::{
    asset_rows, audit, codec,
    codec::Row,
    fault::Fault,
    handle::guarded,
    open, system,
    tables::{self, ASSETS, HARDWARE, HEADS, META, Rows, Visit},
};
use crate::store::{StoreError, ports::Contents};
use redb::{
    Builder, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition,
    TableError, TableHandle as _, Value,
};
use serde::de::IgnoredAny;
use std::{collections::BTreeMap, path::Path};

/// Looks through the file; blocks for about 4 s per GB.
///
/// # Errors
/// As [`open`](super::open()), and [`StoreError::Corrupt`] for a row that cannot be read or numbers that do not agree.
pub fn check(path: &Path) -> Result<Contents, StoreError> {
    open::check_magic(path)?;
    open::look_first(path)?;
    let looked = guarded(|| {
        let database = Builder::new().set_check_integrity_on_open(true).open(path)?;
        let contents = {
            let txn = database.begin_read()?;
            open::check_schema(&txn, path)?;
            contents(&txn)?
        };
        database.close()?;
        Ok(contents)
    });
    looked.map_err(|fault| open::refused(fault, path))
}

fn contents(txn: &ReadTransaction) -> Result<Contents, Fault> {
    let mut looking = Looking { txn, rows: BTreeMap::new() };
    tables::each(&mut looking)?;
    let rows = looking.rows;
    let assets = txn.open_table(ASSETS)?;
    for row in assets.iter()? {
        asset_rows::decode(row?.1.value())?;
    }
    for row in txn.open_table(HARDWARE)?.iter()? {
        let corrupt = |error: serde_json::Error| StoreError::Corrupt { table: "hardware", reason: error.to_string() };
        serde_json::from_slice::<IgnoredAny>(row?.1.value()).map_err(corrupt)?;
    }
    let mut counted = 0_u64;
    for row in txn.open_table(HEADS)?.iter()? {
        counted = counted.saturating_add(row?.1.value());
    }
    let kept = assets.len()?;
    if counted != kept {
        let reason = format!("there are {kept} assets, and {counted} are counted");
        return Err(StoreError::Corrupt { table: "heads", reason }.into());
    }
    Ok(Contents { collector_id: system::stored_id(&txn.open_table(META)?)?, rows, audit_broken_at: audit::walked(txn)?.err() })
}

struct Looking<'a> {
    txn: &'a ReadTransaction,
    rows: BTreeMap<String, u64>,
}

impl Visit for Looking<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(&mut self, table: TableDefinition<'static, K, V>) -> Result<(), Fault> {
        let rows = match self.txn.open_table(table) {
            Ok(found) => found.len()?,
            // A store of an older program has no such table yet.
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.rows.insert(table.name().to_owned(), rows);
        Ok(())
    }

    fn rows<K: Key + 'static, R: Row>(&mut self, table: Rows<K>) -> Result<(), Fault> {
        self.table(table)?;
        if self.rows.contains_key(table.name()) {
            for row in self.txn.open_table(table)?.iter()? {
                codec::decode::<R>(row?.1.value())?;
            }
        }
        Ok(())
    }
}
