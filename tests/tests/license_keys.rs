//! Licence keys that cannot be applied: each with its own clear error, and the licence in force stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::files::put;
use muster_e2e::http::answer;
use muster_e2e::json::{at, number, text};
use muster_e2e::office::{Office, TERMS};
use muster_e2e::site::Site;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Issues a key with these terms and more, whose text is returned.
async fn key(site: &Site, request: &str, more: &[&str]) -> String {
    let mut terms = TERMS.to_vec();
    for (index, term) in more.iter().enumerate().step_by(2) {
        match terms.iter().position(|given| given == term) {
            Some(at) => terms[at + 1] = more[index + 1],
            None => terms.extend([*term, more[index + 1]]),
        }
    }
    std::fs::read_to_string(site.issue(request, &terms).await.unwrap()).unwrap()
}

async fn apply(office: &Office, text: &str) -> (StatusCode, Value) {
    let request = office.http().request(Method::PUT, "/api/v1/license").header("content-type", "text/plain");
    answer(request.body(text.to_owned())).await.unwrap()
}

/// What must not change: the licence and what was judged under it.
async fn in_force(office: &Office) -> Value {
    let mut license = office.get("/api/v1/license").await.unwrap();
    license["compliance"].as_object_mut().unwrap().remove("next_run_at");
    let history = office.get("/api/v1/license/history").await.unwrap();
    serde_json::json!([license, history])
}

async fn request(office: &Office) {
    let request = office.site.admin(office.http(), &["license", "request"]).await.unwrap().expect(0).unwrap();
    put(&office.site.path("request"), request.stdout.as_bytes()).unwrap();
}

async fn check(office: &Office, text_of: &str, code: &str, words: &[&str]) {
    let before = in_force(office).await;
    let (status, problem) = apply(office, text_of).await;
    assert_eq!(status, 422, "{code}: {problem:#}");
    assert_eq!(text(&problem, "/type").unwrap(), "/problems/invalid-license");
    assert_eq!(text(&problem, "/code").unwrap(), code, "{problem:#}");
    for word in words {
        assert!(text(&problem, "/detail").unwrap().contains(word), "{code}: {word:?} is not in {problem:#}");
    }
    // What would be refused is refused in a dry run, too, and by the command.
    let dry = office.http().request(Method::PUT, "/api/v1/license?dry_run=true").header("content-type", "text/plain");
    assert_eq!(answer(dry.body(text_of.to_owned())).await.unwrap().0, 422, "{code}");
    put(&office.site.path("bad"), text_of.as_bytes()).unwrap();
    let ran = office.site.admin(office.http(), &["license", "apply", "bad"]).await.unwrap().expect(1).unwrap();
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{code}: {}", ran.stderr);
    assert_eq!(in_force(office).await, before, "{code}");
}

/// The key with one character of its last line of base64 changed.
fn tampered(key: &str) -> String {
    let mut lines: Vec<String> = key.lines().map(str::to_owned).collect();
    let line = lines.len() / 2;
    let changed = if lines[line].starts_with('A') { "B" } else { "A" };
    lines[line].replace_range(..1, changed);
    lines.join("\n")
}

#[tokio::test]
async fn a_key_that_cannot_be_applied_leaves_the_one_in_force() {
    let (office, elsewhere) = tokio::join!(Office::unlicensed(), Office::unlicensed());
    let (office, elsewhere) = (office.unwrap(), elsewhere.unwrap());
    let site = &office.site;
    request(&office).await;
    let first = key(site, "request", &["--serial", "5"]).await;
    check(&office, &tampered(&first), "tampered", &["changed or damaged"]).await;
    assert_eq!(text(&office.get("/status").await.unwrap(), "/state").unwrap(), "unlicensed");
    assert_eq!(apply(&office, &first).await.0, 200);
    assert_eq!(text(&office.get("/status").await.unwrap(), "/state").unwrap(), "compliant");
    request(&office).await;

    let good = key(site, "request", &[]).await;
    request(&elsewhere).await;
    std::fs::copy(elsewhere.site.path("request"), site.path("theirs")).unwrap();
    let theirs = key(site, "theirs", &["--serial", "6"]).await;
    check(&office, &theirs, "other-machine", &[&elsewhere.secrets.machine_key_id, &office.secrets.machine_key_id]).await;
    // The other site does not know this vendor.
    let unknown = elsewhere.site.issue("request", &[&TERMS[..], &["--serial", "9"]].concat()).await.unwrap();
    check(&office, &std::fs::read_to_string(unknown).unwrap(), "unknown-vendor", &["does not trust"]).await;

    check(&office, &tampered(&good), "tampered", &["changed or damaged", "ask for it again"]).await;
    let lines: Vec<&str> = good.lines().collect();
    check(&office, &lines[..lines.len() - 1].join("\n"), "truncated", &["cut off"]).await;
    let without_the_end = [&lines[..lines.len() - 4], &lines[lines.len() - 1..]].concat().join("\n");
    check(&office, &without_the_end, "truncated", &["cut off"]).await;
    check(&office, &good.replacen('=', "", 1).replace(lines[2], "!!!!"), "damaged", &["not base64"]).await;
    check(&office, "hello", "not-a-license", &["MUSTER LICENSE"]).await;
    check(&office, "", "not-a-license", &["MUSTER LICENSE"]).await;
    let request_text = std::fs::read_to_string(site.path("request")).unwrap();
    check(&office, &request_text, "not-a-license", &["MUSTER LICENSE"]).await;

    for (more, code, words) in [
        (&["--serial", "4"][..], "older-serial", &["serial 4", "has 5"][..]),
        (&["--serial", "5"], "serial-in-use", &["serial 5"]),
        (&["--expires", "2020-01-01"], "expired", &["2020-01-01", "renewal"]),
        (&["--not-before", "2097-12-01"], "not-yet-valid", &["2097-12-01"]),
        (&["--query", "no_such_field=1"], "invalid-query", &["no_such_field"]),
        (&["--query", "asset_tagVALCHANGES"], "invalid-query", &["VALCHANGES"]),
        (&["--query", "install_status"], "invalid-query", &["install_status"]),
        (&["--add-filter", "no_such_field=1"], "invalid-query", &["no_such_field"]),
        (&["--table", "no_such_table"], "invalid-query", &["no_such_table"]),
    ] {
        let key = key(site, "request", more).await;
        check(&office, &key, code, words).await;
    }

    // After all that a good one is still taken, and the same one again changes nothing.
    let (status, applied) = apply(&office, &good).await;
    assert_eq!((status.as_u16(), number(&applied, "/license/serial").unwrap()), (200, 6), "{applied:#}");
    let before = at(&office.get("/api/v1/license").await.unwrap(), "/license").unwrap().clone();
    assert_eq!(apply(&office, &good).await.0, 200);
    assert_eq!(at(&office.get("/api/v1/license").await.unwrap(), "/license").unwrap(), &before);
    check(&office, &first, "older-serial", &["serial 5", "has 6"]).await;
    let large = format!("{good}{}", " ".repeat(17 * 1024));
    let (status, problem) = apply(&office, &large).await;
    assert_eq!((status.as_u16(), text(&problem, "/type").unwrap()), (413, "/problems/too-large"));
}

#[tokio::test]
async fn a_dry_run_says_what_a_key_would_do_and_does_nothing() {
    let office = Office::licensed().await.unwrap();
    for name in ["ws-1", "ws-2"] {
        office.peer(name).await.unwrap();
    }
    request(&office).await;
    let small = key(&office.site, "request", &["--assets", "1"]).await;
    let before = in_force(&office).await;
    put(&office.site.path("small"), small.as_bytes()).unwrap();
    let ran = office.site.admin(office.http(), &["license", "apply", "small", "--dry-run", "--output", "json"]).await.unwrap();
    let would = ran.json().unwrap();
    assert_eq!((text(&would, "/state").unwrap(), number(&would, "/compliance/over_by").unwrap()), ("grace", 1));
    assert_eq!(number(&would, "/compliance/days_left").unwrap(), 60);
    assert_eq!(in_force(&office).await, before);
}
