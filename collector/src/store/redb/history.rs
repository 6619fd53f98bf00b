//! The history of assets. [`append_in`] is for units of work that change an asset: change and entry are committed together.

use super::{codec, fault::Fault, tables::HISTORY};
use crate::store::records::{Cause, HistoryRecord};
use chrono::{DateTime, Utc};
use muster_domain::{asset::edit::Change, ids::AssetId};
use redb::{ReadableTable, WriteTransaction};
use std::ops::RangeInclusive;

/// Entries kept of one asset. An asset that flaps (an agent on a machine that changes its serial number by the minute) shall not
/// fill the disk.
pub(super) const KEPT: u64 = 10_000;

/// Who changed something, and when.
pub(super) struct Origin<'a> {
    /// Who.
    pub(super) by: &'a str,
    /// What made it change.
    pub(super) cause: Cause,
    /// When.
    pub(super) at: DateTime<Utc>,
}

/// Appends an entry within a unit of work. What changes nothing leaves none, but for a sighting and the making of a record.
pub(super) fn append_in(txn: &WriteTransaction, asset: AssetId, origin: &Origin<'_>, changes: Vec<Change>) -> Result<(), Fault> {
    let Origin { by, cause, at } = origin;
    if changes.is_empty() && !matches!(cause, Cause::Audited | Cause::Created) {
        return Ok(());
    }
    let mut table = txn.open_table(HISTORY)?;
    let id = asset.0.as_u128();
    let last = table.range(of(asset))?.next_back().transpose()?.map_or(0, |(key, _)| key.value().1);
    let number = last.saturating_add(1);
    if let Some(old) = number.checked_sub(KEPT).filter(|old| *old > 0) {
        table.remove((id, old))?;
    }
    codec::put(&mut table, (id, number), &HistoryRecord { asset, number, at: *at, by: (*by).to_owned(), cause: *cause, changes })
}

/// The keys of an asset's entries.
pub(super) fn of(asset: AssetId) -> RangeInclusive<(u128, u64)> {
    (asset.0.as_u128(), 0)..=(asset.0.as_u128(), u64::MAX)
}
