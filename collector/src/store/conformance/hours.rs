//! Hourly use of applications.

use super::fixtures::{at, hour};
use crate::store::{Stores, ports::Decisions, records::HourRecord};
use chrono::{DateTime, Utc};

async fn store(stores: &Stores, hours: &[HourRecord]) {
    stores.checkouts.commit(Decisions { hours: hours.to_vec(), ..Decisions::default() }).await.unwrap();
}

async fn all(stores: &Stores) -> Vec<HourRecord> {
    stores.hours.page(None, at(-100_000), at(100_000), None, 1000).await.unwrap()
}

pub(crate) async fn an_hour_is_what_was_told_last(stores: &Stores) {
    let first = hour(1, "CAD", 3);
    store(stores, &[first.clone(), hour(1, "bim", 1)]).await;
    for _ in 0..2 {
        // By another spelling of the name, and told twice.
        let now = HourRecord { application: "cad".to_owned(), ..hour(1, "CAD", 2) };
        store(stores, std::slice::from_ref(&now)).await;
        assert_eq!(all(stores).await, [hour(1, "bim", 1), now]);
    }
}

pub(crate) async fn hours_are_paged_by_time_and_application(stores: &Stores) {
    let ordered = [hour(-1, "CAD", 1), hour(1, "bim", 1), hour(1, "CAD", 2), hour(2, "CAD", 3), hour(3, "BIM", 4)];
    store(stores, &ordered.iter().rev().cloned().collect::<Vec<_>>()).await;
    let start = |number: i64| hour(number, "", 0).start;
    let key = |row: &HourRecord| (row.start, row.application.clone());
    let check = async |application: Option<&str>, from: DateTime<Utc>, to, after, limit, expected: &[usize]| {
        let found = stores.hours.page(application, from, to, after, limit).await.unwrap();
        let expected: Vec<_> = expected.iter().map(|index| ordered[*index].clone()).collect();
        assert_eq!(found, expected);
    };
    check(None, start(-1), start(4), None, 100, &[0, 1, 2, 3, 4]).await;
    check(None, start(1), start(3), None, 100, &[1, 2, 3]).await;
    check(None, start(1), start(3), None, 2, &[1, 2]).await;
    check(None, start(1), start(3), Some(key(&ordered[1])), 2, &[2, 3]).await;
    check(None, start(1), start(4), Some((start(1), "CAD".to_owned())), 100, &[3, 4]).await;
    // Behind a row that is gone, before the range and beyond it.
    check(None, start(1), start(4), Some((start(2), "a".to_owned())), 100, &[3, 4]).await;
    check(None, start(1), start(2), Some((start(-1), "CAD".to_owned())), 100, &[1, 2]).await;
    check(None, start(1), start(2), Some((start(3), "BIM".to_owned())), 100, &[]).await;
    check(Some("bim"), start(-1), start(9), None, 100, &[1, 4]).await;
    check(Some("BIM"), start(-1), start(9), None, 1, &[1]).await;
    check(Some("x"), start(-1), start(9), None, 100, &[]).await;
    check(None, start(3), start(1), None, 100, &[]).await;
    check(None, start(1), start(1), None, 100, &[]).await;
    check(None, start(-1), start(9), None, 0, &[]).await;
}

pub(crate) async fn old_hours_are_forgotten(stores: &Stores) {
    let hours: Vec<_> = (1..=5).map(|number| hour(number, "CAD", 1)).collect();
    store(stores, &hours).await;
    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(stores.hours.forget(hours[3].start, 2).await.unwrap());
    }
    assert_eq!((forgotten, all(stores).await), (vec![2, 1, 0], hours[3..].to_vec()));
}
