//! Pools, claims and times for the tests.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::ids::{CheckoutId, SessionId};
use crate::session::pool::{Ask, ClaimId, Claimant, Entry, Pool, PoolRules};
use crate::session::{Application, ApplicationPatch, Origin};

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(super) fn session(id: u128) -> ClaimId {
    ClaimId::Session(SessionId(id))
}

pub(super) fn checkout(id: u128) -> ClaimId {
    ClaimId::Checkout(CheckoutId(Uuid::from_u128(id)))
}

pub(super) fn ask(id: ClaimId, user: &str, client: &str, groups: &[&str]) -> Ask {
    let origin = Origin { user, client, host: Some("WS-1"), display: None };
    Ask { id, claimant: Claimant::new(origin, groups.iter().copied()), borrow: None }
}

pub(super) fn rules(json: &str) -> PoolRules {
    let mut application = Application::new("CAD").unwrap();
    let patch: ApplicationPatch = serde_json::from_str(json).unwrap();
    application.change(patch).unwrap();
    application.pool_rules((None, None), &["CORP".to_owned()])
}

pub(super) fn pool(json: &str) -> Pool {
    let mut pool = Pool::new(rules(json));
    pool.open(at(0));
    pool
}

/// The pool that a restart makes of what is kept of this one.
pub(super) fn restarted(pool: &Pool, now: DateTime<Utc>) -> Pool {
    let kept = serde_json::to_string(&pool.entries().collect::<Vec<_>>()).unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&kept).unwrap();
    let mut restored = Pool::restore(pool.rules().clone(), entries, now);
    restored.open(now);
    restored
}

pub(super) fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}
