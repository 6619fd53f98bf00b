//! The journal and the rows of agents.

use super::fixtures::{agent_id, asset, asset_id, at, digest, ending, entry, layer, mark, report, session};
use crate::store::{
    StoreError, Stores,
    ports::Observation,
    records::{AgentProgress, Cause, Change, DIGESTS_KEPT},
};
use muster_domain::{
    asset::{field::Field, value::Value},
    ids::SessionId,
};
use uuid::Uuid;

async fn progress(stores: &Stores) -> Vec<AgentProgress> {
    stores.reports.load().await.unwrap().progress
}

pub(crate) async fn append(stores: &Stores, change: Change) {
    stores.reports.append(change, None).await.unwrap();
}

fn observation(agent: u128, serial: &str) -> Observation {
    Observation {
        references: Vec::new(),
        asset: asset_id(1),
        agent: agent_id(agent),
        layer: layer(serial),
        hardware: format!("{{\"product_serial\":\"{serial}\"}}").into_bytes(),
        at: at(3),
    }
}

fn with_hardware(mut change: Change, hash: &str, drops: u64) -> Change {
    if let Change::Report { hardware_digest, dropped, .. } = &mut change {
        *hardware_digest = Some(hash.to_owned());
        *dropped = drops;
    }
    change
}

pub(crate) async fn a_report_is_folded_into_rows(stores: &Stores) {
    append(stores, with_hardware(report(1, mark(1, 1), vec![session(1, 1)], vec![]), "sha256:1", 2)).await;
    append(stores, with_hardware(report(1, mark(1, 2), vec![], vec![]), "sha256:2", 3)).await;
    append(stores, report(1, mark(1, 3), vec![], vec![])).await;
    append(stores, report(2, mark(1, 1), vec![], vec![])).await;
    let live = stores.reports.load().await.unwrap();
    assert_eq!(live.sessions, [session(1, 1)]);
    let expected = AgentProgress {
        agent: agent_id(1),
        epoch: 1,
        seq: 3,
        resync_to: None,
        recent: (1..=3).map(|seq| (seq, digest(seq))).collect(),
        hardware_digest: Some("sha256:2".to_owned()),
        boot_id: Some(Uuid::from_u128(99)),
        last_seen: at(13),
        agent_version: "0.1.0".to_owned(),
        dropped: 5,
    };
    assert_eq!(live.progress[0], expected);
    assert_eq!(live.progress.iter().map(|progress| progress.agent).collect::<Vec<_>>(), [agent_id(1), agent_id(2)]);
    assert_eq!(stores.reports.fold(10).await.unwrap(), 0);
}

pub(crate) async fn a_report_that_was_sent_twice_counts_once(stores: &Stores) {
    let change = with_hardware(report(1, mark(1, 1), vec![session(1, 1)], vec![]), "h", 4);
    append(stores, change.clone()).await;
    append(stores, change.clone()).await;
    stores.reports.fold(10).await.unwrap();
    append(stores, change).await;
    let folded = progress(stores).await;
    assert_eq!((folded[0].dropped, folded[0].recent.len()), (4, 1));
}

pub(crate) async fn a_new_epoch_begins_anew(stores: &Stores) {
    append(stores, report(1, mark(1, 8), vec![], vec![])).await;
    append(stores, Change::Resync { agent: agent_id(1), epoch: 2 }).await;
    append(stores, Change::Resync { agent: agent_id(5), epoch: 7 }).await;
    let folded = progress(stores).await;
    assert_eq!((folded[0].epoch, folded[0].seq, folded[0].resync_to), (1, 8, Some(2)));
    assert_eq!((folded[1].epoch, folded[1].seq, folded[1].resync_to), (1, 0, Some(7)));
    append(stores, report(1, mark(1, 9), vec![], vec![])).await;
    assert_eq!(progress(stores).await[0].resync_to, Some(2));
    append(stores, report(1, mark(2, 1), vec![], vec![])).await;
    let folded = progress(stores).await.remove(0);
    assert_eq!((folded.epoch, folded.seq, folded.resync_to), (2, 1, None));
    assert_eq!(folded.recent, [(1, digest(1))]);
}

/// A report that was committed while the progress of all agents was gathered is in the journal and in that progress, too.
pub(crate) async fn progress_that_is_saved_swallows_no_report(stores: &Stores) {
    append(stores, report(1, mark(1, 1), vec![session(1, 1)], vec![])).await;
    let folded = progress(stores).await.remove(0);
    append(stores, report(1, mark(1, 2), vec![session(2, 1)], vec![(SessionId(1), ending(30))])).await;
    let recent = (1..=3).map(|seq| (seq, digest(seq))).collect();
    stores.reports.save_progress(vec![AgentProgress { seq: 3, recent, ..folded }]).await.unwrap();
    let live = stores.reports.load().await.unwrap();
    assert_eq!(live.sessions, [session(2, 1)]);
    assert_eq!(live.progress[0].seq, 3);
    assert_eq!(stores.usage.closed(at(0), at(60)).await.unwrap().len(), 1);
}

pub(crate) async fn only_the_last_digests_are_kept(stores: &Stores) {
    let last = u64::try_from(DIGESTS_KEPT).unwrap() + 5;
    let all = (1..=last).map(|seq| stores.reports.append(report(1, mark(1, seq), vec![], vec![]), None));
    for stored in futures_util::future::join_all(all).await {
        stored.unwrap();
    }
    let folded = progress(stores).await.remove(0);
    assert_eq!(folded.recent.len(), DIGESTS_KEPT);
    assert_eq!(folded.recent[0], (6, digest(6)));
    assert_eq!(folded.seq, last);
}

pub(crate) async fn a_fold_takes_no_more_than_its_limit(stores: &Stores) {
    for seq in 1..=5 {
        append(stores, report(1, mark(1, seq), vec![], vec![])).await;
    }
    let mut folded = Vec::new();
    for limit in [0, 2, 2, 2, 2] {
        folded.push(stores.reports.fold(limit).await.unwrap());
    }
    assert_eq!(folded, [0, 2, 2, 1, 0]);
    assert_eq!(progress(stores).await[0].seq, 5);
}

pub(crate) async fn an_observation_is_stored_with_its_report(stores: &Stores) {
    stores.assets.create(asset(1, Some(agent_id(1))), entry("asset.create")).await.unwrap();
    let change = report(1, mark(1, 1), vec![], vec![]);
    stores.reports.append(change, Some(observation(1, "NEW"))).await.unwrap();
    let stored = stores.assets.get(asset_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.get(Field::SerialNumber), Some(&Value::Text("NEW".to_owned())));
    assert_eq!(stored.updated_on(), at(3));
    assert_eq!(progress(stores).await[0].seq, 1);
    // The same again says nothing new.
    stores.reports.append(report(1, mark(1, 2), vec![], vec![]), Some(observation(1, "NEW"))).await.unwrap();
    let history = stores.assets.history(asset_id(1), None, 10).await.unwrap();
    assert_eq!(history.len(), 2);
    let newest = &history[0];
    assert_eq!((newest.number, newest.cause, newest.at), (2, Cause::Reported, at(3)));
    assert_eq!(newest.by, format!("agent:{}", agent_id(1)));
    assert_eq!(newest.changes[0].field, Field::SerialNumber);
}

pub(crate) async fn a_refused_observation_takes_its_report_with_it(stores: &Stores) {
    let change = || report(1, mark(1, 1), vec![], vec![]);
    let missing = stores.reports.append(change(), Some(observation(1, "NEW"))).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "asset", .. })));
    stores.assets.create(asset(1, Some(agent_id(2))), entry("asset.create")).await.unwrap();
    let foreign = stores.reports.append(change(), Some(observation(1, "NEW"))).await;
    assert!(matches!(foreign, Err(StoreError::Conflict(_))));
    assert_eq!(progress(stores).await, []);
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(asset(1, Some(agent_id(2)))));
}
