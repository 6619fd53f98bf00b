//! When logins were last used: API tokens by any request, accounts by logging in.
//!
//! In: every request that was recognised. Out: times to the minute, in memory; every few minutes, and at the end, they go to the
//! store together. No request waits for that, and one that is lost with a crash loses a few minutes of a time.

use crate::store::{StoreError, ports::PeopleStore};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often what changed is stored.
const EVERY: Duration = Duration::from_secs(180);

/// When logins were last used, by `token:ID`, `interop:ID` and `user:NAME`.
pub struct LastUses {
    store: Arc<dyn PeopleStore>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    times: BTreeMap<String, DateTime<Utc>>,
    /// Those that the store does not know yet.
    changed: BTreeSet<String>,
}

impl LastUses {
    /// What the store knows.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn load(store: Arc<dyn PeopleStore>) -> Result<Self, StoreError> {
        let times = store.last_uses().await?;
        Ok(Self { store, known: Mutex::new(Known { times, changed: BTreeSet::new() }) })
    }

    /// It is used at this time.
    pub fn note(&self, login: &str, at: DateTime<Utc>) {
        let minute = at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at);
        let mut known = self.lock();
        match known.times.get_mut(login) {
            Some(time) if *time == minute => return,
            Some(time) => *time = minute,
            None => drop(known.times.insert(login.to_owned(), minute)),
        }
        known.changed.insert(login.to_owned());
    }

    /// Notes at once that a login of this kind is used, by its id.
    #[must_use]
    pub fn of_kind(self: &Arc<Self>, kind: &'static str, clock: &SharedClock) -> Arc<dyn Fn(&str) + Send + Sync> {
        let (uses, clock) = (Arc::clone(self), Arc::clone(clock));
        Arc::new(move |id: &str| uses.note(&format!("{kind}:{id}"), clock.now()))
    }

    /// When it was last used, to the minute; none if it never was.
    #[must_use]
    pub fn of(&self, login: &str) -> Option<DateTime<Utc>> {
        self.lock().times.get(login).copied()
    }

    /// The login is gone, and its time with it: one of the same name is another one.
    pub(super) fn forget(&self, login: &str) {
        let mut known = self.lock();
        known.times.remove(login);
        known.changed.remove(login);
    }

    /// Stores what changed.
    ///
    /// # Errors
    /// When the store does not take it; it is tried again with the next ones.
    pub async fn keep(&self) -> Result<(), StoreError> {
        let changed: Vec<(String, DateTime<Utc>)> = {
            let mut known = self.lock();
            let changed = std::mem::take(&mut known.changed);
            changed.into_iter().filter_map(|login| known.times.get(&login).map(|time| (login.clone(), *time))).collect()
        };
        if changed.is_empty() {
            return Ok(());
        }
        let kept = self.store.note_uses(changed.clone()).await;
        if kept.is_err() {
            let mut known = self.lock();
            let back = changed.into_iter().map(|(login, _)| login).filter(|login| known.times.contains_key(login));
            let back: Vec<String> = back.collect();
            known.changed.extend(back);
        }
        kept
    }

    /// Stores what changed every few minutes until shutdown, and once more then. `failed` is told of every error, and of every
    /// success.
    pub async fn run(&self, shutdown: Shutdown, failed: impl Fn(Option<&StoreError>)) {
        while shutdown.run_until(tokio::time::sleep(EVERY)).await.is_some() {
            failed(self.keep().await.err().as_ref());
        }
        failed(self.keep().await.err().as_ref());
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
