//! What stands inside an armour: `PAE([context, piece, ...])` followed by an Ed25519 signature over exactly those bytes.
//!
//! In: a text, or pieces and a signer. Out: a [`Container`] whose pieces are not trusted until the signature was checked. The
//! context names the purpose and the version of the format, and so fixes all algorithms; there is no field to choose one.

use crate::{
    armor::{Armor, ArmorError},
    pae::{self, PaeError},
};

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// One format: its armour, the context string and how many pieces follow the context.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The armour around it.
    pub armor: Armor,
    /// The first piece, for example `muster-lic-v1`.
    pub context: &'static str,
    /// The number of pieces after the context.
    pub pieces: usize,
}

/// A container taken apart. Nothing in it is trusted before its signature was verified over [`Container::signed_bytes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pieces: Vec<Vec<u8>>,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

/// Why a text has not the form that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The armour is wrong.
    #[error(transparent)]
    Armor(#[from] ArmorError),
    /// The bytes end too early.
    #[error("the {label} is cut off: bytes are missing inside; copy the whole text")]
    Truncated {
        /// What the text should be.
        label: &'static str,
    },
    /// A format that this version does not know.
    #[error("the {label} has the format \"{found}\", this version reads \"{known}\"; update muster or ask for an older format")]
    UnsupportedVersion {
        /// What the text should be.
        label: &'static str,
        /// The format that is named.
        found: String,
        /// The format that this version reads.
        known: &'static str,
    },
    /// The parts do not add up.
    #[error("the {label} is damaged: its parts do not add up")]
    Layout {
        /// What the text should be.
        label: &'static str,
    },
}

impl Format {
    /// Encodes and signs pieces; the context is put before them.
    pub fn write(&self, pieces: &[&[u8]], sign: impl FnOnce(&[u8]) -> [u8; SIGNATURE_BYTES]) -> String {
        let mut bytes = pae::encode(&[&[self.context.as_bytes()], pieces].concat());
        let signature = sign(&bytes);
        bytes.extend_from_slice(&signature);
        self.armor.encode(&bytes)
    }

    /// Takes a text apart.
    ///
    /// # Errors
    /// When the armour is wrong, bytes are missing or left over, or the format is another.
    pub fn read(&self, text: &str) -> Result<Container, FormatError> {
        let label = self.armor.label;
        let bytes = self.armor.decode(text)?;
        let (pieces, rest) = pae::decode(&bytes).map_err(|error| match error {
            PaeError::Truncated => FormatError::Truncated { label },
            PaeError::Count => FormatError::Layout { label },
        })?;
        let (context, pieces) = pieces.split_first().ok_or(FormatError::Layout { label })?;
        if *context != self.context.as_bytes() {
            let found = String::from_utf8_lossy(context).escape_debug().take(40).collect();
            return Err(FormatError::UnsupportedVersion { label, found, known: self.context });
        }
        if pieces.len() != self.pieces {
            return Err(FormatError::Layout { label });
        }
        if rest.len() < SIGNATURE_BYTES {
            return Err(FormatError::Truncated { label });
        }
        let signature = rest.try_into().map_err(|_| FormatError::Layout { label })?;
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        Ok(Container { pieces, bytes, signature })
    }
}

impl Container {
    /// The piece at `index`, the context not counted; empty when there is none.
    #[must_use]
    pub fn piece(&self, index: usize) -> &[u8] {
        self.pieces.get(index).map_or(&[], Vec::as_slice)
    }

    /// The bytes that were signed.
    #[must_use]
    pub fn signed_bytes(&self) -> &[u8] {
        self.bytes.get(..self.bytes.len().saturating_sub(SIGNATURE_BYTES)).unwrap_or_default()
    }

    /// The signature, not yet checked.
    #[must_use]
    pub fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// All bytes, the signature included.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: Format = Format { armor: Armor { label: "MUSTER TEST", max_bytes: 4096 }, context: "muster-test-v1", pieces: 2 };

    fn armored(bytes: &[u8]) -> String {
        TEST.armor.encode(bytes)
    }

    #[test]
    fn reads_what_it_wrote() {
        let read = TEST.read(&TEST.write(&[b"one", b"two"], |_| [9; 64])).unwrap();
        assert_eq!((read.piece(0), read.piece(1), read.piece(2)), (&b"one"[..], &b"two"[..], &b""[..]));
        assert_eq!(read.signed_bytes(), pae::encode(&[b"muster-test-v1", b"one", b"two"]));
        assert_eq!(read.signature(), &[9; 64]);
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let label = TEST.armor.label;
        let layout = FormatError::Layout { label };
        let truncated = FormatError::Truncated { label };
        let good = [pae::encode(&[b"muster-test-v1", b"a", b"b"]), vec![0; 64]].concat();
        let other = FormatError::UnsupportedVersion { label, found: "muster-test-v2".into(), known: "muster-test-v1" };
        for (bytes, error) in [
            (good[..good.len() - 1].to_vec(), truncated.clone()),
            (vec![], truncated),
            ([good.clone(), vec![0]].concat(), layout.clone()),
            ([pae::encode(&[]), vec![0; 64]].concat(), layout.clone()),
            ([pae::encode(&[b"muster-test-v1", b"a"]), vec![0; 64]].concat(), layout),
            ([pae::encode(&[b"muster-test-v2"]), vec![0; 64]].concat(), other),
        ] {
            assert_eq!(TEST.read(&armored(&bytes)), Err(error), "{bytes:?}");
        }
    }
}
