//! The nightly compliance run: once per site date, at the configured local time, caught up once when nights were missed.

use crate::{
    compliance::{Compliance, RunError},
    store::{StoreError, Stores, records::RunKind},
};
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};

const JOB: &str = "nightly";
const LOOK_EVERY: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(600);
const AGAIN_AFTER_ERROR: Duration = Duration::from_secs(900);

/// The nightly job.
pub struct Nightly {
    compliance: Arc<Compliance>,
    stores: Stores,
    clock: SharedClock,
    holder: String,
    /// Boot time before which a failed run is not tried again.
    not_before: Duration,
}

impl Nightly {
    /// The job of this collector; `holder` tells it from others on the same store.
    #[must_use]
    pub fn new(compliance: Arc<Compliance>, stores: Stores, clock: SharedClock, holder: String) -> Self {
        Self { compliance, stores, clock, holder, not_before: Duration::ZERO }
    }

    /// Looks at the clock until shutdown. `failed` is told of every error, and of every success after one.
    pub async fn run(mut self, shutdown: Shutdown, failed: impl Fn(Option<&RunError>)) {
        loop {
            match self.look().await {
                Ok(ran) => {
                    if ran {
                        failed(None);
                    }
                }
                Err(error) => {
                    self.not_before = self.clock.boottime() + AGAIN_AFTER_ERROR;
                    failed(Some(&error));
                }
            }
            if shutdown.run_until(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// Runs if a run is due; tells whether it did.
    async fn look(&mut self) -> Result<bool, RunError> {
        if self.clock.boottime() < self.not_before {
            return Ok(false);
        }
        let now = self.compliance.time();
        let last = self.stores.license.last_date(RunKind::Nightly, self.compliance.zone().site_date(now)).await?;
        let Some(due) = self.compliance.zone().run_due(last, now, self.compliance.nightly_at()) else { return Ok(false) };
        if self.stores.system.claim(JOB, &self.holder, now, LEASE).await?.is_none() {
            return Ok(false);
        }
        match self.compliance.night(due).await {
            Ok(run) => {
                if run.error.is_some() {
                    self.not_before = self.clock.boottime() + AGAIN_AFTER_ERROR;
                }
                let forgotten = self.compliance.forget_old_runs().await?;
                tracing::info!(
                    forgotten,
                    count = run.asset_count,
                    limit = run.asset_limit,
                    state = run.state_after,
                    "nightly run"
                );
                Ok(true)
            }
            // Another holder was first with this site date.
            Err(RunError::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assets::ReferenceTables,
        compliance::{Parts, TrustedVendors},
        jobs::UsageRetention,
        publish::Alerts,
        sessions::{KeptFrom, Retention as _},
        settings::Settings,
        store,
        trust::keys::KeyFiles,
    };
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    use muster_license::MachineKey;
    use muster_runtime::clock::TestClock;
    use std::collections::BTreeSet;
    use uuid::Uuid;

    const ROUNDS: usize = 40;

    struct Rivals {
        stores: Stores,
        clock: Arc<TestClock>,
        machine: Arc<MachineKey>,
        jobs: Vec<Nightly>,
        dir: tempfile::TempDir,
    }

    impl Rivals {
        /// Two collectors' jobs on one store.
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("muster.redb");
            store::redb::create(&path).unwrap();
            let stores = store::redb::open(&path).await.unwrap();
            let clock = TestClock::at("2026-11-21T20:00:00Z".parse::<DateTime<Utc>>().unwrap());
            let machine = Arc::new(MachineKey::generate().unwrap());
            let mut rivals = Self { stores, clock, machine, jobs: Vec::new(), dir };
            rivals.jobs = vec![rivals.job("a").await, rivals.job("b").await];
            rivals
        }

        /// A job as after a restart.
        async fn job(&self, holder: &str) -> Nightly {
            let clock: SharedClock = Arc::<TestClock>::clone(&self.clock);
            let parts = Parts {
                stores: self.stores.clone(),
                machine: Arc::clone(&self.machine),
                vendors: TrustedVendors::load(&KeyFiles::of(self.dir.path())).unwrap(),
                collector_id: Uuid::from_u128(7),
                zone: "Europe/Berlin".parse().unwrap(),
                nightly_at: NaiveTime::from_hms_opt(2, 0, 0).unwrap(),
                alerts: Arc::new(Alerts::default()),
                references: Arc::new(ReferenceTables::load(Arc::clone(&self.stores.references)).await.unwrap()),
                settings: Arc::new(Settings::load(Arc::clone(&self.stores.system)).await.unwrap()),
            };
            let compliance = Arc::new(Compliance::load(parts, Arc::clone(&clock)).await.unwrap());
            Nightly::new(compliance, self.stores.clone(), clock, holder.to_owned())
        }

        async fn nights(&self) -> Vec<NaiveDate> {
            let runs = self.stores.license.runs(None, 1000).await.unwrap();
            runs.iter().filter(|run| run.kind == RunKind::Nightly).map(|run| run.site_date).collect()
        }

        fn site_date(&self) -> NaiveDate {
            use muster_runtime::clock::Clock as _;
            "Europe/Berlin".parse::<muster_domain::calendar::SiteZone>().unwrap().site_date(self.clock.now())
        }

        fn next_night(&self) {
            self.clock.advance(Duration::from_secs(86_400));
        }
    }

    /// Each date once, and no date left out.
    fn check(nights: &[NaiveDate], expected: usize) {
        let dates: BTreeSet<&NaiveDate> = nights.iter().collect();
        assert_eq!((nights.len(), dates.len()), (expected, expected), "{nights:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_holders_judge_each_site_date_once() {
        let mut rivals = Rivals::new().await;
        for round in 1..=ROUNDS {
            // Who was beaten may need a second look; nobody judges twice however often both look.
            for _ in 0..3 {
                let jobs = rivals.jobs.drain(..).map(|mut job| {
                    tokio::spawn(async move {
                        let outcome = job.look().await.map_err(|error| error.to_string());
                        (job, outcome)
                    })
                });
                for done in jobs.collect::<Vec<_>>() {
                    let (job, outcome) = done.await.unwrap();
                    outcome.unwrap();
                    rivals.jobs.push(job);
                }
            }
            check(&rivals.nights().await, round);
            rivals.next_night();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_run_that_outlives_its_lease_is_still_the_only_one() {
        let rivals = Rivals::new().await;
        for round in 1..=ROUNDS {
            let run = |job: &Nightly| {
                let compliance = Arc::clone(&job.compliance);
                tokio::spawn(async move { compliance.run(RunKind::Nightly, "collector").await })
            };
            let mut judged = 0;
            for done in rivals.jobs.iter().map(run).collect::<Vec<_>>() {
                match done.await.unwrap() {
                    Ok(_) => judged += 1,
                    Err(RunError::Store(StoreError::Conflict(_))) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            // Both may find that the other was first only after a row of the round before; one more try settles it.
            if judged == 0 {
                rivals.jobs[0].compliance.run(RunKind::Nightly, "collector").await.unwrap();
            }
            check(&rivals.nights().await, round);
            rivals.next_night();
        }
    }

    #[tokio::test]
    async fn runs_are_forgotten_when_their_time_is_over_by_dates_and_by_nights() {
        let rivals = Rivals::new().await;
        let wanted = serde_json::json!({"run_retention_days": 400}).as_object().unwrap().clone();
        let mut job = rivals.job("a").await;
        job.compliance.settings().change(&wanted, "user:anna", job.compliance.time()).await.unwrap();
        for night in 1..=398 {
            job.compliance.night(rivals.site_date()).await.unwrap();
            assert_eq!(job.compliance.forget_old_runs().await.unwrap(), 0, "{night}");
            rivals.next_night();
        }
        // Frozen ten years ahead nothing is forgotten, nor when somebody then confirms that by mistake.
        rivals.clock.step_wall(chrono::TimeDelta::days(3650));
        assert!(job.look().await.unwrap());
        assert_eq!((job.compliance.forget_old_runs().await.unwrap(), rivals.nights().await.len()), (0, 399), "one that failed");
        job.compliance.confirm_clock("user:anna").await.unwrap();
        job.not_before = Duration::ZERO;
        assert!(job.look().await.unwrap());
        assert_eq!(rivals.nights().await.len(), 400);
        // The right time again; the night under the wrong one is one of those that stay.
        rivals.clock.step_wall(-chrono::TimeDelta::days(3650));
        job.compliance.confirm_clock("user:anna").await.unwrap();
        for forgotten in [0, 0, 0, 1, 1] {
            job.compliance.night(rivals.site_date()).await.unwrap();
            assert_eq!(job.compliance.forget_old_runs().await.unwrap(), forgotten);
            rivals.next_night();
        }
    }

    #[tokio::test]
    async fn use_is_kept_for_as_many_days_as_each_setting_says() {
        let rivals = Rivals::new().await;
        let wanted = serde_json::json!({"session_retention_days": 1, "hour_retention_days": 2, "usage_retention_days": 400});
        let job = rivals.job("a").await;
        let settings = job.compliance.settings();
        settings.change(wanted.as_object().unwrap(), "user:anna", job.compliance.time()).await.unwrap();
        let retention = UsageRetention::new(Arc::clone(&job.compliance), settings);
        assert_eq!(retention.kept_from().await.unwrap(), KeptFrom::default(), "no night yet");
        for _ in 21..=23 {
            job.compliance.night(rivals.site_date()).await.unwrap();
            rivals.next_night();
        }
        // It is the 24th; days begin at midnight in Berlin.
        let start = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        let expected = KeptFrom { sessions: start("2026-11-22T23:00:00Z"), hours: start("2026-11-21T23:00:00Z"), days: None };
        assert_eq!(retention.kept_from().await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_night_caught_up_after_midnight_does_not_use_up_the_next_one() {
        let mut rivals = Rivals::new().await;
        let hours = |hours: u64| Duration::from_secs(3_600 * hours);
        // 21:00 on the 21st in Berlin. Nobody ran from 22:00 that day to 00:30 two days later.
        assert!(rivals.jobs[0].look().await.unwrap());
        rivals.clock.advance(hours(27) + Duration::from_secs(1_800));
        let mut job = rivals.job("a").await;
        for (wait, ran) in [(0, true), (1, false), (1, true), (20, false), (4, true)] {
            rivals.clock.advance(hours(wait));
            assert_eq!(job.look().await.unwrap(), ran, "after {wait} hours more");
        }
        let mut nights = rivals.nights().await;
        nights.sort_unstable();
        let expected: Vec<NaiveDate> = (21..=24).map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap()).collect();
        assert_eq!(nights, expected);
    }
}
