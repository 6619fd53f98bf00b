//! Accounts and API tokens.

use super::fixtures::{at, entry};
use crate::store::{
    StoreError, Stores,
    records::{AccountSource, ApiTokenRecord, Role, UserRecord},
};

pub(crate) fn user(name: &str) -> UserRecord {
    UserRecord {
        name: name.to_owned(),
        source: AccountSource::Local,
        password_hash: "$argon2id$".to_owned(),
        must_change: true,
        role: Role::Owner,
        enabled: true,
        withheld: false,
        failures: 0,
        locked_until: None,
        created_at: at(0),
    }
}

pub(crate) fn api_token(id: &str) -> ApiTokenRecord {
    ApiTokenRecord {
        id: id.to_owned(),
        secret_hash: [3; 32],
        label: "ci".to_owned(),
        role: Role::Application,
        applications: vec!["Incident Management".to_owned()],
        created_at: at(0),
        expires_at: Some(at(9)),
        revoked: false,
    }
}

pub(crate) async fn accounts_and_api_tokens_are_replaced_whole(stores: &Stores) {
    for name in ["zoe", "adam"] {
        stores.people.put_user(user(name), Some(entry("user.create"))).await.unwrap();
    }
    let failed = UserRecord { failures: 3, locked_until: Some(at(4)), withheld: true, ..user("zoe") };
    stores.people.put_user(failed.clone(), None).await.unwrap();
    assert_eq!(stores.people.user("zoe").await.unwrap(), Some(failed.clone()));
    assert_eq!(stores.people.user("Zoe").await.unwrap(), None);
    assert_eq!(stores.people.users().await.unwrap(), [user("adam"), failed]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(2));

    stores.people.put_api_token(api_token("t"), entry("api-token.create")).await.unwrap();
    let revoked = ApiTokenRecord { revoked: true, ..api_token("t") };
    stores.people.put_api_token(revoked.clone(), entry("api-token.revoke")).await.unwrap();
    assert_eq!(stores.people.api_tokens().await.unwrap(), [revoked]);
    assert_eq!(stores.audit.page(None, 1).await.unwrap()[0].entry.action, "api-token.revoke");
}

pub(crate) async fn last_uses_are_kept_while_their_accounts_are(stores: &Stores) {
    let people = &stores.people;
    for name in ["zoe", "ida"] {
        people.add_user(user(name), entry("user.create")).await.unwrap();
    }
    let uses = |uses: &[(&str, i64)]| uses.iter().map(|(login, time)| ((*login).to_owned(), at(*time))).collect::<Vec<_>>();
    people.note_uses(uses(&[("user:ida", 1), ("user:nobody", 1), ("token:x", 2)])).await.unwrap();
    people.note_uses(uses(&[("user:ida", 3), ("user:zoe", 1)])).await.unwrap();
    let all = uses(&[("user:ida", 3), ("user:zoe", 1), ("token:x", 2)]).into_iter().collect();
    assert_eq!(people.last_uses().await.unwrap(), all);
    people.delete_user("ida", entry("user.delete")).await.unwrap();
    people.add_user(user("ida"), entry("user.create")).await.unwrap();
    let left = uses(&[("user:zoe", 1), ("token:x", 2)]).into_iter().collect();
    assert_eq!(people.last_uses().await.unwrap(), left, "another account of that name was never used");
}

pub(crate) async fn a_name_is_one_account_and_an_owner_is_always_left(stores: &Stores) {
    let people = &stores.people;
    people.add_user(user("zoe"), entry("user.create")).await.unwrap();
    let viewer = UserRecord { role: Role::Viewer, ..user("ida") };
    people.add_user(viewer.clone(), entry("user.create")).await.unwrap();
    for name in ["zoe", "Zoe"] {
        assert!(matches!(people.add_user(user(name), entry("user.create")).await, Err(StoreError::Conflict(_))), "{name}");
    }
    // Nor is one person of a provider two accounts; another provider's of the same name for them is somebody else.
    let of = |name: &str, issuer: &str| {
        let source = AccountSource::Sso { issuer: issuer.to_owned(), subject: "1".to_owned() };
        UserRecord { source, role: Role::Viewer, ..user(name) }
    };
    people.add_user(of("eva", "https://a.example"), entry("user.create")).await.unwrap();
    let again = people.add_user(of("eve", "https://a.example"), entry("user.create")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    people.add_user(of("eve", "https://b.example"), entry("user.create")).await.unwrap();
    for name in ["eva", "eve"] {
        people.delete_user(name, entry("user.delete")).await.unwrap();
    }
    let disabled = UserRecord { enabled: false, ..user("zoe") };
    let demoted = UserRecord { role: Role::LicenseAdmin, ..user("zoe") };
    for change in [&disabled, &demoted] {
        let refused = people.put_user(change.clone(), Some(entry("user.set"))).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
    assert!(matches!(people.delete_user("zoe", entry("user.delete")).await, Err(StoreError::Conflict(_))));
    assert!(matches!(people.delete_user("nobody", entry("user.delete")).await, Err(StoreError::NotFound { .. })));
    assert_eq!(people.users().await.unwrap(), [viewer.clone(), user("zoe")], "what was refused changed nothing");
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(6), "and is in no log");

    // A disabled owner is none.
    people.add_user(UserRecord { enabled: false, ..user("bo") }, entry("user.create")).await.unwrap();
    assert!(people.put_user(disabled.clone(), Some(entry("user.set"))).await.is_err());
    people.put_user(user("bo"), Some(entry("user.set"))).await.unwrap();
    people.put_user(disabled, Some(entry("user.set"))).await.unwrap();
    assert!(people.delete_user("bo", entry("user.delete")).await.is_err());
    people.delete_user("zoe", entry("user.delete")).await.unwrap();
    people.delete_user("ida", entry("user.delete")).await.unwrap();
    assert_eq!(people.users().await.unwrap(), [user("bo")]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(11));

    // Nor is one of a provider, which may be gone tomorrow, enough where there is one with a password; beside that one they may go.
    let sso = UserRecord { role: Role::Owner, ..of("eva", "https://a.example") };
    people.add_user(sso.clone(), entry("user.create")).await.unwrap();
    for change in [UserRecord { enabled: false, ..user("bo") }, UserRecord { role: Role::Viewer, ..user("bo") }] {
        let refused = people.put_user(change, Some(entry("user.set"))).await;
        assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("owner with a password")), "{refused:?}");
    }
    assert!(matches!(people.delete_user("bo", entry("user.delete")).await, Err(StoreError::Conflict(_))));
    people.put_user(UserRecord { failures: 1, ..user("bo") }, None).await.unwrap();
    people.put_user(UserRecord { role: Role::Viewer, ..sso.clone() }, Some(entry("user.set"))).await.unwrap();
    people.put_user(sso, Some(entry("user.set"))).await.unwrap();
    people.delete_user("eva", entry("user.delete")).await.unwrap();
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(15));
}
