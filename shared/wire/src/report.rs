//! Reports and their answers (contract 2.1).

use crate::{
    hardware::Hardware,
    session::{EndedSession, Session},
    software::PackageList,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /agent/v1/report`. The request's `Date` header is the agent's clock at the moment of sending, so that the collector can
/// tell an old report from a wrong clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`crate::PROTOCOL`].
    pub protocol: u32,
    /// Changes with every boot of the machine.
    pub boot_id: Uuid,
    /// Raised by a resync.
    pub epoch: u64,
    /// Raised by one with every report; stored by the agent before it sends.
    pub seq: u64,
    /// When the agent looked, by its own clock.
    pub collected_at: DateTime<Utc>,
    /// `sha256:<hex>` of the hardware as JSON.
    pub hardware_digest: String,
    /// Absent when the digest is known to the collector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Hardware>,
    /// `sha256:<hex>` of the software list as JSON; absent while software is not collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_digest: Option<String>,
    /// Installed software; absent when the digest is known to the collector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<PackageList>,
    /// The whole current list: a snapshot with a lease.
    pub sessions: Vec<Session>,
    /// Sessions that ended since the last acknowledged report.
    #[serde(default)]
    pub ended: Vec<EndedSession>,
    /// Reports that the agent had to drop from its full spool since the last acknowledged one.
    #[serde(default)]
    pub dropped: u64,
    /// The last receipt the collector gave, opaque to the agent.
    #[serde(default)]
    pub receipt: Option<String>,
    /// Facts the agent could not collect in time (`logind: no answer within 5 s`); empty when the report is whole.
    #[serde(default)]
    pub incomplete: Vec<String>,
    /// The agent's version.
    #[serde(default)]
    pub agent_version: String,
}

/// 200 of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportResponse {
    /// The highest sequence number the collector has of this agent in this epoch.
    pub acked_seq: u64,
    /// What the collector wants with the next report.
    #[serde(default)]
    pub need: Vec<Need>,
    /// Seconds until the next report.
    pub next_report_in: u64,
    /// Which policy is in force.
    #[serde(default)]
    pub policy: Policy,
    /// The signed verdict ([`crate::verdict::Verdict`]).
    #[serde(default)]
    pub verdict: Option<String>,
    /// The signed receipt to echo in the next report.
    #[serde(default)]
    pub receipt: Option<String>,
}

/// What a collector can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The hardware whose digest it does not know.
    Hardware,
    /// The software list whose digest it does not know.
    Software,
    /// A renewal of the certificate.
    Renew,
    /// A need this build does not know.
    #[serde(other)]
    Other,
}

/// The policy an agent follows, by version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Another one for every content ([`crate::policy::PolicyDocument::version`]).
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT_REPORT: &str = r#"{"protocol":1,"boot_id":"8f14e45f-ceea-467f-a0e6-d5c2a5b5e5a1","epoch":1,"seq":42,
        "collected_at":"2026-11-21T20:00:00Z","hardware_digest":"sha256:00","software_digest":"sha256:11","software":[],
        "sessions":[{"id":"c2","user":"alice","client_ip":"10.0.0.11","client":"ssh","tty":"pts/0","state":"active",
        "started_at":"2026-11-21T19:12:07Z","idle_seconds":12,"groups":[],"applications":["Incident Management"]}],
        "ended":[{"id":"c1","user":"bob","client_ip":"10.0.0.12","started_at":"2026-11-21T19:00:00Z",
        "ended_at":"2026-11-21T19:02:00Z","reason":"logout"}],"receipt":"x","from_the_future":{"a":1}}"#;

    #[test]
    fn the_contract_s_report_reads() {
        let report: Report = serde_json::from_str(CONTRACT_REPORT).unwrap();
        assert_eq!(report.seq, 42);
        assert_eq!(report.sessions[0].idle_seconds, Some(12));
        assert_eq!(report.ended[0].reason, crate::session::EndReason::Logout);
    }

    #[test]
    fn unknown_enum_values_become_other() {
        let text = CONTRACT_REPORT.replace("\"active\"", "\"teleporting\"").replace("\"logout\"", "\"abducted\"");
        let report: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(report.sessions[0].state, crate::session::SessionState::Other);
        assert_eq!(report.ended[0].reason, crate::session::EndReason::Other);
    }
}
