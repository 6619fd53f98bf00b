//! How the agent is doing, for `status` and `GET /v1/status`.
//!
//! In: the files of the state directory, or the same things in a running agent. Out: one flat document. No secret is in it.

use crate::{
    broker::{Book, Overview},
    config::Config,
    enforce::Hooks,
    identity::{Identity, StateError, spool_dir},
    report::{Outbox, Progress},
    spool::{Backlog, Counters, Spool},
    verdict::{State, Verdicts, View},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

/// The status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The agent's version.
    pub version: String,
    /// Whether an agent runs and said this itself.
    pub running: bool,
    /// Whether there is an identity.
    pub enrolled: bool,
    /// The identity.
    pub agent_id: Option<Uuid>,
    /// The collector it belongs to.
    pub collector_id: Option<Uuid>,
    /// Where reports go.
    pub collectors: Vec<String>,
    /// Until when the certificate is valid; it is renewed long before.
    pub certificate_expires_at: Option<DateTime<Utc>>,
    /// The epoch reports go under.
    pub epoch: Option<u64>,
    /// The number of the next report.
    pub next_seq: u64,
    /// When the collector last took a report.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Why the last delivery did not succeed.
    pub last_error: Option<String>,
    /// Seconds between reports, as the collector said.
    pub report_interval_seconds: Option<u64>,
    /// Reports that wait.
    pub waiting_reports: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// How many of them are only in memory, because the disk takes none.
    pub waiting_in_memory: u64,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<DateTime<Utc>>,
    /// Reports that were lost since the enrolment.
    pub dropped_reports: u64,
    /// How many of them were damaged on disk.
    pub damaged_reports: u64,
    /// Live sessions in the newest report.
    pub sessions: usize,
    /// The licence's state as this machine knows it.
    pub verdict: State,
    /// Why, as the collector said.
    pub verdict_reason: Option<String>,
    /// Until when the verdict may be relied on.
    pub verdict_valid_until: Option<DateTime<Utc>>,
    /// Borrowed licences, and what was used without one.
    #[serde(default)]
    pub checkouts: Overview,
    /// What ran because of it.
    #[serde(default)]
    pub hooks: Hooks,
}

/// The status of a running agent.
#[must_use]
pub(super) fn of_running(
    identity: Option<&Identity>,
    collectors: Vec<String>,
    outbox: &Outbox,
    view: View,
    checkouts: Overview,
    hooks: Hooks,
) -> Status {
    assemble(Parts {
        running: true,
        identity,
        collectors,
        progress: outbox.progress(),
        backlog: outbox.backlog(),
        counters: outbox.counters(),
        next_seq: outbox.next_seq(),
        view,
        checkouts,
        hooks,
    })
}

/// The status as the files of a state directory tell it, while no agent runs.
///
/// # Errors
/// When they cannot be read.
pub fn from_files(config: &Config, now: DateTime<Utc>) -> Result<Status, StateError> {
    let dir: &Path = &config.state_dir;
    let failed = |source| StateError::Directory { path: dir.to_owned(), source };
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let identity = Identity::load(dir)?;
    let progress = Progress::load(dir).map_err(failed)?;
    let (backlog, counters, next_seq) =
        Spool::peek(&spool_dir(dir)).map_err(|error| StateError::Damaged { path: spool_dir(dir), reason: error.to_string() })?;
    let view = match &identity {
        Some(identity) => {
            let record = &identity.record;
            Verdicts::open(dir, None, record.collector_id, record.verify_key).view(now)
        }
        None => View::of(None, now),
    };
    let collectors = config.collector.clone();
    let hooks = Hooks::look(&config.enforce, dir, true);
    let identity = identity.as_ref();
    let checkouts = Book::open(dir, now).overview();
    Ok(assemble(Parts { running: false, identity, collectors, progress, backlog, counters, next_seq, view, checkouts, hooks }))
}

struct Parts<'a> {
    running: bool,
    identity: Option<&'a Identity>,
    collectors: Vec<String>,
    progress: Progress,
    backlog: Backlog,
    counters: Counters,
    next_seq: u64,
    view: View,
    checkouts: Overview,
    hooks: Hooks,
}

fn assemble(parts: Parts<'_>) -> Status {
    let Parts { running, identity, mut collectors, progress, backlog, counters, next_seq, view, checkouts, hooks } = parts;
    let record = identity.map(|identity| &identity.record);
    if collectors.is_empty() {
        collectors = record.map(|record| record.collectors.clone()).unwrap_or_default();
    }
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        running,
        enrolled: identity.is_some(),
        agent_id: record.map(|record| record.agent_id),
        collector_id: record.map(|record| record.collector_id),
        collectors,
        certificate_expires_at: identity.and_then(|identity| Some(identity.facts().ok()?.not_after)),
        epoch: record.map(|record| record.epoch),
        next_seq,
        last_contact_at: progress.last_contact_at,
        last_error: progress.last_error,
        report_interval_seconds: progress.next_report_in,
        waiting_reports: backlog.reports,
        waiting_bytes: backlog.bytes,
        waiting_in_memory: backlog.in_memory,
        oldest_waiting_at: backlog.oldest_at,
        dropped_reports: counters.dropped,
        damaged_reports: counters.damaged,
        sessions: progress.sessions.len(),
        verdict: view.state,
        verdict_reason: view.reason,
        verdict_valid_until: view.valid_until,
        checkouts,
        hooks,
    }
}
