//! The sessions and the applications as lists show them.

use super::registry::Sessions;
use crate::{publish::ApplicationStatus, store::records::SessionRecord};
use muster_domain::{
    ids::SessionId,
    session::{Application, ClaimId, HeldSeat, Pool},
};
use std::collections::BTreeMap;

/// A seat that a session holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Of which application.
    pub application: String,
    /// `named` or `floating`.
    pub kind: &'static str,
    /// Another session of the same user and client took it.
    pub shared: bool,
}

/// A session as lists show it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The session.
    pub record: SessionRecord,
    /// `active`, `online`, `disconnected` or `other`.
    pub state: &'static str,
    /// Seconds without input when the agent last looked; none means not known.
    pub idle_seconds: Option<u64>,
    /// Seats it holds.
    pub holds: Vec<Hold>,
}

impl Sessions {
    /// Every listed session, in order of start.
    #[must_use]
    pub fn list(&self) -> Vec<SessionView> {
        self.with_pools(|state, _| {
            let mut holds: BTreeMap<SessionId, Vec<Hold>> = BTreeMap::new();
            for (application, pool) in state.pools.pools() {
                for HeldSeat { entry, kind, shared, .. } in pool.held() {
                    if let ClaimId::Session(session) = entry.id {
                        holds.entry(session).or_default().push(Hold {
                            application: application.name.clone(),
                            kind: kind.name(),
                            shared,
                        });
                    }
                }
            }
            let mut list: Vec<SessionView> = state
                .live()
                .map(|session| SessionView {
                    holds: holds.remove(&session.record.id).unwrap_or_default(),
                    record: SessionRecord::clone(&session.record),
                    state: session.lively.state,
                    idle_seconds: session.lively.idle_seconds,
                })
                .collect();
            list.sort_by_key(|view| (view.record.started_at, view.record.id));
            list
        })
    }

    /// How many sessions are logged in.
    #[must_use]
    pub fn active(&self) -> u64 {
        let state = self.lock();
        state.live().filter(|session| session.record.ended.is_none()).map(|_| 1).sum()
    }

    /// Applications with their seats in use and the highest use of today.
    #[must_use]
    pub fn applications(&self) -> Vec<ApplicationStatus> {
        let today = self.today_peaks();
        self.with_pools(|state, gate| {
            let status = |application: &Application| {
                let pool = state.pools.pool(&application.name);
                let caps = (self.caps)(&application.name);
                let peak = today.get(&application.name);
                ApplicationStatus {
                    name: application.name.clone(),
                    named_in_use: pool.map_or(0, Pool::named_in_use),
                    named_limit: application.named_seats(caps.0),
                    floating_in_use: pool.map_or(0, Pool::floating_in_use),
                    floating_limit: application.floating(caps.1),
                    denied_today: state.pools.demand_of(gate.date, &application.name).map_or(0, |demand| demand.asked.denied),
                    queued: pool.map_or(0, Pool::queued),
                    peak_today: peak.map_or(0, |peak| peak.0),
                    peak_at: peak.map(|peak| peak.1),
                }
            };
            state.applications.iter().map(status).collect()
        })
    }
}
