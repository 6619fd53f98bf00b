//! Applications.

use super::fixtures::{application, entry};
use crate::store::{StoreError, Stores};

pub(crate) async fn applications_are_one_whatever_the_case_of_their_name(stores: &Stores) {
    let put = |name| stores.applications.put(application(name), None, entry("application.put"));
    for (name, version) in [("Zeta", 1), ("alpha", 1), ("ZETA", 2), ("Ünï", 1), ("üNÏ", 2)] {
        let stored = put(name).await.unwrap();
        assert_eq!((stored.version, stored.application), (version, application(name)));
    }
    let names = |all: Vec<crate::store::records::ApplicationRecord>| {
        all.into_iter().map(|record| record.application.name).collect::<Vec<_>>()
    };
    assert_eq!(names(stores.applications.all().await.unwrap()), ["alpha", "ZETA", "üNÏ"]);
    stores.applications.delete("zeta", entry("application.delete")).await.unwrap();
    let again = stores.applications.delete("Zeta", entry("application.delete")).await;
    assert!(matches!(again, Err(StoreError::NotFound { what: "application", .. })));
    assert_eq!(names(stores.applications.all().await.unwrap()), ["alpha", "üNÏ"]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(6));
}

pub(crate) async fn a_change_of_an_older_version_is_a_conflict(stores: &Stores) {
    let put = |expected| stores.applications.put(application("App"), expected, entry("application.put"));
    assert!(matches!(put(Some(1)).await, Err(StoreError::Conflict(_))));
    assert_eq!(put(Some(0)).await.unwrap().version, 1);
    assert!(matches!(put(Some(0)).await, Err(StoreError::Conflict(_))));
    assert_eq!(put(Some(1)).await.unwrap().version, 2);
    assert!(matches!(put(Some(1)).await, Err(StoreError::Conflict(_))));
    assert_eq!(stores.applications.all().await.unwrap()[0].version, 2);
}
