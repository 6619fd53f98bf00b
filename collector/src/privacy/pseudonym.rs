//! What stands in the place of a name.
//!
//! A pseudonym of the site is keyed: the same user or client has the same one in every row, so that what was counted together still
//! is, and nobody without the site's key finds out whose it is. One that a purge leaves is random: nobody finds out at all.

use crate::store::ports::Mask;
use data_encoding::BASE32_NOPAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use muster_domain::session::fold_user;
use sha2::Sha256;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// What a pseudonym begins with; no system lets a user begin so.
const SIGN: char = '~';
/// Bytes of a pseudonym: 80 bits, 16 characters.
const BYTES: usize = 10;

/// Whether a name or a client was replaced.
#[must_use]
pub fn is_pseudonym(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(SIGN) else { return false };
    rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte))
}

/// Whether a text stands for nobody: what is counted without its user, or without its client, has a dash there.
pub(super) fn is_nobody(text: &str) -> bool {
    text.is_empty() || text == "-"
}

/// The keyed pseudonyms of a site.
#[derive(Clone)]
pub struct Pseudonyms {
    key: Arc<Zeroizing<[u8; 32]>>,
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Pseudonyms {
    /// From the machine key's secret.
    #[must_use]
    pub fn new(machine_secret: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are always a valid output length of HKDF-SHA256.
        let _ = Hkdf::<Sha256>::new(Some(b"muster-collector"), machine_secret).expand(b"pseudonyms v1", key.as_mut());
        Self { key: Arc::new(key) }
    }

    /// Replaces every name that is not a pseudonym yet. Names that are one user for the licence count become one pseudonym.
    #[must_use]
    pub fn everybody(&self, realms: &[String]) -> Mask {
        let (of, realms) = (self.clone(), realms.to_vec());
        Arc::new(move |user, client| {
            let named = |text: &str| !is_nobody(text) && !is_pseudonym(text);
            let masked = |kind: &str, text: &str, key: &str| if named(text) { of.text(kind, key) } else { text.to_owned() };
            // Whose user was replaced has the client of then.
            let changes = named(user) || (is_nobody(user) && named(client));
            changes.then(|| (masked("user", user, &fold_user(user, &realms)), masked("client", client, client)))
        })
    }

    fn text(&self, kind: &str, name: &str) -> String {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.key.as_ref().as_ref()) else { return String::new() };
        let digest: [u8; 32] = mac.chain_update(kind).chain_update([0]).chain_update(name).finalize().into_bytes().into();
        written(digest.get(..BYTES).unwrap_or_default())
    }
}

/// Replaces one person by a random pseudonym, and each client that they sat at by another. The same ones wherever the mask comes.
#[must_use]
pub(super) fn one(person: &str, realms: &[String]) -> Mask {
    let (person, realms) = (fold_user(person, realms), realms.to_vec());
    let (user, clients) = (random(), Mutex::new(HashMap::<String, String>::new()));
    Arc::new(move |name, client| {
        if fold_user(name, &realms) != person {
            return None;
        }
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client =
            if is_nobody(client) { client.to_owned() } else { clients.entry(client.to_owned()).or_insert_with(random).clone() };
        Some((user.clone(), client))
    })
}

fn random() -> String {
    written(&muster_runtime::random::bytes::<BYTES>())
}

fn written(bytes: &[u8]) -> String {
    format!("{SIGN}{}", BASE32_NOPAD.encode(bytes).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_counts_as_one_is_one_pseudonym() {
        let realms = ["CORP".to_owned(), "corp.example".to_owned()];
        let mask = Pseudonyms::new(&[7; 32]).everybody(&realms);
        let of = |user: &str, client: &str| mask(user, client).unwrap();
        let alice = of("alice", "10.0.0.1");
        assert!(is_pseudonym(&alice.0) && is_pseudonym(&alice.1) && alice.0 != alice.1);
        for same in ["Alice", "CORP\\alice", "alice@corp.example"] {
            assert_eq!(of(same, "10.0.0.1"), alice, "{same}");
        }
        assert_ne!(of("bob", "10.0.0.1").0, alice.0);
        assert_ne!(of("alice", "10.0.0.2").1, alice.1);
        assert_eq!((of("alice", "").1.as_str(), of("alice", "-").1.as_str()), ("", "-"));
        assert_eq!(of("-", "10.0.0.1"), ("-".to_owned(), alice.1.clone()), "who is nobody stays nobody");
        for (user, client) in [("-", "-"), ("", "-"), ("-", alice.1.as_str())] {
            assert_eq!(mask(user, client), None, "{user:?} {client:?}");
        }
        assert_eq!(mask(&alice.0, &alice.1), None, "nobody is replaced twice");
        assert_ne!(Pseudonyms::new(&[8; 32]).everybody(&realms)("alice", "10.0.0.1"), Some(alice), "each site has its own");
    }

    #[test]
    fn a_purge_leaves_what_nobody_can_compute() {
        let mask = one("CORP\\Alice", &["CORP".to_owned()]);
        let first = mask("alice", "10.0.0.1").unwrap();
        assert_eq!(mask("ALICE", "10.0.0.1").unwrap(), first, "one person at one client stays one");
        assert_ne!(mask("alice", "10.0.0.2").unwrap().1, first.1);
        assert_eq!(mask("alice", "-").unwrap(), (first.0.clone(), "-".to_owned()));
        assert_eq!(mask("alice2", "10.0.0.1"), None);
        assert_ne!(one("alice", &[])("alice", "10.0.0.1").unwrap(), first);
    }

    #[test]
    fn pseudonyms_are_known_by_their_form() {
        for (text, expected) in
            [("~abcdefghijklmn27", true), ("~abc", false), ("alice", false), ("~ABCDEFGHIJKLMN27", false), ("", false)]
        {
            assert_eq!(is_pseudonym(text), expected, "{text}");
        }
    }
}
