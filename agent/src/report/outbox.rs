//! Where reports wait for delivery, and where the two halves of the agent meet: one puts reports in, the other sends them.
//!
//! In: facts from the reporter, answers from the uplink. Out: the oldest report for the uplink, news for whoever waits.
//! A report is on disk before the uplink hears of it. It neither looks at the machine nor at the network.

use super::{
    builder::{self, Facts},
    progress::Progress,
};
use crate::spool::{Backlog, Counters, Limits, Spool, SpoolError};
use chrono::{DateTime, Utc};
use muster_wire::report::{Need, Report, ReportResponse};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, oneshot, watch};

/// Between reports until the collector says otherwise.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(300);

/// Somebody asks for a report now; the answer is its number.
#[derive(Debug)]
pub struct Ask {
    /// Where the number goes.
    pub reply: oneshot::Sender<u64>,
}

/// What is known of the contact with the collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Deliveries tried since the start, successful or not.
    pub tries: u64,
    /// How many of them the collector took.
    pub taken: u64,
    /// Every report up to this number has left the outbox.
    pub through: u64,
    /// How often the collector asked for the hardware.
    pub hardware_wishes: u64,
    /// How often the collector asked for the software list.
    pub software_wishes: u64,
    /// Why the last try did not succeed.
    pub error: Option<String>,
    /// Whether it failed because no collector can be reached.
    pub unreachable: bool,
}

/// A report that waits for delivery.
#[derive(Debug)]
pub struct Waiting {
    /// Its number.
    pub seq: u64,
    /// What it says; an error when an earlier version wrote what this one cannot read.
    pub report: Result<Report, serde_json::Error>,
}

/// The outbox.
#[derive(Debug)]
pub struct Outbox {
    dir: PathBuf,
    inner: Mutex<Inner>,
    filled: Notify,
    urged: Notify,
    prompted: Notify,
    first_interval: Duration,
    contact: watch::Sender<Contact>,
}

#[derive(Debug)]
struct Inner {
    spool: Spool,
    progress: Progress,
    epoch: u64,
    hardware_seq: u64,
    software_seq: u64,
    refused: Option<RefusedList>,
    trouble: bool,
}

/// A software list that the collector cannot take: it goes with no report, so that it keeps none of them.
#[derive(Debug)]
struct RefusedList {
    digest: String,
    reason: String,
}

impl RefusedList {
    fn gap(&self) -> String {
        format!("software: the collector cannot take the list: {}", self.reason)
    }
}

impl Outbox {
    /// Opens the outbox of a locked state directory; `epoch` and `first_interval` are the identity's.
    ///
    /// # Errors
    /// When the spool cannot be opened.
    pub fn open(dir: &Path, limits: Limits, epoch: u64, first_interval: Duration) -> Result<Self, SpoolError> {
        let spool = Spool::open(&crate::identity::spool_dir(dir), limits)?;
        let mut progress = Progress::load(dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "what the agent remembered cannot be read; it starts without");
            Progress::default()
        });
        let newest = spool.newest().and_then(|pending| serde_json::from_slice::<Report>(&pending.payload).ok());
        if let Some(newest) = newest {
            progress.catch_up(&newest);
        }
        let through = spool.next_seq().saturating_sub(1 + spool.backlog().reports);
        let inner = Inner { spool, progress, epoch, hardware_seq: 0, software_seq: 0, refused: None, trouble: false };
        let (contact, _) = watch::channel(Contact { through, ..Contact::default() });
        Ok(Self {
            dir: dir.to_owned(),
            inner: Mutex::new(inner),
            filled: Notify::new(),
            urged: Notify::new(),
            prompted: Notify::new(),
            first_interval,
            contact,
        })
    }

    /// Puts a report in and gives its number. It never fails: what the disk refuses waits in memory.
    pub fn put(&self, facts: &Facts<'_>) -> u64 {
        let mut inner = self.lock();
        let Inner { spool, progress, epoch, hardware_seq, software_seq, refused, trouble } = &mut *inner;
        let mut facts = Facts { receipt: progress.receipt.as_deref(), ..facts.clone() };
        let mut incomplete = facts.incomplete.to_vec();
        if let Some(refused) = refused.as_ref().filter(|refused| facts.software_digest == Some(refused.digest.as_str())) {
            // Without a digest nobody asks for it.
            (facts.software, facts.software_digest) = (None, None);
            incomplete.push(refused.gap());
            facts.incomplete = &incomplete;
        }
        let report = |seq, dropped| builder::build(&facts, *epoch, seq, dropped);
        let appended = spool.append(facts.collected_at, |ticket| {
            // A report is plain data with text keys; its encoding cannot fail.
            serde_json::to_vec(&report(ticket.seq, ticket.dropped)).unwrap_or_default()
        });
        if facts.hardware.is_some() {
            *hardware_seq = appended.seq;
        }
        if facts.software.is_some() {
            *software_seq = appended.seq;
        }
        match &appended.not_durable {
            Some(error) if !*trouble => tracing::error!(%error, "the state directory takes no reports; they are kept in memory"),
            None if *trouble => tracing::info!("the state directory takes reports again"),
            _ => {}
        }
        *trouble = appended.not_durable.is_some();
        // What is remembered of it needs none of the long lists.
        let short = Facts { hardware: None, software: None, ..facts.clone() };
        progress.saw(&builder::build(&short, *epoch, appended.seq, 0));
        self.save(progress);
        self.filled.notify_one();
        appended.seq
    }

    /// The oldest report, under the epoch in force.
    ///
    /// # Errors
    /// When the disk does not give it now; it stays.
    pub fn front(&self) -> io::Result<Option<Waiting>> {
        let mut inner = self.lock();
        let Inner { spool, epoch, refused, .. } = &mut *inner;
        let Some(pending) = spool.front()? else { return Ok(None) };
        let report = serde_json::from_slice::<Report>(&pending.payload).map(|mut report| {
            report.epoch = *epoch;
            if let Some(refused) = refused.as_ref().filter(|refused| report.software_digest.as_ref() == Some(&refused.digest)) {
                (report.software, report.software_digest) = (None, None);
                report.incomplete.push(refused.gap());
            }
            report
        });
        Ok(Some(Waiting { seq: pending.seq, report }))
    }

    /// The collector took the report `seq`.
    pub fn taken(&self, seq: u64, response: &ReportResponse, now: DateTime<Utc>) {
        let mut inner = self.lock();
        inner.spool.remove(seq);
        inner.spool.raise(response.acked_seq);
        let progress = &mut inner.progress;
        if response.receipt.is_some() {
            progress.receipt.clone_from(&response.receipt);
        }
        progress.next_report_in = Some(response.next_report_in);
        progress.policy_version = response.policy.version;
        progress.last_contact_at = Some(now);
        progress.last_error = None;
        self.save(progress);
        // A report that waits may carry what is asked for already; nothing more is to be made then.
        let hardware = response.need.contains(&Need::Hardware) && inner.hardware_seq <= seq;
        // The list is long; behind reports that wait it could push one of them out. The last of their answers asks for it again.
        let waits = inner.spool.backlog().reports > 0;
        let software = response.need.contains(&Need::Software) && inner.software_seq <= seq && !waits;
        drop(inner);
        self.contact.send_modify(|contact| {
            contact.tries += 1;
            contact.taken += 1;
            contact.through = contact.through.max(seq);
            contact.hardware_wishes += u64::from(hardware);
            contact.software_wishes += u64::from(software);
            contact.error = None;
            contact.unreachable = false;
        });
    }

    /// A try did not succeed. Says whether that is news.
    pub fn failed(&self, error: &str, unreachable: bool) -> bool {
        let mut inner = self.lock();
        let news = inner.progress.last_error.as_deref() != Some(error);
        if news {
            inner.progress.last_error = Some(error.to_owned());
            self.save(&inner.progress);
        }
        drop(inner);
        self.contact.send_modify(|contact| {
            contact.tries += 1;
            contact.error = Some(error.to_owned());
            contact.unreachable = unreachable;
        });
        news
    }

    /// The report `seq` can never be taken: it is let go and counted.
    pub fn discard(&self, seq: u64) {
        self.lock().spool.discard(seq);
        self.contact.send_modify(|contact| contact.through = contact.through.max(seq));
    }

    /// The collector can take no report with the software list of this digest: from now on they go without it.
    pub fn refuse_list(&self, digest: String, reason: String) {
        self.lock().refused = Some(RefusedList { digest, reason });
    }

    /// From now on reports go under this epoch.
    pub fn set_epoch(&self, epoch: u64) {
        self.lock().epoch = epoch;
    }

    /// Waits until something was put in. It may return once too often.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Tells the uplink that the newest report is about a login or logout, which does not wait for a start to be spread.
    pub fn prompt(&self) {
        self.prompted.notify_one();
    }

    /// Waits until there was such a report.
    pub async fn prompted(&self) {
        self.prompted.notified().await;
    }

    /// Asks the uplink for a try before its time.
    pub fn urge(&self) {
        self.urged.notify_one();
    }

    /// Waits until somebody asks for a try.
    pub async fn urged(&self) {
        self.urged.notified().await;
    }

    /// News of the contact.
    #[must_use]
    pub fn contact(&self) -> watch::Receiver<Contact> {
        self.contact.subscribe()
    }

    /// What waits.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.lock().spool.backlog()
    }

    /// What was lost.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.lock().spool.counters()
    }

    /// What is remembered.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.lock().progress.clone()
    }

    /// The number the next report gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.lock().spool.next_seq()
    }

    /// Within what time of a start the first report is to be delivered: what the enrolment or the last answer said.
    #[must_use]
    pub fn first_within(&self) -> Duration {
        self.lock().progress.next_report_in.map_or(self.first_interval, Duration::from_secs)
    }

    /// Between reports, as the collector said last.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.lock().progress.next_report_in.map_or(DEFAULT_INTERVAL, Duration::from_secs)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(&self, progress: &Progress) {
        let saved: io::Result<()> = progress.save(&self.dir);
        if let Err(error) = saved {
            tracing::debug!(%error, "what the agent remembers cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::{hardware::Hardware, report::Policy};
    use uuid::Uuid;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn open(dir: &tempfile::TempDir) -> Outbox {
        Outbox::open(dir.path(), Limits::default(), 1, Duration::from_secs(3)).unwrap()
    }

    fn facts() -> Facts<'static> {
        Facts {
            boot_id: Uuid::from_u128(1),
            collected_at: at(0),
            hardware_digest: "sha256:00",
            hardware: None,
            software_digest: None,
            software: None,
            sessions: &[],
            ended: &[],
            receipt: None,
            incomplete: &[],
        }
    }

    fn put(outbox: &Outbox, hardware: Option<&Hardware>) -> u64 {
        outbox.put(&Facts { hardware, ..facts() })
    }

    fn response(acked_seq: u64, need: Vec<Need>) -> ReportResponse {
        ReportResponse {
            acked_seq,
            need,
            next_report_in: 287,
            policy: Policy { version: 7 },
            verdict: None,
            receipt: Some(format!("receipt {acked_seq}")),
        }
    }

    fn front(outbox: &Outbox) -> Report {
        outbox.front().unwrap().unwrap().report.unwrap()
    }

    #[test]
    fn echoes_the_receipt_and_remembers_the_answer() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        put(&outbox, None);
        assert_eq!(front(&outbox).receipt, None);
        outbox.taken(1, &response(1, vec![]), at(1));
        drop(outbox);
        let outbox = open(&dir);
        assert_eq!(put(&outbox, None), 2);
        assert_eq!(front(&outbox).receipt.as_deref(), Some("receipt 1"));
        assert_eq!(outbox.interval(), Duration::from_secs(287));
        assert_eq!(outbox.progress().last_contact_at, Some(at(1)));
    }

    #[test]
    fn a_waiting_report_keeps_its_words_but_takes_the_new_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        put(&outbox, None);
        let before = front(&outbox);
        outbox.set_epoch(5);
        assert_eq!(front(&outbox), Report { epoch: 5, ..before });
    }

    #[test]
    fn a_collector_that_knows_more_raises_the_number() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        put(&outbox, None);
        outbox.taken(1, &response(40, vec![]), at(1));
        assert_eq!(put(&outbox, None), 41);
    }

    #[test]
    fn hardware_on_its_way_is_not_wished_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        put(&outbox, None);
        put(&outbox, Some(&Hardware::default()));
        outbox.taken(1, &response(1, vec![Need::Hardware]), at(1));
        assert_eq!(outbox.contact().borrow().hardware_wishes, 0);
        outbox.taken(2, &response(2, vec![Need::Hardware]), at(1));
        assert_eq!(outbox.contact().borrow().hardware_wishes, 1);
    }

    #[test]
    fn a_list_that_is_refused_goes_with_no_report() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        let with = |digest| outbox.put(&Facts { software_digest: Some(digest), software: Some(&[]), ..facts() });
        with("sha256:1");
        assert!(front(&outbox).software.is_some());
        outbox.refuse_list("sha256:1".to_owned(), "too large".to_owned());
        with("sha256:1");
        with("sha256:2");
        for (seq, listed) in [(1, false), (2, false), (3, true)] {
            let Report { software, software_digest, incomplete, .. } = front(&outbox);
            assert_eq!((software.is_some(), software_digest.is_some()), (listed, listed), "{seq}");
            assert_eq!(incomplete.iter().any(|gap| gap.starts_with("software") && gap.ends_with("too large")), !listed);
            outbox.taken(seq, &response(seq, vec![]), at(1));
        }
    }

    #[test]
    fn a_report_that_can_never_be_taken_is_told_with_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(&dir);
        put(&outbox, None);
        outbox.discard(1);
        put(&outbox, None);
        assert_eq!(front(&outbox).dropped, 1);
        assert!(outbox.failed("x", true) && !outbox.failed("x", true));
    }
}
