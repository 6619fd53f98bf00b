//! Enrolment and renewal (contract 2.1).

use crate::hardware::Hardware;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /agent/v1/enroll`. Only the public key is taken from the CSR.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollRequest {
    /// The join token, `mst1_...`.
    pub token: String,
    /// A PKCS#10 request in PEM: the proof that the agent has the private key.
    pub csr: String,
    /// What the machine calls itself: a claim, never an identity.
    pub hostname: String,
    /// The agent's version.
    pub agent_version: String,
    /// What the machine is, so that a re-installed one is recognised.
    #[serde(default)]
    pub hardware: Hardware,
}

impl std::fmt::Debug for EnrollRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrollRequest").field("hostname", &self.hostname).finish_non_exhaustive()
    }
}

/// 201 of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollResponse {
    /// The identity the collector gave.
    pub agent_id: Uuid,
    /// The agent's certificate and its issuer, PEM.
    pub certificate: String,
    /// The root the agent trusts from now on, PEM.
    pub ca: String,
    /// Which collector this is.
    pub collector_id: Uuid,
    /// The Ed25519 public key that verdicts and receipts are checked with, standard base64 of 32 bytes.
    pub verify_key: String,
    /// Seconds until the first report.
    pub next_report_in: u64,
}

/// `POST /agent/v1/renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// A PKCS#10 request in PEM.
    pub csr: String,
}

/// 200 of a renewal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewResponse {
    /// The agent's new certificate and its issuer, PEM.
    pub certificate: String,
    /// The root the agent trusts from now on, PEM.
    pub ca: String,
}
