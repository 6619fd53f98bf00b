//! Making, checking and opening the file.
//!
//! In: a path. Out: a running store, or one clear reason why not. A file that is not ours, was written by a newer version or is
//! damaged is refused and left as it is.

use super::{
    fault::Fault,
    handle::{Handle, Opener, guarded},
    store::RedbStore,
    tables::{self, ASSETS, HEADS, META},
    writer::Writer,
};
use crate::store::{StoreError, Stores};
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    durable,
};
use redb::{Builder, Database, Durability, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableError};
use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Version of the tables as a whole; a change that older programs must not touch raises it.
pub(super) const SCHEMA: u32 = 1;
/// The first bytes of every file of the engine.
const MAGIC: [u8; 9] = *b"redb\x1A\x0A\xA9\x0D\x0A";
/// Whose file it is.
const APPLICATION: &[u8] = b"muster";

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct OpenConfig {
    /// Files smaller than this many bytes have every checksum verified when they are opened (about 3 s per GB); larger ones
    /// are trusted.
    pub check_integrity_below: u64,
    /// Memory for cached pages, in bytes.
    pub cache: usize,
}

impl Default for OpenConfig {
    fn default() -> Self {
        Self { check_integrity_below: 4 << 30, cache: 128 << 20 }
    }
}

/// Makes a new, empty store for its owner's eyes only. An existing file is never touched.
///
/// # Errors
/// [`StoreError::Conflict`] when there is a file already; [`StoreError::Unavailable`] when it cannot be written.
pub fn create(path: &Path) -> Result<(), StoreError> {
    match path.symlink_metadata() {
        Ok(_) => return Err(StoreError::Conflict(format!("{} exists already", path.display()))),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(unavailable("create", path, &e)),
    }
    // A half-made file must not look like a store, so it gets its name when it is complete.
    let mut unfinished = OsString::from(path);
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match std::fs::remove_file(&unfinished) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(unavailable("create", &unfinished, &e)),
        _ => {}
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished);
    made.map_err(|e| unavailable("create", &unfinished, &e))?;
    let written = guarded(|| {
        let database = Builder::new().create(&unfinished)?;
        initialize(&database)?;
        Ok(database.close()?)
    });
    written.map_err(|fault| fault.into_store_error("create"))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::rename(&unfinished, path).and_then(|()| durable::sync_dir(parent)).map_err(|e| unavailable("create", path, &e))
}

/// Opens a store that [`create`] made.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no file, [`StoreError::Foreign`] when it is not ours, [`StoreError::NewerVersion`],
/// [`StoreError::Corrupt`] when it is damaged, [`StoreError::Unavailable`] when another process has it open or it cannot be read.
pub async fn open(path: &Path) -> Result<Stores, StoreError> {
    let store = open_store(path, OpenConfig::default(), Arc::new(SystemClock)).await?;
    Ok(store.into_stores())
}

/// Opens a store with settings of its own. `clock` paces the attempts to open it again after a failure.
///
/// # Errors
/// As [`open`].
pub async fn open_store(path: &Path, config: OpenConfig, clock: SharedClock) -> Result<RedbStore, StoreError> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_blocking(path, config, clock)).await;
    opened.unwrap_or_else(|_| Err(StoreError::Unavailable { operation: "open", reason: "the program is ending".to_owned() }))
}

fn open_blocking(path: PathBuf, config: OpenConfig, clock: SharedClock) -> Result<RedbStore, StoreError> {
    let size = check_magic(&path)?;
    look_first(&path)?;
    let file = path.clone();
    let opener: Opener = Box::new(move |check| {
        let mut builder = Builder::new();
        builder.set_cache_size(config.cache).set_check_integrity_on_open(check);
        Ok(builder.open(&file)?)
    });
    start(path, opener, size < config.check_integrity_below, clock)
}

/// Refuses what is not ours or newer while the file is open for reading only: opening it for writing changes it. A file that
/// needs a repair first cannot be read like this; it is judged after the repair.
pub(super) fn look_first(path: &Path) -> Result<(), StoreError> {
    let looked = guarded(|| match Builder::new().open_read_only(path) {
        Ok(database) => check_schema(&database.begin_read()?, path),
        Err(_) => Ok(()),
    });
    match looked {
        Err(Fault::Refused(error)) => Err(error),
        // Anything else is said by the opening that follows, which knows how to repair.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Opens a database, checks that it is ours, and starts the writer.
pub(super) fn start(path: PathBuf, opener: Opener, check: bool, clock: SharedClock) -> Result<RedbStore, StoreError> {
    let database = guarded(|| {
        let database = opener(check)?;
        check_schema(&database.begin_read()?, &path)?;
        add_missing_tables(&database)?;
        Ok(database)
    });
    let database = database.map_err(|fault| refused(fault, &path))?;
    let handle = Arc::new(Handle::new(database, opener));
    let writer = Writer::start(Arc::clone(&handle), clock)?;
    Ok(RedbStore::new(path, handle, writer))
}

/// Why a file cannot be opened, in the words of whoever has to act.
pub(super) fn refused(fault: Fault, path: &Path) -> StoreError {
    match fault {
        Fault::Engine(redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch) => StoreError::Unavailable {
            operation: "open",
            reason: format!("another process has {} open; stop it first", path.display()),
        },
        Fault::Engine(redb::Error::UpgradeRequired(version)) => StoreError::Foreign {
            path: path.display().to_string(),
            reason: format!("it has the file format {version} of an old storage engine"),
        },
        fault if fault.is_damage() => StoreError::Corrupt { table: "whole file", reason: fault.to_string() },
        fault => fault.into_store_error("open"),
    }
}

/// Makes the tables and says whose they are.
pub(super) fn initialize(database: &Database) -> Result<(), Fault> {
    let mut txn = database.begin_write()?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    tables::create_all(&txn)?;
    {
        let mut meta = txn.open_table(META)?;
        meta.insert("application", APPLICATION)?;
        meta.insert("schema", SCHEMA.to_be_bytes().as_slice())?;
    }
    Ok(txn.commit()?)
}

/// Makes the tables that the program knows and a file of the same version does not have yet, because it was made before them.
/// A file that has them all is not written to. What is derived from other rows cannot be made up: a file with assets and
/// without their heads is damaged.
fn add_missing_tables(database: &Database) -> Result<(), Fault> {
    let mut txn = database.begin_write()?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    let before = txn.list_tables()?.count();
    tables::create_all(&txn)?;
    if txn.list_tables()?.count() == before {
        return Ok(txn.abort()?);
    }
    if txn.open_table(HEADS)?.is_empty()? && !txn.open_table(ASSETS)?.is_empty()? {
        return Err(StoreError::Corrupt { table: "heads", reason: "it is missing".to_owned() }.into());
    }
    Ok(txn.commit()?)
}

/// Refuses a file of somebody else before the engine touches it. Returns its size.
pub(super) fn check_magic(path: &Path) -> Result<u64, StoreError> {
    let foreign = |reason: &str| StoreError::Foreign { path: path.display().to_string(), reason: reason.to_owned() };
    let unreadable = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => StoreError::NotFound { what: "store", id: path.display().to_string() },
        _ => unavailable("open", path, &e),
    };
    let metadata = path.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(foreign("it is not a regular file"));
    }
    let mut head = [0; MAGIC.len()];
    match File::open(path).map_err(unreadable)?.read_exact(&mut head) {
        Ok(()) if head == MAGIC => Ok(metadata.len()),
        Ok(()) => Err(foreign("it does not begin like one")),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Err(foreign("it is too short to be one")),
        Err(e) => Err(unreadable(e)),
    }
}

pub(super) fn check_schema(txn: &ReadTransaction, path: &Path) -> Result<(), Fault> {
    let foreign =
        || StoreError::Foreign { path: path.display().to_string(), reason: "it is a database of another program".to_owned() };
    let meta = match txn.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Err(foreign().into()),
    };
    if meta.get("application")?.is_none_or(|row| row.value() != APPLICATION) {
        return Err(foreign().into());
    }
    let stored = meta.get("schema")?.and_then(|row| row.value().try_into().ok().map(u32::from_be_bytes));
    match stored {
        Some(SCHEMA) => Ok(()),
        Some(found) if found > SCHEMA => Err(StoreError::NewerVersion { found, known: SCHEMA }.into()),
        _ => Err(StoreError::Corrupt { table: "meta", reason: "the schema version cannot be read".to_owned() }.into()),
    }
}

fn unavailable(operation: &'static str, path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable { operation, reason: format!("{}: {error}", path.display()) }
}
