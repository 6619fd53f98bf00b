//! Join tokens as an agent reads them. In: `mst1_<id>_<secret>_<pin>`. Out: the token and the pin of the site's CA.

use anyhow::{Context, Result, bail};
use data_encoding::BASE32_NOPAD;

/// A join token.
#[derive(Clone)]
pub struct JoinToken {
    /// The whole text.
    pub text: String,
    /// SHA-256 of the public key of the site's root certificate.
    pub pin: [u8; 32],
}

impl std::fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinToken").finish_non_exhaustive()
    }
}

impl JoinToken {
    /// Reads a token; the collector alone can tell whether it is a good one.
    ///
    /// # Errors
    /// It has not the form of a token.
    pub fn read(text: &str) -> Result<Self> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('_').collect();
        let ["mst1", _id, _secret, pin] = parts.as_slice() else { bail!("no join token: four parts are expected") };
        let pin = BASE32_NOPAD.decode(pin.to_ascii_uppercase().as_bytes()).context("the pin of the join token")?;
        let pin = pin.try_into().map_err(|pin: Vec<u8>| anyhow::anyhow!("a pin has 32 bytes, not {}", pin.len()))?;
        Ok(Self { text: text.to_owned(), pin })
    }

    /// The same token with another secret: of the right form, and wrong.
    #[must_use]
    pub fn with_secret(&self, secret: [u8; 32]) -> String {
        let mut parts: Vec<String> = self.text.split('_').map(str::to_owned).collect();
        if let Some(part) = parts.get_mut(2) {
            *part = BASE32_NOPAD.encode(&secret).to_ascii_lowercase();
        }
        parts.join("_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_is_the_last_part() {
        let pin = BASE32_NOPAD.encode(&[9; 32]).to_ascii_lowercase();
        let token = JoinToken::read(&format!("mst1_abcd2345_secret_{pin}\n")).unwrap();
        assert_eq!(token.pin, [9; 32]);
        assert_ne!(token.with_secret([1; 32]), token.text);
        for bad in ["", "mst1_a_b", "mst2_a_b_c", "mst1_a_b_c", &format!("{}_x", token.text)] {
            assert!(JoinToken::read(bad).is_err(), "{bad}");
        }
    }
}
