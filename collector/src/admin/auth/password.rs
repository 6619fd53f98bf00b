//! Passwords: argon2id, computed away from the async threads and never more than two at once.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Shortest password that can be chosen, in characters.
pub const SHORTEST: usize = 12;
/// Longest password that is looked at, in bytes.
pub(super) const LONGEST: usize = 1024;
/// How many passwords are verified at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// A password could not be hashed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

/// Argon2id of a password with a new salt, in PHC form (m = 19 MiB, t = 2, p = 1).
///
/// # Errors
/// When argon2 refuses its input or memory.
pub fn hash_password(password: &str) -> Result<String, HashError> {
    let salt = muster_runtime::random::bytes::<16>();
    let hash: PasswordHash =
        hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

/// A random password that can be typed: five groups of five characters, 125 bits.
#[must_use]
pub fn generate_password() -> String {
    let text = super::token::BASE32.encode(&muster_runtime::random::bytes::<16>());
    let groups: Vec<&str> = (0..5).filter_map(|group| text.get(group * 5..group * 5 + 5)).collect();
    groups.join("-")
}

/// Verifies passwords.
#[derive(Debug, Clone)]
pub(super) struct Verifier {
    places: Arc<Semaphore>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Verifier {
    /// Whether the password fits the hash; without a hash it works just as long and answers no.
    pub(super) async fn fits(&self, hash: Option<String>, password: String) -> bool {
        let Ok(_place) = self.places.acquire().await else { return false };
        let verify = move || {
            let known = hash.is_some();
            let Some(hash) = hash.or_else(|| DECOY.clone()) else { return false };
            let fits = PasswordHash::new(&hash)
                .is_ok_and(|hash| hasher().is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &hash).is_ok()));
            known && fits
        };
        tokio::task::spawn_blocking(verify).await.unwrap_or(false)
    }

    /// Hashes a new password away from the async threads.
    ///
    /// # Errors
    /// When argon2 refuses its input or memory.
    pub(super) async fn hash(&self, password: String) -> Result<String, HashError> {
        let _place = self.places.acquire().await.map_err(|error| HashError(error.to_string()))?;
        tokio::task::spawn_blocking(move || hash_password(&password)).await.map_err(|error| HashError(error.to_string()))?
    }
}

/// What an unknown user's password is compared with, so that both answers take the same time.
static DECOY: LazyLock<Option<String>> = LazyLock::new(|| hash_password(&generate_password()).ok());

fn hasher() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fits_only_its_own_password() {
        let verifier = Verifier::default();
        let hash = verifier.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let cases = [
            (Some(hash.clone()), "correct horse battery", true),
            (Some(hash), "wrong", false),
            (None, "correct horse battery", false),
            (Some("not a hash".to_owned()), "x", false),
        ];
        for (hash, password, expected) in cases {
            assert_eq!(verifier.fits(hash, password.to_owned()).await, expected, "{password}");
        }
    }

    #[test]
    fn generated_passwords_are_long_and_different() {
        let (one, other) = (generate_password(), generate_password());
        assert_ne!(one, other);
        assert_eq!(one.len(), 29);
    }
}
