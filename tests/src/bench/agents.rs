//! Simulated agents, each with an identity of its own. In: a join token. Out: agents whose hardware the collector knows,
//! ready to report over mutual TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use muster_wire::enroll::{EnrollRequest, EnrollResponse};
use muster_wire::report::ReportResponse;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::exchange::{Connection, client, post};
use super::reports::Reports;

/// How often an enrolment is tried again when the collector asks for patience.
const TRIES: u32 = 20;

/// One agent.
pub(super) struct Agent {
    /// What it reports.
    pub(super) reports: Reports,
    /// Its side of TLS, towards the collector and towards what it is compared with.
    pub(super) tls: Arc<ClientConfig>,
}

/// Enrols `count` agents and sends the first report of each.
///
/// # Errors
/// One of them is refused.
pub(super) async fn enroll(
    count: u32,
    collector: SocketAddr,
    roots: &[CertificateDer<'static>],
    token: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Agent>> {
    let stranger = client(roots, None)?;
    let mut agents = Vec::new();
    for number in 0..count {
        let mut reports = Reports::of(number, collector, now);
        let (chain, key) =
            identity(&reports, number, collector, &stranger, token).await.with_context(|| format!("enrol agent {number}"))?;
        let tls = client(roots, Some((chain, key)))?;
        let mut connection = Connection::open(collector, Arc::clone(&tls)).await?;
        let answer = connection.exchange(&reports.first()?).await?;
        ensure!(answer.status == 200, "first report: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        let answer: ReportResponse = serde_json::from_slice(answer.body).context("the answer of a report")?;
        ensure!(answer.need.is_empty(), "the collector still needs {:?}", answer.need);
        reports.receipt(answer.receipt);
        agents.push(Agent { reports, tls });
    }
    Ok(agents)
}

async fn identity(
    reports: &Reports,
    number: u32,
    collector: SocketAddr,
    stranger: &Arc<ClientConfig>,
    token: &str,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("a key")?;
    let csr = CertificateParams::default().serialize_request(&key).and_then(|csr| csr.pem()).context("a request")?;
    let request = EnrollRequest {
        token: token.to_owned(),
        csr,
        hostname: format!("ws-{number}"),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        hardware: reports.hardware().clone(),
    };
    let body = serde_json::to_vec(&request).context("an enrolment")?;
    let request = post(muster_wire::path::ENROLL, collector, "", &body);
    for _ in 0..TRIES {
        let mut connection = Connection::open(collector, Arc::clone(stranger)).await?;
        let answer = connection.exchange(&request).await?;
        match (answer.status, answer.retry_after) {
            (201, _) => {
                let response: EnrollResponse = serde_json::from_slice(answer.body).context("the answer of an enrolment")?;
                let chain = CertificateDer::pem_slice_iter(response.certificate.as_bytes()).collect::<Result<_, _>>();
                let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
                return Ok((chain.context("the certificate")?, key));
            }
            (429 | 503, Some(seconds)) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            (status, _) => bail!("{status} {}", String::from_utf8_lossy(answer.body)),
        }
    }
    bail!("refused {TRIES} times")
}
