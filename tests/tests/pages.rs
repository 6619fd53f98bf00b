//! The console in a real browser: a model and an entitlement made with forms, a mistake mended, published, looked up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use anyhow::{Result, ensure};
use muster_e2e::browser::Browser;
use muster_e2e::office::Office;

/// The form of a record.
const SAVE: &str = "form.record .actions button";

#[tokio::test]
async fn records_are_made_and_mended_in_a_browser() {
    let office = Office::licensed().await.unwrap();
    let browser = Browser::start(&office.site.path("")).await.unwrap();
    let seen = walk(&office, &browser).await;
    browser.quit().await.unwrap();
    seen.unwrap();
}

async fn walk(office: &Office, browser: &Browser) -> Result<()> {
    let url = office.http().url();
    log_in(office, browser).await?;
    browser.open(&format!("{url}/records/models")).await?;
    expect(browser, ".empty", "There is none yet").await?;
    look(browser, "list").await?;
    browser.follow("a.button").await?;
    browser.fill("#f-publisher", "Acme").await?;
    browser.fill("#f-product", "Draw").await?;
    browser.follow(SAVE).await?;
    expect(browser, "[role=status]", "Made.").await?;
    expect(browser, "h1", "Acme Draw").await?;
    browser.follow("a[href*='/records/entitlements/new?software_model=']").await?;
    ensure!(browser.property("#f-software_model", "value").await? == "Acme Draw");

    // A mistake is told at its field, and what was entered stays.
    browser.fill("#f-metric_group", "Common").await?;
    browser.fill("#f-license_metric", "Per Device").await?;
    browser.fill("#f-purchased_rights", "many").await?;
    browser.fill("#f-unit_cost", "EUR;12.50").await?;
    browser.follow(SAVE).await?;
    expect(browser, "[role=alert]", "Purchased rights").await?;
    expect(browser, "#e-purchased_rights", "\"many\" is not a whole number").await?;
    ensure!(browser.property("#f-unit_cost", "value").await? == "EUR;12.50");
    look(browser, "mistake").await?;
    browser.click("[role=alert] a").await?;
    ensure!(browser.address().await?.ends_with("#f-purchased_rights"));
    browser.fill("#f-purchased_rights", "1000").await?;
    browser.follow(SAVE).await?;
    expect(browser, "[role=status]", "Made.").await?;
    expect(browser, "#f-total_cost", "500").await?;
    expect(browser, "#m-license_metric", "Common: Per Device.").await?;
    browser.follow("form[action$='/publish'] button").await?;
    expect(browser, "[role=status]", "Published.").await?;
    expect(browser, ".changes", "Build → In use").await?;
    ensure!(browser.property("#f-state", "value").await? == "In use");
    look(browser, "entitlement").await?;
    browser.follow("a.danger").await?;
    expect(browser, "h1", "Delete this software entitlement?").await?;
    look(browser, "delete").await?;
    browser.open(&format!("{url}/records/entitlements?search=acme")).await?;
    expect(browser, "tbody", "In use").await?;
    look(browser, "table").await?;
    browser.open(&format!("{url}/records")).await?;
    expect(browser, "h1", "Records").await?;
    look(browser, "overview").await
}

/// The first login, which asks for a password of one's own.
async fn log_in(office: &Office, browser: &Browser) -> Result<()> {
    browser.open(&format!("{}/login?next=/records", office.http().url())).await?;
    browser.fill("[name=name]", &office.secrets.admin_user).await?;
    browser.fill("[name=password]", &office.secrets.admin_password).await?;
    browser.follow("button").await?;
    let own = "a password of my own";
    browser.fill("[name=old]", &office.secrets.admin_password).await?;
    browser.fill("[name=new]", own).await?;
    browser.fill("[name=repeated]", own).await?;
    browser.follow("button").await
}

async fn expect(browser: &Browser, selector: &str, part: &str) -> Result<()> {
    let text = browser.text(selector).await?;
    ensure!(text.contains(part), "{selector} at {}: {text:?} has no {part:?}", browser.address().await?);
    Ok(())
}

/// The page must fit every screen; pictures of it are left with what the build makes.
async fn look(browser: &Browser, name: &str) -> Result<()> {
    for (screen, width, dark) in [("narrow", 320, false), ("dark", 1280, true), ("light", 1280, false)] {
        browser.screen(width, dark).await?;
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("records-{name}-{screen}.png"));
        browser.picture(&file).await?;
        let wide = browser.overflow().await?;
        ensure!(wide <= 0, "{name} at {width} pixels is {wide} pixels wider than the screen");
    }
    Ok(())
}
