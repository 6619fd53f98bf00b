//! Software asset management in a real browser: files brought, names told what they are, a run, what it found, what is done about it,
//! and what licences are measured with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use anyhow::{Result, ensure};
use muster_e2e::desk::Desk;
use muster_e2e::office::Office;
use muster_e2e::suite;

/// The form of a record.
const SAVE: &str = ".record .actions button";

#[tokio::test]
async fn software_is_measured_and_seen_to_in_a_browser() {
    let office = Office::licensed().await.unwrap();
    let desk = Desk::at(&office, "software").await.unwrap();
    let seen = async {
        empty(&desk).await?;
        bring(&desk).await?;
        suite::machines(&office).await?;
        name(&desk).await?;
        suite::rights(&office).await?;
        measure(&desk).await?;
        see_to(&desk).await?;
        yardsticks(&desk).await
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
        ("/software", "empty", "There is no software model yet"),
        ("/software/runs", "runs-empty", "There was no run yet"),
        ("/software/candidates", "candidates-empty", "Nothing is reconciled yet"),
        ("/software/products", "products-empty", "No machine has reported software yet"),
        ("/software/unrecognised", "unrecognised-empty", "No machine has reported software yet"),
        ("/records/imports", "imports-empty", "No file was imported yet"),
    ] {
        desk.open(path).await?;
        desk.expect(".empty", sentence).await?;
        desk.expect("nav [aria-current]", if path.starts_with("/records") { "Records" } else { "Software" }).await?;
        look(desk, name).await?;
    }
    Ok(())
}

/// A file with a wrong line: looked at first, then taken in but for that line.
async fn bring(desk: &Desk) -> Result<()> {
    desk.open("/records/models").await?;
    desk.follow("a[href='/records/models/import']").await?;
    desk.follow("button[value=check]").await?;
    desk.expect("[role=alert]", "Choose a file").await?;
    desk.fill("[name=text]", "publisher,product\nAcme,draw\nAcme,\n").await?;
    desk.follow("button[value=check]").await?;
    desk.expect("[role=status]", "Nothing is changed yet").await?;
    desk.expect("[role=status] tbody", "product").await?;
    look(desk, "import-check").await?;
    desk.follow("button[value=import]").await?;
    desk.expect("[role=status]", "Imported: 1 made").await?;
    desk.expect("h1", "Completed with errors").await?;
    desk.follow("button[name=fixed]").await?;
    desk.expect("tbody", "Manually fixed").await?;
    look(desk, "import").await?;
    desk.open("/records/imports").await?;
    desk.expect("tbody", "Models").await?;
    look(desk, "imports").await
}

/// A name that no rule knows gets one, and a built-in rule is switched off.
async fn name(desk: &Desk) -> Result<()> {
    desk.open("/software/unrecognised?search=riddle").await?;
    look(desk, "unrecognised").await?;
    desk.follow("a[aria-label='1 installs of riddle']").await?;
    desk.expect("h1", "riddle").await?;
    look(desk, "installs").await?;
    desk.open("/software/unrecognised?search=riddle").await?;
    desk.follow("a[aria-label='Make a rule about riddle']").await?;
    desk.fill("#f-product", "Riddle Studio").await?;
    desk.browser.click("#f-product_type option[value='Freeware']").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=status]", "Made.").await?;
    desk.open("/software/rules?name=riddle&publisher=Acme&source=dpkg").await?;
    desk.expect("#test dl", "Riddle Studio").await?;
    desk.open("/software/rules?search=mozilla-firefox").await?;
    look(desk, "rules").await?;
    desk.follow("button[aria-label='Switch off mozilla-firefox']").await?;
    desk.expect("[role=status]", "The rule mozilla-firefox is switched off").await?;
    desk.expect("tbody", "this site").await?;
    desk.open("/software/products").await?;
    desk.expect("tbody", "Riddle Studio").await?;
    look(desk, "products").await
}

/// A run, and every number with what is behind it.
async fn measure(desk: &Desk) -> Result<()> {
    // On a Sunday the site runs one by itself, and this one waits for its end.
    muster_e2e::wait::until("a run of one's own", async || {
        desk.open("/software").await?;
        desk.follow("form.actions button").await?;
        let is_mine = desk.browser.address().await?.contains("/runs/") || desk.browser.text("main").await?.contains("is over.");
        Ok(is_mine.then_some(()))
    })
    .await?;
    // A slow machine shows the run first, which leads here when it is over.
    let url = desk.browser.address().await?;
    if url.contains("/runs/") {
        muster_e2e::wait::until("the run is over", async || Ok(desk.browser.text("h1").await?.contains("done").then_some(())))
            .await?;
        desk.open("/software").await?;
    }
    desk.expect("h1", "1 product is not compliant").await?;
    desk.expect(".hero", "1\u{202f}299.50 EUR").await?;
    look(desk, "positions").await?;
    desk.follow("tbody a[href*='?how=unlicensed#rows']").await?;
    desk.expect("#rows .filters [aria-current]", "unlicensed").await?;
    desk.expect("#rows tbody", "draw").await?;
    ensure!(!desk.browser.text("#rows tbody").await?.contains("own"), "only what is not licensed");
    desk.expect("#entitlements tbody", "Per Device").await?;
    look(desk, "position").await?;
    desk.follow("#rows tbody th a").await?;
    desk.expect("h1", "Installed on").await?;
    desk.open("/software/runs").await?;
    desk.expect("tbody", "all publishers").await?;
    look(desk, "runs").await?;
    desk.follow("tbody th a").await?;
    desk.expect("h1", "done").await?;
    look(desk, "run").await
}

/// A remedy is chosen, and what may go moves on.
async fn see_to(desk: &Desk) -> Result<()> {
    desk.open("/software?status=not_compliant").await?;
    desk.follow("tbody th a").await?;
    desk.follow("button[aria-label^='Start: Purchase Rights']").await?;
    desk.expect("[role=status]", "Purchase Rights is now: In Progress.").await?;
    desk.expect("#todo tbody", "In Progress").await?;
    desk.follow("#todo a[href^='/records/entitlements/new']").await?;
    ensure!(desk.browser.property("#f-purchased_rights", "value").await? == "1");
    desk.open("/software/candidates").await?;
    look(desk, "candidates").await?;
    desk.browser.click("tbody input[type=checkbox]").await?;
    desk.browser.click("select[name=to] option[value=attention_required]").await?;
    desk.follow("form[method=post] .actions button").await?;
    desk.expect("[role=status]", "1 removal is now: Attention Required.").await?;
    desk.follow("tbody th a").await?;
    desk.follow("button[value=closed_skipped]").await?;
    desk.expect("[role=status]", "It is now: Closed Skipped.").await?;
    desk.expect("tbody", "admin").await?;
    look(desk, "candidate").await
}

/// What licences are measured with: metrics, packs and factor tables.
async fn yardsticks(desk: &Desk) -> Result<()> {
    desk.open("/software/metrics?search=per+core").await?;
    desk.expect("main", "One right for each core").await?;
    look(desk, "metrics").await?;
    desk.open("/software/packs").await?;
    desk.follow("button[aria-label='Switch off Adobe']").await?;
    desk.expect("[role=status]", "The pack Adobe is switched off").await?;
    look(desk, "packs").await?;
    desk.open("/software/factors").await?;
    look(desk, "factors").await?;
    desk.follow("a[href='/software/factors/oracle.core']").await?;
    desk.fill("[name='r0.each']", "much").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=alert]", "Nothing was saved").await?;
    ensure!(desk.browser.property("[name='r0.each']", "value").await? == "much");
    desk.fill("[name='r0.each']", "0.75").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=status]", "Saved.").await?;
    look(desk, "factor").await?;
    desk.follow("button[name=reset]").await?;
    desk.expect("[role=status]", "published table is in force again").await
}
