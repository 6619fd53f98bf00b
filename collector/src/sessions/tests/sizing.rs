//! How many seats sessions would have needed: from what is stored of them and from those that live, over a restart.

use super::over_the_store::Site;
use crate::{
    sessions::{SizeError, SizeView, SizeWish},
    store::conformance::fixtures::entry,
};
use chrono::NaiveDate;
use muster_domain::session::{AtLimit, WORKSTATION_LOGIN};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

async fn size(site: &Site, seats: u64, (from, to): (u32, u32)) -> SizeView {
    let wish = SizeWish { application: WORKSTATION_LOGIN.to_uppercase(), seats, from: day(from), to: day(to) };
    site.sessions.size(&wish).await.unwrap()
}

#[tokio::test]
async fn what_is_over_and_what_lives_is_replayed_once() {
    let mut site = Site::new().await;
    site.report(1, -60, &[(1, "alice", -120, None)], &[(2, "bob", -100, -61)]).await;
    site.report(2, -60, &[], &[(3, "carol", -90, -80), (4, "dan", -75, -70)]).await;
    let check = async |site: &Site, seats: u64, denied: &[&str]| {
        let found = size(site, seats, (20, 21)).await;
        let users: Vec<&str> = found.refused.iter().map(|refused| refused.claimant.user.as_str()).collect();
        assert_eq!((users.as_slice(), found.stretches), (denied, 4), "{found:#?}");
        found
    };
    let found = check(&site, 1, &["bob", "carol", "dan"]).await;
    assert_eq!((found.least, found.wanted.peak, found.queue), (3, 3, None));
    assert_eq!(found.days.into_iter().collect::<Vec<_>>(), [(day(21), 3)]);
    assert_eq!(found.hours.into_iter().collect::<Vec<_>>(), [(8, 3)], "by the clock of the site");
    check(&site, 2, &["carol", "dan"]).await;
    check(&site, 3, &[]).await;
    site.restart().await;
    check(&site, 2, &["carol", "dan"]).await;

    // A seat that lingers is taken for longer.
    site.application(|application| application.linger_seconds = 600).await;
    assert_eq!(check(&site, 3, &["dan"]).await.least, 4);

    assert_eq!(size(&site, 0, (18, 20)).await.stretches, 0);
    assert_eq!(size(&site, 0, (22, 23)).await.stretches, 0, "what is to come is not known");
    // Alice is still there on the next day.
    site.set(24 * 60);
    let later = size(&site, 0, (22, 23)).await;
    assert_eq!((later.stretches, later.refused.len(), later.least), (1, 1, 1));
    let wish = SizeWish { application: "CAD".to_owned(), seats: 1, from: day(1), to: day(2) };
    assert!(matches!(site.sessions.size(&wish).await, Err(SizeError::NoApplication(name)) if name == "CAD"));
}

#[tokio::test]
async fn a_session_that_was_refused_wanted_a_seat_as_well() {
    let mut site = Site::new().await;
    site.application(|application| {
        application.floating_limit = Some(1);
        application.at_limit = AtLimit::Refuse;
    })
    .await;
    site.report(1, -60, &[(1, "alice", -60, None)], &[]).await;
    site.report(2, -60, &[(2, "bob", -59, None)], &[]).await;
    site.report(3, -60, &[(3, "carol", -58, None)], &[]).await;
    // That they were refused is stored with their sessions; carol's is over.
    site.round().await;
    site.report(3, -30, &[], &[]).await;
    site.set(1);
    for restart in [false, true] {
        if restart {
            site.restart().await;
        }
        let found = size(&site, 1, (21, 21)).await;
        let users: Vec<&str> = found.refused.iter().map(|refused| refused.claimant.user.as_str()).collect();
        assert_eq!((users.as_slice(), found.stretches), (["bob", "carol"].as_slice(), 3), "restart: {restart}");
        assert_eq!((found.least, found.wanted.floating_peak), (3, 3), "restart: {restart}");
    }
}

#[tokio::test]
async fn use_of_many_days_is_replayed_once_however_it_is_read() {
    const DAY: i64 = 24 * 60;
    let mut site = Site::new().await;
    // One over all the days, one over the border of what is read together, some within a day; one ends after the days asked for.
    let passed = [
        (1, "ann", -29 * DAY, -DAY),
        (2, "bob", -23 * DAY, -20 * DAY),
        (3, "cem", -22 * DAY, -22 * DAY + 30),
        (4, "dan", -3 * DAY, -60),
        (5, "eve", -60 * DAY, -40 * DAY),
    ];
    site.report(1, 0, &[(6, "fay", -10 * DAY, None)], &passed).await;
    let wish = |from: &str, to: &str| SizeWish {
        application: WORKSTATION_LOGIN.to_owned(),
        seats: 1,
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    for restart in [false, true] {
        if restart {
            site.restart().await;
        }
        let found = site.sessions.size(&wish("2026-10-20", "2026-11-19")).await.unwrap();
        assert_eq!((found.stretches, found.least, found.refused.len()), (5, 3, 4), "restart: {restart}");
        let found = site.sessions.size(&wish("2026-11-20", "2026-11-20")).await.unwrap();
        assert_eq!((found.stretches, found.least), (3, 3), "restart: {restart}");
    }
}

#[tokio::test]
async fn who_has_no_name_is_asked_no_rule() {
    let mut site = Site::new().await;
    site.report(1, -60, &[(1, "alice", -120, None)], &[(2, "bob", -3000, -2900)]).await;
    let wish = |from, to| SizeWish { application: WORKSTATION_LOGIN.to_owned(), seats: 0, from: day(from), to: day(to) };
    let check = async |site: &Site, (from, to): (u32, u32), expected: Option<(u32, u64, &[&str])>| {
        let found = match site.sessions.size(&wish(from, to)).await {
            Ok(found) => found,
            Err(SizeError::Masked(_)) if expected.is_none() => return,
            Err(error) => panic!("{error}"),
        };
        let (first, stretches, said) = expected.unwrap();
        assert_eq!(
            (found.from, found.stretches, found.warnings.len()),
            (day(first), stretches, said.len()),
            "{:?}",
            found.warnings
        );
        assert!(found.warnings.iter().zip(said).all(|(warning, part)| warning.contains(part)), "{:?}", found.warnings);
    };
    check(&site, (18, 21), Some((18, 2, &[]))).await;
    // Of one person: the others have their names.
    site.stores.privacy.set_masked_before(day(20), None).await.unwrap();
    check(&site, (18, 21), Some((18, 2, &["purged from the days before 2026-11-20"]))).await;
    check(&site, (20, 21), Some((20, 1, &[]))).await;
    // Of all.
    site.stores.privacy.set_masked_until(day(20), entry("privacy.pseudonymise")).await.unwrap();
    check(&site, (18, 21), Some((20, 1, &["before 2026-11-20 are left out"]))).await;
    check(&site, (20, 21), Some((20, 1, &[]))).await;
    check(&site, (18, 19), None).await;
}
