//! Daily peaks and session history.

use super::{
    fixtures::{at, date, ending, mark, report, session, usage},
    reports::append,
};
use crate::store::{
    Stores,
    ports::Decisions,
    records::{
        DemandRecord,
        UsageKind::{Floating, Named, Total},
        UsageRecord,
    },
};
use muster_domain::ids::SessionId;

pub(crate) async fn a_peak_only_rises(stores: &Stores) {
    let first = UsageRecord { peak_at: at(1), ..usage(1, "App", Total, 5) };
    let equal = UsageRecord { peak_at: at(2), ..usage(1, "App", Total, 5) };
    let higher = UsageRecord { peak_at: at(3), ..usage(1, "App", Total, 6) };
    let lower = usage(1, "APP", Total, 4);
    for (record, expected) in [(&first, &first), (&equal, &first), (&higher, &higher), (&lower, &higher)] {
        stores.usage.raise(vec![record.clone(), usage(1, "Other", Named, 1)]).await.unwrap();
        assert_eq!(stores.usage.peaks(Some("app"), date(1), date(1)).await.unwrap(), std::slice::from_ref(expected));
    }
    stores.usage.raise(vec![usage(2, "App", Total, 1), usage(2, "App", Total, 3), usage(2, "App", Total, 2)]).await.unwrap();
    assert_eq!(stores.usage.peaks(None, date(2), date(2)).await.unwrap(), [usage(2, "App", Total, 3)]);
}

pub(crate) async fn peaks_are_found_by_day_and_application(stores: &Stores) {
    let ordered = [
        usage(1, "A", Total, 1),
        usage(1, "A", Named, 1),
        usage(1, "A", Floating, 1),
        usage(1, "b", Total, 1),
        usage(2, "A", Total, 1),
        usage(3, "A", Total, 1),
    ];
    stores.usage.raise(ordered.iter().rev().cloned().collect()).await.unwrap();
    for (application, from, to, expected) in [
        (None, 1, 3, vec![0, 1, 2, 3, 4, 5]),
        (None, 2, 2, vec![4]),
        (Some("a"), 1, 2, vec![0, 1, 2, 4]),
        (Some("B"), 1, 9, vec![3]),
        (Some("c"), 1, 9, vec![]),
        (None, 3, 1, vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|index: usize| ordered[index].clone()).collect();
        assert_eq!(stores.usage.peaks(application, date(from), date(to)).await.unwrap(), expected);
    }
}

pub(crate) async fn old_days_are_forgotten(stores: &Stores) {
    stores.usage.raise((1..=3).map(|day| usage(day, "App", Total, 1)).collect()).await.unwrap();
    let demand = (1..=3)
        .map(|day| DemandRecord {
            date: date(day),
            application: "App".to_owned(),
            asked: muster_domain::session::Asked { denied: 1, ..Default::default() },
        })
        .collect();
    stores.checkouts.commit(Decisions { demand, ..Decisions::default() }).await.unwrap();
    let mut forgotten = Vec::new();
    for limit in [3, 3, 3] {
        forgotten.push(stores.usage.forget_days(date(3), limit).await.unwrap());
    }
    assert_eq!(forgotten, [3, 1, 0]);
    assert_eq!(stores.usage.peaks(None, date(1), date(9)).await.unwrap(), [usage(3, "App", Total, 1)]);
    let demand = stores.checkouts.demand(None, date(1), date(9)).await.unwrap();
    assert_eq!(demand.iter().map(|row| row.date).collect::<Vec<_>>(), [date(3)]);
}

pub(crate) async fn old_sessions_are_forgotten(stores: &Stores) {
    for number in 1..=5_u8 {
        let id = u128::from(number);
        let end = vec![(SessionId(id), ending(20 + i64::from(number)))];
        append(stores, report(1, mark(1, u64::from(number)), vec![session(id, 1)], end)).await;
    }
    stores.reports.fold(100).await.unwrap();
    let mut forgotten = Vec::new();
    for limit in [2, 2, 2] {
        forgotten.push(stores.usage.forget(at(24), limit).await.unwrap());
    }
    assert_eq!(forgotten, [2, 1, 0]);
    let left = stores.usage.closed(at(0), at(1000)).await.unwrap();
    assert_eq!(left.iter().map(|closed| closed.session.id.0).collect::<Vec<_>>(), [4, 5]);
}
