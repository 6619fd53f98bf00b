//! Making a licence key: claims are encrypted to one machine and signed by the vendor.
//!
//! In: claims, the machine's public key, the vendor's key. Out: the armoured text. HPKE base mode with X25519-HKDF-SHA256 and
//! ChaCha20-Poly1305; `info` is the context, the associated data are the header bytes (contract section 6).

use hpke::{
    Deserializable as _, OpModeS, Serializable as _,
    aead::{AeadTag, ChaCha20Poly1305},
    inout::InOutBuf,
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use zeroize::Zeroizing;

use crate::{
    claims::{Claims, ClaimsError},
    header::{self, Header},
    json::{self, JsonError},
    key::{CONTEXT, FORMAT, MAX_BYTES},
    machine::MachinePublic,
    random::{self, Expanded, RandomError},
    vendor::VendorKey,
};

pub(crate) type HpkeKem = X25519HkdfSha256;
pub(crate) type HpkeKdf = HkdfSha256;
pub(crate) type HpkeAead = ChaCha20Poly1305;
pub(crate) type HpkeTag = AeadTag<HpkeAead>;

/// Why no key was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The claims hold an impossible value.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The claims name another machine than the one they would be encrypted to.
    #[error("the claims name another machine than the recipient")]
    OtherMachine,
    /// The recipient's public key is none.
    #[error("the recipient's X25519 public key is not usable")]
    Recipient,
    /// The claims are too long for a licence key.
    #[error("the licence key would have {bytes} bytes, at most {MAX_BYTES} are allowed; shorten queries and lists")]
    TooLarge {
        /// Bytes of the text.
        bytes: usize,
    },
    /// The claims cannot be written.
    #[error("the claims cannot be written: {0}")]
    Json(#[from] JsonError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Seals claims for one machine.
///
/// # Errors
/// When the claims are impossible, name another machine or are too long, or there is no randomness.
pub fn seal(claims: &Claims, recipient: &MachinePublic, vendor: &VendorKey) -> Result<String, SealError> {
    seal_with(claims, recipient, vendor, random::secret()?)
}

/// The same with a given seed of the ephemeral key; a seed must never be used twice.
pub(crate) fn seal_with(
    claims: &Claims,
    recipient: &MachinePublic,
    vendor: &VendorKey,
    seed: Zeroizing<[u8; 32]>,
) -> Result<String, SealError> {
    claims.check()?;
    if claims.mkid != recipient.id() {
        return Err(SealError::OtherMachine);
    }
    let header = Header {
        v: header::VERSION,
        kid: vendor.id(),
        mkid: claims.mkid.clone(),
        lic_id: claims.lic_id,
        issued_at: claims.issued_at,
    };
    let header = json::write(&header)?;
    let mut ciphertext = json::write(claims)?;
    let recipient = hpke_public(recipient)?;
    let (encapsulated, tag) = hpke::single_shot_seal_inout_detached_with_rng::<HpkeAead, HpkeKdf, HpkeKem>(
        &OpModeS::Base,
        &recipient,
        CONTEXT.as_bytes(),
        InOutBuf::from(ciphertext.as_mut_slice()),
        &header,
        &mut Expanded::new(seed),
    )
    .map_err(|_| SealError::Recipient)?;
    ciphertext.extend_from_slice(&tag.to_bytes());
    let text = FORMAT.write(&[&header, &encapsulated.to_bytes(), &ciphertext], |bytes| vendor.sign(bytes));
    if text.len() > MAX_BYTES { Err(SealError::TooLarge { bytes: text.len() }) } else { Ok(text) }
}

fn hpke_public(recipient: &MachinePublic) -> Result<<HpkeKem as hpke::Kem>::PublicKey, SealError> {
    <HpkeKem as hpke::Kem>::PublicKey::from_bytes(&recipient.x25519).map_err(|_| SealError::Recipient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{claims::Application, machine::MachineKey, samples};

    #[test]
    fn impossible_claims_are_not_sealed() {
        let (machine, vendor) = (samples::machine(), samples::vendor());
        let mut claims = samples::claims();
        claims.serial = 0;
        assert_eq!(seal(&claims, &machine.public(), &vendor), Err(SealError::Claims(ClaimsError::Serial)));
        let other = MachineKey::generate().unwrap();
        assert_eq!(seal(&samples::claims(), &other.public(), &vendor), Err(SealError::OtherMachine));
    }

    #[test]
    fn a_key_that_no_collector_would_read_is_not_made() {
        let mut claims = samples::claims();
        claims.applications =
            (0..400).map(|i| Application { name: format!("application {i:010}"), named: None, floating: Some(i) }).collect();
        let error = seal(&claims, &samples::machine().public(), &samples::vendor()).unwrap_err();
        assert!(matches!(error, SealError::TooLarge { bytes } if bytes > MAX_BYTES));
    }

    #[test]
    fn a_recipient_of_low_order_is_refused() {
        let weak = MachinePublic { x25519: [0; 32], ..samples::machine().public() };
        let mut claims = samples::claims();
        claims.mkid = weak.id();
        assert_eq!(seal(&claims, &weak, &samples::vendor()), Err(SealError::Recipient));
    }
}
