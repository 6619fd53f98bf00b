//! Check-outs over the store: durable before they are answered, kept over restarts, counted with the sessions.

use super::over_the_store::Kept;
use crate::{
    publish::Alerts,
    sessions::{CheckOut, CheckoutError, Got, Keeper, Parts, PoolKeeper, Reporters, Sessions},
    settings::Settings,
    store::{
        self, StoreError, Stores,
        conformance::fixtures::entry,
        ports::{CheckoutStore, Decisions},
        records::{AgentProgress, AuditEntry, CheckoutFacts, ClaimRecord, ClosedCheckout, DemandRecord, UncountedUse, UsageKind},
    },
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    ids::{AgentId, CheckoutId},
    session::{Application, ApplicationPatch, Claimant, Finish, Origin},
};
use muster_runtime::{
    clock::{Clock as _, TestClock},
    shutdown::Shutdown,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

pub(super) const OWNER: &str = "token:abcdefgh";

/// A store that refuses commits on demand, and counts those it takes.
struct Moody {
    inner: Arc<dyn CheckoutStore>,
    refuses: AtomicBool,
    commits: AtomicU64,
}

#[async_trait]
impl CheckoutStore for Moody {
    async fn commit(&self, decisions: Decisions) -> Result<(), StoreError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable { operation: "checkouts.commit", reason: "disk full".to_owned() });
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.inner.commit(decisions).await
    }

    async fn claims(&self) -> Result<Vec<ClaimRecord>, StoreError> {
        self.inner.claims().await
    }

    async fn closed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError> {
        self.inner.closed(from, to).await
    }

    async fn ended(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError> {
        self.inner.ended(from, to).await
    }

    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError> {
        self.inner.forget(before, limit).await
    }

    async fn demand(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<DemandRecord>, StoreError> {
        self.inner.demand(application, from, to).await
    }

    async fn keep_uncounted(&self, uses: Vec<UncountedUse>, most: usize) -> Result<usize, StoreError> {
        self.inner.keep_uncounted(uses, most).await
    }

    async fn uncounted(&self) -> Result<Vec<UncountedUse>, StoreError> {
        self.inner.uncounted().await
    }

    async fn now_counted(&self, ids: Vec<CheckoutId>, audit: AuditEntry) -> Result<(), StoreError> {
        self.inner.now_counted(ids, audit).await
    }

    async fn dismiss_uncounted(&self, id: CheckoutId, audit: AuditEntry) -> Result<(), StoreError> {
        self.inner.dismiss_uncounted(id, audit).await
    }
}

pub(super) struct Nobody;

#[async_trait]
impl Reporters for Nobody {
    fn silent(&self) -> Vec<AgentId> {
        Vec::new()
    }

    fn refused(&self) {}

    async fn progress(&self) -> Vec<AgentProgress> {
        Vec::new()
    }
}

pub(super) struct Site {
    pub(super) stores: Stores,
    moody: Arc<Moody>,
    pub(super) clock: Arc<TestClock>,
    pub(super) open: Arc<AtomicBool>,
    pub(super) sessions: Arc<Sessions>,
    settings: Arc<Settings>,
    _dir: tempfile::TempDir,
}

impl Site {
    pub(super) async fn new(pool: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let moody =
            Arc::new(Moody { inner: Arc::clone(&stores.checkouts), refuses: AtomicBool::new(false), commits: AtomicU64::new(0) });
        let stores = Stores { checkouts: Arc::<Moody>::clone(&moody), ..stores };
        let mut application = Application::new("CAD").unwrap();
        let patch: ApplicationPatch = serde_json::from_str(pool).unwrap();
        application.change(patch).unwrap();
        stores.applications.put(application, None, entry("application.set")).await.unwrap();
        let clock = TestClock::at("2026-11-21T09:00:00Z".parse().unwrap());
        let open = Arc::new(AtomicBool::new(true));
        let settings = Arc::new(Settings::load(Arc::clone(&stores.system)).await.unwrap());
        let sessions = load(&stores, &clock, &open, &settings).await;
        Self { stores, moody, clock, open, sessions, settings, _dir: dir }
    }

    pub(super) async fn restart(&mut self) {
        self.sessions = load(&self.stores, &self.clock, &self.open, &self.settings).await;
    }

    pub(super) fn pass(&self, seconds: u64) {
        // As it passes for a collector that looks often.
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            drop(self.sessions.checkouts(None, None));
        }
    }

    async fn take(&self, number: u128, user: &str) -> Result<Got, CheckoutError> {
        self.borrow(number, user, None).await
    }

    pub(super) async fn borrow(&self, number: u128, user: &str, borrow: Option<TimeDelta>) -> Result<Got, CheckoutError> {
        let origin = Origin { user, client: "10.0.0.1", host: None, display: None };
        let facts = CheckoutFacts { owner: OWNER.to_owned(), client: "rest".to_owned() };
        let claimant = Claimant::new(origin, []);
        self.sessions.check_out(CheckOut { id: id(number), application: "cad".to_owned(), claimant, facts, borrow }).await
    }

    /// Seat or place, as a short text.
    pub(super) async fn told(&self, number: u128, user: &str) -> String {
        match self.take(number, user).await {
            Ok(Got::Seat { granted, .. }) => if granted.shared { "shared" } else { "seat" }.to_owned(),
            Ok(Got::Place(place)) => format!("place {place}"),
            Err(error) => format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
        }
    }

    pub(super) async fn give_back(&self, number: u128) {
        self.sessions.give_back(id(number), Some(OWNER), Finish::Released, None).await.unwrap();
    }

    pub(super) async fn look(&self, number: u128) -> Option<String> {
        match self.sessions.await_seat(id(number), Some(OWNER), Duration::ZERO).await {
            Ok(Got::Seat { .. }) => Some("seat".to_owned()),
            Ok(Got::Place(place)) => Some(format!("place {place}")),
            Err(_) => None,
        }
    }

    pub(super) fn in_use(&self) -> (u64, u64, u64) {
        let status = self.sessions.applications().remove(0);
        (status.floating_in_use, status.queued, status.denied_today)
    }
}

async fn load(stores: &Stores, clock: &Arc<TestClock>, open: &Arc<AtomicBool>, settings: &Arc<Settings>) -> Arc<Sessions> {
    let gate = Arc::clone(open);
    let parts = Parts {
        stores: stores.clone(),
        live: stores.reports.load().await.unwrap().sessions,
        zone: "Europe/Berlin".parse().unwrap(),
        clock: Arc::<TestClock>::clone(clock),
        open_since: Arc::new(move || gate.load(Ordering::Relaxed).then_some(DateTime::UNIX_EPOCH)),
        caps: Arc::new(|_: &str| (None, None)),
        hosts: Arc::new(|_| None),
        settings: Arc::clone(settings),
    };
    Arc::new(Sessions::load(parts).await.unwrap())
}

pub(super) fn id(number: u128) -> CheckoutId {
    CheckoutId(Uuid::from_u128(number))
}

pub(super) const QUEUE: &str = r#"{"floating_limit":1,"at_limit":"queue","lease_seconds":60}"#;

#[tokio::test]
async fn a_restart_keeps_seats_places_and_their_order() {
    let mut site = Site::new(QUEUE).await;
    for (number, user, expected) in [(1, "a", "seat"), (2, "b", "place 1"), (3, "c", "place 2"), (4, "A", "shared")] {
        assert_eq!(site.told(number, user).await, expected);
    }
    site.pass(50);
    // Down for an hour: nobody could be heard of.
    site.clock.advance(Duration::from_secs(3600));
    site.restart().await;
    site.pass(59);
    assert_eq!((site.in_use(), site.look(3).await.as_deref()), ((1, 2, 0), Some("place 2")));
    site.give_back(1).await;
    site.give_back(4).await;
    assert_eq!((site.look(2).await.as_deref(), site.look(3).await.as_deref()), (Some("seat"), Some("place 1")));
    site.restart().await;
    assert_eq!(site.look(2).await.as_deref(), Some("seat"));
    site.pass(61);
    assert_eq!(site.in_use(), (1, 0, 0), "who waited has the seat of who was not heard of");
    site.pass(60);
    assert_eq!(site.in_use(), (0, 0, 0));
    // That leases ran out is stored a little later; a collector that starts before that gives each its time anew.
    assert_eq!(site.stores.checkouts.claims().await.unwrap().len(), 2);
    site.restart().await;
    assert_eq!(site.in_use(), (1, 1, 0));
    site.pass(125);
    site.sessions.settle_pools().await.unwrap();
    assert_eq!(site.stores.checkouts.claims().await.unwrap(), []);
}

#[tokio::test]
async fn what_is_not_durable_is_not_given() {
    let mut site = Site::new(QUEUE).await;
    site.moody.refuses.store(true, Ordering::Relaxed);
    assert_eq!(site.told(1, "a").await, "Store");
    assert_eq!(site.in_use(), (0, 0, 0));
    site.moody.refuses.store(false, Ordering::Relaxed);
    assert_eq!(site.told(2, "b").await, "seat");
    assert_eq!(site.stores.checkouts.claims().await.unwrap().len(), 1);
    // A return that could not be stored is heard, and stored with the next decision.
    site.moody.refuses.store(true, Ordering::Relaxed);
    assert!(site.sessions.give_back(id(2), Some(OWNER), Finish::Released, None).await.is_err());
    site.moody.refuses.store(false, Ordering::Relaxed);
    assert_eq!(site.told(3, "c").await, "seat");
    site.restart().await;
    assert_eq!((site.look(2).await, site.look(3).await.as_deref()), (None, Some("seat")));
}

#[tokio::test]
async fn the_same_request_again_is_the_same_check_out() {
    let site = Site::new(QUEUE).await;
    assert_eq!((site.told(1, "a").await, site.told(1, "a").await), ("seat".to_owned(), "seat".to_owned()));
    assert_eq!((site.told(2, "b").await, site.told(2, "b").await), ("place 1".to_owned(), "place 1".to_owned()));
    let other = Some("token:other");
    assert!(matches!(site.sessions.heartbeat(id(1), other).await, Err(CheckoutError::Unknown(_))));
    assert!(matches!(site.sessions.give_back(id(1), other, Finish::Released, None).await, Err(CheckoutError::Unknown(_))));
    assert_eq!((site.sessions.checkouts(None, other).len(), site.sessions.checkouts(Some("CAD"), None).len()), (0, 2));
}

#[tokio::test]
async fn who_waits_is_woken() {
    let site = Site::new(QUEUE).await;
    assert_eq!((site.told(1, "a").await, site.told(2, "b").await), ("seat".to_owned(), "place 1".to_owned()));
    let sessions = Arc::clone(&site.sessions);
    let waiting = tokio::spawn(async move { sessions.await_seat(id(2), Some(OWNER), Duration::from_secs(30)).await });
    tokio::task::yield_now().await;
    site.give_back(1).await;
    let woken = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("nobody woke it").unwrap();
    assert!(matches!(woken, Ok(Got::Seat { .. })), "{woken:?}");
}

#[tokio::test]
async fn only_time_in_which_somebody_could_be_heard_runs_down_leases() {
    let site = Site::new(QUEUE).await;
    assert_eq!(site.told(1, "a").await, "seat");
    site.clock.step_wall(TimeDelta::hours(3));
    site.pass(30);
    site.clock.advance(Duration::from_secs(600));
    site.pass(29);
    assert_eq!(site.in_use().0, 1);
    assert!(site.sessions.heartbeat(id(1), Some(OWNER)).await.is_ok());
    site.clock.step_wall(-TimeDelta::hours(5));
    site.pass(59);
    assert_eq!(site.in_use().0, 1);
    site.pass(2);
    assert_eq!(site.in_use().0, 0);
}

#[tokio::test]
async fn nothing_is_checked_out_while_the_product_is_disabled_but_all_can_come_back() {
    let site = Site::new(QUEUE).await;
    assert_eq!((site.told(1, "a").await, site.told(2, "b").await), ("seat".to_owned(), "place 1".to_owned()));
    site.open.store(false, Ordering::Relaxed);
    assert_eq!(site.told(3, "c").await, "Closed");
    assert!(site.sessions.heartbeat(id(1), Some(OWNER)).await.is_ok());
    site.give_back(1).await;
    assert_eq!(site.look(2).await.as_deref(), Some("place 1"));
    site.open.store(true, Ordering::Relaxed);
    assert_eq!(site.look(2).await.as_deref(), Some("seat"));
}

#[tokio::test]
async fn peaks_and_demand_count_check_outs() {
    let site = Site::new(r#"{"floating_limit":2,"at_limit":"refuse","lease_seconds":600}"#).await;
    let began = site.clock.now();
    for (number, user, expected) in [(1, "a", "seat"), (2, "b", "seat"), (3, "c", "Exhausted"), (4, "d", "Exhausted")] {
        assert_eq!(site.told(number, user).await, expected);
    }
    site.pass(60);
    site.give_back(1).await;
    site.give_back(2).await;
    assert_eq!(site.in_use(), (0, 0, 2));
    let keeper = Keeper::new(Arc::clone(&site.sessions), Arc::new(Nobody), Arc::new(Kept(None)));
    keeper.attempt(1, true).await.unwrap();
    let date = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let peaks = site.sessions.usage(Some("CAD"), date, date).await.unwrap();
    let total = peaks.iter().find(|peak| peak.kind == UsageKind::Total).unwrap();
    assert_eq!((total.peak, total.peak_at), (2, began));
    assert_eq!(total.holders, [("a", "10.0.0.1"), ("b", "10.0.0.1")].map(|(u, c)| (u.to_owned(), c.to_owned())));
    let closed = site.stores.checkouts.closed(began, began + TimeDelta::hours(1)).await.unwrap();
    assert_eq!(closed.iter().map(|closed| (closed.until - closed.since).num_seconds()).collect::<Vec<_>>(), [60, 60]);
    let demand = site.stores.checkouts.demand(None, date, date).await.unwrap();
    assert_eq!((demand[0].asked.granted, demand[0].asked.denied, demand[0].asked.over_use), (2, 2, 0));
}

#[tokio::test]
async fn a_wait_that_asks_again_and_again_was_denied_once() {
    let site = Site::new(r#"{"floating_limit":1,"at_limit":"refuse","lease_seconds":600}"#).await;
    assert_eq!(site.told(1, "a").await, "seat");
    for _ in 0..40 {
        assert_eq!(site.told(2, "b").await, "Exhausted");
        site.pass(5);
    }
    assert_eq!(site.in_use(), (1, 0, 1));
    assert_eq!(site.told(3, "b").await, "Exhausted");
    assert_eq!(site.in_use(), (1, 0, 2), "another wait");
    site.pass(121);
    assert_eq!(site.told(2, "b").await, "Exhausted");
    assert_eq!(site.in_use(), (1, 0, 3), "a wait that was over");
}

#[tokio::test]
async fn decisions_that_come_together_are_committed_together() {
    let site = Site::new(r#"{"floating_limit":500}"#).await;
    let users: Vec<String> = (0..100).map(|number| format!("user{number}")).collect();
    let before = site.moody.commits.load(Ordering::Relaxed);
    let all = users.iter().zip(1..).map(|(user, number)| site.told(number, user));
    let told = futures_util::future::join_all(all).await;
    assert!(told.iter().all(|told| told == "seat"));
    let commits = site.moody.commits.load(Ordering::Relaxed) - before;
    assert!(commits < 50, "{commits} commits for 100 decisions");
}

#[tokio::test]
async fn use_beyond_the_limit_is_an_alert_while_it_lasts() {
    let site = Site::new(r#"{"floating_limit":1,"at_limit":"warn"}"#).await;
    assert_eq!((site.told(1, "a").await, site.told(2, "b").await), ("seat".to_owned(), "seat".to_owned()));
    let alerts = Arc::new(Alerts::default());
    let shutdown = Shutdown::new();
    let keeper = PoolKeeper::new(Arc::clone(&site.sessions), Arc::clone(&alerts));
    let running = tokio::spawn(keeper.run(shutdown.clone(), |_| ()));
    let raised = async |wanted: bool| {
        let looking = async {
            while alerts.list().iter().any(|alert| alert.text.contains("2 floating seats of CAD")) != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), looking).await.expect("the alert");
    };
    raised(true).await;
    site.give_back(2).await;
    raised(false).await;
    shutdown.trigger();
    running.await.unwrap();
}
