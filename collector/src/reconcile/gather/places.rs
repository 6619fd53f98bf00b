//! Which row each place of a list of the estate is.
//!
//! In: ids, in the order of the list. Out: the place of an id. Places are small numbers, since installs name them millions of times.

use chrono::NaiveDate;
use muster_domain::record::{Library as _, Schema, Shelf, Values, derived};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The places of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    ids: Vec<Uuid>,
    of: BTreeMap<Uuid, u32>,
}

impl Places {
    /// The next place is of this id.
    pub(super) fn push(&mut self, id: Uuid) -> u32 {
        let place = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id);
        self.of.entry(id).or_insert(place);
        place
    }

    /// A place is known by this id, too.
    pub(super) fn alias(&mut self, id: Uuid, place: u32) {
        self.of.entry(id).or_insert(place);
    }

    pub(super) fn get(&self, id: Uuid) -> Option<u32> {
        self.of.get(&id).copied()
    }

    /// The place of the record that a field points to.
    pub(super) fn of(&self, values: &Values, field: &str) -> Option<u32> {
        self.get(values.id(field)?)
    }

    pub(super) fn into_ids(self) -> Vec<Uuid> {
        self.ids
    }
}

/// The records as they are on a day.
#[derive(Clone, Copy)]
pub(super) struct Book<'a> {
    pub(super) shelf: &'a Shelf,
    pub(super) today: NaiveDate,
}

impl<'a> Book<'a> {
    /// The records of a kind with what follows from them, by id.
    pub(super) fn all(self, schema: &'static Schema) -> impl Iterator<Item = (Uuid, Values)> + 'a {
        self.stored(schema).map(move |(id, values)| (id, derived(schema, id, values, self.shelf, self.today)))
    }

    /// The records of a kind as they are stored, by id.
    pub(super) fn stored(self, schema: &'static Schema) -> impl Iterator<Item = (Uuid, &'a Values)> + 'a {
        self.shelf.all(schema.path)
    }
}

/// Something that a visit of the store fills: visits outlive what lends to them.
pub(super) struct Filled<T>(Arc<Mutex<T>>);

impl<T> Clone for Filled<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Filled<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    pub(super) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was filled; nothing is left.
    pub(super) fn take(&self) -> T {
        self.with(std::mem::take)
    }
}

/// The text of a field without space around it; none where nothing is left.
pub(super) fn text(values: &Values, field: &str) -> Option<String> {
    values.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number of a field that fits.
pub(super) fn small(values: &Values, field: &str) -> Option<u32> {
    values.count(field).and_then(|number| u32::try_from(number).ok())
}
