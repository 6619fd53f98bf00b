//! What is live, what is kept and what is counted, over restarts and late news.

use crate::{
    publish::ApplicationStatus,
    sessions::{Keeper, KeptFrom, Liveliness, Parts, Reporters, Retention, Seen, Sessions, Unseated},
    settings::Settings,
    store::{
        self, StoreError, Stores,
        conformance::fixtures::{agent_id, entry, mark},
        records::{AgentProgress, Change, CheckoutFacts, ClosedSession, EndReason, Ending, SessionRecord, UsageKind},
    },
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::{
    ids::{AgentId, CheckoutId, SessionId},
    session::{Application, Claimant, Origin},
};
use muster_runtime::clock::Clock;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

/// Minutes after 10:00 local time of a Saturday.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-21T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

#[derive(Default)]
struct Agents {
    silent: Mutex<Vec<AgentId>>,
}

#[async_trait]
impl Reporters for Agents {
    fn silent(&self) -> Vec<AgentId> {
        self.silent.lock().unwrap().clone()
    }

    fn refused(&self) {}

    async fn progress(&self) -> Vec<AgentProgress> {
        Vec::new()
    }
}

pub(super) struct Kept(pub(super) Option<DateTime<Utc>>);

#[async_trait]
impl Retention for Kept {
    async fn kept_from(&self) -> Result<KeptFrom, StoreError> {
        Ok(KeptFrom { sessions: self.0, ..KeptFrom::default() })
    }
}

pub(super) struct Site {
    pub(super) stores: Stores,
    now: Arc<AtomicI64>,
    pub(super) open: Arc<AtomicBool>,
    pub(super) sessions: Arc<Sessions>,
    agents: Arc<Agents>,
    seq: u64,
    _dir: tempfile::TempDir,
}

/// A session of the list: number, user, start, seconds idle.
pub(super) type Listed<'a> = (u128, &'a str, i64, Option<u64>);

fn record(agent: u128, number: u128, user: &str, start: i64) -> SessionRecord {
    SessionRecord {
        id: SessionId(number),
        agent: agent_id(agent),
        user: user.to_owned(),
        client_ip: format!("10.0.0.{agent}"),
        client: "ssh".to_owned(),
        tty: None,
        started_at: at(start),
        counted_from: at(start),
        applications: Vec::new(),
        idle: Vec::new(),
        ended: None,
    }
}

impl Site {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        stores.applications.put(Application::workstation_login(), None, entry("application.create")).await.unwrap();
        let (now, open) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(true)));
        let sessions = load(&stores, &now, &open).await;
        Self { stores, now, open, sessions, agents: Arc::default(), seq: 0, _dir: dir }
    }

    /// The collector is killed and starts again.
    pub(super) async fn restart(&mut self) {
        self.sessions = load(&self.stores, &self.now, &self.open).await;
    }

    pub(super) fn set(&self, minutes: i64) {
        self.now.store(minutes, Ordering::Relaxed);
    }

    pub(super) async fn application(&self, change: impl FnOnce(&mut Application)) {
        let mut application = Application::workstation_login();
        change(&mut application);
        self.stores.applications.put(application, None, entry("application.set")).await.unwrap();
        self.sessions.reload_applications().await.unwrap();
    }

    /// A report that its agent made at this minute.
    pub(super) async fn report(&mut self, agent: u128, made: i64, listed: &[Listed<'_>], passed: &[(u128, &str, i64, i64)]) {
        let lively = |idle_seconds| Liveliness { state: "active", idle_seconds, groups: Vec::new() };
        let seen = Seen {
            agent: agent_id(agent),
            rebooted: false,
            at: at(made),
            listed: listed.iter().map(|(id, user, start, idle)| (record(agent, *id, user, *start), lively(*idle))).collect(),
            whole: true,
            passed: passed.iter().map(|(id, user, start, end)| closed(record(agent, *id, user, *start), *end)).collect(),
        };
        let difference = self.sessions.compare(seen);
        self.seq += 1;
        let change = Change::Report {
            agent: agent_id(agent),
            mark: mark(1, self.seq),
            boot_id: Uuid::from_u128(1),
            received_at: at(made),
            agent_version: String::new(),
            hardware_digest: None,
            started: difference.started.clone(),
            ended: difference.ended.clone(),
            passed: difference.passed.clone(),
            dropped: 0,
        };
        self.stores.reports.append(change, None).await.unwrap();
        self.sessions.apply(difference);
    }

    pub(super) async fn round(&self) {
        self.rounds(1, None).await;
    }

    async fn rounds(&self, round: u32, kept_from: Option<DateTime<Utc>>) {
        let keeper = Keeper::new(Arc::clone(&self.sessions), Arc::<Agents>::clone(&self.agents), Arc::new(Kept(kept_from)));
        keeper.attempt(round, true).await.unwrap();
    }

    fn silent(&self, agents: &[u128]) {
        *self.agents.silent.lock().unwrap() = agents.iter().map(|agent| agent_id(*agent)).collect();
    }

    pub(super) fn status(&self) -> ApplicationStatus {
        self.sessions.applications().remove(0)
    }

    pub(super) fn in_use(&self) -> u64 {
        let status = self.status();
        status.named_in_use + status.floating_in_use
    }

    /// The stored peak of a day of November: how many, and at which minute.
    pub(super) async fn peak(&self, day: u32) -> Option<(u64, i64)> {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let peaks = self.sessions.usage(None, date, date).await.unwrap();
        let total = peaks.into_iter().find(|peak| peak.kind == UsageKind::Total)?;
        Some((total.peak, (total.peak_at - at(0)).num_minutes()))
    }

    fn listed(&self) -> Vec<(u128, Option<EndReason>)> {
        self.sessions.list().into_iter().map(|view| (view.record.id.0, view.record.ended.map(|ending| ending.reason))).collect()
    }
}

fn closed(session: SessionRecord, end: i64) -> ClosedSession {
    let ending = Ending { at: at(end), reason: EndReason::Logout };
    ClosedSession { session: SessionRecord { ended: Some(ending), ..session }, ending }
}

/// The site's minutes; time since boot stands still.
#[derive(Debug)]
struct Minutes(Arc<AtomicI64>);

impl Clock for Minutes {
    fn now(&self) -> DateTime<Utc> {
        at(self.0.load(Ordering::Relaxed))
    }

    fn boottime(&self) -> Duration {
        Duration::ZERO
    }
}

async fn load(stores: &Stores, now: &Arc<AtomicI64>, open: &Arc<AtomicBool>) -> Arc<Sessions> {
    let gate = Arc::clone(open);
    let parts = Parts {
        stores: stores.clone(),
        live: stores.reports.load().await.unwrap().sessions,
        zone: "Europe/Berlin".parse().unwrap(),
        clock: Arc::new(Minutes(Arc::clone(now))),
        open_since: Arc::new(move || gate.load(Ordering::Relaxed).then(|| at(-100_000))),
        caps: Arc::new(|_: &str| (None, None)),
        hosts: Arc::new(|_| None),
        settings: Arc::new(Settings::load(Arc::clone(&stores.system)).await.unwrap()),
    };
    Arc::new(Sessions::load(parts).await.unwrap())
}

pub(super) const DAY: i64 = 24 * 60;

#[tokio::test]
async fn a_restart_ends_nobody_and_keeps_the_peaks() {
    let mut site = Site::new().await;
    site.set(30);
    site.report(1, 30, &[(1, "alice", 10, None), (2, "bob", 20, Some(3))], &[(3, "carol", 21, 23)]).await;
    site.round().await;
    site.set(40);
    site.report(1, 40, &[(1, "alice", 10, None)], &[]).await;
    let (list, in_use) = (site.listed(), site.in_use());
    assert_eq!((list.as_slice(), in_use, site.status().peak_today), ([(1, None)].as_slice(), 1, 3));
    site.restart().await;
    assert_eq!((site.listed(), site.in_use()), (list, in_use));
    assert_eq!((site.status().peak_today, site.status().peak_at), (3, Some(at(21))));
    assert_eq!(site.peak(21).await, Some((3, 21)));
}

#[tokio::test]
async fn sessions_that_are_over_are_forgotten_only_where_something_may_be() {
    let mut site = Site::new().await;
    site.set(30);
    site.report(1, 30, &[], &[(3, "carol", 21, 23), (4, "dave", 21, 26)]).await;
    for (kept_from, left) in [(None, 2), (Some(at(20)), 2), (Some(at(25)), 1), (None, 1)] {
        site.rounds(30, kept_from).await;
        assert_eq!(site.stores.usage.closed(at(0), at(100)).await.unwrap().len(), left, "{kept_from:?}");
    }
}

#[tokio::test]
async fn idleness_gives_the_seat_back_and_input_takes_it_again() {
    let mut site = Site::new().await;
    site.application(|application| application.idle_timeout_seconds = 600).await;
    site.set(30);
    site.report(1, 30, &[(1, "alice", 0, Some(599)), (2, "bob", 0, None)], &[]).await;
    site.round().await;
    assert_eq!(site.in_use(), 2);
    site.set(35);
    site.report(1, 34, &[(1, "alice", 0, Some(660)), (2, "bob", 0, None)], &[]).await;
    site.round().await;
    assert_eq!(site.in_use(), 1, "idle too long; not known is not idle");
    let idle = |site: &Site| site.sessions.list()[0].record.idle[0].clone();
    assert_eq!(idle(&site).since, at(33), "as the agent saw it, not as the report arrived");
    site.restart().await;
    assert_eq!(site.in_use(), 1, "idle over a restart");
    site.set(50);
    site.report(1, 50, &[(1, "alice", 0, Some(120)), (2, "bob", 0, None)], &[]).await;
    site.round().await;
    assert_eq!((site.in_use(), idle(&site).until), (2, Some(at(48))));
    assert_eq!(site.peak(21).await, Some((2, 0)));
}

#[tokio::test]
async fn what_is_not_tracked_counts_nothing_more() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.application(|application| application.tracking = false).await;
    assert_eq!((site.in_use(), site.peak(21).await), (0, Some((1, 0))), "what was used before is kept");
    site.set(10);
    site.report(1, 10, &[(1, "alice", 0, None), (2, "bob", 10, None)], &[]).await;
    assert_eq!((site.in_use(), site.peak(21).await), (0, Some((1, 0))));
    site.application(|_| {}).await;
    assert_eq!(site.in_use(), 2);
}

#[tokio::test]
async fn a_session_that_comes_back_from_silence_counts_again_and_not_in_between() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.set(30);
    site.silent(&[1]);
    site.round().await;
    assert_eq!((site.listed(), site.in_use()), (vec![(1, Some(EndReason::Silent))], 0));
    site.set(40);
    site.report(2, 40, &[(2, "bob", 40, None)], &[]).await;
    assert_eq!(site.peak(21).await, Some((1, 0)), "the silent time is not counted");
    site.set(60);
    site.silent(&[]);
    site.report(1, 60, &[(1, "alice", 0, None)], &[]).await;
    assert_eq!((site.in_use(), site.status().peak_today), (2, 2));
    assert_eq!(site.peak(21).await, Some((2, 60)));
    let list = site.listed();
    site.restart().await;
    assert_eq!((site.listed(), site.in_use(), site.status().peak_today), (list, 2, 2));
    assert_eq!(site.stores.usage.closed(at(0), at(100)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_silent_agents_end_in_one_round() {
    let mut site = Site::new().await;
    for agent in 1..=20 {
        site.report(agent, 0, &[(agent, "alice", 0, None)], &[]).await;
    }
    site.set(30);
    site.silent(&(2..=20).collect::<Vec<_>>());
    site.round().await;
    assert_eq!(site.sessions.active(), 1);
}

#[tokio::test]
async fn what_an_administrator_ended_stays_ended_until_it_is_gone() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.set(10);
    // A report that changes the session is under way meanwhile.
    let mut changed = record(1, 1, "alice", 0);
    changed.applications = vec!["Incident Management".to_owned()];
    let lively = Liveliness { state: "active", idle_seconds: None, groups: Vec::new() };
    let listed = vec![(changed, lively)];
    let seen = Seen { agent: agent_id(1), rebooted: false, at: at(10), listed, whole: true, passed: Vec::new() };
    let difference = site.sessions.compare(seen);
    assert_eq!(difference.started.len(), 1);
    site.sessions.end(SessionId(1), "user:anna").await.unwrap();
    site.sessions.apply(difference);
    assert_eq!((site.listed(), site.in_use()), (vec![(1, Some(EndReason::Administrator))], 0));
    site.restart().await;
    site.report(1, 20, &[(1, "alice", 0, None)], &[]).await;
    assert_eq!(site.listed(), [(1, Some(EndReason::Administrator))]);
    site.report(1, 30, &[], &[]).await;
    assert_eq!(site.listed(), []);
    assert!(site.sessions.end(SessionId(1), "user:anna").await.is_err());
    site.restart().await;
    assert_eq!(site.listed(), []);
    let closed = site.stores.usage.closed(at(0), at(100)).await.unwrap();
    assert_eq!(closed.iter().map(|closed| closed.ending.reason).collect::<Vec<_>>(), [EndReason::Administrator]);
}

#[tokio::test]
async fn the_sessions_of_a_revoked_agent_are_forgotten() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None), (2, "bob", 0, None)], &[]).await;
    site.sessions.end(SessionId(2), "user:anna").await.unwrap();
    assert_eq!(site.sessions.end_of_agent(agent_id(1), EndReason::Revoked).await.unwrap(), 2);
    assert_eq!(site.listed(), []);
    site.restart().await;
    assert_eq!(site.listed(), []);
    assert_eq!(site.stores.usage.closed(at(-1), at(100)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn late_reports_amend_the_peaks_of_their_own_day() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.round().await;
    site.set(DAY);
    site.round().await;
    // Spooled: bob came and went yesterday, carol came yesterday and is there.
    site.report(2, 100, &[(3, "carol", 99, None)], &[(2, "bob", 90, 120)]).await;
    assert_eq!(site.peak(21).await, Some((3, 99)), "her login counts although she is still there");
    assert_eq!(site.peak(22).await, Some((2, 14 * 60)), "midnight of the site");
}

#[tokio::test]
async fn a_day_that_ended_before_it_was_counted_is_counted_at_the_next_start() {
    let mut site = Site::new().await;
    site.set(13 * 60);
    site.report(1, 13 * 60, &[(1, "alice", 0, None)], &[(2, "bob", 700, 702), (3, "carol", 701, 702)]).await;
    // Killed before it counted; started again two days later.
    site.set(2 * DAY + 60);
    site.restart().await;
    site.round().await;
    assert_eq!(site.peak(21).await, Some((3, 701)));
    assert_eq!(site.peak(22).await, Some((1, 14 * 60)), "she was there all the time");
    assert_eq!(site.peak(23).await, Some((1, 14 * 60 + DAY)));
}

#[tokio::test]
async fn days_in_which_the_collector_stood_still_are_counted() {
    let mut site = Site::new().await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.round().await;
    site.set(3 * DAY);
    site.round().await;
    for day in 21..=24 {
        assert_eq!(site.peak(day).await.map(|(peak, _)| peak), Some(1), "{day}");
    }
    site.set(3 * DAY - 60);
    site.report(2, 3 * DAY - 60, &[(2, "bob", 3 * DAY - 60, None)], &[]).await;
    assert_eq!(site.peak(24).await.map(|(peak, _)| peak), Some(2), "a clock that is set back");
}

#[tokio::test]
async fn nothing_is_allocated_while_the_product_is_disabled() {
    let mut site = Site::new().await;
    site.open.store(false, Ordering::Relaxed);
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.set(DAY);
    site.round().await;
    assert_eq!((site.listed().len(), site.in_use(), site.peak(21).await), (1, 0, None));
    site.open.store(true, Ordering::Relaxed);
    assert_eq!(site.in_use(), 1, "allocated from the current snapshot");
}

#[tokio::test]
async fn what_was_used_without_a_seat_counts_once_on_its_days() {
    const YESTERDAY: i64 = -24 * 60;
    let mut site = Site::new().await;
    site.set(100);
    let used = |number: u128, application: &str, from: i64, to: i64| Unseated {
        id: CheckoutId(Uuid::from_u128(number)),
        application: application.to_owned(),
        claimant: Claimant::new(Origin { user: &format!("user {number}"), client: "10.0.0.1", host: None, display: None }, []),
        facts: CheckoutFacts { owner: "agent:1".to_owned(), client: "exec".to_owned() },
        from: at(from),
        to: at(to),
    };
    for again in [false, false, true] {
        if again {
            site.restart().await;
        }
        let uses = vec![
            used(1, "workstation LOGIN", YESTERDAY, YESTERDAY + 30),
            used(2, "Workstation login", YESTERDAY + 10, YESTERDAY + 40),
            used(3, "Workstation login", 10, 20),
            used(4, "Nothing that is known", 10, 20),
        ];
        assert_eq!(
            site.sessions.used_unseated(uses).await.unwrap().into_iter().map(|id| id.0.as_u128()).collect::<Vec<_>>(),
            [4]
        );
        assert_eq!((site.peak(20).await, site.peak(21).await), (Some((2, YESTERDAY + 10)), Some((1, 10))));
    }
    assert!(site.sessions.used_unseated(Vec::new()).await.unwrap().is_empty());
}
