//! The signatures of webhooks, by the public scheme of standardwebhooks.com: HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
//!
//! In: the machine key's secret; a webhook and its generation. Out: the secret that its receiver is given once, and signatures. No secret
//! is stored: each is derived anew.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Derives secrets and signs with them.
pub struct Signer {
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// From the machine key's secret.
    #[must_use]
    pub fn new(machine_secret: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are always a valid output length of HKDF-SHA256.
        let _ = Hkdf::<Sha256>::new(Some(b"muster-collector"), machine_secret).expand(b"webhooks v1", key.as_mut());
        Self { key }
    }

    /// The secret of a webhook as its receiver is given it: `whsec_` and base64.
    #[must_use]
    pub fn shown(&self, webhook: Uuid, generation: u32) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", STANDARD.encode(self.secret(webhook, generation).as_ref())))
    }

    /// The value of `webhook-signature` for a message; `timestamp` is in seconds since 1970.
    #[must_use]
    pub fn sign(&self, webhook: (Uuid, u32), id: Uuid, timestamp: i64, body: &[u8]) -> String {
        let secret = self.secret(webhook.0, webhook.1);
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_ref()) else { return String::new() };
        let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    fn secret(&self, webhook: Uuid, generation: u32) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        let info = [webhook.as_bytes().as_slice(), &generation.to_be_bytes()].concat();
        let _ = Hkdf::<Sha256>::new(None, self.key.as_ref()).expand(&info, secret.as_mut());
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_verifies_with_what_it_was_given_and_each_generation_has_its_own() {
        let signer = Signer::new(&[7; 32]);
        let (webhook, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let shown = signer.shown(webhook, 1);
        let secret = STANDARD.decode(shown.strip_prefix("whsec_").unwrap()).unwrap();
        let verify = |signature: &str, text: &str| {
            let signature = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
            Hmac::<Sha256>::new_from_slice(&secret).unwrap().chain_update(text).verify_slice(&signature).is_ok()
        };
        let signature = signer.sign((webhook, 1), id, 1_800_000_000, b"{}");
        assert!(verify(&signature, &format!("{id}.1800000000.{{}}")));
        assert!(!verify(&signature, &format!("{id}.1800000001.{{}}")));
        assert!(!verify(&signer.sign((webhook, 2), id, 1_800_000_000, b"{}"), &format!("{id}.1800000000.{{}}")));
        assert_ne!(signer.shown(webhook, 1), signer.shown(webhook, 2));
        assert_ne!(signer.shown(webhook, 1), Signer::new(&[8; 32]).shown(webhook, 1));
        assert_eq!(format!("{signer:?}"), "Signer");
    }
}
