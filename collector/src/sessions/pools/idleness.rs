//! Who holds a seat and does not use it: for administrators who want one back.
//!
//! What is not known is never idleness: a session whose agent does not say, a borrowed seat, a check-out that is heard of.

use crate::sessions::{registry::Sessions, state::State};
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::{
    ids::{AgentId, SessionId},
    session::{ClaimId, CountKey, HeldSeat, SeatKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// A claim on a seat that nobody used for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleHolder {
    /// The session or check-out.
    pub claim: ClaimId,
    /// For whom.
    pub user: String,
    /// Where the user sits.
    pub client: String,
    /// The machine, where it is known.
    pub host: Option<String>,
    /// The agent that reports the session.
    pub agent: Option<AgentId>,
    /// Which kind of seat.
    pub kind: SeatKind,
    /// Since when it has the seat.
    pub since: DateTime<Utc>,
    /// Since when there was no input, or no heartbeat.
    pub idle_since: DateTime<Utc>,
    /// For how long, in seconds, when somebody last looked.
    pub idle_seconds: u64,
    /// Everybody who shares the seat is idle, too: it becomes free when all of them end.
    pub whole_seat: bool,
}

/// Who is idle, and how many may be without anybody knowing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdleHolders {
    /// Longest first.
    pub idle: Vec<IdleHolder>,
    /// Claims on seats of which nobody knows whether they are used.
    pub unknown: u64,
    /// Claims on seats.
    pub held: u64,
}

/// What is known of the use of one claim.
type Use = Option<(DateTime<Utc>, u64)>;

impl Sessions {
    /// Who holds a seat of an application and is idle for at least so long; none for an unknown application.
    #[must_use]
    pub fn idle_holders(&self, application: &str, at_least: u64) -> Option<IdleHolders> {
        self.with_pools(|state, gate| {
            let held = state.pools.rooms.get(&application.trim().to_lowercase())?.pool.held();
            let mut found = IdleHolders { held: held.len() as u64, ..IdleHolders::default() };
            let sessions = sessions(state);
            let uses: Vec<Use> = held.iter().map(|seat| last_use(seat, &sessions, gate.now)).collect();
            let in_use: BTreeSet<&CountKey> = held
                .iter()
                .zip(&uses)
                .filter(|(_, used)| used.is_none_or(|(_, seconds)| seconds < at_least))
                .map(|(seat, _)| seat.key)
                .collect();
            for (seat, used) in held.iter().zip(&uses) {
                let Some((idle_since, idle_seconds)) = *used else {
                    found.unknown += 1;
                    continue;
                };
                if idle_seconds < at_least {
                    continue;
                }
                let claimant = &seat.entry.claimant;
                let agent = match seat.entry.id {
                    ClaimId::Session(id) => sessions.get(&id).map(|(agent, _)| *agent),
                    ClaimId::Checkout(_) => None,
                };
                found.idle.push(IdleHolder {
                    claim: seat.entry.id,
                    user: claimant.user.clone(),
                    client: claimant.client.clone(),
                    host: claimant.host.clone().or_else(|| (self.hosts)(agent?)),
                    agent,
                    kind: seat.kind,
                    since: seat.entry.since,
                    idle_since,
                    idle_seconds,
                    whole_seat: !in_use.contains(seat.key),
                });
            }
            found.idle.sort_by_key(|holder| (holder.idle_since, holder.claim));
            Some(found)
        })
    }
}

/// Sessions that are listed, with their agents and what these say of idleness.
fn sessions(state: &State) -> BTreeMap<SessionId, (AgentId, Use)> {
    let known = |session: &crate::sessions::state::LiveSession| {
        let (idle, looked_at) = session.lively.idle_seconds.zip(session.looked_at)?;
        let since = i64::try_from(idle).ok().and_then(TimeDelta::try_seconds).and_then(|idle| looked_at.checked_sub_signed(idle));
        Some((since.unwrap_or(DateTime::<Utc>::MIN_UTC).max(session.record.started_at), idle))
    };
    state.live().map(|session| (session.record.id, (session.record.agent, known(session)))).collect()
}

/// When a claim was last used, and how long ago that was.
fn last_use(seat: &HeldSeat<'_>, sessions: &BTreeMap<SessionId, (AgentId, Use)>, now: DateTime<Utc>) -> Use {
    match seat.entry.id {
        ClaimId::Session(id) => sessions.get(&id)?.1,
        // A borrowed seat asks for no heartbeat.
        ClaimId::Checkout(_) if seat.borrowed() => None,
        ClaimId::Checkout(_) => Some((seat.heard, u64::try_from((now - seat.heard).num_seconds()).unwrap_or(0))),
    }
}
