//! Nights over the real store: what a failed count leaves as it is, and what a run tells of the night before.

use super::{Site, load, start};
use crate::{
    publish::State,
    store::{self, Stores, records::RunKind},
};
use muster_domain::{
    asset::{field::Field, record::Asset, value::Value},
    ids::AssetId,
};
use uuid::Uuid;

#[tokio::test]
async fn a_night_that_cannot_count_keeps_the_state_and_alarms() {
    let mut site = Site::new().await;
    site.apply(1).await;
    let path = site.dir.path().join("closed.redb");
    store::redb::create(&path).unwrap();
    let closed = store::redb::open(&path).await.unwrap();
    closed.system.close().await.unwrap();
    let broken = Stores { assets: closed.assets, ..site.stores.clone() };
    let failing = load(&broken, &site.machine, &site.clock, &site.alerts, &site.dir).await;
    for _ in 0..2 {
        let run = failing.run(RunKind::Nightly, "collector").await.unwrap();
        assert!(run.error.is_some() && run.asset_count.is_none() && run.since.is_none(), "{run:?}");
        assert_eq!((run.state_before.as_str(), run.state_after.as_str()), ("compliant", "compliant"));
        assert!(site.alert("the last compliance run could not judge"), "{:?}", site.alerts.list());
        assert_eq!(
            (failing.facts().state, failing.facts().compliance.asset_count),
            (State::Compliant, Some(0)),
            "the last count stays"
        );
    }
    // The night is not used up: it is judged as soon as somebody can count.
    site.restart().await;
    let night = site.service.run(RunKind::Nightly, "collector").await.unwrap();
    assert_eq!((night.error, night.asset_count, site.alerts.list()), (None, Some(0), Vec::new()));
}

#[tokio::test]
async fn a_run_tells_what_changed_since_the_night_before() {
    let mut site = Site::new().await;
    site.apply(1).await;
    let night = site.service.run(RunKind::Nightly, "collector").await.unwrap();
    for (number, state) in [(1, 1), (2, 1), (3, 7)] {
        let mut asset = Asset::new(AssetId(Uuid::from_u128(number)), None, start());
        asset.edit(&[(Field::InstallStatus, Some(Value::Int(state)))], start()).unwrap();
        site.stores
            .assets
            .create(asset, site.service.entry("user:anna", "asset.create", "a", serde_json::Value::Null))
            .await
            .unwrap();
    }
    site.restart().await;
    let manual = site.service.run(RunKind::Manual, "user:anna").await.unwrap();
    let since = manual.since.unwrap();
    assert_eq!((since.run, since.asset_count), (night.id, 2));
    let states: Vec<(&str, i64)> = since.by_state.iter().map(|(state, change)| (state.as_str(), *change)).collect();
    assert_eq!(states, [("1", 2), ("7", 1)]);
    site.clock.advance(std::time::Duration::from_secs(86_400));
    let next = site.service.run(RunKind::Nightly, "collector").await.unwrap();
    assert_eq!(
        next.since.map(|since| (since.run, since.asset_count)),
        Some((night.id, 2)),
        "a count by hand between them is no night"
    );
    site.clock.advance(std::time::Duration::from_secs(86_400));
    let third = site.service.run(RunKind::Nightly, "collector").await.unwrap();
    assert_eq!(third.since.map(|since| (since.run, since.asset_count, since.by_state.len())), Some((next.id, 0, 0)));
}
