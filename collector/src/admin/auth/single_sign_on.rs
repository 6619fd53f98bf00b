//! Which account a person of the provider gets: made at the first login, found again by what the provider calls the person for ever,
//! with the role that the provider's claims give today.
//!
//! In: a person who was verified. Out: a session, or a sentence that says why not. It must never hand out an account that was made
//! with a password, whatever it is called.

use super::{
    accounts::{facts, is_name},
    login::{LoginRefused, Logins},
    operations::role_name,
};
use crate::{
    sso::Person,
    store::{
        StoreError,
        records::{AccountSource, AuditEntry, Role, UserRecord},
    },
};
use serde_json::json;

/// Why somebody for whom the provider vouches does not come in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SsoRefused {
    /// The claims give no role.
    #[error(
        "the provider knows you, but none of your groups has a role here; ask who runs muster to add one to [oidc.roles] of collector.toml"
    )]
    NoRole,
    /// Nothing in the claims can be a login name.
    #[error(
        "the provider gives you no name that can be a login name here (preferred_username, or a verified email of letters, digits and . _ - @)"
    )]
    NoName,
    /// The name is another's.
    #[error(
        "there is an account called {0} already, which is not yours at the provider; log in to it with its password, or ask an owner to delete it first"
    )]
    Taken(String),
    /// An owner has disabled the account.
    #[error("your account is disabled; ask an owner to enable it")]
    Disabled,
    /// The store refused.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What is to be done with the accounts.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Make(String, Role),
    Keep(String),
    Change(String, Role),
}

impl Logins {
    /// Opens a session for a person of the provider; `before` is the key of the session the browser came with, which ends. Returns
    /// the new session's id, and whether an account was made or changed.
    ///
    /// # Errors
    /// When the person has no role, no name, another's name or a disabled account, or the store refuses.
    pub async fn log_in_through(&self, person: &Person, before: Option<[u8; 32]>) -> Result<(String, bool), SsoRefused> {
        let source = AccountSource::Sso { issuer: person.issuer.clone(), subject: person.subject.clone() };
        let decided = decide(person, &source, &self.directory.users());
        if matches!(decided, Err(SsoRefused::NoRole))
            && let Some(user) = self.directory.users().into_iter().find(|user| user.source == source)
        {
            self.withhold(&user.name, &source).await;
        }
        let (user, changed) = match decided? {
            Decision::Make(name, role) => (self.make(name, role, source).await?, true),
            Decision::Change(name, role) => (self.give(&name, role, &source).await?, true),
            Decision::Keep(name) => (self.directory.user(&name).ok_or(StoreError::NotFound { what: "user", id: name })?, false),
        };
        if let Some(before) = before {
            self.sessions.end_key(&before);
        }
        let id = self.open(&user).map_err(|refused| match refused {
            LoginRefused::Wrong | LoginRefused::Locked(_) | LoginRefused::Crowded | LoginRefused::Busy => SsoRefused::Disabled,
        })?;
        tracing::info!("console login through the provider");
        Ok((id, changed))
    }

    async fn make(&self, name: String, role: Role, source: AccountSource) -> Result<UserRecord, SsoRefused> {
        let user = UserRecord {
            name,
            source,
            password_hash: String::new(),
            must_change: false,
            role,
            enabled: true,
            withheld: false,
            failures: 0,
            locked_until: None,
            created_at: self.clock.now(),
        };
        let detail = json!({"role": role_name(role), "source": user.source});
        let audit = self.provider_entry("user.create", &user.name, detail);
        match self.directory.add_user(user.clone(), audit).await {
            Ok(()) => Ok(user),
            // The same person, in two windows at once.
            Err(StoreError::Conflict(_)) if self.directory.user(&user.name).is_some_and(|now| now.source == user.source) => {
                Ok(user)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Who lost every role at the provider works on with none, and counts no longer as a user of the licence.
    async fn withhold(&self, name: &str, source: &AccountSource) {
        let apply = |user: &mut UserRecord| {
            if user.source == *source && user.enabled {
                (user.enabled, user.withheld) = (false, true);
            }
            Ok(())
        };
        let result = self.directory.change_user(name, apply, |before, after| self.provider_change(before, after)).await;
        self.sessions.end_all(name);
        // Errors of the store name accounts, and logs do not.
        if result.is_err_and(|error| !matches!(error, StoreError::NotFound { .. })) {
            tracing::warn!("the account of somebody without a role at the provider stays enabled");
        }
    }

    async fn give(&self, name: &str, role: Role, source: &AccountSource) -> Result<UserRecord, SsoRefused> {
        let apply = |user: &mut UserRecord| {
            if user.source != *source {
                return Err(StoreError::Conflict("the account was changed at the same time; log in again".to_owned()));
            }
            user.role = role;
            if user.withheld {
                (user.enabled, user.withheld) = (true, false);
            }
            Ok(())
        };
        let changed = self.directory.change_user(name, apply, |before, after| self.provider_change(before, after)).await;
        // Also when the change is refused: what the provider has taken away is not used on.
        self.sessions.end_all(name);
        Ok(changed?)
    }

    fn provider_change(&self, before: &UserRecord, after: &UserRecord) -> Option<AuditEntry> {
        let detail = json!({"before": facts(before), "after": facts(after)});
        (facts(before) != facts(after)).then(|| self.provider_entry("user.set", &after.name, detail))
    }

    /// Nobody here did it: the provider's claims did.
    fn provider_entry(&self, action: &str, name: &str, detail: serde_json::Value) -> AuditEntry {
        let (actor, action) = ("single sign-on".to_owned(), action.to_owned());
        AuditEntry { at: self.clock.now(), actor, action, subject: name.to_owned(), detail }
    }
}

/// The rule, over the accounts that there are.
fn decide(person: &Person, source: &AccountSource, users: &[UserRecord]) -> Result<Decision, SsoRefused> {
    let own = users.iter().find(|user| user.source == *source);
    if own.is_some_and(|user| !user.enabled && !user.withheld) {
        return Err(SsoRefused::Disabled);
    }
    let role = person.role.ok_or(SsoRefused::NoRole)?;
    match own {
        Some(user) if user.role == role && user.enabled => Ok(Decision::Keep(user.name.clone())),
        Some(user) => Ok(Decision::Change(user.name.clone(), role)),
        None => {
            let name = person.names.iter().find(|name| is_name(name)).ok_or(SsoRefused::NoName)?;
            // Names that differ only by the case of letters are one.
            match users.iter().find(|user| user.name.eq_ignore_ascii_case(name)) {
                Some(other) => Err(SsoRefused::Taken(other.name.clone())),
                None => Ok(Decision::Make(name.clone(), role)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        admin::auth::{AccountChange, Directory},
        store,
    };
    use chrono::DateTime;
    use muster_runtime::clock::TestClock;
    use std::sync::Arc;

    const ISSUER: &str = "https://a.example";

    fn user(name: &str, source: AccountSource, role: Role) -> UserRecord {
        UserRecord {
            name: name.to_owned(),
            source,
            password_hash: String::new(),
            must_change: false,
            role,
            enabled: true,
            withheld: false,
            failures: 0,
            locked_until: None,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn sso(issuer: &str, subject: &str) -> AccountSource {
        AccountSource::Sso { issuer: issuer.to_owned(), subject: subject.to_owned() }
    }

    /// Logins of a site at which nobody has an account yet.
    async fn logins() -> (tempfile::TempDir, Logins) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let directory = Arc::new(Directory::open(Arc::clone(&stores.people)).await.unwrap());
        (dir, Logins::new(directory, TestClock::at(DateTime::UNIX_EPOCH)))
    }

    #[tokio::test]
    async fn who_is_given_less_loses_their_sessions_even_when_the_account_cannot_be_changed() {
        let (_dir, logins) = logins().await;
        let at = logins.clock.boottime();
        let person = |role| Person { issuer: ISSUER.to_owned(), subject: "1".to_owned(), names: vec!["ida".to_owned()], role };
        let (id, made) = logins.log_in_through(&person(Some(Role::Owner)), None).await.unwrap();
        assert!(made && logins.sessions().find(&id, at).is_some());
        let refused = logins.log_in_through(&person(Some(Role::Viewer)), None).await;
        assert!(matches!(refused, Err(SsoRefused::Store(StoreError::Conflict(_)))), "{refused:?}");
        assert_eq!(logins.directory.user("ida").unwrap().role, Role::Owner, "somebody must be");
        assert_eq!(logins.sessions().find(&id, at), None);
    }

    #[tokio::test]
    async fn a_disabled_account_stays_so_that_its_person_gets_no_other() {
        let (_dir, logins) = logins().await;
        let names = vec!["ida".to_owned()];
        let person = Person { issuer: ISSUER.to_owned(), subject: "1".to_owned(), names, role: Some(Role::Viewer) };
        let enabled = |enabled| AccountChange { enabled: Some(enabled), ..AccountChange::default() };
        logins.log_in_through(&person, None).await.unwrap();
        logins.change_account("ida", enabled(false), "user:admin").await.unwrap();
        let refused = logins.delete_account("ida", "user:admin").await.unwrap_err().to_string();
        assert!(refused.contains("would get a new one"), "{refused}");
        let refused = logins.log_in_through(&person, None).await;
        assert!(matches!(refused, Err(SsoRefused::Disabled)), "{refused:?}");
        logins.change_account("ida", enabled(true), "user:admin").await.unwrap();
        logins.delete_account("ida", "user:admin").await.unwrap();
        assert!(logins.log_in_through(&person, None).await.unwrap().1, "whom nothing keeps out comes again");
    }

    #[tokio::test]
    async fn an_account_without_a_role_is_withheld_until_there_is_one_or_an_owner_decides() {
        let (_dir, logins) = logins().await;
        let person = |role| Person { issuer: ISSUER.to_owned(), subject: "1".to_owned(), names: vec!["ida".to_owned()], role };
        let viewer = || person(Some(Role::Viewer));
        let state = || logins.directory.user("ida").map(|user| (user.enabled, user.withheld)).unwrap();
        let (id, _) = logins.log_in_through(&viewer(), None).await.unwrap();
        for _ in 0..2 {
            let refused = logins.log_in_through(&person(None), None).await;
            assert!(matches!(refused, Err(SsoRefused::NoRole)), "{refused:?}");
            assert_eq!(state(), (false, true));
        }
        assert_eq!(logins.sessions().find(&id, logins.clock.boottime()), None);
        assert!(logins.log_in_through(&viewer(), None).await.unwrap().1);
        assert_eq!(state(), (true, false), "a role lifts it");
        logins.log_in_through(&person(None), None).await.unwrap_err();
        let enabled = AccountChange { enabled: Some(true), ..AccountChange::default() };
        let refused = logins.change_account("ida", enabled, "user:admin").await.unwrap_err().to_string();
        assert!(refused.contains("has no role at the provider"), "{refused}");
        assert_eq!(state(), (false, true), "nobody enables what the next login would disable");
        let disabled = AccountChange { enabled: Some(false), ..AccountChange::default() };
        logins.change_account("ida", disabled, "user:admin").await.unwrap();
        assert_eq!(state(), (false, false));
        let refused = logins.log_in_through(&viewer(), None).await;
        assert!(matches!(refused, Err(SsoRefused::Disabled)), "an owner's word is not lifted: {refused:?}");
    }

    #[test]
    fn a_person_gets_their_own_account_or_a_new_one_and_never_anothers() {
        let users = [
            user("admin", AccountSource::Local, Role::Owner),
            user("ida", sso(ISSUER, "1"), Role::Viewer),
            UserRecord { enabled: false, ..user("eve", sso(ISSUER, "2"), Role::Owner) },
            user("max", sso("https://b.example", "3"), Role::Operator),
            UserRecord { enabled: false, withheld: true, ..user("lea", sso(ISSUER, "4"), Role::Viewer) },
        ];
        let check = |subject: &str, names: &[&str], role: Option<Role>, expected: &str| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let person = Person { issuer: ISSUER.to_owned(), subject: subject.to_owned(), names, role };
            let found = match decide(&person, &sso(ISSUER, subject), &users) {
                Ok(Decision::Make(name, role)) => format!("make {name} {}", role_name(role)),
                Ok(Decision::Keep(name)) => format!("keep {name}"),
                Ok(Decision::Change(name, role)) => format!("change {name} {}", role_name(role)),
                Err(SsoRefused::NoRole) => "no role".to_owned(),
                Err(SsoRefused::NoName) => "no name".to_owned(),
                Err(SsoRefused::Taken(name)) => format!("taken {name}"),
                Err(SsoRefused::Disabled) => "disabled".to_owned(),
                Err(SsoRefused::Store(error)) => error.to_string(),
            };
            assert_eq!(found, expected, "{subject} {:?} {role:?}", person.names);
        };
        let (viewer, owner) = (Some(Role::Viewer), Some(Role::Owner));
        check("9", &["zoe"], viewer, "make zoe viewer");
        check("9", &["Zoe Lang", "zoe@a.example"], owner, "make zoe@a.example owner");
        check("9", &["ACME\\zoe"], viewer, "no name");
        check("9", &[], viewer, "no name");
        check("9", &["zoe"], None, "no role");
        // What the provider calls somebody for ever decides, not a name.
        check("1", &["ida"], viewer, "keep ida");
        check("1", &["admin"], viewer, "keep ida");
        check("1", &[], viewer, "keep ida");
        check("1", &["ida"], owner, "change ida owner");
        check("1", &["ida"], None, "no role");
        check("2", &["eve"], owner, "disabled");
        check("2", &["eve"], None, "disabled");
        // A role lifts only what the lack of one did.
        check("4", &["lea"], viewer, "change lea viewer");
        check("4", &["lea"], None, "no role");
        for name in ["admin", "Admin", "ida", "max", "eve"] {
            check("9", &[name], owner, &format!("taken {}", name.to_lowercase()));
        }
        check("9", &["admin", "zoe@a.example"], owner, "taken admin");
        check("3", &["maxine"], viewer, "make maxine viewer");
    }
}
