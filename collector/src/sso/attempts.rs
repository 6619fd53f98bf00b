//! Logins under way: what a browser took along to the provider, to be held against what it brings back.
//!
//! In: an attempt. Out: a secret for the browser's cookie, and once, for that secret and the attempt's state, the attempt. They live in
//! memory for ten minutes; a restart ends them.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use subtle::ConstantTimeEq;

/// How long somebody may take at the provider.
pub const LASTS: Duration = Duration::from_secs(600);
/// Most at once; the oldest makes place.
const MOST: usize = 10_000;
/// The longest way that is kept, in bytes: whoever begins a login need not be anybody, and may begin thousands.
const LONGEST_NEXT: usize = 2048;

/// One login under way.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Comes back in the address.
    pub(super) state: String,
    /// Comes back within the ID token.
    pub(super) nonce: String,
    /// Shows the provider that who has the code is who asked for it (RFC 7636).
    pub(super) verifier: String,
    /// Where the provider sends the browser, as it was told.
    pub(super) redirect: String,
    /// Where the browser wants to go after it; empty when it does not say, or says too much to be kept.
    pub(super) next: String,
    /// The digest of the session with which the browser came, which ends when this one begins.
    pub(super) before: Option<[u8; 32]>,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

impl Attempt {
    /// A new one with secrets of its own.
    pub(super) fn new(redirect: String, next: &str, before: Option<[u8; 32]>) -> Self {
        let next = if next.len() <= LONGEST_NEXT { next.to_owned() } else { String::new() };
        Self { state: secret(), nonce: secret(), verifier: secret(), redirect, next, before }
    }

    /// What the provider is told of the verifier (method S256).
    pub(super) fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.as_bytes()))
    }
}

/// All logins under way, by the digest of the browser's secret.
#[derive(Default)]
pub(super) struct Attempts {
    open: Mutex<HashMap<[u8; 32], (Attempt, Duration)>>,
}

impl Attempts {
    /// Begins one; returns the secret for the browser's cookie. `at` is time since boot.
    pub(super) fn begin(&self, attempt: Attempt, at: Duration) -> String {
        let cookie = secret();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, began)| alive(*began, at));
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, (_, began))| *began).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(digest(&cookie), (attempt, at));
        cookie
    }

    /// Ends one and returns it: nobody has it twice. Another state than the attempt's leaves it as it is, so that a stranger's link
    /// cannot end it.
    pub(super) fn take(&self, cookie: &str, state: &str, at: Duration) -> Option<Attempt> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = digest(cookie);
        let (attempt, began) = open.get(&key)?;
        let (same, alive) = (bool::from(digest(&attempt.state).ct_eq(&digest(state))), alive(*began, at));
        if !same && alive {
            return None;
        }
        open.remove(&key).map(|(attempt, _)| attempt).filter(|_| same && alive)
    }
}

fn alive(began: Duration, at: Duration) -> bool {
    at.saturating_sub(began) < LASTS
}

/// 256 bits in 43 characters that need no quoting anywhere.
fn secret() -> String {
    BASE64URL_NOPAD.encode(&muster_runtime::random::bytes::<32>())
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        Attempt::new("https://localhost/login/oidc/callback".to_owned(), "/status", None)
    }

    #[test]
    fn a_way_that_is_too_long_is_not_kept() {
        for (length, kept) in [(0, true), (LONGEST_NEXT, true), (LONGEST_NEXT + 1, false), (65_536, false)] {
            let next = "/".repeat(length);
            let attempt = Attempt::new(String::new(), &next, None);
            assert_eq!(attempt.next, if kept { next } else { String::new() }, "{length}");
        }
    }

    #[test]
    fn an_attempt_is_good_once_for_its_browser_and_ten_minutes() {
        let (attempts, zero) = (Attempts::default(), Duration::ZERO);
        let (one, other) = (attempt(), attempt());
        let (cookie, others) = (attempts.begin(one.clone(), zero), attempts.begin(other.clone(), zero));
        for (cookie, state) in [(cookie.as_str(), ""), (&cookie, &other.state), ("", &one.state), (&others, &one.state)] {
            assert_eq!(attempts.take(cookie, state, zero), None);
        }
        assert_eq!(attempts.take(&cookie, &one.state, zero), Some(one.clone()), "wrong tries did not end it");
        assert_eq!(attempts.take(&cookie, &one.state, zero), None, "once");
        assert_eq!(attempts.take(&others, &other.state, LASTS), None, "too late");
        assert_eq!(attempts.take(&others, &other.state, zero), None, "and gone");
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes() {
        let attempts = Attempts::default();
        let first = attempt();
        let cookie = attempts.begin(first.clone(), Duration::ZERO);
        for _ in 0..MOST {
            attempts.begin(attempt(), Duration::from_secs(1));
        }
        assert_eq!(attempts.open.lock().unwrap().len(), MOST);
        assert_eq!(attempts.take(&cookie, &first.state, Duration::from_secs(1)), None);
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        assert_eq!(Attempt { verifier, ..attempt() }.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
