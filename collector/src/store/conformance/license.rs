//! Licence keys, ledger and runs.

use super::fixtures::{at, date, entry};
use crate::store::{
    StoreError, Stores,
    ports::Judgement,
    records::{KeyRecord, RunDifference, RunKind, RunRecord, SealedRow},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

fn ledger(number: u8) -> SealedRow {
    SealedRow { bytes: vec![number, 0, 255], mac: [number; 32] }
}

fn key(serial: u64) -> KeyRecord {
    KeyRecord {
        id: format!("lic-{serial}"),
        serial,
        text: "-----BEGIN".to_owned(),
        applied_at: at(1),
        applied_by: "user:root".to_owned(),
    }
}

pub(crate) fn run(kind: RunKind, site_date: NaiveDate, error: Option<&str>) -> RunRecord {
    RunRecord {
        id: 0,
        kind,
        site_date,
        started_at: at(1),
        finished_at: at(2),
        by: "collector".to_owned(),
        license_serial: Some(3),
        query: Some("install_statusNOT IN2,7,10".to_owned()),
        table: "alm_hardware".to_owned(),
        null_mode: "sql".to_owned(),
        asset_count: Some(507),
        asset_limit: Some(500),
        uncounted_empty_state: 1,
        user_count: 2,
        by_state: BTreeMap::from([("1".to_owned(), 507), (String::new(), 1)]),
        by_category: BTreeMap::new(),
        since: Some(RunDifference {
            run: 3,
            site_date: date(1),
            asset_count: -2,
            by_state: BTreeMap::from([(String::new(), 1), ("1".to_owned(), -2)]),
            by_category: BTreeMap::from([("Computer".to_owned(), -2)]),
        }),
        state_before: "compliant".to_owned(),
        state_after: "grace".to_owned(),
        reason_after: Some("over_limit".to_owned()),
        error: error.map(str::to_owned),
    }
}

fn judgement(expected: Option<u8>, next: u8, run: Option<RunRecord>) -> Judgement {
    Judgement {
        ledger: ledger(next),
        expected: expected.map(ledger),
        key: None,
        run,
        audit: vec![entry("compliance.run"), entry("license.state")],
    }
}

pub(crate) async fn a_judgement_is_one_unit_of_work(stores: &Stores) {
    assert_eq!(stores.license.ledger().await.unwrap(), None);
    let first = Judgement { key: Some(key(1)), ..judgement(None, 1, None) };
    assert_eq!(stores.license.judge(first).await.unwrap(), None);
    assert_eq!(stores.license.ledger().await.unwrap(), Some(ledger(1)));
    assert_eq!(stores.license.keys().await.unwrap(), [key(1)]);
    for stale in [None, Some(9)] {
        let run = Some(run(RunKind::Manual, date(1), None));
        let late = Judgement { key: Some(key(2)), ..judgement(stale, 2, run) };
        assert!(matches!(stores.license.judge(late).await, Err(StoreError::Conflict(_))));
    }
    assert_eq!(stores.license.ledger().await.unwrap(), Some(ledger(1)));
    assert_eq!(stores.license.keys().await.unwrap().len(), 1);
    assert_eq!(stores.license.runs(None, 10).await.unwrap(), []);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(2));
}

pub(crate) async fn a_night_is_judged_once(stores: &Stores) {
    let nightly = |error| Some(run(RunKind::Nightly, date(5), error));
    assert_eq!(stores.license.last_date(RunKind::Nightly, date(9)).await.unwrap(), None);
    stores.license.judge(judgement(None, 1, nightly(Some("no assets")))).await.unwrap();
    assert_eq!(stores.license.last_date(RunKind::Nightly, date(9)).await.unwrap(), None);
    stores.license.judge(judgement(Some(1), 2, nightly(None))).await.unwrap();
    assert_eq!(stores.license.last_date(RunKind::Nightly, date(9)).await.unwrap(), Some(date(5)));
    let again = stores.license.judge(judgement(Some(2), 3, nightly(None))).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    assert_eq!(stores.license.ledger().await.unwrap(), Some(ledger(2)));
    let manual = Some(run(RunKind::Manual, date(5), None));
    stores.license.judge(judgement(Some(2), 3, manual.clone())).await.unwrap();
    stores.license.judge(judgement(Some(3), 4, manual)).await.unwrap();
    let earlier = Some(run(RunKind::Nightly, date(4), None));
    stores.license.judge(judgement(Some(4), 5, earlier)).await.unwrap();
    assert_eq!(stores.license.last_date(RunKind::Nightly, date(9)).await.unwrap(), Some(date(5)));
    let until = async |until: u32| stores.license.last_date(RunKind::Nightly, date(until)).await.unwrap();
    assert_eq!((until(5).await, until(4).await, until(3).await), (Some(date(5)), Some(date(4)), None));
    assert_eq!(stores.license.last_date(RunKind::Key, date(9)).await.unwrap(), None);
}

pub(crate) async fn trust_is_kept_in_order(stores: &Stores) {
    assert_eq!(stores.license.trust().await.unwrap(), []);
    for number in [2, 1, 2] {
        stores.license.add_trust(ledger(number), entry("license.trust")).await.unwrap();
    }
    assert_eq!(stores.license.trust().await.unwrap(), [ledger(2), ledger(1), ledger(2)]);
    assert_eq!(stores.license.keys().await.unwrap(), []);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(3));
}

pub(crate) async fn runs_and_keys_are_listed(stores: &Stores) {
    let mut expected = None;
    for number in 1..=4 {
        let run = run(RunKind::Key, date(u32::from(number)), None);
        let judged = Judgement { key: Some(key(u64::from(number))), ..judgement(expected, number, Some(run.clone())) };
        let stored = stores.license.judge(judged).await.unwrap();
        assert_eq!(stored, Some(RunRecord { id: u64::from(number), ..run }));
        expected = Some(number);
    }
    let ids = |runs: Vec<RunRecord>| runs.into_iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(ids(stores.license.runs(None, 3).await.unwrap()), [4, 3, 2]);
    assert_eq!(ids(stores.license.runs(Some(2), 3).await.unwrap()), [1]);
    assert_eq!(stores.license.run(2).await.unwrap().unwrap().site_date, date(2));
    assert_eq!(stores.license.run(9).await.unwrap(), None);
    let serials: Vec<u64> = stores.license.keys().await.unwrap().into_iter().map(|key| key.serial).collect();
    assert_eq!(serials, [1, 2, 3, 4]);
}

pub(crate) async fn old_runs_are_forgotten_but_never_the_last_night(stores: &Stores) {
    for (number, (kind, day)) in
        (0..).zip([(RunKind::Nightly, 1), (RunKind::Manual, 1), (RunKind::Nightly, 2), (RunKind::Key, 3), (RunKind::Nightly, 3)])
    {
        let expected = (number > 0).then_some(number);
        stores.license.judge(judgement(expected, number + 1, Some(run(kind, date(day), None)))).await.unwrap();
    }
    let nights = async |place: usize| stores.license.newest_night(place).await.unwrap();
    let expected = [None, Some(date(3)), Some(date(2)), Some(date(1)), None];
    for (place, night) in expected.into_iter().enumerate() {
        assert_eq!(nights(place).await, night, "{place}");
    }
    let ids = async || stores.license.runs(None, 10).await.unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>();
    for (before, gone, left) in [(1, 0, vec![5, 4, 3, 2, 1]), (2, 2, vec![5, 4, 3]), (30, 2, vec![5]), (30, 0, vec![5])] {
        assert_eq!(stores.license.forget_runs(date(before)).await.unwrap(), gone, "{before}");
        assert_eq!(ids().await, left, "{before}");
    }
    assert_eq!((nights(1).await, nights(2).await), (Some(date(3)), None));
    assert_eq!(stores.license.last_date(RunKind::Nightly, date(30)).await.unwrap(), Some(date(3)));
    assert_eq!(stores.license.last_date(RunKind::Key, date(30)).await.unwrap(), None);
    let next = stores.license.judge(judgement(Some(5), 6, Some(run(RunKind::Manual, date(4), None)))).await.unwrap();
    assert_eq!(next.map(|run| run.id), Some(6), "numbers are never given twice");
}
