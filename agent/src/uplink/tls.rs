//! TLS configurations of the agent: version 1.3, aws-lc-rs, and either the pinned root of a join token or the enrolled
//! one.
//!
//! In: roots, a certificate and its key, the clock. Out: a rustls configuration. Nothing here skips a check.

use super::http::HttpError;
use crate::identity::{Identity, PinnedRoot};
use muster_runtime::{clock::SharedClock, tls};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, time_provider::TimeProvider};
use rustls_pki_types::UnixTime;
use std::{sync::Arc, time::Duration};

/// For enrolment: no client certificate, the server is judged by the token's pin.
///
/// # Errors
/// When the provider does not know TLS 1.3.
pub fn tls_config_pinned(verifier: Arc<PinnedRoot>, clock: &SharedClock) -> Result<ClientConfig, HttpError> {
    let builder = builder(clock)?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(http1(builder.with_no_client_auth()))
}

/// For everything after enrolment: the agent's certificate, the root it was given, ordinary name verification.
///
/// # Errors
/// When the certificate, its key or the root cannot be used.
pub fn tls_config(identity: &Identity, clock: &SharedClock) -> Result<ClientConfig, HttpError> {
    let mut roots = RootCertStore::empty();
    for root in tls::certs_from_pem(identity.ca.as_bytes())? {
        roots.add(root)?;
    }
    let chain = tls::certs_from_pem(identity.certificate.as_bytes())?;
    let builder = builder(clock)?.with_root_certificates(roots);
    Ok(http1(builder.with_client_auth_cert(chain, identity.key.to_der())?))
}

fn builder(clock: &SharedClock) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, HttpError> {
    let time = Arc::new(Time(Arc::clone(clock)));
    let builder = ClientConfig::builder_with_details(tls::provider(), time);
    Ok(builder.with_protocol_versions(&[&rustls::version::TLS13])?)
}

fn http1(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[derive(Debug)]
struct Time(SharedClock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
