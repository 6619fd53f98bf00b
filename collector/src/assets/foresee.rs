//! What a change of many assets would come to: which assets change, and how many the licence would count afterwards.
//!
//! In: the assets that were found, the fields to set, the query that counts. Out: names to show and two numbers. It changes nothing.

use crate::store::{StoreError, Stores};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Asset, AssetRow, Field, References, StoredAsset, Value, class, sheet::differing},
    ids::AssetId,
    query::{Checked, NullMode},
};
use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

/// The query that counts, its table, and what its negative conditions do with empty fields.
pub type Counting = (Checked, String, NullMode);

/// What a change would come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// The first assets that change, as they are now.
    pub first: Vec<Asset>,
    /// Assets that change and are counted now.
    pub counted_before: u64,
    /// Assets that change and would be counted afterwards.
    pub counted_after: u64,
}

/// Looks at the assets that would change; of them `names` are kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn foresee(
    stores: &Stores,
    assets: &[AssetId],
    (set, at): (&[(Field, Option<Value>)], DateTime<Utc>),
    counts: Option<Counting>,
    directory: Arc<References>,
    names: usize,
) -> Result<Foreseen, StoreError> {
    let meant: BTreeSet<AssetId> = assets.iter().copied().collect();
    let (Some(first), set) = (meant.first().copied(), set.to_vec()) else { return Ok(Foreseen::default()) };
    let last = meant.last().copied();
    let seen = Arc::new(Mutex::new(Foreseen::default()));
    let result = Arc::clone(&seen);
    let visit = move |stored: &StoredAsset<'_>| {
        let id = stored.id();
        if Some(id) > last {
            return ControlFlow::Break(());
        }
        if meant.contains(&id) {
            // A row that does not unpack is damaged: the scan itself says so.
            let Ok(before) = stored.unpack() else { return ControlFlow::Break(()) };
            let mut after = before.clone();
            if after.edit(&differing(&before, &set), at).is_ok_and(|changes| !changes.is_empty()) {
                let counted = |asset: &Asset| {
                    let counts = counts.as_ref().is_some_and(|(query, table, mode)| {
                        class::extends(asset.class(), table) && query.matches(&AssetRow::new(asset, directory.as_ref()), *mode)
                    });
                    u64::from(counts)
                };
                let mut seen = result.lock().unwrap_or_else(PoisonError::into_inner);
                seen.counted_before += counted(&before);
                seen.counted_after += counted(&after);
                if seen.first.len() < names {
                    seen.first.push(before);
                }
            }
        }
        ControlFlow::Continue(())
    };
    stores.assets.scan(before(first), Box::new(visit)).await?;
    let foreseen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(foreseen)
}

/// The id that a scan goes on behind, to begin with this one.
fn before(id: AssetId) -> Option<AssetId> {
    id.0.as_u128().checked_sub(1).map(|number| AssetId(uuid::Uuid::from_u128(number)))
}
