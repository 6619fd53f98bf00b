//! What is derived from the entries of a pool: who holds which seat by key, the queue, and what is due next.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::claim::ClaimId;
use crate::session::key::CountKey;
use crate::session::seats::SeatKind;

/// A seat and the claims that share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) kind: SeatKind,
    pub(super) over: bool,
    /// Number of the claim that took it: the order in which holders came.
    pub(super) number: u64,
    pub(super) groups: BTreeSet<String>,
    pub(super) claims: BTreeSet<ClaimId>,
}

/// The derived part of a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) holders: BTreeMap<CountKey, Holder>,
    /// Users whose named seat is taken.
    pub(super) named: BTreeSet<Box<str>>,
    pub(super) floating: u64,
    pub(super) queue: BTreeMap<u64, ClaimId>,
    pub(super) due: BTreeSet<(DateTime<Utc>, ClaimId)>,
}

impl Index {
    /// Notes a holder that has a new seat.
    pub(super) fn sit(&mut self, key: CountKey, holder: Holder) {
        match (holder.kind, key.user()) {
            (SeatKind::Named, Some(user)) => {
                self.named.insert(user.into());
            }
            (SeatKind::Named, None) | (SeatKind::Floating, _) => self.floating += 1,
        }
        self.holders.insert(key, holder);
    }

    /// Takes a claim from its holder; whether the seat became free with it.
    pub(super) fn leave(&mut self, key: &CountKey, id: ClaimId) -> bool {
        let Some(holder) = self.holders.get_mut(key) else { return false };
        if !holder.claims.remove(&id) || !holder.claims.is_empty() {
            return false;
        }
        let Some(holder) = self.holders.remove(key) else { return false };
        match (holder.kind, key.user()) {
            (SeatKind::Named, Some(user)) => {
                self.named.remove(user);
            }
            (SeatKind::Named, None) | (SeatKind::Floating, _) => self.floating = self.floating.saturating_sub(1),
        }
        true
    }

    /// Named seats in use.
    pub(super) fn named_in_use(&self) -> u64 {
        u64::try_from(self.named.len()).unwrap_or(u64::MAX)
    }

    /// The place of a waiting claim; the first is 1.
    pub(super) fn position(&self, number: u64) -> u64 {
        self.queue.range(..=number).map(|_| 1_u64).sum()
    }
}
