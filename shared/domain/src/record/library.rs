//! The records that there are, as rules look at them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use uuid::Uuid;

use super::schema::Schema;
use super::values::Values;

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
}

/// Records in memory, with what points to what and what each is called.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    records: BTreeMap<&'static str, BTreeMap<Uuid, Values>>,
    /// Kind, field and target of every link, and who holds it.
    links: BTreeMap<(&'static str, &'static str, Uuid), BTreeSet<Uuid>>,
    /// What may be only once, by kind.
    keys: BTreeMap<(&'static str, String), Uuid>,
    /// Kind and folded name, and who is called so.
    names: BTreeMap<(&'static str, String), BTreeSet<Uuid>>,
    /// Kind and what makes a record alike to others, and who is.
    alike: BTreeMap<(&'static str, String), BTreeSet<Uuid>>,
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
        if let Some(name) = schema.name_of(&values) {
            self.names.entry((schema.path, name.to_lowercase())).or_default().insert(id);
        }
        if let Some(likeness) = super::kinds::likeness(schema.path, &values) {
            self.alike.entry((schema.path, likeness)).or_default().insert(id);
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
}
