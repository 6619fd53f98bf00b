//! The store itself: identity, settings, job leases, health.

use super::{
    audit, copy,
    fault::Fault,
    store::RedbStore,
    tables::{self, LEASES, META, SETTINGS},
};
use crate::store::{
    StoreError,
    ports::{JobLease, SystemStore},
    records::AuditEntry,
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use redb::ReadableTable;
use std::{collections::BTreeMap, path::Path, time::Duration};
use uuid::Uuid;

const COLLECTOR_ID: &str = "collector_id";

#[async_trait]
impl SystemStore for RedbStore {
    async fn collector_id(&self) -> Result<Option<Uuid>, StoreError> {
        self.read("system.collector_id", |txn| stored_id(&txn.open_table(META)?)).await
    }

    async fn set_collector_id(&self, id: Uuid) -> Result<(), StoreError> {
        self.write("system.set_collector_id", move |txn| {
            let mut meta = txn.open_table(META)?;
            match stored_id(&meta)? {
                Some(stored) if stored == id => Ok(()),
                Some(stored) => Err(StoreError::Conflict(format!("the store belongs to collector {stored}")).into()),
                None => {
                    meta.insert(COLLECTOR_ID, id.as_bytes().as_slice())?;
                    Ok(())
                }
            }
        })
        .await
    }

    async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.read("system.settings", |txn| {
            let rows = txn.open_table(SETTINGS)?;
            rows.iter()?
                .map(|row| {
                    let (name, value) = row?;
                    Ok((name.value().to_owned(), value.value().to_owned()))
                })
                .collect()
        })
        .await
    }

    async fn set(&self, name: &str, value: Option<&str>, audit: AuditEntry) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.write("system.set", move |txn| {
            let mut table = txn.open_table(SETTINGS)?;
            match &value {
                Some(value) => table.insert(name.as_str(), value.as_str())?,
                None => table.remove(name.as_str())?,
            };
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn change_settings(&self, changes: Vec<(String, Option<String>)>, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.write("system.change_settings", move |txn| {
            let mut table = txn.open_table(SETTINGS)?;
            for (name, value) in &changes {
                match value {
                    Some(value) => table.insert(name.as_str(), value.as_str())?,
                    None => table.remove(name.as_str())?,
                };
            }
            audit.iter().try_for_each(|entry| audit::append_in(txn, entry))
        })
        .await
    }

    async fn claim(&self, job: &str, holder: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<JobLease>, StoreError> {
        let (job, holder) = (job.to_owned(), holder.to_owned());
        let ttl = TimeDelta::from_std(ttl).unwrap_or(TimeDelta::MAX);
        let until = now.checked_add_signed(ttl).unwrap_or(DateTime::<Utc>::MAX_UTC).timestamp_millis();
        let now = now.timestamp_millis();
        self.write("system.claim", move |txn| {
            let mut table = txn.open_table(LEASES)?;
            let stored = table.get(job.as_str())?.map(|row| {
                let (holder, token, row_until) = row.value();
                // One that ends later than any taken now was taken while the clock was wrong.
                (holder.to_owned(), token, now < row_until && row_until <= until)
            });
            let token = match stored {
                Some((other, _, true)) if other != holder => return Ok(None),
                Some((_, token, true)) => token,
                Some((_, token, false)) => token.saturating_add(1),
                None => 1,
            };
            table.insert(job.as_str(), (holder.as_str(), token, until))?;
            let until = DateTime::from_timestamp_millis(until).unwrap_or(DateTime::<Utc>::MAX_UTC);
            Ok(Some(JobLease { job: job.clone(), holder: holder.clone(), token, until }))
        })
        .await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.write("system.probe", tables::write_probe).await?;
        self.read("system.probe", |txn| {
            let row = txn.open_table(META)?.get(tables::PROBE)?;
            row.map(drop).ok_or_else(|| StoreError::Corrupt { table: "meta", reason: "the probe row is gone".to_owned() }.into())
        })
        .await
    }

    async fn size_bytes(&self) -> Result<u64, StoreError> {
        let path = self.path().to_owned();
        let size = tokio::task::spawn_blocking(move || path.metadata().map(|metadata| metadata.len())).await;
        let error = |reason: String| StoreError::Unavailable { operation: "system.size_bytes", reason };
        size.map_err(|e| error(e.to_string()))?.map_err(|e| error(e.to_string()))
    }

    async fn copy_to(&self, path: &Path) -> Result<BTreeMap<String, u64>, StoreError> {
        let path = path.to_owned();
        self.read("system.copy_to", move |txn| copy::copy(txn, &path)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shut().await
    }
}

pub(super) fn stored_id(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Option<Uuid>, Fault> {
    let wrong = |_| StoreError::Corrupt { table: "meta", reason: "the collector id is no UUID".to_owned() };
    Ok(meta.get(COLLECTOR_ID)?.map(|row| Uuid::from_slice(row.value())).transpose().map_err(wrong)?)
}
