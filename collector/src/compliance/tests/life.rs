//! The life of a licence in the service: warnings, trust, history, accounts over their limit.

use super::{Site, start};
use crate::{
    compliance::{TrustError, TrustSource, TrustedVendors},
    publish::State,
    store::records::{AccountSource, Role, RunKind, SealedRow, UserRecord},
    trust::keys::KeyFiles,
};
use muster_license::VendorKey;

impl Site {
    /// The entries of the audit log with this action, oldest first.
    async fn details(&self, action: &str) -> Vec<serde_json::Value> {
        let mut records = self.stores.audit.page(None, 1000).await.unwrap();
        records.sort_by_key(|record| record.number);
        records.into_iter().filter(|record| record.entry.action == action).map(|record| record.entry.detail).collect()
    }
}

#[tokio::test]
async fn each_threshold_before_an_end_is_told_once_over_restarts() {
    let mut site = Site::new().await;
    // The site's dates are Berlin's; it is 21:00 on the 21st there.
    let key = site.key_of(&site.vendor, 1, start(), &serde_json::json!({"expires": "2027-01-23"}));
    site.service.apply(&key, "user:anna", false).await.unwrap();
    for day in 0..63 {
        site.service.tick().await.unwrap();
        site.service.tick().await.unwrap();
        let alert = site.alerts.list().into_iter().find(|alert| alert.text.starts_with("the licence ends on 2027-01-23"));
        assert_eq!(alert.is_some(), (3..63).contains(&day), "day {day}: {alert:?}");
        if day % 5 == 0 {
            site.restart().await;
        }
        site.clock.advance(std::time::Duration::from_secs(86_400));
    }
    site.service.tick().await.unwrap();
    assert_eq!(site.state(), State::Disabled);
    let told = site.details("license.warning").await;
    let left: Vec<u64> = told.iter().map(|detail| detail["days_left"].as_u64().unwrap()).collect();
    assert_eq!(left, [60, 30, 14, 7, 1]);
    assert!(!site.alert("the licence ends"), "{:?}", site.alerts.list());
    assert!(site.alert("the product is disabled (expired)"), "{:?}", site.alerts.list());
}

#[tokio::test]
async fn a_vendor_key_is_trusted_at_once_and_over_restarts() {
    let mut site = Site::new().await;
    let [next, other, stranger] = std::array::from_fn(|_| VendorKey::generate().unwrap());
    let of_next = site.key_of(&next, 1, start(), &serde_json::json!({}));
    assert!(site.service.apply(&of_next, "user:anna", false).await.is_err());
    let endorsed = muster_license::endorse::endorse(&site.vendor, &next.public(), start()).unwrap();
    let foreign = muster_license::endorse::endorse(&stranger, &other.public(), start()).unwrap();
    assert!(matches!(site.service.add_trust(&foreign, "user:anna", true).await, Err(TrustError::Refused(_))));
    assert_eq!(site.service.add_trust(&endorsed, "user:lena", false).await.unwrap().len(), 2);
    site.service.apply(&of_next, "user:anna", false).await.unwrap();
    // Once more is no error and leaves no trace.
    assert_eq!(site.service.add_trust(&endorsed, "user:lena", false).await.unwrap().len(), 2);
    let bare = other.public().to_pem();
    assert!(matches!(site.service.add_trust(&bare, "user:lena", false).await, Err(TrustError::NotOwner)));
    assert_eq!(site.service.add_trust(&bare, "user:anna", true).await.unwrap().len(), 3);
    assert_eq!(site.details("license.trust").await.len(), 2);
    site.restart().await;
    let sources: Vec<TrustSource> = site.service.trusted().into_iter().map(|key| key.source).collect();
    assert_eq!(sources, [TrustSource::Init, TrustSource::Endorsed, TrustSource::Added]);
    assert_eq!(site.state(), State::Compliant);
    let of_other = site.key_of(&other, 2, start(), &serde_json::json!({}));
    site.service.apply(&of_other, "user:anna", false).await.unwrap();
    assert_eq!(site.alerts.list(), []);
}

#[tokio::test]
async fn a_stored_key_opens_when_its_vendor_is_trusted_again() {
    let mut site = Site::new().await;
    site.apply(1).await;
    TrustedVendors::create(&KeyFiles::of(site.dir.path()), &[]).unwrap();
    site.restart().await;
    assert_eq!((site.state(), site.service.facts().reason.as_deref()), (State::Disabled, Some("invalid_license")));
    site.service.add_trust(&site.vendor.public().to_pem(), "user:anna", true).await.unwrap();
    assert_eq!(site.state(), State::Compliant);
}

#[tokio::test]
async fn a_trusted_key_that_somebody_else_wrote_is_an_alert() {
    let mut site = Site::new().await;
    let row = SealedRow { bytes: b"{}".to_vec(), mac: [0; 32] };
    let audit = site.service.entry("nobody", "license.trust", "", serde_json::Value::Null);
    site.stores.license.add_trust(row, audit).await.unwrap();
    site.restart().await;
    assert_eq!(site.service.trusted().len(), 1);
    assert!(site.alert("1 of the added vendor keys"), "{:?}", site.alerts.list());
}

#[tokio::test]
async fn the_history_tells_what_each_key_granted_and_when_it_was_in_force() {
    let site = Site::new().await;
    let day = std::time::Duration::from_secs(86_400);
    let apply = async |serial: u64, more: serde_json::Value| {
        let key = site.key_of(&site.vendor, serial, site.service.time(), &more);
        site.service.apply(&key, "user:anna", false).await.unwrap();
        let at = site.service.time();
        site.clock.advance(day * 10);
        at
    };
    let first = apply(1, serde_json::json!({"expires": "2026-11-25"})).await;
    let second = apply(2, serde_json::json!({"assets": 20, "units": 150, "reinstate": "count"})).await;
    let third = apply(3, serde_json::json!({"add_filters": ["asset_tag=1"]})).await;
    let keys = site.service.keys().await.unwrap();
    let shown: Vec<_> = keys.iter().map(|key| (key.serial, key.applied_at, key.in_force_until, key.in_force)).collect();
    // The first ended with its date in Berlin, before the second was applied.
    let ended = "2026-11-24T23:00:00Z".parse().ok();
    assert_eq!(shown, [(3, third, None, true), (2, second, Some(third), false), (1, first, ended, false)]);
    let grants: Vec<_> = keys.iter().filter_map(|key| key.grants.as_ref()).collect();
    assert_eq!((grants[1].assets, grants[1].units, grants[1].reinstate), (20, Some(150), "count"));
    assert_eq!(grants[0].query, "install_statusNOT IN2,7,10^asset_tag=1");
}

#[tokio::test]
async fn accounts_over_an_enforced_limit_start_a_grace_that_ends_with_them() {
    let site = Site::new().await;
    let account = |name: &str, enabled| UserRecord {
        name: name.to_owned(),
        source: AccountSource::Local,
        password_hash: String::new(),
        must_change: false,
        role: Role::Viewer,
        enabled,
        withheld: false,
        failures: 0,
        locked_until: None,
        created_at: start(),
    };
    for (name, enabled) in [("anna", true), ("lena", true), ("retired", false)] {
        site.stores.people.put_user(account(name, enabled), None).await.unwrap();
    }
    for (serial, mode, state) in [(1, "warn", State::Compliant), (2, "enforce", State::Grace)] {
        let key = site.key_of(&site.vendor, serial, start(), &serde_json::json!({"users": 1, "user_limit_mode": mode}));
        let applied = site.service.apply(&key, "user:anna", false).await.unwrap();
        let compliance = &applied.facts.compliance;
        assert_eq!((applied.facts.state, compliance.over_by, compliance.users_over_by), (state, 0, 1), "{mode}");
        assert_eq!(applied.facts.license.map(|license| license.user_limit_mode), Some(mode));
        assert!(site.alert("2 accounts are enabled, the licence covers 1"), "{:?}", site.alerts.list());
    }
    assert!(site.alert("1 account over the user limit"), "{:?}", site.alerts.list());
    site.stores.people.put_user(account("lena", false), None).await.unwrap();
    site.service.run(RunKind::Manual, "user:anna").await.unwrap();
    assert_eq!((site.state(), site.alerts.list()), (State::Compliant, Vec::new()));
}
