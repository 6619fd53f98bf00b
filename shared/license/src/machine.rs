//! The machine key of a collector: X25519 to receive licence keys, Ed25519 to sign requests, verdicts and receipts.
//!
//! In: randomness or the text of `keys/machine.key`. Out: [`MachineKey`] (secret, silent in logs, wiped on drop) and
//! [`MachinePublic`] with its id. Where the file lies and with which mode is the caller's business.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hpke::{Deserializable as _, HpkeError, Kem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::{
    b64,
    id::MachineKeyId,
    pem::{self, Algorithm, KeyError},
    random, seal,
};

/// Both halves of a collector's identity.
pub struct MachineKey {
    x25519: StaticSecret,
    ed25519: SigningKey,
}

/// The public halves, as they travel in a request.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachinePublic {
    /// The X25519 public key, to which licence keys are sealed.
    #[serde(with = "b64")]
    pub x25519: [u8; 32],
    /// The Ed25519 public key, which checks what the collector signs.
    #[serde(with = "b64")]
    pub ed25519: [u8; 32],
}

impl MachineKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let (x25519, ed25519) = (random::secret()?, random::secret()?);
        Ok(Self::from_secrets(&x25519, &ed25519))
    }

    /// The text of `keys/machine.key`: two PKCS#8 blocks, X25519 first.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let first = pem::write_private(Algorithm::X25519, self.x25519.as_bytes());
        let second = pem::write_private(Algorithm::Ed25519, self.ed25519.as_bytes());
        Zeroizing::new([first.as_str(), second.as_str()].concat())
    }

    /// Reads the text of `keys/machine.key`; the order of the blocks is free.
    ///
    /// # Errors
    /// When a block is missing, damaged, of another algorithm or there twice.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (mut x25519, mut ed25519) = (None, None);
        for (algorithm, secret) in pem::read_private(text)? {
            let (slot, name) = match algorithm {
                Algorithm::X25519 => (&mut x25519, "X25519"),
                Algorithm::Ed25519 => (&mut ed25519, "Ed25519"),
            };
            if slot.replace(secret).is_some() {
                return Err(KeyError::Several(name));
            }
        }
        let missing = |wanted| KeyError::OtherAlgorithm { block: "PRIVATE KEY", wanted };
        let x25519 = x25519.ok_or_else(|| missing("X25519"))?;
        let ed25519 = ed25519.ok_or_else(|| missing("Ed25519"))?;
        Ok(Self::from_secrets(&x25519, &ed25519))
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> MachinePublic {
        MachinePublic { x25519: PublicKey::from(&self.x25519).to_bytes(), ed25519: self.ed25519.verifying_key().to_bytes() }
    }

    /// The id shown as `machine_key_id`.
    #[must_use]
    pub fn id(&self) -> MachineKeyId {
        self.public().id()
    }

    /// Signs a payload with the Ed25519 half.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> [u8; 64] {
        self.ed25519.sign(payload).to_bytes()
    }

    /// Key material for the collector's own MAC keys (HKDF input), bound to this machine key and to nothing it sends out:
    /// SHA-256("muster-machine-secret-v1" || x25519 secret || ed25519 secret).
    #[must_use]
    pub fn secret_for_hkdf(&self) -> Zeroizing<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(b"muster-machine-secret-v1");
        hash.update(self.x25519.as_bytes());
        hash.update(self.ed25519.as_bytes());
        Zeroizing::new(hash.finalize().into())
    }

    pub(crate) fn from_secrets(x25519: &[u8; 32], ed25519: &[u8; 32]) -> Self {
        Self { x25519: StaticSecret::from(*x25519), ed25519: SigningKey::from_bytes(ed25519) }
    }

    pub(crate) fn hpke_key(&self) -> Result<<seal::HpkeKem as Kem>::PrivateKey, HpkeError> {
        <seal::HpkeKem as Kem>::PrivateKey::from_bytes(self.x25519.as_bytes())
    }
}

impl MachinePublic {
    /// The id of the pair.
    #[must_use]
    pub fn id(&self) -> MachineKeyId {
        MachineKeyId::of(&self.x25519, &self.ed25519)
    }

    /// Whether the Ed25519 half signed this payload (strict verification).
    #[must_use]
    pub fn verify(&self, payload: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.ed25519)
            .is_ok_and(|key| key.verify_strict(payload, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Debug for MachineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MachineKey({})", self.id())
    }
}

impl fmt::Debug for MachinePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MachinePublic({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = MachineKey::generate().unwrap();
        let text = key.to_pem();
        assert_eq!(text.matches("-----BEGIN PRIVATE KEY-----").count(), 2);
        let read = MachineKey::from_pem(&text).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(read.secret_for_hkdf(), key.secret_for_hkdf());
        let (first, second) = text.split_at(text.len() / 2);
        assert_eq!(MachineKey::from_pem(&format!("{second}{first}")).unwrap().id(), key.id());
        assert!(matches!(MachineKey::from_pem(first), Err(KeyError::OtherAlgorithm { wanted: "Ed25519", .. })));
        assert!(matches!(MachineKey::from_pem(second), Err(KeyError::OtherAlgorithm { wanted: "X25519", .. })));
        assert!(matches!(MachineKey::from_pem(&format!("{first}{}", text.as_str())), Err(KeyError::Several("X25519"))));
    }

    #[test]
    fn signatures_hold_for_one_key_and_one_payload() {
        let (key, other) = (MachineKey::generate().unwrap(), MachineKey::generate().unwrap());
        let signature = key.sign(b"payload");
        assert!(key.public().verify(b"payload", &signature));
        assert!(!key.public().verify(b"payloae", &signature));
        assert!(!other.public().verify(b"payload", &signature));
        assert!(!MachinePublic { x25519: [0; 32], ed25519: [0; 32] }.verify(b"payload", &[0; 64]));
    }

    #[test]
    fn no_secret_is_shown() {
        let key = MachineKey::from_secrets(&[1; 32], &[2; 32]);
        assert_eq!(format!("{key:?}"), format!("MachineKey({})", key.id()));
        assert_ne!(*key.secret_for_hkdf(), [1; 32]);
        assert_ne!(key.secret_for_hkdf(), MachineKey::from_secrets(&[2; 32], &[2; 32]).secret_for_hkdf());
    }
}
