//! Opening a licence key on the machine it is for.
//!
//! In: the text, the vendor keys the site trusts, the machine key. Out: [`Opened`], or which part is wrong. The signature is
//! verified before any other byte is interpreted or decrypted; dates and serials are judged afterwards by [`crate::admit`].

use hpke::{Deserializable as _, OpModeR, inout::InOutBuf};

use crate::{
    armor::ArmorError,
    claims::{Claims, ClaimsError},
    container::FormatError,
    header::{self, Header},
    id::{KeyDigest, MachineKeyId, VendorKeyId},
    json::{self, JsonError},
    key::{CONTEXT, LicenseKey},
    machine::MachineKey,
    seal::{HpkeAead, HpkeKdf, HpkeKem, HpkeTag},
    vendor::VendorPublic,
};

/// Bytes of the ChaCha20-Poly1305 tag at the end of the ciphertext.
const TAG_BYTES: usize = 16;

/// A licence key that verified and opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What the licence grants.
    pub claims: Claims,
    /// The exact bytes of the claims.
    pub claims_json: Vec<u8>,
    /// The header, authenticated.
    pub header: Header,
    /// The digest of the key; two keys are the same when it is the same.
    pub digest: KeyDigest,
}

/// Why a key does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenseError {
    /// No licence key, too large, cut off, damaged or of another version.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The vendor key is not among the trusted ones.
    #[error(
        "the licence key is signed with the vendor key {kid}, which this site does not trust; \
         add the vendor's public key or endorsement with `license trust add`"
    )]
    UnknownVendor {
        /// The vendor key that is named.
        kid: VendorKeyId,
    },
    /// The signature does not fit the bytes.
    #[error("the signature does not fit: the licence key was changed or damaged after the vendor signed it; ask for it again")]
    BadSignature,
    /// The header cannot be read.
    #[error("the header of the licence key is malformed: {0}")]
    Header(JsonError),
    /// The header has a version that this build does not know.
    #[error("the header of the licence key has version {0}, this version of muster reads {known}; update muster", known = header::VERSION)]
    HeaderVersion(u32),
    /// The key is for another machine.
    #[error("the licence key is for the machine {found}, this collector is {expected}; send the vendor this collector's request")]
    OtherMachine {
        /// The id of this collector's machine key.
        expected: MachineKeyId,
        /// The id in the licence key.
        found: MachineKeyId,
    },
    /// The claims do not decrypt, although signature and machine are right.
    #[error("the claims do not decrypt with this collector's machine key; ask the vendor for a new key")]
    Decrypt,
    /// The claims cannot be read.
    #[error("the claims of the licence key are malformed: {0}")]
    Claims(JsonError),
    /// The claims hold an impossible value.
    #[error("the claims of the licence key are impossible: {0}")]
    Impossible(#[from] ClaimsError),
    /// Header, claims and signature do not belong together.
    #[error("the licence key contradicts itself: {0} differs between its parts; ask the vendor for a new key")]
    Inconsistent(&'static str),
}

impl LicenseError {
    /// A stable word for the kind of error, for problem documents and tests.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format(FormatError::Armor(error)) => match error {
                ArmorError::NotArmored { .. } | ArmorError::OtherKind { .. } => "not-a-license",
                ArmorError::TooLarge { .. } => "too-large",
                ArmorError::Truncated { .. } => "truncated",
                ArmorError::Trailing { .. } | ArmorError::NotBase64 { .. } => "damaged",
            },
            Self::Format(FormatError::Truncated { .. }) => "truncated",
            Self::Format(FormatError::UnsupportedVersion { .. }) | Self::HeaderVersion(_) => "unsupported-version",
            Self::Format(FormatError::Layout { .. }) => "damaged",
            Self::UnknownVendor { .. } => "unknown-vendor",
            Self::BadSignature => "tampered",
            Self::OtherMachine { .. } => "other-machine",
            Self::Decrypt => "not-decryptable",
            Self::Impossible(ClaimsError::Version(_)) => "unsupported-version",
            Self::Header(_) | Self::Claims(_) | Self::Impossible(_) | Self::Inconsistent(_) => "malformed",
        }
    }
}

/// Verifies and opens a key.
///
/// # Errors
/// The first part that is wrong, in the order format, vendor, signature, header, machine, encryption, claims.
pub fn open(text: &str, trusted: &[VendorPublic], machine: &MachineKey) -> Result<Opened, LicenseError> {
    let key = LicenseKey::read(text)?;
    let signer = trusted.iter().find(|vendor| key.is_signed_by(vendor)).ok_or_else(|| unsigned(&key, trusted))?;
    let header = key.header().map_err(LicenseError::Header)?;
    if header.v != header::VERSION {
        return Err(LicenseError::HeaderVersion(header.v));
    }
    if header.kid != signer.id() {
        return Err(LicenseError::Inconsistent("kid"));
    }
    let expected = machine.id();
    if header.mkid != expected {
        return Err(LicenseError::OtherMachine { expected, found: header.mkid });
    }
    let claims_json = decrypt(&key, machine).ok_or(LicenseError::Decrypt)?;
    let claims: Claims = json::read(&claims_json).map_err(LicenseError::Claims)?;
    if claims.mkid != expected {
        return Err(LicenseError::OtherMachine { expected, found: claims.mkid });
    }
    if claims.lic_id != header.lic_id {
        return Err(LicenseError::Inconsistent("lic_id"));
    }
    if claims.issued_at != header.issued_at {
        return Err(LicenseError::Inconsistent("issued_at"));
    }
    claims.check()?;
    Ok(Opened { claims, claims_json, header, digest: key.digest() })
}

/// Says why no trusted key fits. The header is read here although nobody vouches for it, for this message only.
fn unsigned(key: &LicenseKey, trusted: &[VendorPublic]) -> LicenseError {
    match key.header() {
        Ok(header) if !trusted.iter().any(|vendor| vendor.id() == header.kid) => LicenseError::UnknownVendor { kid: header.kid },
        _ => LicenseError::BadSignature,
    }
}

fn decrypt(key: &LicenseKey, machine: &MachineKey) -> Option<Vec<u8>> {
    let (body, tag) = key.ciphertext().split_at_checked(key.ciphertext().len().checked_sub(TAG_BYTES)?)?;
    let mut body = body.to_vec();
    let encapsulated = <HpkeKem as hpke::Kem>::EncappedKey::from_bytes(key.encapsulated()).ok()?;
    hpke::single_shot_open_inout_detached::<HpkeAead, HpkeKdf, HpkeKem>(
        &OpModeR::Base,
        &machine.hpke_key().ok()?,
        &encapsulated,
        CONTEXT.as_bytes(),
        InOutBuf::from(body.as_mut_slice()),
        key.header_bytes(),
        &HpkeTag::from_bytes(tag).ok()?,
    )
    .ok()?;
    Some(body)
}

#[cfg(test)]
mod tests;
