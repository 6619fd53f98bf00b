//! A disk that fails, and comes back.

use crate::store::{
    StoreError, Stores,
    conformance::{
        fixtures::{asset, asset_id, at, entry},
        heads_agree,
    },
    ports::AssetChange,
    redb::{RedbStore, fault::Fault, handle::Opener, open, tables::SETTINGS},
};
use muster_domain::asset::{Field, Value};
use muster_runtime::clock::TestClock;
use redb::{Builder, ReadableTable, StorageBackend};
use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// What a disk in memory refuses while it is in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It takes nothing at all.
    Dead,
    /// The file cannot grow.
    Full,
    /// What was written cannot be made durable.
    Unsynced,
}

/// A disk in memory. After `good` more writing calls it is in trouble, until it is repaired.
#[derive(Debug)]
struct Disk {
    bytes: Mutex<Vec<u8>>,
    trouble: Trouble,
    good: AtomicU64,
    /// Whether the trouble showed.
    struck: AtomicBool,
    /// How often it was opened, and whether the file was checked then.
    openings: Mutex<Vec<bool>>,
}

const REPAIRED: u64 = u64::MAX;

impl Disk {
    fn new(trouble: Trouble) -> Arc<Self> {
        Arc::new(Self {
            bytes: Mutex::default(),
            trouble,
            good: AtomicU64::new(REPAIRED),
            struck: AtomicBool::new(false),
            openings: Mutex::default(),
        })
    }

    fn fail_after(&self, calls: u64) {
        self.good.store(calls, Ordering::Relaxed);
    }

    /// Whether this call is refused.
    fn refuses(&self, kinds: &[Trouble], code: i32) -> io::Result<()> {
        let count = |good: u64| if good == REPAIRED { None } else { good.checked_sub(1) };
        let counted = self.good.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
        if counted == Err(0) && kinds.contains(&self.trouble) {
            self.struck.store(true, Ordering::Relaxed);
            return Err(io::Error::from_raw_os_error(code));
        }
        Ok(())
    }
}

/// The file on a [`Disk`]; every opening has one of its own.
#[derive(Debug)]
struct Backend(Arc<Disk>);

fn range(offset: u64, len: usize) -> std::ops::Range<usize> {
    let start = usize::try_from(offset).unwrap();
    start..start + len
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.bytes.lock().unwrap();
        out.copy_from_slice(bytes.get(range(offset, out.len())).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut bytes = self.0.bytes.lock().unwrap();
        let len = usize::try_from(len).unwrap();
        if len > bytes.len() {
            self.0.refuses(&[Trouble::Dead, Trouble::Full], 28)?;
        }
        bytes.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.refuses(&[Trouble::Dead, Trouble::Unsynced], 5)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.refuses(&[Trouble::Dead], 5)?;
        let mut bytes = self.0.bytes.lock().unwrap();
        bytes.get_mut(range(offset, data.len())).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}

fn on_disk(disk: &Arc<Disk>) -> (Stores, Arc<TestClock>) {
    let (store, clock) = open_on(disk);
    (store.into_stores(), clock)
}

fn open_on(disk: &Arc<Disk>) -> (RedbStore, Arc<TestClock>) {
    let opener: Opener = {
        let disk = Arc::clone(disk);
        Box::new(move |check| {
            disk.openings.lock().unwrap().push(check);
            let mut builder = Builder::new();
            builder.set_check_integrity_on_open(check).set_cache_size(1 << 20);
            Ok(builder.create_with_backend(Backend(Arc::clone(&disk)))?)
        })
    };
    let database = opener(false).unwrap();
    open::initialize(&database).unwrap();
    drop(database);
    let clock = TestClock::at(at(0));
    let store = open::start(PathBuf::from("memory"), opener, true, clock.clone()).unwrap();
    (store, clock)
}

/// Stores one row of some size.
async fn write(stores: &Stores, number: u32) -> Result<(), StoreError> {
    let value = format!("{number:05}").repeat(1_600);
    stores.system.set(&format!("{number:05}"), Some(&value), entry("settings.set")).await
}

async fn stored(stores: &Stores) -> Result<BTreeSet<String>, StoreError> {
    Ok(stores.system.settings().await?.into_keys().collect())
}

/// A store takes rows, meets trouble after `good` more calls of the disk, is used on, and gets its disk back: whatever was
/// acknowledged is there, whatever was refused is not, save for a commit whose answer was lost.
async fn survives(trouble: Trouble, good: u64) -> bool {
    let disk = Disk::new(trouble);
    let (stores, clock) = on_disk(&disk);
    let mut acknowledged = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for number in 0..5 {
        write(&stores, number).await.unwrap();
        acknowledged.insert(format!("{number:05}"));
    }
    disk.fail_after(good);
    for number in 5..80 {
        match write(&stores, number).await {
            Ok(()) => acknowledged.insert(format!("{number:05}")),
            Err(StoreError::Unavailable { .. }) => refused.insert(format!("{number:05}")),
            Err(other) => panic!("{other}"),
        };
        if number % 20 == 0 {
            clock.advance(Duration::from_secs(10));
        }
    }
    let struck = disk.struck.load(Ordering::Relaxed);
    assert_eq!(struck, !refused.is_empty(), "{trouble:?} after {good}");
    if trouble == Trouble::Dead && struck {
        assert!(matches!(stores.system.probe().await, Err(StoreError::Unavailable { .. })));
    }
    if trouble == Trouble::Full {
        assert!(stored(&stores).await.unwrap().is_superset(&acknowledged), "reads go on while the disk is full");
    }
    disk.fail_after(REPAIRED);
    clock.advance(Duration::from_secs(10));
    stores.system.probe().await.unwrap();
    write(&stores, 99).await.unwrap();
    acknowledged.insert("00099".to_owned());
    let after = stored(&stores).await.unwrap();
    assert!(after.is_superset(&acknowledged), "{trouble:?} after {good}: acknowledged rows are lost");
    let unknown = after.difference(&acknowledged).count();
    let limit = if trouble == Trouble::Full { 0 } else { 8 };
    assert!(unknown <= limit, "{trouble:?} after {good}: {unknown} refused rows are stored");
    assert!(matches!(stores.audit.verify().await, Ok(Ok(count)) if count == after.len() as u64));
    stores.system.close().await.unwrap();
    struck
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_at_any_call_costs_no_acknowledged_row() {
    for trouble in [Trouble::Dead, Trouble::Unsynced] {
        for good in 0..40 {
            assert!(survives(trouble, good).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_serves_reads_and_heals() {
    let mut struck = 0;
    for good in 0..10 {
        struck += u32::from(survives(Trouble::Full, good * 3).await);
    }
    assert!(struck > 0, "the disk never became full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_to_open_again_keep_their_distance() {
    let disk = Disk::new(Trouble::Dead);
    let (stores, clock) = on_disk(&disk);
    disk.fail_after(0);
    // The first failure is followed by an attempt at once; the second write waits for its outcome.
    for number in 1..3 {
        assert!(write(&stores, number).await.is_err());
    }
    disk.fail_after(REPAIRED);
    let Err(StoreError::Unavailable { reason, .. }) = write(&stores, 3).await else { panic!("no attempt was due yet") };
    assert!(reason.contains("waiting to open"), "{reason}");
    clock.advance(Duration::from_secs(1));
    write(&stores, 4).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_meets_a_failure_has_the_store_looked_at() {
    let disk = Disk::new(Trouble::Dead);
    let (store, _clock) = open_on(&disk);
    let fails = |error: fn() -> redb::Error| store.read("test", move |_| Err::<(), _>(Fault::Engine(error())));
    let probe = || store.write("test", |_| Ok(()));
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, reading) = tokio::sync::oneshot::channel();
    let long = store.read("test", move |txn| {
        let _ = started.send(());
        let _ = held.recv();
        Ok(txn.open_table(SETTINGS)?.iter()?.count())
    });
    let look = async {
        reading.await.unwrap();
        // What commits is sound; damage is looked for in the whole file.
        assert!(matches!(fails(|| redb::Error::PreviousIo).await, Err(StoreError::Unavailable { operation: "test", .. })));
        probe().await.unwrap();
        assert_eq!(*disk.openings.lock().unwrap(), [false, true]);
        assert!(matches!(fails(|| redb::Error::Corrupted("x".to_owned())).await, Err(StoreError::Unavailable { .. })));
        probe().await.unwrap();
        assert_eq!(*disk.openings.lock().unwrap(), [false, true, true]);
        drop(release);
    };
    // A reader of the handle that was given up gets an error or its own snapshot, and does not have it opened again.
    let (outcome, ()) = tokio::join!(long, look);
    assert!(matches!(outcome, Ok(0) | Err(StoreError::Unavailable { .. })), "{outcome:?}");
    probe().await.unwrap();
    assert_eq!(disk.openings.lock().unwrap().len(), 3);
}

/// Edits of every kind, many in one commit, some refused by the rules, while the disk fails at any call: the heads are counted as
/// the assets that are stored say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_are_counted_whatever_becomes_of_a_commit() {
    for good in [0, 1, 2, 3, 5, 8, 13, 21, 34, 400] {
        let disk = Disk::new(Trouble::Dead);
        let (stores, clock) = on_disk(&disk);
        for number in 0..8 {
            stores.assets.create(asset(number, None), entry("asset.create")).await.unwrap();
        }
        disk.fail_after(good);
        for round in 0..4 {
            let writes = (0..24_i64).map(|number| {
                let stores = stores.clone();
                let id = u128::try_from(number).unwrap() % 9;
                let set = match (number + round) % 5 {
                    0 => vec![(Field::InstallStatus, Some(Value::Int(number % 9)))],
                    1 => vec![(Field::InstallStatus, None)],
                    2 => vec![(Field::Quantity, Some(Value::Int(number % 3)))],
                    3 => vec![(Field::Comments, Some(Value::Text(format!("{number}"))))],
                    _ => vec![
                        (Field::ExcludedFromHam, Some(Value::Bool(number % 2 == 0))),
                        (Field::InstallStatus, Some(Value::Bool(true))),
                    ],
                };
                async move {
                    let change = AssetChange::new(asset_id(id), set, at(round));
                    drop(stores.assets.edit(change, entry("asset.edit")).await);
                    let new = asset(u128::try_from(100 * round + number % 20).unwrap(), None);
                    drop(stores.assets.create(new, entry("asset.create")).await);
                }
            });
            futures_util::future::join_all(writes).await;
        }
        disk.fail_after(REPAIRED);
        clock.advance(Duration::from_secs(10));
        stores.system.probe().await.unwrap();
        assert!(heads_agree(&stores).await > 0);
        stores.system.close().await.unwrap();
    }
}
