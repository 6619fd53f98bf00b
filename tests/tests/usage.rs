//! The figures of use, as an administrator sees them. In: check-outs of a small pool, and a collector that is killed. Out: hours,
//! denials and who is connected, the same before and after, as a table, as JSON and as CSV.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::http::Http;
use muster_e2e::json::{list, text};
use muster_e2e::office::Office;
use reqwest::Method;
use serde_json::{Value, json};

const CHECKOUTS: &str = "/api/v1/checkouts";

async fn put(http: &Http, body: &Value) {
    let (status, answer) = http.send(Method::PUT, "/api/v1/applications/CAD", body).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
}

/// Asks for a seat; the answer's status and the check-out's id, if it has one.
async fn take(office: &Office, user: &str) -> (u16, String) {
    let wish = json!({"application": "CAD", "user": user, "client_ip": "10.0.0.1", "client": "rest"});
    let (status, answer) = office.http().send(Method::POST, CHECKOUTS, &wish).await.unwrap();
    (status.as_u16(), answer["id"].as_str().unwrap_or_default().to_owned())
}

/// What a command prints in a format.
async fn printed(office: &Office, format: &str, command: &[&str]) -> String {
    let mut line = vec!["usage"];
    line.extend(command);
    line.extend(["--output", format]);
    office.site.admin(office.http(), &line).await.unwrap().expect(0).unwrap().stdout
}

async fn items(office: &Office, command: &[&str]) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&printed(office, "json", command).await).unwrap();
    list(&answer, "/items").unwrap().to_vec()
}

/// The sum of a member over rows: the test may run over the end of an hour or of a day.
fn sum(rows: &[Value], member: &str) -> u64 {
    rows.iter().map(|row| row[member].as_u64().unwrap_or_else(|| panic!("{member}: {row:#}"))).sum()
}

fn most(rows: &[Value], member: &str) -> u64 {
    rows.iter().map(|row| row[member].as_u64().unwrap()).max().unwrap()
}

/// The rows of a CSV text, each as its cells by name. No cell of these has a comma.
fn csv(text: &str) -> Vec<Vec<(String, String)>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

async fn check(office: &Office) {
    let yesterday = (muster_runtime::clock::Clock::now(&muster_runtime::clock::SystemClock) - chrono::TimeDelta::days(2))
        .date_naive()
        .to_string();
    let hours = items(office, &["hours", "--application", "cad", "--from", &yesterday]).await;
    let denials = items(office, &["denials", "--application", "CAD"]).await;
    for rows in [&hours, &denials] {
        for (member, expected) in [("granted", 3), ("denied", 1), ("queued", 1), ("served", 1), ("gave_up", 0), ("over_use", 0)] {
            assert_eq!(sum(rows, member), expected, "{member}: {rows:#?}");
        }
        assert_eq!(most(rows, "longest_queue"), 1, "{rows:#?}");
        assert!(most(rows, "longest_wait_seconds") <= 30, "{rows:#?}");
    }
    assert_eq!((most(&hours, "peak"), most(&hours, "floating_peak"), most(&hours, "named_peak")), (2, 2, 0), "{hours:#?}");
    for hour in &hours {
        assert_eq!((&hour["floating_limit"], &hour["named_limit"]), (&json!(2), &json!(null)), "{hour:#}");
        let number = |member: &str| hour[member].as_u64().unwrap();
        assert_eq!(number("seat_seconds"), number("named_seat_seconds") + number("floating_seat_seconds"), "{hour:#}");
        assert!(number("watched_seconds") <= 3600 && number("seat_seconds") <= 2 * number("watched_seconds"), "{hour:#}");
    }
    // Numbers that grow with the time differ between two commands.
    let grow = ["watched_seconds", "seat_seconds", "floating_seat_seconds", "average", "floating_average", "named_average"];
    for (rows, command) in [(&hours, vec!["hours", "--application", "cad", "--from", &yesterday]), (&denials, vec!["denials"])] {
        let table = csv(&printed(office, "csv", &command).await);
        assert_eq!(table.len(), rows.len(), "{table:?}");
        for (row, cells) in rows.iter().zip(&table) {
            assert_eq!(cells.len(), row.as_object().unwrap().len(), "{cells:?}");
            for (name, value) in cells.iter().filter(|(name, _)| !grow.contains(&name.as_str())) {
                assert_eq!(*value, cell(&row[name]), "{name}");
            }
        }
    }
    let connected = items(office, &["now", "--application", "CAD"]).await;
    let who: Vec<_> = connected.iter().map(|seat| (text(seat, "/user").unwrap(), text(seat, "/kind").unwrap())).collect();
    assert_eq!(who, [("b", "floating"), ("d", "floating")], "{connected:#?}");
}

#[tokio::test]
async fn hours_and_denials_say_what_happened_also_after_a_kill() {
    let office = Office::licensed().await.unwrap();
    put(office.http(), &json!({"floating_limit": 2, "at_limit": "refuse", "lease_seconds": 600})).await;
    let (status, first) = take(&office, "a").await;
    assert_eq!(status, 201);
    assert_eq!((take(&office, "b").await.0, take(&office, "c").await.0), (201, 409));
    put(office.http(), &json!({"at_limit": "queue"})).await;
    let (status, waiting) = take(&office, "d").await;
    assert_eq!(status, 202);
    let (status, answer) = office.http().send(Method::DELETE, &format!("{CHECKOUTS}/{first}"), &json!({})).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
    let (status, seat) = office.http().get(&format!("{CHECKOUTS}/{waiting}?wait=5")).await.unwrap();
    assert_eq!((status.as_u16(), &seat["kind"]), (200, &json!("floating")), "{seat:#}");
    // At once, before anything was asked: what was decided is in the figures.
    let Office { collector, site, secrets } = office;
    let office = Office { collector: collector.kill().await.unwrap().start().await.unwrap(), site, secrets };
    check(&office).await;
    let Office { collector, site, secrets } = office;
    let office = Office { collector: collector.stop().await.unwrap().1.start().await.unwrap(), site, secrets };
    check(&office).await;

    let chart = printed(&office, "table", &["hours", "--application", "CAD"]).await;
    assert!(chart.starts_with("CAD: floating seats in use, # on average, - at most, | the limit"), "{chart}");
    assert!(chart.lines().all(|line| line.chars().count() <= 80), "{chart}");
    let now = printed(&office, "table", &["now"]).await;
    assert!(now.contains("CAD: 0 named and 2 of 2 floating seats in use"), "{now}");

    for (path, expected) in [
        ("hours?application=nothing", 404),
        ("denials?application=nothing", 404),
        ("now?application=nothing", 404),
        ("hours?from=2026-01-02&to=2026-01-01", 422),
        ("denials?from=2026-01-02&to=2026-01-01", 422),
        ("hours?from=2024-01-01&to=2026-01-01", 422),
        ("denials?from=2001-01-01&to=2026-01-01", 422),
        ("hours?from=soon", 422),
        ("hours?cursor=x", 422),
        ("hours?limit=0", 422),
    ] {
        let (status, problem) = office.http().get(&format!("/api/v1/usage/{path}")).await.unwrap();
        assert_eq!(status.as_u16(), expected, "{path}: {problem:#}");
        assert!(problem["type"].is_string(), "{path}: {problem:#}");
    }
}
