//! `cargo xtask demo`, the way a newcomer meets the product. In: nothing but the repository. Out: with `--once` the status
//! as the last output; without it a page and a login until a signal, and then nothing that stays behind; with `--days` a past.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::time::Duration;

use muster_e2e::json::{at, number, text};
use muster_e2e::process::{Daemon, PATIENCE, run};
use muster_e2e::site::Site;
use serde_json::Value;

/// Files below the directory that the demo was given for its own.
fn left(site: &Site) -> Vec<String> {
    let entries = fs::read_dir(site.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn once_ends_with_the_status_of_this_machine() {
    let site = Site::new().unwrap();
    fs::create_dir(site.path("tmp")).unwrap();
    let mut command = site.command("xtask", &["demo", "--once"]).unwrap();
    command.env("TMPDIR", site.path("tmp"));
    let ran = run(command, b"").await.unwrap().expect(0).unwrap();
    let status: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(text(&status, "/state").unwrap(), "compliant");
    assert_eq!(number(&status, "/compliance/asset_count").unwrap(), 1);
    assert_eq!(number(&status, "/agents/online").unwrap(), 1);
    assert!(at(&status, "/compliance/counted_at").unwrap().is_string());
    assert_eq!(ran.stdout.lines().count(), 1, "progress belongs to standard error: {}", ran.stdout);
    assert!(ran.stderr.contains("==> this machine enrolled: done in"), "{}", ran.stderr);
    assert_eq!(left(&site), Vec::<String>::new());
}

#[tokio::test]
async fn it_shows_page_and_login_until_a_signal_and_leaves_nothing() {
    let site = Site::new().unwrap();
    fs::create_dir(site.path("tmp")).unwrap();
    let mut command = site.command("xtask", &["demo"]).unwrap();
    command.env("TMPDIR", site.path("tmp"));
    let mut demo = Daemon::spawn(command, &site.path("log")).unwrap();
    let told = async {
        while !demo.log().contains("Ctrl-C ends the demo") {
            assert_eq!(demo.ended().unwrap(), None, "{}", demo.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the demo is ready in time");
    let log = demo.log();
    for part in
        ["Compliant: 1 of 25 assets", "/status\n", "login     admin", "password", "ca.pem", "muster-collector session list"]
    {
        assert!(log.contains(part), "{part} is missing in\n{log}");
    }
    assert_eq!(left(&site).len(), 1);
    let status = demo.terminate().await.unwrap();
    assert!(status.success(), "{status}\n{}", demo.log());
    assert_eq!(left(&site), Vec::<String>::new());
    assert!(demo.log().contains("stopping muster-agent\nstopping muster-collector\n"), "{}", demo.log());
}

#[tokio::test]
async fn days_leave_a_site_with_a_past() {
    let site = Site::new().unwrap();
    fs::create_dir(site.path("tmp")).unwrap();
    let mut command = site.command("xtask", &["demo", "--days", "80", "--once"]).unwrap();
    command.env("TMPDIR", site.path("tmp"));
    let mut demo = Daemon::spawn(command, &site.path("log")).unwrap();
    // Eighty starts of a collector take their time.
    let over = async {
        while demo.ended().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE * 5, over).await.expect("the days are over in time");
    let log = demo.log();
    let status: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap_or_else(|error| panic!("{error}: {log}"));
    assert_eq!((text(&status, "/state").unwrap(), number(&status, "/compliance/asset_limit").unwrap()), ("compliant", 60));
    assert_eq!(number(&status, "/agents/quarantined").unwrap(), 1, "{status:#}");
    assert!(number(&status, "/sessions/active").unwrap() > 10, "{status:#}");
    let states: Vec<&str> =
        log.lines().filter(|line| line.starts_with("day ")).filter_map(|line| line.split(' ').next_back()).collect();
    for state in ["compliant", "grace", "disabled"] {
        assert!(states.contains(&state), "{state}: {log}");
    }
    assert_eq!(states.last(), Some(&"compliant"));
    assert_eq!(left(&site), Vec::<String>::new());
}
