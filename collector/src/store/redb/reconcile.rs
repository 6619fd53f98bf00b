//! What reconciliation runs found.

use super::{
    audit, codec,
    fault::Fault,
    reconcile_members as members,
    store::RedbStore,
    tables::{POSITIONS, PRODUCT_POSITIONS, RECONCILIATIONS, REMEDIES, REMOVAL_CANDIDATES},
};
use crate::store::{
    StoreError,
    ports::{CandidateWish, MemberChunk, ReconcileStore},
    records::{AuditEntry, CandidateRecord, MemberRecord, PositionRecord, ReconciliationRecord, RemedyRecord, Tier},
};
use async_trait::async_trait;
use redb::ReadableTable;
use std::ops::Bound;
use uuid::Uuid;

#[async_trait]
impl ReconcileStore for RedbStore {
    async fn begin(&self, run: ReconciliationRecord) -> Result<u64, StoreError> {
        self.write("reconcile.begin", move |txn| {
            let mut table = txn.open_table(RECONCILIATIONS)?;
            let id = table.last()?.map_or(1, |(id, _)| id.value().saturating_add(1));
            codec::put(&mut table, id, &ReconciliationRecord { id, ..run.clone() })?;
            Ok(id)
        })
        .await
    }

    async fn put_run(&self, run: ReconciliationRecord, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("reconcile.put_run", move |txn| {
            let mut table = txn.open_table(RECONCILIATIONS)?;
            if table.get(run.id)?.is_none() {
                return Err(StoreError::NotFound { what: "reconciliation", id: run.id.to_string() }.into());
            }
            codec::put(&mut table, run.id, &run)?;
            audit.iter().try_for_each(|audit| audit::append_in(txn, audit))
        })
        .await
    }

    async fn run(&self, id: u64) -> Result<Option<ReconciliationRecord>, StoreError> {
        self.read("reconcile.run", move |txn| codec::get(&txn.open_table(RECONCILIATIONS)?, id)).await
    }

    async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<ReconciliationRecord>, StoreError> {
        self.read("reconcile.runs", move |txn| {
            let table = txn.open_table(RECONCILIATIONS)?;
            let rows = table.range(..before.unwrap_or(u64::MAX))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn add_positions(&self, positions: Vec<PositionRecord>) -> Result<(), StoreError> {
        self.write("reconcile.add_positions", move |txn| {
            let (mut table, mut products) = (txn.open_table(POSITIONS)?, txn.open_table(PRODUCT_POSITIONS)?);
            for one in &positions {
                codec::put(&mut table, (one.run, one.number), one)?;
                if one.tier == Tier::Product {
                    products.insert((product_key(&one.product).as_str(), one.run, one.number), ())?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn positions(&self, run: u64, first: u32, last: u32) -> Result<Vec<PositionRecord>, StoreError> {
        self.read("reconcile.positions", move |txn| {
            let table = txn.open_table(POSITIONS)?;
            if first > last {
                return Ok(Vec::new());
            }
            table.range((run, first)..=(run, last))?.map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn position(&self, run: u64, number: u32) -> Result<Option<PositionRecord>, StoreError> {
        self.read("reconcile.position", move |txn| codec::get(&txn.open_table(POSITIONS)?, (run, number))).await
    }

    async fn product_history(&self, product: &str) -> Result<Vec<PositionRecord>, StoreError> {
        let key = product_key(product);
        self.read("reconcile.product_history", move |txn| {
            let (table, products) = (txn.open_table(POSITIONS)?, txn.open_table(PRODUCT_POSITIONS)?);
            let mut found = Vec::new();
            for row in products.range((key.as_str(), 0, 0)..=(key.as_str(), u64::MAX, u32::MAX))? {
                let (place, ()) = (row?.0, ());
                let (_, run, number) = place.value();
                found.extend(codec::get::<_, PositionRecord>(&table, (run, number))?);
            }
            Ok(found)
        })
        .await
    }

    async fn add_members(&self, run: u64, chunks: Vec<MemberChunk>) -> Result<(), StoreError> {
        self.write("reconcile.add_members", move |txn| members::add(txn, run, &chunks)).await
    }

    async fn members(&self, run: u64, position: u32, from: u64, limit: usize) -> Result<Vec<MemberRecord>, StoreError> {
        self.read("reconcile.members", move |txn| members::page(txn, (run, position), from, limit)).await
    }

    async fn runs_with_members(&self) -> Result<Vec<u64>, StoreError> {
        self.read("reconcile.runs_with_members", members::runs).await
    }

    async fn forget_members(&self, run: u64, positions: Vec<u32>, limit: usize) -> Result<usize, StoreError> {
        self.write("reconcile.forget_members", move |txn| members::forget(txn, run, &positions, limit)).await
    }

    async fn forget_positions(&self, run: u64, limit: usize) -> Result<usize, StoreError> {
        self.write("reconcile.forget_positions", move |txn| {
            let (mut table, mut products) = (txn.open_table(POSITIONS)?, txn.open_table(PRODUCT_POSITIONS)?);
            let mut found: Vec<PositionRecord> = Vec::new();
            for row in table.range((run, 0)..=(run, u32::MAX))?.take(limit) {
                found.push(codec::decode(row?.1.value())?);
            }
            for one in &found {
                table.remove((run, one.number))?;
                products.remove((product_key(&one.product).as_str(), run, one.number))?;
            }
            Ok(found.len())
        })
        .await
    }

    async fn forget_run(&self, run: u64) -> Result<(), StoreError> {
        self.write("reconcile.forget_run", move |txn| {
            if txn.open_table(POSITIONS)?.range((run, 0)..=(run, u32::MAX))?.next().is_some() {
                return Err(StoreError::Conflict(format!("reconciliation {run} still has positions")).into());
            }
            txn.open_table(RECONCILIATIONS)?.remove(run)?;
            Ok(())
        })
        .await
    }

    async fn candidates(
        &self,
        wish: CandidateWish,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CandidateRecord>, StoreError> {
        self.read("reconcile.candidates", move |txn| {
            let table = txn.open_table(REMOVAL_CANDIDATES)?;
            let begin = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_u128()));
            let mut found = Vec::new();
            for row in table.range((begin, Bound::Unbounded))? {
                if found.len() == limit {
                    break;
                }
                let one: CandidateRecord = codec::decode(row?.1.value())?;
                if wish.fits(&one) {
                    found.push(one);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn known_candidates(&self, mut ids: Vec<Uuid>) -> Result<Vec<CandidateRecord>, StoreError> {
        self.read("reconcile.known_candidates", move |txn| {
            let table = txn.open_table(REMOVAL_CANDIDATES)?;
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| codec::get(&table, id.as_u128()).transpose()).collect()
        })
        .await
    }

    async fn put_candidates(&self, candidates: Vec<CandidateRecord>, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("reconcile.put_candidates", move |txn| {
            let mut table = txn.open_table(REMOVAL_CANDIDATES)?;
            for one in &candidates {
                let before: Option<CandidateRecord> = codec::get(&table, one.id.as_u128())?;
                follows("removal candidate", one.id, before.map(|before| before.revision), one.revision)?;
                codec::put(&mut table, one.id.as_u128(), one)?;
            }
            audit.iter().try_for_each(|audit| audit::append_in(txn, audit))
        })
        .await
    }

    async fn remedies(&self) -> Result<Vec<RemedyRecord>, StoreError> {
        self.read("reconcile.remedies", |txn| codec::all(&txn.open_table(REMEDIES)?)).await
    }

    async fn put_remedies(&self, remedies: Vec<RemedyRecord>, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("reconcile.put_remedies", move |txn| {
            let mut table = txn.open_table(REMEDIES)?;
            for one in &remedies {
                let before: Option<RemedyRecord> = codec::get(&table, one.id.as_u128())?;
                follows("remedy", one.id, before.map(|before| before.revision), one.revision)?;
                codec::put(&mut table, one.id.as_u128(), one)?;
            }
            audit.iter().try_for_each(|audit| audit::append_in(txn, audit))
        })
        .await
    }
}

fn follows(what: &str, id: Uuid, before: Option<u64>, now: u64) -> Result<(), Fault> {
    if before.unwrap_or_default().checked_add(1) == Some(now) {
        return Ok(());
    }
    Err(StoreError::Conflict(format!("the {what} {id} was changed in the meantime; read it again")).into())
}

fn product_key(product: &str) -> String {
    product.trim().to_lowercase()
}
