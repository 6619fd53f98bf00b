//! TLS configurations of the listeners: TLS 1.3 on aws-lc-rs (1.2, too, for interop), stateless tickets, HTTP/1.1.
//!
//! The agent listener asks for a client certificate. One of an unknown authority fails the handshake; none is let through for
//! enrolment. Dates of an agent certificate are not judged: chain and proof of the key are, and every request is authorised anew.

use super::authority::{Authority, ServerCertificate};
use muster_runtime::tls::provider;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::{sync::Arc, time::Duration};

/// A listener that cannot be configured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// rustls refused certificate or key.
    #[error("the server certificate cannot be used: {0}")]
    Config(#[from] Error),
    /// The authority cannot verify clients.
    #[error("the agent authority cannot be used: {0}")]
    Verifier(String),
}

/// The configuration of the agent listener.
///
/// # Errors
/// When certificate, key or authority cannot be used.
pub fn agents(authority: &Authority, certificate: &ServerCertificate) -> Result<Arc<ServerConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.root().clone())?;
    let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .allow_unauthenticated()
        .build()
        .map_err(|error| TlsError::Verifier(error.to_string()))?;
    let from = u64::try_from(authority.valid_time().timestamp()).unwrap_or_default();
    let verifier = AnyDate { inner, valid_from: from };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(verifier));
    finish(builder.with_single_cert(certificate.chain.clone(), certificate.key.clone_key())?)
}

/// The configuration of the admin listener.
///
/// # Errors
/// When certificate or key cannot be used.
pub fn admin(certificate: &ServerCertificate) -> Result<Arc<ServerConfig>, TlsError> {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13])?.with_no_client_auth();
    finish(builder.with_single_cert(certificate.chain.clone(), certificate.key.clone_key())?)
}

/// The configuration of the interop listener: other people's programs do not all speak TLS 1.3.
///
/// # Errors
/// When certificate or key cannot be used.
pub fn interop(certificate: &ServerCertificate) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth();
    finish(builder.with_single_cert(certificate.chain.clone(), certificate.key.clone_key())?)
}

fn finish(mut config: ServerConfig) -> Result<Arc<ServerConfig>, TlsError> {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// Verifies chain and signature at a time inside the certificate's own life.
#[derive(Debug)]
struct AnyDate {
    inner: Arc<dyn ClientCertVerifier>,
    valid_from: u64,
}

impl ClientCertVerifier for AnyDate {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let (_, leaf) = x509_parser::parse_x509_certificate(end_entity)
            .map_err(|_| Error::InvalidCertificate(rustls::CertificateError::BadEncoding))?;
        let from = u64::try_from(leaf.validity().not_before.timestamp()).unwrap_or_default().max(self.valid_from);
        let at = UnixTime::since_unix_epoch(Duration::from_secs(from));
        self.inner.verify_client_cert(end_entity, intermediates, at)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
