//! The spool itself: a queue on disk with a number for every report.
//!
//! In: payloads to append, numbers to remove. Out: the oldest payload, what is waiting, what was lost. Every rule of the
//! spool is here: oldest first, oldest dropped, each loss reported once, memory when the disk refuses. One process at a
//! time: the caller holds the lock of the state directory.

use super::{
    head::Head,
    record::{self, Record},
    segment::{self, Active},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::{Path, PathBuf},
};

/// An age that no outage explains is a clock that was wrong, and no reason to drop a report.
const BELIEVABLE_AGE: TimeDelta = TimeDelta::days(400);

/// How much a spool may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Age of a report.
    pub age: TimeDelta,
    /// Bytes after which a new file is begun.
    pub segment_bytes: u64,
    /// Bytes kept in memory while the disk refuses them.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, age: TimeDelta::days(7), segment_bytes: 256 << 10, memory_bytes: 4 << 20 }
    }
}

/// Why a spool cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("spool {}: cannot {action}: {source}", path.display())]
pub struct SpoolError {
    path: PathBuf,
    action: &'static str,
    source: io::Error,
}

/// What an append gives to the builder of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The report's sequence number.
    pub seq: u64,
    /// Reports lost since the last one that said so.
    pub dropped: u64,
}

/// The result of an append.
#[derive(Debug)]
pub struct Appended {
    /// The report's sequence number.
    pub seq: u64,
    /// Why it is only in memory; `None` when it is on disk.
    pub not_durable: Option<io::Error>,
}

/// The oldest report that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its sequence number.
    pub seq: u64,
    /// What was appended.
    pub payload: Vec<u8>,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Reports that wait.
    pub reports: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the oldest was appended, by the wall clock of then.
    pub oldest_at: Option<DateTime<Utc>>,
    /// How many of them are only in memory.
    pub in_memory: u64,
}

/// What was lost since the agent was enrolled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// All reports that were lost.
    pub dropped: u64,
    /// How many of them had a wrong checksum.
    pub damaged: u64,
}

/// A queue on disk. See the module's text for its promises.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    limits: Limits,
    head: Head,
    entries: VecDeque<Entry>,
    files: BTreeMap<u64, u64>,
    active: Option<Active>,
}

/// Files to be replaced, with what is whole in them.
type Repairs = Vec<(u64, Vec<u8>)>;

#[derive(Debug)]
struct Entry {
    seq: u64,
    at: DateTime<Utc>,
    reported: u64,
    len: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Disk { file: u64, offset: u64 },
    Memory(Vec<u8>),
}

impl Spool {
    /// Opens the spool in `dir`, made if it is missing. Cuts torn appends, counts and takes out damaged records.
    ///
    /// # Errors
    /// When the directory or a file in it cannot be read or repaired.
    pub fn open(dir: &Path, limits: Limits) -> Result<Self, SpoolError> {
        let failed = |action| move |source| SpoolError { path: dir.to_owned(), action, source };
        muster_runtime::durable::create_dir(dir, 0o700).map_err(failed("create it"))?;
        let (mut spool, repairs) = Self::load(dir, limits).map_err(failed("read it"))?;
        if !repairs.is_empty() {
            // The count goes first: a crash between the two counts a damaged record twice rather than never.
            spool.head.write(dir).map_err(failed("write its head"))?;
            for (file, bytes) in repairs {
                segment::rewrite(dir, file, &bytes).map_err(failed("repair it"))?;
            }
        }
        if let Some((&file, &len)) = spool.files.last_key_value().filter(|(_, len)| **len < limits.segment_bytes) {
            spool.active = Some(Active::open(dir, file, len).map_err(failed("open its newest file"))?);
        }
        spool.sweep();
        Ok(spool)
    }

    /// What the spool in `dir` holds, for a reader that has not the lock: nothing is repaired. An absent one is empty.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn peek(dir: &Path) -> Result<(Backlog, Counters, u64), SpoolError> {
        if !dir.exists() {
            return Ok((Backlog::default(), Counters::default(), 1));
        }
        let (spool, _) = Self::load(dir, Limits::default()).map_err(|source| SpoolError {
            path: dir.to_owned(),
            action: "read it",
            source,
        })?;
        Ok((spool.backlog(), spool.counters(), spool.next_seq()))
    }

    /// Appends what `build` makes of the ticket. `build` may be called twice: dropping old reports changes the ticket.
    ///
    /// It never fails: what the disk refuses is kept in memory, bounded, and written when the disk takes it again.
    pub fn append(&mut self, now: DateTime<Utc>, build: impl Fn(Ticket) -> Vec<u8>) -> Appended {
        self.drop_old(now);
        let mut record = self.make(now, &build);
        let before = self.head.lost;
        self.make_room(record::encode(&record).len() as u64);
        if self.head.lost != before {
            record = self.make(now, &build);
        }
        let seq = record.seq;
        self.head.next_seq = seq + 1;
        let bytes = record::encode(&record);
        let entry = Entry { seq, at: record.at, reported: record.reported, len: bytes.len() as u64, place: Place::Memory(bytes) };
        self.entries.push_back(entry);
        let not_durable = self.persist().err();
        if not_durable.is_some() {
            self.bound_memory();
        }
        Appended { seq, not_durable }
    }

    /// The oldest report. A record whose bytes are not what was written is counted and skipped.
    ///
    /// # Errors
    /// When the disk does not give it now; it stays.
    pub fn front(&mut self) -> io::Result<Option<Pending>> {
        while let Some(entry) = self.entries.front() {
            if let Some(record) = self.read(entry)? {
                return Ok(Some(Pending { seq: record.seq, payload: record.payload }));
            }
            tracing::warn!(seq = entry.seq, "a spooled report is damaged; it is skipped and counted");
            self.head.damaged += 1;
            self.lose_front();
            self.save_head();
        }
        Ok(None)
    }

    /// The newest report that waits, where it can be read.
    #[must_use]
    pub fn newest(&self) -> Option<Pending> {
        let record = self.read(self.entries.back()?).ok()??;
        Some(Pending { seq: record.seq, payload: record.payload })
    }

    /// Removes the oldest report after it was acknowledged; another number changes nothing.
    pub fn remove(&mut self, seq: u64) {
        if self.entries.front().is_some_and(|entry| entry.seq == seq) {
            let told = self.entries.pop_front().map_or(0, |entry| entry.reported);
            self.head.told += told;
            self.head.removed_through = self.head.removed_through.max(seq);
            self.save_head();
            self.sweep();
        }
    }

    /// Removes the oldest report that no collector will ever take, and counts it as lost.
    pub fn discard(&mut self, seq: u64) {
        if self.entries.front().is_some_and(|entry| entry.seq == seq) {
            self.lose_front();
            self.save_head();
            self.sweep();
        }
    }

    /// Goes on above `seq`: the collector knows a higher number than this spool, which is an older copy.
    pub fn raise(&mut self, seq: u64) {
        if self.head.next_seq <= seq {
            self.head.next_seq = seq.saturating_add(1);
            self.save_head();
        }
    }

    /// The number the next report gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.head.next_seq
    }

    /// What waits.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let in_memory = self.entries.iter().filter(|entry| matches!(entry.place, Place::Memory(_))).count() as u64;
        Backlog {
            reports: self.entries.len() as u64,
            bytes: self.entries.iter().map(|entry| entry.len).sum(),
            oldest_at: self.entries.front().map(|entry| entry.at),
            in_memory,
        }
    }

    /// What was lost.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters { dropped: self.head.lost, damaged: self.head.damaged }
    }

    fn load(dir: &Path, limits: Limits) -> io::Result<(Self, Repairs)> {
        let mut head = Head::read(dir)?;
        let mut entries = BTreeMap::new();
        let mut files = BTreeMap::new();
        let mut repairs = Vec::new();
        let mut highest = 0;
        for file in segment::list(dir)? {
            let bytes = segment::read_all(dir, file)?;
            let scan = record::scan(&bytes);
            let live = |seq: &Option<u64>| seq.is_none_or(|seq| seq > head.removed_through);
            let damaged = scan.damaged.iter().filter(|seq| live(seq)).count() as u64;
            highest = scan.damaged.iter().flatten().copied().fold(highest, u64::max);
            let mut len = scan.torn_at.unwrap_or(bytes.len() as u64);
            let repaired = !scan.damaged.is_empty();
            let mut whole = Vec::new();
            for mut placed in scan.records {
                let encoded = record::encode(&placed.record);
                if repaired {
                    placed.offset = whole.len() as u64;
                    whole.extend_from_slice(&encoded);
                }
                let Record { seq, at, reported, payload: _ } = placed.record;
                highest = highest.max(seq);
                if seq > head.removed_through {
                    let place = Place::Disk { file, offset: placed.offset };
                    entries.insert(seq, Entry { seq, at, reported, len: placed.len, place });
                }
            }
            if repaired {
                tracing::warn!(file, damaged, "the spool has damaged records; they are skipped and counted");
                head.damaged += damaged;
                head.lost += damaged;
                len = whole.len() as u64;
                repairs.push((file, whole));
            }
            files.insert(file, len);
        }
        head.next_seq = head.next_seq.max(highest.saturating_add(1)).max(1);
        let entries = entries.into_values().collect();
        Ok((Self { dir: dir.to_owned(), limits, head, entries, files, active: None }, repairs))
    }

    fn make(&self, now: DateTime<Utc>, build: &impl Fn(Ticket) -> Vec<u8>) -> Record {
        let telling: u64 = self.entries.iter().map(|entry| entry.reported).sum();
        let dropped = self.head.lost.saturating_sub(self.head.told.saturating_add(telling));
        let ticket = Ticket { seq: self.head.next_seq, dropped };
        let payload = build(ticket);
        Record { seq: ticket.seq, at: now, reported: dropped, payload }
    }

    /// Writes what is only in memory, oldest first, until the disk refuses.
    fn persist(&mut self) -> io::Result<()> {
        for entry in &mut self.entries {
            let Place::Memory(bytes) = &entry.place else { continue };
            if self.active.as_ref().is_some_and(|active| active.len >= self.limits.segment_bytes) {
                self.active = None;
            }
            let active = match &mut self.active {
                Some(active) => active,
                none => none.insert(Active::create(&self.dir, entry.seq)?),
            };
            let file = active.id;
            match active.append(bytes) {
                Ok(offset) => entry.place = Place::Disk { file, offset },
                Err(error) => {
                    self.files.insert(file, active.len);
                    self.active = None;
                    return Err(error);
                }
            }
            self.files.insert(file, active.len);
        }
        Ok(())
    }

    /// `None` when the bytes are not what was written.
    fn read(&self, entry: &Entry) -> io::Result<Option<Record>> {
        let record = match &entry.place {
            Place::Memory(bytes) => record::decode(bytes),
            Place::Disk { file, offset } => match segment::read_at(&self.dir, *file, *offset, entry.len) {
                Ok(bytes) => record::decode(&bytes),
                // Somebody removed it; waiting does not bring it back.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            },
        };
        Ok(record.filter(|record| record.seq == entry.seq))
    }

    fn drop_old(&mut self, now: DateTime<Utc>) {
        let limit = self.limits.age;
        let old = |entry: &Entry| {
            let age = now.signed_duration_since(entry.at);
            age > limit && age < BELIEVABLE_AGE
        };
        let before = self.head.lost;
        while self.entries.front().is_some_and(old) {
            self.lose_front();
        }
        if self.head.lost != before {
            self.save_head();
            self.sweep();
        }
    }

    /// Drops the oldest reports until `len` more bytes fit. Whole files go, so one file's worth can be lost at once.
    fn make_room(&mut self, len: u64) {
        self.sweep();
        let before = self.head.lost;
        while self.files.values().sum::<u64>() + len > self.limits.bytes && !self.entries.is_empty() {
            self.lose_front();
            if self.entries.is_empty() {
                self.active = None;
            }
            self.sweep();
        }
        if self.head.lost != before {
            tracing::warn!(dropped = self.head.lost - before, "the spool is full; the oldest reports are dropped and counted");
            self.save_head();
        }
    }

    fn bound_memory(&mut self) {
        let in_memory = |entry: &Entry| if matches!(entry.place, Place::Memory(_)) { entry.len } else { 0 };
        while self.entries.len() > 1 && self.entries.iter().map(in_memory).sum::<u64>() > self.limits.memory_bytes {
            self.lose_front();
        }
    }

    /// Takes the oldest report out as lost. The next report tells of it, and of the losses that this one would have told.
    fn lose_front(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.head.lost += 1;
            self.head.removed_through = self.head.removed_through.max(entry.seq);
        }
    }

    fn save_head(&self) {
        if let Err(error) = self.head.write(&self.dir) {
            tracing::warn!(%error, "the spool's head cannot be written; after a restart reports may be sent twice, none is lost");
        }
    }

    /// Removes files without a live record, except the one that is appended to: its newest record keeps the number.
    fn sweep(&mut self) {
        let oldest = self.entries.iter().find_map(|entry| match entry.place {
            Place::Disk { file, .. } => Some(file),
            Place::Memory(_) => None,
        });
        let keep = oldest.or(self.active.as_ref().map(|active| active.id)).unwrap_or(u64::MAX);
        let gone: Vec<u64> = self.files.range(..keep).map(|(file, _)| *file).collect();
        for file in gone {
            match segment::remove(&self.dir, file) {
                Ok(()) => drop(self.files.remove(&file)),
                Err(error) => tracing::warn!(%error, file, "an emptied file of the spool cannot be removed"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn open(dir: &tempfile::TempDir) -> Spool {
        Spool::open(dir.path(), Limits::default()).unwrap()
    }

    fn put(spool: &mut Spool, text: &str) -> u64 {
        let appended = spool.append(at(0), |_| text.as_bytes().to_vec());
        assert!(appended.not_durable.is_none());
        appended.seq
    }

    fn drain(spool: &mut Spool) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        while let Some(pending) = spool.front().unwrap() {
            spool.remove(pending.seq);
            out.push((pending.seq, String::from_utf8(pending.payload).unwrap()));
        }
        out
    }

    #[test]
    fn oldest_first_over_a_restart_and_the_number_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(&dir);
        put(&mut spool, "a");
        put(&mut spool, "b");
        spool.remove(1);
        drop(spool);
        let mut spool = open(&dir);
        put(&mut spool, "c");
        assert_eq!(drain(&mut spool), [(2, "b".to_owned()), (3, "c".to_owned())]);
        drop(spool);
        assert_eq!(open(&dir).next_seq(), 4);
    }

    #[test]
    fn a_raised_number_survives_and_only_the_oldest_can_be_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(&dir);
        put(&mut spool, "a");
        spool.raise(41);
        spool.raise(7);
        spool.remove(42);
        drop(spool);
        let mut spool = open(&dir);
        assert_eq!(put(&mut spool, "b"), 42);
        spool.remove(42);
        assert_eq!(spool.backlog().reports, 2);
    }

    #[test]
    fn a_lost_head_sends_again_and_reuses_no_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(&dir);
        put(&mut spool, "a");
        put(&mut spool, "b");
        spool.remove(1);
        drop(spool);
        std::fs::remove_file(dir.path().join("head")).unwrap();
        let mut spool = open(&dir);
        assert_eq!(spool.next_seq(), 3);
        assert_eq!(drain(&mut spool).len(), 2);
    }

    #[test]
    fn a_full_spool_drops_the_oldest_and_each_loss_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { bytes: 4096, segment_bytes: 512, ..Limits::default() };
        let mut spool = Spool::open(dir.path(), limits).unwrap();
        let tell = |ticket: Ticket| format!("{:>200}", ticket.dropped).into_bytes();
        for _ in 0..100 {
            spool.append(at(0), tell);
            let size: u64 = std::fs::read_dir(dir.path())
                .unwrap()
                .map(|entry| entry.unwrap())
                .filter(|entry| entry.path().extension().is_some())
                .map(|entry| entry.metadata().unwrap().len())
                .sum();
            assert!(size <= 4096, "{size}");
        }
        drop(spool);
        let mut spool = Spool::open(dir.path(), limits).unwrap();
        let lost = spool.counters().dropped;
        spool.append(at(0), tell);
        let lost_now = spool.counters().dropped;
        let left = drain(&mut spool);
        let told: u64 = left.iter().map(|(_, text)| text.trim().parse::<u64>().unwrap()).sum();
        assert!(lost > 50 && lost_now >= lost);
        assert_eq!(told, lost_now, "every loss is told by exactly one report that is still there");
        assert_eq!(left.last().unwrap().0, 101);
    }

    #[test]
    fn old_reports_go_and_a_wrong_clock_drops_none() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(&dir);
        put(&mut spool, "a");
        let far = at(10 * 365 * 86_400);
        spool.append(far, |_| b"from the future".to_vec());
        assert_eq!(spool.backlog().reports, 2);
        spool.remove(1);
        spool.append(far + TimeDelta::days(8), |ticket| format!("{}", ticket.dropped).into_bytes());
        assert_eq!(drain(&mut spool), [(3, "1".to_owned())]);
    }

    #[test]
    fn a_discarded_report_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(&dir);
        put(&mut spool, "too large");
        spool.discard(1);
        spool.append(at(0), |ticket| format!("{}", ticket.dropped).into_bytes());
        assert_eq!(drain(&mut spool), [(2, "1".to_owned())]);
        assert_eq!(spool.counters(), Counters { dropped: 1, damaged: 0 });
    }

    #[test]
    fn what_the_disk_refuses_waits_in_memory_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 1, memory_bytes: 300, ..Limits::default() };
        let sub = dir.path().join("spool");
        let mut spool = Spool::open(&sub, limits).unwrap();
        spool.append(at(0), |_| b"on disk".to_vec());
        // The directory is away: a new file cannot be made, whoever runs the test.
        std::fs::rename(&sub, dir.path().join("away")).unwrap();
        let refused = spool.append(at(0), |_| b"in memory".to_vec());
        assert!(refused.not_durable.is_some());
        assert_eq!((spool.backlog().reports, spool.backlog().in_memory), (2, 1));
        std::fs::rename(dir.path().join("away"), &sub).unwrap();
        assert!(spool.append(at(0), |_| b"back".to_vec()).not_durable.is_none());
        assert_eq!(spool.backlog().in_memory, 0);
        drop(spool);
        let texts: Vec<_> = drain(&mut Spool::open(&sub, limits).unwrap()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["on disk", "in memory", "back"]);
    }

    #[test]
    fn memory_is_bounded_too() {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 1, memory_bytes: 300, ..Limits::default() };
        let sub = dir.path().join("spool");
        let mut spool = Spool::open(&sub, limits).unwrap();
        std::fs::remove_dir_all(&sub).unwrap();
        for _ in 0..20 {
            spool.append(at(0), |_| vec![7; 60]);
        }
        assert!(spool.backlog().bytes <= 300);
        assert_eq!(spool.backlog().reports + spool.counters().dropped, 20);
    }
}
