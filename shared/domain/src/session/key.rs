//! What counts as one licence: the key of a session.
//!
//! The usual key is the login user, compared without case, and the client address. An application may share by one of the two
//! only, or count each session by itself.

use serde::{Deserialize, Serialize};

use super::application::Share;
use super::normalise;
use crate::ids::SessionId;

/// How keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules<'a> {
    /// What sessions must have in common to share a licence. Nothing: each session counts by itself.
    pub sharing: &'a [Share],
    /// Realms that do not make another user: `CORP\alice` and `alice@corp.example` are alice where they are listed. Compared
    /// without case.
    pub realms: &'a [String],
}

impl Default for KeyRules<'_> {
    fn default() -> Self {
        Self { sharing: &[Share::User, Share::ClientIp], realms: &[] }
    }
}

/// The holder of a licence. Parts that an application does not count by are absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CountKey {
    user: Option<Box<str>>,
    client: Option<Box<str>>,
    session: Option<SessionId>,
}

impl CountKey {
    /// The key of a session.
    #[must_use]
    pub fn new(session: SessionId, user: &str, client: &str, rules: KeyRules<'_>) -> Self {
        let user = || Some(fold_user(user, rules.realms).into_boxed_str());
        let client = || Some(normalise::client(client).into_boxed_str());
        if rules.sharing.is_empty() {
            return Self { user: user(), client: client(), session: Some(session) };
        }
        let shares = |share: Share| rules.sharing.contains(&share);
        Self {
            user: if shares(Share::User) { user() } else { None },
            client: if shares(Share::ClientIp) { client() } else { None },
            session: None,
        }
    }

    /// The user in the form that is compared, where the key has one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The client, where the key has one.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }
}

/// A user name in the form that is compared: without listed realms, in lower case.
#[must_use]
pub(super) fn fold_user(name: &str, realms: &[String]) -> String {
    let name = normalise::user(name).to_lowercase();
    let listed = |realm: &str| realms.iter().any(|known| known.to_lowercase() == realm);
    if let Some((realm, bare)) = name.split_once('\\')
        && !bare.is_empty()
        && listed(realm)
    {
        return bare.to_owned();
    }
    if let Some((bare, realm)) = name.rsplit_once('@')
        && !bare.is_empty()
        && listed(realm)
    {
        return bare.to_owned();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(session: u128, user: &str, client: &str, sharing: &[Share]) -> CountKey {
        CountKey::new(
            SessionId(session),
            user,
            client,
            KeyRules { sharing, realms: &["CORP".to_owned(), "corp.example".to_owned()] },
        )
    }

    #[test]
    fn one_person_at_one_place_is_one_key() {
        let both = [Share::User, Share::ClientIp];
        let check = |a: (&str, &str), b: (&str, &str), sharing: &[Share], same: bool| {
            assert_eq!(key(1, a.0, a.1, sharing) == key(2, b.0, b.1, sharing), same, "{a:?} {b:?} {sharing:?}");
        };
        check(("falcon", "10.0.0.1"), ("falcon", "10.0.0.1"), &both, true);
        check(("falcon", "10.0.0.1"), ("FALCON", "::ffff:10.0.0.1"), &both, true);
        check(("falcon", "10.0.0.1"), ("falcon", "10.0.0.2"), &both, false);
        check(("falcon", "10.0.0.1"), ("eagle", "10.0.0.1"), &both, false);
        check(("falcon", "10.0.0.1"), (r"corp\Falcon", "10.0.0.1"), &both, true);
        check(("falcon", "10.0.0.1"), ("falcon@Corp.Example", "10.0.0.1"), &both, true);
        check(("falcon", "10.0.0.1"), (r"other\falcon", "10.0.0.1"), &both, false);
        check(("falcon", "10.0.0.1"), ("falcon@other", "10.0.0.1"), &both, false);
        check(("falcon", "10.0.0.1"), ("falcon", "10.0.0.2"), &[Share::User], true);
        check(("falcon", "10.0.0.1"), ("eagle", "10.0.0.1"), &[Share::ClientIp], true);
        check(("falcon", "10.0.0.1"), ("falcon", "10.0.0.1"), &[], false);
        assert_eq!(fold_user(r"corp\", &["corp".to_owned()]), r"corp\");
    }
}
