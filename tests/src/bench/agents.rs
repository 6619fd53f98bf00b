//! Simulated agents, each with an identity of its own. In: a join token. Out: agents whose hardware the collector knows,
//! ready to report over mutual TLS.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use muster_wire::enroll::EnrollResponse;
use muster_wire::report::ReportResponse;
use reqwest::StatusCode;
use rustls::ClientConfig;

use super::exchange::Connection;
use super::reports::Reports;
use crate::collector::Collector;
use crate::peer::{Identity, mutual};

/// How often an enrolment is tried again when the collector asks for patience, and how long it asks for.
const TRIES: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// One agent.
pub(super) struct Agent {
    /// What it reports.
    pub(super) reports: Reports,
    /// Its side of TLS, towards the collector and towards what it is compared with.
    pub(super) tls: Arc<ClientConfig>,
}

/// Enrols `count` agents, which trust `authorities` (PEM) from then on, and sends the first report of each.
///
/// # Errors
/// One of them is refused.
pub(super) async fn enroll(
    count: u32,
    collector: &Collector,
    authorities: &str,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Agent>> {
    let address = collector.listen().agents;
    let mut agents = Vec::new();
    for number in 0..count {
        let mut reports = Reports::of(number, address, now);
        let tls = identity(&reports, collector, authorities, token).await;
        let tls = Arc::new(tls.with_context(|| format!("enrol agent {number}"))?);
        let mut connection = Connection::open(address, Arc::clone(&tls)).await?;
        let answer = connection.exchange(&reports.first()?).await?;
        ensure!(answer.status == 200, "first report: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        let answer: ReportResponse = serde_json::from_slice(answer.body).context("the answer of a report")?;
        ensure!(answer.need.is_empty(), "the collector still needs {:?}", answer.need);
        reports.receipt(answer.receipt);
        agents.push(Agent { reports, tls });
    }
    Ok(agents)
}

async fn identity(reports: &Reports, collector: &Collector, authorities: &str, token: &str) -> Result<ClientConfig> {
    let identity = Identity::generate()?;
    for _ in 0..TRIES {
        match identity.ask(&collector.agents_url(), token, reports.machine()).await? {
            (StatusCode::CREATED, answer) => {
                let granted: EnrollResponse = serde_json::from_value(answer).context("the answer of an enrolment")?;
                return mutual(authorities, &granted.certificate, &identity.key_pem());
            }
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => tokio::time::sleep(PATIENCE).await,
            (status, answer) => bail!("{status} {answer}"),
        }
    }
    bail!("refused {TRIES} times")
}
