//! Assets.

use super::fixtures::{agent_id, asset, asset_id, at, enrollment, entry, layer, mark, report, token};
use crate::store::{
    StoreError, Stores,
    ports::{AssetChange, Batch, Deed, Observation, Outcome},
    records::Cause,
};
use muster_domain::{
    asset::{Asset, Head, Layer, StoredAsset, action::Action, field::Field, pack, value::Value},
    ids::AssetId,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

pub(crate) async fn an_edit_shows_before_and_after_in_the_audit_log(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let again = stores.assets.create(asset(1, None), entry("asset.create")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    let change = AssetChange::new(asset_id(1), vec![(Field::InstallStatus, Some(Value::Int(7)))], at(5));
    let edited = stores.assets.edit(change, entry("asset.edit")).await.unwrap();
    assert_eq!(edited.get(Field::InstallStatus), Some(&Value::Int(7)));
    assert_eq!(edited.observed().get(Field::InstallStatus), Some(&Value::Int(1)));
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(edited));
    let newest = &stores.audit.page(None, 1).await.unwrap()[0].entry;
    assert_eq!(newest.detail["changes"]["install_status"], json!({"before": "1", "after": "7"}));
    assert_eq!(newest.detail["z"], json!(1));
}

pub(crate) async fn a_refused_edit_leaves_nothing(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let edit = |number, field| {
        let set = vec![(Field::Comments, Some(Value::Text("new".to_owned()))), (field, Some(Value::Int(1)))];
        stores.assets.edit(AssetChange::new(asset_id(number), set, at(5)), entry("asset.edit"))
    };
    assert!(matches!(edit(1, Field::SysId).await, Err(StoreError::Rule(_))));
    assert!(matches!(edit(2, Field::Quantity).await, Err(StoreError::NotFound { what: "asset", .. })));
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(asset(1, None)));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn what_was_entered_can_be_taken_back(stores: &Stores) {
    stores.assets.create(asset(1, Some(agent_id(1))), entry("asset.create")).await.unwrap();
    let set = vec![(Field::SerialNumber, Some(Value::Text("mine".to_owned())))];
    stores.assets.edit(AssetChange::new(asset_id(1), set, at(5)), entry("asset.edit")).await.unwrap();
    let back = AssetChange { back: vec![Field::SerialNumber], ..AssetChange::new(asset_id(1), Vec::new(), at(6)) };
    let asset_now = stores.assets.edit(back, entry("asset.take_back")).await.unwrap();
    assert_eq!(asset_now.get(Field::SerialNumber), asset(1, None).get(Field::SerialNumber));
    assert!(asset_now.edited().entry(Field::SerialNumber).is_none());
    let newest = &stores.assets.history(asset_id(1), None, 1).await.unwrap()[0];
    assert_eq!(newest.changes[0].before, Some(Value::Text("mine".to_owned())));
}

pub(crate) async fn a_change_of_what_was_seen_is_made_while_it_is_so(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let seen = stores.assets.get(asset_id(1)).await.unwrap().unwrap().updated_on();
    let change = |text: &str, second| AssetChange {
        expects: Some(seen),
        ..AssetChange::new(asset_id(1), vec![(Field::Comments, Some(Value::Text(text.to_owned())))], at(second))
    };
    let first = stores.assets.edit(change("first", 5), entry("asset.edit")).await.unwrap();
    let late = stores.assets.edit(change("late", 6), entry("asset.edit")).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(first));
}

pub(crate) async fn an_asset_belongs_to_one_that_is_there_and_not_to_its_own(stores: &Stores) {
    for number in 1..=3 {
        stores.assets.create(asset(number, None), entry("asset.create")).await.unwrap();
    }
    let parent = |number: u128| vec![(Field::Parent, Some(Value::Ref(asset_id(number).0)))];
    let put = |below: u128, above: u128| stores.assets.edit(AssetChange::new(asset_id(below), parent(above), at(5)), entry("e"));
    put(2, 1).await.unwrap();
    put(3, 2).await.unwrap();
    for (below, above, part) in [(1, 3, "belongs to this one already"), (1, 9, "there is no asset"), (1, 1, "belong to itself")] {
        let refused = put(below, above).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Rule(text) if text.contains(part)), "{below} {above}: {refused:?}");
        for dry_run in [true, false] {
            let outcomes = stores.assets.batch(batch(vec![(below, Deed::Enter(parent(above)))], dry_run)).await.unwrap();
            assert!(matches!(&outcomes[0], Outcome::Refused(text) if text.contains(part)), "{below} {above}: {outcomes:?}");
        }
    }
    let mut orphan = asset(4, None);
    orphan.edit(&parent(9), at(5)).unwrap();
    assert!(matches!(stores.assets.create(orphan, entry("asset.create")).await, Err(StoreError::Rule(_))));
}

pub(crate) async fn assets_are_paged_and_scanned_in_order(stores: &Stores) {
    for number in [5_u128, 1, 3, 2, 4] {
        stores.assets.create(asset(number << 100, None), entry("asset.create")).await.unwrap();
    }
    let ids = |numbers: &[u128]| numbers.iter().map(|number| asset_id(number << 100)).collect::<Vec<_>>();
    for (after, limit, expected) in
        [(None, 2, &[1_u128, 2][..]), (Some(2_u128), 2, &[3, 4]), (Some(4), 2, &[5]), (Some(5), 2, &[]), (None, 0, &[])]
    {
        let page = stores.assets.page(after.map(|after| asset_id(after << 100)), limit).await.unwrap();
        assert_eq!(page.iter().map(|asset| asset.id()).collect::<Vec<_>>(), ids(expected));
    }
    for (after, stop_at, expected) in [(None, 9, &[1_u128, 2, 3, 4, 5][..]), (None, 3, &[1, 2, 3]), (Some(2_u128), 4, &[3, 4])] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let visitor = Arc::clone(&seen);
        let visit = move |asset: &StoredAsset<'_>| {
            visitor.lock().unwrap().push(asset.id());
            if asset.id() == asset_id(stop_at << 100) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        stores.assets.scan(after.map(|after| asset_id(after << 100)), Box::new(visit)).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), ids(expected));
    }
}

fn batch(deeds: Vec<(u128, Deed)>, dry_run: bool) -> Batch {
    Batch {
        deeds: deeds.into_iter().map(|(number, deed)| (asset_id(number), deed)).collect(),
        by: "user:root".to_owned(),
        cause: Cause::Imported,
        at: at(7),
        dry_run,
        audit: Some(entry("asset.batch")),
    }
}

fn tag(text: &str) -> Vec<(Field, Option<Value>)> {
    vec![(Field::AssetTag, Some(Value::Text(text.to_owned())))]
}

fn kinds(outcomes: &[Outcome]) -> Vec<&'static str> {
    let kind = |outcome: &Outcome| match outcome {
        Outcome::Created(_) => "created",
        Outcome::Changed(_) => "changed",
        Outcome::Unchanged(_) => "unchanged",
        Outcome::Refused(_) => "refused",
        Outcome::Missing => "missing",
    };
    outcomes.iter().map(kind).collect()
}

pub(crate) async fn a_batch_does_what_the_rules_admit(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let deeds = || {
        let several = vec![(Field::Quantity, Some(Value::Int(5)))];
        vec![
            (1, Deed::Enter(tag("P1"))),
            (1, Deed::Enter(several.clone())),
            (2, Deed::Put(tag("P2"))),
            (3, Deed::Enter(tag("P3"))),
            (4, Deed::Act(Action::Audit)),
            (5, Deed::Put(several)),
        ]
    };
    let expected = ["changed", "refused", "created", "missing", "missing", "created"];
    // By themselves the deeds of a dry run come to the same, and nothing is there afterwards.
    assert_eq!(kinds(&stores.assets.batch(batch(deeds(), true)).await.unwrap()), expected);
    assert_eq!(stores.assets.page(None, 10).await.unwrap(), [asset(1, None)]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));

    assert_eq!(kinds(&stores.assets.batch(batch(deeds(), false)).await.unwrap()), expected);
    let again = ["unchanged", "refused", "unchanged", "missing", "missing", "unchanged"];
    assert_eq!(kinds(&stores.assets.batch(batch(deeds(), false)).await.unwrap()), again);
    let stored = stores.assets.page(None, 10).await.unwrap();
    assert_eq!(stored.iter().map(|asset| asset.id()).collect::<Vec<_>>(), [1, 2, 5].map(asset_id));
    assert_eq!(stored[0].get(Field::AssetTag), Some(&Value::Text("P1".to_owned())));
    assert_eq!(stored[0].get(Field::Quantity), Some(&Value::Int(1)));
    let log = stores.audit.page(None, 2).await.unwrap();
    assert_eq!([0, 1].map(|newest| log[newest].entry.detail["changed"].as_u64()), [Some(0), Some(3)]);
    assert_eq!(stores.assets.history(asset_id(1), None, 10).await.unwrap().len(), 2);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(3));
}

pub(crate) async fn an_action_is_in_history_and_audit_log(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let act = |action| stores.assets.batch(Batch { cause: Cause::Audited, ..batch(vec![(1, Deed::Act(action))], false) });
    assert_eq!(kinds(&act(Action::Audit).await.unwrap()), ["unchanged"]);
    assert_eq!(kinds(&act(Action::Retire { substatus: None }).await.unwrap()), ["changed"]);
    assert_eq!(kinds(&act(Action::Retire { substatus: None }).await.unwrap()), ["refused"]);
    let history = stores.assets.history(asset_id(1), None, 10).await.unwrap();
    let entries: Vec<_> = history.iter().map(|entry| (entry.number, entry.changes.len())).collect();
    assert_eq!(entries, [(3, 2), (2, 0), (1, 4)]);
    let newest = &stores.audit.page(None, 1).await.unwrap()[0].entry;
    assert_eq!(newest.detail["changes"]["install_status"], json!({"before": "1", "after": "7"}));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(3));
}

pub(crate) async fn every_change_is_in_the_history(stores: &Stores) {
    stores.assets.create(asset(1, Some(agent_id(9))), entry("asset.create")).await.unwrap();
    let set = |text: &str| AssetChange::new(asset_id(1), tag(text), at(5));
    stores.assets.edit(set("P1"), entry("asset.edit")).await.unwrap();
    stores.assets.edit(set("P1"), entry("asset.edit")).await.unwrap();
    stores.assets.edit(set("P2"), entry("asset.edit")).await.unwrap();
    let history = stores.assets.history(asset_id(1), None, 10).await.unwrap();
    let told: Vec<_> = history.iter().map(|entry| (entry.number, entry.cause, entry.by.as_str())).collect();
    let root = "user:root";
    assert_eq!(told, [(3, Cause::Edited, root), (2, Cause::Edited, root), (1, Cause::Created, root)]);
    assert_eq!(history[0].changes[0].before, Some(Value::Text("P1".to_owned())));
    assert_eq!(history[0].changes[0].after, Some(Value::Text("P2".to_owned())));
    assert_eq!(history[0].at, at(5));
    let page = |before, limit| stores.assets.history(asset_id(1), before, limit);
    assert_eq!(page(Some(3), 1).await.unwrap(), [history[1].clone()]);
    assert_eq!(page(Some(1), 5).await.unwrap(), []);
    assert_eq!(stores.assets.history(asset_id(2), None, 5).await.unwrap(), []);
}

/// How many assets have which head, as the assets themselves say.
async fn recounted(stores: &Stores) -> BTreeMap<Vec<u8>, u64> {
    let heads = Arc::new(Mutex::new(BTreeMap::new()));
    let counting = Arc::clone(&heads);
    let visit = move |asset: &StoredAsset<'_>| {
        *counting.lock().unwrap().entry(asset.head().to_vec()).or_default() += 1;
        ControlFlow::Continue(())
    };
    stores.assets.scan(None, Box::new(visit)).await.unwrap();
    heads.lock().unwrap().clone()
}

/// The heads are counted as the assets say, in the order of their bytes.
pub(crate) async fn heads_agree(stores: &Stores) -> usize {
    let recounted: Vec<(Head, u64)> =
        recounted(stores).await.into_iter().map(|(head, count)| (Head::new(&head).unwrap(), count)).collect();
    let mut heads = stores.assets.heads().await.unwrap();
    let bytes = |head: &Head| head.clone().into_bytes();
    heads.sort_by_key(|(head, _)| bytes(head));
    assert_eq!(heads, recounted);
    heads.len()
}

pub(crate) async fn heads_are_counted_as_assets_change(stores: &Stores) {
    assert_eq!(heads_agree(stores).await, 0);
    for number in 1..=4 {
        stores.assets.create(asset(number, None), entry("asset.create")).await.unwrap();
    }
    assert_eq!(heads_agree(stores).await, 1);
    let edit = |number, field, value| {
        let change = AssetChange::new(asset_id(number), vec![(field, value)], at(5));
        stores.assets.edit(change, entry("asset.edit"))
    };
    edit(1, Field::InstallStatus, Some(Value::Int(7))).await.unwrap();
    edit(2, Field::InstallStatus, None).await.unwrap();
    edit(3, Field::Comments, Some(Value::Text("none of the head".to_owned()))).await.unwrap();
    assert_eq!(heads_agree(stores).await, 3);
    // What is refused is not counted, nor what is stored with it.
    assert!(edit(4, Field::InstallStatus, Some(Value::Bool(true))).await.is_err());
    assert!(stores.assets.create(asset(1, None), entry("asset.create")).await.is_err());
    assert_eq!(heads_agree(stores).await, 3);
    edit(1, Field::InstallStatus, Some(Value::Int(1))).await.unwrap();
    edit(2, Field::InstallStatus, Some(Value::Int(1))).await.unwrap();
    assert_eq!(heads_agree(stores).await, 1);
}

pub(crate) async fn heads_follow_what_agents_see(stores: &Stores) {
    stores.tokens.create(token("t", 9), entry("token.create")).await.unwrap();
    let issued = stores.agents.enroll(enrollment("t", 1)).await.unwrap();
    assert_eq!(heads_agree(stores).await, 1);
    let id = stores.assets.page(None, 1).await.unwrap()[0].id();
    let agent = stores.assets.get(id).await.unwrap().unwrap().agent().unwrap();
    drop(issued);
    let observation = |agent, layer: Layer| {
        Some(Observation { asset: id, agent, layer, references: Vec::new(), hardware: b"{}".to_vec(), at: at(9) })
    };
    let seen = layer("SN1").with(Field::InstallStatus, Some(Value::Int(3)));
    let number = agent.0.as_u128();
    stores.reports.append(report(number, mark(1, 1), vec![], vec![]), observation(agent, seen.clone())).await.unwrap();
    assert_eq!(heads_agree(stores).await, 1);
    assert!(
        stores.reports.append(report(number, mark(1, 2), vec![], vec![]), observation(agent_id(77), Layer::new())).await.is_err()
    );
    assert_eq!(heads_agree(stores).await, 1);
    let expected: Asset = stores.assets.get(id).await.unwrap().unwrap();
    assert_eq!(expected.get(Field::InstallStatus), Some(&Value::Int(3)));
    let row = pack(&expected);
    assert_eq!(stores.assets.heads().await.unwrap(), [(Head::new(StoredAsset::new(&row).unwrap().head()).unwrap(), 1)]);
}

pub(crate) async fn reported_hardware_is_visited(stores: &Stores) {
    stores.tokens.create(token("t", 9), entry("token.create")).await.unwrap();
    for number in 1..=2 {
        stores.agents.enroll(enrollment("t", number)).await.unwrap();
    }
    stores.assets.create(asset(50, None), entry("asset.create")).await.unwrap();
    let mut expected = Vec::new();
    for made in stores.assets.page(None, 9).await.unwrap() {
        let Some(agent) = made.agent() else { continue };
        let (asset, hardware) = (made.id(), made.id().to_string().into_bytes());
        let seen =
            Observation { asset, agent, layer: layer("SN"), references: Vec::new(), hardware: hardware.clone(), at: at(9) };
        stores.reports.append(report(agent.0.as_u128(), mark(1, 1), vec![], vec![]), Some(seen)).await.unwrap();
        expected.push((asset, hardware));
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let filled = Arc::clone(&seen);
    let visit = move |asset: AssetId, hardware: &[u8]| filled.lock().unwrap().push((asset, hardware.to_vec()));
    stores.assets.visit_hardware(Box::new(visit)).await.unwrap();
    assert_eq!((&*seen.lock().unwrap(), expected.len()), (&expected, 2));
}
