//! The console in a real browser: a model and an entitlement made with forms, a mistake mended, published, looked up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use anyhow::{Result, ensure};
use muster_e2e::desk::Desk;
use muster_e2e::office::Office;

/// The form of a record.
const SAVE: &str = "form.record .actions button";

#[tokio::test]
async fn records_are_made_and_mended_in_a_browser() {
    let office = Office::licensed().await.unwrap();
    let desk = Desk::at(&office, "records").await.unwrap();
    let seen = walk(&desk).await;
    desk.browser.quit().await.unwrap();
    seen.unwrap();
}

async fn walk(desk: &Desk) -> Result<()> {
    let browser = &desk.browser;
    let look = async |name: &str| desk.look(name, Path::new(env!("CARGO_TARGET_TMPDIR"))).await;
    desk.open("/records/models").await?;
    desk.expect(".empty", "There is none yet").await?;
    look("list").await?;
    desk.follow("a.button").await?;
    desk.fill("#f-publisher", "Acme").await?;
    desk.fill("#f-product", "Draw").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=status]", "Made.").await?;
    desk.expect("h1", "Acme Draw").await?;
    desk.follow("a[href*='/records/entitlements/new?software_model=']").await?;
    ensure!(browser.property("#f-software_model", "value").await? == "Acme Draw");

    // A mistake is told at its field, and what was entered stays.
    desk.fill("#f-metric_group", "Common").await?;
    desk.fill("#f-license_metric", "Per Device").await?;
    desk.fill("#f-purchased_rights", "many").await?;
    desk.fill("#f-unit_cost", "EUR;12.50").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=alert]", "Purchased rights").await?;
    desk.expect("#e-purchased_rights", "\"many\" is not a whole number").await?;
    ensure!(browser.property("#f-unit_cost", "value").await? == "EUR;12.50");
    look("mistake").await?;
    browser.click("[role=alert] a").await?;
    ensure!(browser.address().await?.ends_with("#f-purchased_rights"));
    desk.fill("#f-purchased_rights", "1000").await?;
    desk.follow(SAVE).await?;
    desk.expect("[role=status]", "Made.").await?;
    desk.expect("#f-total_cost", "500").await?;
    desk.expect("#m-license_metric", "Common: Per Device.").await?;
    desk.follow("form[action$='/publish'] button").await?;
    desk.expect("[role=status]", "Published.").await?;
    desk.expect(".changes", "Build → In use").await?;
    ensure!(browser.property("#f-state", "value").await? == "In use");
    look("entitlement").await?;
    desk.follow("a.danger").await?;
    desk.expect("h1", "Delete this software entitlement?").await?;
    look("delete").await?;
    desk.open("/records/entitlements?search=acme").await?;
    desk.expect("tbody", "In use").await?;
    look("table").await?;
    desk.open("/records").await?;
    desk.expect("h1", "Records").await?;
    look("overview").await
}
