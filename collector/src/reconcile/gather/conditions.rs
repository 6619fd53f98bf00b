//! Conditions of allocations and models: encoded queries over assets, asked once of each asset that they may be about.
//!
//! In: the texts with the assets or users they are for, then the assets. Out: whether a condition is met. A text that is no query is
//! met by nothing, and is told; the asset of a user meets for the user.

use super::inventory::Inventory;
use crate::{compliance::observing, store::StoreError};
use muster_domain::{
    asset::{AssetCatalogue, Field, References, Scratch, StoredAsset, StoredRow},
    query::{Checked, Context, NullMode, ValueRef, compile},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

/// Conditions that are still collected.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    numbers: BTreeMap<String, usize>,
    everywhere: BTreeSet<usize>,
    of_assets: BTreeMap<Uuid, BTreeSet<usize>>,
    of_users: BTreeMap<Uuid, BTreeSet<usize>>,
}

/// Conditions over the assets that were seen.
#[derive(Default)]
pub(super) struct Conditions {
    wanted: Wanted,
    queries: Vec<Option<Checked>>,
    references: Arc<References>,
    mode: NullMode,
    scratch: Scratch,
    met_by_assets: BTreeSet<(usize, Uuid)>,
    met_by_users: BTreeSet<(usize, Uuid)>,
}

impl Wanted {
    fn number(&mut self, text: &str) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(text.to_owned()).or_insert(next)
    }

    pub(super) fn of_every_asset(&mut self, text: &str) {
        let number = self.number(text);
        self.everywhere.insert(number);
    }

    pub(super) fn of_asset(&mut self, text: &str, asset: Uuid) {
        let number = self.number(text);
        self.of_assets.entry(asset).or_default().insert(number);
    }

    pub(super) fn of_user(&mut self, text: &str, user: Uuid) {
        let number = self.number(text);
        self.of_users.entry(user).or_default().insert(number);
    }

    /// Reads the texts; what is no query is told in `notes`.
    pub(super) async fn compiled(
        self,
        stores: &dyn Inventory,
        references: &Arc<References>,
        context: &Context,
        mode: NullMode,
        notes: &mut Vec<String>,
    ) -> Result<Conditions, StoreError> {
        let mut queries = vec![None; self.numbers.len()];
        for (text, number) in &self.numbers {
            // The catalogue does not wait with the store.
            let compiled = compile(text, &AssetCatalogue::new(references.as_ref()), context);
            let query = match compiled {
                Ok(query) => related(stores, query, references, mode).await?,
                Err(error) => {
                    notes.push(format!("the condition {text:?} is no query over assets, so nothing meets it: {error}"));
                    continue;
                }
            };
            if let Some(place) = queries.get_mut(*number) {
                *place = Some(query);
            }
        }
        Ok(Conditions { wanted: self, queries, references: Arc::clone(references), mode, ..Conditions::default() })
    }
}

/// A query that asks for other assets, after it saw all of them.
async fn related(
    stores: &dyn Inventory,
    query: Checked,
    references: &Arc<References>,
    mode: NullMode,
) -> Result<Checked, StoreError> {
    observing(query, references, mode, |visit| stores.assets(visit)).await
}

impl Conditions {
    /// Asks the conditions that are about an asset.
    pub(super) fn see(&mut self, asset: &StoredAsset<'_>) {
        let id = asset.id().0;
        let user = match asset.get(Field::AssignedTo) {
            Some(ValueRef::Ref(user)) => Some(user),
            _ => None,
        };
        let own = self.wanted.of_assets.get(&id).into_iter().flatten().chain(&self.wanted.everywhere);
        let of_user = user.and_then(|user| self.wanted.of_users.get(&user));
        let row = StoredRow::new(asset, &*self.references, &self.scratch);
        let meets = |number: &usize| {
            self.queries.get(*number).and_then(Option::as_ref).is_some_and(|query| query.matches(&row, self.mode))
        };
        let by_asset: Vec<usize> = own.copied().filter(meets).collect();
        let by_user: Vec<usize> = of_user.into_iter().flatten().copied().filter(meets).collect();
        self.met_by_assets.extend(by_asset.into_iter().map(|number| (number, id)));
        self.met_by_users
            .extend(by_user.into_iter().zip(std::iter::repeat(user)).filter_map(|(number, user)| Some((number, user?))));
    }

    /// Whether an asset meets a condition that was wanted of it.
    pub(super) fn asset_meets(&self, text: &str, asset: Uuid) -> bool {
        self.wanted.numbers.get(text).is_some_and(|number| self.met_by_assets.contains(&(*number, asset)))
    }

    /// Whether an asset of a user meets a condition that was wanted of them.
    pub(super) fn user_meets(&self, text: &str, user: Uuid) -> bool {
        self.wanted.numbers.get(text).is_some_and(|number| self.met_by_users.contains(&(*number, user)))
    }
}
