//! Requests with idempotency keys over kills of the collector: none is done twice, and an answer that was given is given again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use muster_e2e::collector::Collector;
use muster_e2e::http::answer;
use muster_e2e::office::Office;
use muster_e2e::scene;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const ROUNDS: usize = 6;
/// Requests of a round, all at once.
const AT_ONCE: usize = 20;

fn tag(round: usize, number: usize) -> String {
    format!("K{round}-{number}")
}

fn making(collector: &Collector, tag: &str) -> RequestBuilder {
    let body = json!({"asset_tag": tag, "model_category": "Computer"});
    collector.http().request(Method::POST, "/api/v1/assets").header("idempotency-key", tag).json(&body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_a_request_be_done_twice() -> Result<()> {
    let Office { mut collector, secrets: _, site: _site } = Office::unlicensed().await?;
    let mut outcomes: BTreeMap<String, (StatusCode, Value)> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut sent = JoinSet::new();
        for number in 0..AT_ONCE {
            let tag = tag(round, number);
            let request = making(&collector, &tag);
            sent.spawn(async move { (tag, answer(request).await) });
        }
        // At another place of the work each time.
        let mut before: BTreeMap<String, Value> = BTreeMap::new();
        for _ in 0..(round * 7) % AT_ONCE {
            if let (tag, Ok((StatusCode::CREATED, made))) = sent.join_next().await.expect("there are more")? {
                before.insert(tag, made);
            }
        }
        collector = collector.kill().await?.start().await?;
        while let Some(done) = sent.join_next().await {
            if let (tag, Ok((StatusCode::CREATED, made))) = done? {
                before.insert(tag, made);
            }
        }
        for number in 0..AT_ONCE {
            let tag = tag(round, number);
            let (status, made) = answer(making(&collector, &tag)).await?;
            ensure!([StatusCode::CREATED, StatusCode::CONFLICT].contains(&status), "{tag}: {status} {made:#}");
            if let Some(first) = before.get(&tag) {
                ensure!(status == StatusCode::CREATED && made["id"] == first["id"], "{tag}: {made:#} after {first:#}");
            }
            outcomes.insert(tag, (status, made));
        }
    }
    let mut there: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for asset in scene::items(collector.http(), "/api/v1/assets").await? {
        there.entry(asset["asset_tag"].as_str().unwrap_or_default().to_owned()).or_default().push(asset["id"].clone());
    }
    for (tag, (status, made)) in outcomes {
        let ids = there.remove(&tag).unwrap_or_default();
        let fits = match status {
            StatusCode::CREATED => ids == [made["id"].clone()],
            // Nobody knows whether it was done; twice it was not.
            _ => ids.len() <= 1,
        };
        ensure!(fits, "{tag}: {status} {made:#}, and there are {ids:?}");
    }
    ensure!(there.is_empty(), "{there:?}");
    Ok(())
}
