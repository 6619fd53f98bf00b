//! The vendor's signing key, and the public keys a site trusts.
//!
//! In: randomness or the text of `vendor.key` and `vendor.pub`. Out: [`VendorKey`] (secret, silent in logs, wiped on drop) and
//! [`VendorPublic`]; a list of the latter is a trust bundle.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{
    id::VendorKeyId,
    pem::{self, Algorithm, KeyError},
    random,
};

/// The key that signs licence keys.
pub struct VendorKey(SigningKey);

/// The key that checks them. A weak key, under which signatures could be forged, cannot be built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VendorPublic(VerifyingKey);

impl VendorKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let secret = random::secret()?;
        Ok(Self::from_secret(&secret))
    }

    /// The text of `vendor.key`: one PKCS#8 block.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::write_private(Algorithm::Ed25519, self.0.as_bytes())
    }

    /// Reads the text of `vendor.key`.
    ///
    /// # Errors
    /// When there is not exactly one Ed25519 private key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match pem::read_private(text)?.as_slice() {
            [(Algorithm::Ed25519, secret)] => Ok(Self::from_secret(secret)),
            [(Algorithm::X25519, _)] => Err(KeyError::OtherAlgorithm { block: "PRIVATE KEY", wanted: "Ed25519" }),
            _ => Err(KeyError::Several("private")),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> VendorPublic {
        VendorPublic(self.0.verifying_key())
    }

    /// The name of the key (`kid`).
    #[must_use]
    pub fn id(&self) -> VendorKeyId {
        self.public().id()
    }

    pub(crate) fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    pub(crate) fn sign(&self, payload: &[u8]) -> [u8; 64] {
        self.0.sign(payload).to_bytes()
    }
}

impl VendorPublic {
    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// When the bytes are no point of the curve, or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Invalid)?;
        if key.is_weak() { Err(KeyError::Invalid) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The text of `vendor.pub`: one SPKI block.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::write_public(&self.to_bytes())
    }

    /// Reads the text of `vendor.pub`.
    ///
    /// # Errors
    /// When there is not exactly one valid Ed25519 public key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match Self::list_from_pem(text)?.as_slice() {
            [key] => Ok(*key),
            _ => Err(KeyError::Several("public")),
        }
    }

    /// Reads a trust bundle: any number of public keys in one text, each kept once, in the order of the text.
    ///
    /// # Errors
    /// When there is none, or one is invalid.
    pub fn list_from_pem(text: &str) -> Result<Vec<Self>, KeyError> {
        let mut keys: Vec<Self> = Vec::new();
        for bytes in pem::read_public(text)? {
            let key = Self::from_bytes(&bytes)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// The name of the key (`kid`).
    #[must_use]
    pub fn id(&self) -> VendorKeyId {
        VendorKeyId::of(&self.to_bytes())
    }

    pub(crate) fn verify(&self, payload: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(payload, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for VendorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorKey({})", self.id())
    }
}

impl fmt::Debug for VendorPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorPublic({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineKey;

    #[test]
    fn keys_survive_their_files() {
        let key = VendorKey::generate().unwrap();
        assert_eq!(VendorKey::from_pem(&key.to_pem()).unwrap().public(), key.public());
        assert_eq!(VendorPublic::from_pem(&key.public().to_pem()), Ok(key.public()));
        assert_eq!(format!("{key:?}"), format!("VendorKey({})", key.id()));
    }

    #[test]
    fn a_bundle_holds_each_key_once() {
        let (one, two) = (VendorKey::from_secret(&[1; 32]).public(), VendorKey::from_secret(&[2; 32]).public());
        let text = [one.to_pem(), two.to_pem(), one.to_pem()].concat();
        assert_eq!(VendorPublic::list_from_pem(&text), Ok(vec![one, two]));
        assert_eq!(VendorPublic::from_pem(&text), Err(KeyError::Several("public")));
    }

    #[test]
    fn files_of_another_kind_are_refused() {
        let machine = MachineKey::generate().unwrap().to_pem();
        assert_eq!(VendorKey::from_pem(&machine).unwrap_err(), KeyError::Several("private"));
        assert_eq!(VendorKey::from_pem("").unwrap_err(), KeyError::Missing("PRIVATE KEY"));
        // The neutral element verifies a signature of zeros over anything.
        let neutral = std::array::from_fn(|i| u8::from(i == 0));
        assert_eq!(VendorPublic::from_bytes(&neutral), Err(KeyError::Invalid));
    }
}
