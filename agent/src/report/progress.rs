//! What the agent remembers of its reports over a restart, beside the spool.
//!
//! In and out: one small file. Losing it loses no report: sessions that ended while the agent was down are not told, and
//! the receipt comes again with the next answer.

use chrono::{DateTime, Utc};
use muster_wire::{
    report::Report,
    session::{EndReason, EndedSession, Session},
};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};
use uuid::Uuid;

const FILE: &str = "progress.json";

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The boot in which `sessions` were seen.
    pub boot_id: Uuid,
    /// When they were seen.
    pub seen_at: Option<DateTime<Utc>>,
    /// The live sessions of the last report.
    pub sessions: Vec<Session>,
    /// The last receipt of the collector.
    pub receipt: Option<String>,
    /// Seconds between reports, as the collector said last.
    pub next_report_in: Option<u64>,
    /// The collector's policy.
    pub policy_version: u64,
    /// When the collector last took a report.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Why the last try did not succeed; nothing after one that did.
    pub last_error: Option<String>,
}

impl Progress {
    /// Reads it from the state directory; the default when there is none or it is damaged.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(dir: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other?,
        };
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(%error, file = FILE, "what the agent remembered is damaged; it starts without");
            Self::default()
        }))
    }

    /// Writes it into the state directory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, dir: &Path) -> io::Result<()> {
        muster_runtime::durable::write(&dir.join(FILE), &serde_json::to_vec(self)?, 0o600)
    }

    /// Takes over what a report says that was spooled after this was last saved.
    pub fn catch_up(&mut self, newest: &Report) {
        if self.seen_at.is_none_or(|seen| seen < newest.collected_at) {
            self.saw(newest);
        }
    }

    /// Remembers what a report says.
    pub fn saw(&mut self, report: &Report) {
        self.boot_id = report.boot_id;
        self.seen_at = Some(report.collected_at);
        self.sessions.clone_from(&report.sessions);
    }

    /// Splits the remembered sessions for a start in boot `now`: those that may still live, or, after a reboot, those that
    /// ended with it. When exactly they ended nobody saw; the last sight of them is the latest certain time.
    #[must_use]
    pub fn resume(&self, now: Uuid) -> (Vec<Session>, Vec<EndedSession>) {
        if self.boot_id == now {
            return (self.sessions.clone(), Vec::new());
        }
        let ended = self.sessions.iter().cloned().map(|session| EndedSession {
            ended_at: self.seen_at.unwrap_or(session.started_at).max(session.started_at),
            id: session.id,
            user: session.user,
            client_ip: session.client_ip,
            client: session.client,
            started_at: session.started_at,
            reason: EndReason::Shutdown,
            applications: session.applications,
        });
        (Vec::new(), ended.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn progress() -> Progress {
        let session = Session {
            id: "c1".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.11".to_owned(),
            client: "ssh".to_owned(),
            tty: None,
            state: muster_wire::session::SessionState::Active,
            started_at: at(0),
            idle_seconds: None,
            groups: vec![],
            applications: vec!["Incident Management".to_owned()],
        };
        Progress {
            boot_id: Uuid::from_u128(1),
            seen_at: Some(at(60)),
            sessions: vec![session],
            receipt: Some("r".to_owned()),
            ..Progress::default()
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages the file on purpose")]
    fn survives_a_restart_and_damage() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Progress::load(dir.path()).unwrap(), Progress::default());
        progress().save(dir.path()).unwrap();
        assert_eq!(Progress::load(dir.path()).unwrap(), progress());
        std::fs::write(dir.path().join(FILE), b"{\"boot_id\":").unwrap();
        assert_eq!(Progress::load(dir.path()).unwrap(), Progress::default());
    }

    #[test]
    fn a_reboot_ends_what_was_live() {
        let (live, ended) = progress().resume(Uuid::from_u128(1));
        assert_eq!((live.len(), ended.len()), (1, 0));
        let (live, ended) = progress().resume(Uuid::from_u128(2));
        assert_eq!((live.len(), ended.len()), (0, 1));
        assert_eq!((ended[0].reason, ended[0].ended_at), (EndReason::Shutdown, at(60)));
        assert_eq!(ended[0].applications, ["Incident Management"]);
    }
}
