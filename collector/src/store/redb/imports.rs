//! Imports of files that were run.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{IMPORT_LINES, IMPORTS},
};
use crate::store::{
    StoreError,
    ports::ImportStore,
    records::{AuditEntry, ImportRun, LineState, RefusedLine},
};
use async_trait::async_trait;
use redb::ReadableTableMetadata as _;
use uuid::Uuid;

#[async_trait]
impl ImportStore for RedbStore {
    async fn put(&self, run: ImportRun, keep: usize, audit: AuditEntry) -> Result<(), StoreError> {
        let keep = u64::try_from(keep).unwrap_or(u64::MAX);
        self.write("imports.put", move |txn| {
            let mut runs = txn.open_table(IMPORTS)?;
            codec::put(&mut runs, run.id.as_u128(), &run)?;
            let mut lines = txn.open_table(IMPORT_LINES)?;
            while runs.len()? > keep {
                let Some(oldest) = runs.pop_first()?.map(|(id, _)| id.value()) else { break };
                lines.retain_in((oldest, u64::MIN)..=(oldest, u64::MAX), |_, _| false)?;
            }
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn refuse(&self, run: Uuid, lines: Vec<RefusedLine>) -> Result<(), StoreError> {
        self.write("imports.refuse", move |txn| {
            let mut table = txn.open_table(IMPORT_LINES)?;
            for line in &lines {
                codec::put(&mut table, (run.as_u128(), line.line), line)?;
            }
            Ok(())
        })
        .await
    }

    async fn list(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<ImportRun>, StoreError> {
        let before = before.map_or(u128::MAX, |before| before.as_u128());
        self.read("imports.list", move |txn| {
            let table = txn.open_table(IMPORTS)?;
            let rows = table.range(..before)?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn get(&self, run: Uuid) -> Result<Option<ImportRun>, StoreError> {
        self.read("imports.get", move |txn| codec::get(&txn.open_table(IMPORTS)?, run.as_u128())).await
    }

    async fn lines(&self, run: Uuid, after: u64, limit: usize) -> Result<Vec<RefusedLine>, StoreError> {
        let (run, after) = (run.as_u128(), after.saturating_add(1));
        self.read("imports.lines", move |txn| {
            let table = txn.open_table(IMPORT_LINES)?;
            let rows = table.range((run, after)..=(run, u64::MAX))?.take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn set_line(
        &self,
        run: Uuid,
        line: u64,
        state: LineState,
        audit: AuditEntry,
    ) -> Result<Option<RefusedLine>, StoreError> {
        self.write("imports.set_line", move |txn| {
            let key = (run.as_u128(), line);
            let mut table = txn.open_table(IMPORT_LINES)?;
            let Some(before): Option<RefusedLine> = codec::get(&table, key)? else { return Ok(None) };
            let after = RefusedLine { state, state_by: Some(audit.actor.clone()), ..before };
            codec::put(&mut table, key, &after)?;
            audit::append_in(txn, &audit)?;
            Ok(Some(after))
        })
        .await
    }
}
