//! Looking around in the records: how many there are, what points to one, what those of a kind are called, which of them fit.

use super::{book::Seen, directory::Records};
use crate::store::StoreError;
use muster_domain::{
    asset::Value,
    record::{Field, Library as _, Schema},
};
use uuid::Uuid;

impl Records {
    /// How many records of a kind there are.
    #[must_use]
    pub fn count(&self, schema: &'static Schema) -> usize {
        self.read().shelf.len(schema.path)
    }

    /// How many records of a kind point to a record by this field.
    #[must_use]
    pub fn count_pointing(&self, schema: &'static Schema, field: &str, to: Uuid) -> usize {
        self.read().shelf.pointing(schema.path, field, to).count()
    }

    /// At most so many records of a kind that point to a record by this field, by id.
    #[must_use]
    pub fn pointing(&self, schema: &'static Schema, field: &str, to: Uuid, most: usize) -> Vec<Seen> {
        let (book, today) = (self.read(), self.today());
        let ids = book.shelf.pointing(schema.path, field, to).map(|(id, _)| id);
        ids.filter_map(|id| book.seen(schema, id, today)).take(most).collect()
    }

    /// The texts by which the records of a kind are found: the name where only one has it, else the id. None where there are more
    /// than `most`.
    #[must_use]
    pub fn names(&self, schema: &'static Schema, most: usize) -> Option<Vec<String>> {
        if self.count(schema) > most {
            return None;
        }
        let ids: Vec<Uuid> = self.read().shelf.all(schema.path).map(|(id, _)| id).collect();
        let mut names: Vec<String> = ids.into_iter().map(|id| self.text_of(schema, id)).collect();
        names.sort();
        Some(names)
    }

    /// The text by which a record is found: its name where only one has it, else its id.
    #[must_use]
    pub fn text_of(&self, schema: &'static Schema, id: Uuid) -> String {
        let called = self.called(schema.path, id);
        let only = |name: &String| self.read().shelf.named(schema.path, name).as_slice() == [id];
        called.filter(only).unwrap_or_else(|| id.to_string())
    }

    /// Whether a record's fields are as wished, by value or by what they point to is called, and whether it holds the text of
    /// `search` somewhere. Wishes and text are in lower case.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn fits(
        &self,
        schema: &'static Schema,
        seen: &Seen,
        wishes: &[(&'static Field, String)],
        search: Option<&str>,
    ) -> Result<bool, StoreError> {
        for (field, wanted) in wishes {
            let Some(value) = seen.values.get(field.name) else {
                if wanted.is_empty() {
                    continue;
                }
                return Ok(false);
            };
            let same = value.to_string().to_lowercase() == *wanted;
            if !same && self.display(field.kind, value).await?.is_none_or(|display| display.to_lowercase() != *wanted) {
                return Ok(false);
            }
        }
        let Some(search) = search else { return Ok(true) };
        for field in schema.fields {
            let Some(value) = seen.values.get(field.name) else { continue };
            let shown = match value {
                Value::Ref(_) => self.display(field.kind, value).await?.unwrap_or_default(),
                other => other.to_string(),
            };
            if shown.to_lowercase().contains(search) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
