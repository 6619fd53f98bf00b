//! Borrowed seats: what a machine that cannot reach the collector believes (contract 2.4, `borrow_max_hours`).
//!
//! In: a signed grant. Out: until when it lets an application start for a user. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::signed;
use muster_wire::{checkout::BorrowGrant, signed::split};
use uuid::Uuid;

/// How far this machine's clock may be behind the collector's.
const LATE: TimeDelta = TimeDelta::hours(1);

/// Whose grants are believed.
#[derive(Debug, Clone, Copy)]
pub struct Signer {
    /// The collector of the enrolment.
    pub collector_id: Uuid,
    /// Its key.
    pub key: [u8; 32],
}

/// Until when the grant lets this user start this application; none when it does not, or not any more.
pub(super) fn lends(grant: &str, signer: Signer, application: &str, user: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let envelope = split(grant).ok()?;
    if !signed::verify(&signer.key, &envelope.payload, &envelope.signature) {
        return None;
    }
    let grant: BorrowGrant = serde_json::from_slice(&envelope.payload).ok()?;
    let same = |left: &str, right: &str| left.trim().to_lowercase() == right.trim().to_lowercase();
    let meant = grant.purpose == BorrowGrant::PURPOSE
        && grant.collector_id == signer.collector_id
        && same(&grant.application, application)
        && same(&grant.user, user);
    // A clock that was set back does not make a grant last longer than from its beginning.
    (meant && grant.issued_at <= now + LATE && now < grant.valid_until).then_some(grant.valid_until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use muster_wire::signed::join;

    #[test]
    fn only_the_collector_lends_and_only_what_it_says() {
        let at = |hours: i64| DateTime::from_timestamp(1_700_000_000 + hours * 3600, 0).unwrap();
        let key = SigningKey::from_bytes(&[9; 32]);
        let signer = Signer { collector_id: Uuid::from_u128(7), key: key.verifying_key().to_bytes() };
        let grant = BorrowGrant {
            purpose: BorrowGrant::PURPOSE.to_owned(),
            collector_id: signer.collector_id,
            checkout: Uuid::from_u128(1),
            application: "CAD".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            issued_at: at(0),
            valid_until: at(8),
        };
        let text = |grant: &BorrowGrant, key: &SigningKey| {
            let payload = serde_json::to_vec(grant).unwrap();
            join(&payload, &signed::sign(key, &payload))
        };
        let good = text(&grant, &key);
        for (application, user, now, expected) in [
            ("cad", "Alice", 1, true),
            ("CAD", "alice", 7, true),
            ("CAD", "alice", 8, false),
            ("CAD", "alice", -2, false),
            ("CAD", "bob", 1, false),
            ("CAE", "alice", 1, false),
        ] {
            assert_eq!(lends(&good, signer, application, user, at(now)).is_some(), expected, "{application} {user} {now}");
        }
        let foreign = BorrowGrant { collector_id: Uuid::from_u128(8), ..grant.clone() };
        let other = BorrowGrant { purpose: "muster-verdict".to_owned(), ..grant.clone() };
        let forged = text(&grant, &SigningKey::from_bytes(&[1; 32]));
        for bad in [text(&foreign, &key), text(&other, &key), forged, "x".to_owned()] {
            assert_eq!(lends(&bad, signer, "CAD", "alice", at(1)), None);
        }
    }
}
