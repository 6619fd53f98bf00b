//! The loop that looks and reports.
//!
//! In: signs of logins and logouts, the schedule, answers, people who ask. Out: reports in the outbox. It sends nothing.
//!
//! While reports wait for an unreachable collector, a regular report that says what the newest waiting one says is made
//! once an hour only: every day keeps its snapshots, and weeks of outage do not fill the spool with copies.

use super::{
    builder::{Facts, same_sessions, split_ended},
    outbox::{Ask, Outbox},
    schedule::{Schedule, Why},
    watch::Watch,
};
use crate::uplink::local_address;
use muster_runtime::clock::SharedClock;
use muster_wire::session::Session;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// Between equal reports while no collector takes them.
const COPIES_EVERY: Duration = Duration::from_secs(3600);
/// A report younger than this answers whoever asks for one, if it says what is true now.
const FRESH: Duration = Duration::from_secs(10);
/// Timers do not run in suspend; the time since boot is looked at this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What a reporter needs.
#[derive(Debug)]
pub struct ReporterOptions {
    /// The eyes.
    pub watch: Watch,
    /// Where reports go.
    pub outbox: Arc<Outbox>,
    /// The collector's addresses; the route to the first gives a console session its address.
    pub collectors: watch::Receiver<Vec<String>>,
    /// The clock.
    pub clock: SharedClock,
}

/// The loop's state.
#[derive(Debug)]
pub struct Reporter {
    watch: Watch,
    outbox: Arc<Outbox>,
    collectors: watch::Receiver<Vec<String>>,
    clock: SharedClock,
    schedule: Schedule,
    last: Option<Last>,
    taken: u64,
    wishes: (u64, u64),
    pulse: Pulse,
}

/// When the reporter last turned, for whoever watches over it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// The time since boot of the last turn, in whole seconds.
    #[must_use]
    pub fn get(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn beat(&self, now: Duration) {
        self.0.store(now.as_secs(), Ordering::Relaxed);
    }
}

/// The newest report.
#[derive(Debug)]
struct Last {
    seq: u64,
    made: Duration,
    sessions: Vec<Session>,
    digest: String,
    software: Option<String>,
}

impl Reporter {
    /// A reporter whose first report is due at once.
    #[must_use]
    pub fn new(options: ReporterOptions) -> Self {
        let ReporterOptions { watch, outbox, collectors, clock } = options;
        let schedule = Schedule::new(clock.boottime(), outbox.interval());
        let pulse = Pulse::default();
        pulse.beat(clock.boottime());
        Self { watch, outbox, collectors, clock, schedule, last: None, taken: 0, wishes: (0, 0), pulse }
    }

    /// The sign that the loop turns: at least once a minute, but for the time a look takes.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Looks and reports until it is dropped.
    pub async fn run(&mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut contact = self.outbox.contact();
        loop {
            self.pulse.beat(self.clock.boottime());
            self.heed(&contact.borrow_and_update().clone());
            if let Some(why) = self.schedule.due(self.clock.boottime()) {
                self.report(why).await;
                continue;
            }
            let wait = self.schedule.wait(self.clock.boottime()).min(LONGEST_SLEEP);
            tokio::select! {
                () = self.watch.changed() => self.look().await,
                _ = contact.changed() => {}
                Some(ask) = asks.recv() => {
                    let seq = self.asked().await;
                    // Whoever asked may have gone away; the report is made all the same.
                    let _ = ask.reply.send(seq);
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Looks once and makes a report, unless it is a regular one that would only repeat what waits.
    pub async fn report(&mut self, why: Why) -> Option<u64> {
        self.watch.look_at_hardware().await;
        if why != Why::Change {
            let collector = self.collectors.borrow().first().cloned();
            self.watch.set_local_address(local_address(collector.as_deref()).await);
            self.watch.look_at_software().await;
        }
        self.watch.look().await;
        let now = self.clock.boottime();
        if why == Why::Regular && self.is_copy(now) {
            self.schedule.skipped(now);
            return None;
        }
        let seq = self.put(now);
        if why == Why::Change {
            self.outbox.prompt();
        }
        Some(seq)
    }

    /// Takes the time that a look at the software needs, for a report that nothing follows.
    pub fn be_patient(&mut self) {
        self.watch.be_patient();
    }

    /// Makes the report that the collector asked for with its answers since the last call, if it asked for one.
    pub async fn report_if_wanted(&mut self) -> bool {
        let contact = self.outbox.contact().borrow().clone();
        let wanted = (contact.hardware_wishes, contact.software_wishes) != self.wishes;
        self.heed(&contact);
        if wanted {
            self.report(Why::Wanted).await;
        }
        wanted
    }

    /// What the answers since the last call ask for.
    fn heed(&mut self, contact: &super::outbox::Contact) {
        let now = self.clock.boottime();
        if contact.taken != self.taken {
            self.taken = contact.taken;
            self.schedule.answered(now, self.outbox.interval(), self.outbox.backlog().reports > 0);
        }
        let (hardware, software) = self.wishes;
        if contact.hardware_wishes != hardware {
            self.schedule.hardware_wanted(now);
        }
        if contact.software_wishes != software {
            self.schedule.software_wanted(now);
        }
        self.wishes = (contact.hardware_wishes, contact.software_wishes);
    }

    async fn look(&mut self) {
        if self.watch.look().await {
            tracing::debug!(sessions = self.watch.live().len(), "somebody came or went");
            self.schedule.changed(self.clock.boottime());
        }
    }

    /// Makes the report somebody asked for, unless the newest is fresh and still true.
    async fn asked(&mut self) -> u64 {
        self.watch.look().await;
        let now = self.clock.boottime();
        let fresh = |last: &&Last| now.saturating_sub(last.made) < FRESH && self.says_the_same(last);
        let seq = self.last.as_ref().filter(fresh).map(|last| last.seq);
        let seq = seq.unwrap_or_else(|| self.put(now));
        self.outbox.urge();
        seq
    }

    fn is_copy(&self, now: Duration) -> bool {
        self.last.as_ref().is_some_and(|last| {
            let waits = self.outbox.contact().borrow().through < last.seq;
            waits && now.saturating_sub(last.made) < COPIES_EVERY && self.says_the_same(last)
        })
    }

    fn says_the_same(&self, last: &Last) -> bool {
        let (_, digest) = self.watch.hardware();
        let software = self.watch.software().map(|(_, digest)| digest);
        !self.watch.has_ended()
            && last.digest == digest
            && last.software.as_deref() == software
            && same_sessions(&last.sessions, self.watch.live())
    }

    fn put(&mut self, now: Duration) -> u64 {
        let mut ended = self.watch.take_ended();
        let rest = split_ended(self.watch.live().len(), &mut ended);
        let gaps = self.watch.gaps();
        let (hardware, digest) = self.watch.hardware();
        let known = self.last.as_ref().is_some_and(|last| last.digest == digest);
        let with_hardware = !known || self.schedule.hardware_due(now);
        let (packages, software) = self.watch.software().unzip();
        // Without a list there is nothing to answer the wish with; the next answer of the collector asks again.
        let software_wanted = self.schedule.software_due(now);
        let with_software = packages.is_some() && software_wanted;
        let seq = self.outbox.put(&Facts {
            boot_id: self.watch.boot_id(),
            collected_at: self.clock.now(),
            hardware_digest: digest,
            hardware: with_hardware.then_some(hardware),
            software_digest: software,
            software: packages.filter(|_| with_software),
            sessions: self.watch.live(),
            ended: &ended,
            receipt: None,
            incomplete: &gaps,
        });
        let (digest, software) = (digest.to_owned(), software.map(str::to_owned));
        self.last = Some(Last { seq, made: now, sessions: self.watch.live().to_vec(), digest, software });
        self.schedule.reported(now, with_hardware, software_wanted);
        if !rest.is_empty() {
            self.watch.give_back(rest);
            self.schedule.changed(now);
        }
        tracing::debug!(
            seq,
            with_hardware,
            with_software,
            sessions = self.watch.live().len(),
            ended = ended.len(),
            "report made"
        );
        seq
    }
}

#[cfg(test)]
mod tests {
    use super::{super::watch::WatchOptions, *};
    use crate::{
        collect::{
            hardware::Roots,
            sessions::{Options, SourceKind},
        },
        spool::Limits,
    };
    use chrono::DateTime;
    use muster_runtime::clock::{Clock as _, TestClock};
    use muster_wire::report::{Need, Policy, ReportResponse};
    use uuid::Uuid;

    struct Machine {
        dir: tempfile::TempDir,
        clock: Arc<TestClock>,
        outbox: Arc<Outbox>,
        reporter: Reporter,
    }

    /// A machine where nobody is logged in.
    fn machine() -> Machine {
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::at(DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let outbox = Outbox::open(dir.path(), Limits::default(), 1, Duration::from_secs(3)).unwrap();
        let utmp_path = dir.path().join("utmp");
        std::fs::File::create(&utmp_path).unwrap();
        let options = WatchOptions {
            roots: Roots::system(),
            software: dir.path().join("root"),
            sessions: Options { source: SourceKind::Utmp, utmp_path, local_address: None },
            policy: watch::channel(Arc::default()).1,
            fingerprint_key: [0; 32],
            boot_id: Uuid::from_u128(1),
            clock: clock.clone(),
        };
        let watch = Watch::new(options, &outbox.progress());
        let outbox = Arc::new(outbox);
        let (_, collectors) = watch::channel(Vec::new());
        let options = ReporterOptions { watch, outbox: Arc::clone(&outbox), collectors, clock: clock.clone() };
        Machine { dir, clock, outbox, reporter: Reporter::new(options) }
    }

    fn response(acked_seq: u64, need: Vec<Need>) -> ReportResponse {
        let policy = Policy::default();
        ReportResponse { acked_seq, need, next_report_in: 300, policy, verdict: None, receipt: None }
    }

    #[tokio::test]
    async fn while_nobody_takes_them_copies_are_made_hourly() {
        let mut machine = machine();
        let mut made = Vec::new();
        for _ in 0..26 {
            made.extend(machine.reporter.report(Why::Regular).await);
            machine.clock.advance(Duration::from_secs(300));
        }
        assert_eq!(made, [1, 2, 3], "at the start, after one hour, after two");
        let now = machine.clock.now();
        for seq in made {
            machine.outbox.taken(seq, &response(seq, vec![]), now);
        }
        assert_eq!(machine.reporter.report(Why::Regular).await, Some(4), "nothing waits any more");
    }

    #[tokio::test]
    async fn the_hardware_goes_once_and_whenever_it_is_asked_for() {
        let mut machine = machine();
        let mut carried = Vec::new();
        for need in [vec![], vec![Need::Hardware], vec![], vec![]] {
            machine.reporter.report(Why::Regular).await;
            let waiting = machine.outbox.front().unwrap().unwrap();
            carried.push(waiting.report.unwrap().hardware.is_some());
            machine.outbox.taken(waiting.seq, &response(waiting.seq, need), machine.clock.now());
            machine.clock.advance(Duration::from_secs(300));
            machine.reporter.heed(&machine.outbox.contact().borrow().clone());
        }
        assert_eq!(carried, [true, false, true, false]);
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the test installs a package")]
    async fn the_software_list_goes_when_it_is_asked_for_and_its_digest_always() {
        let mut machine = machine();
        let mut carried = Vec::new();
        for need in [vec![Need::Software], vec![], vec![], vec![Need::Software], vec![]] {
            machine.reporter.report(Why::Regular).await;
            let waiting = machine.outbox.front().unwrap().unwrap();
            let report = waiting.report.unwrap();
            carried.push((report.software.map(|list| list.packages.len()), report.software_digest.unwrap()));
            machine.outbox.taken(waiting.seq, &response(waiting.seq, need), machine.clock.now());
            machine.clock.advance(Duration::from_secs(300));
            machine.reporter.heed(&machine.outbox.contact().borrow().clone());
            if carried.len() == 3 {
                let dpkg = machine.dir.path().join("root/var/lib/dpkg");
                std::fs::create_dir_all(&dpkg).unwrap();
                std::fs::write(dpkg.join("status"), "Package: bash\nVersion: 5\n").unwrap();
            }
        }
        assert_eq!(carried.iter().map(|(list, _)| *list).collect::<Vec<_>>(), [None, Some(0), None, None, Some(1)]);
        assert!(carried[2].1 == carried[0].1 && carried[3].1 != carried[2].1 && carried[4].1 == carried[3].1);
    }

    #[tokio::test]
    async fn who_asks_again_gets_the_same_fresh_report() {
        let mut machine = machine();
        machine.reporter.report(Why::Regular).await;
        assert_eq!(machine.reporter.asked().await, 1);
        machine.clock.advance(Duration::from_secs(11));
        assert_eq!(machine.reporter.asked().await, 2);
        assert_eq!(machine.reporter.asked().await, 2);
    }

    #[tokio::test]
    async fn a_source_that_fails_ends_nobody_s_session() {
        let mut machine = machine();
        machine.reporter.report(Why::Regular).await;
        std::fs::remove_file(machine.dir.path().join("utmp")).unwrap();
        machine.clock.advance(Duration::from_secs(3600));
        machine.reporter.report(Why::Regular).await;
        machine.outbox.taken(1, &response(1, vec![]), machine.clock.now());
        let report = machine.outbox.front().unwrap().unwrap().report.unwrap();
        assert!(report.incomplete.iter().any(|gap| gap.starts_with("sessions: ")), "{:?}", report.incomplete);
        assert!(report.ended.is_empty());
    }
}
