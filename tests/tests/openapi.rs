//! Every answer of the admin API is one that the API document has: no server error, no status, type or shape that is not in it, nothing
//! accepted that the document rules out. Seconds here; `cargo xtask soak openapi` goes on with other seeds, as every role.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use muster_e2e::examiner::{Examination, examine};
use muster_e2e::json::text;
use muster_e2e::office::Office;
use muster_e2e::peer::{Peer, session};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_those_of_the_document() {
    let whole = std::env::var_os("MUSTER_EXAMPLES").is_some();
    let (examples, seed) = (variable("MUSTER_EXAMPLES", 3), variable("MUSTER_EXAMPLES_SEED", 1));
    let roles: &[&str] = if whole { &["viewer", "operator", "license_admin", "owner"] } else { &["viewer", "owner"] };
    let mut wrong = Vec::new();
    for role in roles {
        // A site of its own: what one role deletes is there for the next.
        let office = Office::licensed().await.unwrap();
        let _peers = furnished(&office).await.unwrap();
        let (_, made) =
            sent(&office, Method::POST, "/api/v1/api-tokens", json!({"label": "examiner", "role": role})).await.unwrap();
        let how = Examination {
            token: text(&made, "/token").unwrap().to_owned(),
            name: (*role).to_owned(),
            examples,
            seed,
            whole,
            made_up: !whole && *role != "owner",
            patience: Duration::from_secs(if whole { 3_600 } else { 240 }),
        };
        if let Err(error) = examine(&office, &how).await {
            wrong.push(format!("{error:#}"));
        }
        assert!(!office.collector.log().contains("panicked"), "{}", office.collector.log());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn variable<T: FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// One of everything that operations ask for by its id.
async fn furnished(office: &Office) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for (name, user) in [("ws-1", "ann"), ("ws-2", "bob"), ("ws-3", "eve")] {
        let mut peer = office.peer(name).await?;
        let since = SystemClock.now() - TimeDelta::minutes(5);
        let report = peer.next_whole(vec![session(name, user, "10.0.0.7", since)]);
        let (status, answer) = peer.report(&report).await?;
        ensure!(status == 200, "a report of {name}: {answer:#}");
        peers.push(peer);
    }
    for (path, body) in [
        ("/api/v1/assets", json!({"asset_tag": "P1", "install_status": 1, "model_category": "Computer"})),
        ("/api/v1/assets", json!({"asset_tag": "P2", "install_status": "In stock"})),
        ("/api/v1/references/locations", json!({"name": "Vienna"})),
        ("/api/v1/groups", json!({"name": "design", "members": ["ann"]})),
        ("/api/v1/users", json!({"name": "carl", "role": "operator"})),
        ("/api/v1/models", json!({"publisher": "Acme", "product": "Draw"})),
        ("/api/v1/models", json!({"publisher": "Acme", "product": "Paint"})),
        (
            "/api/v1/entitlements",
            json!({"software_model": "Acme Draw", "metric_group": "Common", "license_metric": "Per Device", "purchased_rights": 5}),
        ),
        ("/api/v1/compliance/runs", json!({})),
        ("/api/v1/reconciliations", json!({})),
    ] {
        sent(office, Method::POST, path, body).await?;
    }
    sent(office, Method::PUT, "/api/v1/applications/CAD", json!({"floating_limit": 2, "used_by": {"login": true}})).await?;
    let wish = json!({"application": "CAD", "user": "dan", "client_ip": "10.0.0.9"});
    sent(office, Method::POST, "/api/v1/checkouts", wish).await?;
    Ok(peers)
}

async fn sent(office: &Office, method: Method, path: &str, body: Value) -> Result<(reqwest::StatusCode, Value)> {
    let (status, answer) = office.http().send(method, path, &body).await.with_context(|| path.to_owned())?;
    ensure!(status.is_success(), "{path}: {status}: {answer:#}");
    Ok((status, answer))
}
