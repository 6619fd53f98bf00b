//! Sessions claim seats: the claims of the pools follow the sessions, whatever happened to these.

use super::{
    book::{Book, Gate},
    room::{Room, finish_of},
};
use crate::{
    sessions::state::LiveSession,
    store::records::{EndReason, SessionRecord},
};
use chrono::{DateTime, Utc};
use muster_domain::{
    ids::{AgentId, SessionId},
    session::{Ask, ClaimId, Claimant, Finish, Origin, fold_user},
};
use std::collections::BTreeMap;

/// Sessions that something happened to, and how those that are over ended.
pub(in crate::sessions) type Endings = BTreeMap<SessionId, Option<EndReason>>;

impl Book {
    /// Makes the claims of these sessions what the sessions are now: first what ends, then what begins, oldest first. A session
    /// that `find` does not find is over.
    pub(in crate::sessions) fn follow<'s>(
        &mut self,
        touched: &Endings,
        find: impl Fn(SessionId) -> Option<&'s LiveSession>,
        host: impl Fn(AgentId) -> Option<String>,
        gate: Gate,
    ) {
        let mut sessions: Vec<(SessionId, Option<&LiveSession>, Finish)> = touched
            .iter()
            .map(|(id, reason)| {
                let session = find(*id);
                let ended = session.and_then(|session| session.record.ended).map(|ending| ending.reason);
                (*id, session, reason.or(ended).map_or(Finish::Released, finish_of))
            })
            .collect();
        sessions.sort_by_key(|(id, session, _)| (session.map(|session| session.record.counted_from), *id));
        let Self { rooms, realms, groups, .. } = self;
        for room in rooms.values_mut() {
            let mut begin = Vec::new();
            for (id, session, finish) in &sessions {
                let claim = ClaimId::Session(*id);
                let uses = session.filter(|session| room.used_by(&session.record, realms));
                match (uses, room.pool.entry(claim)) {
                    (Some(session), Some(entry)) if same_place(&session.record, &entry.claimant) => {}
                    (Some(session), known) => {
                        if known.is_some() {
                            room.pool.end(claim, Finish::Ended, gate.now);
                        }
                        begin.push(session);
                    }
                    (None, Some(_)) => {
                        room.pool.end(claim, *finish, gate.now);
                    }
                    (None, None) => {}
                }
            }
            if !room.pool.is_open() {
                continue;
            }
            for session in begin {
                let user = fold_user(&session.record.user, realms);
                let known = groups.of(&user).chain(session.lively.groups.iter().map(String::as_str));
                claim(room, session, host(session.record.agent), known, gate.now);
            }
        }
        self.drain(gate);
    }

    /// Whether every session must be looked at: at the start, and after the applications or the gate changed.
    pub(in crate::sessions) const fn follows_all(&self) -> bool {
        self.follow_all
    }

    /// These sessions, and those of which only a claim is left.
    pub(in crate::sessions) fn everybody(&mut self, live: impl Iterator<Item = SessionId>) -> Endings {
        self.follow_all = false;
        let mut touched: Endings = live.map(|id| (id, None)).collect();
        for entry in self.rooms.values().flat_map(|room| room.pool.entries()) {
            if let ClaimId::Session(id) = entry.id {
                touched.entry(id).or_insert(Some(EndReason::Administrator));
            }
        }
        touched
    }
}

/// Whether a claim counts as what its session counts as now.
fn same_place(session: &SessionRecord, claimant: &Claimant) -> bool {
    session.user == claimant.user && session.client_ip == claimant.client
}

fn claim<'g>(
    room: &mut Room,
    session: &LiveSession,
    host: Option<String>,
    groups: impl Iterator<Item = &'g str>,
    now: DateTime<Utc>,
) {
    let SessionRecord { id, user, client_ip, tty, .. } = &*session.record;
    let origin = Origin { user, client: client_ip, host: host.as_deref(), display: tty.as_deref() };
    let ask = Ask { id: ClaimId::Session(*id), claimant: Claimant::new(origin, groups), borrow: None };
    let began = session.record.in_use_since(&room.application.name);
    // What it gets is the pool's to remember: a session goes on in any case.
    room.pool.claim_begun(ask, began, now);
}
