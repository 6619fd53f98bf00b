//! The usual beginning of a test and its usual questions. In: a site. Out: a licensed collector, agents that are
//! enrolled, the answers of the admin API.

use anyhow::{Context, Result, ensure};
use chrono::Timelike as _;
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::agent::Agent;
use crate::collector::{Collector, Launch};
use crate::http::Http;
use crate::json::{list, text};
use crate::site::Site;

/// Makes the vendor's keys and the collector, starts it and applies a licence for so many assets.
///
/// # Errors
/// One of these steps fails.
pub async fn licensed(site: &Site, launch: Launch, assets: u32) -> Result<Collector> {
    site.keygen().await?;
    site.init().await?;
    let collector = launch.env("MUSTER_TIME_ZONE", &midday_zone()).start().await?;
    license(site, &collector, assets).await?;
    Ok(collector)
}

/// A time zone in which it is about noon, so that no day ends in the middle of a test.
#[must_use]
pub fn midday_zone() -> String {
    zone_of_noon(SystemClock.now().hour())
}

/// Applies a licence for so many assets that lasts longer than any test travels.
///
/// # Errors
/// The vendor or the collector refuses.
pub async fn license(site: &Site, collector: &Collector, assets: u32) -> Result<()> {
    let assets = assets.to_string();
    site.license(collector.http(), &["--customer", "Example AG", "--expires", "2099-12-31", "--assets", &assets]).await
}

/// A join token for one machine.
///
/// # Errors
/// The collector gives none.
pub async fn join_token(site: &Site, collector: &Collector) -> Result<String> {
    let made = site.admin(collector.http(), &["join-token", "create"]).await?.json()?;
    Ok(text(&made, "/token")?.to_owned())
}

/// An agent that is enrolled and where nobody is logged in.
///
/// # Errors
/// The collector refuses it.
pub async fn enrolled<'a>(site: &'a Site, collector: &Collector, name: &str) -> Result<Agent<'a>> {
    let agent = site.agent(name)?;
    agent.sessions("").await?;
    let token = join_token(site, collector).await?;
    agent.enroll(&collector.agents_url(), &token).await?.expect(0)?;
    Ok(agent)
}

/// Makes a hardware asset in use, as an administrator does.
///
/// # Errors
/// The collector does not take it.
pub async fn asset(collector: &Collector, tag: &str) -> Result<Value> {
    let asset = json!({"sys_class_name": "alm_hardware", "asset_tag": tag, "install_status": 1, "model_category": "Computer"});
    let (status, made) = collector.http().send(Method::POST, "/api/v1/assets", &asset).await?;
    ensure!(status == StatusCode::CREATED, "{status}: {made:#}");
    Ok(made)
}

/// `GET path`, which must be answered 200.
///
/// # Errors
/// Another answer, which is in the error.
pub async fn get(http: &Http, path: &str) -> Result<Value> {
    let (status, answer) = http.get(path).await?;
    ensure!(status == StatusCode::OK, "{status} to {path}: {answer:#}");
    Ok(answer)
}

/// `GET /status`.
///
/// # Errors
/// Another answer than 200.
pub async fn status(collector: &Collector) -> Result<Value> {
    get(collector.http(), "/status").await
}

/// Every item of a list of the admin API, over all of its pages.
///
/// # Errors
/// Another answer than 200.
pub async fn items(http: &Http, path: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(http, &format!("{path}?limit=1000{cursor}")).await?;
        all.extend_from_slice(list(&page, "/items")?);
        let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(all) };
        cursor = format!("&cursor={next}");
    }
}

/// The application of this name in a status.
///
/// # Errors
/// There is none.
pub fn application<'a>(status: &'a Value, name: &str) -> Result<&'a Value> {
    crate::json::find(status, "/applications", "name", name).context("an application of the status")
}

/// The zone whose clocks show 12 while UTC shows `hour`. The names count west of Greenwich.
fn zone_of_noon(hour: u32) -> String {
    match hour.checked_signed_diff(12) {
        None | Some(0) => "UTC".to_owned(),
        Some(west) => format!("Etc/GMT{west:+}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_noon_in_the_zone() {
        for (hour, zone) in [(0, "Etc/GMT-12"), (11, "Etc/GMT-1"), (12, "UTC"), (15, "Etc/GMT+3"), (23, "Etc/GMT+11")] {
            assert_eq!(zone_of_noon(hour), zone, "{hour}");
        }
    }
}
