//! The records in memory.

use crate::store::records::RecordRow;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::record::{
    Library as _, Schema, Shelf, Values, derived,
    kinds::{
        self,
        pack::{self, PACKS},
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A record as it is now, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: Uuid,
    /// Counts its changes, from 1; 0 where it came with the program and nobody changed it.
    pub revision: u64,
    /// Its values, and those that follow from them and from other records.
    pub values: Values,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: String,
}

/// What is known of a record beside its values.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) revision: u64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) created_by: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

/// The records in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    pub(super) shelf: Shelf,
    cards: BTreeMap<(&'static str, Uuid), Card>,
}

impl Book {
    /// Of stored rows. Rows of kinds that this program does not know are left alone.
    pub(super) fn of(rows: Vec<RecordRow>) -> Self {
        let mut book = Self::default();
        for row in rows {
            if let Some(schema) = kinds::find(&row.kind) {
                book.put(schema, row);
            } else {
                tracing::warn!(kind = row.kind, "records of a kind that this program does not know are left alone");
            }
        }
        book.built_in();
        book
    }

    /// Puts the records that come with the program and that nobody changed. They are not stored, and have no revision.
    fn built_in(&mut self) {
        for (id, values) in pack::built_in() {
            let keys = PACKS.keys(&values);
            if keys.iter().any(|key| self.shelf.holder(PACKS.path, key).is_some()) {
                continue;
            }
            let (at, by) = (DateTime::UNIX_EPOCH, "the program".to_owned());
            self.shelf.put(&PACKS, id, values);
            let card = Card { revision: 0, created_at: at, created_by: by.clone(), updated_at: at, updated_by: by };
            self.cards.insert((PACKS.path, id), card);
        }
    }

    /// Whether a record came with the program and is not stored.
    pub(super) fn is_built_in(&self, schema: &'static Schema, id: Uuid) -> bool {
        self.card(schema, id).is_some_and(|card| card.revision == 0)
    }

    pub(super) fn put(&mut self, schema: &'static Schema, row: RecordRow) {
        // What is stored takes the place of what came with the program.
        for key in schema.keys(&row.values).iter().filter(|_| row.revision > 0) {
            if let Some(other) =
                self.shelf.holder(schema.path, key).filter(|other| *other != row.id && self.is_built_in(schema, *other))
            {
                self.shelf.remove(schema, other);
                self.cards.remove(&(schema.path, other));
            }
        }
        let RecordRow { kind: _, id, revision, values, keys: _, created_at, created_by, updated_at, updated_by } = row;
        self.shelf.put(schema, id, values);
        self.cards.insert((schema.path, id), Card { revision, created_at, created_by, updated_at, updated_by });
    }

    pub(super) fn remove(&mut self, schema: &'static Schema, id: Uuid) {
        self.shelf.remove(schema, id);
        self.cards.remove(&(schema.path, id));
        if schema.path == PACKS.path {
            self.built_in();
        }
    }

    /// A record as it is stored.
    pub(super) fn row(&self, schema: &'static Schema, id: Uuid) -> Option<RecordRow> {
        let values = self.shelf.record(schema.path, id)?.clone();
        let Card { revision, created_at, created_by, updated_at, updated_by } = self.card(schema, id)?.clone();
        let keys = schema.keys(&values);
        Some(RecordRow {
            kind: schema.path.to_owned(),
            id,
            revision,
            values,
            keys,
            created_at,
            created_by,
            updated_at,
            updated_by,
        })
    }

    pub(super) fn card(&self, schema: &'static Schema, id: Uuid) -> Option<&Card> {
        self.cards.get(&(schema.path, id))
    }

    pub(super) fn seen(&self, schema: &'static Schema, id: Uuid, today: NaiveDate) -> Option<Seen> {
        let values = derived(schema, id, self.shelf.record(schema.path, id)?, &self.shelf, today);
        let Card { revision, created_at, created_by, updated_at, updated_by } = self.card(schema, id)?.clone();
        Some(Seen { id, revision, values, created_at, created_by, updated_at, updated_by })
    }
}
