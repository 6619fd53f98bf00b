//! Where check-outs are asked for: each call decides under the lock of the sessions and answers when the decision is durable.

use super::{
    pending::Batch,
    room::Room,
    view::{CheckOut, CheckoutError, CheckoutView, Got, HolderView},
};
use crate::{
    sessions::{registry::Sessions, state::State},
    store::{
        StoreError,
        records::{AuditEntry, CheckoutFacts},
    },
};
use muster_domain::{
    ids::CheckoutId,
    session::{Ask, ClaimId, Denial, Finish, Outcome, fold_user},
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// Most holders that a refusal names.
const HOLDERS: usize = 100;
/// A waiting client's place is kept at least this often while it waits.
const KEEP_PLACE: Duration = Duration::from_secs(5);

impl Sessions {
    /// Asks for a seat. At `queue` it may get a place instead.
    ///
    /// # Errors
    /// Why it gets neither.
    pub async fn check_out(&self, request: CheckOut) -> Result<Got, CheckoutError> {
        let (id, application) = (request.id, request.application.clone());
        let (got, known) = self.decide(request)?;
        if let Err(error) = self.settle().await {
            if !known {
                // What is not durable was not given.
                self.with_pools(|state, gate| {
                    if let Some(room) = state.pools.rooms.get_mut(&application.to_lowercase()) {
                        room.pool.end(ClaimId::Checkout(id), Finish::Ended, gate.now);
                    }
                    state.pools.drain(gate);
                });
            }
            return Err(error.into());
        }
        Ok(got)
    }

    /// What a check-out has; while it waits, its place is kept and a seat is waited for. With an `owner`, others' are unknown.
    ///
    /// # Errors
    /// When there is no such check-out or what it has could not be stored.
    pub async fn await_seat(&self, id: CheckoutId, owner: Option<&str>, wait: Duration) -> Result<Got, CheckoutError> {
        let mut left = wait;
        loop {
            // Before the look: what happens after it is not missed.
            let mut turn = self.with_pools(|state, _| state.pools.turn.subscribe());
            let got = self.look(id, owner)?;
            if matches!(got, Got::Seat { .. }) || left.is_zero() {
                self.settle().await?;
                return Ok(got);
            }
            let lease = self.with_pools(|state, _| {
                let room = state.pools.places.get(&id).and_then(|place| state.pools.rooms.get(place));
                room.and_then(|room| room.pool.rules().lease().to_std().ok()).unwrap_or(KEEP_PLACE)
            });
            let step = left.min(KEEP_PLACE).min(lease / 2).max(Duration::from_millis(10));
            let before = self.clock.boottime();
            let _ = timeout(step, turn.changed()).await;
            left = left.saturating_sub(self.clock.boottime().saturating_sub(before).max(Duration::from_millis(1)));
        }
    }

    /// A check-out is heard of: its lease begins anew.
    ///
    /// # Errors
    /// When there is no such check-out.
    pub async fn heartbeat(&self, id: CheckoutId, owner: Option<&str>) -> Result<Got, CheckoutError> {
        let got = self.with_pools(|state, gate| {
            let room = room_of(state, id, owner)?;
            let outcome = room.pool.heartbeat(ClaimId::Checkout(id), gate.now).ok_or(CheckoutError::Unknown(id))?;
            got(room, id, outcome)
        })?;
        // It may have got its seat since it asked last.
        self.settle().await?;
        Ok(got)
    }

    /// A check-out is given back, or (without an owner) ended by an administrator, with the audit entry of that.
    ///
    /// # Errors
    /// When there is no such check-out or the return could not be stored.
    pub async fn give_back(
        &self,
        id: CheckoutId,
        owner: Option<&str>,
        how: Finish,
        audit: Option<AuditEntry>,
    ) -> Result<CheckoutView, CheckoutError> {
        let view = self.with_pools(|state, gate| {
            let room = room_of(state, id, owner)?;
            let view = view_of(room, id).ok_or(CheckoutError::Unknown(id))?;
            room.pool.end(ClaimId::Checkout(id), how, gate.now);
            state.pools.drain(gate);
            state.pools.pending.audit(audit);
            Ok::<_, CheckoutError>(view)
        })?;
        self.settle().await?;
        Ok(view)
    }

    /// Check-outs that have a seat or wait for one, in the order in which they asked. With an `owner`, its own.
    #[must_use]
    pub fn checkouts(&self, application: Option<&str>, owner: Option<&str>) -> Vec<CheckoutView> {
        let mut list: Vec<CheckoutView> = self.with_pools(|state, _| {
            let rooms = state.pools.rooms.iter().filter(|(key, _)| application.is_none_or(|name| name.to_lowercase() == **key));
            rooms.flat_map(|(_, room)| room.facts.keys().filter_map(|id| view_of(room, *id)).collect::<Vec<_>>()).collect()
        });
        list.retain(|view| owner.is_none_or(|owner| owner == view.facts.owner));
        list.sort_by_key(|view| (view.asked_at, view.id));
        list
    }

    /// Makes every decision durable that was taken until now. Callers that come together are served by one commit.
    ///
    /// # Errors
    /// When the store does not take it.
    pub(in crate::sessions) async fn settle(&self) -> Result<(), StoreError> {
        let wanted = self.lock().pools.pending.newest();
        let _alone = self.settling.lock().await;
        let batch = {
            let mut state = self.lock();
            if state.pools.pending.is_durable(wanted) {
                return Ok(());
            }
            state.pools.pending.take()
        };
        let mut under_way = UnderWay { sessions: self, batch: Some(batch) };
        let decisions = under_way.batch.as_ref().map(|batch| batch.decisions.clone()).unwrap_or_default();
        self.stores.checkouts.commit(decisions).await?;
        if let Some(batch) = under_way.batch.take() {
            self.lock().pools.pending.stored(&batch);
        }
        Ok(())
    }

    fn decide(&self, request: CheckOut) -> Result<(Got, bool), CheckoutError> {
        let CheckOut { id, application, mut claimant, facts, borrow } = request;
        self.with_pools(|state, gate| {
            let user = fold_user(&claimant.user, &state.pools.realms);
            let mut groups: BTreeSet<String> = claimant.groups.clone();
            groups.extend(state.pools.groups.of(&user).map(str::to_lowercase));
            let realms = state.pools.realms.clone();
            let sessions = state.live().filter(|session| fold_user(&session.record.user, &realms) == user);
            groups.extend(sessions.flat_map(|session| session.lively.groups.iter().map(|group| group.to_lowercase())));
            claimant.groups = groups;

            let key = application.to_lowercase();
            if state.pools.places.get(&id).is_some_and(|place| *place != key) {
                return Err(CheckoutError::Taken(id));
            }
            let Some(room) = state.pools.rooms.get_mut(&key) else { return Err(CheckoutError::NoApplication(application)) };
            let known = match room.facts.get(&id) {
                Some(before) if before.owner != facts.owner => return Err(CheckoutError::Taken(id)),
                Some(_) => room.pool.standing(ClaimId::Checkout(id)).is_some(),
                None => false,
            };
            let name = room.application.name.clone();
            let (user, client_ip) = (claimant.user.clone(), claimant.client.clone());
            let facts_before = room.facts.insert(id, facts);
            let outcome = room.pool.claim(Ask { id: ClaimId::Checkout(id), claimant, borrow }, gate.now);
            let answer = match outcome {
                Outcome::Denied(why) => {
                    if facts_before.is_none() {
                        room.facts.remove(&id);
                    }
                    Err(match why {
                        Denial::Closed => CheckoutError::Closed,
                        Denial::NotAdmitted => CheckoutError::NotAdmitted { application: name, user, client_ip },
                        Denial::TooLong => CheckoutError::TooLong { application: name, hours: room.application.borrow_max_hours },
                        Denial::Exhausted => exhausted(room, user),
                    })
                }
                outcome => got(room, id, outcome).map(|got| (got, known)),
            };
            if answer.is_ok() {
                state.pools.places.insert(id, key);
            }
            state.pools.drain(gate);
            answer
        })
    }

    fn look(&self, id: CheckoutId, owner: Option<&str>) -> Result<Got, CheckoutError> {
        self.with_pools(|state, gate| {
            let room = room_of(state, id, owner)?;
            let outcome = room.pool.poll(ClaimId::Checkout(id), gate.now).ok_or(CheckoutError::Unknown(id))?;
            got(room, id, outcome)
        })
    }
}

/// Decisions that are on their way: whatever ends the way early, they are not lost.
struct UnderWay<'a> {
    sessions: &'a Sessions,
    batch: Option<Batch>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.sessions.lock().pools.pending.put_back(batch);
        }
    }
}

fn room_of<'s>(state: &'s mut State, id: CheckoutId, owner: Option<&str>) -> Result<&'s mut Room, CheckoutError> {
    let pools = &mut state.pools;
    let room = pools.places.get(&id).and_then(|place| pools.rooms.get_mut(place));
    room.filter(|room| room.standing(id, owner).is_some()).ok_or(CheckoutError::Unknown(id))
}

fn got(room: &Room, id: CheckoutId, outcome: Outcome) -> Result<Got, CheckoutError> {
    match outcome {
        Outcome::Granted(granted) => {
            let view = view_of(room, id).ok_or(CheckoutError::Unknown(id))?;
            Ok(Got::Seat { granted, view: Box::new(view) })
        }
        Outcome::Queued { position } => Ok(Got::Place(position)),
        Outcome::Denied(_) => Err(CheckoutError::Unknown(id)),
    }
}

fn view_of(room: &Room, id: CheckoutId) -> Option<CheckoutView> {
    let claim = ClaimId::Checkout(id);
    let (entry, facts) = (room.pool.entry(claim)?, room.facts.get(&id)?);
    let mut view = CheckoutView::of(&room.application.name, entry, id, CheckoutFacts::clone(facts));
    view.expires_at = room.pool.until(claim);
    match room.pool.standing(claim)? {
        Outcome::Granted(granted) => {
            view.kind = Some(granted.kind);
            view.shared = granted.shared;
            view.over_use = granted.over_use;
            view.borrowed = granted.borrowed;
        }
        Outcome::Queued { position } => view.position = Some(position),
        Outcome::Denied(_) => return None,
    }
    Some(view)
}

fn exhausted(room: &Room, user: String) -> CheckoutError {
    let held = room.pool.held();
    let holders = held.iter().filter(|seat| !seat.shared).take(HOLDERS).map(HolderView::of).collect();
    let (used, limit) = (room.pool.floating_in_use(), room.pool.rules().floating());
    let kept = limit.map_or(0, |limit| limit.saturating_sub(used));
    CheckoutError::Exhausted { application: room.application.name.clone(), user, holders, queued: room.pool.queued(), kept }
}
