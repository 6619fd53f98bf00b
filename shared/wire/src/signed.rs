//! The envelope of verdicts and receipts: `base64url(JSON) "." base64url(Ed25519 signature over the JSON bytes)`, no padding.
//!
//! This module splits and joins; whoever holds a key signs and verifies.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// An envelope taken apart. The payload is not trusted until the signature over it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The JSON bytes exactly as signed.
    pub payload: Vec<u8>,
    /// The Ed25519 signature.
    pub signature: [u8; 64],
}

/// Why a text is no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// There is no dot between the two parts, or more than one.
    #[error("not of the form payload.signature")]
    Form,
    /// A part is not base64url without padding.
    #[error("not base64url without padding")]
    Base64,
    /// The signature does not have 64 bytes.
    #[error("the signature does not have 64 bytes")]
    SignatureLength,
}

/// Takes a text apart.
///
/// # Errors
/// When it has not the form of an envelope.
pub fn split(text: &str) -> Result<Envelope, EnvelopeError> {
    let (payload, signature) = text.split_once('.').ok_or(EnvelopeError::Form)?;
    if signature.contains('.') {
        return Err(EnvelopeError::Form);
    }
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| EnvelopeError::Base64)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| EnvelopeError::Base64)?;
    let signature = signature.try_into().map_err(|_| EnvelopeError::SignatureLength)?;
    Ok(Envelope { payload, signature })
}

/// Joins a payload and its signature.
#[must_use]
pub fn join(payload: &[u8], signature: &[u8; 64]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_splits() {
        let text = join(b"{\"a\":1}", &[7; 64]);
        assert_eq!(split(&text), Ok(Envelope { payload: b"{\"a\":1}".to_vec(), signature: [7; 64] }));
        for (bad, why) in [
            ("", EnvelopeError::Form),
            ("a.b.c", EnvelopeError::Form),
            ("!.AAAA", EnvelopeError::Base64),
            ("AAAA.AAAA", EnvelopeError::SignatureLength),
        ] {
            assert_eq!(split(bad), Err(why), "{bad}");
        }
    }
}
