//! The enrolment: one request with the join token and a CSR, one answer that makes the identity.
//!
//! In: a token, the collector's addresses, what the machine is. Out: an identity on disk, or a plain reason. The key is on
//! disk before the request is sent, so that a lost answer can be asked for again with the same key and burns no second use.

use super::{
    certificate::CertificateFacts,
    key::{AgentKey, KeyError},
    pin::{MeetError, PinnedRoot},
    state::{Identity, Record, StateDir, StateError},
    token::JoinToken,
};
use crate::uplink::{Answer, Http, HttpError, TransportError, tls_config_pinned};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use muster_runtime::{clock::SharedClock, exit::Exit, tls};
use muster_wire::{
    enroll::{EnrollRequest, EnrollResponse},
    hardware::Hardware,
    limits::ENROLL_BYTES,
    path,
    problem::Code,
};
use std::{sync::Arc, time::Duration};

/// What an enrolment needs.
#[derive(Debug)]
pub struct Enrollment<'a> {
    /// The locked state directory, without an identity.
    pub state: &'a StateDir,
    /// The collector's addresses, tried in this order.
    pub collectors: &'a [String],
    /// The join token.
    pub token: &'a JoinToken,
    /// A proxy, or nothing.
    pub proxy: &'a str,
    /// The clock.
    pub clock: SharedClock,
}

/// A finished enrolment.
#[derive(Debug)]
pub struct Enrolled {
    /// The identity; it is on disk.
    pub identity: Identity,
    /// How far the collector's clock is ahead of the local one, when it said.
    pub clock_ahead: Option<TimeDelta>,
}

/// Why an enrolment failed. Nothing but the key was stored then.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// There is an identity.
    #[error("this machine is enrolled already as {agent_id} at collector {collector_id}; nothing was changed")]
    Already {
        /// The identity.
        agent_id: uuid::Uuid,
        /// Its collector.
        collector_id: uuid::Uuid,
    },
    /// No collector is named.
    #[error("no collector is named: give --collector https://HOST:PORT, or `collector` in agent.toml")]
    NoCollector,
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The client cannot be built.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server at the address is not the collector of the token.
    #[error("{url}: {reason}")]
    Meet {
        /// The address.
        url: String,
        /// What did not hold.
        reason: MeetError,
    },
    /// No collector can be reached.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The product is disabled.
    #[error("the collector enrols nobody now: {0}")]
    Disabled(String),
    /// The token is wrong, used up or too old, or the collector refuses for another reason.
    #[error("the collector refused: {0}")]
    Refused(String),
    /// It may work later.
    #[error("the collector asks to try again later: {reason}")]
    Later {
        /// What it said.
        reason: String,
        /// When, if it said.
        retry_after: Option<Duration>,
    },
    /// The answer makes no identity.
    #[error("{url}: the answer cannot be used: {reason}")]
    Answer {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl EnrollError {
    /// The exit code that goes with it (contract 1).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::State(error) => error.exit(),
            Self::NoCollector => Exit::Config,
            Self::Disabled(_) => Exit::Forbidden,
            Self::Transport(error) if error.is_unreachable() => Exit::Unreachable,
            Self::Later { .. } => Exit::TryAgain,
            Self::Already { .. }
            | Self::Key(_)
            | Self::Http(_)
            | Self::Meet { .. }
            | Self::Transport(_)
            | Self::Refused(_)
            | Self::Answer { .. } => Exit::Failed,
        }
    }
}

impl Enrollment<'_> {
    /// Enrols. `hardware` is asked for what the machine is, with the key that its machine id is hashed with.
    ///
    /// # Errors
    /// See [`EnrollError`].
    pub async fn run(self, hardware: impl FnOnce(&[u8; 32]) -> Hardware) -> Result<Enrolled, EnrollError> {
        if let Some(identity) = Identity::load(self.state.path())? {
            let Record { agent_id, collector_id, .. } = identity.record;
            return Err(EnrollError::Already { agent_id, collector_id });
        }
        let key = self.state.key()?;
        let fingerprint_key = key.fingerprint_key()?;
        let body = request_body(self.token, &key, hardware(&fingerprint_key))?;
        let verifier = PinnedRoot::new(self.token.pin());
        let http = Http::new(tls_config_pinned(Arc::clone(&verifier), &self.clock)?, self.proxy, Arc::clone(&self.clock))?;
        let mut unreachable = None;
        for url in self.collectors {
            let answer = match http.post(url, path::ENROLL, body.clone()).await {
                Ok(answer) => answer,
                Err(error) => {
                    if let Some(reason) = verifier.seen().refused {
                        return Err(EnrollError::Meet { url: url.clone(), reason });
                    }
                    tracing::warn!(%error, "no enrolment at this address");
                    unreachable = Some(error);
                    continue;
                }
            };
            let off_by = verifier.seen().clock_off_by;
            if !off_by.is_zero() {
                tracing::warn!(
                    seconds = off_by.as_secs(),
                    "this machine's clock is outside the validity of the collector's certificate; set it, or reports will fail"
                );
            }
            let clock_ahead = answer.date.map(|date| date - self.clock.now());
            let response = read_answer(url, &answer)?;
            let identity = self.identity(url, key, fingerprint_key, response)?;
            self.state.store(&identity)?;
            return Ok(Enrolled { identity, clock_ahead });
        }
        Err(unreachable.map_or(EnrollError::NoCollector, EnrollError::Transport))
    }

    fn identity(
        &self,
        url: &str,
        key: AgentKey,
        fingerprint_key: [u8; 32],
        response: EnrollResponse,
    ) -> Result<Identity, EnrollError> {
        let wrong = |reason: &str| EnrollError::Answer { url: url.to_owned(), reason: reason.to_owned() };
        let EnrollResponse { agent_id, certificate, ca, collector_id, verify_key, next_report_in } = response;
        let facts = CertificateFacts::of_pem(&certificate).map_err(|error| wrong(&error.to_string()))?;
        if facts.public_key != key.public_key() {
            return Err(wrong("its certificate is for another key"));
        }
        let roots = tls::certs_from_pem(ca.as_bytes()).map_err(|error| wrong(&error.to_string()))?;
        let pinned = |root| CertificateFacts::of_der(root).is_ok_and(|facts| facts.pin() == self.token.pin());
        if !roots.iter().any(pinned) {
            return Err(wrong("its root is not the one the join token names"));
        }
        let verify_key = STANDARD.decode(&verify_key).ok().and_then(|bytes| bytes.try_into().ok());
        let record = Record {
            agent_id,
            collector_id,
            collectors: self.collectors.to_vec(),
            verify_key: verify_key.ok_or_else(|| wrong("its verify_key is not 32 bytes of base64"))?,
            epoch: 1,
            fingerprint_key,
            next_report_in,
        };
        Ok(Identity { record, key, certificate, ca })
    }
}

fn request_body(token: &JoinToken, key: &AgentKey, hardware: Hardware) -> Result<Vec<u8>, EnrollError> {
    let hostname = hardware.hostname.clone();
    let hostname = hostname.unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    let mut request = EnrollRequest {
        token: token.text().to_owned(),
        csr: key.request()?,
        hostname,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        hardware,
    };
    let encode = |request: &EnrollRequest| serde_json::to_vec(request).map_err(HttpError::Encode);
    let mut body = encode(&request)?;
    if body.len() > ENROLL_BYTES {
        // Hundreds of disks; the first report carries them all.
        request.hardware.disks.clear();
        body = encode(&request)?;
    }
    Ok(body)
}

fn read_answer(url: &str, answer: &Answer) -> Result<EnrollResponse, EnrollError> {
    let problem = answer.problem();
    let code = problem.as_ref().and_then(muster_wire::problem::Problem::code);
    let reason = answer.reason();
    match (answer.status, code) {
        (200 | 201, _) => serde_json::from_slice(&answer.body)
            .map_err(|error| EnrollError::Answer { url: url.to_owned(), reason: error.to_string() }),
        (_, Some(Code::LicenseDisabled)) => Err(EnrollError::Disabled(reason)),
        (408 | 429 | 500..=599, _) => Err(EnrollError::Later { reason, retry_after: answer.retry_after }),
        _ => Err(EnrollError::Refused(reason)),
    }
}
