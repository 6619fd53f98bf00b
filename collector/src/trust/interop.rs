//! Credentials of agents of another make: `msi_<id>_<secret>`, or the id as user and the secret as password.
//!
//! In: what administrators want, what agents present. Out: the credential that it is. They are kept in memory, so that nobody who
//! knocks makes the store work, and one that is taken back is refused at once.

use crate::store::{
    StoreError,
    ports::InteropStore,
    records::{AuditEntry, InteropCredentialRecord, InteropKind},
};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

/// What the text of a credential begins with.
const PREFIX: &str = "msi_";
/// Characters of the public part.
const ID_CHARS: usize = 8;
/// Most credentials of a site.
const MOST: usize = 500;
/// Most new devices that a credential lets in within an hour.
const MAX_NEW_PER_HOUR: u32 = 10_000;

/// What an administrator wants.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// What it is for.
    pub kind: InteropKind,
    /// Group of what comes with it.
    pub group: Option<String>,
    /// How many new devices it lets in within an hour.
    pub max_new_per_hour: u32,
}

/// A credential as it is shown once.
#[derive(Clone)]
pub struct Created {
    /// What is stored of it.
    pub record: InteropCredentialRecord,
    /// The secret.
    pub secret: String,
}

impl Created {
    /// Public part and secret in one text.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{PREFIX}{}_{}", self.record.id, self.secret)
    }
}

/// The credentials of a site.
pub struct InteropCredentials {
    store: Arc<dyn InteropStore>,
    known: ArcSwap<BTreeMap<String, Arc<InteropCredentialRecord>>>,
    changing: Mutex<()>,
}

impl InteropCredentials {
    /// Those of the store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(store: Arc<dyn InteropStore>) -> Result<Self, StoreError> {
        let known = ArcSwap::from_pointee(read(store.as_ref()).await?);
        Ok(Self { store, known, changing: Mutex::new(()) })
    }

    /// Makes a credential and stores its digest.
    ///
    /// # Errors
    /// When a wish breaks a rule ([`StoreError::Rule`]) or the store cannot take it.
    pub async fn create(&self, new: NewCredential, actor: &str, now: DateTime<Utc>) -> Result<Created, StoreError> {
        let NewCredential { kind, group, max_new_per_hour } = new;
        if !(1..=MAX_NEW_PER_HOUR).contains(&max_new_per_hour) {
            return Err(StoreError::Rule(format!("max_new_per_hour must be between 1 and {MAX_NEW_PER_HOUR}")));
        }
        let id = encode(&muster_runtime::random::bytes::<5>());
        let secret = encode(&muster_runtime::random::bytes::<32>());
        let record = InteropCredentialRecord {
            id: id.clone(),
            kind,
            secret_hash: digest(&secret),
            group,
            max_new_per_hour,
            created_by: actor.to_owned(),
            created_at: now,
            let_in: Vec::new(),
            revoked: false,
        };
        let detail = serde_json::json!({"kind": kind, "group": record.group, "max_new_per_hour": max_new_per_hour});
        let audit = entry("interop-credential.create", &id, actor, now, detail);
        let _alone = self.changing.lock().await;
        self.store.create(record.clone(), MOST, audit).await?;
        // Another one may have made room.
        self.known.store(Arc::new(read(self.store.as_ref()).await?));
        Ok(Created { record, secret })
    }

    /// Takes a credential back; what comes with it is refused from now on.
    ///
    /// # Errors
    /// When there is no such credential or the store cannot be written.
    pub async fn revoke(
        &self,
        id: &str,
        detail: serde_json::Value,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<Arc<InteropCredentialRecord>, StoreError> {
        let _alone = self.changing.lock().await;
        let audit = entry("interop-credential.revoke", id, actor, now, detail);
        let revoked = Arc::new(self.store.revoke(id, audit).await?);
        let mut known = BTreeMap::clone(&self.known.load());
        known.insert(id.to_owned(), Arc::clone(&revoked));
        self.known.store(Arc::new(known));
        Ok(revoked)
    }

    /// Every credential, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<InteropCredentialRecord>> {
        let mut all: Vec<_> = self.known.load().values().cloned().collect();
        all.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        all
    }

    /// Whether a credential of this kind is in force.
    #[must_use]
    pub fn is_in_force(&self, kind: InteropKind, id: &str) -> bool {
        self.known.load().get(id).is_some_and(|credential| credential.kind == kind && !credential.revoked)
    }

    /// The credential in force of this kind that has this id and secret.
    #[must_use]
    pub fn recognise(&self, kind: InteropKind, id: &str, secret: &str) -> Option<Arc<InteropCredentialRecord>> {
        let known = self.known.load();
        let found = known.get(id);
        // An unknown one is compared, too, so that its absence does not show in the time.
        let expected = found.map_or([0; 32], |credential| credential.secret_hash);
        let right = bool::from(expected.ct_eq(&digest(secret)));
        found.filter(|credential| right && credential.kind == kind && !credential.revoked).cloned()
    }
}

async fn read(store: &dyn InteropStore) -> Result<BTreeMap<String, Arc<InteropCredentialRecord>>, StoreError> {
    Ok(store.all().await?.into_iter().map(|credential| (credential.id.clone(), Arc::new(credential))).collect())
}

/// Public part and secret of a credential's text.
#[must_use]
pub fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == ID_CHARS && secret.len() == 52).then_some((id, secret))
}

fn entry(action: &str, id: &str, actor: &str, at: DateTime<Utc>, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { at, actor: actor.to_owned(), action: action.to_owned(), subject: id.to_owned(), detail }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    fn wish(kind: InteropKind, max_new_per_hour: u32) -> NewCredential {
        NewCredential { kind, group: None, max_new_per_hour }
    }

    #[tokio::test]
    async fn a_credential_opens_with_its_own_secret_and_only_what_it_is_for() {
        use InteropKind::{Inventory, Osquery};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let all = InteropCredentials::open(Arc::clone(&stores.interop)).await.unwrap();
        let now = DateTime::UNIX_EPOCH;
        for (most, right) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
            let made = all.create(wish(Osquery, most), "user:anna", now).await;
            assert_eq!(made.is_ok(), right, "{most}");
            assert!(right || matches!(made, Err(StoreError::Rule(_))));
        }
        let made = all.create(wish(Inventory, 20), "user:anna", now).await.unwrap();
        let other = all.create(wish(Inventory, 20), "user:anna", now).await.unwrap();
        let (id, secret) = (made.record.id.as_str(), made.secret.as_str());
        assert_eq!(parse(&made.whole()), Some((id, secret)));
        let again = InteropCredentials::open(Arc::clone(&stores.interop)).await.unwrap();
        for (kind, id, secret, expected) in [
            (Inventory, id, secret, true),
            (Osquery, id, secret, false),
            (Inventory, id, other.secret.as_str(), false),
            (Inventory, other.record.id.as_str(), secret, false),
            (Inventory, "aaaaaaaa", secret, false),
            (Inventory, id, "", false),
            (Inventory, "", "", false),
        ] {
            for credentials in [&all, &again] {
                assert_eq!(credentials.recognise(kind, id, secret).is_some(), expected, "{kind:?} {id} {secret}");
            }
        }
        all.revoke(id, serde_json::Value::Null, "user:anna", now).await.unwrap();
        assert!(all.recognise(Inventory, id, secret).is_none(), "it was taken back");
        assert!(all.recognise(Inventory, &other.record.id, &other.secret).is_some());
        assert!(!format!("{:?}", all.list()).contains("secret"));
    }

    #[test]
    fn parses_only_whole_credentials() {
        let secret = "a".repeat(52);
        let good = format!("msi_abcd2345_{secret}");
        assert_eq!(parse(&good), Some(("abcd2345", secret.as_str())));
        for bad in ["", "msi_", "msi_abcd2345", &good[..good.len() - 1], &good.replace("msi", "msa"), &format!("{good}a")] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
