//! Counting: every asset of the table against the compliance query, from one consistent view of the store.
//!
//! A query that reads nothing but heads is asked about each different head once, however many assets have it; any other is asked
//! about every stored row in one scan, of which it reads only the values it needs. Both ways give the same numbers.

use super::tally::{Tally, is_of_head};
use crate::store::{StoreError, Stores, ports::Visit};
use muster_domain::{
    asset::{Scratch, StoredAsset, StoredRow, class, reference::References, row::AssetCatalogue},
    query::{self, Checked, Context, NullMode, QueryError},
};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Assets that the query counts.
    pub assets: u64,
    /// Assets of the table with an empty state that it leaves out.
    pub uncounted_empty_state: u64,
    /// All assets of the table by state (`""` = empty).
    pub by_state: BTreeMap<String, u64>,
    /// Counted assets by model category (`""` = empty).
    pub by_category: BTreeMap<String, u64>,
}

/// Why nothing could be counted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CountError {
    /// The query cannot be read or names an unknown field.
    #[error("the compliance query cannot be used: {0}")]
    Query(#[from] QueryError),
    /// The table is not one that holds assets.
    #[error("there is no asset table {0}")]
    Table(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a query before it counts, with the time and zone its dates are meant in: an unknown field or operator is an error, never "all rows".
///
/// # Errors
/// What is wrong with it, with the position.
pub fn compile(text: &str, table: &str, context: &Context, directory: &References) -> Result<Checked, CountError> {
    if !class::is_known(table) {
        return Err(CountError::Table(table.to_owned()));
    }
    Ok(query::compile(text, &AssetCatalogue::new(directory), context)?)
}

/// Counts the assets of a table that a query matches; the whole count sees one state of the reference tables. `mode` says what
/// negative conditions do with empty fields.
///
/// # Errors
/// When the query cannot be used or the store cannot be read.
pub async fn count(
    stores: &Stores,
    text: &str,
    table: &str,
    context: &Context,
    directory: Arc<References>,
    mode: NullMode,
) -> Result<Counted, CountError> {
    let query = compile(text, table, context, &directory)?;
    let observed = !query.can_be_left_open();
    let query = if observed { with_related(stores, query, &directory, mode).await? } else { query };
    let of_heads = is_of_heads(&query);
    let query = if of_heads { query } else { query.prepared(&AssetCatalogue::new(&*directory), mode) };
    let mut tally = Tally::new((query, mode, observed), table, directory);
    if of_heads {
        for (head, assets) in stores.assets.heads().await? {
            tally.add_head(&head, assets);
        }
        return Ok(tally.counted());
    }
    let shared = Arc::new(Mutex::new(tally));
    let adding = Arc::clone(&shared);
    let scratch = Scratch::default();
    let visit = move |asset: &StoredAsset<'_>| {
        adding.lock().unwrap_or_else(PoisonError::into_inner).add_asset(asset, &scratch);
        ControlFlow::Continue(())
    };
    stores.assets.scan(None, Box::new(visit)).await?;
    let counted = shared.lock().unwrap_or_else(PoisonError::into_inner).counted();
    Ok(counted)
}

/// Whether a query asks for nothing that is not in the head of an asset.
fn is_of_heads(query: &Checked) -> bool {
    query.reads_only(is_of_head)
}

/// Lets a query that counts related assets see every asset once; any other query costs nothing.
///
/// # Errors
/// When the store cannot be read.
pub async fn with_related(
    stores: &Stores,
    query: Checked,
    directory: &Arc<References>,
    mode: NullMode,
) -> Result<Checked, StoreError> {
    observing(query, directory, mode, |visit| stores.assets.scan(None, visit)).await
}

/// The same over whatever shows the assets.
///
/// # Errors
/// Those of whoever shows them.
pub async fn observing<F: Future<Output = Result<(), StoreError>>>(
    query: Checked,
    directory: &Arc<References>,
    mode: NullMode,
    show: impl FnOnce(Visit) -> F,
) -> Result<Checked, StoreError> {
    if !query.needs_related() {
        return Ok(query);
    }
    let shared = Arc::new(Mutex::new(query));
    let observing = Arc::clone(&shared);
    let directory = Arc::clone(directory);
    let scratch = Scratch::default();
    let visit = move |asset: &StoredAsset<'_>| {
        let mut query = observing.lock().unwrap_or_else(PoisonError::into_inner);
        query.observe(&StoredRow::new(asset, &*directory, &scratch), mode);
        ControlFlow::Continue(())
    };
    show(Box::new(visit)).await?;
    let query = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{self, conformance::fixtures as f};
    use muster_domain::{
        asset::reference::Directory as _,
        asset::{Asset, AssetRow, Field, Layer, Table, Value, category},
        calendar::SiteZone,
    };
    use uuid::Uuid;

    /// The same count by the plainest way: whole assets, one by one.
    fn plain(assets: &[Asset], (query, mode): (&Checked, NullMode), table: &str, directory: &References) -> Counted {
        let mut query = query.clone();
        for asset in assets {
            query.observe(&AssetRow::new(asset, directory), mode);
        }
        let mut counted = Counted::default();
        for asset in assets.iter().filter(|asset| class::extends(asset.class(), table)) {
            let state = asset.get(Field::InstallStatus).map(Value::to_string).unwrap_or_default();
            if query.matches(&AssetRow::new(asset, directory), mode) {
                counted.assets += 1;
                let category = match asset.get(Field::ModelCategory) {
                    Some(Value::Ref(id)) => {
                        directory.display(Table::ModelCategory, *id).map_or_else(|| id.to_string(), str::to_owned)
                    }
                    _ => String::new(),
                };
                *counted.by_category.entry(category).or_default() += 1;
            } else if state.is_empty() {
                counted.uncounted_empty_state += 1;
            }
            *counted.by_state.entry(state).or_default() += 1;
        }
        counted
    }

    fn assets() -> Vec<Asset> {
        let categories = category::SEEDED.iter().map(|category| category.id.0).chain([Uuid::from_u128(99)]);
        let categories: Vec<Uuid> = categories.collect();
        let asset = |number: usize| {
            let mut asset = Asset::new(f::asset_id(number as u128), None, f::at(0));
            let text = |text: &str| Some(Value::Text(text.to_owned()));
            let layer = Layer::new()
                .with(Field::InstallStatus, [None, Some(1), Some(6), Some(7)][number % 4].map(Value::Int))
                .with(Field::SysClassName, [None, text("alm_hardware"), text("alm_consumable")][number % 3].clone())
                .with(
                    Field::ModelCategory,
                    (!number.is_multiple_of(5)).then(|| Value::Ref(categories[number % categories.len()])),
                )
                .with(Field::Quantity, Some(Value::Int(number as i64 % 2)))
                .with(Field::Parent, number.is_multiple_of(7).then(|| Value::Ref(Uuid::from_u128(number as u128 / 7))))
                .with(Field::SerialNumber, text(&format!("SN{number}")));
            asset.observe(layer, f::at(1));
            asset
        };
        (0..120).map(asset).collect()
    }

    #[tokio::test]
    async fn both_ways_count_as_whole_assets_say() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let assets = assets();
        for asset in &assets {
            stores.assets.create(asset.clone(), f::entry("asset.create")).await.unwrap();
        }
        let references = Arc::new(References::seeded());
        let context = Context::new(f::at(9), SiteZone::UTC);
        for (query, of_heads) in [
            ("install_statusNOT IN2,7,10", true),
            ("", true),
            ("install_statusISEMPTY^NQmodel_category.nameLIKEcomp", true),
            ("quantity=1^model_categoryISNOTEMPTY", true),
            ("install_status!=7^ORDERBYserial_number", true),
            ("install_statusNOT IN2,7,10^serial_numberLIKE1", false),
            ("123TEXTQUERY321=sn17", false),
            ("RLQUERYalm_asset.parent,>=1,install_status=1^ENDRLQUERY", false),
            ("RLQUERYalm_asset.parent,>=1^ENDRLQUERY^RLQUERYalm_hardware.parent,<2,quantity=1^ENDRLQUERY", false),
            ("RLQUERYalm_asset.parent,=0^ENDRLQUERY^ORserial_numberENDSWITH1^install_status=6", false),
            // More than can be left open.
            (
                "RLQUERYalm_asset.parent,>=1^ENDRLQUERY^ORRLQUERYalm_asset.parent,>5^ENDRLQUERY^ORRLQUERYalm_asset.parent,>6^ENDRLQUERY\
                 ^ORRLQUERYalm_asset.parent,>7^ENDRLQUERY^ORRLQUERYalm_asset.parent,>8^ENDRLQUERY^ORRLQUERYalm_asset.parent,>9^ENDRLQUERY",
                false,
            ),
            ("install_status=1^NQRLQUERYalm_asset.parent,=0^ENDRLQUERY^model_category.name=Computer", false),
        ] {
            for table in ["alm_asset", "alm_hardware", "alm_consumable"] {
                let checked = compile(query, table, &context, &references).unwrap();
                assert_eq!(is_of_heads(&checked), of_heads, "{query}");
                for mode in [NullMode::Sql, NullMode::Inclusive] {
                    let counted = count(&stores, query, table, &context, Arc::clone(&references), mode).await.unwrap();
                    assert_eq!(counted, plain(&assets, (&checked, mode), table, &references), "{query} in {table}, {mode:?}");
                }
            }
        }
    }
}
