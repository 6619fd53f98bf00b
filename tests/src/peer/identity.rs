//! Who a simulated agent is before the collector knows it. In: nothing, or a CSR of a test's own making. Out: a key pair
//! on P-256, its request, and the answer to an enrolment.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use muster_wire::enroll::{EnrollRequest, EnrollResponse};
use muster_wire::path;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use reqwest::StatusCode;
use rustls::ClientConfig;
use serde_json::Value;

use super::machine::Machine;
use super::token::JoinToken;
use super::trust::pinned;
use crate::http;

/// A key and the request that proves it.
#[derive(Clone, Debug)]
pub struct Identity {
    key: Arc<KeyPair>,
    csr: String,
}

/// An enrolment that was granted.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Whose it is.
    pub identity: Identity,
    /// What the collector gave.
    pub response: EnrollResponse,
}

impl Identity {
    /// A new key on P-256 with an empty request.
    ///
    /// # Errors
    /// No key can be made.
    pub fn generate() -> Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("make the agent's key")?;
        Self::asking(key, CertificateParams::new(Vec::new()).context("an empty request")?)
    }

    /// A key with a request of the caller's own making.
    ///
    /// # Errors
    /// The request cannot be signed.
    pub fn asking(key: KeyPair, wishes: CertificateParams) -> Result<Self> {
        let csr = wishes.serialize_request(&key).context("sign the request")?.pem().context("the request as PEM")?;
        Ok(Self { key: Arc::new(key), csr })
    }

    /// The same key with another text for a request.
    #[must_use]
    pub fn with_csr(&self, csr: String) -> Self {
        Self { key: Arc::clone(&self.key), csr }
    }

    /// The request, PEM.
    #[must_use]
    pub fn csr(&self) -> &str {
        &self.csr
    }

    /// The private key, PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The public key (SubjectPublicKeyInfo, DER).
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        rcgen::PublicKeyData::subject_public_key_info(self.key.as_ref())
    }

    /// Asks to be enrolled; whatever the collector answers. The pin in the token is checked first, in the handshake.
    ///
    /// # Errors
    /// No token, no answer, or a server that the pin does not vouch for.
    pub async fn ask(&self, agents_url: &str, token: &str, machine: &Machine) -> Result<(StatusCode, Value)> {
        let pin = JoinToken::read(token)?.pin;
        self.ask_over(pinned(pin)?, agents_url, token, machine).await
    }

    /// The same over TLS of the caller's choice, with whatever text as a token.
    ///
    /// # Errors
    /// No answer.
    pub async fn ask_over(
        &self,
        tls: ClientConfig,
        agents_url: &str,
        token: &str,
        machine: &Machine,
    ) -> Result<(StatusCode, Value)> {
        let request = EnrollRequest {
            token: token.to_owned(),
            csr: self.csr.clone(),
            hostname: machine.hostname.clone(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            hardware: machine.hardware.clone(),
        };
        let request = client(tls)?.post(format!("{agents_url}{}", path::ENROLL)).json(&request);
        http::answer(request).await
    }

    /// Enrols.
    ///
    /// # Errors
    /// The collector refuses; its answer is in the error.
    pub async fn enroll(&self, agents_url: &str, token: &str, machine: &Machine) -> Result<Enrollment> {
        let (status, answer) = self.ask(agents_url, token, machine).await?;
        anyhow::ensure!(status == StatusCode::CREATED, "enrolment refused with {status}: {answer:#}");
        let response = serde_json::from_value(answer).context("the answer to an enrolment")?;
        Ok(Enrollment { identity: self.clone(), response })
    }
}

/// An HTTP client over this TLS: no proxy, no redirects, one idle connection.
pub(super) fn client(tls: ClientConfig) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(1)
        .timeout(Duration::from_secs(60))
        .build()
        .context("build the agent's HTTP client")
}
