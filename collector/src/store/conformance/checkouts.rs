//! Pools and their check-outs.

use super::fixtures::{at, checkout_id, claim, closed_checkout, date, entry, uncounted_use};
use crate::store::{
    StoreError, Stores,
    ports::Decisions,
    records::{ClaimChange, ClaimRecord, DemandRecord},
};
use muster_domain::{
    ids::SessionId,
    session::{ClaimId, SeatKind, Standing},
};

fn put(row: &ClaimRecord) -> ClaimChange {
    ClaimChange { application: row.application.clone(), id: row.entry.id, row: Some(row.clone()) }
}

fn gone(row: &ClaimRecord) -> ClaimChange {
    ClaimChange { row: None, ..put(row) }
}

async fn commit(stores: &Stores, claims: Vec<ClaimChange>) {
    stores.checkouts.commit(Decisions { claims, ..Decisions::default() }).await.unwrap();
}

pub(crate) async fn claims_are_what_the_last_decision_says(stores: &Stores) {
    let waiting = claim("CAD", ClaimId::Checkout(checkout_id(1)), Standing::Waiting { borrow_seconds: None });
    let held = Standing::Held { kind: SeatKind::Floating, over: true, borrowed_until: Some(at(9)) };
    let granted = claim("CAD", ClaimId::Checkout(checkout_id(1)), held);
    let session = claim("cad", ClaimId::Session(SessionId(u128::MAX)), Standing::Refused);
    let other = claim("BIM", ClaimId::Checkout(checkout_id(1)), held);
    commit(stores, vec![put(&waiting), put(&session), put(&other)]).await;
    assert_eq!(stores.checkouts.claims().await.unwrap(), [other.clone(), session.clone(), waiting]);
    // Told twice, and by another spelling of the application.
    for _ in 0..2 {
        commit(stores, vec![put(&granted), gone(&ClaimRecord { application: "CAD".to_owned(), ..session.clone() })]).await;
        assert_eq!(stores.checkouts.claims().await.unwrap(), [other.clone(), granted.clone()]);
    }
}

pub(crate) async fn closed_check_outs_are_found_by_the_time_they_touch(stores: &Stores) {
    let closed = [(1, 0, 100), (2, 10, 20), (3, 30, 40)].map(|(number, since, until)| closed_checkout(number, since, until));
    for _ in 0..2 {
        stores.checkouts.commit(Decisions { closed: closed.to_vec(), ..Decisions::default() }).await.unwrap();
    }
    for (from, to, expected) in [(0, 1000, &[2_u128, 3, 1][..]), (25, 35, &[3, 1]), (20, 30, &[2, 1]), (101, 200, &[])] {
        let found = stores.checkouts.closed(at(from), at(to)).await.unwrap();
        assert_eq!(found.iter().map(|closed| closed.id.0.as_u128()).collect::<Vec<_>>(), expected, "{from}..{to}");
    }
    for (from, to, expected) in [(0, 1000, &[2_u128, 3, 1][..]), (20, 40, &[2]), (40, 101, &[3, 1]), (40, 40, &[]), (50, 20, &[])]
    {
        let found = stores.checkouts.ended(at(from), at(to)).await.unwrap();
        assert_eq!(found.iter().map(|closed| closed.id.0.as_u128()).collect::<Vec<_>>(), expected, "ended in {from}..{to}");
    }
    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(stores.checkouts.forget(at(41), 1).await.unwrap());
    }
    assert_eq!(forgotten, [1, 1, 0]);
    assert_eq!(stores.checkouts.closed(at(0), at(1000)).await.unwrap(), [closed[0].clone()]);
}

pub(crate) async fn what_was_asked_is_kept_by_day_and_application(stores: &Stores) {
    let row = |day, application: &str, denied| DemandRecord {
        date: date(day),
        application: application.to_owned(),
        asked: muster_domain::session::Asked { denied, ..Default::default() },
    };
    let store = |demand| stores.checkouts.commit(Decisions { demand, ..Decisions::default() });
    store(vec![row(1, "CAD", 1), row(1, "bim", 7), row(2, "CAD", 3)]).await.unwrap();
    store(vec![row(1, "CAD", 2)]).await.unwrap();
    for (application, from, to, expected) in [
        (None, 1, 2, vec![row(1, "bim", 7), row(1, "CAD", 2), row(2, "CAD", 3)]),
        (Some("cad"), 1, 9, vec![row(1, "CAD", 2), row(2, "CAD", 3)]),
        (Some("CAD"), 2, 2, vec![row(2, "CAD", 3)]),
        (Some("x"), 1, 9, vec![]),
        (None, 3, 1, vec![]),
    ] {
        assert_eq!(stores.checkouts.demand(application, date(from), date(to)).await.unwrap(), expected);
    }
}

pub(crate) async fn uses_that_count_nowhere_are_kept_until_they_are_dismissed(stores: &Stores) {
    let (first, second) = (uncounted_use(2, 10), uncounted_use(1, 20));
    for _ in 0..2 {
        stores.checkouts.keep_uncounted(vec![second.clone(), first.clone()], 9).await.unwrap();
    }
    // Told again, with another text: what is known stays.
    stores.checkouts.keep_uncounted(vec![uncounted_use(2, 99)], 9).await.unwrap();
    assert_eq!(stores.checkouts.uncounted().await.unwrap(), [first.clone(), second.clone()]);
    let entries = async || stores.audit.page(None, 1000).await.unwrap().len();
    let before = entries().await;
    stores.checkouts.dismiss_uncounted(first.id, entry("offline_use.dismiss")).await.unwrap();
    let again = stores.checkouts.dismiss_uncounted(first.id, entry("offline_use.dismiss")).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    assert_eq!(stores.checkouts.uncounted().await.unwrap(), [second]);
    assert_eq!(entries().await, before + 1);
    // No more than so many are kept: the newest.
    let more: Vec<_> = [(3, 5), (4, 30), (5, 40)].map(|(number, told)| uncounted_use(number, told)).to_vec();
    assert_eq!(stores.checkouts.keep_uncounted(more.clone(), 2).await.unwrap(), 2);
    assert_eq!(stores.checkouts.uncounted().await.unwrap(), more.get(1..).unwrap());
    // Those that count by now go together, under one entry.
    let before = entries().await;
    for _ in 0..2 {
        let gone = vec![checkout_id(4), checkout_id(5), checkout_id(6)];
        stores.checkouts.now_counted(gone, entry("offline_use.count")).await.unwrap();
        assert_eq!(stores.checkouts.uncounted().await.unwrap(), []);
    }
    assert_eq!(entries().await, before + 2);
}
