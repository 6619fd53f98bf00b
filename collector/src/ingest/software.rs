//! Lists of installed software: which ones are known, and taking a new one.
//!
//! In: digests and lists of reports. Out: whether the list is wanted, and the list in the store. A list is durable before its digest is
//! known, so that a list that was lost is asked for again. One that cannot be kept is said to the administrator and asked for no more,
//! as long as its digest stays the same; it never keeps a report from being taken.

use super::facts;
use crate::{
    publish::{Alerts, Severity},
    store::{StoreError, ports::SoftwareStore, records::SoftwareListRecord},
};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use muster_domain::{
    ids::{AgentId, AssetId},
    software::{Difference, Found, Software},
};
use muster_wire::{
    limits::REPORT_PACKAGES,
    software::{Package, PackageList},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A store that did not take a list just now is given so much time.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// The alert about lists that cannot be kept.
const ALERT: &str = "software.lists";

/// The lists of all assets, by digest.
pub struct SoftwareLists {
    store: Arc<dyn SoftwareStore>,
    alerts: Arc<Alerts>,
    known: Mutex<Known>,
}

/// A list as an agent reported it.
#[derive(Debug)]
pub(super) struct Reported {
    /// What it is installed on.
    pub(super) asset: AssetId,
    /// Who says so.
    pub(super) agent: AgentId,
    /// The digest of the list.
    pub(super) digest: String,
    /// The list.
    pub(super) list: PackageList,
    /// When it arrived.
    pub(super) at: DateTime<Utc>,
}

#[derive(Default)]
struct Known {
    stored: BTreeMap<AssetId, String>,
    passed_over: BTreeMap<AssetId, PassedOver>,
}

/// A list that was not kept.
struct PassedOver {
    digest: String,
    agent: AgentId,
    /// When to ask for it again; never for one that can never be kept.
    again: Option<DateTime<Utc>>,
    reason: String,
}

/// Why a list is not kept.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error("it is no list of packages")]
    NoList,
    #[error("it has {0} packages, and at most {REPORT_PACKAGES} are taken")]
    TooLong(usize),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SoftwareLists {
    /// The lists of the store; what cannot be kept is told to `alerts`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: Arc<dyn SoftwareStore>, alerts: Arc<Alerts>) -> Result<Self, StoreError> {
        let stored = store.lists().await?.into_iter().map(|list| (list.asset, list.digest)).collect();
        Ok(Self { store, alerts, known: Mutex::new(Known { stored, ..Known::default() }) })
    }

    /// Whether the list with this digest is to be asked for: it is not the stored one of the asset, and was not found unfit.
    pub(super) fn wants(&self, asset: AssetId, digest: &str, now: DateTime<Utc>) -> bool {
        let known = self.known();
        let fit = |passed: &PassedOver| passed.digest != digest || passed.again.is_some_and(|again| again <= now);
        !known.has(asset, digest) && known.passed_over.get(&asset).is_none_or(fit)
    }

    /// Takes a list, unless it is the stored one; tells whether it did. What cannot be kept leaves the stored list as it is.
    pub(super) async fn take(&self, reported: Reported) -> bool {
        let Reported { asset, agent, digest, list, at } = reported;
        if self.known().has(asset, &digest) {
            self.changed(at, |known| _ = known.passed_over.remove(&asset));
            return false;
        }
        let record = SoftwareListRecord { asset, agent, digest: digest.clone(), at: at.trunc_subsecs(3) };
        match self.keep(record, list).await {
            Ok((Difference { installed, updated, removed }, passed_over)) => {
                tracing::info!(%agent, installed, updated, removed, passed_over, "a list of installed software was taken");
                self.changed(at, |known| {
                    known.passed_over.remove(&asset);
                    known.stored.insert(asset, digest);
                });
                true
            }
            Err(error) => {
                tracing::warn!(%agent, %error, "a list of installed software was passed over; the rest of its report is taken");
                let passing = matches!(error, ListError::Store(StoreError::Unavailable { .. } | StoreError::Busy));
                let again = passing.then(|| at + AGAIN);
                let passed = PassedOver { digest, agent, again, reason: error.to_string() };
                self.changed(at, |known| _ = known.passed_over.insert(asset, passed));
                false
            }
        }
    }

    /// Keeps a list, and says how many of its members are no packages.
    async fn keep(&self, record: SoftwareListRecord, list: PackageList) -> Result<(Difference, usize), ListError> {
        let PackageList { packages, passed_over, beyond, unreadable } = list;
        if unreadable {
            return Err(ListError::NoList);
        }
        let all = packages.len() + passed_over + beyond;
        if all > REPORT_PACKAGES {
            return Err(ListError::TooLong(all));
        }
        let found: Vec<Found> = packages.iter().filter_map(found).collect();
        let passed_over = all - found.len();
        Ok((self.store.replace(record, found).await?, passed_over))
    }

    /// Changes what is known, and says what cannot be kept by now.
    fn changed(&self, now: DateTime<Utc>, change: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        change(&mut known);
        let unfit = || known.passed_over.values().filter(|passed| passed.again.is_none());
        match unfit().next_back() {
            Some(PassedOver { agent, reason, .. }) => {
                let text = format!(
                    "the lists of installed software of {} agents cannot be kept, so that their installs stay as they were; one of \
                     them is agent {agent}: {reason}",
                    unfit().count()
                );
                self.alerts.raise(ALERT, Severity::Warning, text, now);
            }
            None => self.alerts.clear(ALERT),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn has(&self, asset: AssetId, digest: &str) -> bool {
        self.stored.get(&asset).is_some_and(|stored| stored == digest)
    }
}

/// A package as it is kept; nothing without a name or a source.
fn found(package: &Package) -> Option<Found> {
    let Package { name, version, publisher, source, architecture, install_date } = package;
    let text = |value: &Option<String>| value.as_deref().map(facts::text).filter(|text| !text.is_empty());
    let name = facts::text(name);
    let source = facts::text(source).to_lowercase();
    let software =
        Software { name, version: text(version), publisher: text(publisher), source, architecture: text(architecture) };
    let whole = !software.name.is_empty() && !software.source.is_empty();
    whole.then_some(Found { software, install_date: *install_date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_kept_as_plain_text() {
        for (json, expected) in [
            (r#"{"name":" bash\n","version":"5","source":"DPKG"}"#, Some(("bash", Some("5"), "dpkg"))),
            (r#"{"name":"bash","version":" ","source":"dpkg"}"#, Some(("bash", None, "dpkg"))),
            (r#"{"name":" \u0000 ","source":"dpkg"}"#, None),
            (r#"{"name":"","source":"dpkg"}"#, None),
            (r#"{"name":"bash","source":" "}"#, None),
        ] {
            let found = found(&serde_json::from_str(json).unwrap()).map(|found| found.software);
            let found = found.as_ref().map(|s| (s.name.as_str(), s.version.as_deref(), s.source.as_str()));
            assert_eq!(found, expected, "{json}");
        }
    }

    /// A store that answers as it is told.
    struct Told(Mutex<Vec<Result<usize, StoreError>>>);

    #[async_trait::async_trait]
    impl SoftwareStore for Told {
        async fn replace(&self, _: SoftwareListRecord, found: Vec<Found>) -> Result<Difference, StoreError> {
            let answer = self.0.lock().unwrap().pop().expect("no more lists are expected");
            answer.map(|expected| {
                assert_eq!(found.len(), expected);
                Difference { installed: expected, ..Difference::default() }
            })
        }

        async fn lists(&self) -> Result<Vec<SoftwareListRecord>, StoreError> {
            Ok(Vec::new())
        }

        async fn installs(
            &self,
            _: crate::store::ports::InstallWish,
            _: Option<(AssetId, u64)>,
            _: usize,
        ) -> Result<Vec<crate::store::ports::InstallRow>, StoreError> {
            unreachable!("nobody looks")
        }

        async fn titles(
            &self,
            _: Option<&str>,
            _: Option<Software>,
            _: usize,
        ) -> Result<Vec<crate::store::records::TitleRecord>, StoreError> {
            unreachable!("nobody looks")
        }

        async fn visit(&self, _: crate::store::ports::SoftwareVisit) -> Result<(), StoreError> {
            unreachable!("nobody looks")
        }
    }

    const ASSET: AssetId = AssetId(uuid::Uuid::from_u128(1));

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap()
    }

    async fn lists(answer: Vec<Result<usize, StoreError>>) -> (SoftwareLists, Arc<Alerts>) {
        let alerts = Arc::new(Alerts::default());
        let lists = SoftwareLists::load(Arc::new(Told(Mutex::new(answer))), Arc::clone(&alerts)).await.unwrap();
        (lists, alerts)
    }

    fn reported(digest: &str, list: &str, minutes: i64) -> Reported {
        let agent = AgentId(uuid::Uuid::from_u128(2));
        Reported { asset: ASSET, agent, digest: digest.to_owned(), list: serde_json::from_str(list).unwrap(), at: at(minutes) }
    }

    const GOOD: &str = r#"[{"name":"bash","source":"dpkg"},{"name":"no source"},{"name":" ","source":"dpkg"},7]"#;

    #[tokio::test]
    async fn what_can_never_be_kept_is_said_and_asked_for_no_more() {
        let conflict = StoreError::Conflict("asset 1 is not the one that agent 2 reports".to_owned());
        let corrupt = StoreError::Corrupt { table: "installs", reason: "a row cannot be read".to_owned() };
        let gone = StoreError::NotFound { what: "asset", id: "1".to_owned() };
        let long = format!("[{}]", vec!["{}"; REPORT_PACKAGES + 1].join(","));
        for (answer, list, part) in [
            (Some(conflict), GOOD, "not the one that agent"),
            (Some(corrupt), GOOD, "restore it from a backup"),
            (Some(gone), GOOD, "there is no asset"),
            (None, long.as_str(), "20001 packages"),
            (None, "7", "no list of packages"),
        ] {
            let answers = [Some(Ok(1)), answer.map(Err)].into_iter().flatten().collect();
            let (lists, alerts) = lists(answers).await;
            assert!(lists.wants(ASSET, "a", at(0)));
            assert!(!lists.take(reported("a", list, 0)).await, "{part}");
            assert!(!lists.wants(ASSET, "a", at(100_000)), "{part}");
            let alert = alerts.list().pop().unwrap();
            assert!(alert.text.contains(part) && alert.text.contains("of 1 agents"), "{}", alert.text);
            // Another list is another matter.
            assert!(lists.wants(ASSET, "b", at(1)));
            assert!(lists.take(reported("b", GOOD, 1)).await);
            assert_eq!((alerts.list(), lists.wants(ASSET, "b", at(1))), (vec![], false));
        }
    }

    #[tokio::test]
    async fn a_store_that_is_busy_is_given_time() {
        let down = StoreError::Unavailable { operation: "software.replace", reason: "disk full".to_owned() };
        let (lists, alerts) = lists(vec![Ok(1), Err(down), Err(StoreError::Busy)]).await;
        for minutes in [0, 10] {
            assert!(!lists.take(reported("a", GOOD, minutes)).await);
            assert!(!lists.wants(ASSET, "a", at(minutes + 9)) && lists.wants(ASSET, "a", at(minutes + 10)));
        }
        assert!(lists.take(reported("a", GOOD, 20)).await);
        assert!(!lists.take(reported("a", GOOD, 21)).await, "it is the stored one");
        assert_eq!((alerts.list(), lists.wants(ASSET, "a", at(99))), (vec![], false));
    }
}
