//! Sessions of the simulated agent as licences: who counts once, who counts twice, and what ends a session.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use muster_e2e::json::{find, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Peer, session};
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::session::{EndReason, EndedSession, Session};
use reqwest::Method;
use serde_json::{Value, json};

const LOGIN: &str = "Workstation login";

/// In use now, and the highest of today.
async fn seats(office: &Office, application: &str) -> (i64, i64, i64) {
    let status = office.get("/status").await.unwrap();
    let application = find(&status, "/applications", "name", application).unwrap();
    let number = |pointer| number(application, pointer).unwrap();
    (number("/named_in_use"), number("/floating_in_use"), number("/peak_today"))
}

async fn report(peer: &mut Peer, sessions: Vec<Session>) {
    let report = peer.next(sessions);
    let (status, answer) = peer.report(&report).await.unwrap();
    assert_eq!(status, 200, "{answer:#}");
}

fn at(id: &str, user: &str, address: &str) -> Session {
    session(id, user, address, SystemClock.now() - TimeDelta::hours(1))
}

#[tokio::test]
async fn a_licence_is_a_user_at_an_address() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let mut other = office.peer("ws-2").await.unwrap();
    for (sessions, expected) in [
        (vec![at("1", "alice", "10.0.0.1"), at("2", "alice", "10.0.0.2")], 2),
        (vec![at("3", "alice", "10.0.0.1"), at("4", "alice", "10.0.0.1"), at("5", "alice", "10.0.0.1")], 1),
        (vec![at("6", "alice", "10.0.0.1"), at("7", "ALICE", "10.0.0.1")], 1),
        (vec![at("8", "alice", "::ffff:10.0.0.1"), at("9", "alice", "10.0.0.1")], 1),
        (vec![at("10", "alice", "10.0.0.1"), at("11", "bob", "10.0.0.1")], 2),
        (vec![], 0),
    ] {
        let of = format!("{sessions:?}");
        report(&mut peer, sessions).await;
        assert_eq!(seats(&office, LOGIN).await.1, expected, "{of}");
    }
    // Two machines, one person at one address.
    report(&mut peer, vec![at("1", "alice", "10.0.0.1")]).await;
    report(&mut other, vec![at("1", "alice", "10.0.0.1"), at("2", "alice", "10.0.0.9")]).await;
    assert_eq!(seats(&office, LOGIN).await.1, 2);
    let listed = office.get("/api/v1/sessions").await.unwrap();
    assert_eq!(list(&listed, "/items").unwrap().len(), 3);
}

#[tokio::test]
async fn a_login_between_two_reports_is_in_the_day_s_peak() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let live = || vec![at("1", "alice", "10.0.0.1"), at("2", "bob", "10.0.0.2")];
    let live = live();
    report(&mut peer, live.clone()).await;
    let began: DateTime<Utc> = SystemClock.now();
    let ended = |id: &str, user: &str| EndedSession {
        id: id.to_owned(),
        user: user.to_owned(),
        client_ip: "10.0.0.3".to_owned(),
        client: "ssh".to_owned(),
        started_at: began,
        ended_at: SystemClock.now(),
        reason: EndReason::Logout,
        applications: Vec::new(),
    };
    let mut with_short = peer.next(live);
    with_short.ended = vec![ended("3", "carol")];
    assert_eq!(peer.report(&with_short).await.unwrap().0, 200);
    // Told twice, counted once.
    let (status, _) = peer.report(&with_short).await.unwrap();
    assert_eq!(status, 200);
    let usage = office.get("/api/v1/usage?application=Workstation%20login").await.unwrap();
    let peak = &list(&usage, "/items").unwrap()[0];
    assert_eq!((number(peak, "/peak").unwrap(), text(peak, "/application").unwrap()), (3, LOGIN));
    let peak_at: DateTime<Utc> = text(peak, "/peak_at").unwrap().parse().unwrap();
    assert!((peak_at - began).abs() < TimeDelta::seconds(1), "{peak_at} is not {began}");
    assert_eq!(seats(&office, LOGIN).await, (0, 2, 3));
}

#[tokio::test]
async fn an_ended_session_stays_ended_while_its_agent_lists_it() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let both = vec![at("1", "alice", "10.0.0.1"), at("2", "bob", "10.0.0.2")];
    report(&mut peer, both.clone()).await;
    let sessions = office.get("/api/v1/sessions").await.unwrap();
    let id = text(find(&sessions, "/items", "user", "alice").unwrap(), "/id").unwrap().to_owned();
    office.site.admin(office.http(), &["session", "end", &id]).await.unwrap().expect(0).unwrap();
    for _ in 0..2 {
        assert_eq!(seats(&office, LOGIN).await.1, 1);
        let sessions = office.get("/api/v1/sessions").await.unwrap();
        let alice = find(&sessions, "/items", "user", "alice").unwrap();
        assert_eq!(text(alice, "/ended_reason").unwrap(), "administrator");
        assert_eq!(alice["holds"], json!([]));
        report(&mut peer, both.clone()).await;
    }
    let again = office.http().request(Method::DELETE, &format!("/api/v1/sessions/{id}"));
    assert_eq!(again.send().await.unwrap().status(), 404);
    // Over a restart, too; and nobody else's session ends with the collector.
    let Office { collector, site, secrets } = office;
    let launch = collector.kill().await.unwrap();
    let office = Office { collector: launch.start().await.unwrap(), site, secrets };
    assert_eq!(seats(&office, LOGIN).await.1, 1);
    report(&mut peer, both.clone()).await;
    assert_eq!(seats(&office, LOGIN).await.1, 1);
    // Gone from the list, it is forgotten; a new login counts.
    report(&mut peer, both[1..].to_vec()).await;
    let sessions = office.get("/api/v1/sessions").await.unwrap();
    assert_eq!(list(&sessions, "/items").unwrap().len(), 1);
    report(&mut peer, vec![at("9", "alice", "10.0.0.1"), both[1].clone()]).await;
    assert_eq!(seats(&office, LOGIN).await.1, 2);
}

#[tokio::test]
async fn named_users_and_switched_off_applications() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let put = async |name: &str, body: Value| {
        let (status, answer) = office.http().send(Method::PUT, &format!("/api/v1/applications/{name}"), &body).await.unwrap();
        assert!(status.is_success(), "{status}: {answer:#}");
        answer
    };
    put("Incident%20Management", json!({"named_limit": 1, "named_users": ["falcon"], "floating_limit": 1})).await;
    let using = |id: &str, user: &str| Session {
        applications: vec!["Incident Management".to_owned()],
        ..at(id, user, &format!("10.0.0.{id}"))
    };
    let sessions = vec![using("1", "falcon"), using("2", "alice"), at("3", "bob", "10.0.0.3")];
    report(&mut peer, sessions.clone()).await;
    let (named, floating, _) = seats(&office, "Incident Management").await;
    assert_eq!((named, floating), (1, 1));
    assert_eq!(seats(&office, LOGIN).await.1, 3);
    // Kept on change; nothing is counted while it is switched off, and its sessions are back when it is on again.
    let off = put("Incident%20Management", json!({"tracking": false})).await;
    assert_eq!(off["named_users"], json!(["falcon"]));
    let (named, floating, _) = seats(&office, "Incident Management").await;
    assert_eq!((named, floating), (0, 0));
    put("Incident%20Management", json!({"tracking": true})).await;
    let (named, floating, _) = seats(&office, "Incident Management").await;
    assert_eq!((named, floating), (1, 1));
}
