//! Ed25519 signatures over bytes.
//!
//! Comes in: a key and the exact bytes. Goes out: a signature, or whether it fits. It does not encode, name or store
//! anything: the formats on the wire are their owners' business.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Signs `payload`. The same key and payload always give the same signature.
#[must_use]
pub fn sign(key: &SigningKey, payload: &[u8]) -> [u8; 64] {
    key.sign(payload).to_bytes()
}

/// Whether `signature` was made over exactly `payload` by the owner of `key`.
///
/// The check is strict: keys of small order and signatures in another than the canonical form are refused, so that one
/// payload has one signature and nobody can make a key that fits everything.
#[must_use]
pub fn verify(key: &[u8; 32], payload: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(payload, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    /// RFC 8032, section 7.1, tests 1 to 3.
    #[test]
    fn agrees_with_the_standard() {
        let check = |secret: &str, public: &str, message: &[u8], signature: &str| {
            let key = SigningKey::from_bytes(&hex(secret));
            assert_eq!(key.verifying_key().to_bytes(), hex::<32>(public));
            assert_eq!(sign(&key, message), hex::<64>(signature));
            assert!(verify(&hex(public), message, &hex(signature)));
        };
        check(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            b"",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        check(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            &[0x72],
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        check(
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            &[0xaf, 0x82],
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        );
    }

    #[test]
    fn any_flipped_bit_is_refused() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key().to_bytes();
        let payload = b"a verdict";
        let signature = sign(&key, payload);
        for bit in 0..512 {
            let mut wrong = signature;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&public, payload, &wrong), "signature bit {bit}");
        }
        for bit in 0..256 {
            let mut wrong = public;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&wrong, payload, &signature), "key bit {bit}");
        }
        for bit in 0..payload.len() * 8 {
            let mut wrong = *payload;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&public, &wrong, &signature), "payload bit {bit}");
        }
        assert!(!verify(&public, b"a verdict ", &signature));
    }

    /// With the identity point as key and as R, and S = 0, the plain equation holds for every message.
    #[test]
    fn a_key_of_small_order_signs_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!verify(&identity, b"anything", &signature));
    }
}
