//! The database handle that readers and the writer share, and that can be replaced while both run.
//!
//! In: a way to open the file. Out: transactions. A transaction keeps its own snapshot, so the handle is borrowed only for the
//! moment it takes to begin one; nobody holds it while waiting.

use super::fault::Fault;
use crate::store::StoreError;
use redb::{Database, Durability, ReadTransaction, ReadableDatabase, WriteTransaction};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{PoisonError, RwLock},
};

/// Opens the database; the argument says whether every checksum in it is verified first.
pub(super) type Opener = Box<dyn Fn(bool) -> Result<Database, Fault> + Send + Sync>;

/// The shared handle.
pub(super) struct Handle {
    opener: Opener,
    slot: RwLock<Slot>,
}

enum Slot {
    Open(Database),
    /// Between two attempts to open it again.
    Lost,
    Closed,
}

impl Handle {
    /// Takes over an open database and the way to open it again.
    pub(super) fn new(database: Database, opener: Opener) -> Self {
        Self { opener, slot: RwLock::new(Slot::Open(database)) }
    }

    /// Begins to read a snapshot.
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Fault> {
        self.with(|database| Ok(database.begin_read()?))
    }

    /// Begins to write: durable when the commit returns, and quick to open after a crash.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Fault> {
        self.with(|database| {
            let mut txn = database.begin_write()?;
            txn.set_durability(Durability::Immediate)?;
            txn.set_quick_repair(true);
            Ok(txn)
        })
    }

    /// Drops the database and opens it anew. Readers of the old one get an error; until this succeeds everybody does. Only the
    /// writer calls it, so nobody else opens or closes meanwhile; the lock is free while the file is checked, which can take long.
    pub(super) fn reopen(&self, check: bool) -> Result<(), Fault> {
        match self.replace(Slot::Lost) {
            Slot::Closed => {
                self.replace(Slot::Closed);
                return Err(closed().into());
            }
            Slot::Lost => {}
            // The handle is given up because it failed, so what its close says is no news.
            Slot::Open(database) => drop(guarded(|| Ok(database.close()?))),
        }
        self.replace(Slot::Open(guarded(|| (self.opener)(check))?));
        Ok(())
    }

    /// Closes the database for good.
    pub(super) fn close(&self) -> Result<(), Fault> {
        match self.replace(Slot::Closed) {
            Slot::Open(database) => guarded(|| Ok(database.close()?)),
            Slot::Lost | Slot::Closed => Ok(()),
        }
    }

    fn replace(&self, slot: Slot) -> Slot {
        std::mem::replace(&mut *self.slot.write().unwrap_or_else(PoisonError::into_inner), slot)
    }

    fn with<T>(&self, begin: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, Fault> {
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(database) => begin(database),
            Slot::Lost => Err(lost().into()),
            Slot::Closed => Err(closed().into()),
        }
    }
}

/// Runs engine code. On a damaged file the engine can panic where it should return an error; that is an error here.
pub(super) fn guarded<T>(engine: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(engine))
        .unwrap_or_else(|_| Err(Fault::Engine(redb::Error::Corrupted("the engine panicked".to_owned()))))
}

/// The error after [`Handle::close`].
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable { operation: "any", reason: "the store is closed".to_owned() }
}

fn lost() -> StoreError {
    StoreError::Unavailable { operation: "open", reason: "the store failed and is being opened again".to_owned() }
}
