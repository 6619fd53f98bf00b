//! One report: decided by its sequence, compared with what is known, committed, then answered.

use super::{
    entry::Entry,
    facts::{self, ClockOffset},
    fleet::Fleet,
    next::next_report_in,
    sequence::{self, Decision},
    software::{Reported, SoftwareLists},
};
use crate::{
    assets::ReferenceTables,
    publish::{Board, ReportResult},
    sessions::{Seen, Sessions},
    store::{
        StoreError, Stores,
        ports::Observation,
        records::{AgentProgress, AgentStatus, Change, ReportMark},
    },
    trust::Authority,
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use muster_wire::{
    limits,
    problem::{Code, Problem},
    report::{Need, Policy, Report, ReportResponse},
};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Highest epoch and sequence number: what every JSON reader can tell apart.
const HIGHEST: u64 = 1 << 53;
/// Longest digest: an algorithm's name and 64 bytes in hexadecimal.
const DIGEST_BYTES: usize = 160;

/// Where the signed texts for agents come from, and where the receipts they echo go.
#[async_trait]
pub trait VerdictSource: Send + Sync {
    /// The verdict in force.
    fn verdict(&self) -> Option<Arc<str>>;
    /// The receipt in force.
    fn receipt(&self) -> Option<Arc<str>>;
    /// Which collector signs.
    fn collector_id(&self) -> Uuid;
    /// A text of this collector in a signed envelope. The text says what it is, so that it stands for nothing else.
    fn sign(&self, payload: &[u8]) -> String;
    /// An agent echoed a receipt that is not the one in force.
    async fn witness(&self, receipt: &str);
}

/// What an ingest is built from.
pub struct Parts {
    /// The agents.
    pub fleet: Arc<Fleet>,
    /// The live sessions.
    pub sessions: Arc<Sessions>,
    /// Lists of installed software.
    pub software: Arc<SoftwareLists>,
    /// What reference fields point to.
    pub references: Arc<ReferenceTables>,
    /// The certificate authority.
    pub authority: Arc<Authority>,
    /// Whether the product is disabled, and alerts.
    pub board: Arc<Board>,
    /// Verdicts and receipts.
    pub verdicts: Arc<dyn VerdictSource>,
    /// What verdicts and receipts are checked with.
    pub verify_key: [u8; 32],
    /// How often agents report.
    pub report_interval: Duration,
}

/// A report that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The answer for the agent.
    pub response: ReportResponse,
    /// What became of it.
    pub result: ReportResult,
}

/// Takes messages of agents.
pub struct Ingest {
    pub(super) parts: Parts,
    pub(super) enrollments: super::EnrollLimits,
    /// Held while a newcomer is compared with who is here and stored: two of one machine come one after the other.
    pub(super) admitting: tokio::sync::Mutex<()>,
}

impl Ingest {
    /// An ingest of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            enrollments: super::EnrollLimits::new(Arc::clone(parts.fleet.clock())),
            admitting: tokio::sync::Mutex::default(),
            parts,
        }
    }

    /// The agents.
    #[must_use]
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.parts.fleet
    }

    /// Takes a report: what it changed is durable when this returns.
    ///
    /// # Errors
    /// 409 `resync`, 413 beyond a limit, 403 for a copied identity, 503 while the store cannot be written.
    pub async fn report(
        &self,
        entry: &Arc<Entry>,
        report: Report,
        body: &[u8],
        sent: Option<DateTime<Utc>>,
    ) -> Result<Taken, Problem> {
        within_limits(&report)?;
        let clock = self.parts.fleet.clock();
        let received = clock.now();
        let digest: [u8; 32] = Sha256::digest(body).into();
        let mut kept = [0; 16];
        kept.copy_from_slice(digest.split_at(16).0);
        let mark = ReportMark { epoch: report.epoch, seq: report.seq, digest: kept };
        let receipt = report.receipt.clone();
        let hardware_digest = report.hardware_digest.clone();
        let software_digest = report.software_digest.clone();
        let mut progress = entry.progress.lock().await;
        if !Self::counts(entry.record().status) {
            return Err(Problem::new(Code::AgentRevoked, "the agent was revoked; enrol it again with a new join token"));
        }
        let result = match sequence::decide(&progress, &mark) {
            Decision::Take => {
                let offset = ClockOffset::measure(received, sent);
                match self.take(entry, &mut progress, mark, report, offset, received).await? {
                    true => ReportResult::Stored,
                    false => ReportResult::Unchanged,
                }
            }
            Decision::Known => {
                progress.last_seen = received;
                ReportResult::Repeated
            }
            Decision::Resync(epoch) => return Err(self.resync(entry, &mut progress, epoch).await),
            Decision::Forked => return Err(self.forked(entry).await),
        };
        let response = self.answer(entry, &progress, (&hardware_digest, software_digest.as_deref()), received);
        drop(progress);
        if let Some(receipt) = receipt
            && self.parts.verdicts.receipt().as_deref() != Some(receipt.as_str())
        {
            self.parts.verdicts.witness(&receipt).await;
        }
        Ok(Taken { response, result })
    }

    /// Commits what a new report changed; false when it changed nothing.
    pub(super) async fn take(
        &self,
        entry: &Entry,
        progress: &mut AgentProgress,
        mark: ReportMark,
        report: Report,
        clock: ClockOffset,
        received: DateTime<Utc>,
    ) -> Result<bool, Problem> {
        let agent = entry.record().id;
        let Report {
            protocol: _,
            boot_id,
            epoch,
            seq: _,
            collected_at,
            hardware_digest,
            hardware,
            software_digest,
            software,
            sessions,
            ended,
            dropped,
            receipt: _,
            incomplete,
            agent_version,
        } = report;
        let seen = Seen {
            agent,
            rebooted: progress.boot_id.is_some_and(|before| before != boot_id),
            at: clock.ours(collected_at),
            listed: sessions.into_iter().map(|session| facts::session(agent, boot_id, clock, session)).collect(),
            whole: !incomplete.iter().any(|what| what.starts_with("sessions")),
            passed: ended.into_iter().map(|ended| facts::passed(agent, boot_id, clock, ended)).collect(),
        };
        let difference = self.parts.sessions.compare(seen);
        let new_hardware = hardware.filter(|_| progress.hardware_digest.as_deref() != Some(hardware_digest.as_str()));
        let observation = match (&new_hardware, entry.record().asset) {
            (Some(hardware), Some(asset)) => Some(Observation {
                asset,
                agent,
                layer: facts::observed(hardware),
                references: facts::named(hardware),
                hardware: serde_json::to_vec(hardware).unwrap_or_default(),
                at: received,
            }),
            _ => None,
        };
        // Before the report itself: one that is lost afterwards is sent again, and its list is known then.
        let software = match (software, software_digest, entry.record().asset) {
            (Some(list), Some(digest), Some(asset)) => {
                self.parts.software.take(Reported { asset, agent, digest, list, at: received }).await
            }
            _ => false,
        };
        let changed = software
            || !difference.is_empty()
            || observation.is_some()
            || dropped > 0
            || epoch != progress.epoch
            || progress.boot_id != Some(boot_id)
            || entry.is_known_of_old(received);
        let agent_version = facts::text(&agent_version);
        if changed {
            let change = Change::Report {
                agent,
                mark,
                boot_id,
                received_at: received,
                agent_version: agent_version.clone(),
                hardware_digest: observation.is_some().then(|| hardware_digest.clone()),
                started: difference.started.clone(),
                ended: difference.ended.clone(),
                passed: difference.passed.clone(),
                dropped,
            };
            let known_hardware = observation.is_some();
            let named = observation.as_ref().map(|observation| observation.references.clone()).unwrap_or_default();
            self.stores().reports.append(change, observation).await.map_err(|error| unavailable(&error))?;
            entry.stored(received);
            if known_hardware {
                progress.hardware_digest = Some(hardware_digest);
            }
            self.parts.references.learn(&named).await;
        }
        sequence::advance(progress, &mark);
        progress.boot_id = Some(boot_id);
        progress.last_seen = received;
        progress.agent_version = agent_version;
        progress.dropped = progress.dropped.saturating_add(dropped);
        self.parts.sessions.apply(difference);
        entry.heard(progress, incomplete.iter().map(|what| facts::text(what)).take(16).collect(), self.parts.fleet.ready());
        Ok(changed)
    }

    async fn resync(&self, entry: &Entry, progress: &mut AgentProgress, epoch: u64) -> Problem {
        let agent = entry.record().id;
        if progress.resync_to != Some(epoch) {
            if let Err(error) = self.stores().reports.append(Change::Resync { agent, epoch }, None).await {
                return unavailable(&error);
            }
            tracing::info!(%agent, epoch, "agent told to go on with a new epoch");
            progress.resync_to = Some(epoch);
        }
        Problem::new(Code::Resync, "this sequence number was used for another report; go on with the epoch given here")
            .with("epoch", epoch)
    }

    async fn forked(&self, entry: &Entry) -> Problem {
        if let Err(error) = self.parts.fleet.quarantine(entry).await {
            return unavailable(&error);
        }
        Problem::new(Code::Forbidden, "another copy of this agent's identity reports; an administrator must resolve it")
    }

    fn answer(
        &self,
        entry: &Entry,
        progress: &AgentProgress,
        (hardware, software): (&str, Option<&str>),
        now: DateTime<Utc>,
    ) -> ReportResponse {
        let record = entry.record();
        let mut need = Vec::new();
        if record.asset.is_some() && progress.hardware_digest.as_deref() != Some(hardware) {
            need.push(Need::Hardware);
        }
        if let (Some(asset), Some(digest)) = (record.asset, software)
            && self.parts.software.wants(asset, digest, now)
        {
            need.push(Need::Software);
        }
        if renewal_helps(record.certificate_until, self.parts.authority.not_after(), now) {
            need.push(Need::Renew);
        }
        ReportResponse {
            acked_seq: progress.seq,
            next_report_in: if need.is_empty() { next_report_in(self.parts.report_interval) } else { 1 },
            need,
            policy: Policy { version: self.parts.sessions.policy().version },
            verdict: self.parts.verdicts.verdict().map(|text| text.to_string()),
            receipt: self.parts.verdicts.receipt().map(|text| text.to_string()),
        }
    }

    /// The live sessions and the pools.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.parts.sessions
    }

    /// Who signs.
    #[must_use]
    pub fn verdicts(&self) -> &dyn VerdictSource {
        self.parts.verdicts.as_ref()
    }

    pub(super) fn stores(&self) -> &Stores {
        self.parts.fleet.stores()
    }

    /// Whether an agent's status lets its reports count.
    #[must_use]
    pub fn counts(status: AgentStatus) -> bool {
        matches!(status, AgentStatus::Active | AgentStatus::Quarantined)
    }
}

/// Whether an agent should ask for another certificate. Beyond the end of the CA (or under a clock that says so) none would live
/// longer than the one it has: asking again with every report would only bring the whole fleet back each second.
fn renewal_helps(until: DateTime<Utc>, ca_until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    until - now < TimeDelta::days(1) && until < ca_until
}

/// 503 with what the store said; the agent tries again.
pub(super) fn unavailable(error: &StoreError) -> Problem {
    tracing::error!(%error, "a message of an agent could not be stored");
    Problem::new(Code::Unavailable, "the collector cannot store anything now; nothing was taken, try again")
}

fn within_limits(report: &Report) -> Result<(), Problem> {
    if report.protocol != muster_wire::PROTOCOL {
        return Err(Problem::new(
            Code::InvalidValue,
            format!("protocol {} is not spoken here, protocol {} is", report.protocol, muster_wire::PROTOCOL),
        ));
    }
    if report.seq == 0 || report.epoch == 0 || report.boot_id == Uuid::nil() {
        return Err(Problem::new(Code::InvalidValue, "epoch, seq and boot_id must not be 0"));
    }
    if report.seq > HIGHEST || report.epoch > HIGHEST {
        return Err(Problem::new(Code::InvalidValue, format!("epoch and seq must be at most {HIGHEST}")));
    }
    for (name, digest) in
        [("hardware_digest", Some(&report.hardware_digest)), ("software_digest", report.software_digest.as_ref())]
    {
        if digest.is_some_and(|digest| digest.len() > DIGEST_BYTES) {
            return Err(Problem::new(Code::InvalidValue, format!("{name} is longer than {DIGEST_BYTES} bytes")));
        }
    }
    let sessions = report.sessions.len() + report.ended.len();
    if sessions > limits::REPORT_SESSIONS {
        return Err(Problem::new(
            Code::TooLarge,
            format!("{sessions} sessions in one report; at most {} are taken", limits::REPORT_SESSIONS),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_is_asked_for_when_it_is_near_and_helps() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let hours = |hours| now + TimeDelta::hours(hours);
        for (until, ca_until, expected) in [
            (hours(25), hours(9_000), false),
            (hours(23), hours(9_000), true),
            (hours(-500), hours(9_000), true),
            (hours(23), hours(23), false),
            (hours(-500), hours(-500), false),
            (hours(-600), hours(-500), true),
        ] {
            assert_eq!(renewal_helps(until, ca_until, now), expected, "{until} {ca_until}");
        }
    }
}
