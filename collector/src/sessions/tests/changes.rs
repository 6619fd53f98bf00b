//! Applications that are changed or deleted while their seats are held, waited for and borrowed: nobody loses a seat that was given
//! while the application is there, and nobody gets one beyond the new limit.

use super::checkouts::{OWNER, QUEUE, Site, id};
use crate::{
    sessions::{CheckoutError, Got},
    store::{
        conformance::fixtures::entry,
        records::{CheckoutEnd, UsageKind},
    },
};
use chrono::TimeDelta;
use muster_domain::session::{Application, ApplicationPatch};
use muster_runtime::clock::Clock as _;

async fn change(site: &Site, patch: &str) {
    let mut application = Application::new("CAD").unwrap();
    let patch: ApplicationPatch = serde_json::from_str(patch).unwrap();
    application.change(patch).unwrap();
    site.stores.applications.put(application, None, entry("application.set")).await.unwrap();
    site.sessions.reload_applications().await.unwrap();
}

async fn delete(site: &Site) {
    site.stores.applications.delete("CAD", entry("application.delete")).await.unwrap();
    site.sessions.reload_applications().await.unwrap();
}

/// Two seats that are held, one that is borrowed, and somebody who waits.
async fn busy() -> Site {
    let site = Site::new(r#"{"floating_limit":3,"at_limit":"queue","lease_seconds":600,"borrow_max_hours":9}"#).await;
    assert_eq!((site.told(1, "a").await, site.told(2, "b").await), ("seat".to_owned(), "seat".to_owned()));
    assert!(matches!(site.borrow(3, "c", Some(TimeDelta::hours(8))).await, Ok(Got::Seat { .. })));
    assert_eq!(site.told(4, "d").await, "place 1");
    site
}

#[tokio::test]
async fn a_lower_limit_takes_no_seat_and_gives_none_until_use_is_below_it() {
    for restart in [false, true] {
        let mut site = busy().await;
        change(&site, r#"{"floating_limit":1,"at_limit":"queue","lease_seconds":600,"borrow_max_hours":0}"#).await;
        if restart {
            site.restart().await;
        }
        assert_eq!(site.in_use(), (3, 1, 0), "restart: {restart}");
        assert!(site.sessions.heartbeat(id(3), Some(OWNER)).await.is_ok(), "what is borrowed stays borrowed");
        assert_eq!(site.told(1, "a").await, "seat");
        for (number, left) in [(1, 2), (2, 1)] {
            site.give_back(number).await;
            assert_eq!(site.in_use(), (left, 1, 0), "restart: {restart}");
        }
        assert_eq!((site.told(5, "e").await, site.look(4).await.as_deref()), ("place 2".to_owned(), Some("place 1")));
        site.give_back(3).await;
        assert_eq!((site.look(4).await.as_deref(), site.look(5).await.as_deref()), (Some("seat"), Some("place 1")));
        let again = site.borrow(6, "f", Some(TimeDelta::hours(1))).await;
        assert!(matches!(again, Err(CheckoutError::TooLong { hours: 0, .. })), "{again:?}");
        let today = site.clock.now().date_naive();
        let peaks = site.sessions.usage(Some("CAD"), today, today).await.unwrap();
        assert_eq!(peaks.iter().find(|peak| peak.kind == UsageKind::Total).map(|peak| peak.peak), Some(3));
    }
}

#[tokio::test]
async fn a_higher_limit_serves_who_waits_and_refuse_keeps_the_places() {
    let site = busy().await;
    change(&site, r#"{"floating_limit":3,"at_limit":"refuse","lease_seconds":600}"#).await;
    assert_eq!((site.look(4).await.as_deref(), site.told(5, "e").await), (Some("place 1"), "Exhausted".to_owned()));
    change(&site, r#"{"floating_limit":4,"at_limit":"refuse","lease_seconds":600}"#).await;
    assert_eq!((site.look(4).await.as_deref(), site.in_use()), (Some("seat"), (4, 0, 1)));
}

#[tokio::test]
async fn access_lists_that_change_take_no_seat() {
    let site = busy().await;
    change(&site, r#"{"floating_limit":3,"at_limit":"queue","lease_seconds":600,"access":{"include":{"users":["nobody"]}}}"#)
        .await;
    assert_eq!(site.in_use(), (3, 1, 0));
    assert_eq!(site.told(5, "a").await, "NotAdmitted");
    site.give_back(1).await;
    assert_eq!(site.look(4).await.as_deref(), Some("seat"), "who asked before the list was there");
}

#[tokio::test]
async fn a_deleted_application_leaves_its_history_and_nothing_that_leaks() {
    for restart in [false, true] {
        let mut site = busy().await;
        let began = site.clock.now();
        site.pass(60);
        delete(&site).await;
        if restart {
            site.restart().await;
        }
        for number in 1..5 {
            assert_eq!(site.look(number).await, None, "{number}, restart: {restart}");
            let beat = site.sessions.heartbeat(id(number), Some(OWNER)).await;
            assert!(matches!(beat, Err(CheckoutError::Unknown(_))), "{beat:?}");
        }
        assert_eq!(site.told(6, "f").await, "NoApplication");
        assert_eq!(site.stores.checkouts.claims().await.unwrap(), []);
        let closed = site.stores.checkouts.closed(began, site.clock.now()).await.unwrap();
        assert_eq!(closed.len(), 3, "who held a seat is in the history; who waited held none");
        assert!(
            closed.iter().all(|closed| closed.end == CheckoutEnd::Ended && (closed.until - closed.since).num_seconds() == 60)
        );
        let today = began.date_naive();
        let peaks = site.sessions.usage(Some("CAD"), today, today).await.unwrap();
        assert_eq!(peaks.iter().find(|peak| peak.kind == UsageKind::Total).map(|peak| peak.peak), Some(3));
        // One of the same name begins anew; the ids are free again.
        change(&site, QUEUE).await;
        assert_eq!((site.in_use(), site.told(1, "a").await), ((0, 0, 0), "seat".to_owned()));
    }
}
