//! The embedded store: reads from snapshots on blocking threads, writes through the one writer.

use super::{fault::Fault, handle::Handle, writer::Writer};
use crate::store::{StoreError, Stores};
use redb::{Error, ReadTransaction, WriteTransaction};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// A store in one file. It implements every port.
pub struct RedbStore {
    path: PathBuf,
    handle: Arc<Handle>,
    writer: Writer,
}

impl RedbStore {
    pub(super) fn new(path: PathBuf, handle: Arc<Handle>, writer: Writer) -> Self {
        Self { path, handle, writer }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every port, all of them this store.
    #[must_use]
    pub fn into_stores(self) -> Stores {
        let store = Arc::new(self);
        Stores {
            agents: store.clone(),
            tokens: store.clone(),
            applications: store.clone(),
            assets: store.clone(),
            audit: store.clone(),
            checkouts: store.clone(),
            groups: store.clone(),
            hours: store.clone(),
            idempotency: store.clone(),
            imports: store.clone(),
            interop: store.clone(),
            license: store.clone(),
            notifications: store.clone(),
            people: store.clone(),
            privacy: store.clone(),
            reconcile: store.clone(),
            references: store.clone(),
            reports: store.clone(),
            software: store.clone(),
            system: store.clone(),
            records: store.clone(),
            units: store.clone(),
            usage: store,
        }
    }

    /// Reads one snapshot on a blocking thread.
    pub(super) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTransaction) -> Result<T, Fault> + Send + 'static,
    {
        let handle = Arc::clone(&self.handle);
        let outcome = tokio::task::spawn_blocking(move || work(&handle.begin_read()?)).await.unwrap_or(Err(Fault::Panicked));
        outcome.map_err(|fault| {
            let error = StoreError::Unavailable { operation, reason: fault.to_string() };
            match fault {
                Fault::Refused(error) => error,
                // The file was opened again, or closed, during the read.
                Fault::Engine(Error::DatabaseClosed) | Fault::Panicked => error,
                fault => {
                    if fault.breaks_handle() {
                        self.writer.suspect(fault);
                    }
                    error
                }
            }
        })
    }

    /// Runs a unit of work in the writer; see [`Writer::run`].
    pub(super) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&WriteTransaction) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.run(operation, work).await
    }

    /// Writes what is queued and closes the file.
    pub(super) async fn shut(&self) -> Result<(), StoreError> {
        self.writer.close().await
    }
}
