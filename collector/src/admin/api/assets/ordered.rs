//! The first assets in the order of a query, kept while all of them are looked at.
//!
//! In: assets as they are stored, in any order. Out: so many of them, in the order of the query. No more than these are kept.

use crate::store::StoreError;
use muster_domain::{
    asset::{Asset, References, Scratch, StoredAsset, StoredRow, pack},
    ids::AssetId,
    query::Checked,
};
use std::{cmp::Ordering, sync::Arc};

/// An asset that was found, as it is stored: a list can be long, and only one page of it becomes assets.
pub(super) struct Found {
    pub(super) id: AssetId,
    row: Box<[u8]>,
}

/// The order of a query; what it does not tell apart is in the order of ids.
pub(super) struct Order {
    query: Checked,
    references: Arc<References>,
}

/// The first in an order of those that were offered.
pub(super) struct Firsts {
    order: Order,
    /// Only those behind this one are meant.
    after: Option<Found>,
    most: usize,
    kept: Vec<Found>,
}

impl Found {
    pub(super) fn of(asset: &StoredAsset<'_>) -> Self {
        Self { id: asset.id(), row: asset.bytes().into() }
    }

    pub(super) fn packed(asset: &Asset) -> Self {
        Self { id: asset.id(), row: pack(asset).into() }
    }

    pub(super) fn asset(&self) -> Result<Asset, StoreError> {
        let whole = StoredAsset::new(&self.row).and_then(|asset| asset.unpack());
        whole.map_err(|e| StoreError::Corrupt { table: "assets", reason: format!("{}: {e}", self.id) })
    }
}

impl Order {
    pub(super) fn new(query: Checked, references: Arc<References>) -> Self {
        Self { query, references }
    }

    fn of(&self, a: &Found, b: &StoredAsset<'_>) -> Ordering {
        let references = self.references.as_ref();
        let order = match StoredAsset::new(&a.row) {
            Ok(a) => {
                let (first, second) = (Scratch::default(), Scratch::default());
                self.query.order(&StoredRow::new(&a, references, &first), &StoredRow::new(b, references, &second))
            }
            // It came from the store whole.
            Err(_) => Ordering::Equal,
        };
        order.then_with(|| a.id.cmp(&b.id()))
    }
}

impl Firsts {
    /// At most so many, behind one of them.
    pub(super) fn new(order: Order, after: Option<Found>, most: usize) -> Self {
        Self { order, after, most, kept: Vec::new() }
    }

    pub(super) fn offer(&mut self, asset: &StoredAsset<'_>) {
        let behind = |found: &Found| self.order.of(found, asset).is_lt();
        let seen = self.after.as_ref().is_some_and(|after| !behind(after));
        if seen || (self.kept.len() >= self.most && self.kept.last().is_none_or(behind)) {
            return;
        }
        let place = self.kept.partition_point(behind);
        self.kept.insert(place, Found::of(asset));
        self.kept.truncate(self.most);
    }

    pub(super) fn kept(&mut self) -> &mut Vec<Found> {
        &mut self.kept
    }
}
