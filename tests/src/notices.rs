//! What a collector tells its administrators, for tests: who is told, what was told, and what stands of it.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::collector::{Collector, Launch};
use crate::json::{list, text};
use crate::postbox::Postbox;
use crate::site::Site;
use crate::{http, scene, wait};

/// To whom messages go.
pub const TO: &str = "it@example.com";

/// A launch that mails to this server.
#[must_use]
pub fn mailing(site: &Site, postbox: &Postbox) -> Launch {
    let port = postbox.port().to_string();
    let mail = [("SERVER", "127.0.0.1"), ("PORT", &port), ("TLS", "off"), ("FROM", "muster@example.com")];
    mail.into_iter().fold(site.collector(), |launch, (name, value)| launch.env(&format!("MUSTER_MAIL_{name}"), value))
}

/// Changes settings.
///
/// # Errors
/// The collector refuses them.
pub async fn set(collector: &Collector, settings: Value) -> Result<()> {
    let (status, answer) = collector.http().send(Method::PATCH, "/api/v1/settings", &settings).await?;
    ensure!(status.is_success(), "{status}: {answer:#}");
    Ok(())
}

/// Makes a webhook and gives its secret.
///
/// # Errors
/// The collector refuses it.
pub async fn webhook(collector: &Collector, url: &str, events: &[&str]) -> Result<String> {
    let (status, made) = collector.http().send(Method::POST, "/api/v1/webhooks", &json!({"url": url, "events": events})).await?;
    ensure!(status == 201, "{status}: {made:#}");
    Ok(text(&made, "/secret")?.to_owned())
}

/// Counts the assets now.
///
/// # Errors
/// The collector refuses it.
pub async fn count(collector: &Collector) -> Result<Value> {
    let (status, run) = http::answer(collector.http().request(Method::POST, "/api/v1/compliance/runs")).await?;
    ensure!(status.is_success(), "{status}: {run:#}");
    Ok(run)
}

/// Every notice, newest first.
///
/// # Errors
/// The collector does not answer.
pub async fn notices(collector: &Collector) -> Result<Vec<Value>> {
    scene::items(collector.http(), "/api/v1/notifications").await
}

/// The words of the events, oldest first.
///
/// # Errors
/// The collector does not answer.
pub async fn events(collector: &Collector) -> Result<Vec<String>> {
    notices(collector).await?.iter().rev().map(|notice| Ok(text(notice, "/event")?.to_owned())).collect()
}

/// Waits for the newest notice of an event whose messages have arrived.
///
/// # Errors
/// It does not come.
pub async fn told(collector: &Collector, event: &str) -> Result<Value> {
    let mut last = Vec::new();
    let what = format!("{event}, told");
    let found = wait::until(&what, async || {
        last = notices(collector).await?;
        let newest = last.iter().find(|notice| text(notice, "/event").is_ok_and(|found| found == event));
        Ok(newest.filter(|notice| text(notice, "/state").is_ok_and(|state| state == "sent")).cloned())
    });
    let found = found.await;
    found.map_err(|error| error.context(format!("what was told: {last:#?}")))
}

/// The text of the alert that stands about messages, if there is one.
#[must_use]
pub fn alert(status: &Value) -> Option<String> {
    let alerts = list(status, "/alerts").ok()?;
    let texts = alerts.iter().filter_map(|alert| text(alert, "/text").ok());
    texts.into_iter().find(|text| text.contains("muster-collector notify test")).map(str::to_owned)
}
