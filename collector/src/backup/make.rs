//! Making a backup while the collector serves.
//!
//! In: the store. Out: a finished file without a name, so that nothing is left of it when nobody reads on, not even after a crash.

use super::{
    BackupError,
    file::{Manifest, digested, pack},
    files::{Unfinished, room},
};
use crate::store::{Stores, records::AuditEntry};
use muster_license::MachineKeyId;
use muster_runtime::clock::SharedClock;
use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Backups that are on their way to somebody at once.
const MOST_TAKEN: usize = 4;
/// Room that even the smallest store needs, in bytes.
const LEAST_ROOM: u64 = 4 << 20;

/// Makes backups, one at a time.
pub struct Backups {
    stores: Stores,
    data_dir: PathBuf,
    collector_id: Uuid,
    machine_key_id: String,
    clock: SharedClock,
    /// One is made at a time.
    one: Arc<Semaphore>,
    /// A few are taken at a time: each holds a file.
    taken: Arc<Semaphore>,
}

/// A backup that was made.
pub struct Made {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its length.
    pub bytes: u64,
    /// The file, at its beginning.
    pub file: File,
    /// Its place among those that are taken, until it is dropped.
    pub place: OwnedSemaphorePermit,
}

impl Backups {
    /// Backups of this store, made beside it.
    #[must_use]
    pub fn new(stores: &Stores, data_dir: &Path, collector_id: Uuid, machine: &MachineKeyId, clock: &SharedClock) -> Self {
        Self {
            stores: stores.clone(),
            data_dir: data_dir.to_owned(),
            collector_id,
            machine_key_id: machine.to_string(),
            clock: Arc::clone(clock),
            one: Arc::new(Semaphore::new(1)),
            taken: Arc::new(Semaphore::new(MOST_TAKEN)),
        }
    }

    /// Makes one; `actor` stands in the audit log.
    ///
    /// # Errors
    /// While another one is made or taken, without room for it, and when the store or the disk fails.
    pub async fn make(&self, actor: &str) -> Result<Made, BackupError> {
        let _one = self.one.try_acquire().map_err(|_| BackupError::Busy)?;
        let place = Arc::clone(&self.taken).try_acquire_owned().map_err(|_| BackupError::Busy)?;
        room(&self.data_dir, self.stores.system.size_bytes().await?.saturating_mul(2).max(LEAST_ROOM))?;
        let copy = Unfinished::new(&self.data_dir, "store");
        let created_at = self.clock.now();
        let rows = self.stores.system.copy_to(&copy.path).await?;
        let manifest = Manifest {
            created_at,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            collector_id: self.collector_id,
            machine_key_id: self.machine_key_id.clone(),
            store_bytes: 0,
            store_sha256: String::new(),
            rows,
        };
        let dir = self.data_dir.clone();
        let packed = tokio::task::spawn_blocking(move || packed(&dir, &copy, manifest)).await;
        let (manifest, bytes, file) = packed.map_err(|error| BackupError::Refused(error.to_string()))??;
        let audit = AuditEntry {
            at: created_at,
            actor: actor.to_owned(),
            action: "backup.create".to_owned(),
            subject: self.collector_id.to_string(),
            detail: serde_json::json!({"bytes": bytes, "store_sha256": manifest.store_sha256}),
        };
        self.stores.audit.append(audit).await?;
        Ok(Made { manifest, bytes, file, place })
    }
}

fn packed(dir: &Path, copy: &Unfinished, manifest: Manifest) -> Result<(Manifest, u64, File), BackupError> {
    let mut store = File::open(&copy.path).map_err(BackupError::at(&copy.path))?;
    let (store_sha256, store_bytes) = digested(&mut store).map_err(BackupError::at(&copy.path))?;
    let manifest = Manifest { store_sha256, store_bytes, ..manifest };
    store.seek(SeekFrom::Start(0)).map_err(BackupError::at(&copy.path))?;
    let whole = Unfinished::new(dir, "backup");
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&whole.path);
    let mut to = BufWriter::new(file.map_err(BackupError::at(&whole.path))?);
    pack(&manifest, &mut store, &mut to).and_then(|()| to.flush()).map_err(BackupError::at(&whole.path))?;
    let mut file = to.into_inner().map_err(|error| BackupError::at(&whole.path)(error.into_error()))?;
    let bytes = file.stream_position().map_err(BackupError::at(&whole.path))?;
    file.seek(SeekFrom::Start(0)).map_err(BackupError::at(&whole.path))?;
    Ok((manifest, bytes, file))
}
