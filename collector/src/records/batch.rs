//! Many changes in several units of work, such as those of a file: each sees the ones before it, and a rehearsal sees what would be.
//!
//! In: portions of changes. Out: what became of each. A batch keeps a copy of the records of its own from one portion to the next,
//! so that a portion costs what is in it and not what there is.

use super::{
    book::Book,
    change::{Kept, Order, Put, names_assets},
    directory::Records,
    error::RecordError,
    names::AssetNames,
    work::Work,
};
use crate::store::ports::ImportStep;
use muster_domain::{asset::References, record::Schema};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Several units of work that belong together.
#[derive(Clone, Default)]
pub struct Batch {
    /// Nothing is stored; what was put is seen by the batch alone.
    rehearsal: bool,
    /// What the batch sees, and when it was taken.
    book: Option<(Book, u64)>,
    /// What assets are called, as it was when a portion first named one.
    assets: Option<Arc<AssetNames>>,
    /// What reference fields point to, where it is not what the site has.
    references: Option<Arc<References>>,
    /// The line that was about a record.
    claimed: HashMap<Uuid, u64>,
}

impl Batch {
    /// A batch that stores nothing.
    #[must_use]
    pub fn rehearsal() -> Self {
        Self { rehearsal: true, ..Self::default() }
    }

    /// What would become of the next portion with these reference records.
    #[must_use]
    pub fn rehearsed(&self, references: Arc<References>) -> Self {
        Self { rehearsal: true, references: Some(references), ..self.clone() }
    }

    /// From now on reference fields point to these.
    pub fn refer_to(&mut self, references: Arc<References>) {
        self.references = Some(references);
    }
}

impl Records {
    /// Makes or changes several records in one unit of work, in their order: what is wrong with one keeps none of the others. They
    /// see what the batch did before. Before anything is stored `then` learns what becomes of each, and says how far the import is that
    /// they belong to: that is stored with them.
    ///
    /// # Errors
    /// Those of the store; nothing of this portion is stored then.
    pub async fn put_in<T>(
        &self,
        batch: &mut Batch,
        schema: &'static Schema,
        puts: Vec<Put>,
        order: &Order,
        then: impl FnOnce(Vec<Result<Kept, RecordError>>) -> (T, Option<ImportStep>),
    ) -> Result<T, RecordError> {
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        if batch.assets.is_none() && puts.iter().any(|put| names_assets(schema, &put.set)) {
            batch.assets = Some(Arc::new(self.asset_names().await?));
        }
        let assets = batch.assets.clone().unwrap_or_default();
        let site = self.parts.references.snapshot();
        let references = batch.references.as_ref().unwrap_or(&site);
        // A rehearsal goes on from what it did itself, whatever others do in the meantime.
        let book = match batch.book.take() {
            Some((book, taken)) if batch.rehearsal || taken == changing.generation => book,
            _ => self.read().clone(),
        };
        let mut work = Work::over(book);
        let mut outcomes = Vec::with_capacity(puts.len());
        for put in puts {
            outcomes.push(self.one(schema, put, order, (references, &assets), (&mut work, &mut batch.claimed)));
        }
        let (outcome, step) = then(outcomes);
        if batch.rehearsal {
            work.changes.clear();
        } else {
            self.store(schema, &mut work, order, step, &mut changing).await?;
        }
        batch.book = Some((work.book, changing.generation));
        Ok(outcome)
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("rehearsal", &self.rehearsal).finish_non_exhaustive()
    }
}
