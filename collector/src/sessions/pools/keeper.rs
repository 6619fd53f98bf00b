//! What happens to pools without a request: leases run out, decisions about sessions become durable, over-use and uses that count
//! nowhere raise alerts.

use crate::{
    publish::{Alerts, Severity},
    sessions::registry::Sessions,
    store::StoreError,
};
use muster_domain::session::AtLimit;
use muster_runtime::shutdown::Shutdown;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

const UNCOUNTED: &str = "uncounted-uses";
const TICK: Duration = Duration::from_millis(500);

/// The background work of the pools.
pub struct PoolKeeper {
    sessions: Arc<Sessions>,
    alerts: Arc<Alerts>,
}

impl PoolKeeper {
    /// Of these sessions.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, alerts: Arc<Alerts>) -> Self {
        Self { sessions, alerts }
    }

    /// Works until shutdown, then keeps everything once more. `failed` is told of every error, and of every success after one.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&StoreError>)) {
        let mut over = BTreeSet::new();
        while shutdown.run_until(tokio::time::sleep(TICK)).await.is_some() {
            failed(self.sessions.settle_pools().await.err().as_ref());
            self.warn(&mut over);
            self.warn_of_uncounted();
        }
        failed(self.sessions.keep_hours().await.err().as_ref());
    }

    /// An application that warns at its limit is beyond it, or no longer.
    fn warn(&self, over: &mut BTreeSet<String>) {
        let (now, beyond) = self.sessions.with_pools(|state, gate| {
            let pools = state.pools.pools().filter(|(application, _)| application.at_limit == AtLimit::Warn);
            let beyond: Vec<(String, u64, u64)> = pools
                .filter_map(|(application, pool)| {
                    let (used, limit) = (pool.floating_in_use(), pool.rules().floating()?);
                    (used > limit).then(|| (application.name.clone(), used, limit))
                })
                .collect();
            (gate.now, beyond)
        });
        let still: BTreeSet<String> = beyond.iter().map(|(name, _, _)| name.clone()).collect();
        for (name, used, limit) in beyond {
            let text = format!(
                "{used} floating seats of {name} are in use, licensed {limit}: \
                 muster-collector session list --application {name:?} and checkout list --application {name:?}"
            );
            self.alerts.raise(&key(&name), Severity::Warning, text, now);
        }
        for name in over.difference(&still) {
            self.alerts.clear(&key(name));
        }
        *over = still;
    }

    /// Agents told of uses that count nowhere, and nobody has seen them yet.
    fn warn_of_uncounted(&self) {
        let (uncounted, dropped, now) =
            self.sessions.with_pools(|state, gate| (state.uncounted, state.uncounted_dropped, gate.now));
        if uncounted == 0 {
            self.alerts.clear(UNCOUNTED);
            return;
        }
        let lost = if dropped > 0 { format!(" ({dropped} older ones were dropped)") } else { String::new() };
        let text = format!(
            "{uncounted} uses that agents told of afterwards count nowhere{lost}; look why, and dismiss them: muster-collector offline-use \
             list, then muster-collector offline-use dismiss ID"
        );
        self.alerts.raise(UNCOUNTED, Severity::Warning, text, now);
    }
}

fn key(application: &str) -> String {
    format!("over-use:{}", application.to_lowercase())
}
