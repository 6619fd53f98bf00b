//! Hours over the store: what pools do is counted once, over the hour, over restarts and over clocks that are set.

use super::checkouts::{Nobody, Site};
use crate::{
    sessions::{Keeper, KeptFrom, Retention},
    store::{StoreError, records::HourRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::clock::Clock as _;
use std::{sync::Arc, time::Duration};

const POOL: &str = r#"{"floating_limit":2,"at_limit":"refuse","lease_seconds":36000}"#;

/// Hour of the day in universal time, watched seconds, floating seat-seconds, highest, given, denied.
type Told = (String, u64, u64, u64, u64, u64);

fn told(row: &HourRecord) -> Told {
    let figures = row.figures;
    assert_eq!((figures.peak, figures.seconds()), (figures.floating_peak, figures.floating_seconds));
    assert_eq!((figures.limits.floating, figures.limits.named), (Some(2), None));
    let hour = row.start.format("%H:%M").to_string();
    (hour, figures.watched_seconds, figures.floating_seconds, figures.peak, figures.asked.granted, figures.asked.denied)
}

async fn check(site: &Site, expected: &[(&str, u64, u64, u64, u64, u64)]) {
    let date = "2026-11-21".parse().unwrap();
    let rows = site.sessions.hours(Some("cad"), (date, date), None, 100).await.unwrap();
    let expected: Vec<Told> = expected.iter().map(|(hour, a, b, c, d, e)| ((*hour).to_owned(), *a, *b, *c, *d, *e)).collect();
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
}

/// Two have a seat, and a third is denied.
async fn full() -> Site {
    let site = Site::new(POOL).await;
    for (number, user, expected) in [(1, "a", "seat"), (2, "b", "seat"), (3, "c", "Exhausted")] {
        assert_eq!(site.told(number, user).await, expected);
    }
    site.sessions.settle_pools().await.unwrap();
    site
}

#[tokio::test]
async fn an_hour_ends_and_the_next_begins_with_what_is_in_use() {
    let site = full().await;
    check(&site, &[("09:00", 0, 0, 2, 2, 1)]).await;
    site.pass(1800);
    site.give_back(1).await;
    site.pass(1800);
    check(&site, &[("09:00", 3600, 5400, 2, 2, 1), ("10:00", 0, 0, 0, 0, 0)]).await;
    site.pass(60);
    check(&site, &[("09:00", 3600, 5400, 2, 2, 1), ("10:00", 60, 60, 1, 0, 0)]).await;
    // The machine slept: that time is nobody's.
    site.clock.advance(Duration::from_secs(2 * 3600));
    site.pass(10);
    check(&site, &[("09:00", 3600, 5400, 2, 2, 1), ("10:00", 60, 60, 1, 0, 0), ("12:00", 9, 9, 1, 0, 0)]).await;
}

#[tokio::test]
async fn a_restart_counts_nothing_twice_and_loses_nothing_that_is_durable() {
    let mut site = full().await;
    // Nothing of this was kept when the collector is killed, but what was decided before it.
    site.pass(90);
    site.restart().await;
    check(&site, &[("09:00", 0, 0, 2, 2, 1)]).await;
    site.pass(10);
    check(&site, &[("09:00", 10, 20, 2, 2, 1)]).await;
    for _ in 0..3 {
        // Down for ten minutes.
        site.clock.advance(Duration::from_secs(600));
        site.restart().await;
    }
    site.pass(5);
    assert_eq!(site.told(4, "d").await, "Exhausted");
    check(&site, &[("09:00", 15, 30, 2, 2, 2)]).await;
    // As long as the background work runs, a minute is all that a kill can take.
    for _ in 0..150 {
        site.pass(1);
        site.sessions.settle_pools().await.unwrap();
    }
    site.restart().await;
    let date = "2026-11-21".parse().unwrap();
    let row = site.sessions.hours(None, (date, date), None, 1).await.unwrap().remove(0);
    let (_, watched, seconds, _, granted, denied) = told(&row);
    assert!((15 + 150 - 60..=15 + 150).contains(&watched), "{watched}");
    assert_eq!((seconds, granted, denied), (2 * watched, 2, 2));
}

struct Only(KeptFrom);

#[async_trait]
impl Retention for Only {
    async fn kept_from(&self) -> Result<KeptFrom, StoreError> {
        Ok(self.0)
    }
}

#[tokio::test]
async fn what_is_too_old_is_forgotten_each_kind_by_itself() {
    let site = full().await;
    site.pass(3600);
    let row = ("10:00", 0, 0, 0, 0, 0);
    check(&site, &[("09:00", 3600, 7200, 2, 2, 1), row]).await;
    let date = |text: &str| text.parse().unwrap();
    let asked = async || site.sessions.asked(None, (date("2026-11-01"), date("2026-11-30"))).await.unwrap().len();
    let today = date("2026-11-21");
    let ten: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
    for (kept_from, hours, days) in [
        (KeptFrom::default(), 2, 1),
        (KeptFrom { sessions: Some(ten), days: Some(today), ..KeptFrom::default() }, 2, 1),
        (KeptFrom { hours: Some(ten), ..KeptFrom::default() }, 1, 1),
        (KeptFrom { days: today.succ_opt(), ..KeptFrom::default() }, 1, 0),
    ] {
        let keeper = Keeper::new(Arc::clone(&site.sessions), Arc::new(Nobody), Arc::new(Only(kept_from)));
        keeper.attempt(30, true).await.unwrap();
        let rows = site.sessions.hours(None, (today, today), None, 100).await.unwrap();
        assert_eq!((rows.len(), asked().await), (hours, days), "{kept_from:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_and_forth_takes_nothing_from_an_hour() {
    let site = full().await;
    site.pass(600);
    site.clock.step_wall(TimeDelta::hours(-2));
    site.pass(60);
    site.clock.step_wall(TimeDelta::hours(2));
    site.pass(60);
    assert_eq!(site.told(4, "d").await, "Exhausted");
    check(&site, &[("07:00", 59, 118, 2, 0, 0), ("09:00", 659, 1318, 2, 2, 2)]).await;
}

#[tokio::test]
async fn an_application_that_goes_and_comes_back_keeps_its_hour() {
    let site = full().await;
    site.pass(60);
    let application = site.stores.applications.all().await.unwrap().remove(0).application;
    let entry = || crate::store::conformance::fixtures::entry("application.set");
    site.stores.applications.delete("CAD", entry()).await.unwrap();
    site.sessions.reload_applications().await.unwrap();
    site.pass(60);
    site.stores.applications.put(application, None, entry()).await.unwrap();
    site.sessions.reload_applications().await.unwrap();
    assert_eq!(site.told(5, "e").await, "seat");
    site.pass(30);
    check(&site, &[("09:00", 90, 150, 2, 3, 1)]).await;
    let now: DateTime<Utc> = site.clock.now();
    let connected = site.sessions.connected(Some("CAD"));
    let told: Vec<_> = connected.iter().map(|seat| (seat.user.as_str(), seat.kind, seat.checkouts, seat.since)).collect();
    assert_eq!(told, [("e", "floating", 1, now - TimeDelta::seconds(30))]);
}
