//! Who is connected now: the users that hold seats of an application, each once however many sessions and check-outs they have.

use super::registry::Sessions;
use chrono::{DateTime, Utc};
use muster_domain::session::{ClaimId, CountKey, HeldSeat};
use std::collections::BTreeMap;

/// A seat in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// Of which application.
    pub application: String,
    /// The claim that took it: no other seat has the same.
    pub first: ClaimId,
    /// Login user.
    pub user: String,
    /// Where the user sits.
    pub client_ip: String,
    /// `named` or `floating`.
    pub kind: &'static str,
    /// The seat was given beyond the limit.
    pub over_use: bool,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Login sessions that share the seat.
    pub sessions: u64,
    /// Check-outs that share it.
    pub checkouts: u64,
}

impl Sessions {
    /// Every seat in use, of one application or of all: in order of application and of when it was taken.
    #[must_use]
    pub fn connected(&self, application: Option<&str>) -> Vec<Connected> {
        let wanted = application.map(str::to_lowercase);
        self.with_pools(|state, _| {
            let mut list = Vec::new();
            for (application, pool) in state.pools.pools() {
                if wanted.as_deref().is_some_and(|wanted| wanted != application.name.to_lowercase()) {
                    continue;
                }
                let mut seats: BTreeMap<&CountKey, Connected> = BTreeMap::new();
                // In the order in which they came: the first of a key says who it is and since when.
                for HeldSeat { entry, key, kind, over, .. } in pool.held() {
                    let seat = seats.entry(key).or_insert_with(|| Connected {
                        application: application.name.clone(),
                        first: entry.id,
                        user: entry.claimant.user.clone(),
                        client_ip: entry.claimant.client.clone(),
                        kind: kind.name(),
                        over_use: over,
                        since: entry.since,
                        sessions: 0,
                        checkouts: 0,
                    });
                    match entry.id {
                        ClaimId::Session(_) => seat.sessions += 1,
                        ClaimId::Checkout(_) => seat.checkouts += 1,
                    }
                }
                let mut seats: Vec<Connected> = seats.into_values().collect();
                seats.sort_by(|a, b| (a.since, &a.user, &a.client_ip, a.first).cmp(&(b.since, &b.user, &b.client_ip, b.first)));
                list.append(&mut seats);
            }
            list
        })
    }
}
