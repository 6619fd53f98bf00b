//! The join token: which token it is, its secret, and the pin of the collector's root.
//!
//! In: the text an administrator copied. Out: its id (may be logged) and its pin; the whole text goes only into the
//! enrolment request.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

const PREFIX: &str = "mst1";
const ID_CHARS: usize = 8;

/// A join token, `mst1_<id>_<secret>_<pin>` (contract 2.1). Its `Debug` shows the id only.
#[derive(Clone)]
pub struct JoinToken {
    text: Zeroizing<String>,
    id: String,
    pin: [u8; 32],
}

/// Why a text is no join token. The text itself is never part of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is empty.
    #[error("the join token is empty")]
    Empty,
    /// It does not begin as a token does.
    #[error("this is no join token: one begins with `mst1_`")]
    Prefix,
    /// It does not have four parts.
    #[error("the join token is not complete: it has four parts with `_` between them; copy all of it")]
    Parts,
    /// A part has a wrong length or letters that do not occur in it.
    #[error("the {0} of the join token is damaged; copy the token again")]
    Part(&'static str),
}

impl JoinToken {
    /// Reads a token; white space around it is ignored.
    ///
    /// # Errors
    /// When it is not of the form above.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        let mut parts = text.split('_');
        if parts.next() != Some(PREFIX) {
            return Err(TokenError::Prefix);
        }
        let (Some(id), Some(secret), Some(pin), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(TokenError::Parts);
        };
        let letter = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
        if id.len() != ID_CHARS || !id.bytes().all(letter) {
            return Err(TokenError::Part("id"));
        }
        let _secret = bytes(secret).ok_or(TokenError::Part("secret"))?;
        let pin = *bytes(pin).ok_or(TokenError::Part("pin"))?;
        Ok(Self { text: Zeroizing::new(text.to_owned()), id: id.to_owned(), pin })
    }

    /// The whole text, for the enrolment request.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part that names the token without giving it away.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// SHA-256 of the `SubjectPublicKeyInfo` of the collector's root.
    #[must_use]
    pub fn pin(&self) -> [u8; 32] {
        self.pin
    }
}

impl std::fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// 32 bytes in lower-case base32 without padding.
fn bytes(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let upper = Zeroizing::new(text.to_ascii_uppercase());
    let bytes = Zeroizing::new(BASE32_NOPAD.decode(upper.as_bytes()).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(byte: u8) -> String {
        BASE32_NOPAD.encode(&[byte; 32]).to_ascii_lowercase()
    }

    #[test]
    fn reads_a_token_and_keeps_it_out_of_debug() {
        let text = format!("mst1_abcdefg2_{}_{}", part(1), part(2));
        let token = JoinToken::parse(&format!("  {text}\n")).unwrap();
        assert_eq!((token.text(), token.id(), token.pin()), (text.as_str(), "abcdefg2", [2; 32]));
        assert!(!format!("{token:?}").contains(&part(1)));
    }

    #[test]
    fn says_what_is_wrong() {
        let (secret, pin) = (part(1), part(2));
        for (text, expected) in [
            (String::new(), TokenError::Empty),
            ("none".to_owned(), TokenError::Prefix),
            (format!("mst2_abcdefg2_{secret}_{pin}"), TokenError::Prefix),
            (format!("mst1_abcdefg2_{secret}"), TokenError::Parts),
            (format!("mst1_abcdefg2_{secret}_{pin}_"), TokenError::Parts),
            (format!("mst1_abcdefg_{secret}_{pin}"), TokenError::Part("id")),
            (format!("mst1_ABCDEFG2_{secret}_{pin}"), TokenError::Part("id")),
            (format!("mst1_abcdefg2_{}_{pin}", &secret[1..]), TokenError::Part("secret")),
            (format!("mst1_abcdefg2_{}_{pin}", secret.to_ascii_uppercase()), TokenError::Part("secret")),
            (format!("mst1_abcdefg2_{secret}_{}1", &pin[1..]), TokenError::Part("pin")),
            (format!("mst1_abcdefg2_{secret}_é"), TokenError::Part("pin")),
        ] {
            assert_eq!(JoinToken::parse(&text).err(), Some(expected), "{text}");
        }
    }
}
