//! Console sessions: who is logged in with a browser. They live in memory; a restart logs everybody out.

use super::token::{BASE32, digest};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use subtle::ConstantTimeEq;

/// Longest life of a session that began with a password.
pub(super) const ABSOLUTE: Duration = Duration::from_secs(12 * 3600);
/// Longest life of one that began at the provider of single sign-on: it is asked so often what the person may do.
pub(super) const VOUCHED: Duration = Duration::from_secs(3600);
/// Longest time without a request.
pub(super) const IDLE: Duration = Duration::from_secs(3600);
/// Most sessions at once; the one that was idle longest makes place.
const MOST: usize = 10_000;

/// A session as handlers see it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Whose.
    pub user: String,
    /// What every change must bring along.
    pub csrf: String,
}

impl std::fmt::Debug for ConsoleSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleSession").finish_non_exhaustive()
    }
}

impl ConsoleSession {
    /// Whether the token is this session's, in constant time.
    #[must_use]
    pub fn proves(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }
}

struct Entry {
    session: ConsoleSession,
    longest: Duration,
    started: Duration,
    used: Duration,
}

/// All console sessions, by the digest of their id.
#[derive(Default)]
pub struct ConsoleSessions {
    open: Mutex<HashMap<[u8; 32], Entry>>,
}

impl ConsoleSessions {
    /// Opens a session that lives for `longest` at most; returns the id for the cookie. `at` is time since boot: setting the clock
    /// ends nobody's session.
    pub fn open(&self, user: &str, longest: Duration, at: Duration) -> String {
        let id = BASE32.encode(&muster_runtime::random::bytes::<32>());
        let session = ConsoleSession { user: user.to_owned(), csrf: BASE32.encode(&muster_runtime::random::bytes::<32>()) };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, entry| alive(entry, at));
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, entry)| entry.used).map(|(id, _)| *id)
        {
            open.remove(&oldest);
        }
        open.insert(digest(&id), Entry { session, longest, started: at, used: at });
        id
    }

    /// The session of an id, if it is still good; it counts as used now.
    pub fn find(&self, id: &str, at: Duration) -> Option<ConsoleSession> {
        self.known(id, at, true)
    }

    /// The same for a page that renews itself: nobody uses it, and it does not keep the session alive.
    pub fn glance(&self, id: &str, at: Duration) -> Option<ConsoleSession> {
        self.known(id, at, false)
    }

    fn known(&self, id: &str, at: Duration, used: bool) -> Option<ConsoleSession> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = digest(id);
        let entry = open.get_mut(&key)?;
        if !alive(entry, at) {
            open.remove(&key);
            return None;
        }
        if used {
            entry.used = at;
        }
        Some(entry.session.clone())
    }

    /// Ends one session.
    pub fn end(&self, id: &str) {
        self.end_key(&Self::key(id));
    }

    /// Ends the session of a key.
    pub fn end_key(&self, key: &[u8; 32]) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Under what the session of an id is kept: as long for every id, and nobody comes in with it.
    #[must_use]
    pub fn key(id: &str) -> [u8; 32] {
        digest(id)
    }

    /// Ends every session of a user.
    pub fn end_all(&self, user: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, entry| entry.session.user != user);
    }
}

fn alive(entry: &Entry, at: Duration) -> bool {
    at.saturating_sub(entry.started) < entry.longest && at.saturating_sub(entry.used) < IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_end_by_time_logout_and_user() {
        let (sessions, zero) = (ConsoleSessions::default(), Duration::ZERO);
        let id = sessions.open("anna", ABSOLUTE, zero);
        let session = sessions.find(&id, zero).unwrap();
        assert!(session.proves(&session.csrf.clone()));
        assert!(!session.proves(""));
        assert_eq!(sessions.find("no such id", zero), None);
        assert!(sessions.glance(&id, IDLE / 2).is_some());
        assert_eq!(sessions.find(&id, IDLE), None, "idle too long");

        let id = sessions.open("anna", ABSOLUTE, zero);
        let step = IDLE - Duration::from_secs(1);
        let mut at = zero;
        while at + step < ABSOLUTE {
            at += step;
            assert!(sessions.find(&id, at).is_some());
        }
        assert_eq!(sessions.find(&id, at + step), None, "over the absolute limit though never idle");

        let (id, soon) = (sessions.open("ida", VOUCHED, zero), VOUCHED - Duration::from_secs(1));
        assert!(sessions.find(&id, VOUCHED / 2).is_some() && sessions.find(&id, soon).is_some());
        assert_eq!(sessions.find(&id, VOUCHED), None, "the provider is to be asked again");

        let (one, two, other) =
            (sessions.open("anna", ABSOLUTE, zero), sessions.open("anna", ABSOLUTE, zero), sessions.open("bert", ABSOLUTE, zero));
        assert_ne!(one, two);
        sessions.end(&one);
        assert!(sessions.find(&one, zero).is_none() && sessions.find(&two, zero).is_some());
        sessions.end_all("anna");
        assert!(sessions.find(&two, zero).is_none() && sessions.find(&other, zero).is_some());
    }
}
