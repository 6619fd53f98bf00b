//! A statement by which a vendor key that a site trusts names the next one.
//!
//! In: the old key and the new public key, or the text of a statement and the trusted keys. Out: the armoured text, or the new
//! key with who vouches for it. A site that was given only the old key can so follow a change of the signing key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    armor::Armor,
    b64,
    container::{Format, FormatError},
    id::VendorKeyId,
    json::{self, JsonError},
    pem::KeyError,
    vendor::{VendorKey, VendorPublic},
};

/// The version of the statement this build writes and reads.
pub const VERSION: u32 = 1;

const FORMAT: Format =
    Format { armor: Armor { label: "MUSTER ENDORSEMENT", max_bytes: 16 * 1024 }, context: "muster-endorse-v1", pieces: 1 };

/// An endorsement whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    /// The trusted key that vouches.
    pub by: VendorKeyId,
    /// The key that is now trusted too.
    pub key: VendorPublic,
    /// When the statement was made, by the vendor's clock.
    pub issued_at: DateTime<Utc>,
}

/// Why a text is no endorsement that this site can follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndorseError {
    /// No endorsement, too large, cut off, damaged or of another version.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The members cannot be read.
    #[error("the endorsement is malformed: {0}")]
    Malformed(JsonError),
    /// A version that this build does not know.
    #[error("the endorsement has version {0}, this version of muster reads {VERSION}; update muster")]
    Version(u32),
    /// The key that vouches is not trusted.
    #[error("the endorsement is signed with the vendor key {0}, which this site does not trust")]
    UnknownVendor(VendorKeyId),
    /// The signature does not fit.
    #[error("the signature of the endorsement does not fit: it was changed or damaged; ask for it again")]
    BadSignature,
    /// The new key is none.
    #[error("the endorsed key is unusable: {0}")]
    Key(#[from] KeyError),
    /// A key cannot vouch for itself.
    #[error("a vendor key cannot endorse itself")]
    Itself,
}

#[derive(Serialize, Deserialize)]
struct Statement {
    v: u32,
    kid: VendorKeyId,
    new_kid: VendorKeyId,
    #[serde(with = "b64")]
    new_key: [u8; 32],
    issued_at: DateTime<Utc>,
}

/// Writes and signs an endorsement of `new` by `old`.
///
/// # Errors
/// When both are the same key.
pub fn endorse(old: &VendorKey, new: &VendorPublic, issued_at: DateTime<Utc>) -> Result<String, EndorseError> {
    if old.public() == *new {
        return Err(EndorseError::Itself);
    }
    let statement = Statement { v: VERSION, kid: old.id(), new_kid: new.id(), new_key: new.to_bytes(), issued_at };
    let json = json::write(&statement).map_err(EndorseError::Malformed)?;
    Ok(FORMAT.write(&[&json], |bytes| old.sign(bytes)))
}

/// Reads an endorsement and verifies it with the keys a site trusts.
///
/// # Errors
/// The first part that is wrong.
pub fn verify(text: &str, trusted: &[VendorPublic]) -> Result<Endorsement, EndorseError> {
    let container = FORMAT.read(text)?;
    let signer = trusted.iter().find(|vendor| vendor.verify(container.signed_bytes(), container.signature()));
    let endorsement = read(container.piece(0));
    match signer {
        Some(signer) => match endorsement? {
            endorsement if endorsement.by == signer.id() => Ok(endorsement),
            _ => Err(foreign_id()),
        },
        // Nobody vouches for these bytes; they are read for the message only.
        None => match endorsement?.by {
            by if trusted.iter().any(|vendor| vendor.id() == by) => Err(EndorseError::BadSignature),
            by => Err(EndorseError::UnknownVendor(by)),
        },
    }
}

/// Reads an endorsement without checking its signature; for showing it only.
///
/// # Errors
/// When it is none, or malformed.
pub fn peek(text: &str) -> Result<Endorsement, EndorseError> {
    read(FORMAT.read(text)?.piece(0))
}

/// Whether a text says that it is an endorsement; it may still be a bad one.
#[must_use]
pub fn is_endorsement(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with("-----BEGIN MUSTER ENDORSEMENT-----")
}

fn read(json: &[u8]) -> Result<Endorsement, EndorseError> {
    let Statement { v, kid, new_kid, new_key, issued_at } = json::read(json).map_err(EndorseError::Malformed)?;
    if v != VERSION {
        return Err(EndorseError::Version(v));
    }
    let key = VendorPublic::from_bytes(&new_key)?;
    if new_kid == key.id() { Ok(Endorsement { by: kid, key, issued_at }) } else { Err(foreign_id()) }
}

fn foreign_id() -> EndorseError {
    EndorseError::Malformed(JsonError::Value("a key id is not the one of its key".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn trust_follows_from_one_key_to_the_next() {
        let (old, new) = (samples::vendor(), VendorKey::generate().unwrap());
        let at = samples::claims().issued_at;
        let text = endorse(&old, &new.public(), at).unwrap();
        assert!(is_endorsement(&text));
        let trusted = [VendorKey::generate().unwrap().public(), old.public()];
        assert_eq!(verify(&text, &trusted), Ok(Endorsement { by: old.id(), key: new.public(), issued_at: at }));
        assert_eq!(verify(&text, &[new.public()]), Err(EndorseError::UnknownVendor(old.id())));
        assert_eq!(endorse(&old, &old.public(), at), Err(EndorseError::Itself));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let old = samples::vendor();
        let text = endorse(&old, &VendorKey::from_secret(&[8; 32]).public(), samples::claims().issued_at).unwrap();
        let bytes = FORMAT.armor.decode(&text).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(verify(&FORMAT.armor.encode(&changed), &[old.public()]).is_err(), "byte {index}");
        }
    }

    #[test]
    fn a_signed_statement_with_a_weak_key_is_refused() {
        let old = samples::vendor();
        let new_key = std::array::from_fn(|i| u8::from(i == 0));
        let statement = Statement {
            v: 1,
            kid: old.id(),
            new_kid: VendorKeyId::of(&new_key),
            new_key,
            issued_at: samples::claims().issued_at,
        };
        let text = FORMAT.write(&[&json::write(&statement).unwrap()], |bytes| old.sign(bytes));
        assert_eq!(verify(&text, &[old.public()]), Err(EndorseError::Key(KeyError::Invalid)));
    }
}
