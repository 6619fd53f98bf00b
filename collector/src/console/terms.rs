//! The page about the licence's life: what it grants, how long, the keys there were, whom the site trusts, the request.

use super::frame::Frame;
use super::render::{When, number, page};
use crate::{
    admin::{Answer, Ctx, auth::Caller},
    compliance::{Granted, KeySummary, TrustSource, TrustedVendor},
    publish::Status,
};
use askama::Template;
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

#[derive(Template)]
#[template(path = "license.html")]
struct LicensePage<'a> {
    frame: Frame,
    headline: String,
    tone: &'static str,
    status: &'a Status,
    ends: Option<String>,
    grants: Vec<(&'static str, String)>,
    history: Vec<KeyRow>,
    trusted: Vec<TrustRow>,
    chosen_by_site: bool,
}

struct KeyRow {
    serial: u64,
    customer: String,
    assets: String,
    expires: String,
    applied: When,
    until: Option<When>,
    by: String,
    in_force: bool,
    error: Option<String>,
}

struct TrustRow {
    id: String,
    why: String,
    added: Option<When>,
    by: String,
}

/// `GET /console/license`.
pub async fn license_page(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Response> {
    let (status, keys) = (context.board.status(), context.compliance.keys().await?);
    let (now, zone) = (status.now, context.tz());
    page(&LicensePage {
        frame: Frame::of(&context, &caller, "/console/license"),
        headline: status.headline(),
        tone: super::status::tone(&status),
        ends: status.license.as_ref().map(|license| ends(license.expires_at, license.days_left, zone)),
        grants: context.compliance.granted().map(|granted| rows(&granted)).unwrap_or_default(),
        history: keys.into_iter().map(|key| key_row(key, now, zone)).collect(),
        trusted: context.compliance.trusted().into_iter().map(|key| trust_row(key, now, zone)).collect(),
        chosen_by_site: context.compliance.vendors().0,
        status: &status,
    })
}

fn ends(at: DateTime<Utc>, days: i64, zone: Tz) -> String {
    let date = at.with_timezone(&zone).date_naive();
    match days {
        0 => format!("ended on {date}"),
        1 => format!("ends on {date}, 1 day left"),
        days => format!("ends on {date}, {days} days left"),
    }
}

fn rows(granted: &Granted) -> Vec<(&'static str, String)> {
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
    for seats in &granted.applications {
        let text = format!("{}: {} named, {} floating", seats.application, any(seats.named), any(seats.floating));
        rows.push(("Application", text));
    }
    rows
}

fn key_row(key: KeySummary, now: DateTime<Utc>, zone: Tz) -> KeyRow {
    KeyRow {
        serial: key.serial,
        customer: key.customer.unwrap_or_default(),
        assets: key.asset_limit.map(number).unwrap_or_default(),
        expires: key.expires.map(|date| date.to_string()).unwrap_or_default(),
        applied: When::of(key.applied_at, now, zone),
        until: key.in_force_until.map(|at| When::of(at, now, zone)),
        by: key.applied_by,
        in_force: key.in_force,
        error: key.error,
    }
}

fn trust_row(key: TrustedVendor, now: DateTime<Utc>, zone: Tz) -> TrustRow {
    TrustRow {
        why: match (key.source, key.endorsed_by) {
            (TrustSource::BuiltIn, _) => "built into the program".to_owned(),
            (TrustSource::Init, _) => "given to init".to_owned(),
            (TrustSource::Added, _) => "added by an owner".to_owned(),
            (TrustSource::Endorsed, by) => format!("endorsed by {}", by.unwrap_or_default()),
        },
        id: key.vendor_key_id,
        added: key.added_at.map(|at| When::of(at, now, zone)),
        by: key.added_by.unwrap_or_default(),
    }
}
