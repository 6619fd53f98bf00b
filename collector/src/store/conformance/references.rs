//! Reference records.

use super::fixtures::{agent_id, asset, asset_id, at, entry, layer, mark, report};
use crate::store::{
    StoreError, Stores,
    ports::{AssetChange, NamedReference, Observation, RecordChange, ReferenceChange},
    records::{RecordCause, ReferenceRecord},
};
use muster_domain::asset::{field::Field, reference::Table, value::Value};
use uuid::Uuid;

fn location(name: &str, parent: Option<&ReferenceRecord>) -> ReferenceRecord {
    ReferenceRecord::new(Table::Location, name, parent.map(|parent| parent.id), at(0))
}

fn change(record: &ReferenceRecord) -> ReferenceChange {
    ReferenceChange { table: record.table, id: record.id, name: None, parent: None, active: None, at: at(5) }
}

async fn add(stores: &Stores, record: &ReferenceRecord) -> Result<(), StoreError> {
    stores.references.add(vec![record.clone()], entry("reference.add")).await
}

async fn edit(stores: &Stores, change: ReferenceChange) -> Result<ReferenceRecord, StoreError> {
    stores.references.edit(change, entry("reference.set")).await
}

pub(crate) async fn a_display_value_is_unique_in_its_table(stores: &Stores) {
    let (berlin, other) = (location("Berlin", None), ReferenceRecord { id: Uuid::from_u128(9), ..location("BERLIN", None) });
    add(stores, &berlin).await.unwrap();
    assert!(matches!(add(stores, &berlin).await, Err(StoreError::Conflict(_))));
    assert!(matches!(add(stores, &other).await, Err(StoreError::Conflict(_))));
    let batch = vec![location("Bonn", None), other.clone()];
    assert!(matches!(stores.references.add(batch, entry("reference.add")).await, Err(StoreError::Conflict(_))));
    assert_eq!(stores.references.find(Table::Location, "Bonn").await.unwrap(), None, "all or none");
    add(stores, &ReferenceRecord { table: Table::Stockroom, ..other.clone() }).await.unwrap();
    assert_eq!(stores.references.find(Table::Location, " berlin ").await.unwrap(), Some(berlin.clone()));
    assert_eq!(stores.references.get(Table::Stockroom, berlin.id).await.unwrap(), None);
    let renamed =
        edit(stores, ReferenceChange { name: Some(" BERLIN ".to_owned()), active: Some(false), ..change(&berlin) }).await;
    let expected = ReferenceRecord { name: "BERLIN".to_owned(), active: false, updated_at: at(5), ..berlin.clone() };
    assert_eq!(renamed.unwrap(), expected);
    edit(stores, ReferenceChange { name: Some("Bonn".to_owned()), ..change(&berlin) }).await.unwrap();
    add(stores, &other).await.unwrap();
    let taken = edit(stores, ReferenceChange { name: Some("BONN".to_owned()), ..change(&other) }).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
    assert_eq!(stores.references.find(Table::Location, "berlin").await.unwrap(), Some(other), "a refused change leaves the name");
    assert_eq!(stores.references.all(None).await.unwrap().len(), 3);
    assert_eq!(stores.references.all(Some(Table::Location)).await.unwrap().len(), 2);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(5));
}

pub(crate) async fn parents_make_trees(stores: &Stores) {
    let top = location("Top", None);
    let middle = location("Middle", Some(&top));
    let low = location("Low", Some(&middle));
    stores.references.add(vec![top.clone(), middle.clone(), low.clone()], entry("reference.add")).await.unwrap();
    let gone = location("Gone", None);
    let orphan = add(stores, &location("Orphan", Some(&gone))).await;
    assert!(matches!(orphan, Err(StoreError::Rule(_))));
    let user = ReferenceRecord { table: Table::User, ..location("Abel", Some(&top)) };
    assert!(matches!(add(stores, &user).await, Err(StoreError::Rule(_))), "users have no parents");
    for below in [&top, &middle, &low] {
        let looped = edit(stores, ReferenceChange { parent: Some(Some(below.id)), ..change(&top) }).await;
        assert!(matches!(looped, Err(StoreError::Rule(_))), "{}", below.name);
    }
    let moved = edit(stores, ReferenceChange { parent: Some(Some(top.id)), ..change(&low) }).await.unwrap();
    assert_eq!(moved.parent, Some(top.id));
    assert_eq!(edit(stores, ReferenceChange { parent: Some(None), ..change(&low) }).await.unwrap().parent, None);
    let newest = &stores.audit.page(None, 1).await.unwrap()[0].entry;
    assert_eq!(newest.detail["before"]["parent"], serde_json::json!(top.id));
}

pub(crate) async fn a_record_in_use_stays(stores: &Stores) {
    let top = location("Top", None);
    let low = location("Low", Some(&top));
    stores.references.add(vec![top.clone(), low.clone()], entry("reference.add")).await.unwrap();
    let delete = |record: &ReferenceRecord| stores.references.delete(Table::Location, record.id, entry("reference.delete"));
    assert!(matches!(delete(&top).await, Err(StoreError::Conflict(text)) if text.contains("Low")));
    for number in 1..=7 {
        stores.assets.create(asset(number, None), entry("asset.create")).await.unwrap();
        let set = vec![(Field::Location, Some(Value::Ref(low.id)))];
        let change = AssetChange::new(asset_id(number), set, at(2));
        stores.assets.edit(change, entry("asset.edit")).await.unwrap();
    }
    let refused = delete(&low).await.unwrap_err().to_string();
    assert!(refused.contains("(SN1)") && refused.contains("(SN5)") && refused.contains("and 2 more"), "{refused}");
    for number in 1..=7 {
        let set = vec![(Field::Location, None)];
        let change = AssetChange::new(asset_id(number), set, at(3));
        stores.assets.edit(change, entry("asset.edit")).await.unwrap();
    }
    let detail = super::sam_records::pointing("location-details", "location", low.id);
    stores.records.change(vec![detail.clone()], entry("record.change")).await.unwrap();
    let refused = delete(&low).await.unwrap_err().to_string();
    assert!(refused.contains("of location-details"), "{refused}");
    let gone = RecordChange { expects: Some(1), after: None, cause: RecordCause::Deleted, ..detail };
    stores.records.change(vec![gone], entry("record.change")).await.unwrap();
    delete(&low).await.unwrap();
    assert!(matches!(delete(&low).await, Err(StoreError::NotFound { what: "location", .. })));
    delete(&top).await.unwrap();
    assert_eq!(stores.references.find(Table::Location, "top").await.unwrap(), None);
    assert_eq!(stores.references.all(None).await.unwrap(), []);
}

pub(crate) async fn a_report_makes_the_records_it_names_once(stores: &Stores) {
    let taken = ReferenceRecord { id: Uuid::from_u128(9), ..ReferenceRecord::new(Table::Company, "Lenovo", None, at(0)) };
    add(stores, &taken).await.unwrap();
    let observe = async |number: u64, model: &str, vendor: &str| {
        let named = |field, name: &str| NamedReference { field, name: name.to_owned() };
        let observation = Observation {
            asset: asset_id(1),
            agent: agent_id(1),
            layer: layer("SN1"),
            references: vec![named(Field::Model, model), named(Field::Vendor, vendor)],
            hardware: b"{}".to_vec(),
            at: at(3),
        };
        let change = report(1, mark(1, number), vec![], vec![]);
        stores.reports.append(change, Some(observation)).await.unwrap();
        let asset = stores.assets.get(asset_id(1)).await.unwrap().unwrap();
        [Field::Model, Field::Vendor].map(|field| asset.get(field).and_then(Value::as_ref_id).unwrap())
    };
    stores.assets.create(asset(1, Some(agent_id(1))), entry("asset.create")).await.unwrap();
    let model = ReferenceRecord::id_of(Table::Model, "T14");
    assert_eq!(observe(1, "T14", "LENOVO").await, [model, taken.id], "an existing record is found by its name");
    assert_eq!(observe(2, "t14", "Lenovo").await, [model, taken.id]);
    let made = stores.references.find(Table::Model, "t14").await.unwrap().unwrap();
    assert_eq!((made.id, made.name.as_str(), made.active), (model, "T14", true));
    edit(stores, ReferenceChange { name: Some("ThinkPad T14".to_owned()), ..change(&made) }).await.unwrap();
    assert_eq!(observe(3, "T14", "Lenovo").await, [model, taken.id], "a record that was renamed is still the same");
    let entries = stores.audit.page(None, 100).await.unwrap();
    let by_agents = entries.iter().filter(|record| record.entry.actor.starts_with("agent:")).count();
    assert_eq!((by_agents, stores.references.all(None).await.unwrap().len()), (1, 2));
}
