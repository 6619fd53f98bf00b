//! Agents: who they are, and how far their reports have come.

use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{identity::Facets, layer::Layer},
    ids::{AgentId, AssetId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many report digests are kept per agent (contract 2.1).
pub const DIGESTS_KEPT: usize = 64;

/// First 16 bytes of the SHA-256 of a report as it was sent; compared within one epoch only.
pub type Digest = [u8; 16];

/// May this agent speak?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// Waits for an administrator.
    Pending,
    /// Reports are taken.
    Active,
    /// Two copies of one identity were seen: reports are taken, counted once, until somebody resolves it.
    Quarantined,
    /// Refused.
    Revoked,
}

/// An agent of another make: it has no certificate, and is who its device id says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignDevice {
    /// The interop credential that brought it.
    pub credential: String,
    /// What it calls itself.
    pub device_id: String,
    /// Which program it is, as it says.
    pub program: String,
}

/// One agent identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Its identity, the common name of its certificate.
    pub id: AgentId,
    /// May it speak?
    pub status: AgentStatus,
    /// SHA-256 of its public key (SubjectPublicKeyInfo, DER).
    pub key_hash: [u8; 32],
    /// The asset it reports for; none while pending.
    pub asset: Option<AssetId>,
    /// The join token it enrolled with; none for an agent of another make.
    pub token: Option<String>,
    /// The group of that token.
    pub group: Option<String>,
    /// What the machine called itself when it enrolled.
    pub hostname: String,
    /// The agent's version when it enrolled.
    pub agent_version: String,
    /// What recognises the machine.
    pub facets: Facets,
    /// What its asset shows when it is let in, from the hardware it enrolled with.
    pub observed: Layer,
    /// When it enrolled.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub enrolled_at: DateTime<Utc>,
    /// End of its certificate in force.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub certificate_until: DateTime<Utc>,
    /// The certificate last issued, PEM, so that a lost reply can be given again.
    pub certificate: String,
    /// The agent that took this one's place on the same machine.
    pub superseded_by: Option<AgentId>,
    /// Of an agent of another make: what brought it.
    pub foreign: Option<ForeignDevice>,
}

/// The newest report the collector has of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMark {
    /// Epoch of the sequence.
    pub epoch: u64,
    /// Sequence number.
    pub seq: u64,
    /// Digest of the report.
    pub digest: Digest,
}

/// How far the reports of an agent have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentProgress {
    /// Whose.
    pub agent: AgentId,
    /// The epoch in force.
    pub epoch: u64,
    /// The highest sequence number of that epoch; 0 before the first report.
    pub seq: u64,
    /// The epoch that a resync told the agent to use, until it does.
    pub resync_to: Option<u64>,
    /// The last reports of the epoch in force, oldest first, at most [`DIGESTS_KEPT`].
    pub recent: Vec<(u64, Digest)>,
    /// Digest of the hardware in the asset row.
    pub hardware_digest: Option<String>,
    /// Boot of the newest report.
    pub boot_id: Option<Uuid>,
    /// When the newest report arrived.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub last_seen: DateTime<Utc>,
    /// The agent's version of the newest report.
    pub agent_version: String,
    /// Reports that the agent said it dropped, over all time.
    pub dropped: u64,
}
