//! Changes to an application: an administrator's values, checked. All of them are taken, or none.

use serde::{Deserialize, Deserializer};

use super::access::Access;
use super::check::{
    MAX_NAME_CHARS, MAX_SECONDS, check_idle_timeouts, check_limit, check_range, check_reservations, check_used_by, check_users,
};
use super::error::ApplicationError;
use super::record::{Application, AtLimit, IdleTimeout, Offline, Reservation, Share, UsedBy};

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
    pub idle_timeout_users: Option<Vec<IdleTimeout>>,
    pub idle_timeout_except: Option<Vec<String>>,
    pub lease_seconds: Option<i64>,
    pub linger_seconds: Option<i64>,
    pub borrow_max_hours: Option<i64>,
    pub offline: Option<Offline>,
    pub reservations: Option<Vec<Reservation>>,
    pub used_by: Option<UsedBy>,
    pub access: Option<Access>,
}

/// Tells "null" (no limit) from "absent" (keep).
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::<i64>::deserialize(deserializer).map(Some)
}

impl Application {
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
            idle_timeout_users,
            idle_timeout_except,
            lease_seconds,
            linger_seconds,
            borrow_max_hours,
            offline,
            reservations,
            used_by,
            access,
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
        set(&mut next.idle_timeout_users, idle_timeout_users.map(check_idle_timeouts).transpose()?);
        set(
            &mut next.idle_timeout_except,
            idle_timeout_except.map(|users| check_users("idle_timeout_except", &users)).transpose()?,
        );
        set(&mut next.access, access.map(Access::checked).transpose()?);
        next.check()?;
        *self = next;
        Ok(())
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
