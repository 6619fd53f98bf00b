//! All check-outs of this machine, and what is still to be told of them, over restarts.
//!
//! In: what callers and the collector say, the time, which processes live. Out: what to do next. It decides and remembers; it
//! sends nothing. A restart of the agent takes no seat from a program that goes on.

use super::{
    lease::{Holder, Lease, Standing},
    overview::{Borrowed, Overview},
};
use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::durable;
use muster_wire::{
    checkout::{CheckoutRequest, OfflineUse},
    limits::OFFLINE_USES,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Its name in the state directory.
const FILE: &str = "checkouts.json";
/// Most check-outs of one account.
const PER_USER: usize = 256;
/// A program that runs without a seat is noted as alive so often: what a power cut can take from the account.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(60);
/// After a failed delivery of what was used offline, or of a return.
const AGAIN: TimeDelta = TimeDelta::seconds(5);
/// After a delivery that the collector refused.
const LATER: TimeDelta = TimeDelta::minutes(10);
/// Most uses without a seat that are remembered while the collector is away: anybody here can make more of them.
const MOST_USES: usize = 10_000;
/// A clock that goes back by less is being corrected.
const CORRECTION: TimeDelta = TimeDelta::seconds(1);

/// What is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    leases: Vec<Lease>,
    uses: Vec<OfflineUse>,
    returns: BTreeMap<Uuid, DateTime<Utc>>,
    uncounted: u64,
    dropped: u64,
}

/// The check-outs.
#[derive(Debug)]
pub struct Book {
    file: PathBuf,
    leases: BTreeMap<Uuid, Lease>,
    uses: Vec<OfflineUse>,
    /// Seats to give back, and until when the collector keeps them anyway.
    returns: BTreeMap<Uuid, DateTime<Utc>>,
    /// Uses that the collector took and that count nowhere.
    uncounted: u64,
    /// Uses that were too many to be remembered: no collector has heard of them.
    dropped: u64,
    tell_at: DateTime<Utc>,
    looked_at: DateTime<Utc>,
    noted_at: DateTime<Utc>,
}

/// Something to ask the collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A heartbeat for a seat.
    Beat(Uuid),
    /// A seat for what runs without one.
    Take(Uuid),
    /// A seat goes back.
    Return(Uuid),
    /// What was used offline.
    Tell(Vec<OfflineUse>),
}

impl Book {
    /// Reads it from the state directory. Damage costs the memory of what is held, and no seat: leases end by themselves.
    #[must_use]
    pub fn open(state: &Path, now: DateTime<Utc>) -> Self {
        let file = state.join(FILE);
        let stored: Stored = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::error!(%error, file = FILE, "the check-outs of this machine cannot be read; their seats end with their leases");
                Stored::default()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Stored::default(),
            Err(error) => {
                tracing::error!(%error, file = FILE, "the check-outs of this machine cannot be read");
                Stored::default()
            }
        };
        let mut leases: BTreeMap<Uuid, Lease> = stored.leases.iter().cloned().map(|lease| (lease.id, lease)).collect();
        for lease in leases.values_mut() {
            // Nobody could be heard while no agent ran; what a process holds is asked for at once.
            if lease.holder.is_none() {
                lease.heard(now);
            }
            lease.next_at = now;
        }
        let Stored { leases: _, uses, returns, uncounted, dropped } = stored;
        Self { file, leases, uses, returns, uncounted, dropped, tell_at: now, looked_at: now, noted_at: now }
    }

    /// A check-out of this account; to everybody else it is unknown.
    #[must_use]
    pub fn get(&self, id: Uuid, uid: u32) -> Option<&Lease> {
        self.leases.get(&id).filter(|lease| lease.uid == uid || uid == 0)
    }

    /// Borrowed seats.
    pub fn borrowed(&self) -> impl Iterator<Item = &Lease> {
        self.leases.values().filter(|lease| lease.is_borrowed())
    }

    /// What everybody on this machine may know.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let borrowed = self.borrowed().filter_map(|lease| {
            let Standing::Seat { until } = lease.standing else { return None };
            let (application, user) = (lease.request.application.clone(), lease.request.user.clone());
            Some(Borrowed { id: lease.id, application, user, uid: lease.uid, valid_until: until? })
        });
        Overview {
            borrowed: borrowed.collect(),
            offline_uses_waiting: u64::try_from(self.uses.len()).unwrap_or(u64::MAX),
            offline_uses_uncounted: self.uncounted,
            offline_uses_dropped: self.dropped,
        }
    }

    /// Whether the id is somebody's.
    #[must_use]
    pub fn knows(&self, id: Uuid) -> bool {
        self.leases.contains_key(&id)
    }

    /// Whether an account has as many as it may.
    #[must_use]
    pub fn is_full(&self, uid: u32) -> bool {
        self.leases.values().filter(|lease| lease.uid == uid).count() >= PER_USER
    }

    /// Keeps a check-out.
    pub fn put(&mut self, lease: Lease) {
        self.leases.insert(lease.id, lease);
        self.save();
    }

    /// Changes a check-out that is still there; what makes a difference after a restart is stored.
    pub fn change<T>(&mut self, id: Uuid, change: impl FnOnce(&mut Lease) -> T) -> Option<T> {
        let lease = self.leases.get_mut(&id)?;
        let before = lease.standing;
        let done = change(lease);
        if lease.standing != before {
            self.save();
        }
        Some(done)
    }

    /// What ran without a seat has one now: the use until `now` is told, the seat counts from here on.
    pub fn covered(&mut self, id: Uuid, seconds: i64, now: DateTime<Utc>) -> bool {
        let Some(lease) = self.leases.get_mut(&id) else { return false };
        let used = lease.use_until(now);
        lease.seated(seconds, now);
        self.note(used);
        self.save();
        true
    }

    /// A check-out is over. Its seat is to go back unless the collector already has it.
    pub fn end(&mut self, id: Uuid, at: DateTime<Utc>) -> bool {
        let Some(lease) = self.leases.remove(&id) else { return false };
        match lease.standing {
            Standing::Seat { .. } if lease.lent_by.is_some() => {}
            Standing::Seat { until } => drop(self.returns.insert(id, until.unwrap_or(at + TimeDelta::days(1)))),
            Standing::Place => drop(self.returns.insert(id, at + TimeDelta::seconds(lease.lease_seconds.max(60)))),
            Standing::Offline { .. } => self.note(lease.use_until(at)),
        }
        self.save();
        true
    }

    /// A borrowed seat is no more: what runs on it goes on with another that is borrowed, the one that lasts longest; where none lends
    /// itself it runs without one until it has one of its own. `lends` says until when a grant does what a check-out asked for.
    pub fn recall(
        &mut self,
        id: Uuid,
        now: DateTime<Utc>,
        lends: impl Fn(&str, &CheckoutRequest) -> Option<DateTime<Utc>>,
        mut new_id: impl FnMut() -> Uuid,
    ) {
        let others = self.borrowed().filter(|lease| lease.id != id && matches!(lease.standing, Standing::Seat { .. }));
        let others: Vec<(Uuid, String)> = others.filter_map(|lease| Some((lease.id, lease.grant.clone()?))).collect();
        for lease in self.leases.values_mut().filter(|lease| lease.lent_by == Some(id)) {
            let heirs = others.iter().filter_map(|(other, grant)| Some((lends(grant, &lease.request)?, *other)));
            if let Some((until, other)) = heirs.max() {
                lease.lent_by = Some(other);
                lease.standing = Standing::Seat { until: Some(until) };
                continue;
            }
            if let Standing::Seat { .. } = lease.standing {
                lease.standing = Standing::Seat { until: Some(now) };
            }
            lease.lost(new_id(), now);
            lease.next_at = now;
        }
        self.save();
    }

    /// The collector knows it no longer, and it has no holder that goes on.
    pub fn forget(&mut self, id: Uuid) {
        if self.leases.remove(&id).is_some() {
            self.save();
        }
    }

    /// The collector has the seat back, or does not know of it.
    pub fn returned(&mut self, id: Uuid) {
        if self.returns.remove(&id).is_some() {
            self.save();
        }
    }

    /// The collector has these uses; so many of them count nowhere.
    pub fn told(&mut self, uses: &[OfflineUse], uncounted: u64) {
        self.uncounted = self.uncounted.saturating_add(uncounted);
        self.uses.retain(|kept| uses.iter().all(|told| told.id != kept.id));
        self.save();
    }

    /// It could not be reached.
    pub fn away(&mut self, now: DateTime<Utc>) {
        self.tell_at = now + AGAIN;
    }

    /// It does not take what was used offline.
    pub fn not_taken(&mut self, now: DateTime<Utc>) {
        self.tell_at = now + LATER;
    }

    /// What is to be asked of the collector now. `lives` says whether a process still runs, `new_id` makes ids.
    pub fn due(&mut self, now: DateTime<Utc>, lives: impl Fn(&Holder) -> bool, mut new_id: impl FnMut() -> Uuid) -> Vec<Task> {
        self.follow_clock(now);
        let mut changed = false;
        let mut over = Vec::new();
        for lease in self.leases.values_mut() {
            match &lease.holder {
                Some(holder) if lives(holder) => lease.heard(now),
                // Nobody saw the end of what died while no agent ran; the last sight is the latest certain time.
                Some(_) => over.push((lease.id, lease.heard_at)),
                None => over.extend(lease.silent_until().filter(|until| *until <= now).map(|until| (lease.id, until))),
            }
            if let Standing::Seat { until: Some(until) } = lease.standing
                && until <= now
                && (lease.holder.is_some() || lease.silent_until().is_some_and(|silent| silent > now))
            {
                lease.lost(new_id(), now);
                lease.next_at = now;
                changed = true;
            }
        }
        for (id, at) in over {
            self.end(id, at);
        }
        changed |= self.leases.values().any(|lease| matches!(lease.standing, Standing::Offline { .. }))
            && now - self.noted_at >= NOTED_EVERY;
        if changed {
            self.noted_at = now;
            self.save();
        }
        self.returns.retain(|_, until| *until > now);
        let asks = self.leases.values().filter(|lease| lease.next_at <= now).filter_map(|lease| match lease.standing {
            Standing::Seat { .. } if lease.holder.is_some() && lease.lent_by.is_none() => Some(Task::Beat(lease.id)),
            Standing::Offline { .. } => Some(Task::Take(lease.id)),
            Standing::Seat { .. } | Standing::Place => None,
        });
        let mut tasks: Vec<Task> = asks.collect();
        if self.tell_at <= now {
            tasks.extend(self.returns.keys().map(|id| Task::Return(*id)));
            if !self.uses.is_empty() {
                tasks.push(Task::Tell(self.uses.iter().take(OFFLINE_USES).cloned().collect()));
            }
        }
        tasks
    }

    /// Whether nothing can become due.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.leases.is_empty() && self.uses.is_empty() && self.returns.is_empty()
    }

    /// A clock that was set back would keep every heartbeat waiting until it has caught up, and the seats would be gone by then.
    fn follow_clock(&mut self, now: DateTime<Utc>) {
        let back = self.looked_at - now;
        self.looked_at = now;
        if back < CORRECTION {
            return;
        }
        for lease in self.leases.values_mut() {
            lease.heard_at = lease.heard_at.min(now);
            lease.next_at = lease.next_at.min(now);
            // A borrowed seat has its time from the collector, and what runs on it has the same.
            let own = !lease.is_borrowed() && lease.lent_by.is_none();
            if let (true, Standing::Seat { until: Some(until) }) = (own, &mut lease.standing) {
                *until -= back;
            }
        }
        self.tell_at = self.tell_at.min(now);
        self.noted_at = self.noted_at.min(now);
    }

    /// A use without a seat is over.
    fn note(&mut self, used: Option<OfflineUse>) {
        self.uses.extend(used);
        let excess = self.uses.len().saturating_sub(MOST_USES);
        if excess > 0 {
            tracing::warn!(uses = excess, "more uses without a seat than are remembered; the oldest are dropped");
        }
        self.uses.drain(..excess);
        self.dropped = self.dropped.saturating_add(u64::try_from(excess).unwrap_or(u64::MAX));
    }

    fn save(&self) {
        let leases = self.leases.values().cloned().collect();
        let (uses, returns) = (self.uses.clone(), self.returns.clone());
        let stored = Stored { leases, uses, returns, uncounted: self.uncounted, dropped: self.dropped };
        let written =
            serde_json::to_vec(&stored).map_err(io::Error::from).and_then(|bytes| durable::write(&self.file, &bytes, 0o600));
        if let Err(error) = written {
            tracing::error!(%error, "the check-outs of this machine cannot be stored; a restart of the agent would forget them");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn lease(number: u128, held: bool, standing: Standing) -> Lease {
        let holder = held.then_some(Holder { pid: 7, started: 4711, boot_id: id(99) });
        let request = CheckoutRequest {
            application: "CAD".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            ..CheckoutRequest::default()
        };
        Lease {
            id: id(number),
            uid: 1000,
            request,
            holder,
            lease_seconds: 60,
            grant: None,
            lent_by: None,
            standing,
            heard_at: at(0),
            next_at: at(0),
        }
    }

    fn seat(number: u128, held: bool) -> Lease {
        let mut lease = lease(number, held, Standing::Place);
        lease.seated(60, at(0));
        lease
    }

    fn due(book: &mut Book, now: i64, alive: bool) -> Vec<Task> {
        book.due(at(now), |_| alive, || id(500))
    }

    fn used(book: &Book) -> Vec<(i64, i64)> {
        let seconds = |time: DateTime<Utc>| (time - at(0)).num_seconds();
        book.uses.iter().map(|used| (seconds(used.from), seconds(used.to))).collect()
    }

    #[test]
    fn a_process_s_seat_is_kept_and_goes_back_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(seat(1, true));
        assert_eq!(due(&mut book, 19, true), []);
        assert_eq!(due(&mut book, 20, true), [Task::Beat(id(1))]);
        book.change(id(1), |lease| lease.seated(60, at(20)));
        assert_eq!(due(&mut book, 39, true), []);
        // The agent was killed; the program goes on.
        let mut book = Book::open(dir.path(), at(41));
        assert_eq!(due(&mut book, 41, true), [Task::Beat(id(1))]);
        assert_eq!(due(&mut book, 42, false), [Task::Return(id(1))]);
        book.returned(id(1));
        assert!(due(&mut book, 43, false).is_empty() && book.is_idle());
    }

    #[test]
    fn a_clock_that_is_set_back_stops_no_heartbeat() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(seat(1, true));
        assert_eq!(due(&mut book, 10, true), []);
        assert_eq!(due(&mut book, -3600, true), [Task::Beat(id(1))]);
        // Unheard of from then on, the seat lasts no longer than it would have: 50 s.
        assert_eq!(due(&mut book, -3551, true), [Task::Beat(id(1))]);
        assert_eq!(due(&mut book, -3550, true), [Task::Take(id(1))]);
    }

    #[test]
    fn no_more_uses_are_remembered_than_the_disk_can_bear() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        let used = lease(1, true, Standing::Offline { use_id: id(5), since: at(0) }).use_until(at(1)).unwrap();
        (0..10_003).for_each(|number| book.note(Some(OfflineUse { id: id(number), ..used.clone() })));
        let overview = book.overview();
        assert_eq!(
            (overview.offline_uses_waiting, overview.offline_uses_dropped, overview.offline_uses_uncounted),
            (10_000, 3, 0)
        );
        assert_eq!(book.uses.first().map(|used| used.id), Some(id(3)));
    }

    #[test]
    fn an_outage_longer_than_the_lease_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(seat(1, true));
        assert_eq!(due(&mut book, 59, true), [Task::Beat(id(1))]);
        assert_eq!(due(&mut book, 75, true), [Task::Take(id(1))], "the seat is gone at the collector, the program goes on");
        assert!(book.covered(id(1), 60, at(90)));
        assert_eq!(used(&book), [(60, 90)], "from the end of the lease");
        let tell = due(&mut book, 95, true);
        let [Task::Tell(uses)] = tell.as_slice() else { panic!("{tell:?}") };
        book.away(at(95));
        assert_eq!(due(&mut book, 96, true), []);
        let mut book = Book::open(dir.path(), at(97));
        assert_eq!(used(&book), [(60, 90)], "over a restart, too");
        book.told(uses, 1);
        let book = Book::open(dir.path(), at(98));
        let overview = book.overview();
        assert_eq!((used(&book).len(), overview.offline_uses_uncounted, overview.offline_uses_dropped), (0, 1, 0));
    }

    #[test]
    fn what_ran_offline_is_told_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(lease(1, true, Standing::Offline { use_id: id(5), since: at(0) }));
        book.put(lease(2, false, Standing::Offline { use_id: id(6), since: at(0) }));
        assert_eq!(due(&mut book, 10, true), [Task::Take(id(1)), Task::Take(id(2))]);
        book.change(id(1), |lease| lease.refused(at(10)));
        book.change(id(2), |lease| lease.refused(at(10)));
        book.away(at(10));
        assert_eq!(due(&mut book, 61, true), [Task::Tell(book.uses.clone())], "its caller is silent for its lease");
        assert_eq!(used(&book), [(0, 60)]);
        // Killed with the machine: the last sight counts.
        let mut book = Book::open(dir.path(), at(300));
        due(&mut book, 301, false);
        assert_eq!(used(&book), [(0, 60), (0, 61)]);
        assert!(!book.knows(id(1)));
    }

    #[test]
    fn a_caller_s_seat_lives_by_its_heartbeats() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(seat(1, false));
        assert_eq!(due(&mut book, 50, true), [], "nobody beats for it");
        book.change(id(1), |lease| lease.heard(at(50)));
        assert_eq!(due(&mut book, 60, true), [Task::Take(id(1))], "heard of while the collector was away");
        assert_eq!(due(&mut book, 111, true), [Task::Tell(book.uses.clone())]);
        assert_eq!(used(&book), [(60, 110)]);
    }

    #[test]
    fn a_borrowed_seat_lasts_until_its_time_and_lends_itself() {
        let dir = tempfile::tempdir().unwrap();
        let borrowed = Lease { grant: Some("signed".to_owned()), ..seat(1, false) };
        let runs = |number| Lease { lent_by: Some(id(1)), ..seat(number, true) };
        let mut book = Book::open(dir.path(), at(0));
        book.put(borrowed.clone());
        book.put(runs(2));
        let mut book = Book::open(dir.path(), at(50));
        assert_eq!(due(&mut book, 55, true), [], "nobody beats for either");
        assert_eq!(book.overview().borrowed.len(), 1);
        assert!(book.end(id(2), at(56)));
        assert_eq!(due(&mut book, 57, true), [], "the collector knows nothing of it");
        book.put(runs(3));
        assert_eq!(due(&mut book, 61, true), [Task::Take(id(3))], "its time is over");
        assert!(!book.knows(id(1)) && book.overview().borrowed.is_empty());

        // Given back early, while the collector is away and the agent starts again.
        let mut book = Book::open(&dir.path().join("other"), at(0));
        std::fs::create_dir_all(dir.path().join("other")).unwrap();
        book.put(borrowed);
        book.put(runs(2));
        book.end(id(1), at(10));
        book.recall(id(1), at(10), |_, _| None, || id(600));
        let mut book = Book::open(&dir.path().join("other"), at(20));
        let tasks = due(&mut book, 21, true);
        assert_eq!(tasks, [Task::Take(id(2)), Task::Return(id(1))]);
        book.end(id(2), at(30));
        assert_eq!(used(&book), [(10, 30)]);
    }

    #[test]
    fn what_runs_on_a_borrowed_seat_goes_on_with_the_one_that_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        let borrowed = |number, grant: &str| Lease { grant: Some(grant.to_owned()), ..seat(number, false) };
        let runs = |number| Lease { lent_by: Some(id(1)), ..seat(number, true) };
        let others = Lease { request: CheckoutRequest { user: "bob".to_owned(), ..runs(5).request }, ..runs(5) };
        for lease in [borrowed(1, "old"), borrowed(2, "new"), borrowed(3, "newer"), runs(4), others] {
            book.put(lease);
        }
        let lends = |grant: &str, request: &CheckoutRequest| {
            let until = if grant == "newer" { at(900) } else { at(500) };
            (request.user == "alice").then_some(until)
        };
        book.end(id(1), at(10));
        book.recall(id(1), at(10), lends, || id(600));
        let mut book = Book::open(dir.path(), at(20));
        assert_eq!(
            book.get(id(4), 0).map(|lease| (lease.lent_by, lease.standing)),
            Some((Some(id(3)), Standing::Seat { until: Some(at(900)) }))
        );
        assert_eq!(book.get(id(5), 0).map(|lease| lease.lent_by), Some(None));
        let tasks = due(&mut book, 21, true);
        assert_eq!(tasks, [Task::Take(id(5)), Task::Return(id(1))]);
        assert_eq!(used(&book), []);
    }

    #[test]
    fn others_check_outs_are_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(dir.path(), at(0));
        book.put(seat(1, false));
        for (uid, known) in [(1000, true), (0, true), (1001, false)] {
            assert_eq!(book.get(id(1), uid).is_some(), known, "{uid}");
        }
        assert!(!book.is_full(1000));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages the file on purpose")]
    fn damage_is_survived() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"{").unwrap();
        assert!(Book::open(dir.path(), at(0)).is_idle());
    }
}
