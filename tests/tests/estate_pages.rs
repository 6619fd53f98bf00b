//! What is there, in a real browser: agents let in, assets found and retired until the count is within the limit, a session ended, use
//! and settings looked at, and a machine whose name is markup.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use muster_e2e::desk::Desk;
use muster_e2e::office::Office;
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::scene;
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::StatusCode;

/// What a machine calls itself that wants to be more than text.
const EVIL: &str = "<img src=x onerror=alert(1)>";

#[tokio::test]
async fn an_estate_is_seen_to_in_a_browser() {
    let office = Office::unlicensed().await.unwrap();
    let terms = ["--customer", "Acme", "--expires", "2098-01-01", "--assets", "3"];
    office.site.license(office.http(), &terms).await.unwrap();
    let desk = Desk::at(&office, "estate").await.unwrap();
    let seen = async {
        empty(&desk).await?;
        let _peers = machines(&office, &desk).await?;
        within_the_limit(&office, &desk).await?;
        seats(&desk).await?;
        administration(&desk).await
    };
    let seen = seen.await;
    desk.browser.quit().await.unwrap();
    seen.unwrap();
}

async fn look(desk: &Desk, name: &str) -> Result<()> {
    desk.look(name, Path::new(env!("CARGO_TARGET_TMPDIR"))).await
}

/// Pages without anything on them say what to do next.
async fn empty(desk: &Desk) -> Result<()> {
    for (path, name, sentence) in [
        ("/agents", "agents-empty", "No machine has enrolled yet"),
        ("/assets", "assets-empty", "There is no asset yet"),
        ("/sessions", "sessions-empty", "Nobody is logged in"),
    ] {
        desk.open(path).await?;
        desk.expect(".empty", sentence).await?;
        look(desk, name).await?;
    }
    Ok(())
}

/// A token made with the form lets machines in that wait for approval; one of them has a name that is markup.
async fn machines(office: &Office, desk: &Desk) -> Result<Vec<Peer>> {
    desk.open("/agents").await?;
    desk.follow(".empty a").await?;
    desk.fill("[name=uses]", "5").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status] code", "muster-agent enroll --collector https://").await?;
    look(desk, "token").await?;
    let command = desk.browser.text("[role=status] code").await?;
    let token = command.split_whitespace().nth(1).unwrap_or_default();
    let mut peers = Vec::new();
    for name in ["ws-1", EVIL] {
        peers.push(Peer::enroll(&office.collector.agents_url(), token, Machine::named(name)).await?);
    }
    desk.open("/agents?state=pending").await?;
    desk.expect("tbody", EVIL).await?;
    look(desk, "agents-pending").await?;
    for peer in &peers {
        desk.browser.click(&format!("tbody input[value='{}']", peer.id())).await?;
    }
    desk.follow("button[value=approve]").await?;
    desk.expect("[role=status]", "2 agents were approved.").await?;
    for (number, peer) in peers.iter_mut().enumerate() {
        let since = SystemClock.now() - TimeDelta::minutes(5);
        let report = peer.next_whole(vec![session(&format!("c{number}"), ["ann", "bob"][number], "10.0.0.7", since)]);
        let (status, answer) = peer.report(&report).await?;
        ensure!(status == StatusCode::OK, "{answer:#}");
    }
    desk.open("/agents").await?;
    desk.expect("tbody", "online").await?;
    look(desk, "agents").await?;
    desk.open(&format!("/agents/{}", peers[1].id())).await?;
    desk.expect("h1", EVIL).await?;
    look(desk, "agent").await?;
    desk.follow("a[href^='/assets/']").await?;
    desk.expect("h1", EVIL).await?;
    desk.expect("main", "Reported by").await?;
    desk.expect("main", "bob").await?;
    look(desk, "asset").await?;
    Ok(peers)
}

/// Over the limit, a query finds assets that are retired, and the count comes down.
async fn within_the_limit(office: &Office, desk: &Desk) -> Result<()> {
    for number in 0..4 {
        scene::asset(&office.collector, &format!("OLD-{number}")).await?;
    }
    desk.open("/compliance").await?;
    desk.follow("form.actions button").await?;
    desk.expect("[role=status]", "counted 6 assets").await?;
    desk.expect("h1", "Over the limit by 3").await?;
    look(desk, "compliance").await?;
    desk.follow("tbody a[href^='/assets?']").await?;
    desk.expect("tbody", "OLD-0").await?;
    desk.fill("#query", "asset_tagSTARTSWITHOLD^nonsense=1").await?;
    desk.follow("form[role=search] button").await?;
    desk.expect("[role=alert]", "at character 24").await?;
    look(desk, "assets-wrong").await?;
    desk.fill("#query", "asset_tagSTARTSWITHOLD").await?;
    desk.follow("form[role=search] button").await?;
    look(desk, "assets").await?;
    desk.follow("a[href^='/assets/change']").await?;
    desk.browser.click("option[value='7/disposed']").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status]", "Nothing is changed yet").await?;
    look(desk, "assets-preview").await?;
    desk.follow("button.danger").await?;
    desk.expect("[role=status]", "4 assets are now: Retired, disposed.").await?;
    desk.follow("[role=status] a[href='/compliance']").await?;
    desk.follow("form.actions button").await?;
    desk.expect("h1", "Compliant: 2 of 3 assets").await?;
    look(desk, "compliance-within").await?;
    desk.follow("tbody a[href^='/compliance/runs/']").await?;
    look(desk, "compliance-run").await
}

/// Who is logged in, one session ended, and the pool that this frees a seat of.
async fn seats(desk: &Desk) -> Result<()> {
    desk.open("/sessions").await?;
    desk.expect("tbody", EVIL).await?;
    look(desk, "sessions").await?;
    desk.open("/sessions?search=ann").await?;
    desk.follow("tbody th a").await?;
    look(desk, "session").await?;
    desk.follow("button.danger").await?;
    desk.expect("[role=status]", "The session was ended").await?;
    desk.open("/applications").await?;
    desk.follow("a[href='/console/applications/new']").await?;
    desk.fill("[name=name]", EVIL).await?;
    desk.fill("[name=floating_limit]", "many").await?;
    desk.follow("form.record button").await?;
    desk.expect("[role=alert]", "is not a whole number").await?;
    desk.fill("[name=floating_limit]", "5").await?;
    desk.fill("[name=reservations]", "Support=2").await?;
    desk.follow("form.record button").await?;
    desk.expect("[role=status]", "is tracked now").await?;
    desk.expect("h1", EVIL).await?;
    desk.follow("a[href$='/edit']").await?;
    look(desk, "application-form").await?;
    desk.follow(".crumbs a:last-of-type").await?;
    desk.follow("a.danger").await?;
    look(desk, "application-delete").await?;
    desk.follow("button.danger").await?;
    desk.expect("[role=status]", "is no longer tracked").await?;
    desk.follow("a[href='/console/applications/import']").await?;
    look(desk, "application-sets").await?;
    desk.follow("form.actions button").await?;
    desk.expect("[role=status]", "10 made").await?;
    look(desk, "applications").await?;
    desk.open("/applications/Workstation%20login").await?;
    desk.expect("main", "bob").await?;
    desk.expect("#hours", "On average").await?;
    look(desk, "application").await
}

/// A setting changed after a preview, and who did it.
async fn administration(desk: &Desk) -> Result<()> {
    desk.open("/settings").await?;
    look(desk, "settings").await?;
    desk.follow("a[href='/settings/null_mode']").await?;
    desk.browser.click("option:nth-of-type(2)").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status]", "would become").await?;
    look(desk, "setting").await?;
    desk.follow("[role=status] button").await?;
    desk.expect("[role=status]", "null_mode is changed.").await?;
    desk.open("/audit?action=settings").await?;
    desk.expect("tbody", "null_mode").await?;
    desk.follow("a[href*='verify=1']").await?;
    desk.expect("[role=status]", "The log is whole").await?;
    desk.open("/audit").await?;
    look(desk, "audit").await?;
    people(desk).await
}

/// Somebody else may log in, a program may, and somebody who left is purged.
async fn people(desk: &Desk) -> Result<()> {
    desk.open("/accounts").await?;
    desk.fill("[name=name]", "ida@example.org").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status]", "One-time password").await?;
    look(desk, "accounts").await?;
    desk.follow("tbody a[href*='ida']").await?;
    desk.follow("button[value=disable]").await?;
    desk.expect("[role=status]", "The account is disabled").await?;
    look(desk, "account").await?;
    desk.follow("button[value=delete]").await?;
    desk.expect("[role=status]", "Delete this account?").await?;
    look(desk, "account-delete").await?;
    desk.fill("[name=confirmed]", "ida@example.org").await?;
    desk.follow("button.danger").await?;
    desk.expect("[role=status]", "was deleted").await?;
    desk.open("/api-tokens").await?;
    desk.fill("[name=label]", "nightly report").await?;
    desk.follow("form.filter button").await?;
    desk.expect("[role=status] code", "msa_").await?;
    look(desk, "api-tokens").await?;
    desk.follow("button[name=revoke]").await?;
    desk.expect("[role=status]", "was taken back").await?;
    desk.open("/privacy").await?;
    desk.fill("[name=person]", "bob").await?;
    desk.follow("form.filter button").await?;
    desk.expect("tbody", "Sessions and check-outs that go on").await?;
    look(desk, "privacy").await?;
    desk.open("/api").await?;
    look(desk, "api").await?;
    desk.browser.click("details:has(a[href='/api?operation=api_token.create']) summary").await?;
    desk.follow("a[href='/api?operation=api_token.create']").await?;
    desk.expect("main", "Idempotency-Key").await?;
    look(desk, "api-operation").await
}
