//! TLS 1.3 as agents speak it. In: a pin, or a CA and an identity. Out: a client configuration.

use std::sync::Arc;

use anyhow::{Context, Result};
use muster_runtime::tls::{certs_from_pem, key_from_pem, provider};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

/// Trusts the server whose chain ends in a root with this pin, and presents no certificate: how an agent enrols.
///
/// # Errors
/// The provider lacks TLS 1.3.
pub fn pinned(pin: [u8; 32]) -> Result<ClientConfig> {
    let verifier = Arc::new(Pinned { pin });
    let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Trusts this CA (PEM) and presents a certificate: how an agent reports.
///
/// # Errors
/// A PEM text cannot be read.
pub fn mutual(ca: &str, chain: &str, key: &str) -> Result<ClientConfig> {
    let chain = certs_from_pem(chain.as_bytes()).context("the agent's certificate")?;
    let key = key_from_pem(key.as_bytes()).context("the agent's key")?;
    let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(builder.with_root_certificates(roots(ca)?).with_client_auth_cert(chain, key)?)
}

/// Trusts this CA (PEM) and presents no certificate.
///
/// # Errors
/// The PEM text cannot be read.
pub fn anyone(ca: &str) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(builder.with_root_certificates(roots(ca)?).with_no_client_auth())
}

fn roots(ca: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certs_from_pem(ca.as_bytes()).context("the CA of the site")? {
        roots.add(certificate).context("the CA of the site")?;
    }
    Ok(roots)
}

/// Finds the root with the pin among what the server presents, and verifies the server against that root alone.
#[derive(Debug)]
struct Pinned {
    pin: [u8; 32],
}

impl Pinned {
    fn is_root(&self, certificate: &CertificateDer<'_>) -> bool {
        x509_parser::parse_x509_certificate(certificate)
            .is_ok_and(|(_, certificate)| Sha256::digest(certificate.public_key().raw).as_slice() == self.pin)
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let root = intermediates.iter().find(|certificate| self.is_root(certificate)).ok_or(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
