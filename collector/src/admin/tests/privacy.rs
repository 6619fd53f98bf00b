//! Personal data: what is found of a person, what a purge and the nights do to names, and that no number changes with them.

use super::super::testing::{Site, csrf};
use crate::store::{
    ports::Decisions,
    records::{
        Change, CheckoutEnd, CheckoutFacts, ClosedCheckout, ClosedSession, EndReason, Ending, KeyedRequest, ReportMark, Role,
        RunKind, SessionRecord, UsageKind, UsageRecord,
    },
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use muster_domain::{
    ids::{AgentId, CheckoutId, SessionId},
    session::{Claimant, Origin, SeatKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn session(number: u128, user: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> ClosedSession {
    let ending = Ending { at: to, reason: EndReason::Logout };
    let session = SessionRecord {
        id: SessionId(number),
        agent: AgentId(Uuid::from_u128(1)),
        user: user.to_owned(),
        client_ip: "10.0.0.7".to_owned(),
        client: "ssh".to_owned(),
        tty: None,
        started_at: from,
        counted_from: from,
        idle: Vec::new(),
        applications: vec!["CAD".to_owned()],
        ended: None,
    };
    ClosedSession { session, ending }
}

/// Sessions, a check-out and a peak of two people on the day before, and a session of today.
async fn used(site: &Site) {
    let (from, to) = (at("2026-11-20T09:00:00Z"), at("2026-11-20T10:00:00Z"));
    let today = (at("2026-11-21T09:00:00Z"), at("2026-11-21T10:00:00Z"));
    let passed = vec![
        session(1, "alice", from, to),
        session(2, "CORP\\Alice", from, to),
        session(3, "bob", from, to),
        session(4, "alice", today.0, today.1),
    ];
    let report = Change::Report {
        agent: AgentId(Uuid::from_u128(1)),
        mark: ReportMark { epoch: 1, seq: 1, digest: [0; 16] },
        boot_id: Uuid::nil(),
        received_at: today.1,
        agent_version: "0.1.0".to_owned(),
        hardware_digest: None,
        started: Vec::new(),
        ended: Vec::new(),
        passed,
        dropped: 0,
    };
    site.stores.reports.append(report, None).await.unwrap();
    let origin = Origin { user: "alice", client: "10.0.0.7", host: None, display: None };
    let checkout = ClosedCheckout {
        id: CheckoutId(Uuid::from_u128(9)),
        application: "CAD".to_owned(),
        facts: CheckoutFacts { owner: "token:x".to_owned(), client: "rest".to_owned() },
        claimant: Claimant::new(origin, []),
        kind: SeatKind::Floating,
        over: false,
        asked_at: from,
        since: from,
        until: to,
        end: CheckoutEnd::Returned,
    };
    site.stores.checkouts.commit(Decisions { closed: vec![checkout], ..Decisions::default() }).await.unwrap();
    let holder = |user: &str| (user.to_owned(), "10.0.0.7".to_owned());
    let holders = vec![holder("alice"), holder("bob")];
    let (date, application, kind) = (from.date_naive(), "CAD".to_owned(), UsageKind::Total);
    site.stores.usage.raise(vec![UsageRecord { date, application, kind, peak: 2, peak_at: from, holders }]).await.unwrap();
}

async fn fold(site: &Site) {
    while site.stores.reports.fold(100).await.unwrap() > 0 {}
}

async fn realms(site: &Site) {
    let set = site.call(Role::Owner, "PATCH", "/api/v1/settings", Some(json!({"realms": "CORP"}))).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
}

/// Everything that the store has of who used what, as text.
async fn history(site: &Site) -> String {
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    let sessions = site.stores.usage.ended(from, to).await.unwrap();
    let checkouts = site.stores.checkouts.ended(from, to).await.unwrap();
    let peaks = site.stores.usage.peaks(None, from.date_naive(), to.date_naive()).await.unwrap();
    format!("{sessions:?} {checkouts:?} {peaks:?}")
}

fn rows(person: &Value, place: &str) -> u64 {
    let items = person["items"].as_array().unwrap();
    items.iter().find(|item| item["place"] == place).unwrap_or_else(|| panic!("no {place}"))["rows"].as_u64().unwrap()
}

async fn purge(site: &Site, person: &str, dry_run: bool) -> Value {
    let body = json!({"person": person, "dry_run": dry_run});
    let reply = site.call(Role::Owner, "POST", "/api/v1/privacy/purge", Some(body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.json()
}

#[tokio::test]
async fn a_person_is_found_and_purged_and_every_number_stays() {
    let site = Site::new().await;
    realms(&site).await;
    // What the journal holds is found as well.
    used(&site).await;
    let group = json!({"name": "design", "members": ["alice", "bob"]});
    assert!(site.call(Role::Owner, "POST", "/api/v1/groups", Some(group)).await.status.is_success());
    let found = site.get("/api/v1/privacy?person=Alice").await.json();
    assert_eq!(found["purgeable"], 4);
    for (place, expected) in [
        ("sessions", 2),
        ("checkouts", 1),
        ("peaks", 1),
        ("offline_uses", 0),
        ("today", 1),
        ("groups", 1),
        ("live", 0),
        ("accounts", 0),
    ] {
        assert_eq!(rows(&found, place), expected, "{place}: {found:#}");
    }
    let before = history(&site).await;
    assert_eq!(purge(&site, "alice", true).await["purgeable"], 4);
    assert_eq!(history(&site).await, before, "a dry run changes nothing");

    assert_eq!(purge(&site, "mallory", false).await["purgeable"], 0);
    assert_eq!(site.stores.privacy.masked_before().await.unwrap(), None, "days without a pseudonym can be counted anew");
    assert_eq!(purge(&site, "alice", false).await["purgeable"], 4);
    assert_eq!(site.stores.privacy.masked_before().await.unwrap(), Some(at("2026-11-21T00:00:00Z").date_naive()));
    let after = history(&site).await;
    assert_eq!(after.matches("alice").count(), 1, "what ended today stays: {after}");
    assert_eq!(after.to_lowercase().matches("corp").count(), 0);
    assert_eq!(after.matches("bob").count(), before.matches("bob").count(), "nobody else is touched");
    let usage = site.stores.usage.peaks(None, at("2026-11-20T00:00:00Z").date_naive(), at("2026-11-20T00:00:00Z").date_naive());
    let usage = usage.await.unwrap();
    assert_eq!((usage[0].peak, usage[0].holders.len()), (2, 2));
    let again = purge(&site, "alice", false).await;
    assert_eq!((&again["purgeable"], rows(&again, "groups")), (&json!(0), 1));

    // The log is whole, says that somebody was purged, and brings no name back.
    assert_eq!(site.get("/api/v1/audit/verify").await.json()["intact"], true);
    let audit = site.get("/api/v1/audit").await.json();
    let entries = audit["items"].as_array().unwrap().iter().filter(|item| item["action"] == "privacy.purge");
    let entries: Vec<&Value> = entries.filter(|item| item["detail"]["rows"]["sessions"] != 0).collect();
    let [done, begun] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((&begun["detail"]["state"], &done["detail"]["state"]), (&json!("begun"), &json!("done")));
    assert_eq!((&done["detail"]["rows"]["sessions"], &begun["subject"]), (&json!(2), &done["subject"]));
    assert!(done["subject"].as_str().unwrap().starts_with('~'), "{done}");
    assert!(!format!("{entries:?}").to_lowercase().contains("alice"));
}

#[tokio::test]
async fn what_is_no_person_is_refused() {
    let site = Site::new().await;
    for person in ["", "  ", "-", "a\u{7}b", "~abcdefghijklmn27", &"x".repeat(257)] {
        let body = json!({ "person": person });
        assert_eq!(
            site.call(Role::Owner, "POST", "/api/v1/privacy/purge", Some(body)).await.problem(),
            "invalid-value",
            "{person:?}"
        );
    }
    assert_eq!(site.get("/api/v1/privacy").await.problem(), "invalid-value");
    for role in [Role::Viewer, Role::Operator, Role::LicenseAdmin] {
        assert_eq!(site.call(role, "GET", "/api/v1/privacy?person=alice", None).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_purge_by_the_page_asks_for_the_name() {
    let site = Site::new().await;
    used(&site).await;
    fold(&site).await;
    let cookie = site.log_in().await;
    let page = site.page("/privacy?person=alice", Some(&cookie)).await;
    assert!(page.text.contains("Purge 3 rows") && page.text.contains("Kept as long as their rows"), "{}", page.text);
    let token = csrf(&page);
    let send = async |confirmed: &str| {
        site.form("/privacy", Some(&cookie), &[("csrf", &token), ("person", "alice"), ("confirmed", confirmed)]).await
    };
    let wrong = send("alise").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("type the name as it stands here: alice"), "{}", wrong.text);
    assert!(history(&site).await.matches("alice").count() > 1, "nothing is purged by a slip");
    let done = send("alice").await;
    assert!(done.status == StatusCode::OK && done.text.contains("stands in 3 rows"), "{}", done.text);
    // Only the sessions of another realm, which is none here, and that of today are left.
    assert_eq!(history(&site).await.matches("\"alice\"").count(), 1);
}

#[tokio::test]
async fn names_that_are_old_enough_become_pseudonyms_once_a_night() {
    let site = Site::new().await;
    site.license(1, 10).await;
    realms(&site).await;
    used(&site).await;
    fold(&site).await;
    assert_eq!(site.context.privacy.pseudonymise_if_due().await.unwrap(), None, "nobody asked for it");
    let set = site.call(Role::Owner, "PATCH", "/api/v1/settings", Some(json!({"pseudonymise_after_days": 2}))).await;
    assert_eq!(set.status, StatusCode::OK);
    assert_eq!(site.context.privacy.pseudonymise_if_due().await.unwrap(), None, "no night was judged yet");
    let before = history(&site).await;
    for _ in 0..4 {
        site.clock.advance(std::time::Duration::from_secs(86_400));
        site.context.compliance.run(RunKind::Nightly, "collector").await.unwrap();
    }
    let rows = site.context.privacy.pseudonymise_if_due().await.unwrap();
    assert_eq!(rows, Some(6), "four sessions, a check-out, a peak");
    assert_eq!(site.context.privacy.pseudonymise_if_due().await.unwrap(), None, "once a date");
    let after = history(&site).await;
    assert!(!after.to_lowercase().contains("alice") && !after.contains("bob") && !after.contains("10.0.0.7"), "{after}");
    assert_eq!(before.matches("SessionRecord").count(), after.matches("SessionRecord").count());
    let sessions = site.stores.usage.ended(at("2026-11-20T00:00:00Z"), at("2026-11-22T00:00:00Z")).await.unwrap();
    let names: Vec<&str> = sessions.iter().map(|closed| closed.session.user.as_str()).collect();
    assert_eq!((names[0], names[0], names[0] == names[2]), (names[1], names[3], false), "one user is one pseudonym: {names:?}");
    assert_eq!(site.get("/api/v1/audit/verify").await.json()["intact"], true);
    // A pseudonym is no person, and a purge of the person finds nothing any more.
    assert_eq!(site.get("/api/v1/privacy?person=alice").await.json()["purgeable"], 0);
}

#[tokio::test]
async fn answers_that_were_kept_for_a_key_are_forgotten_after_a_day() {
    let site = Site::new().await;
    let request = KeyedRequest { key: [1; 32], digest: [2; 32], at: site.context.compliance.time(), answer: None };
    site.stores.idempotency.begin(request, DateTime::<Utc>::MIN_UTC, 10).await.unwrap();
    for (hours, forgotten) in [(23, 0), (2, 1), (1, 0)] {
        site.clock.advance(std::time::Duration::from_secs(3_600 * hours));
        assert_eq!(site.context.privacy.forget_answers().await.unwrap(), forgotten, "after {hours} hours more");
    }
}
