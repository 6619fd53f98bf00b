//! A site of a few rows.

use crate::{
    reconcile::gather::{Gathered, Sources, gather},
    settings::Values as SettingValues,
    store::{
        self, Stores,
        conformance::fixtures::{agent_id, asset, asset_id, at, entry, mark, report},
        ports::{AssetChange, Observation},
        records::SoftwareListRecord,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    asset::{Field, Layer, References, Table, Value},
    calendar::SiteZone,
    metric::Factors,
    query::Context,
    record::{FieldKind, Shelf, Values, kinds},
    software::{Found, Software},
};
use std::sync::Arc;
use uuid::Uuid;

pub(super) const TODAY: &str = "2026-06-17";

/// A site.
pub(super) struct Desk {
    pub(super) stores: Stores,
    pub(super) references: References,
    pub(super) shelf: Shelf,
    pub(super) settings: SettingValues,
    _directory: tempfile::TempDir,
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

impl Desk {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        Self {
            stores,
            references: References::seeded(),
            shelf: Shelf::default(),
            settings: SettingValues::default(),
            _directory: directory,
        }
    }

    /// A record with fields as people write them; `#5` is the record with that number.
    pub(super) fn put(&mut self, kind: &str, number: u128, fields: &[(&str, &str)]) {
        let schema = kinds::find(kind).unwrap();
        let mut values = Values::new();
        let defaults = schema.fields.iter().filter_map(|field| Some((field.name, field.default?)));
        for (name, text) in defaults.chain(fields.iter().copied()) {
            let field = schema.field(name).unwrap_or_else(|| panic!("{kind} has no {name}"));
            let value = match field.kind {
                FieldKind::Text(_) | FieldKind::Notes(_) | FieldKind::Currency | FieldKind::Choice(_) => {
                    Value::Text(text.to_owned())
                }
                FieldKind::Whole(..) => Value::Int(text.parse().unwrap()),
                FieldKind::Decimal | FieldKind::Money(_) => Value::Decimal(text.parse().unwrap()),
                FieldKind::Date => Value::Date(text.parse().unwrap()),
                FieldKind::Boolean => Value::Bool(text.parse().unwrap()),
                FieldKind::Reference(_) | FieldKind::Link(_) => Value::Ref(id(text.strip_prefix('#').unwrap().parse().unwrap())),
            };
            values.set(name, Some(value));
        }
        self.shelf.put(schema, id(number), values);
    }

    pub(super) fn reference(&mut self, table: Table, number: u128, name: &str) {
        self.references.insert(table, id(number), name);
    }

    /// An asset with values, the hardware that its agent reports, and installed software.
    pub(super) async fn machine(&mut self, number: u128, set: &[(Field, Value)], hardware: &str, software: &[&str]) {
        let agent = agent_id(number);
        self.stores.assets.create(asset(number, Some(agent)), entry("asset.create")).await.unwrap();
        if !hardware.is_empty() {
            let seen = Observation {
                asset: asset_id(number),
                agent,
                layer: Layer::new(),
                references: Vec::new(),
                hardware: hardware.as_bytes().to_vec(),
                at: at(1),
            };
            self.stores.reports.append(report(number, mark(1, 1), vec![], vec![]), Some(seen)).await.unwrap();
        }
        if !software.is_empty() {
            let list = SoftwareListRecord { asset: asset_id(number), agent, digest: "d".to_owned(), at: at(2) };
            let found = software.iter().map(|name| {
                let (name, version) = name.rsplit_once(' ').unwrap();
                let software = Software {
                    name: name.to_owned(),
                    version: Some(version.to_owned()),
                    publisher: Some("Example".to_owned()),
                    source: "windows".to_owned(),
                    architecture: None,
                };
                Found { software, install_date: None }
            });
            self.stores.software.replace(list, found.collect()).await.unwrap();
        }
        let set: Vec<_> = set.iter().map(|(field, value)| (*field, Some(value.clone()))).collect();
        if !set.is_empty() {
            let change = AssetChange::new(asset_id(number), set, at(3));
            self.stores.assets.edit(change, entry("asset.edit")).await.unwrap();
        }
    }

    pub(super) async fn gathered(&self) -> Gathered {
        let now: DateTime<Utc> = "2026-06-17T12:00:00Z".parse().unwrap();
        let today: NaiveDate = TODAY.parse().unwrap();
        gather(Sources {
            stores: &self.stores,
            references: Arc::new(self.references.clone()),
            shelf: &self.shelf,
            settings: &self.settings,
            context: &Context::new(now, SiteZone::UTC),
            factors: Factors::default(),
            today,
        })
        .await
        .unwrap()
    }

    /// A model with this number of a product of `Example`.
    pub(super) fn model(&mut self, number: u128, product: &str, more: &[(&str, &str)]) {
        let base = [("publisher", "Example"), ("product", product)];
        self.put("models", number, &base.into_iter().chain(more.iter().copied()).collect::<Vec<_>>());
    }

    /// An entitlement in use of a model.
    pub(super) fn entitlement(&mut self, number: u128, model: u128, more: &[(&str, &str)]) {
        let (model, name) = (format!("#{model}"), format!("E{number}"));
        let base = [
            ("number", name.as_str()),
            ("software_model", model.as_str()),
            ("metric_group", "Common"),
            ("license_metric", "Per Device"),
            ("purchased_rights", "10"),
            ("state", "In use"),
        ];
        self.put("entitlements", number, &base.into_iter().chain(more.iter().copied()).collect::<Vec<_>>());
    }
}
