//! Many operations in one commit.

use super::fresh;
use crate::store::{
    StoreError,
    conformance::fixtures::{application, entry},
    redb::{RedbStore, fault::Fault, tables::SETTINGS, writer::QUEUE},
};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use redb::{ReadableTable, WriteTransaction};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
};

/// Stops the writer until the sender is used or dropped.
async fn hold(store: &Arc<RedbStore>) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let store = Arc::clone(store);
    tokio::spawn(async move {
        store
            .write("hold", move |_| {
                started.take().map(|started| started.send(()));
                let _ = held.recv();
                Ok(())
            })
            .await
    });
    running.await.unwrap();
    release
}

fn set(txn: &WriteTransaction, name: &str) -> Result<(), Fault> {
    txn.open_table(SETTINGS)?.insert(name, "1")?;
    Ok(())
}

async fn settings(store: &RedbStore) -> Vec<String> {
    let read = store.read("test", |txn| {
        let mut names = Vec::new();
        for row in txn.open_table(SETTINGS)?.iter()? {
            names.push(row?.0.value().to_owned());
        }
        Ok(names)
    });
    read.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_fails_leaves_nothing_and_harms_nobody() {
    let (store, _directory) = fresh::store().await;
    let release = hold(&store).await;
    let runs: Arc<[AtomicU32; 6]> = Arc::default();
    let operation = |number: usize| {
        let runs = Arc::clone(&runs);
        store.write("test", move |txn| {
            runs[number].fetch_add(1, Ordering::Relaxed);
            set(txn, &format!("op {number}"))?;
            match number {
                2 => Err(StoreError::Conflict("refused after writing".to_owned()).into()),
                4 => panic!("a panic after writing"),
                _ => Ok(number),
            }
        })
    };
    let mut all: Vec<BoxFuture<'_, Result<usize, StoreError>>> = (0..6).map(|number| operation(number).boxed()).collect();
    all.push(
        async move {
            drop(release);
            Ok(0)
        }
        .boxed(),
    );
    let answers = join_all(all).await;
    for (number, answer) in answers.into_iter().take(6).enumerate() {
        match number {
            2 => assert!(matches!(answer, Err(StoreError::Conflict(_)))),
            4 => assert!(matches!(answer, Err(StoreError::Unavailable { operation: "test", .. }))),
            _ => assert_eq!(answer.unwrap(), number),
        }
    }
    assert_eq!(settings(&store).await, ["op 0", "op 1", "op 3", "op 5"]);
    // They were one group: what ran beside the failing ones ran again without them, and those ran again alone. The panic
    // stopped the first attempt, so the last one ran only once.
    let runs: Vec<u32> = runs.iter().map(|runs| runs.load(Ordering::Relaxed)).collect();
    assert_eq!(runs, [2, 2, 2, 2, 2, 1]);
    store.write("test", |txn| set(txn, "after")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_queued_is_committed_together() {
    let (store, _directory) = fresh::store().await;
    let release = hold(&store).await;
    // An operation sees what the ones of its transaction wrote before it, while readers see none of it.
    let seen = |number: usize| {
        store.write("test", move |txn| {
            set(txn, &format!("{number:03}"))?;
            Ok(txn.open_table(SETTINGS)?.iter()?.count())
        })
    };
    let mut all: Vec<BoxFuture<'_, Result<usize, StoreError>>> = (1..=300).map(|number| seen(number).boxed()).collect();
    all.push(async { Ok(settings(&store).await.len()) }.boxed());
    let count = all.len();
    let mut all = join_all(all);
    // The first poll puts every operation into the queue.
    assert!((&mut all).now_or_never().is_none());
    drop(release);
    let mut answers = all.await;
    answers.truncate(count - 1);
    let answers: Vec<usize> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, (1..=300).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_busy_and_stores_nothing() {
    let (store, _directory) = fresh::store().await;
    let release = hold(&store).await;
    let mut all = join_all((0..QUEUE + 3).map(|number| store.write("test", move |txn| set(txn, &format!("{number:05}")))));
    assert!((&mut all).now_or_never().is_none());
    drop(release);
    let answers = all.await;
    assert!(answers[..QUEUE].iter().all(Result::is_ok));
    assert!(answers[QUEUE..].iter().all(|answer| matches!(answer, Err(StoreError::Busy))));
    assert_eq!(settings(&store).await.len(), QUEUE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_writes_what_is_queued_and_refuses_what_comes_later() {
    let (store, directory) = fresh::store().await;
    let release = hold(&store).await;
    let all: Vec<BoxFuture<'_, Result<(), StoreError>>> = vec![
        store.write("test", |txn| set(txn, "before")).boxed(),
        store.shut().boxed(),
        store.write("test", |txn| set(txn, "behind")).boxed(),
        async move {
            drop(release);
            Ok(())
        }
        .boxed(),
    ];
    let answers = join_all(all).await;
    let good: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, false, true]);
    drop(store);
    let stores = crate::store::redb::open(&fresh::file(&directory)).await.unwrap();
    let expected = BTreeMap::from([("before".to_owned(), "1".to_owned())]);
    assert_eq!(stores.system.settings().await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_changes_in_a_group_leave_the_audit_chain_whole() {
    let (stores, _directory) = fresh::stores().await;
    let all = (0..40_u32).map(|number| {
        let name = format!("App {}", number % 10);
        let stores = &stores;
        async move { stores.applications.put(application(&name), Some(0), entry("application.put")).await }
    });
    let answers = join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(10));
    assert_eq!(stores.applications.all().await.unwrap().len(), 10);
}
