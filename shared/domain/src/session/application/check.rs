//! Bounds of an administrator's values, and the names of the fields that break them.

use super::error::ApplicationError;
use super::record::{IdleTimeout, Reservation, UsedBy};
use crate::session::normalise::MAX_USER_CHARS;

pub(super) const MAX_NAME_CHARS: usize = 100;
pub(super) const MAX_LIST: usize = 100_000;
pub(super) const MAX_SECONDS: u64 = 366 * 24 * 3600;
const MAX_SEATS: u64 = 1_000_000_000;

pub(super) fn check_limit(field: &'static str, limit: Option<i64>) -> Result<Option<u64>, ApplicationError> {
    limit.map(|limit| check_range(field, limit, 0, MAX_SEATS)).transpose()
}

pub(super) fn check_range(field: &'static str, value: i64, least: u64, most: u64) -> Result<u64, ApplicationError> {
    let bounded = u64::try_from(value).ok().filter(|value| (least..=most).contains(value));
    bounded.ok_or(ApplicationError::OutOfRange { field, value, least, most })
}

pub(super) fn check_text(field: &'static str, text: &str, limit: usize) -> Result<String, ApplicationError> {
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
pub(super) fn check_users(field: &'static str, names: &[String]) -> Result<Vec<String>, ApplicationError> {
    if names.len() > MAX_LIST {
        return Err(ApplicationError::TooMany { field, limit: MAX_LIST });
    }
    let mut seen = std::collections::BTreeSet::new();
    let checked: Result<Vec<_>, _> = names.iter().map(|name| check_text(field, name, MAX_USER_CHARS)).collect();
    Ok(checked?.into_iter().filter(|name| seen.insert(name.to_lowercase())).collect())
}

pub(super) fn check_reservations(reservations: Vec<Reservation>) -> Result<Vec<Reservation>, ApplicationError> {
    if reservations.len() > MAX_LIST {
        return Err(ApplicationError::TooMany { field: "reservations", limit: MAX_LIST });
    }
    let check = |Reservation { group, seats }| {
        let seats = check_range("reservations.seats", i64::try_from(seats).unwrap_or(i64::MAX), 0, MAX_SEATS)?;
        Ok(Reservation { group: check_text("reservations.group", &group, MAX_USER_CHARS)?, seats })
    };
    reservations.into_iter().map(check).collect()
}

pub(super) fn check_used_by(used_by: UsedBy) -> Result<UsedBy, ApplicationError> {
    let UsedBy { login, processes, users } = used_by;
    Ok(UsedBy { login, processes: check_users("used_by.processes", &processes)?, users: check_users("used_by.users", &users)? })
}

/// One timeout a user; the last one given for a user counts.
pub(super) fn check_idle_timeouts(timeouts: Vec<IdleTimeout>) -> Result<Vec<IdleTimeout>, ApplicationError> {
    const FIELD: &str = "idle_timeout_users";
    if timeouts.len() > MAX_LIST {
        return Err(ApplicationError::TooMany { field: FIELD, limit: MAX_LIST });
    }
    let mut checked = std::collections::BTreeMap::new();
    for IdleTimeout { user, seconds } in timeouts {
        let user = check_text(FIELD, &user, MAX_USER_CHARS)?;
        let seconds = check_range(FIELD, i64::try_from(seconds).unwrap_or(i64::MAX), 0, MAX_SECONDS)?;
        checked.insert(user.to_lowercase(), IdleTimeout { user, seconds });
    }
    Ok(checked.into_values().collect())
}
