//! The agent's private key: made here, never sent, proved by a CSR.
//!
//! In: a PEM file or nothing. Out: certificate requests, and the key that machine ids are hashed with.

use hkdf::Hkdf;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What the fingerprint key is derived for; never change it, or every machine id changes.
const FINGERPRINT_INFO: &[u8] = b"muster-agent fingerprint v1";

/// A P-256 key. Its `Debug` shows nothing of it.
pub struct AgentKey {
    pair: KeyPair,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The cryptographic library refused.
    #[error("cannot use the agent's key: {0}")]
    Library(#[from] rcgen::Error),
    /// It is not of the kind that is made here.
    #[error("the agent's key is not a P-256 key")]
    Kind,
    /// The derivation failed, which its lengths rule out.
    #[error("cannot derive the fingerprint key")]
    Derivation,
}

impl AgentKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// When the library has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { pair: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)? })
    }

    /// Reads a key from PKCS#8 PEM.
    ///
    /// # Errors
    /// When it cannot be read or is not P-256.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pem(pem)?;
        if pair.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(KeyError::Kind);
        }
        Ok(Self { pair })
    }

    /// The key as PKCS#8 PEM, for its file.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.pair.serialize_pem())
    }

    /// The key as PKCS#8 DER, for TLS.
    #[must_use]
    pub fn to_der(&self) -> rustls_pki_types::PrivateKeyDer<'static> {
        rustls_pki_types::PrivatePkcs8KeyDer::from(self.pair.serialize_der()).into()
    }

    /// A certificate request in PEM: it proves the key and asks for nothing else, the collector decides every field.
    ///
    /// # Errors
    /// When the library refuses to sign.
    pub fn request(&self) -> Result<String, KeyError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        Ok(params.serialize_request(&self.pair)?.pem()?)
    }

    /// The public key as `SubjectPublicKeyInfo` DER.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// The key that the machine id is hashed with: it differs between agents, so that hashes cannot be compared with a
    /// list of known ids.
    ///
    /// # Errors
    /// Never in practice; the derivation's lengths are fixed.
    pub fn fingerprint_key(&self) -> Result<[u8; 32], KeyError> {
        let mut out = [0; 32];
        let secret = Zeroizing::new(self.pair.serialize_der());
        Hkdf::<Sha256>::new(None, &secret).expand(FINGERPRINT_INFO, &mut out).map_err(|_| KeyError::Derivation)?;
        Ok(out)
    }
}

impl std::fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgentKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_and_asks_for_nothing() {
        let key = AgentKey::generate().unwrap();
        let again = AgentKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(key.public_key(), again.public_key());
        assert_eq!(key.fingerprint_key().unwrap(), again.fingerprint_key().unwrap());
        let csr = rcgen::CertificateSigningRequestParams::from_pem(&key.request().unwrap()).unwrap();
        assert_eq!(csr.public_key.subject_public_key_info(), key.public_key());
        assert!(csr.params.subject_alt_names.is_empty() && csr.params.is_ca == rcgen::IsCa::NoCa);
    }

    #[test]
    fn other_kinds_are_refused() {
        let other = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        assert!(matches!(AgentKey::from_pem(&other.serialize_pem()), Err(KeyError::Kind)));
        assert!(AgentKey::from_pem("no key").is_err());
    }
}
