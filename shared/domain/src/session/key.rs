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

/// Where a claim on a licence comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Login user, as reported.
    pub user: &'a str,
    /// Where the user sits.
    pub client: &'a str,
    /// The machine that the session or the program runs on.
    pub host: Option<&'a str>,
    /// The terminal or display.
    pub display: Option<&'a str>,
}

/// The holder of a licence. Parts that an application does not count by are absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CountKey {
    user: Option<Box<str>>,
    client: Option<Box<str>>,
    host: Option<Box<str>>,
    display: Option<Box<str>>,
    session: Option<SessionId>,
}

impl CountKey {
    /// The key of a session of which no more is known than user and client.
    #[must_use]
    pub fn new(session: SessionId, user: &str, client: &str, rules: KeyRules<'_>) -> Self {
        Self::of(session, Origin { user, client, host: None, display: None }, rules)
    }

    /// The key of a session, or of a check-out whose id stands for the session. What is not known of the origin is one value.
    #[must_use]
    pub fn of(session: SessionId, origin: Origin<'_>, rules: KeyRules<'_>) -> Self {
        let apart = rules.sharing.is_empty();
        let shares = |share: Share| rules.sharing.contains(&share);
        let place = |share: Share, text: Option<&str>| {
            shares(share).then(|| normalise::client(text.unwrap_or_default()).into_boxed_str())
        };
        Self {
            user: (apart || shares(Share::User)).then(|| fold_user(origin.user, rules.realms).into_boxed_str()),
            client: (apart || shares(Share::ClientIp)).then(|| normalise::client(origin.client).into_boxed_str()),
            host: place(Share::Host, origin.host),
            display: place(Share::Display, origin.display),
            session: apart.then_some(session),
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
pub fn fold_user(name: &str, realms: &[String]) -> String {
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
        let placed = |host, display| {
            let origin = Origin { user: "falcon", client: "10.0.0.1", host: Some(host), display: Some(display) };
            CountKey::of(SessionId(1), origin, KeyRules { sharing: &[Share::Host, Share::Display], realms: &[] })
        };
        assert_eq!(placed("WS-17.", ":0"), placed("ws-17", ":0"));
        assert_ne!(placed("ws-17", ":0"), placed("ws-17", ":1"));
        assert_ne!(placed("ws-17", ":0"), placed("ws-18", ":0"));
        assert_eq!(fold_user(r"corp\", &["corp".to_owned()]), r"corp\");
    }
}
