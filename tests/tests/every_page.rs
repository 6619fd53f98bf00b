//! Every page of the console in a real browser, reached by its own links, with something on it: accessible light and dark, quiet, and
//! made of nothing from elsewhere. The list of pages is the collector's own, so that a new one is not forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, VecDeque};

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use muster_e2e::desk::Desk;
use muster_e2e::office::Office;
use muster_e2e::peer::session;
use muster_e2e::{files, scene, suite};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::{StatusCode, Url};
use serde_json::Value;

/// The routes of all pages.
const PAGES: &str = include_str!("../../collector/tests/golden/pages.txt");

#[tokio::test]
async fn every_page_is_accessible_and_keeps_to_itself() {
    let office = Office::licensed().await.unwrap();
    furnish(&office).await.unwrap();
    let desk = Desk::at(&office, "every").await.unwrap();
    let seen = walk(&office, &desk).await;
    desk.browser.quit().await.unwrap();
    seen.unwrap();
}

/// Something for every page.
async fn furnish(office: &Office) -> Result<()> {
    let mut peer = office.peer("ws-9").await?;
    let since = SystemClock.now() - TimeDelta::minutes(5);
    let report = peer.next_whole(vec![session("c1", "ann", "10.0.0.7", since)]);
    let (status, answer) = peer.report(&report).await?;
    ensure!(status == StatusCode::OK, "{answer:#}");
    scene::asset(&office.collector, "OLD-1").await?;
    files::put(&office.site.path("models.csv"), b"publisher,product\nAcme,draw\nAcme,\n")?;
    // One line is wrong: the client says so by its exit code, and the page by a form.
    office.site.admin(office.http(), &["model", "import", "models.csv"]).await?;
    suite::machines(office).await?;
    suite::rights(office).await?;
    let checkout = ["checkout", "create", "--application", "CAD", "--user", "bob", "--client-ip", "10.0.0.8"];
    for command in
        [&["application", "set", "CAD", "--floating-limit", "2"][..], &checkout, &["compliance", "run"], &["reconcile", "run"]]
    {
        office.site.admin(office.http(), command).await?.expect(0)?;
    }
    Ok(())
}

/// From page to page by links, each route once, and everything that is wrong at once.
async fn walk(office: &Office, desk: &Desk) -> Result<()> {
    let routes: Vec<&str> = PAGES.lines().collect();
    let base = office.http().url();
    let mut missing: BTreeSet<&str> = routes.iter().copied().collect();
    let start = ["/status", "/password", "/problems/not-found"];
    let mut queue: VecDeque<String> = start.map(str::to_owned).into();
    let mut wrong = Vec::new();
    while let Some(path) = queue.pop_front() {
        let Some(route) = route(&routes, &path).filter(|route| missing.contains(route)) else { continue };
        desk.open(&path).await?;
        missing.remove(route);
        for dark in [true, false] {
            desk.browser.screen(1280, dark).await?;
            if let Err(error) = desk.judge(&format!("{route}, {}", if dark { "dark" } else { "light" })).await {
                wrong.push(format!("{error:#}"));
            }
        }
        if let Err(error) = desk.at_home(route).await {
            wrong.push(format!("{error:#}"));
        }
        queue.extend(links(desk, base).await?);
    }
    // What is seen without a login.
    desk.open("/status").await?;
    desk.follow("form[action='/logout'] button").await?;
    missing.remove("/login");
    for dark in [true, false] {
        desk.browser.screen(1280, dark).await?;
        if let Err(error) = desk.judge("/login").await {
            wrong.push(format!("{error:#}"));
        }
    }
    ensure!(missing.is_empty(), "no link leads to {missing:?}; the scene has nothing there, or the page cannot be found");
    ensure!(wrong.is_empty(), "{} findings:\n\n{}", wrong.len(), wrong.join("\n\n"));
    Ok(())
}

/// The route of an address: the one with the fewest variable parts.
fn route<'a>(routes: &[&'a str], address: &str) -> Option<&'a str> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &&&str| {
        let pattern: Vec<&str> = route.split('/').collect();
        pattern.len() == parts.len() && pattern.iter().zip(&parts).all(|(want, part)| want.starts_with('{') || want == part)
    };
    routes.iter().filter(fits).min_by_key(|route| route.matches('{').count()).copied()
}

/// Where the links of a page lead within the console, without the part behind `#`.
async fn links(desk: &Desk, base: &str) -> Result<Vec<String>> {
    let script = "return Array.from(document.querySelectorAll('a[href]')).map((link) => link.href)";
    let found = desk.browser.script(script).await?;
    let all = found.as_array().context("a list of links")?.iter().filter_map(Value::as_str);
    let here = |link: &str| {
        let url = Url::parse(link).ok().filter(|_| link.starts_with(&format!("{base}/")))?;
        Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
    };
    Ok(all.filter_map(here).collect())
}
