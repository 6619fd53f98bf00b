//! A simulated agent that is enrolled. In: reports. Out: the collector's answers, and signed words of it that were checked.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::enroll::EnrollResponse;
use muster_wire::report::Report;
use muster_wire::session::Session;
use muster_wire::{PROTOCOL, path, signed};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::identity::{Enrollment, Identity, client};
use super::machine::Machine;
use super::trust::mutual;
use crate::http;

/// An enrolled agent. A clone is a second copy of the same identity that shares its connection and not its counters.
#[derive(Clone, Debug)]
pub struct Peer {
    client: reqwest::Client,
    url: String,
    enrollment: Enrollment,
    machine: Machine,
    digest: String,
    boot_id: Uuid,
    /// The epoch of the next report.
    pub epoch: u64,
    /// The sequence number of the last report that [`Peer::next`] made.
    pub seq: u64,
    receipt: Option<String>,
}

impl Peer {
    /// Enrols a machine with a key of its own.
    ///
    /// # Errors
    /// The collector refuses, or cannot be reached; its answer is in the error.
    pub async fn enroll(agents_url: &str, token: &str, machine: Machine) -> Result<Self> {
        let enrollment = Identity::generate()?.enroll(agents_url, token, &machine).await?;
        Self::enrolled(agents_url, enrollment, machine)
    }

    /// An agent whose enrolment is done; connects with its first request.
    ///
    /// # Errors
    /// The collector gave something that cannot be used.
    pub fn enrolled(agents_url: &str, enrollment: Enrollment, machine: Machine) -> Result<Self> {
        let EnrollResponse { certificate, ca, .. } = &enrollment.response;
        let tls = mutual(ca, certificate, &enrollment.identity.key_pem())?;
        Ok(Self {
            client: client(tls)?,
            url: agents_url.to_owned(),
            digest: machine.digest(),
            boot_id: Uuid::new_v4(),
            epoch: 1,
            seq: 0,
            receipt: None,
            enrollment,
            machine,
        })
    }

    /// What the collector gave at enrolment.
    #[must_use]
    pub fn given(&self) -> &EnrollResponse {
        &self.enrollment.response
    }

    /// The key it proves with every connection.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.enrollment.identity
    }

    /// Its id, as the admin API writes it.
    #[must_use]
    pub fn id(&self) -> String {
        self.given().agent_id.to_string()
    }

    /// The machine it speaks for.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The next report: the sequence number goes up, the receipt is echoed, the hardware is left out.
    pub fn next(&mut self, sessions: Vec<Session>) -> Report {
        self.seq += 1;
        Report {
            protocol: PROTOCOL,
            boot_id: self.boot_id,
            epoch: self.epoch,
            seq: self.seq,
            collected_at: SystemClock.now(),
            hardware_digest: self.digest.clone(),
            hardware: None,
            software_digest: None,
            software: None,
            sessions,
            ended: Vec::new(),
            dropped: 0,
            receipt: self.receipt.clone(),
            incomplete: Vec::new(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The next report with the hardware in it.
    pub fn next_whole(&mut self, sessions: Vec<Session>) -> Report {
        let hardware = Some(self.machine.hardware.clone());
        Report { hardware, ..self.next(sessions) }
    }

    /// Sends a report.
    ///
    /// # Errors
    /// No answer, or not JSON.
    pub async fn report(&mut self, report: &Report) -> Result<(StatusCode, Value)> {
        let body = serde_json::to_vec(report).context("a report as JSON")?;
        let (status, answer) = self.report_raw(body, HeaderMap::new()).await?;
        if let Some(receipt) = answer.get("receipt").and_then(Value::as_str) {
            self.receipt = Some(receipt.to_owned());
        }
        Ok((status, answer))
    }

    /// Sends a report that must be taken, in another epoch where the collector asks for one.
    ///
    /// # Errors
    /// It is refused.
    pub async fn deliver(&mut self, mut report: Report) -> Result<()> {
        let (mut status, mut answer) = self.report(&report).await?;
        if let (StatusCode::CONFLICT, Some(epoch)) = (status, answer.get("epoch").and_then(Value::as_u64)) {
            (self.epoch, report.epoch) = (epoch, epoch);
            (status, answer) = self.report(&report).await?;
        }
        anyhow::ensure!(status == StatusCode::OK, "a report was refused with {status}: {answer:#}");
        Ok(())
    }

    /// Sends any bytes as a report, with more headers.
    ///
    /// # Errors
    /// No answer, or not JSON.
    pub async fn report_raw(&self, body: impl Into<reqwest::Body>, headers: HeaderMap) -> Result<(StatusCode, Value)> {
        http::answer(self.request(Method::POST, path::REPORT).body(body).headers(headers)).await
    }

    /// A request to any path of the agents' listener, over its own connection.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let json = HeaderValue::from_static("application/json");
        self.client.request(method, format!("{}{path}", self.url)).header(CONTENT_TYPE, json)
    }

    /// The payload of a verdict or receipt, once its signature was verified with the key given at enrolment.
    ///
    /// # Errors
    /// It is not signed by the collector, or says something else.
    pub fn verified<T: DeserializeOwned>(&self, envelope: &Value) -> Result<T> {
        let text = envelope.as_str().with_context(|| format!("no signed text but {envelope}"))?;
        let envelope = signed::split(text)?;
        let key = STANDARD.decode(&self.given().verify_key).context("the collector's verify key")?;
        let key: [u8; 32] = key.try_into().map_err(|_| anyhow::anyhow!("a verify key has 32 bytes"))?;
        anyhow::ensure!(
            muster_runtime::signed::verify(&key, &envelope.payload, &envelope.signature),
            "the signature is not the collector's"
        );
        serde_json::from_slice(&envelope.payload).context("the payload of a signed text")
    }
}
