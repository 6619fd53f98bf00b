//! Certificate requests of agents. Only the public key is taken from one: nothing else that it asks for is looked at.

use sha2::{Digest as _, Sha256};
use x509_parser::{
    oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY},
    pem::Pem,
    prelude::{FromDer as _, X509CertificationRequest},
};

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Not a PEM block `CERTIFICATE REQUEST`.
    #[error("the csr is not a PEM block of type CERTIFICATE REQUEST")]
    Pem,
    /// The block cannot be read as PKCS#10.
    #[error("the csr cannot be read as PKCS#10")]
    Form,
    /// The key is not on P-256.
    #[error("the csr's key is not ECDSA on P-256")]
    KeyType,
    /// The signature does not prove that the sender has the key.
    #[error("the csr's signature does not match its key")]
    Signature,
}

/// A public key whose owner proved to have the private one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenKey {
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// SHA-256 of it.
    pub hash: [u8; 32],
}

/// Takes the public key out of a request after its signature was verified.
///
/// # Errors
/// When the request cannot be read, is for another kind of key, or is not signed by that key.
pub fn proven_key(pem: &str) -> Result<ProvenKey, CsrError> {
    let (pem, _) = Pem::read(std::io::Cursor::new(pem.as_bytes())).map_err(|_| CsrError::Pem)?;
    if pem.label != "CERTIFICATE REQUEST" {
        return Err(CsrError::Pem);
    }
    let (_, request) = X509CertificationRequest::from_der(&pem.contents).map_err(|_| CsrError::Form)?;
    let key = &request.certification_request_info.subject_pki;
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY || curve != Some(OID_EC_P256) {
        return Err(CsrError::KeyType);
    }
    request.verify_signature().map_err(|_| CsrError::Signature)?;
    let spki = key.raw.to_vec();
    let hash = Sha256::digest(&spki).into();
    Ok(ProvenKey { spki, hash })
}

/// SHA-256 of the public key in a certificate (DER).
#[must_use]
pub fn key_hash_of_certificate(der: &[u8]) -> Option<[u8; 32]> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    Some(Sha256::digest(certificate.public_key().raw).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    fn request(algorithm: &'static rcgen::SignatureAlgorithm) -> String {
        let key = KeyPair::generate_for(algorithm).unwrap();
        CertificateParams::new(vec!["a.example".to_owned()]).unwrap().serialize_request(&key).unwrap().pem().unwrap()
    }

    #[test]
    fn takes_p256_only() {
        assert!(proven_key(&request(&PKCS_ECDSA_P256_SHA256)).is_ok());
        for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            assert_eq!(proven_key(&request(algorithm)), Err(CsrError::KeyType));
        }
    }

    #[test]
    fn refuses_garbage_and_forged_signatures() {
        for bad in ["", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"] {
            assert!(matches!(proven_key(bad), Err(CsrError::Pem | CsrError::Form)), "{bad}");
        }
        let good = request(&PKCS_ECDSA_P256_SHA256);
        let mut der = Pem::read(std::io::Cursor::new(good.as_bytes())).unwrap().0.contents;
        let last = der.len() - 1;
        der[last] ^= 1;
        let text = format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            data_encoding::BASE64.encode(&der)
        );
        assert_eq!(proven_key(&text), Err(CsrError::Signature));
    }

    #[test]
    fn truncated_requests_never_panic() {
        let good = request(&PKCS_ECDSA_P256_SHA256);
        for end in 0..good.len() {
            let _ = proven_key(&good[..end]);
        }
    }
}
