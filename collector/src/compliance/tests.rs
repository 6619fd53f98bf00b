//! The service over the real store: commits whose outcome is not known, rows of somebody else, a clock that jumps.

mod life;
mod nights;
mod recovery;

use super::{Compliance, Parts, TrustedVendors};
use crate::{
    assets::ReferenceTables,
    ingest::VerdictSource as _,
    publish::{Alerts, State},
    settings::Settings,
    store::{
        self, StoreError, Stores,
        ports::{Judgement, LicenseStore},
        records::{AuditEntry, KeyRecord, RunKind, RunRecord, SealedRow},
    },
    trust::keys::KeyFiles,
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use muster_domain::compliance::{DisabledReason, Standing};
use muster_license::{Claims, MachineKey, VendorKey, seal};
use muster_runtime::clock::{SharedClock, TestClock};
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};
use uuid::Uuid;

/// What becomes of the next judgement.
const STORED: u8 = 0;
const STORED_BUT_NOT_KNOWN: u8 = 1;
const LOST: u8 = 2;
const STORED_AND_NEVER_ANSWERED: u8 = 3;

/// The real licence store behind a connection that can fail after, or before, the commit.
struct Unsure {
    inner: Arc<dyn LicenseStore>,
    fate: AtomicU8,
    stored: tokio::sync::Notify,
}

#[async_trait]
impl LicenseStore for Unsure {
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.inner.keys().await
    }

    async fn ledger(&self) -> Result<Option<SealedRow>, StoreError> {
        self.inner.ledger().await
    }

    async fn trust(&self) -> Result<Vec<SealedRow>, StoreError> {
        self.inner.trust().await
    }

    async fn add_trust(&self, row: SealedRow, audit: AuditEntry) -> Result<(), StoreError> {
        self.inner.add_trust(row, audit).await
    }

    async fn judge(&self, judgement: Judgement) -> Result<Option<RunRecord>, StoreError> {
        let failed = || StoreError::Unavailable { operation: "license.judge", reason: "test".to_owned() };
        match self.fate.swap(STORED, Ordering::SeqCst) {
            STORED_BUT_NOT_KNOWN => self.inner.judge(judgement).await.and_then(|_| Err(failed())),
            LOST => Err(failed()),
            STORED_AND_NEVER_ANSWERED => {
                self.inner.judge(judgement).await?;
                self.stored.notify_one();
                std::future::pending().await
            }
            _ => self.inner.judge(judgement).await,
        }
    }

    async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        self.inner.runs(before, limit).await
    }

    async fn run(&self, id: u64) -> Result<Option<RunRecord>, StoreError> {
        self.inner.run(id).await
    }

    async fn last_date(&self, kind: RunKind, until: NaiveDate) -> Result<Option<NaiveDate>, StoreError> {
        self.inner.last_date(kind, until).await
    }

    async fn newest_night(&self, place: usize) -> Result<Option<NaiveDate>, StoreError> {
        self.inner.newest_night(place).await
    }

    async fn forget_runs(&self, before: NaiveDate) -> Result<usize, StoreError> {
        self.inner.forget_runs(before).await
    }
}

struct Site {
    stores: Stores,
    license: Arc<Unsure>,
    clock: Arc<TestClock>,
    alerts: Arc<Alerts>,
    machine: Arc<MachineKey>,
    vendor: VendorKey,
    dir: tempfile::TempDir,
    service: Compliance,
}

fn start() -> DateTime<Utc> {
    "2026-11-21T20:00:00Z".parse().unwrap()
}

async fn load(
    stores: &Stores,
    machine: &Arc<MachineKey>,
    clock: &Arc<TestClock>,
    alerts: &Arc<Alerts>,
    dir: &tempfile::TempDir,
) -> Compliance {
    let parts = Parts {
        stores: stores.clone(),
        references: Arc::new(ReferenceTables::load(Arc::clone(&stores.references)).await.unwrap()),
        machine: Arc::clone(machine),
        vendors: TrustedVendors::load(&KeyFiles::of(dir.path())).unwrap(),
        collector_id: Uuid::from_u128(7),
        zone: "Europe/Berlin".parse().unwrap(),
        nightly_at: NaiveTime::from_hms_opt(2, 0, 0).unwrap(),
        alerts: Arc::clone(alerts),
        settings: Arc::new(Settings::load(Arc::clone(&stores.system)).await.unwrap()),
    };
    let clock: SharedClock = Arc::<TestClock>::clone(clock);
    Compliance::load(parts, clock).await.unwrap()
}

impl Site {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(dir.path());
        files.create_dir().unwrap();
        let vendor = VendorKey::generate().unwrap();
        TrustedVendors::create(&files, &[vendor.public().to_pem()]).unwrap();
        let machine = Arc::new(MachineKey::generate().unwrap());
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let license = Arc::new(Unsure {
            inner: Arc::clone(&stores.license),
            fate: AtomicU8::new(STORED),
            stored: tokio::sync::Notify::new(),
        });
        let stores = Stores { license: Arc::<Unsure>::clone(&license), ..stores };
        let (clock, alerts) = (TestClock::at(start()), Arc::new(Alerts::default()));
        let service = load(&stores, &machine, &clock, &alerts, &dir).await;
        Self { stores, license, clock, alerts, machine, vendor, dir, service }
    }

    async fn restart(&mut self) {
        self.alerts = Arc::new(Alerts::default());
        self.service = load(&self.stores, &self.machine, &self.clock, &self.alerts, &self.dir).await;
    }

    fn key(&self, serial: u64, issued_at: DateTime<Utc>) -> String {
        self.key_of(&self.vendor, serial, issued_at, &serde_json::json!({}))
    }

    fn key_of(&self, vendor: &VendorKey, serial: u64, issued_at: DateTime<Utc>, more: &serde_json::Value) -> String {
        let mut claims = serde_json::json!({
            "v": 1, "lic_id": Uuid::from_u128(u128::from(serial)), "serial": serial, "customer": "ACME", "mkid": self.machine.id(),
            "issued_at": issued_at, "expires": "2027-12-31", "assets": 10,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let claims: Claims = serde_json::from_value(claims).unwrap();
        seal(&claims, &self.machine.public(), vendor).unwrap()
    }

    async fn apply(&self, serial: u64) {
        self.service.apply(&self.key(serial, start()), "user:anna", false).await.unwrap();
    }

    fn state(&self) -> State {
        self.service.facts().state
    }

    /// The newest key once more, as it was.
    async fn apply_again(&self) {
        let text = site_key(&self.stores).await;
        self.service.apply(&text, "user:anna", false).await.unwrap();
    }

    /// The ledger row, changed by somebody without the machine key.
    async fn tamper(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let row = self.stores.license.ledger().await.unwrap().unwrap();
        let mut ledger = row.clone();
        change(&mut ledger.bytes);
        let judgement = Judgement { ledger, expected: Some(row), key: None, run: None, audit: Vec::new() };
        self.stores.license.judge(judgement).await.unwrap();
    }

    fn alert(&self, start: &str) -> bool {
        self.alerts.list().iter().any(|alert| alert.text.starts_with(start))
    }
}

async fn site_key(stores: &Stores) -> String {
    stores.license.keys().await.unwrap().pop().unwrap().text
}

#[tokio::test]
async fn a_commit_whose_outcome_is_not_known_stops_nothing() {
    let mut site = Site::new().await;
    for (serial, fate, stored) in [(1, LOST, 0), (2, STORED_BUT_NOT_KNOWN, 1)] {
        site.license.fate.store(fate, Ordering::SeqCst);
        let key = site.key(serial, start());
        assert!(site.service.apply(&key, "user:anna", false).await.is_err());
        assert_eq!(site.service.keys().await.unwrap().len(), stored);
        assert_eq!(site.state(), if stored == 0 { State::Unlicensed } else { State::Compliant }, "what is stored is in force");
        site.service.tick().await.unwrap();
        site.service.run(RunKind::Manual, "user:anna").await.unwrap();
    }
    site.apply(3).await;
    let state = site.service.facts().license.map(|license| license.serial);
    site.restart().await;
    assert_eq!((state, site.service.facts().license.map(|license| license.serial)), (Some(3), Some(3)));
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_stops_nothing() {
    let site = Site::new().await;
    site.apply(1).await;
    site.clock.advance(std::time::Duration::from_secs(60));
    site.license.fate.store(STORED_AND_NEVER_ANSWERED, Ordering::SeqCst);
    tokio::select! {
        _ = site.service.run(RunKind::Manual, "user:anna") => panic!("it has no answer"),
        () = site.license.stored.notified() => {}
    }
    // The next one finds that another one was first; then it knows.
    assert!(site.service.run(RunKind::Manual, "user:anna").await.is_err());
    site.service.run(RunKind::Manual, "user:anna").await.unwrap();
    site.service.tick().await.unwrap();
}

#[tokio::test]
async fn a_row_of_somebody_else_is_an_alert_until_a_new_key() {
    let mut site = Site::new().await;
    site.apply(1).await;
    site.tamper(|bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("\"seq\":1", "\"seq\":9").into_bytes();
    })
    .await;
    for _ in 0..2 {
        site.restart().await;
        assert_eq!(site.state(), State::Compliant);
        assert!(site.alerts.list().iter().any(|alert| alert.text.contains("outside this collector")), "{:?}", site.alerts.list());
        site.clock.advance(std::time::Duration::from_secs(1200));
        site.service.tick().await.unwrap();
    }
    let audit = site.stores.audit.page(None, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|record| record.entry.action == "license.tampered").count(), 1);
    site.apply(2).await;
    assert_eq!(site.alerts.list(), []);
    site.restart().await;
    assert_eq!(site.alerts.list(), []);
}

#[tokio::test]
async fn a_row_changed_while_the_collector_runs_changes_nothing() {
    let site = Site::new().await;
    site.apply(1).await;
    site.tamper(|bytes| bytes.clear()).await;
    assert!(site.service.run(RunKind::Manual, "user:anna").await.is_err());
    assert!(site.alert("the stored licence state was changed while"), "{:?}", site.alerts.list());
    site.service.run(RunKind::Manual, "user:anna").await.unwrap();
    assert_eq!(site.state(), State::Compliant);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_switches_nothing_off() {
    let mut site = Site::new().await;
    site.apply(1).await;
    site.tamper(|bytes| bytes.truncate(5)).await;
    site.restart().await;
    assert_eq!(site.state(), State::Compliant);
    assert!(site.alert("the stored licence state cannot be read"), "{:?}", site.alerts.list());
}

#[tokio::test]
async fn the_key_in_force_is_applied_again_without_a_trace_in_the_history() {
    let site = Site::new().await;
    site.apply(1).await;
    site.apply_again().await;
    assert_eq!(site.service.keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_clock_is_believed_when_that_is_stored() {
    let site = Site::new().await;
    site.apply(1).await;
    site.clock.step_wall(TimeDelta::days(3650));
    site.service.tick().await.unwrap();
    assert!(site.alert("the clock is"), "{:?}", site.alerts.list());
    let time = site.service.time();
    site.license.fate.store(LOST, Ordering::SeqCst);
    assert!(site.service.confirm_clock("user:anna").await.is_err());
    assert_eq!(site.service.time(), time);
    let later = site.key(2, start() + TimeDelta::days(1));
    site.license.fate.store(LOST, Ordering::SeqCst);
    assert!(site.service.apply(&later, "user:anna", false).await.is_err());
    assert_eq!(site.service.time(), time);
    // The key in force says nothing new of the time, and judges nothing while it is frozen.
    site.apply_again().await;
    assert_eq!((site.service.time(), site.state()), (time, State::Compliant));
    site.service.confirm_clock("user:anna").await.unwrap();
    assert!(site.service.time() > time + TimeDelta::days(3000));
    assert_eq!(site.state(), State::Disabled, "it has expired by then");
}

#[tokio::test]
async fn an_old_receipt_does_not_wait_for_a_count() {
    let site = Site::new().await;
    let old = site.service.receipt().unwrap();
    site.apply(1).await;
    let _counting = site.service.judging.lock().await;
    let witnessed = futures_util::FutureExt::now_or_never(site.service.witness(&old));
    assert_eq!(witnessed, Some(()));
}

impl Site {
    /// A receipt that this collector could have signed.
    fn receipt(&self, epoch: u64, seq: u64, standing: Standing) -> String {
        let ledger = super::ledger::Ledger { epoch, seq, ..super::ledger::Ledger::new(start()) };
        let signed =
            super::verdicts::sign(&self.machine, Uuid::from_u128(7), &ledger, (&standing, ledger.change_id), &[], 30, start())
                .unwrap();
        signed.receipt.to_string()
    }

    async fn audited(&self, action: &str) -> usize {
        let audit = self.stores.audit.page(None, 100).await.unwrap();
        audit.iter().filter(|record| record.entry.action == action).count()
    }
}

fn grace(date: &str) -> Standing {
    Standing::Grace { start: date.parse().unwrap() }
}

fn elapsed(date: &str) -> Standing {
    Standing::Disabled { reason: DisabledReason::GraceElapsed { start: date.parse().unwrap() } }
}

#[tokio::test]
async fn the_highest_receipt_is_taken_over_in_whatever_order_agents_come() {
    let mut site = Site::new().await;
    site.apply(1).await;
    for receipt in [site.receipt(1, 6, grace("2026-11-01")), site.receipt(1, 8, grace("2026-11-15"))] {
        site.service.witness(&receipt).await;
    }
    // History of the same past, and of a laptop that comes back after months.
    for receipt in [site.receipt(1, 7, elapsed("2026-01-01")), site.receipt(1, 0, grace("2026-02-01"))] {
        site.service.witness(&receipt).await;
    }
    let began = |site: &Site| site.service.facts().compliance.grace_started_at.map(|at| at.to_rfc3339());
    assert_eq!((site.state(), began(&site)), (State::Grace, Some("2026-11-14T23:00:00+00:00".to_owned())));
    assert!(site.alert("agents know a newer licence state"), "{:?}", site.alerts.list());
    assert_eq!(site.audited("license.rollback").await, 2);
    site.restart().await;
    assert!(site.alert("agents know a newer licence state"), "a restart does not end the alert");
    assert_eq!(site.state(), State::Grace);
    site.apply(2).await;
    assert_eq!(site.alerts.list(), []);
}

#[tokio::test]
async fn no_receipt_disables_before_the_end_of_grace() {
    for (standing, expected) in [
        (Standing::Unlicensed, State::Compliant),
        (Standing::Disabled { reason: DisabledReason::Expired }, State::Compliant),
        (elapsed("2026-11-01"), State::Grace),
        (elapsed("2026-09-01"), State::Disabled),
    ] {
        let site = Site::new().await;
        site.apply(1).await;
        site.service.witness(&site.receipt(3, 9, standing)).await;
        assert_eq!(site.state(), expected, "{standing:?}");
        assert!(site.alert("agents know a newer licence state"), "{standing:?}");
        site.apply(2).await;
        assert_eq!(site.state(), State::Compliant, "a valid key recovers");
    }
}

#[tokio::test]
async fn a_copied_collector_is_noticed_and_changes_nothing() {
    let mut site = Site::new().await;
    site.apply(1).await;
    for _ in 0..2 {
        site.service.witness(&site.receipt(1, 1, grace("2026-11-01"))).await;
        assert_eq!(site.state(), State::Compliant);
        assert!(site.alert("agents know another licence state of the same number"), "{:?}", site.alerts.list());
    }
    assert_eq!(site.audited("license.copied").await, 1);
    site.restart().await;
    assert!(site.alert("agents know another licence state of the same number"));
    let own = site.service.receipt().unwrap();
    site.service.witness(&own).await;
    site.apply(2).await;
    assert_eq!(site.alerts.list(), []);
}

#[tokio::test]
async fn an_edited_row_neither_disables_nor_moves_the_time() {
    for (word, edited) in
        [("disabled", r#"{"disabled":{"reason":{"grace_elapsed":{"start":"2026-01-01"}}}}"#), ("unlicensed", r#""unlicensed""#)]
    {
        let mut site = Site::new().await;
        site.apply(1).await;
        site.tamper(|bytes| {
            let mut row: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            row["standing"] = serde_json::from_str(edited).unwrap();
            // Twenty years ahead, so that the licence would have expired.
            for time in ["time", "high_water"] {
                row["mark"][time] = "2046-11-21T20:00:00Z".into();
            }
            *bytes = serde_json::to_vec(&row).unwrap();
        })
        .await;
        site.restart().await;
        assert_eq!((site.state(), site.service.time()), (State::Compliant, start()), "{word}");
        assert!(site.alert("the stored licence state was changed outside"), "{word}");
        assert_eq!(site.audited("license.tampered").await, 1);
    }
}

#[tokio::test]
async fn a_disablement_outlives_a_clock_that_was_confirmed_by_mistake() {
    let mut site = Site::new().await;
    site.apply(1).await;
    site.service.witness(&site.receipt(1, 9, elapsed("2026-09-01"))).await;
    let reason = |site: &Site| site.service.facts().reason;
    assert_eq!(reason(&site).as_deref(), Some("grace_elapsed"));
    site.clock.step_wall(TimeDelta::days(3650));
    site.service.confirm_clock("user:anna").await.unwrap();
    assert_eq!(reason(&site).as_deref(), Some("expired"));
    site.restart().await;
    site.clock.step_wall(-TimeDelta::days(3650));
    site.service.confirm_clock("user:anna").await.unwrap();
    assert_eq!(reason(&site).as_deref(), Some("grace_elapsed"), "an expiry covers it and does not wipe it out");
}
