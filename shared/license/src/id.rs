//! The names of keys: short, readable digests of public keys, and the digest of a whole licence key.
//!
//! In: public keys or texts. Out: [`MachineKeyId`], [`VendorKeyId`], [`KeyDigest`]. A value that has not the right form cannot
//! be built.

use std::{fmt, str::FromStr};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Characters of a key id: 100 bits of the digest.
const ID_CHARS: usize = 20;

/// A text that is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id has 20 characters out of a-z and 2-7")]
pub struct IdError;

macro_rules! key_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                check_id(text).map(|text| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

key_id! {
    /// The name of a collector's machine key: lower-case base32 of SHA-256(x25519 public || ed25519 public), first 20
    /// characters (contract section 6).
    MachineKeyId
}

key_id! {
    /// The name of a vendor's signing key (`kid`): lower-case base32 of SHA-256(ed25519 public), first 20 characters, made
    /// the same way as the machine key id.
    VendorKeyId
}

impl MachineKeyId {
    /// The id of a pair of public keys.
    #[must_use]
    pub fn of(x25519: &[u8; 32], ed25519: &[u8; 32]) -> Self {
        Self(short_id(&[x25519, ed25519]))
    }
}

impl VendorKeyId {
    /// The id of a public key.
    #[must_use]
    pub fn of(ed25519: &[u8; 32]) -> Self {
        Self(short_id(&[ed25519]))
    }
}

/// SHA-256 over all bytes inside the armour of a licence key: the same key pasted with other white space is the same key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is \"sha256:\" and 64 lower-case hexadecimal digits")]
pub struct DigestError;

impl FromStr for KeyDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix("sha256:").ok_or(DigestError)?;
        let bytes = HEXLOWER.decode(hex.as_bytes()).map_err(|_| DigestError)?;
        bytes.try_into().map(Self).map_err(|_| DigestError)
    }
}

impl TryFrom<String> for KeyDigest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<KeyDigest> for String {
    fn from(digest: KeyDigest) -> String {
        digest.to_string()
    }
}

fn short_id(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut id = BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
    id.truncate(ID_CHARS);
    id
}

fn check_id(text: &str) -> Result<&str, IdError> {
    let good = text.len() == ID_CHARS && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    good.then_some(text).ok_or(IdError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_start_of_the_digest_in_lower_case_base32() {
        // Computed with python3: base64.b32encode(hashlib.sha256(bytes(32) + bytes([1]*32)).digest()).lower()[:20]
        assert_eq!(MachineKeyId::of(&[0; 32], &[1; 32]).as_str(), "lsczkx3qskb6ztrloty3");
        assert_eq!(VendorKeyId::of(&[1; 32]).as_str(), "olgw5bbcyqd7w3ijq2ip");
    }

    #[test]
    fn only_texts_of_the_right_form_are_ids() {
        for (text, good) in [
            ("abcdefghijklmnopqr27", true),
            ("abcdefghijklmnopqr2", false),
            ("abcdefghijklmnopqr277", false),
            ("ABCDEFGHIJKLMNOPQR27", false),
            ("abcdefghijklmnopqr01", false),
            ("abcdefghijklmnopq\u{e4}7", false),
        ] {
            assert_eq!(text.parse::<MachineKeyId>().is_ok(), good, "{text}");
            assert_eq!(serde_json::from_value::<VendorKeyId>(text.into()).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn a_digest_reads_what_it_prints() {
        let digest = KeyDigest::of(b"key");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for bad in ["", "sha256:", "sha256:00", "md5:00", &digest.to_string().to_uppercase()] {
            assert_eq!(bad.parse::<KeyDigest>(), Err(DigestError), "{bad}");
        }
    }
}
