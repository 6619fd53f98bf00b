//! A unit of work in the making: what changes together, over a copy of the records, so that later changes see earlier ones.

use super::book::Book;
use crate::store::{
    ports::RecordChange,
    records::{RecordCause, RecordRow},
};
use muster_domain::record::Schema;
use uuid::Uuid;

/// What changes together.
pub(super) struct Work {
    /// The records with all of it.
    pub(super) book: Book,
    /// What is to be stored.
    pub(super) changes: Vec<RecordChange>,
    /// What was done since the last [`Work::keep`], with what was there before.
    done: Vec<(&'static Schema, Uuid, Option<RecordRow>, RecordCause)>,
}

impl Work {
    pub(super) fn over(book: Book) -> Self {
        Self { book, changes: Vec::new(), done: Vec::new() }
    }

    pub(super) fn put(&mut self, schema: &'static Schema, row: RecordRow, cause: RecordCause) {
        self.done.push((schema, row.id, self.book.row(schema, row.id), cause));
        self.book.put(schema, row);
    }

    pub(super) fn remove(&mut self, schema: &'static Schema, id: Uuid) {
        self.done.push((schema, id, self.book.row(schema, id), RecordCause::Deleted));
        self.book.remove(schema, id);
    }

    /// Takes back what was done since the last [`Work::keep`].
    pub(super) fn undo(&mut self) {
        while let Some((schema, id, before, _)) = self.done.pop() {
            match before {
                Some(row) => self.book.put(schema, row),
                None => self.book.remove(schema, id),
            }
        }
    }

    /// What was done is to be stored. Several changes of a record are one.
    pub(super) fn keep(&mut self) {
        for (schema, id, before, cause) in std::mem::take(&mut self.done) {
            let after = self.book.row(schema, id);
            let same = |known: &&mut RecordChange| (known.kind.as_str(), known.id) == (schema.path, id);
            if let Some(known) = self.changes.iter_mut().find(same) {
                known.after = after;
            } else {
                // What came with the program is not stored.
                let expects = before.map(|row| row.revision).filter(|revision| *revision > 0);
                self.changes.push(RecordChange { kind: schema.path.to_owned(), id, expects, after, cause });
            }
        }
    }
}
