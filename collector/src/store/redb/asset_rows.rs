//! Rows of assets, and how many assets have which head.
//!
//! In: assets. Out: rows of a version byte and the asset's own form, which is read where it lies. Whatever writes an asset does it
//! here, because the same transaction counts its head: a count then needs no look at the assets, no memory and no time when the
//! store is opened, and a commit that fails or is lost takes its counts with it.

use super::{
    fault::Fault,
    tables::{ASSETS, HEADS},
};
use crate::store::StoreError;
use muster_domain::{
    asset::{Asset, Field, Head, StoredAsset, Value, edit::Change, pack, reference::MAX_DEPTH},
    ids::AssetId,
};
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, WriteTransaction};

/// Version of the row layout.
pub(super) const VERSION: u8 = 1;

/// A row as it is stored.
pub(super) fn encode(asset: &Asset) -> Vec<u8> {
    let mut row = vec![VERSION];
    row.extend(pack(asset));
    row
}

/// The asset of a row, where it lies.
///
/// # Errors
/// [`StoreError::Corrupt`] for an unknown version and a row that is not whole.
pub(super) fn stored(row: &[u8]) -> Result<StoredAsset<'_>, Fault> {
    match row.split_first() {
        None => Err(unreadable("the row is empty")),
        Some((&VERSION, body)) => StoredAsset::new(body).map_err(|e| unreadable(&e.to_string())),
        Some((version, _)) => Err(unreadable(&format!("the row has version {version}, this program knows {VERSION}"))),
    }
}

/// The asset of a row, whole.
///
/// # Errors
/// As [`stored`], and when any value cannot be read.
pub(super) fn decode(row: &[u8]) -> Result<Asset, Fault> {
    stored(row)?.unpack().map_err(|e| unreadable(&e.to_string()))
}

/// The asset with an id.
pub(super) fn get(table: &impl ReadableTable<u128, &'static [u8]>, id: AssetId) -> Result<Option<Asset>, Fault> {
    table.get(id.0.as_u128())?.map(|row| decode(row.value())).transpose()
}

/// The asset, within a unit of work.
pub(super) fn existing(txn: &WriteTransaction, id: AssetId) -> Result<Asset, Fault> {
    get(&txn.open_table(ASSETS)?, id)?.ok_or_else(|| StoreError::NotFound { what: "asset", id: id.to_string() }.into())
}

/// Why an asset cannot belong to the one that an administrator's changes name: it is not there, or it belongs to this one.
pub(super) fn wrong_parent(
    table: &impl ReadableTable<u128, &'static [u8]>,
    asset: &Asset,
    changes: &[Change],
) -> Result<Option<String>, Fault> {
    let changed = changes.iter().any(|change| change.field == Field::Parent);
    let named = asset.edited().get(Field::Parent).filter(|_| changed).and_then(Value::as_ref_id);
    let Some(named) = named else { return Ok(None) };
    let mut above = Some(named);
    for _ in 0..=MAX_DEPTH {
        let Some(id) = above else { return Ok(None) };
        if id == asset.id().0 {
            return Ok(Some(format!("parent: asset {named} belongs to this one already")));
        }
        match get(table, AssetId(id))? {
            Some(found) => above = found.get(Field::Parent).and_then(Value::as_ref_id),
            None if id == named => return Ok(Some(format!("parent: there is no asset {named}"))),
            None => return Ok(None),
        }
    }
    Ok(Some(format!("parent: asset {named} has more than {MAX_DEPTH} others above it")))
}

/// Stores an asset, new or changed, within a unit of work.
pub(super) fn put(txn: &WriteTransaction, asset: &Asset) -> Result<(), Fault> {
    let row = encode(asset);
    let after = stored(&row)?.head();
    let mut table = txn.open_table(ASSETS)?;
    let before = match table.insert(asset.id().0.as_u128(), row.as_slice())? {
        Some(before) => Some(stored(before.value())?.head().to_vec()),
        None => None,
    };
    recount(txn, before.as_deref(), Some(after))
}

/// Every head with the number of assets that have it.
///
/// # Errors
/// [`StoreError::Corrupt`] when the numbers do not add up to the number of assets.
pub(super) fn heads(txn: &ReadTransaction) -> Result<Vec<(Head, u64)>, Fault> {
    let mut heads = Vec::new();
    let mut sum = 0_u64;
    for row in txn.open_table(HEADS)?.iter()? {
        let (head, count) = row?;
        sum = sum.saturating_add(count.value());
        heads.push((Head::new(head.value()).map_err(|e| miscounted(&e.to_string()))?, count.value()));
    }
    let assets = txn.open_table(ASSETS)?.len()?;
    if sum != assets {
        return Err(miscounted(&format!("{sum} heads are counted and {assets} assets are stored")));
    }
    Ok(heads)
}

/// An error of the table of assets.
pub(super) fn unreadable(reason: &str) -> Fault {
    StoreError::Corrupt { table: "assets", reason: reason.to_owned() }.into()
}

/// Takes an asset out of the count of one head and into that of another.
fn recount(txn: &WriteTransaction, before: Option<&[u8]>, after: Option<&[u8]>) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    let mut heads = txn.open_table(HEADS)?;
    if let Some(before) = before {
        let count = heads.get(before)?.map(|count| count.value());
        match count {
            None | Some(0) => return Err(miscounted("an asset has a head that no asset was counted with")),
            Some(1) => drop(heads.remove(before)?),
            Some(count) => drop(heads.insert(before, count - 1)?),
        }
    }
    if let Some(after) = after {
        let count = heads.get(after)?.map_or(0, |count| count.value());
        heads.insert(after, count.saturating_add(1))?;
    }
    Ok(())
}

fn miscounted(reason: &str) -> Fault {
    StoreError::Corrupt { table: "heads", reason: reason.to_owned() }.into()
}
