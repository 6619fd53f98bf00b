//! Peaks as the pools keep them, and as they are counted anew: of what was granted, with the time of its use.

use super::{
    checkouts,
    over_the_store::{DAY, Listed, Site, at},
};
use crate::store::{
    conformance::fixtures::entry,
    ports::{Mask, UsePlace, UseSpan},
    records::UsageKind,
};
use muster_domain::session::{Application, AtLimit};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Who stands in the stored peak of a day of November.
async fn holders(site: &Site, day: u32) -> Vec<String> {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let peaks = site.sessions.usage(None, date, date).await.unwrap();
    let total = peaks.into_iter().find(|peak| peak.kind == UsageKind::Total);
    total.map(|total| total.holders.into_iter().map(|(user, _)| user).collect()).unwrap_or_default()
}

#[tokio::test]
async fn who_was_refused_stands_in_no_peak_however_it_is_counted() {
    let mut site = Site::new().await;
    let limit = |seats| {
        move |application: &mut Application| {
            application.floating_limit = Some(seats);
            application.at_limit = AtLimit::Refuse;
        }
    };
    site.application(limit(1)).await;
    site.report(1, 0, &[(1, "alice", 0, None)], &[]).await;
    site.report(2, 0, &[(2, "bob", 0, None)], &[]).await;
    site.report(3, 0, &[(3, "carol", 0, None)], &[]).await;
    site.round().await;
    assert_eq!((site.in_use(), holders(&site, 21).await), (1, vec!["alice".to_owned()]));
    // One of the refused is gone, the other goes on; more seats give them none.
    site.set(10);
    site.report(3, 10, &[], &[]).await;
    site.application(limit(5)).await;
    site.round().await;
    assert_eq!((site.in_use(), site.peak(21).await), (1, Some((1, 0))));
    for restart in [false, true] {
        if restart {
            site.restart().await;
        }
        // Told late: everything of the day is counted anew.
        site.report(4, 20, &[], &[(40 + u128::from(restart), "dave", 5, 7)]).await;
        assert_eq!(site.peak(21).await, Some((2, 5)), "restart: {restart}");
        assert_eq!(holders(&site, 21).await, ["alice", "dave"]);
    }
    site.set(DAY);
    site.round().await;
    site.report(5, 6, &[], &[(50, "erin", 6, 8)]).await;
    assert_eq!((site.peak(21).await, site.peak(22).await), (Some((3, 6)), Some((1, 14 * 60))));
    assert_eq!(holders(&site, 21).await, ["alice", "dave", "erin"]);
}

#[tokio::test]
async fn peaks_are_kept_while_the_day_goes_on_and_over_midnight() {
    let mut site = Site::new().await;
    site.round().await;
    for (minute, listed, peak) in [(1, 2, (2, 1)), (2, 1, (2, 1)), (3, 4, (4, 3)), (4, 0, (4, 3)), (13 * 60 + 59, 3, (4, 3))] {
        site.set(minute);
        let users: Vec<String> = (0..listed).map(|number| format!("user {number}")).collect();
        let sessions: Vec<Listed<'_>> =
            users.iter().zip(0..).map(|(user, number)| (number, user.as_str(), minute, None)).collect();
        site.report(1, minute, &sessions, &[]).await;
        assert_eq!((site.status().peak_today, site.status().peak_at), (peak.0, Some(at(peak.1))), "{minute}");
    }
    // Nobody asked between the last login and midnight.
    site.set(14 * 60 + 1);
    assert_eq!((site.status().peak_today, site.status().peak_at), (3, Some(at(14 * 60))));
    site.report(2, 14 * 60 + 1, &[(9, "late", 14 * 60 + 1, None)], &[]).await;
    site.round().await;
    assert_eq!((site.peak(21).await, site.peak(22).await), (Some((4, 3)), Some((4, 14 * 60 + 1))));
}

#[tokio::test]
async fn a_day_on_which_the_product_is_disabled_has_no_peak() {
    let mut site = checkouts::Site::new(r#"{"floating_limit":5,"lease_seconds":604800,"borrow_max_hours":200}"#).await;
    let hours = |hours| Some(chrono::TimeDelta::hours(hours));
    for (number, user) in [(1, "a"), (2, "b")] {
        assert!(site.borrow(number, user, hours(100)).await.is_ok());
    }
    let peaks = async |site: &checkouts::Site| {
        site.sessions.settle_pools().await.unwrap();
        let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let peaks = site.sessions.usage(Some("CAD"), day(20), day(30)).await.unwrap();
        let total = peaks.into_iter().filter(|peak| peak.kind == UsageKind::Total);
        total.map(|peak| (peak.date.format("%d").to_string(), peak.peak)).collect::<Vec<_>>()
    };
    let first = [("21".to_owned(), 2)];
    assert_eq!(peaks(&site).await, first);
    // It is disabled at midnight, before anybody looks at the new day; what is borrowed stays where it is.
    site.open.store(false, Ordering::Relaxed);
    for restart in [false, true] {
        site.clock.advance(Duration::from_secs(24 * 3600));
        if restart {
            site.restart().await;
        }
        assert_eq!((site.in_use().0, peaks(&site).await), (2, first.to_vec()), "restart: {restart}");
    }
    site.open.store(true, Ordering::Relaxed);
    assert!(peaks(&site).await.contains(&("23".to_owned(), 2)), "used from when it may be");
}

#[tokio::test]
async fn a_day_of_which_a_name_was_replaced_is_not_counted_anew() {
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    // By a purge, and by the nights: whatever the setting is by now.
    for all in [false, true] {
        let mut site = Site::new().await;
        site.set(30);
        site.report(1, 30, &[(1, "alice", 0, None)], &[(2, "alice", 5, 20)]).await;
        site.round().await;
        assert_eq!((site.peak(21).await, holders(&site, 21).await), (Some((1, 0)), vec!["alice".to_owned()]));
        site.set(DAY);
        site.round().await;
        site.sessions.settle_history().await.unwrap();
        let mask: Mask = Arc::new(|user, client| (user == "alice").then(|| ("~masked".to_owned(), client.to_owned())));
        let span = UseSpan { from: at(-DAY), until: at(DAY), first: day(20), end: day(22) };
        match all {
            true => site.stores.privacy.set_masked_until(span.end, entry("privacy.pseudonymise")).await.unwrap(),
            false => site.stores.privacy.set_masked_before(span.end, None).await.unwrap(),
        }
        // Of the day the peak of all seats and that of the floating ones.
        for (place, rows) in [(UsePlace::Sessions, 1), (UsePlace::Peaks, 2)] {
            assert_eq!(site.stores.privacy.mask(place, span, None, 100, Arc::clone(&mask)).await.unwrap().masked, rows);
        }
        for restart in [false, true] {
            if restart {
                site.restart().await;
            }
            // Somebody who began on that day is told of late.
            site.report(2, DAY, &[(30 + u128::from(restart), "bob", 10, None)], &[(40, "carol", 6, 9)]).await;
            site.round().await;
            assert_eq!(
                (site.peak(21).await, holders(&site, 21).await),
                (Some((1, 0)), vec!["~masked".to_owned()]),
                "{all} {restart}"
            );
        }
        assert_eq!(site.peak(22).await.map(|peak| peak.0), Some(2), "alice and bob are there on the day after");
    }
}
