//! Enrolment and renewal: a join token and a proven key become an identity.

use super::{
    entry::Entry,
    facts,
    fleet::{DEVICE_SILENT_AFTER, Fleet},
    report::{Ingest, unavailable},
};
use crate::{
    publish::Gate,
    store::{
        ports::{Enrollment, Issued, TokenRefusal},
        records::{AgentRecord, AgentStatus, AuditEntry, EndReason},
    },
    trust::{csr, join},
};
use chrono::TimeDelta;
use data_encoding::BASE64;
use muster_domain::{
    asset::identity::{Facets, same_machine},
    ids::AgentId,
};
use muster_runtime::clock::SharedClock;
use muster_wire::{
    enroll::{EnrollRequest, EnrollResponse, RenewResponse},
    problem::{Code, Problem},
};
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

const FIRST_REPORT_IN: u64 = 3;
const REPLACE_AFTER_SILENCE: Duration = Duration::from_secs(3600);
const REPLACE_AFTER_AGE: TimeDelta = TimeDelta::hours(1);
const BURST: u32 = 50;
/// One more try comes back in this time.
const EACH: Duration = Duration::from_millis(100);

/// How many enrolments an address may try: a burst of 50, then 10 a second.
pub struct EnrollLimits {
    clock: SharedClock,
    buckets: Mutex<BTreeMap<IpAddr, (Duration, u32)>>,
}

impl EnrollLimits {
    /// Full buckets for everybody.
    #[must_use]
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, buckets: Mutex::default() }
    }

    fn admit(&self, address: IpAddr) -> bool {
        let now = self.clock.boottime();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // Full buckets need no entry; this also bounds the map.
        buckets.retain(|_, (at, left)| refill(*at, *left, now) < BURST);
        let (at, left) = buckets.get(&address).copied().unwrap_or((now, BURST));
        let refilled = refill(at, left, now);
        // The part of a try that came back since the last one is not lost, or trying often enough would never succeed.
        let at = if refilled < BURST { at + (refilled - left) * EACH } else { now };
        buckets.insert(address, (at, refilled.saturating_sub(1)));
        refilled > 0
    }
}

fn refill(at: Duration, left: u32, now: Duration) -> u32 {
    let tries = u32::try_from(now.saturating_sub(at).as_millis() / EACH.as_millis()).unwrap_or(u32::MAX);
    left.saturating_add(tries).min(BURST)
}

impl Ingest {
    /// Whether an enrolment from this address is looked at.
    ///
    /// # Errors
    /// 429 when the address tries too often.
    pub fn admit_enrollment(&self, address: IpAddr) -> Result<(), Problem> {
        if self.enrollments.admit(address) {
            Ok(())
        } else {
            Err(Problem::new(Code::TooMany, "too many enrolments from this address; try again later"))
        }
    }

    /// Enrols a machine. The same token and key give the same answer again.
    ///
    /// # Errors
    /// 403 while the product is disabled or for a bad token, 422 for a bad CSR, 503 while the store cannot be written.
    pub async fn enroll(&self, request: EnrollRequest) -> Result<EnrollResponse, Problem> {
        let EnrollRequest { token, csr, hostname, agent_version, hardware } = request;
        if let Gate::Closed { reason } = self.parts.board.gate() {
            return Err(Problem::new(
                Code::LicenseDisabled,
                format!(
                    "no machine can enrol while the product is disabled ({reason}); an administrator must apply a licence key"
                ),
            )
            .with("reason", reason));
        }
        let Some(presented) = join::parse(&token) else { return Err(refused(TokenRefusal::Unknown)) };
        let key = csr::proven_key(&csr).map_err(|error| Problem::new(Code::InvalidValue, error.to_string()))?;
        let now = self.parts.fleet.clock().now();
        let id = AgentId(Uuid::now_v7());
        let certificate = self.parts.authority.issue_agent(id, &key, now).map_err(|error| {
            tracing::error!(%error, "a certificate could not be issued");
            Problem::new(Code::Internal, "the certificate could not be issued")
        })?;
        let machine = facts::facets(&hardware);
        let _alone = self.admitting.lock().await;
        let standing = standing(&self.parts.fleet, &machine, &key.hash, false);
        let record = AgentRecord {
            id,
            status: AgentStatus::Active,
            key_hash: key.hash,
            asset: None,
            token: Some(presented.id.clone()),
            group: None,
            hostname: facts::text(&hostname),
            agent_version: facts::text(&agent_version),
            facets: machine,
            observed: facts::observed(&hardware),
            enrolled_at: now,
            certificate_until: certificate.until,
            certificate: certificate.chain,
            superseded_by: None,
            foreign: None,
        };
        let audit = AuditEntry {
            at: now,
            actor: format!("agent:{id}"),
            action: "agent.enroll".to_owned(),
            subject: id.to_string(),
            detail: serde_json::json!({
                "token": presented.id,
                "hostname": record.hostname,
                "supersedes": standing.supersedes().map(|old| old.to_string()),
                "held": standing == Standing::Busy,
            }),
        };
        let enrollment = Enrollment {
            token_id: presented.id,
            secret_hash: presented.secret_hash,
            now,
            agent: record,
            supersedes: standing.supersedes(),
            hold: standing == Standing::Busy,
            audit,
        };
        let agent = match self.stores().agents.enroll(enrollment).await.map_err(|error| unavailable(&error))? {
            Issued::New(agent) => {
                tracing::info!(agent = %agent.id, status = ?agent.status, "agent enrolled");
                self.in_place_of(standing, &agent).await;
                agent
            }
            Issued::Repeated(agent) => agent,
            Issued::Refused(refusal) => return Err(refused(refusal)),
        };
        self.parts.fleet.insert(agent.clone());
        Ok(EnrollResponse {
            agent_id: agent.id.into(),
            certificate: agent.certificate,
            ca: self.parts.authority.root_pem().to_owned(),
            collector_id: self.parts.board.collector_id(),
            verify_key: BASE64.encode(&self.parts.verify_key),
            next_report_in: FIRST_REPORT_IN,
        })
    }

    /// Ends what the agent was before whose place on the machine a newcomer took.
    pub(super) async fn in_place_of(&self, standing: Standing, newcomer: &AgentRecord) {
        let Some(old) = standing.supersedes().filter(|_| newcomer.asset.is_some()) else { return };
        self.parts.fleet.replaced(old, newcomer.id);
        if let Err(error) = self.parts.sessions.end_of_agent(old, EndReason::Revoked).await {
            tracing::error!(agent = %old, %error, "sessions of a replaced agent could not be ended");
        }
    }

    /// A new certificate for the key the agent has.
    ///
    /// # Errors
    /// 422 for a bad CSR or another key, 503 while the store cannot be written.
    pub async fn renew(&self, entry: &Entry, csr: &str) -> Result<RenewResponse, Problem> {
        let record = entry.record();
        let key = csr::proven_key(csr).map_err(|error| Problem::new(Code::InvalidValue, error.to_string()))?;
        if key.hash != record.key_hash {
            return Err(Problem::new(Code::InvalidValue, "the csr is for another key than the agent's own"));
        }
        let now = self.parts.fleet.clock().now();
        let certificate = self.parts.authority.issue_agent(record.id, &key, now).map_err(|error| {
            tracing::error!(%error, "a certificate could not be renewed");
            Problem::new(Code::Internal, "the certificate could not be issued")
        })?;
        self.stores()
            .agents
            .renewed(record.id, certificate.chain.clone(), certificate.until)
            .await
            .map_err(|error| unavailable(&error))?;
        entry.update(|record| {
            record.certificate.clone_from(&certificate.chain);
            record.certificate_until = certificate.until;
        });
        Ok(RenewResponse { certificate: certificate.chain, ca: self.parts.authority.root_pem().to_owned() })
    }
}

/// Whether the machine that enrols is here already under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is not.
    New,
    /// It is, revoked, or silent for an hour and enrolled for longer: it was installed again.
    Silent(AgentId),
    /// It is, and speaks: an administrator must look.
    Busy,
}

impl Standing {
    pub(super) fn supersedes(self) -> Option<AgentId> {
        match self {
            Self::Silent(agent) => Some(agent),
            Self::New | Self::Busy => None,
        }
    }
}

/// Where a machine stands. Nothing proves what a `foreign` one says of itself: it takes the place of none of our own that can speak. Our
/// own takes the place of a foreign one at once: it knows more of the same machine.
pub(super) fn standing(fleet: &Fleet, machine: &Facets, key_hash: &[u8; 32], foreign: bool) -> Standing {
    let now = fleet.clock().now();
    let mut found = Standing::New;
    for entry in fleet.entries() {
        let record = entry.record();
        let holds = record.asset.is_some() && record.superseded_by.is_none();
        if !holds || record.key_hash == *key_hash || !same_machine(&record.facets, machine) {
            continue;
        }
        if record.status == AgentStatus::Revoked {
            if foreign {
                // Whoever revoked it says who comes back.
                return Standing::Busy;
            }
            // It cannot speak; its machine is the same one, and still counted.
            found = Standing::Silent(record.id);
            continue;
        }
        let is_gone = match (foreign, record.foreign.is_some()) {
            (false, true) => true,
            (true, false) => false,
            (true, true) => fleet.silence_of(&entry) >= DEVICE_SILENT_AFTER,
            (false, false) => fleet.silence_of(&entry) >= REPLACE_AFTER_SILENCE && now - record.enrolled_at >= REPLACE_AFTER_AGE,
        };
        if !is_gone {
            return Standing::Busy;
        }
        found = Standing::Silent(record.id);
    }
    found
}

fn refused(refusal: TokenRefusal) -> Problem {
    let text = match refusal {
        TokenRefusal::Unknown => "the join token is not one of this collector",
        TokenRefusal::Expired => "the join token has expired; ask for a new one",
        TokenRefusal::UsedUp => "the join token was used up; ask for a new one",
        TokenRefusal::Revoked => "the join token was revoked; ask for a new one",
    };
    Problem::new(Code::JoinTokenInvalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ingest::fleet::tests::Site, sessions::Reporters as _, store::records::ForeignDevice};
    use muster_runtime::clock::TestClock;

    #[tokio::test]
    async fn a_machine_that_is_here_already() {
        let site = Site::new(&[(1, "4710"), (3, "4711")]).await;
        let (one, other) = (site.entry(1).record(), site.entry(3).record());
        let check = |machine: &AgentRecord, key: u8, expected: Standing, of_another_make: Standing| {
            assert_eq!(standing(&site.fleet, &machine.facets, &[key; 32], false), expected);
            assert_eq!(standing(&site.fleet, &machine.facets, &[key; 32], true), of_another_make, "of another make");
        };
        let unknown = AgentRecord { facets: Facets::default(), ..(*one).clone() };
        check(&unknown, 9, Standing::New, Standing::New);
        check(&one, 1, Standing::New, Standing::New);
        check(&one, 9, Standing::Busy, Standing::Busy);
        site.fleet.revoke(one.id, "user:anna").await.unwrap();
        check(&one, 9, Standing::Silent(one.id), Standing::Busy);
        check(&other, 9, Standing::Busy, Standing::Busy);
        // A device that tells of itself once a day is not gone, and takes no place of our own agents; ours take its place.
        let foreign = ForeignDevice { credential: "c".to_owned(), device_id: "d".to_owned(), program: "GLPI-Agent".to_owned() };
        let silence = |hours: u64| {
            for _ in 0..hours * 120 {
                site.clock.advance(Duration::from_secs(30));
                site.fleet.silent();
            }
        };
        silence(26);
        check(&other, 9, Standing::Silent(other.id), Standing::Busy);
        site.entry(3).update(|record| record.foreign = Some(foreign));
        check(&other, 9, Standing::Silent(other.id), Standing::Busy);
        silence(50);
        check(&other, 9, Standing::Silent(other.id), Standing::Silent(other.id));
    }

    #[test]
    fn a_burst_then_ten_a_second() {
        let clock = TestClock::at(chrono::DateTime::UNIX_EPOCH);
        let limits = EnrollLimits::new(clock.clone());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!((0..100).filter(|_| limits.admit(one)).count(), 50);
        assert!(limits.admit(other), "another address is not held up");
        clock.advance(Duration::from_secs(1));
        assert_eq!((0..100).filter(|_| limits.admit(one)).count(), 10);
        let often = (0..300).filter(|_| {
            clock.advance(Duration::from_millis(30));
            limits.admit(one)
        });
        assert_eq!(often.count(), 90, "who tries all the time is slowed down, not shut out");
    }
}
