//! The records that there are, as rules look at them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use uuid::Uuid;

use super::kinds::entitlement::ENTITLEMENTS;
use super::kinds::model::MODELS;
use super::schema::{Schema, key};
use super::values::Values;
use crate::asset::Value;

/// Where rules find other records.
pub trait Library {
    /// The record of this kind and id.
    fn record(&self, kind: &str, id: Uuid) -> Option<&Values>;

    /// The records of this kind whose field points to this one, by id.
    fn pointing<'a>(&'a self, kind: &str, field: &str, to: Uuid) -> Box<dyn Iterator<Item = (Uuid, &'a Values)> + 'a>;

    /// Every record of this kind, by id.
    fn all<'a>(&'a self, kind: &str) -> Box<dyn Iterator<Item = (Uuid, &'a Values)> + 'a>;

    /// The records of this kind that go by this stored name, whatever the case, by id.
    fn called<'a>(&'a self, kind: &str, name: &str) -> Vec<(Uuid, &'a Values)>;

    /// The records of this kind that are like these values in the fields by which the kind tells what was entered twice, by id.
    fn alike<'a>(&'a self, kind: &str, values: &Values) -> Vec<(Uuid, &'a Values)>;

    /// The models of a publisher's product, whatever the case, by id. Many part numbers ask for them, of whole catalogues.
    fn models_of<'a>(&'a self, publisher: &str, product: &str) -> Vec<(Uuid, &'a Values)>;

    /// The metrics of a model's entitlements, each once: group and name. A model may have very many entitlements of few metrics.
    fn metrics_of(&self, model: Uuid) -> Vec<(&str, &str)>;
}

/// The fields by which records of a kind are looked up, beside their name.
fn filed_by(kind: &str) -> Option<&'static [&'static str]> {
    (kind == MODELS.path).then_some(&["publisher", "product"])
}

/// The model and the metric of an entitlement.
fn metric_of(kind: &str, values: &Values) -> Option<(Uuid, (String, String))> {
    let text = |field: &str| values.text(field).map(str::to_owned);
    (kind == ENTITLEMENTS.path)
        .then(|| Some((values.id("software_model")?, (text("metric_group")?, text("license_metric")?))))
        .flatten()
}

/// Records in memory, with what points to what and what each is called.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    records: BTreeMap<&'static str, BTreeMap<Uuid, Values>>,
    /// Kind, field and target of every link, and who holds it.
    links: BTreeMap<(&'static str, &'static str, Uuid), BTreeSet<Uuid>>,
    /// What may be only once, by kind.
    keys: BTreeMap<(&'static str, String), Uuid>,
    /// Kind and what its records are looked up by, and who has it.
    filed: BTreeMap<(&'static str, String), BTreeSet<Uuid>>,
    /// Kind and folded name, and who is called so.
    names: BTreeMap<(&'static str, String), BTreeSet<Uuid>>,
    /// Kind and what makes a record alike to others, and who is.
    alike: BTreeMap<(&'static str, String), BTreeSet<Uuid>>,
    /// Models with the metrics of their entitlements, and how many of these each has.
    metrics: BTreeMap<Uuid, BTreeMap<(String, String), u64>>,
}

impl Shelf {
    /// Puts a record, in the place of one with the same id.
    pub fn put(&mut self, schema: &'static Schema, id: Uuid, values: Values) {
        self.remove(schema, id);
        for (field, target) in schema.targets(&values) {
            self.links.entry((schema.path, field, target)).or_default().insert(id);
        }
        for key in schema.keys(&values) {
            self.keys.insert((schema.path, key), id);
        }
        if let Some(key) = filed_by(schema.path).and_then(|fields| key(fields, &values)) {
            self.filed.entry((schema.path, key)).or_default().insert(id);
        }
        if let Some(name) = schema.name_of(&values) {
            self.names.entry((schema.path, name.to_lowercase())).or_default().insert(id);
        }
        if let Some(likeness) = super::kinds::likeness(schema.path, &values) {
            self.alike.entry((schema.path, likeness)).or_default().insert(id);
        }
        if let Some((model, metric)) = metric_of(schema.path, &values) {
            let count = self.metrics.entry(model).or_default().entry(metric).or_default();
            *count = count.saturating_add(1);
        }
        self.records.entry(schema.path).or_default().insert(id, values);
    }

    /// Takes a record out.
    pub fn remove(&mut self, schema: &'static Schema, id: Uuid) -> Option<Values> {
        let values = self.records.get_mut(schema.path)?.remove(&id)?;
        for (field, target) in schema.targets(&values) {
            if let Some(holders) = self.links.get_mut(&(schema.path, field, target)) {
                holders.remove(&id);
            }
        }
        for key in schema.keys(&values) {
            if self.keys.get(&(schema.path, key.clone())) == Some(&id) {
                self.keys.remove(&(schema.path, key));
            }
        }
        if let Some(key) = filed_by(schema.path).and_then(|fields| key(fields, &values))
            && let Some(holders) = self.filed.get_mut(&(schema.path, key))
        {
            holders.remove(&id);
        }
        if let Some(name) = schema.name_of(&values)
            && let Some(holders) = self.names.get_mut(&(schema.path, name.to_lowercase()))
        {
            holders.remove(&id);
        }
        if let Some(likeness) = super::kinds::likeness(schema.path, &values)
            && let Some(holders) = self.alike.get_mut(&(schema.path, likeness))
        {
            holders.remove(&id);
        }
        if let Some((model, metric)) = metric_of(schema.path, &values)
            && let Some(of_model) = self.metrics.get_mut(&model)
            && let Some(count) = of_model.get_mut(&metric)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of_model.remove(&metric);
            }
        }
        Some(values)
    }

    /// Who has this key.
    #[must_use]
    pub fn holder(&self, kind: &'static str, key: &str) -> Option<Uuid> {
        self.keys.get(&(kind, key.to_owned())).copied()
    }

    /// Those that are called so, whatever the case.
    #[must_use]
    pub fn named(&self, kind: &'static str, name: &str) -> Vec<Uuid> {
        let holders = self.names.get(&(kind, name.trim().to_lowercase()));
        holders.map(|holders| holders.iter().copied().collect()).unwrap_or_default()
    }

    /// The ids of a kind behind this one, in their order.
    pub fn behind(&self, kind: &str, after: Option<Uuid>) -> impl Iterator<Item = Uuid> + '_ {
        let bound = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.records.get(kind).into_iter().flat_map(move |records| records.range((bound, Bound::Unbounded)).map(|(id, _)| *id))
    }

    /// How many records of a kind there are.
    #[must_use]
    pub fn len(&self, kind: &str) -> usize {
        self.records.get(kind).map_or(0, BTreeMap::len)
    }

    /// Whether there is no record of a kind.
    #[must_use]
    pub fn is_empty(&self, kind: &str) -> bool {
        self.len(kind) == 0
    }
}

impl Library for Shelf {
    fn record(&self, kind: &str, id: Uuid) -> Option<&Values> {
        self.records.get(kind)?.get(&id)
    }

    fn pointing<'a>(&'a self, kind: &str, field: &str, to: Uuid) -> Box<dyn Iterator<Item = (Uuid, &'a Values)> + 'a> {
        let Some((path, of)) = self.records.get_key_value(kind) else { return Box::new(std::iter::empty()) };
        let Some(field) = super::kinds::find(path).and_then(|schema| schema.field(field)) else {
            return Box::new(std::iter::empty());
        };
        let holders = self.links.get(&(*path, field.name, to));
        Box::new(holders.into_iter().flatten().filter_map(|id| of.get(id).map(|values| (*id, values))))
    }

    fn all<'a>(&'a self, kind: &str) -> Box<dyn Iterator<Item = (Uuid, &'a Values)> + 'a> {
        Box::new(self.records.get(kind).into_iter().flatten().map(|(id, values)| (*id, values)))
    }

    fn called<'a>(&'a self, kind: &str, name: &str) -> Vec<(Uuid, &'a Values)> {
        let Some((path, of)) = self.records.get_key_value(kind) else { return Vec::new() };
        self.named(path, name).into_iter().filter_map(|id| of.get(&id).map(|values| (id, values))).collect()
    }

    fn alike<'a>(&'a self, kind: &str, values: &Values) -> Vec<(Uuid, &'a Values)> {
        let Some((path, of)) = self.records.get_key_value(kind) else { return Vec::new() };
        let holders = super::kinds::likeness(path, values).and_then(|likeness| self.alike.get(&(*path, likeness)));
        holders.into_iter().flatten().filter_map(|id| of.get(id).map(|values| (*id, values))).collect()
    }

    fn models_of<'a>(&'a self, publisher: &str, product: &str) -> Vec<(Uuid, &'a Values)> {
        let wanted =
            Values::new().with("publisher", Value::Text(publisher.to_owned())).with("product", Value::Text(product.to_owned()));
        let key = filed_by(MODELS.path).and_then(|fields| key(fields, &wanted)).unwrap_or_default();
        let found = self.filed.get(&(MODELS.path, key)).into_iter().flatten();
        found.filter_map(|id| self.record(MODELS.path, *id).map(|values| (*id, values))).collect()
    }

    fn metrics_of(&self, model: Uuid) -> Vec<(&str, &str)> {
        let of_model = self.metrics.get(&model).into_iter().flat_map(BTreeMap::keys);
        of_model.map(|(group, name)| (group.as_str(), name.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_of_a_model_are_those_of_its_entitlements() {
        let (mut shelf, model) = (Shelf::default(), Uuid::from_u128(1));
        let text = |text: &str| Value::Text(text.to_owned());
        let entitlement = |metric: &str| {
            let of = Values::new().with("software_model", Value::Ref(model));
            of.with("metric_group", text("Common")).with("license_metric", text(metric))
        };
        for (id, metric) in [(2, "Per User"), (3, "Per Device"), (4, "Per User"), (3, "Per User")] {
            shelf.put(&ENTITLEMENTS, Uuid::from_u128(id), entitlement(metric));
        }
        assert_eq!(shelf.metrics_of(model), [("Common", "Per User")]);
        for id in [2, 3, 4] {
            shelf.remove(&ENTITLEMENTS, Uuid::from_u128(id));
        }
        assert_eq!((shelf.metrics_of(model), shelf.metrics_of(Uuid::nil())), (vec![], vec![]));
    }

    #[test]
    fn models_are_found_by_publisher_and_product() {
        let mut shelf = Shelf::default();
        let text = |text: &str| Value::Text(text.to_owned());
        let model =
            |publisher: &str, product: &str| Values::new().with("publisher", text(publisher)).with("product", text(product));
        let found = |shelf: &Shelf, publisher: &str, product: &str| -> Vec<u128> {
            shelf.models_of(publisher, product).into_iter().map(|(id, _)| id.as_u128()).collect()
        };
        for (id, product) in [(2, "Draw"), (1, "draw "), (3, "Write")] {
            shelf.put(&MODELS, Uuid::from_u128(id), model("Acme", product));
        }
        assert_eq!(found(&shelf, " ACME", "Draw"), [1, 2]);
        shelf.put(&MODELS, Uuid::from_u128(2), model("Acme", "Write"));
        assert_eq!((found(&shelf, "Acme", "Draw"), found(&shelf, "Acme", "Write")), (vec![1], vec![2, 3]));
        shelf.remove(&MODELS, Uuid::from_u128(1));
        assert_eq!((found(&shelf, "Acme", "Draw"), found(&shelf, "Other", "Write")), (vec![], vec![]));
    }
}
