//! What an application says of its pool, in the form that decisions need.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::access::{AccessRules, Asker, fold_group};
use crate::session::application::{Application, AtLimit, Share};
use crate::session::key::KeyRules;
use crate::session::seats::NamedUsers;

/// The rules of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRules {
    pub(super) named: NamedUsers,
    pub(super) floating: Option<u64>,
    pub(super) at_limit: AtLimit,
    pub(super) lease: TimeDelta,
    pub(super) linger: TimeDelta,
    pub(super) borrow_max: TimeDelta,
    /// Seats by group, in the order in which a member of several takes them.
    pub(super) reservations: Vec<(String, u64)>,
    sharing: Vec<Share>,
    realms: Vec<String>,
    access: AccessRules,
}

impl PoolRules {
    /// Those of an application; `caps` are the named and floating seats that the licence key allows it.
    #[must_use]
    pub fn new(application: &Application, caps: (Option<u64>, Option<u64>), realms: &[String]) -> Self {
        let mut reservations: Vec<(String, u64)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for reservation in &application.reservations {
            let group = fold_group(&reservation.group);
            let place = *places.entry(group.clone()).or_insert(reservations.len());
            match reservations.get_mut(place) {
                Some((_, seats)) => *seats = seats.saturating_add(reservation.seats),
                None => reservations.push((group, reservation.seats)),
            }
        }
        Self {
            named: application.named(caps.0, realms),
            floating: application.floating(caps.1),
            at_limit: application.at_limit,
            lease: seconds(application.lease_seconds),
            linger: seconds(application.linger_seconds),
            borrow_max: seconds(application.borrow_max_hours.saturating_mul(3600)),
            reservations,
            sharing: application.sharing.clone(),
            realms: realms.to_vec(),
            access: AccessRules::new(&application.access, realms),
        }
    }

    /// How its claims are counted.
    #[must_use]
    pub fn key_rules(&self) -> KeyRules<'_> {
        KeyRules { sharing: &self.sharing, realms: &self.realms }
    }

    /// Floating seats; `None` is no limit.
    #[must_use]
    pub const fn floating(&self) -> Option<u64> {
        self.floating
    }

    /// How long a claim holds its seat, and a place in the queue is kept, without being heard of.
    #[must_use]
    pub const fn lease(&self) -> TimeDelta {
        self.lease
    }

    /// Floating seats that are kept for groups.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reservations.iter().fold(0, |sum, (_, seats)| sum.saturating_add(*seats))
    }

    /// The same rules with another number of floating seats: for what-if.
    #[must_use]
    pub fn sized(self, floating: Option<u64>, at_limit: AtLimit) -> Self {
        Self { floating, at_limit, ..self }
    }

    /// The same rules without a limit of the floating seats: for what was wanted.
    #[must_use]
    pub fn unlimited(self) -> Self {
        Self { floating: None, ..self }
    }

    /// The same rules where nothing runs out for not being heard of: for what-if, where ends are known.
    #[must_use]
    pub fn without_lease(self) -> Self {
        Self { lease: TimeDelta::MAX, ..self }
    }

    /// Whether anything depends on who came first: without limits, names and access lists everybody has a floating seat.
    #[must_use]
    pub fn decide(&self) -> bool {
        self.floating.is_some() || self.named != NamedUsers::default() || self.access != AccessRules::default()
    }

    pub(super) fn admits(&self, claimant: &super::claim::Claimant) -> bool {
        self.access == AccessRules::default() || claimant.admitted(&self.realms, |asker: Asker<'_>| self.access.admits(asker))
    }
}

fn seconds(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}
