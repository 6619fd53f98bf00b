//! Gives seats to sessions in the order in which they start and end.
//!
//! In: starts and ends. Out: what each start got. The first key of a named user takes that user's named seat; every other key
//! takes a floating one; a key keeps its seat until its last session ends. Over the floating limit an application warns, or
//! refuses: a refused session holds nothing, also later.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::application::AtLimit;
use super::key::{CountKey, fold_user};
use crate::ids::SessionId;

/// The users with a named seat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedUsers(BTreeSet<String>);

impl NamedUsers {
    /// From names as an administrator writes them; `realms` as in the key rules.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, realms: &[String]) -> Self {
        Self(names.into_iter().map(|name| fold_user(name, realms)).collect())
    }

    /// Whether a user, in the form that keys have, is named.
    #[must_use]
    pub fn contains(&self, folded: &str) -> bool {
        self.0.contains(folded)
    }
}

/// The two kinds of seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatKind {
    /// Reserved for one user.
    Named,
    /// From the pool.
    Floating,
}

impl SeatKind {
    /// `named` or `floating`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Floating => "floating",
        }
    }
}

/// What a start got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A seat within the limits.
    Seat(SeatKind),
    /// The seat that its key already held.
    Shared(SeatKind),
    /// A floating seat beyond the limit.
    OverUse,
    /// Nothing: the pool is empty and the application refuses.
    Denied,
}

/// Who sits where at one moment.
#[derive(Debug, Clone)]
pub struct Seats<'a> {
    named: &'a NamedUsers,
    floating_limit: Option<u64>,
    at_limit: AtLimit,
    holders: BTreeMap<CountKey, Holder>,
    sessions: BTreeMap<SessionId, CountKey>,
    named_taken: BTreeSet<Box<str>>,
    floating: u64,
    denied: u64,
    over_use: u64,
}

#[derive(Debug, Clone, Copy)]
struct Holder {
    kind: SeatKind,
    sessions: u64,
}

impl<'a> Seats<'a> {
    /// Nobody sits. A floating limit of `None` is no limit.
    #[must_use]
    pub const fn new(named: &'a NamedUsers, floating_limit: Option<u64>, at_limit: AtLimit) -> Self {
        Self {
            named,
            floating_limit,
            at_limit,
            holders: BTreeMap::new(),
            sessions: BTreeMap::new(),
            named_taken: BTreeSet::new(),
            floating: 0,
            denied: 0,
            over_use: 0,
        }
    }

    /// A session starts. One that is already known keeps what it has.
    pub fn start(&mut self, session: SessionId, key: &CountKey) -> Grant {
        let key = if let Some(known) = self.sessions.get(&session) { known.clone() } else { key.clone() };
        if let Some(holder) = self.holders.get_mut(&key) {
            if self.sessions.insert(session, key).is_none() {
                holder.sessions += 1;
            }
            return Grant::Shared(holder.kind);
        }
        let free_named = key.user().filter(|user| self.named.contains(user) && !self.named_taken.contains(*user));
        let (kind, grant) = if let Some(user) = free_named {
            self.named_taken.insert(user.into());
            (SeatKind::Named, Grant::Seat(SeatKind::Named))
        } else {
            let full = self.floating_limit.is_some_and(|limit| self.floating >= limit);
            if full && self.at_limit != AtLimit::Warn {
                self.denied += 1;
                return Grant::Denied;
            }
            self.floating += 1;
            self.over_use += u64::from(full);
            (SeatKind::Floating, if full { Grant::OverUse } else { Grant::Seat(SeatKind::Floating) })
        };
        self.holders.insert(key.clone(), Holder { kind, sessions: 1 });
        self.sessions.insert(session, key);
        grant
    }

    /// A session ends; the kind of the seat that became free with it, if one did. An unknown or refused session ends without effect.
    pub fn end(&mut self, session: SessionId) -> Option<SeatKind> {
        let key = self.sessions.remove(&session)?;
        let holder = self.holders.get_mut(&key)?;
        holder.sessions -= 1;
        if holder.sessions > 0 {
            return None;
        }
        let kind = holder.kind;
        self.holders.remove(&key);
        match (kind, key.user()) {
            (SeatKind::Named, Some(user)) => {
                self.named_taken.remove(user);
            }
            (SeatKind::Named, None) => {}
            (SeatKind::Floating, _) => self.floating -= 1,
        }
        Some(kind)
    }

    /// Named seats in use.
    #[must_use]
    pub fn named_in_use(&self) -> u64 {
        self.named_taken.len() as u64
    }

    /// Floating seats in use, also beyond the limit.
    #[must_use]
    pub const fn floating_in_use(&self) -> u64 {
        self.floating
    }

    /// Starts that were refused.
    #[must_use]
    pub const fn denied(&self) -> u64 {
        self.denied
    }

    /// Floating seats that were given beyond the limit.
    #[must_use]
    pub const fn over_use(&self) -> u64 {
        self.over_use
    }

    /// Who holds what, by key.
    pub fn holders(&self) -> impl Iterator<Item = (&CountKey, SeatKind)> {
        self.holders.iter().map(|(key, holder)| (key, holder.kind))
    }

    /// The seat that a session's key holds.
    #[must_use]
    pub fn seat_of(&self, session: SessionId) -> Option<SeatKind> {
        self.holders.get(self.sessions.get(&session)?).map(|holder| holder.kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::KeyRules;

    fn key(user: &str, client: &str) -> CountKey {
        CountKey::new(SessionId(0), user, client, KeyRules::default())
    }

    fn seat(kind: SeatKind) -> Grant {
        Grant::Seat(kind)
    }

    #[test]
    fn named_first_then_floating() {
        let named = NamedUsers::new(["Falcon"], &[]);
        let mut seats = Seats::new(&named, Some(1), AtLimit::Refuse);
        assert_eq!(seats.start(SessionId(1), &key("falcon", "a")), seat(SeatKind::Named));
        assert_eq!(seats.start(SessionId(2), &key("FALCON", "a")), Grant::Shared(SeatKind::Named));
        assert_eq!(seats.start(SessionId(3), &key("falcon", "b")), seat(SeatKind::Floating));
        assert_eq!(seats.start(SessionId(4), &key("eagle", "c")), Grant::Denied);
        assert_eq!(seats.end(SessionId(1)), None);
        assert_eq!(seats.end(SessionId(2)), Some(SeatKind::Named));
        // The second key keeps its floating seat; the named seat waits for falcon's next key, not for eagle.
        assert_eq!(seats.start(SessionId(4), &key("eagle", "c")), Grant::Denied);
        assert_eq!(seats.start(SessionId(5), &key("falcon", "d")), seat(SeatKind::Named));
        assert_eq!((seats.named_in_use(), seats.floating_in_use(), seats.denied()), (1, 1, 2));
        assert_eq!(seats.end(SessionId(99)), None);
        assert_eq!(seats.end(SessionId(4)), None);
    }

    #[test]
    fn beyond_the_limit_under_warn() {
        let named = NamedUsers::default();
        let mut seats = Seats::new(&named, Some(1), AtLimit::Warn);
        assert_eq!(seats.start(SessionId(1), &key("a", "1")), seat(SeatKind::Floating));
        assert_eq!(seats.start(SessionId(2), &key("b", "1")), Grant::OverUse);
        assert_eq!(seats.start(SessionId(2), &key("c", "1")), Grant::Shared(SeatKind::Floating));
        assert_eq!((seats.floating_in_use(), seats.over_use(), seats.holders().count()), (2, 1, 2));
        assert_eq!(seats.seat_of(SessionId(2)), Some(SeatKind::Floating));
    }

    proptest! {
        /// Against the definition: the seats in use are the distinct keys of the sessions that were let in and have not ended.
        #[test]
        fn seats_are_the_distinct_keys(events in prop::collection::vec((any::<bool>(), 0_u128..8, 0_usize..3, 0_usize..2), 0..60), limit in prop::option::of(0_u64..4), refuse: bool) {
            let named = NamedUsers::new(["u0"], &[]);
            let at_limit = if refuse { AtLimit::Refuse } else { AtLimit::Warn };
            let mut seats = Seats::new(&named, limit, at_limit);
            let mut open: BTreeMap<u128, CountKey> = BTreeMap::new();
            for (start, session, user, client) in events {
                if start {
                    let key = key(&format!("u{user}"), &format!("c{client}"));
                    if seats.start(SessionId(session), &key) != Grant::Denied {
                        open.entry(session).or_insert(key);
                    }
                } else {
                    seats.end(SessionId(session));
                    open.remove(&session);
                }
                let keys: BTreeSet<_> = open.values().collect();
                prop_assert_eq!(keys.len() as u64, seats.named_in_use() + seats.floating_in_use());
                prop_assert_eq!(seats.holders().count(), keys.len());
                if refuse && let Some(limit) = limit {
                    prop_assert!(seats.floating_in_use() <= limit);
                }
            }
        }
    }
}
