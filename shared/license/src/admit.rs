//! Whether a key that opened may come into force: its dates and its serial.
//!
//! In: the claims, the site date, the key in force. Out: yes, or the reason. Pure; the clock and the store are the caller's.

use chrono::NaiveDate;

use crate::{claims::Claims, id::KeyDigest};

/// What is known of the key in force, also of one that has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// Its serial.
    pub serial: u64,
    /// Its digest.
    pub digest: KeyDigest,
}

/// Why a key may not come into force; the one in force stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// The licence has ended.
    #[error("the licence key expired on {expires}, today is {today}; ask the vendor for a renewal")]
    Expired {
        /// The date at whose start it ended.
        expires: NaiveDate,
        /// The site date.
        today: NaiveDate,
    },
    /// The licence has not begun.
    #[error("the licence key is not valid before {not_before}, today is {today}; apply it on that day")]
    NotYetValid {
        /// The first date.
        not_before: NaiveDate,
        /// The site date.
        today: NaiveDate,
    },
    /// A newer key is in force.
    #[error("the licence key has the serial {serial}, the one in force has {in_force}; an older key is not accepted")]
    OlderSerial {
        /// The serial of the key.
        serial: u64,
        /// The serial in force.
        in_force: u64,
    },
    /// Another key with the same serial is in force.
    #[error("another licence key with the serial {serial} is in force; ask the vendor for a key with a higher serial")]
    SameSerialOtherKey {
        /// The serial of both.
        serial: u64,
    },
}

impl AdmitError {
    /// A stable word for the kind of error, for problem documents and tests.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::OlderSerial { .. } => "older-serial",
            Self::SameSerialOtherKey { .. } => "serial-in-use",
        }
    }
}

/// Judges a key: it must not have expired (`expires` is after `today`), must have begun (`not_before` is not after `today`),
/// and must not be older than the key in force; an equal serial is accepted only for the same key (contract 1.3).
///
/// # Errors
/// The first reason against it, in that order.
pub fn admit(claims: &Claims, digest: &KeyDigest, today: NaiveDate, in_force: Option<&InForce>) -> Result<(), AdmitError> {
    if claims.expires <= today {
        return Err(AdmitError::Expired { expires: claims.expires, today });
    }
    if let Some(not_before) = claims.not_before.filter(|not_before| *not_before > today) {
        return Err(AdmitError::NotYetValid { not_before, today });
    }
    let serial = claims.serial;
    match in_force {
        Some(current) if serial < current.serial => Err(AdmitError::OlderSerial { serial, in_force: current.serial }),
        Some(current) if serial == current.serial && *digest != current.digest => Err(AdmitError::SameSerialOtherKey { serial }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, date};

    #[test]
    fn dates_and_serials_decide() {
        // The sample is serial 3, from 2026-11-01 until 2027-12-01.
        let (this, other) = (KeyDigest::of(b"this"), KeyDigest::of(b"other"));
        let (not_before, expires) = (date("2026-11-01"), date("2027-12-01"));
        let expired = |today| Err(AdmitError::Expired { expires, today: date(today) });
        let early = |today| Err(AdmitError::NotYetValid { not_before, today: date(today) });
        for (today, in_force, expected) in [
            ("2026-11-21", None, Ok(())),
            ("2026-11-01", None, Ok(())),
            ("2026-10-31", None, early("2026-10-31")),
            ("2027-11-30", None, Ok(())),
            ("2027-12-01", None, expired("2027-12-01")),
            ("2040-01-01", None, expired("2040-01-01")),
            ("2026-11-21", Some((2, other)), Ok(())),
            ("2026-11-21", Some((3, this)), Ok(())),
            ("2026-11-21", Some((3, other)), Err(AdmitError::SameSerialOtherKey { serial: 3 })),
            ("2026-11-21", Some((4, other)), Err(AdmitError::OlderSerial { serial: 3, in_force: 4 })),
            ("2026-11-21", Some((4, this)), Err(AdmitError::OlderSerial { serial: 3, in_force: 4 })),
            ("2027-12-01", Some((4, other)), expired("2027-12-01")),
        ] {
            let in_force = in_force.map(|(serial, digest)| InForce { serial, digest });
            assert_eq!(admit(&samples::claims(), &this, date(today), in_force.as_ref()), expected, "{today} {in_force:?}");
        }
    }
}
