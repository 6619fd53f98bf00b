//! A licence key as text: taken apart, its signature checked, its digest taken, without opening it.
//!
//! In: an armoured text. Out: [`LicenseKey`]. A vendor or a support person can look at a key with this; only the machine it
//! is for can read the claims ([`crate::open`]).

use crate::{
    armor::Armor,
    container::{Container, Format, FormatError},
    header::Header,
    id::KeyDigest,
    json::{self, JsonError},
    open::LicenseError,
    vendor::VendorPublic,
};

/// The largest licence key, in bytes of text.
pub const MAX_BYTES: usize = 16 * 1024;

/// The context of signature and encryption; it names the version of the format.
pub const CONTEXT: &str = "muster-lic-v1";

/// Header, encapsulated key, ciphertext.
pub(crate) const FORMAT: Format =
    Format { armor: Armor { label: "MUSTER LICENSE", max_bytes: MAX_BYTES }, context: CONTEXT, pieces: 3 };

/// A licence key taken apart; nothing in it is trusted before [`LicenseKey::is_signed_by`] said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseKey(Container);

impl LicenseKey {
    /// Takes a text apart.
    ///
    /// # Errors
    /// When it is no licence key, too large, cut off, damaged or of another version.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        FORMAT.read(text).map(Self)
    }

    /// The header, authenticated or not.
    ///
    /// # Errors
    /// When its bytes are no header.
    pub fn header(&self) -> Result<Header, JsonError> {
        json::read(self.header_bytes())
    }

    /// Whether this vendor key signed the licence key (strict verification).
    #[must_use]
    pub fn is_signed_by(&self, vendor: &VendorPublic) -> bool {
        vendor.verify(self.0.signed_bytes(), self.0.signature())
    }

    /// The digest over all its bytes.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.0.bytes())
    }

    pub(crate) fn header_bytes(&self) -> &[u8] {
        self.0.piece(0)
    }

    pub(crate) fn encapsulated(&self) -> &[u8] {
        self.0.piece(1)
    }

    pub(crate) fn ciphertext(&self) -> &[u8] {
        self.0.piece(2)
    }
}

/// Reads the header of a key without checking anything; for messages and for choosing what to do next.
///
/// # Errors
/// When the text is no licence key or its header cannot be read.
pub fn peek(text: &str) -> Result<Header, LicenseError> {
    LicenseKey::read(text)?.header().map_err(LicenseError::Header)
}
