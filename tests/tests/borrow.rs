//! Borrowed licences and uses that count nowhere, with the real collector and agent. In: `exec --borrow`, outages, a clock that
//! runs ahead. Out: programs that run for as long as was lent and no longer, and nothing that is lost in silence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use chrono::TimeDelta;
use muster_e2e::agent::Agent;
use muster_e2e::collector::Collector;
use muster_e2e::faketime::Faketime;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::process::{Ran, run};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

async fn collector(site: &Site) -> Collector {
    let collector = scene::licensed(site, site.collector(), 500).await.unwrap();
    let pool = json!({"floating_limit": 1, "at_limit": "refuse", "lease_seconds": 4, "sharing": [], "offline": "deny",
        "borrow_max_hours": 5});
    let (status, answer) = collector.http().send(Method::PUT, "/api/v1/applications/CAD", &pool).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
    collector
}

async fn enrolled<'a>(site: &'a Site, collector: &Collector) -> Agent<'a> {
    scene::enrolled(site, collector, "ws").await.unwrap()
}

async fn ready(agent: &Agent<'_>) {
    wait::until("a running agent", async || Ok((agent.status().await?["running"] == true).then_some(()))).await.unwrap();
    wait::until("the policy", async || Ok(agent.state_dir().join("policy.json").exists().then_some(()))).await.unwrap();
}

async fn exec(agent: &Agent<'_>, more: &[&str], command: &[&str]) -> Ran {
    let mut exec = agent.command(&["exec", "--application", "cad", "--config"]).unwrap();
    exec.arg(agent.config()).args(more).arg("--").args(command);
    run(exec, b"").await.unwrap()
}

async fn give_back(agent: &Agent<'_>) -> Ran {
    let mut command = agent.command(&["return", "--application", "CAD", "--config"]).unwrap();
    command.arg(agent.config());
    run(command, b"").await.unwrap()
}

async fn in_use(collector: &Collector) -> i64 {
    let status = scene::status(collector).await.unwrap();
    number(scene::application(&status, "CAD").unwrap(), "/floating_in_use").unwrap()
}

async fn borrowed(agent: &Agent<'_>) -> usize {
    list(&agent.status().await.unwrap(), "/checkouts/borrowed").unwrap().len()
}

#[tokio::test]
async fn a_borrowed_licence_lasts_as_long_as_was_lent_and_no_longer() {
    let site = Site::new().unwrap();
    let collector = collector(&site).await;
    let agent = enrolled(&site, &collector).await;
    let clock = Faketime::steered(&site.path("clock")).unwrap();
    let env = clock.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let _daemon = agent.start_with(&env).unwrap();
    ready(&agent).await;

    let ran = exec(&agent, &["--borrow", "6h"], &["true"]).await.expect(3).unwrap();
    assert!(ran.stderr.contains("at most 5 hours"), "{}", ran.stderr);
    exec(&agent, &["--borrow", "90m"], &["true"]).await.expect(2).unwrap();
    let ran = exec(&agent, &["--borrow", "2h"], &["sh", "-c", "exit 7"]).await.expect(7).unwrap();
    assert!(ran.stderr.contains("is borrowed until") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    assert_eq!((in_use(&collector).await, borrowed(&agent).await), (1, 1), "it stays after the program has ended");
    // The pool has one seat, and each check-out counts by itself: everything runs on the borrowed one.
    exec(&agent, &[], &["true"]).await.expect(0).unwrap();
    exec(&agent, &["--borrow", "1h"], &["true"]).await.expect(0).unwrap();
    assert_eq!((in_use(&collector).await, borrowed(&agent).await), (1, 1));
    // Asked for again there is no second seat for a longer time: what is borrowed is what there is.
    let ran = exec(&agent, &["--borrow", "2h"], &["sh", "-c", "exit 7"]).await.expect(7).unwrap();
    assert!(ran.stderr.contains("is borrowed until"), "{}", ran.stderr);
    assert_eq!((in_use(&collector).await, borrowed(&agent).await), (1, 1));

    let _launch = collector.kill().await.unwrap();
    let ran = exec(&agent, &[], &["sh", "-c", "exit 7"]).await.expect(7).unwrap();
    assert_eq!(ran.stderr, "");
    clock.turn(TimeDelta::hours(3)).unwrap();
    wait::until("the end of the borrowed time", async || Ok((borrowed(&agent).await == 0).then_some(()))).await.unwrap();
    let ran = exec(&agent, &[], &["true"]).await.expect(3).unwrap();
    assert!(ran.stderr.contains("offline = \"deny\"") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    let ran = exec(&agent, &["--borrow", "1h"], &["true"]).await.expect(69).unwrap();
    assert!(ran.stderr.contains("while the collector can be reached"), "{}", ran.stderr);
}

#[tokio::test]
async fn a_borrowed_licence_goes_back_early_also_while_the_collector_is_away() {
    let site = Site::new().unwrap();
    let collector = collector(&site).await;
    let agent = enrolled(&site, &collector).await;
    let mut daemon = agent.start().unwrap();
    ready(&agent).await;
    give_back(&agent).await.expect(4).unwrap();
    exec(&agent, &["--borrow", "5h"], &["true"]).await.expect(0).unwrap();
    give_back(&agent).await.expect(0).unwrap();
    assert_eq!((in_use(&collector).await, borrowed(&agent).await), (0, 0));
    give_back(&agent).await.expect(4).unwrap();

    // An administrator ends it: the next program takes a seat of its own.
    exec(&agent, &["--borrow", "5h"], &["true"]).await.expect(0).unwrap();
    let checkouts = scene::get(collector.http(), "/api/v1/checkouts").await.unwrap();
    let id = text(&list(&checkouts, "/items").unwrap()[0], "/id").unwrap();
    site.admin(collector.http(), &["checkout", "release", id]).await.unwrap().expect(0).unwrap();
    exec(&agent, &[], &["true"]).await.expect(0).unwrap();
    assert_eq!((in_use(&collector).await, borrowed(&agent).await), (0, 0));

    // It survives restarts of the agent, and so does its return.
    exec(&agent, &["--borrow", "5h"], &["true"]).await.expect(0).unwrap();
    let launch = collector.kill().await.unwrap();
    daemon.kill().await.unwrap();
    let mut daemon = agent.start().unwrap();
    ready(&agent).await;
    exec(&agent, &[], &["true"]).await.expect(0).unwrap();
    give_back(&agent).await.expect(0).unwrap();
    exec(&agent, &[], &["true"]).await.expect(3).unwrap();
    daemon.kill().await.unwrap();
    let collector = launch.start().await.unwrap();
    assert_eq!(in_use(&collector).await, 1);
    let _daemon = agent.start().unwrap();
    wait::until("the return", async || Ok((in_use(&collector).await == 0).then_some(()))).await.unwrap();
}

#[tokio::test]
async fn uses_that_count_nowhere_are_an_alert_until_they_count_or_are_dismissed() {
    let office = Office::licensed().await.unwrap();
    let peer = office.peer("ws-1").await.unwrap();
    let pool = json!({"offline": "allow"});
    for name in ["CAD", "Gone"] {
        let (status, answer) = office.http().send(Method::PUT, &format!("/api/v1/applications/{name}"), &pool).await.unwrap();
        assert!(status.is_success(), "{status}: {answer:#}");
    }
    office.site.admin(office.http(), &["application", "delete", "Gone"]).await.unwrap().expect(0).unwrap();
    let now = SystemClock.now();
    let used = |application: &str, user: &str| {
        json!({"id": uuid::Uuid::new_v4(), "application": application, "user": user, "client_ip": "10.0.0.1", "client": "exec",
            "from": now, "to": now})
    };
    let uses = [used("CAD", "alice"), used("Gone", "bob"), used("CAD", "carol\u{7}"), used("CAD", "")];
    for _ in 0..2 {
        let request = peer.request(Method::POST, "/agent/v1/offline-use").json(&json!({"uses": uses}));
        let (status, taken) = muster_e2e::http::answer(request).await.unwrap();
        assert_eq!((status.as_u16(), taken), (200, json!({"stored": 1, "passed_over": 3})), "told twice, known by their ids");
    }
    let told = |status: &Value, wanted: bool| {
        let alerts = list(status, "/alerts").unwrap().iter();
        alerts.filter(|alert| alert["text"].as_str().is_some_and(|text| text.contains("count nowhere"))).count()
            == usize::from(wanted)
    };
    wait::status(&office.collector, "the alert", |status| told(status, true)).await.unwrap();
    let admin = async |args: &[&str]| office.site.admin(office.http(), args).await.unwrap();
    let shown = admin(&["offline-use", "list", "--output", "json"]).await.json().unwrap();
    let items = list(&shown, "/items").unwrap();
    let mut found: Vec<(&str, &str, bool)> = items
        .iter()
        .map(|item| {
            (text(item, "/application").unwrap(), text(item, "/user").unwrap(), text(item, "/reason").unwrap().is_empty())
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("CAD", "", false), ("CAD", "carol", false), ("Gone", "bob", false)], "{shown:#}");
    admin(&["offline-use", "dismiss", "00000000-0000-0000-0000-000000000001"]).await.expect(4).unwrap();
    // The application is there again: what was used of it counts, and nobody needs to see it any more.
    let (status, answer) = office.http().send(Method::PUT, "/api/v1/applications/gone", &pool).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
    let usage = office.get("/api/v1/usage?application=GONE").await.unwrap();
    assert_eq!(number(&list(&usage, "/items").unwrap()[0], "/peak").unwrap(), 1, "{usage:#}");
    let shown = admin(&["offline-use", "list", "--output", "json"]).await.json().unwrap();
    let items = list(&shown, "/items").unwrap();
    assert_eq!(items.iter().filter(|item| item["application"] == "CAD").count(), 2, "{shown:#}");
    assert_eq!(items.len(), 2, "{shown:#}");
    let ids: Vec<&str> = items.iter().map(|item| text(item, "/id").unwrap()).collect();
    admin(&[&["offline-use", "dismiss"], ids.as_slice()].concat()).await.expect(0).unwrap();
    wait::status(&office.collector, "no alert", |status| told(status, false)).await.unwrap();
    let audit = office.get("/api/v1/audit?limit=1").await.unwrap();
    assert_eq!(list(&audit, "/items").unwrap()[0]["action"], "offline_use.dismiss");
    let usage = office.get("/api/v1/usage?application=CAD").await.unwrap();
    assert_eq!(number(&list(&usage, "/items").unwrap()[0], "/peak").unwrap(), 1);
}
