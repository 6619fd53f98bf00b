//! Random operations on a spool against a queue in memory: crashes at any byte, flipped bits, restarts.

use super::{Limits, Spool};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

#[derive(Debug, Clone)]
enum Op {
    /// A whole append.
    Append(Vec<u8>),
    /// The process dies in an append after this share (of 1000) of its bytes reached the disk.
    CrashInAppend(Vec<u8>, u64),
    /// The oldest is acknowledged.
    Remove,
    /// The oldest can never be accepted.
    Discard,
    /// kill -9 between two operations.
    Restart,
    /// One bit of one waiting record flips while the agent is down: which record, and which of its bits, in thousandths.
    Flip(u64, u64),
    /// The collector knows a higher number.
    Raise(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..120);
    prop_oneof![
        6 => bytes().prop_map(Op::Append),
        2 => (bytes(), 0..1000_u64).prop_map(|(bytes, share)| Op::CrashInAppend(bytes, share)),
        4 => Just(Op::Remove),
        1 => Just(Op::Discard),
        2 => Just(Op::Restart),
        1 => (0..1000_u64, 0..1000_u64).prop_map(|(which, bit)| Op::Flip(which, bit)),
        1 => (0..5_u64).prop_map(Op::Raise),
    ]
}

#[derive(Debug, Default)]
struct Model {
    queue: VecDeque<(u64, Vec<u8>)>,
    lost: u64,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn newest_file(dir: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).max()
}

fn sizes(dir: &Path) -> Vec<(PathBuf, u64)> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    files.map(|entry| (entry.path(), entry.metadata().unwrap().len())).collect()
}

/// Where the bytes of this payload lie: payloads carry their number, so that the place is unique.
fn find(dir: &Path, payload: &[u8]) -> Option<(PathBuf, usize)> {
    sizes(dir).into_iter().filter(|(path, _)| path.extension().is_some()).find_map(|(path, _)| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(payload.len()).position(|window| window == payload).map(|at| (path, at))
    })
}

fn tagged(seq: u64, bytes: &[u8]) -> Vec<u8> {
    [format!("<{seq:020}>").as_bytes(), bytes].concat()
}

#[expect(clippy::disallowed_methods, reason = "the test damages files on purpose, below the spool")]
fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

fn run(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 300, ..Limits::default() };
    let open = || Spool::open(dir.path(), limits).unwrap();
    let mut spool = open();
    let mut model = Model::default();
    for op in ops {
        match op {
            Op::Append(bytes) => {
                let appended = spool.append(now(), |ticket| tagged(ticket.seq, &bytes));
                prop_assert!(model.queue.back().is_none_or(|(seq, _)| *seq < appended.seq));
                model.queue.push_back((appended.seq, tagged(appended.seq, &bytes)));
            }
            Op::CrashInAppend(bytes, share) => {
                let before = newest_file(dir.path()).map(|path| (path.clone(), path.metadata().unwrap().len()));
                spool.append(now(), |ticket| tagged(ticket.seq, &bytes));
                drop(spool);
                let path = newest_file(dir.path()).unwrap();
                let old = before.filter(|(old, _)| *old == path).map_or(0, |(_, len)| len);
                let new = path.metadata().unwrap().len();
                let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
                file.set_len(old + (new - old) * share / 1000).unwrap();
                spool = open();
            }
            Op::Remove => {
                if let Some((seq, _)) = model.queue.pop_front() {
                    spool.remove(seq);
                }
            }
            Op::Discard => {
                if let Some((seq, _)) = model.queue.pop_front() {
                    spool.discard(seq);
                    model.lost += 1;
                }
            }
            Op::Restart => {
                drop(spool);
                spool = open();
            }
            Op::Flip(which, bit) => {
                let index = model.queue.len() * usize::try_from(which).unwrap() / 1000;
                if let Some((_, payload)) = model.queue.get(index).cloned() {
                    let (path, at) = find(dir.path(), &payload).unwrap();
                    let mut bytes = std::fs::read(&path).unwrap();
                    let start = at - 40;
                    let bits = (payload.len() + 40) * 8;
                    let hit = bits * usize::try_from(bit).unwrap() / 1000;
                    bytes[start + hit / 8] ^= 1 << (hit % 8);
                    drop(spool);
                    overwrite(&path, &bytes);
                    spool = open();
                    model.queue.remove(index);
                    model.lost += 1;
                }
            }
            Op::Raise(by) => spool.raise(spool.next_seq() + by),
        }
        let front = spool.front().unwrap();
        prop_assert_eq!(front.map(|pending| (pending.seq, pending.payload)), model.queue.front().cloned());
        prop_assert_eq!(spool.backlog().reports, model.queue.len() as u64);
    }
    prop_assert_eq!(spool.counters().dropped, model.lost);
    drop(spool);
    let mut spool = open();
    for (seq, payload) in model.queue {
        let pending = spool.front().unwrap().unwrap();
        prop_assert_eq!((pending.seq, pending.payload), (seq, payload));
        spool.remove(seq);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_like_a_queue(ops in proptest::collection::vec(op(), 1..60)) {
        run(ops)?;
    }
}
