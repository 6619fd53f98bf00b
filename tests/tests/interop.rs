//! Agents of another make, and taking back what came with a secret that fell into wrong hands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::json::{find, list, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Machine, Peer};
use serde_json::{Value, json};

#[tokio::test]
async fn a_credential_comes_with_the_lines_for_agents() {
    let office = Office::started(|launch| launch.arg("--interop-listen").arg("127.0.0.1:0")).await.unwrap();
    office.site.license(office.http(), &muster_e2e::office::TERMS).await.unwrap();
    let port = office.collector.listen().interop.unwrap().port();
    let run = async |args: &[&str]| office.site.admin(office.http(), args).await.unwrap().expect(0).unwrap().stdout;
    let made = run(&["interop", "create", "--kind", "inventory", "--group", "lab", "--output", "json"]).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    let (id, password) = (text(&made, "/id").unwrap(), text(&made, "/password").unwrap());
    let lines = made["configuration"].to_string();
    for part in [
        format!(":{port}/\\nuser = {id}\\npassword = {password}\\n"),
        format!(":{port}/ocsinventory\\nlocal=0\\nrealm=muster\\n"),
    ] {
        assert!(lines.contains(&part), "{part}: {lines}");
    }
    let told = run(&["interop", "create", "--kind", "osquery", "--max-new-per-hour", "5", "--output", "table"]).await;
    for part in
        ["enroll_secret: msi_", "--enroll_secret_path=/etc/osquery/muster-secret", "shown once", "Mind: Agents of other machines"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(run(&["interop", "list", "--output", "csv"]).await.contains(&format!("{id},inventory,usable,0,20,lab")));
    assert!(run(&["interop", "revoke", id, "--output", "table"]).await.contains("was taken back"));
    let items = office.get("/api/v1/interop-credentials").await.unwrap();
    assert_eq!(text(find(&items, "/items", "id", id).unwrap(), "/state").unwrap(), "revoked");
    let missing = office.site.admin(office.http(), &["interop", "revoke", "aaaaaaaa"]).await.unwrap();
    missing.expect(4).unwrap();
    assert!(!office.collector.log().contains(password), "a secret is in the log");
}

#[tokio::test]
async fn what_came_with_a_stolen_token_is_taken_back() {
    let office = Office::licensed().await.unwrap();
    let url = office.collector.agents_url();
    let (id, token) = office.join_token(&json!({"uses": 5, "approval": "auto"})).await.unwrap();
    let mut ours = office.peer("ours").await.unwrap();
    let mut theirs = Vec::new();
    for name in ["rogue-1", "rogue-2"] {
        theirs.push(Peer::enroll(&url, &token, Machine::named(name)).await.unwrap());
    }
    for peer in &mut theirs {
        let report = peer.next(Vec::new());
        assert_eq!(peer.report(&report).await.unwrap().0, 200);
    }
    let revoke = ["join-token", "revoke", &id, "--with-assets", "--output", "json"];
    for expected in [[2, 2, 0], [0, 0, 0]] {
        let done = office.site.admin(office.http(), &revoke).await.unwrap().expect(0).unwrap();
        let done: Value = serde_json::from_str(&done.stdout).unwrap();
        let counts = ["agents_revoked", "assets_retired", "assets_kept"].map(|name| done[name].as_u64().unwrap());
        assert_eq!(counts, expected, "{done:#}");
    }
    for peer in &mut theirs {
        let report = peer.next(Vec::new());
        assert_eq!(peer.report(&report).await.unwrap().0, 403);
    }
    let report = ours.next(Vec::new());
    assert_eq!(ours.report(&report).await.unwrap().0, 200);
    let assets = office.get("/api/v1/assets").await.unwrap();
    let states: Vec<&Value> = list(&assets, "/items").unwrap().iter().map(|asset| &asset["install_status"]).collect();
    assert_eq!(states.iter().filter(|state| **state == &json!(7)).count(), 2, "{states:?}");
    assert_eq!(states.len(), 3);
}
