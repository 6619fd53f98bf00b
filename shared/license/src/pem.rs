//! Key files: PEM blocks with PKCS#8 private keys and SPKI public keys of Ed25519 and X25519 (RFC 8410).
//!
//! In: 32-byte keys, or the text of a file. Out: the text, or the keys. Both key types have exactly one DER form of fixed
//! length, so that it is compared and not parsed. Reading and writing files is the caller's business.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{armor::Armor, random::RandomError};

/// The largest key file that is looked at, in bytes.
const MAX_FILE: usize = 64 * 1024;
const PRIVATE: Armor = Armor { label: "PRIVATE KEY", max_bytes: MAX_FILE };
const PUBLIC: Armor = Armor { label: "PUBLIC KEY", max_bytes: MAX_FILE };

/// The two algorithms, told apart by the last byte of their object identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// 1.3.101.110, key agreement.
    X25519 = 0x6e,
    /// 1.3.101.112, signatures.
    Ed25519 = 0x70,
}

/// A secret and what it is for.
pub(crate) type PrivateKey = (Algorithm, Zeroizing<[u8; 32]>);

/// Why a key cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No new key could be drawn.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The text holds no PEM block of the kind that is needed.
    #[error("no \"-----BEGIN {0}-----\" block was found")]
    Missing(&'static str),
    /// A block is cut off or is not base64.
    #[error("a \"{0}\" block is cut off or damaged")]
    Damaged(&'static str),
    /// A block holds a key of another algorithm or form.
    #[error("a \"{block}\" block holds no {wanted} key")]
    OtherAlgorithm {
        /// The kind of block.
        block: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// There are more keys than one of a kind.
    #[error("there is more than one {0} key")]
    Several(&'static str),
    /// The public key is no point of the curve, or one that would accept forged signatures.
    #[error("the public key is not a valid Ed25519 key")]
    Invalid,
}

pub(crate) fn write_private(algorithm: Algorithm, secret: &[u8; 32]) -> Zeroizing<String> {
    let mut der = Zeroizing::new(private_prefix(algorithm).to_vec());
    der.extend_from_slice(secret);
    Zeroizing::new(PRIVATE.encode(&der))
}

pub(crate) fn write_public(public: &[u8; 32]) -> String {
    PUBLIC.encode(&[public_prefix().as_slice(), public].concat())
}

/// All private keys of a file, in order; a file may hold several blocks.
pub(crate) fn read_private(text: &str) -> Result<Vec<PrivateKey>, KeyError> {
    let other = KeyError::OtherAlgorithm { block: PRIVATE.label, wanted: "X25519 or Ed25519" };
    let mut keys = Vec::new();
    for der in blocks(text, PRIVATE.label)? {
        let found = [Algorithm::X25519, Algorithm::Ed25519]
            .into_iter()
            .find_map(|algorithm| Some((algorithm, der.strip_prefix(&private_prefix(algorithm))?)));
        let (algorithm, secret) = found.ok_or_else(|| other.clone())?;
        let secret = secret.try_into().map_err(|_| other.clone())?;
        keys.push((algorithm, Zeroizing::new(secret)));
    }
    Ok(keys)
}

/// All Ed25519 public keys of a file, in order.
pub(crate) fn read_public(text: &str) -> Result<Vec<[u8; 32]>, KeyError> {
    let other = KeyError::OtherAlgorithm { block: PUBLIC.label, wanted: "Ed25519" };
    let blocks = blocks(text, PUBLIC.label)?;
    let keys = blocks.iter().map(|der| der.strip_prefix(&public_prefix()).and_then(|key| key.try_into().ok()));
    keys.map(|key| key.ok_or_else(|| other.clone())).collect()
}

/// The bytes of every block with this label; other blocks and text between them are passed over, as PEM readers do.
fn blocks(text: &str, label: &'static str) -> Result<Vec<Zeroizing<Vec<u8>>>, KeyError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut found = Vec::new();
    let mut rest = text.get(..text.floor_char_boundary(MAX_FILE)).unwrap_or(text);
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, after) = after.split_once(&end).ok_or(KeyError::Damaged(label))?;
        let base64: Zeroizing<String> = Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        found.push(Zeroizing::new(STANDARD.decode(base64.as_bytes()).map_err(|_| KeyError::Damaged(label))?));
        rest = after;
    }
    if found.is_empty() { Err(KeyError::Missing(label)) } else { Ok(found) }
}

/// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.x }, OCTET STRING { OCTET STRING of 32 bytes } } up to the key.
fn private_prefix(algorithm: Algorithm) -> [u8; 16] {
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, algorithm as u8, 0x04, 0x22, 0x04, 0x20]
}

/// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes } up to the key.
fn public_prefix() -> [u8; 12] {
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, Algorithm::Ed25519 as u8, 0x03, 0x21, 0x00]
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with: openssl genpkey -algorithm ed25519 / x25519; openssl pkey -pubout
    const OPENSSL_ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEG7QgrySIfuSb1lMhYESnayjZhA96I86PX3i+cGrJl9\n-----END PRIVATE KEY-----\n";
    const OPENSSL_X25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIGDZjwQiyMUE9LIypYhzFdxdTUdX214RNVLzHvYJin1R\n-----END PRIVATE KEY-----\n";
    const OPENSSL_PUBLIC: &str =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAfZldVaCFYWZDriG/UGjJXs+p7hIZIRhPeZK6NlVIA7c=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn reads_and_writes_the_files_of_openssl() {
        let text = format!("a comment\n{OPENSSL_X25519}{OPENSSL_ED25519}");
        let keys = read_private(&text).unwrap();
        assert_eq!((keys[0].0, keys[1].0, keys.len()), (Algorithm::X25519, Algorithm::Ed25519, 2));
        assert_eq!(write_private(Algorithm::X25519, &keys[0].1).as_str(), OPENSSL_X25519);
        assert_eq!(write_private(Algorithm::Ed25519, &keys[1].1).as_str(), OPENSSL_ED25519);
        let public = read_public(OPENSSL_PUBLIC).unwrap();
        assert_eq!(public, [ed25519_dalek::SigningKey::from_bytes(&keys[1].1).verifying_key().to_bytes()]);
        assert_eq!(write_public(&public[0]), OPENSSL_PUBLIC);
        assert_eq!(read_public(&OPENSSL_PUBLIC.repeat(2)).unwrap().len(), 2);
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let other = KeyError::OtherAlgorithm { block: "PRIVATE KEY", wanted: "X25519 or Ed25519" };
        let short = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
        for (text, error) in [
            ("", KeyError::Missing("PRIVATE KEY")),
            (OPENSSL_PUBLIC, KeyError::Missing("PRIVATE KEY")),
            ("-----BEGIN PRIVATE KEY-----\nMC4C", KeyError::Damaged("PRIVATE KEY")),
            ("-----BEGIN PRIVATE KEY-----\nM!\n-----END PRIVATE KEY-----", KeyError::Damaged("PRIVATE KEY")),
            ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----", other.clone()),
            (short, other),
        ] {
            assert_eq!(read_private(text).unwrap_err(), error, "{text}");
        }
        assert_eq!(read_public(OPENSSL_X25519), Err(KeyError::Missing("PUBLIC KEY")));
    }
}
