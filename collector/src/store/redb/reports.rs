//! Reports: appending to the journal, and what a starting collector reads. The folding itself is in [`super::fold`].

use super::{
    assets, audit, codec,
    fault::Fault,
    fold,
    store::RedbStore,
    tables::{JOURNAL, LIVE_SESSIONS, PROGRESS},
};
use crate::store::{
    StoreError,
    ports::{Live, Observation, ReportStore},
    records::{AgentProgress, AuditEntry, Change},
};
use async_trait::async_trait;
use redb::{ReadableTable, WriteTransaction};

/// Changes folded at once while a collector starts, and before progress is saved.
const LOAD_STEP: usize = 4096;

#[async_trait]
impl ReportStore for RedbStore {
    async fn append(&self, change: Change, observation: Option<Observation>) -> Result<(), StoreError> {
        self.write("reports.append", move |txn| {
            append_in(txn, &change)?;
            observation.as_ref().map_or(Ok(()), |observation| assets::observe_in(txn, observation))
        })
        .await
    }

    async fn append_audited(&self, change: Change, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("reports.append_audited", move |txn| {
            append_in(txn, &change)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn fold(&self, limit: usize) -> Result<usize, StoreError> {
        self.write("reports.fold", move |txn| fold::fold(txn, limit)).await
    }

    async fn save_progress(&self, progress: Vec<AgentProgress>) -> Result<(), StoreError> {
        self.write("reports.save_progress", move |txn| {
            // The journal may still hold reports that this progress already counts. They become rows first: after it, their
            // fold would take them for reports that were sent twice, and what they say would be lost.
            while fold::fold(txn, LOAD_STEP)? > 0 {}
            let mut table = txn.open_table(PROGRESS)?;
            for row in &progress {
                let key = row.agent.0.as_u128();
                let stored: Option<AgentProgress> = codec::get(&table, key)?;
                if stored.is_none_or(|stored| (stored.epoch, stored.seq) < (row.epoch, row.seq)) {
                    codec::put(&mut table, key, row)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn load(&self) -> Result<Live, StoreError> {
        while self.fold(LOAD_STEP).await? > 0 {}
        self.read("reports.load", |txn| {
            Ok(Live { progress: codec::all(&txn.open_table(PROGRESS)?)?, sessions: codec::all(&txn.open_table(LIVE_SESSIONS)?)? })
        })
        .await
    }
}

fn append_in(txn: &WriteTransaction, change: &Change) -> Result<(), Fault> {
    let mut journal = txn.open_table(JOURNAL)?;
    let next = journal.last()?.map_or(0, |(number, _)| number.value()).saturating_add(1);
    codec::put(&mut journal, next, change)
}
