//! An application whose licences are counted (contract 2.4): its limits, who holds a named seat, and which sessions use it.
//!
//! In: an administrator's values. Out: a checked record, or an error that names the field.

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::check::{self, check_text};
use super::error::ApplicationError;
use crate::session::key::{KeyRules, fold_user};
use crate::session::pool::PoolRules;
use crate::session::seats::NamedUsers;

/// The application that exists after `init`: every login at a workstation.
pub const WORKSTATION_LOGIN: &str = "Workstation login";

/// What happens to a start when no seat is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtLimit {
    /// It is refused.
    Refuse,
    /// It goes on and counts as over-use.
    #[default]
    Warn,
    /// A check-out waits; a login that cannot wait is refused.
    Queue,
}

/// What sessions must have in common to share a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// The login user.
    User,
    /// The client address.
    ClientIp,
    /// The machine that the session or the program runs on.
    Host,
    /// The terminal or display.
    Display,
}

/// What an endpoint answers when its verdict is no longer valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offline {
    /// Go on.
    #[default]
    Allow,
    /// Stop.
    Deny,
}

/// Seats kept for a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// The group.
    pub group: String,
    /// Seats of the floating pool.
    pub seats: u64,
}

/// Which sessions use the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsedBy {
    /// Every login.
    pub login: bool,
    /// Sessions in which one of these processes runs.
    pub processes: Vec<String>,
    /// Only these users; `*` is everybody.
    pub users: Vec<String>,
}

impl Default for UsedBy {
    fn default() -> Self {
        Self { login: false, processes: Vec::new(), users: vec!["*".to_owned()] }
    }
}

/// An idle timeout of one user in the place of the application's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdleTimeout {
    /// The user.
    pub user: String,
    /// Seconds without input after which a session gives its seat back; 0 is never.
    pub seconds: u64,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its name, the key of the record.
    pub name: String,
    /// Whether its use is counted.
    pub tracking: bool,
    /// Named seats; `None` is no limit, 0 none.
    pub named_limit: Option<u64>,
    /// Users with a named seat.
    pub named_users: Vec<String>,
    /// Floating seats; `None` is no limit, 0 none.
    pub floating_limit: Option<u64>,
    /// What happens when no seat is free.
    pub at_limit: AtLimit,
    /// What sessions must have in common to share a licence; nothing: each counts by itself.
    pub sharing: Vec<Share>,
    /// Seconds without input after which a session gives its seat back; 0 is never.
    pub idle_timeout_seconds: u64,
    /// Users with a timeout of their own.
    pub idle_timeout_users: Vec<IdleTimeout>,
    /// Users whose sessions never give a seat back for idleness.
    pub idle_timeout_except: Vec<String>,
    /// Seconds that a check-out lasts without a heartbeat.
    pub lease_seconds: u64,
    /// Seconds that a seat stays with its key after the last session.
    pub linger_seconds: u64,
    /// Hours that a seat may be borrowed for use without the collector; 0 is never.
    pub borrow_max_hours: u64,
    /// What an endpoint answers when its verdict is no longer valid.
    pub offline: Offline,
    /// Seats kept for groups.
    pub reservations: Vec<Reservation>,
    /// Which sessions use it.
    pub used_by: UsedBy,
    /// Who may take a seat.
    pub access: Access,
}

impl Application {
    /// An application with every default.
    ///
    /// # Errors
    /// When the name is empty, too long, or has control characters.
    pub fn new(name: &str) -> Result<Self, ApplicationError> {
        let name = check_text("name", name, check::MAX_NAME_CHARS)?;
        Ok(Self::with_defaults(name))
    }

    /// "Workstation login": every login counts, without a limit.
    #[must_use]
    pub fn workstation_login() -> Self {
        let mut application = Self::with_defaults(WORKSTATION_LOGIN.to_owned());
        application.used_by.login = true;
        application
    }

    pub(super) fn with_defaults(name: String) -> Self {
        Self {
            name,
            tracking: true,
            named_limit: None,
            named_users: Vec::new(),
            floating_limit: None,
            at_limit: AtLimit::Warn,
            sharing: vec![Share::User, Share::ClientIp],
            idle_timeout_seconds: 0,
            idle_timeout_users: Vec::new(),
            idle_timeout_except: Vec::new(),
            lease_seconds: 120,
            linger_seconds: 0,
            borrow_max_hours: 0,
            offline: Offline::Allow,
            reservations: Vec::new(),
            used_by: UsedBy::default(),
            access: Access::default(),
        }
    }

    /// Users with a named seat, at most as many as there are named seats and as the licence key allows; the others float.
    #[must_use]
    pub fn named(&self, key_limit: Option<u64>, realms: &[String]) -> NamedUsers {
        let seats = self.named_seats(key_limit).map_or(usize::MAX, |seats| usize::try_from(seats).unwrap_or(usize::MAX));
        NamedUsers::new(self.named_users.iter().take(seats).map(String::as_str), realms)
    }

    /// Named seats: the administrator's limit, capped by the licence key's.
    #[must_use]
    pub fn named_seats(&self, key_limit: Option<u64>) -> Option<u64> {
        least(self.named_limit, key_limit)
    }

    /// Floating seats: the administrator's limit, capped by the licence key's.
    #[must_use]
    pub fn floating(&self, key_limit: Option<u64>) -> Option<u64> {
        least(self.floating_limit, key_limit)
    }

    /// How its sessions are counted.
    #[must_use]
    pub fn key_rules<'a>(&'a self, realms: &'a [String]) -> KeyRules<'a> {
        KeyRules { sharing: &self.sharing, realms }
    }

    /// The rules of its pool; `caps` are the named and floating seats that the licence key allows.
    #[must_use]
    pub fn pool_rules(&self, caps: (Option<u64>, Option<u64>), realms: &[String]) -> PoolRules {
        PoolRules::new(self, caps, realms)
    }

    /// Seconds without input after which a user's session gives its seat back; `None` is never.
    #[must_use]
    pub fn idle_timeout(&self, user: &str, realms: &[String]) -> Option<u64> {
        if self.idle_timeout_seconds == 0 && self.idle_timeout_users.is_empty() {
            return None;
        }
        let user = fold_user(user, realms);
        if self.idle_timeout_except.iter().any(|name| fold_user(name, realms) == user) {
            return None;
        }
        let own = self.idle_timeout_users.iter().find(|own| fold_user(&own.user, realms) == user);
        Some(own.map_or(self.idle_timeout_seconds, |own| own.seconds)).filter(|seconds| *seconds > 0)
    }

    /// Whether a login session uses the application: `reported` are the applications that the agent found in use in it.
    #[must_use]
    pub fn applies(&self, user: &str, reported: &[String], realms: &[String]) -> bool {
        if !self.tracking {
            return false;
        }
        let in_use = self.used_by.login || reported.iter().any(|name| name.to_lowercase() == self.name.to_lowercase());
        if !in_use {
            return false;
        }
        let users = &self.used_by.users;
        if users.iter().any(|known| known == "*") {
            return true;
        }
        let user = fold_user(user, realms);
        users.iter().any(|known| fold_user(known, realms) == user)
    }
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
