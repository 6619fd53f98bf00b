//! The records of the site: reading them, and what they are called.

use super::{
    book::{Book, Seen},
    error::RecordError,
    names::{AssetNames, called},
};
use crate::{
    assets::ReferenceTables,
    store::{StoreError, Stores, records::RecordEvent},
};
use chrono::NaiveDate;
use muster_domain::{
    asset::{Directory as _, Value},
    ids::AssetId,
    record::{FieldKind, Library as _, Schema, Shelf},
};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Mutex;
use uuid::Uuid;

/// What the records work with.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// What reference fields point to.
    pub references: Arc<ReferenceTables>,
    /// The site date.
    pub today: Arc<dyn Fn() -> NaiveDate + Send + Sync>,
}

/// The records of the site.
pub struct Records {
    pub(super) parts: Parts,
    pub(super) book: RwLock<Book>,
    /// Held during a change, so that what is checked is what is stored.
    pub(super) changing: Mutex<Standing>,
}

/// How what is in memory stands to what is stored.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The outcome of a change is not known: everything must be read again before the next.
    pub(super) stale: bool,
    /// Counts what changed in memory.
    pub(super) generation: u64,
}

impl Records {
    /// Reads what is stored.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(parts: Parts) -> Result<Self, StoreError> {
        let book = Book::of(parts.stores.records.all(None).await?);
        Ok(Self { parts, book: RwLock::new(book), changing: Mutex::default() })
    }

    /// The store that they are in.
    pub(super) const fn stores(&self) -> &Stores {
        &self.parts.stores
    }

    /// Today's site date.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        (self.parts.today)()
    }

    /// Every record as it is now. What changes later does not show in it.
    #[must_use]
    pub fn snapshot(&self) -> Shelf {
        self.read().shelf.clone()
    }

    /// The records of a kind that `wanted` chooses, by id.
    pub fn list(&self, schema: &'static Schema, mut wanted: impl FnMut(&Seen) -> bool) -> Vec<Seen> {
        let (book, today) = (self.read(), self.today());
        let ids = book.shelf.all(schema.path).map(|(id, _)| id);
        ids.filter_map(|id| book.seen(schema, id, today)).filter(|seen| wanted(seen)).collect()
    }

    /// At most `limit` records of a kind behind this one, by id.
    #[must_use]
    pub fn after(&self, schema: &'static Schema, after: Option<Uuid>, limit: usize) -> Vec<Seen> {
        let (book, today) = (self.read(), self.today());
        let ids = book.shelf.behind(schema.path, after).take(limit);
        ids.filter_map(|id| book.seen(schema, id, today)).collect()
    }

    /// The record of an id, or of a name that only one has.
    ///
    /// # Errors
    /// When there is none, or several are called so.
    pub fn get(&self, schema: &'static Schema, text: &str) -> Result<Seen, RecordError> {
        let book = self.read();
        let not_found = || RecordError::NotFound { what: schema.one, id: text.chars().take(64).collect() };
        let by_id = Uuid::try_parse(text).ok().filter(|id| book.card(schema, *id).is_some());
        let id = match (by_id, book.shelf.named(schema.path, text).as_slice()) {
            (Some(id), _) => id,
            (None, [one]) => *one,
            (None, []) => return Err(not_found()),
            (None, many) => {
                return Err(RecordError::InUse(format!("{} of {} are called {text:?}; give an id", many.len(), schema.path)));
            }
        };
        book.seen(schema, id, self.today()).ok_or_else(not_found)
    }

    /// At most `limit` changes of a record with numbers below `before`, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(
        &self,
        schema: &'static Schema,
        id: Uuid,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordEvent>, StoreError> {
        self.parts.stores.records.history(schema.path, id, before, limit).await
    }

    /// What people call what a value points to; none for a value that points nowhere, or to what is gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn display(&self, kind: FieldKind, value: &Value) -> Result<Option<String>, StoreError> {
        let Some(id) = value.as_ref_id() else { return Ok(None) };
        match kind {
            FieldKind::Link(kind) => Ok(self.called(kind, id)),
            FieldKind::Reference(muster_domain::asset::reference::Table::Asset) => {
                let asset = self.parts.stores.assets.get(AssetId(id)).await?;
                Ok(asset.and_then(|asset| called(&asset, self.parts.references.snapshot().as_ref())))
            }
            FieldKind::Reference(table) => Ok(self.parts.references.snapshot().display(table, id).map(str::to_owned)),
            _ => Ok(None),
        }
    }

    /// What a file calls what a value points to: by what people call it where that leads back to it, by its id otherwise.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn written(&self, kind: FieldKind, value: &Value, assets: &AssetNames) -> Result<String, StoreError> {
        let Some(id) = value.as_ref_id() else { return Ok(value.to_string()) };
        let called = self.display(kind, value).await?.filter(|name| !name.trim().is_empty());
        let leads_back = |name: &String| match kind {
            FieldKind::Link(kind) => self.read().shelf.named(kind, name).as_slice() == [id],
            FieldKind::Reference(muster_domain::asset::reference::Table::Asset) => assets.find(name) == Some(id),
            FieldKind::Reference(table) => self.parts.references.snapshot().find(table, name) == Some(id),
            _ => false,
        };
        Ok(called.filter(leads_back).unwrap_or_else(|| id.to_string()))
    }

    /// What people call a record of a kind.
    #[must_use]
    pub fn called(&self, kind: &str, id: Uuid) -> Option<String> {
        let schema = muster_domain::record::kinds::find(kind)?;
        let seen = self.read().seen(schema, id, self.today())?;
        Some(schema.name_of(&seen.values).map_or_else(|| id.to_string(), str::to_owned))
    }

    /// What assets are called, read now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn asset_names(&self) -> Result<AssetNames, StoreError> {
        AssetNames::read(self.parts.stores.assets.as_ref(), self.parts.references.snapshot()).await
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Records")
    }
}
