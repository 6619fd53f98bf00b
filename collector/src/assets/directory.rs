//! The reference tables in memory.
//!
//! In: the records of the store, at the start and after each commit that changed some. Out: snapshots; an operation takes one
//! and uses it to its end, so that a query is checked and evaluated against the same names. Administrators' changes go through
//! here, so that what is published is what was stored last.

use crate::store::{
    StoreError,
    ports::{NamedReference, ReferenceChange, ReferenceStore},
    records::{AuditEntry, ReferenceRecord},
};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use muster_domain::asset::{Directory as _, Kind, References, Table};
use serde_json::json;
use std::{future::Future, sync::Arc};
use tokio::sync::{Mutex, MutexGuard};
use uuid::{NoContext, Timestamp, Uuid};

/// Records that are made in one unit of work, and named in its audit entry.
const TOGETHER: usize = 500;
/// How often names are looked for that others bring at the same time.
const ATTEMPTS: u32 = 5;

/// The reference tables in memory.
pub struct ReferenceTables {
    store: Arc<dyn ReferenceStore>,
    published: ArcSwap<References>,
    /// One change at a time, so that they are published in the order they were stored.
    changing: Mutex<Standing>,
}

/// Whether what is published is what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Current,
    /// The outcome of a change, or what it made, is not known: everything is read again before the next one.
    Stale,
}

impl ReferenceTables {
    /// The tables of a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: Arc<dyn ReferenceStore>) -> Result<Self, StoreError> {
        let published = ArcSwap::from_pointee(read(store.as_ref()).await?);
        Ok(Self { store, published, changing: Mutex::new(Standing::Current) })
    }

    /// The tables as they are now. What changes later does not show in it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<References> {
        self.published.load_full()
    }

    /// Adds a record. `entry` makes the audit entry once the record's id is known.
    ///
    /// # Errors
    /// A conflict when the name is taken, a broken rule for a parent that is not there, or the store's own.
    pub async fn add(
        self: &Arc<Self>,
        mut record: ReferenceRecord,
        entry: impl FnOnce(&ReferenceRecord) -> AuditEntry,
    ) -> Result<ReferenceRecord, StoreError> {
        own_id(&self.snapshot(), &mut record);
        let audit = entry(&record);
        let work = |store: Arc<dyn ReferenceStore>| async move { store.add(vec![record.clone()], audit).await.map(|()| record) };
        self.change(work, put).await
    }

    /// The records of these names, each name once; those that are not there are made. With each, whether it was made here. What
    /// was made before an error stays. Each unit of work has `entry` in the audit log, with what it made.
    ///
    /// # Errors
    /// The store's own.
    pub async fn ensure(
        self: &Arc<Self>,
        names: &[(Table, &str)],
        at: DateTime<Utc>,
        entry: AuditEntry,
    ) -> Result<Vec<(ReferenceRecord, bool)>, StoreError> {
        let mut all = Vec::with_capacity(names.len());
        for part in names.chunks(TOGETHER) {
            let wanted: Vec<ReferenceRecord> =
                part.iter().map(|(table, name)| ReferenceRecord::new(*table, name, None, at)).collect();
            let mut attempts = ATTEMPTS;
            all.extend(loop {
                let (tables, wanted, entry) = (Arc::clone(self), wanted.clone(), entry.clone());
                let work = |store: Arc<dyn ReferenceStore>| async move { make(store, &tables.snapshot(), wanted, entry).await };
                let publish = |references: &mut References, made: &Vec<(ReferenceRecord, bool)>| {
                    made.iter().for_each(|(record, _)| put(references, record));
                };
                attempts -= 1;
                match self.change(work, publish).await {
                    // A report brought one of the names after they were looked for.
                    Err(StoreError::Conflict(_)) if attempts > 0 => {}
                    outcome => break outcome?,
                }
            });
        }
        Ok(all)
    }

    /// Changes a record.
    ///
    /// # Errors
    /// As [`ReferenceStore::edit`].
    pub async fn edit(self: &Arc<Self>, change: ReferenceChange, audit: AuditEntry) -> Result<ReferenceRecord, StoreError> {
        self.change(|store| async move { store.edit(change, audit).await }, put).await
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// As [`ReferenceStore::delete`].
    pub async fn delete(self: &Arc<Self>, table: Table, id: Uuid, audit: AuditEntry) -> Result<(), StoreError> {
        let work = move |store: Arc<dyn ReferenceStore>| async move { store.delete(table, id, audit).await };
        self.change(work, move |references, ()| references.remove(table, id)).await
    }

    /// Takes up records that a commit elsewhere may have made. Names that are known cost nothing.
    pub async fn learn(&self, named: &[NamedReference]) {
        let known = self.snapshot();
        let tables = named.iter().filter_map(|named| match named.field.kind() {
            Kind::Reference(table) => Some((table, named.name.as_str())),
            _ => None,
        });
        let unknown: Vec<(Table, &str)> = tables.filter(|(table, name)| known.find(*table, name).is_none()).collect();
        if unknown.is_empty() {
            return;
        }
        let mut standing = self.changing.lock().await;
        for (table, name) in unknown {
            match self.store.find(table, name).await {
                Ok(Some(record)) => self.publish(|references| put(references, &record)),
                // It was called something else in the meantime.
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a new reference record cannot be read; all are read again with the next change");
                    *standing = Standing::Stale;
                }
            }
        }
    }

    /// Stores a change, then publishes it. It runs to its end even if nobody waits for it any more: what is stored is published.
    async fn change<T, F, W, P>(self: &Arc<Self>, work: F, apply: P) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(Arc<dyn ReferenceStore>) -> W + Send + 'static,
        W: Future<Output = Result<T, StoreError>> + Send + 'static,
        P: FnOnce(&mut References, &T) + Send + 'static,
    {
        let tables = Arc::clone(self);
        let changed = tokio::spawn(async move {
            let mut standing = tables.changing.lock().await;
            tables.refresh(&mut standing).await?;
            let outcome = work(Arc::clone(&tables.store)).await;
            match &outcome {
                Ok(made) => tables.publish(|references| apply(references, made)),
                Err(StoreError::Unavailable { .. }) => *standing = Standing::Stale,
                Err(_) => {}
            }
            outcome
        });
        changed.await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable { operation: "references", reason: "the program is ending".to_owned() })
        })
    }

    async fn refresh(&self, standing: &mut MutexGuard<'_, Standing>) -> Result<(), StoreError> {
        if **standing == Standing::Stale {
            self.published.store(Arc::new(read(self.store.as_ref()).await?));
            **standing = Standing::Current;
        }
        Ok(())
    }

    fn publish(&self, apply: impl FnOnce(&mut References)) {
        let mut references = References::clone(&self.snapshot());
        apply(&mut references);
        self.published.store(Arc::new(references));
    }
}

/// Looks for the records of some names and makes those that are not there.
async fn make(
    store: Arc<dyn ReferenceStore>,
    known: &References,
    wanted: Vec<ReferenceRecord>,
    entry: AuditEntry,
) -> Result<Vec<(ReferenceRecord, bool)>, StoreError> {
    let (mut all, mut new) = (Vec::with_capacity(wanted.len()), Vec::new());
    for mut record in wanted {
        if let Some(there) = store.find(record.table, &record.name).await? {
            all.push((there, false));
        } else {
            own_id(known, &mut record);
            new.push(record.clone());
            all.push((record, true));
        }
    }
    if !new.is_empty() {
        let added: Vec<_> = new.iter().map(|r| json!({"table": r.table.name(), "id": r.id, "name": r.name})).collect();
        store.add(new, AuditEntry { detail: json!({ "added": added }), ..entry }).await?;
    }
    Ok(all)
}

/// Gives a new record another id where the one that follows from its name is taken: the record that was made under this name is
/// called something else by now.
fn own_id(known: &References, record: &mut ReferenceRecord) {
    if known.display(record.table, record.id).is_some() && known.find(record.table, &record.name).is_none() {
        let seconds = u64::try_from(record.created_at.timestamp()).unwrap_or_default();
        record.id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, record.created_at.timestamp_subsec_nanos()));
    }
}

fn put(references: &mut References, record: &ReferenceRecord) {
    references.put(record.table, record.id, &record.name, record.parent);
}

async fn read(store: &dyn ReferenceStore) -> Result<References, StoreError> {
    let mut references = References::new();
    for record in store.all(None).await? {
        put(&mut references, &record);
    }
    Ok(references)
}

impl std::fmt::Debug for ReferenceTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReferenceTables")
    }
}
