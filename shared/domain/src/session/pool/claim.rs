//! A claim on a seat: who asks, and what is kept of the answer.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::access::{Asker, fold_group};
use crate::ids::{CheckoutId, SessionId};
use crate::session::key::{CountKey, KeyRules, Origin, fold_user};
use crate::session::normalise;
use crate::session::seats::SeatKind;

/// What claims a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimId {
    /// A login session. It holds its seat until it ends, and cannot wait.
    Session(SessionId),
    /// A check-out. It holds its seat for as long as it is heard of.
    Checkout(CheckoutId),
}

impl ClaimId {
    const fn number(self) -> SessionId {
        match self {
            Self::Session(id) => id,
            Self::Checkout(CheckoutId(id)) => SessionId(id.as_u128()),
        }
    }
}

/// For whom a seat is claimed, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimant {
    /// Login user as reported, normalised.
    pub user: String,
    /// Where the user sits, normalised.
    pub client: String,
    /// The machine that the session or the program runs on.
    pub host: Option<String>,
    /// The terminal or display.
    pub display: Option<String>,
    /// Groups of the user, in lower case.
    pub groups: BTreeSet<String>,
}

impl Claimant {
    /// With every part in the form it is kept.
    #[must_use]
    pub fn new<'g>(origin: Origin<'_>, groups: impl IntoIterator<Item = &'g str>) -> Self {
        let Origin { user, client, host, display } = origin;
        Self {
            user: normalise::user(user),
            client: normalise::client(client),
            host: host.map(normalise::client),
            display: display.map(normalise::client),
            groups: groups.into_iter().map(fold_group).collect(),
        }
    }

    /// What it counts as.
    #[must_use]
    pub fn key(&self, id: ClaimId, rules: KeyRules<'_>) -> CountKey {
        let Self { user, client, host, display, groups: _ } = self;
        CountKey::of(id.number(), Origin { user, client, host: host.as_deref(), display: display.as_deref() }, rules)
    }

    pub(super) fn admitted(&self, realms: &[String], admits: impl Fn(Asker<'_>) -> bool) -> bool {
        let user = fold_user(&self.user, realms);
        admits(Asker { user: &user, client: &self.client, host: self.host.as_deref(), groups: &self.groups })
    }
}

/// A request for a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What claims it.
    pub id: ClaimId,
    /// For whom.
    pub claimant: Claimant,
    /// For how long it is to be held without being heard of.
    pub borrow: Option<TimeDelta>,
}

/// What a claim has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A seat.
    Held {
        /// Which kind.
        kind: SeatKind,
        /// It was given beyond the limit.
        over: bool,
        /// Borrowed until then: no heartbeat is asked for.
        #[serde(with = "chrono::serde::ts_milliseconds_option")]
        borrowed_until: Option<DateTime<Utc>>,
    },
    /// It gave its seat back; the seat stays with its key for a while.
    Lingering {
        /// Which kind.
        kind: SeatKind,
    },
    /// A place in the queue.
    Waiting {
        /// For how many seconds the seat is to be borrowed.
        borrow_seconds: Option<i64>,
    },
    /// Nothing: it was refused, and holds nothing later, either. Sessions only.
    Refused,
}

/// A claim as it is kept: a pool that is restored from all of them goes on as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What claims.
    pub id: ClaimId,
    /// For whom.
    pub claimant: Claimant,
    /// The order of places and grants: a number is higher than every one given before it.
    pub number: u64,
    /// When it asked.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub asked_at: DateTime<Utc>,
    /// When it got its seat; for a claim without one, when it asked.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// What it has.
    pub standing: Standing,
}
