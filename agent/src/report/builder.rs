//! One report from the facts it states.
//!
//! In: facts, a sequence number, an epoch. Out: the wire message. Pure: the same facts always give the same report. It
//! keeps the protocol's limits so that no report is refused for its size.

use chrono::{DateTime, Utc};
use muster_wire::{
    PROTOCOL,
    hardware::Hardware,
    limits::REPORT_SESSIONS,
    report::Report,
    session::{EndedSession, Session},
    software::Package,
};
use uuid::Uuid;

/// What a report states.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The machine's boot.
    pub boot_id: Uuid,
    /// When the agent looked.
    pub collected_at: DateTime<Utc>,
    /// Digest of the hardware.
    pub hardware_digest: &'a str,
    /// The hardware, where the collector may not know the digest.
    pub hardware: Option<&'a Hardware>,
    /// Digest of the software list; none before the first look at it.
    pub software_digest: Option<&'a str>,
    /// The software list, where the collector asked for it.
    pub software: Option<&'a [Package]>,
    /// All live sessions.
    pub sessions: &'a [Session],
    /// Sessions that ended since the last report.
    pub ended: &'a [EndedSession],
    /// The last receipt.
    pub receipt: Option<&'a str>,
    /// What could not be collected.
    pub incomplete: &'a [String],
}

/// The report.
#[must_use]
pub fn build(facts: &Facts<'_>, epoch: u64, seq: u64, dropped: u64) -> Report {
    let mut incomplete = facts.incomplete.to_vec();
    let over = facts.sessions.len().saturating_sub(REPORT_SESSIONS);
    if over > 0 {
        incomplete.push(format!("sessions: {over} more than the {REPORT_SESSIONS} that fit a report"));
    }
    let sessions: Vec<Session> = facts.sessions.iter().take(REPORT_SESSIONS).cloned().collect();
    let ended = facts.ended.iter().take(REPORT_SESSIONS - sessions.len()).cloned().collect();
    Report {
        protocol: PROTOCOL,
        boot_id: facts.boot_id,
        epoch,
        seq,
        collected_at: facts.collected_at,
        hardware_digest: facts.hardware_digest.to_owned(),
        hardware: facts.hardware.cloned(),
        software_digest: facts.software_digest.map(str::to_owned),
        software: facts.software.map(|packages| packages.to_vec().into()),
        sessions,
        ended,
        dropped,
        receipt: facts.receipt.map(str::to_owned),
        incomplete,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Cuts `ended` to what fits one report beside `live` sessions and returns the rest, for the next one.
pub fn split_ended(live: usize, ended: &mut Vec<EndedSession>) -> Vec<EndedSession> {
    let room = REPORT_SESSIONS.saturating_sub(live);
    if ended.len() > room { ended.split_off(room) } else { Vec::new() }
}

/// Whether two snapshots say the same: everything but the idle time, which changes by itself. The order does not matter.
#[must_use]
pub fn same_sessions(left: &[Session], right: &[Session]) -> bool {
    let still = |sessions: &[Session]| {
        let mut sessions: Vec<Session> =
            sessions.iter().cloned().map(|session| Session { idle_seconds: None, ..session }).collect();
        sessions.sort_by(|left, right| (&left.id, left.started_at).cmp(&(&right.id, right.started_at)));
        sessions
    };
    left.len() == right.len() && still(left) == still(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::session::{EndReason, SessionState};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn session(id: usize) -> Session {
        Session {
            id: id.to_string(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.11".to_owned(),
            client: "ssh".to_owned(),
            tty: None,
            state: SessionState::Active,
            started_at: at(0),
            idle_seconds: Some(id as u64),
            groups: vec![],
            applications: vec![],
        }
    }

    fn ended(id: usize) -> EndedSession {
        EndedSession {
            id: id.to_string(),
            user: "bob".to_owned(),
            client_ip: "10.0.0.12".to_owned(),
            client: "ssh".to_owned(),
            started_at: at(0),
            ended_at: at(1),
            reason: EndReason::Logout,
            applications: vec![],
        }
    }

    fn build_with(live: usize, gone: usize) -> Report {
        let sessions: Vec<_> = (0..live).map(session).collect();
        let ended: Vec<_> = (0..gone).map(ended).collect();
        let facts = Facts {
            boot_id: Uuid::from_u128(1),
            collected_at: at(5),
            hardware_digest: "sha256:00",
            hardware: None,
            software_digest: Some("sha256:11"),
            software: None,
            sessions: &sessions,
            ended: &ended,
            receipt: Some("r"),
            incomplete: &[],
        };
        build(&facts, 3, 42, 7)
    }

    #[test]
    fn states_the_facts() {
        let report = build_with(2, 1);
        assert_eq!((report.protocol, report.epoch, report.seq, report.dropped), (1, 3, 42, 7));
        assert_eq!((report.sessions.len(), report.ended.len()), (2, 1));
        assert_eq!(report.receipt.as_deref(), Some("r"));
        assert!(report.hardware.is_none() && report.incomplete.is_empty());
    }

    #[test]
    fn keeps_the_limit_and_says_so() {
        for (live, gone, expected_live, expected_gone, complete) in
            [(512, 3, 512, 0, true), (510, 3, 510, 2, true), (0, 600, 0, 512, true), (600, 1, 512, 0, false)]
        {
            let report = build_with(live, gone);
            assert_eq!((report.sessions.len(), report.ended.len()), (expected_live, expected_gone));
            assert_eq!(report.incomplete.is_empty(), complete);
            let mut list: Vec<_> = (0..gone).map(ended).collect();
            let rest = split_ended(live, &mut list);
            assert_eq!((list.len(), rest.len()), (expected_gone, gone - expected_gone), "what does not fit waits");
        }
    }

    #[test]
    fn idle_time_and_order_are_no_change() {
        let idle = |seconds| Session { idle_seconds: seconds, ..session(1) };
        assert!(same_sessions(&[idle(None), session(2)], &[session(2), idle(Some(9))]));
        assert!(!same_sessions(&[session(1)], &[]));
        assert!(!same_sessions(&[session(1)], &[Session { client_ip: "10.0.0.99".to_owned(), ..session(1) }]));
    }
}
