//! What licence keys grant, which there were, and whom the site trusts, in rows that people read.

use crate::{
    compliance::{Granted, KeySummary, TrustSource, TrustedVendor},
    console::render::{When, number, who},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A key of the history.
pub(super) struct KeyRow {
    pub(super) serial: u64,
    pub(super) customer: String,
    pub(super) assets: String,
    pub(super) expires: String,
    pub(super) applied: When,
    pub(super) until: Option<When>,
    pub(super) by: String,
    pub(super) in_force: bool,
    pub(super) error: Option<String>,
}

/// A vendor key that is trusted.
pub(super) struct TrustRow {
    pub(super) id: String,
    pub(super) why: String,
    pub(super) added: Option<When>,
    pub(super) by: String,
}

/// Everything that a key grants: what it is called, and what it says.
pub(super) fn rows(granted: &Granted) -> Vec<(&'static str, String)> {
    let any = |value: Option<u64>| value.map_or_else(|| "unlimited".to_owned(), number);
    let mut rows = vec![
        ("Licensed to", granted.customer.clone()),
        ("Assets", number(granted.assets)),
        (
            "Users",
            match (granted.users, granted.user_limit_mode) {
                (Some(_), "enforce") => format!("{}; more start a grace, as too many assets do", any(granted.users)),
                (Some(_), _) => format!("{}; more are warned of", any(granted.users)),
                (None, _) => any(None),
            },
        ),
        ("Ends", granted.expires.to_string()),
        ("Table", granted.table.clone()),
        ("Compliance query", granted.query.clone()),
        ("Grace", format!("{} days", granted.grace_days)),
        (
            "After an elapsed grace",
            match granted.reinstate {
                "count" => "a count within the limit, or a new key",
                _ => "only a new key",
            }
            .to_owned(),
        ),
        ("Environment", granted.environment.to_owned()),
        ("Offline use", format!("{} days", granted.offline_days)),
    ];
    let mut some = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    some("Grace not before", granted.grace_until.map(|date| date.to_string()));
    some("Hardware Asset Management", granted.ham_license_version.clone());
    some("Subscription units", granted.units.map(number));
    some("Entitlements", (!granted.entitlements.is_empty()).then(|| granted.entitlements.join(", ")));
    some("Signed by vendor key", granted.vendor_key_id.clone());
    let seats = |seats: &crate::compliance::GrantedSeats| {
        format!("{}: {} named, {} floating", seats.application, any(seats.named), any(seats.floating))
    };
    let applications: Vec<String> = granted.applications.iter().map(seats).collect();
    some("Applications", (!applications.is_empty()).then(|| applications.join("; ")));
    rows
}

impl KeyRow {
    pub(super) fn of(key: KeySummary, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            serial: key.serial,
            customer: key.customer.unwrap_or_default(),
            assets: key.asset_limit.map(number).unwrap_or_default(),
            expires: key.expires.map(|date| date.to_string()).unwrap_or_default(),
            applied: When::of(key.applied_at, now, zone),
            until: key.in_force_until.map(|at| When::of(at, now, zone)),
            by: who(&key.applied_by),
            in_force: key.in_force,
            error: key.error,
        }
    }
}

impl TrustRow {
    pub(super) fn of(key: TrustedVendor, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            why: match (key.source, key.endorsed_by) {
                (TrustSource::BuiltIn, _) => "built into the program".to_owned(),
                (TrustSource::Init, _) => "given to init".to_owned(),
                (TrustSource::Added, _) => "added by an owner".to_owned(),
                (TrustSource::Endorsed, by) => format!("endorsed by {}", by.unwrap_or_default()),
            },
            id: key.vendor_key_id,
            added: key.added_at.map(|at| When::of(at, now, zone)),
            by: key.added_by.as_deref().map(who).unwrap_or_default(),
        }
    }
}
