//! An application whose licences are counted (contract 2.4): its limits, who holds a named seat, and which sessions use it.
//!
//! In: an administrator's values. Out: a checked record, or an error that names the field.

use serde::{Deserialize, Deserializer, Serialize};

use super::key::{KeyRules, fold_user};
use super::seats::NamedUsers;

/// The application that exists after `init`: every login at a workstation.
pub const WORKSTATION_LOGIN: &str = "Workstation login";

const MAX_NAME_CHARS: usize = 100;
const MAX_LIST: usize = 100_000;
const MAX_SECONDS: u64 = 366 * 24 * 3600;

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
    /// Seconds without input after which a session ends; 0 is never.
    pub idle_timeout_seconds: u64,
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
}

/// Changes to an application: what is absent keeps its value, on creation its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is that of `Application` with the same name")]
pub struct ApplicationPatch {
    pub name: Option<String>,
    pub tracking: Option<bool>,
    #[serde(deserialize_with = "given")]
    pub named_limit: Option<Option<i64>>,
    pub named_users: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    pub floating_limit: Option<Option<i64>>,
    pub at_limit: Option<AtLimit>,
    pub sharing: Option<Vec<Share>>,
    pub idle_timeout_seconds: Option<i64>,
    pub lease_seconds: Option<i64>,
    pub linger_seconds: Option<i64>,
    pub borrow_max_hours: Option<i64>,
    pub offline: Option<Offline>,
    pub reservations: Option<Vec<Reservation>>,
    pub used_by: Option<UsedBy>,
}

/// Tells "null" (no limit) from "absent" (keep).
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::<i64>::deserialize(deserializer).map(Some)
}

/// Why an application cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationError {
    /// A text is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A text is too long.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A text has control characters.
    #[error("{0} has control characters")]
    ControlCharacters(&'static str),
    /// A list is too long.
    #[error("{field} has more than {limit} entries")]
    TooMany {
        /// The field.
        field: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A number is outside its bounds.
    #[error("{field} must be from {least} to {most}, not {value}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What was given.
        value: i64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// The record and the path name different applications.
    #[error("the name in the record is {given:?}, the application is {expected:?}")]
    OtherName {
        /// What the record says.
        given: String,
        /// What it should say.
        expected: String,
    },
    /// More named users than named seats.
    #[error("named_users has {users} users for {seats} named seats")]
    MoreUsersThanSeats {
        /// Users.
        users: usize,
        /// Seats.
        seats: u64,
    },
    /// Named seats need the user in the key.
    #[error("named_users need \"user\" in sharing, or an empty sharing")]
    NamedWithoutUser,
    /// More seats are reserved than there are.
    #[error("reservations keep {reserved} of {seats} floating seats")]
    MoreReservedThanSeats {
        /// Reserved.
        reserved: u64,
        /// Seats.
        seats: u64,
    },
}

impl Application {
    /// An application with every default.
    ///
    /// # Errors
    /// When the name is empty, too long, or has control characters.
    pub fn new(name: &str) -> Result<Self, ApplicationError> {
        let name = check_text("name", name, MAX_NAME_CHARS)?;
        Ok(Self::with_defaults(name))
    }

    /// "Workstation login": every login counts, without a limit.
    #[must_use]
    pub fn workstation_login() -> Self {
        let mut application = Self::with_defaults(WORKSTATION_LOGIN.to_owned());
        application.used_by.login = true;
        application
    }

    fn with_defaults(name: String) -> Self {
        Self {
            name,
            tracking: true,
            named_limit: None,
            named_users: Vec::new(),
            floating_limit: None,
            at_limit: AtLimit::Warn,
            sharing: vec![Share::User, Share::ClientIp],
            idle_timeout_seconds: 0,
            lease_seconds: 120,
            linger_seconds: 0,
            borrow_max_hours: 0,
            offline: Offline::Allow,
            reservations: Vec::new(),
            used_by: UsedBy::default(),
        }
    }

    /// Takes changes in: all of them, or none.
    ///
    /// # Errors
    /// When a value is outside its bounds or the values do not fit each other.
    pub fn change(&mut self, patch: ApplicationPatch) -> Result<(), ApplicationError> {
        let mut next = self.clone();
        let ApplicationPatch {
            name,
            tracking,
            named_limit,
            named_users,
            floating_limit,
            at_limit,
            sharing,
            idle_timeout_seconds,
            lease_seconds,
            linger_seconds,
            borrow_max_hours,
            offline,
            reservations,
            used_by,
        } = patch;
        if let Some(given) = name.filter(|given| *given != self.name) {
            return Err(ApplicationError::OtherName {
                given: given.chars().take(MAX_NAME_CHARS).collect(),
                expected: self.name.clone(),
            });
        }
        set(&mut next.tracking, tracking);
        set(&mut next.named_limit, named_limit.map(|limit| check_limit("named_limit", limit)).transpose()?);
        set(&mut next.named_users, named_users.map(|users| check_users("named_users", &users)).transpose()?);
        set(&mut next.floating_limit, floating_limit.map(|limit| check_limit("floating_limit", limit)).transpose()?);
        set(&mut next.at_limit, at_limit);
        set(&mut next.sharing, sharing);
        next.sharing.sort_unstable();
        next.sharing.dedup();
        let seconds =
            |field, value: Option<i64>, least| value.map(|value| check_range(field, value, least, MAX_SECONDS)).transpose();
        set(&mut next.idle_timeout_seconds, seconds("idle_timeout_seconds", idle_timeout_seconds, 0)?);
        set(&mut next.lease_seconds, seconds("lease_seconds", lease_seconds, 1)?);
        set(&mut next.linger_seconds, seconds("linger_seconds", linger_seconds, 0)?);
        set(
            &mut next.borrow_max_hours,
            borrow_max_hours.map(|hours| check_range("borrow_max_hours", hours, 0, 366 * 24)).transpose()?,
        );
        set(&mut next.offline, offline);
        set(&mut next.reservations, reservations.map(check_reservations).transpose()?);
        set(&mut next.used_by, used_by.map(check_used_by).transpose()?);
        next.check()?;
        *self = next;
        Ok(())
    }

    /// Users with a named seat, at most as many as there are named seats and as the licence key allows; the others float.
    #[must_use]
    pub fn named(&self, key_limit: Option<u64>, realms: &[String]) -> NamedUsers {
        let seats = least(self.named_limit, key_limit).map_or(usize::MAX, |seats| usize::try_from(seats).unwrap_or(usize::MAX));
        NamedUsers::new(self.named_users.iter().take(seats).map(String::as_str), realms)
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

    /// Whether a login session uses the application: `reported` are the applications that the agent found in use in it.
    #[must_use]
    pub fn applies(&self, user: &str, reported: &[String]) -> bool {
        if !self.tracking {
            return false;
        }
        let in_use = self.used_by.login || reported.iter().any(|name| name.to_lowercase() == self.name.to_lowercase());
        let user = fold_user(user, &[]);
        in_use && self.used_by.users.iter().any(|known| known == "*" || fold_user(known, &[]) == user)
    }

    fn check(&self) -> Result<(), ApplicationError> {
        if let Some(seats) = self.named_limit
            && self.named_users.len() as u64 > seats
        {
            return Err(ApplicationError::MoreUsersThanSeats { users: self.named_users.len(), seats });
        }
        if !self.named_users.is_empty() && !self.sharing.is_empty() && !self.sharing.contains(&Share::User) {
            return Err(ApplicationError::NamedWithoutUser);
        }
        let reserved = self.reservations.iter().fold(0_u64, |sum, reservation| sum.saturating_add(reservation.seats));
        match self.floating_limit {
            Some(seats) if reserved > seats => Err(ApplicationError::MoreReservedThanSeats { reserved, seats }),
            _ => Ok(()),
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn check_limit(field: &'static str, limit: Option<i64>) -> Result<Option<u64>, ApplicationError> {
    limit.map(|limit| check_range(field, limit, 0, 1_000_000_000)).transpose()
}

fn check_range(field: &'static str, value: i64, least: u64, most: u64) -> Result<u64, ApplicationError> {
    let bounded = u64::try_from(value).ok().filter(|value| (least..=most).contains(value));
    bounded.ok_or(ApplicationError::OutOfRange { field, value, least, most })
}

fn check_text(field: &'static str, text: &str, limit: usize) -> Result<String, ApplicationError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ApplicationError::Empty(field));
    }
    if text.chars().any(char::is_control) {
        return Err(ApplicationError::ControlCharacters(field));
    }
    if text.chars().count() > limit {
        return Err(ApplicationError::TooLong { field, limit });
    }
    Ok(text.to_owned())
}

/// Checked names, each once, compared without case; the first spelling stays.
fn check_users(field: &'static str, names: &[String]) -> Result<Vec<String>, ApplicationError> {
    if names.len() > MAX_LIST {
        return Err(ApplicationError::TooMany { field, limit: MAX_LIST });
    }
    let mut seen = std::collections::BTreeSet::new();
    let checked: Result<Vec<_>, _> = names.iter().map(|name| check_text(field, name, super::normalise::MAX_USER_CHARS)).collect();
    Ok(checked?.into_iter().filter(|name| seen.insert(name.to_lowercase())).collect())
}

fn check_reservations(reservations: Vec<Reservation>) -> Result<Vec<Reservation>, ApplicationError> {
    if reservations.len() > MAX_LIST {
        return Err(ApplicationError::TooMany { field: "reservations", limit: MAX_LIST });
    }
    let check = |Reservation { group, seats }| {
        Ok(Reservation { group: check_text("reservations.group", &group, MAX_NAME_CHARS)?, seats })
    };
    reservations.into_iter().map(check).collect()
}

fn check_used_by(used_by: UsedBy) -> Result<UsedBy, ApplicationError> {
    let UsedBy { login, processes, users } = used_by;
    Ok(UsedBy { login, processes: check_users("used_by.processes", &processes)?, users: check_users("used_by.users", &users)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(json: &str) -> Result<Application, String> {
        let patch: ApplicationPatch = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut application = Application::new("Incident Management").unwrap();
        application.change(patch).map_err(|error| error.to_string())?;
        Ok(application)
    }

    #[test]
    fn absent_fields_keep_their_value_and_null_is_no_limit() {
        let mut application =
            changed(r#"{"name":"Incident Management","named_limit":10,"named_users":["falcon"," Falcon "],"floating_limit":0}"#)
                .unwrap();
        assert_eq!((application.named_limit, application.floating_limit, application.lease_seconds), (Some(10), Some(0), 120));
        assert_eq!(application.named_users, ["falcon"]);
        application.change(serde_json::from_str(r#"{"floating_limit":null,"tracking":false}"#).unwrap()).unwrap();
        assert_eq!((application.named_limit, application.floating_limit, application.tracking), (Some(10), None, false));
        let json = serde_json::to_string(&application).unwrap();
        assert_eq!(serde_json::from_str::<Application>(&json).unwrap(), application);
        assert_eq!(
            Application::new("x").unwrap(),
            serde_json::from_str(&serde_json::to_string(&Application::new(" x ").unwrap()).unwrap()).unwrap()
        );
    }

    #[test]
    fn wrong_values_are_named() {
        let check = |json: &str, part: &str| {
            let error = changed(json).unwrap_err();
            assert!(error.contains(part), "{json}: {error}");
        };
        check(r#"{"named_limit":-1}"#, "named_limit must be from 0 to 1000000000, not -1");
        check(r#"{"floating_limit":9223372036854775807}"#, "floating_limit must be");
        check(r#"{"idle_timeout_seconds":-5}"#, "idle_timeout_seconds");
        check(r#"{"lease_seconds":0}"#, "lease_seconds must be from 1");
        check(r#"{"name":"Other"}"#, "the application is \"Incident Management\"");
        check(r#"{"named_users":[""]}"#, "named_users is empty");
        check(r#"{"named_users":["a\u0007"]}"#, "control characters");
        check(r#"{"named_limit":1,"named_users":["a","b"]}"#, "2 users for 1 named seats");
        check(r#"{"named_users":["a"],"sharing":["client_ip"]}"#, "need \"user\" in sharing");
        check(r#"{"floating_limit":4,"reservations":[{"group":"design","seats":5}]}"#, "keep 5 of 4");
        check(r#"{"reservations":[{"group":" ","seats":5}]}"#, "reservations.group is empty");
        check(r#"{"at_limit":"explode"}"#, "unknown variant");
        check(r#"{"colour":"red"}"#, "unknown field");
        assert_eq!(Application::new("  "), Err(ApplicationError::Empty("name")));
        assert_eq!(Application::new("a\nb"), Err(ApplicationError::ControlCharacters("name")));
        assert!(matches!(Application::new(&"x".repeat(101)), Err(ApplicationError::TooLong { .. })));
    }

    #[test]
    fn a_session_uses_what_it_logs_in_to_or_runs() {
        let check = |application: &Application, user: &str, reported: &[&str], expected: bool| {
            let reported: Vec<String> = reported.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(application.applies(user, &reported), expected, "{} {user} {reported:?}", application.name);
        };
        let mut login = Application::workstation_login();
        check(&login, "alice", &[], true);
        login.used_by.users = vec!["Alice".to_owned()];
        check(&login, "ALICE", &[], true);
        check(&login, "bob", &[], false);
        login.tracking = false;
        check(&login, "alice", &[], false);
        let incident = Application::new("Incident Management").unwrap();
        check(&incident, "alice", &[], false);
        check(&incident, "alice", &["incident management"], true);
    }

    #[test]
    fn the_keys_limit_caps_the_administrators() {
        let mut application = changed(r#"{"named_limit":3,"named_users":["a","b","c"],"floating_limit":25}"#).unwrap();
        assert_eq!(
            (application.floating(None), application.floating(Some(10)), application.floating(Some(30))),
            (Some(25), Some(10), Some(25))
        );
        let named = application.named(Some(2), &[]);
        assert_eq!(["a", "b", "c"].map(|user| named.contains(user)), [true, true, false]);
        application.floating_limit = None;
        assert_eq!((application.floating(None), application.floating(Some(10))), (None, Some(10)));
    }
}
