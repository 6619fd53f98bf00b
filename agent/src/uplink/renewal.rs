//! The renewal of the agent's certificate: when it is due, and the exchange.
//!
//! In: an identity, or a collector that asks for it. Out: a new certificate for the same key, on disk. A failure changes
//! nothing: the collector serves an expired certificate and asks again.

use super::http::{Http, TransportError};
use crate::identity::{CertificateError, CertificateFacts, Identity, StateDir, StateError};
use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::{random, tls};
use muster_wire::{
    enroll::{RenewRequest, RenewResponse},
    path,
};
use std::time::Duration;

/// After a failed renewal the next is tried this much later.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// Why a renewal failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenewError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the collector refused: {0}")]
    Refused(String),
    #[error("the answer cannot be used: {0}")]
    Answer(String),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("{0}")]
    Key(#[from] crate::identity::KeyError),
    #[error("cannot encode the request: {0}")]
    Encode(#[from] serde_json::Error),
}

/// When the certificate is to be renewed.
#[derive(Debug)]
pub(super) struct Renewal {
    due: DateTime<Utc>,
}

impl Renewal {
    /// For the certificate of this identity.
    pub(super) fn of(identity: &Identity) -> Result<Self, CertificateError> {
        let thousandths = random::jitter(Duration::from_millis(1000)).as_millis();
        let due = identity.facts()?.renew_at(u16::try_from(thousandths).unwrap_or(500));
        Ok(Self { due })
    }

    /// Whether it is due.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.due
    }

    /// The collector asks for it.
    pub(super) fn ask(&mut self, now: DateTime<Utc>) {
        self.due = self.due.min(now);
    }

    /// It failed.
    pub(super) fn postpone(&mut self, now: DateTime<Utc>) {
        self.due = now + AGAIN_AFTER;
    }
}

/// Asks the collector at `url` for a new certificate and stores it.
pub(super) async fn renew(http: &Http, url: &str, identity: &mut Identity, state: &StateDir) -> Result<(), RenewError> {
    let body = serde_json::to_vec(&RenewRequest { csr: identity.key.request()? })?;
    let answer = http.post(url, path::RENEW, body).await?;
    if answer.status != 200 {
        return Err(RenewError::Refused(answer.reason()));
    }
    let wrong = |error: &dyn std::fmt::Display| RenewError::Answer(error.to_string());
    let RenewResponse { certificate, ca } = serde_json::from_slice(&answer.body).map_err(|error| wrong(&error))?;
    let facts = CertificateFacts::of_pem(&certificate).map_err(|error| wrong(&error))?;
    if facts.public_key != identity.key.public_key() {
        return Err(wrong(&"its certificate is for another key"));
    }
    tls::certs_from_pem(ca.as_bytes()).map_err(|error| wrong(&error))?;
    state.store_certificate(&certificate, &ca)?;
    identity.certificate = certificate;
    identity.ca = ca;
    Ok(())
}
