//! Counting: every asset of the table against the compliance query, from one consistent view of the store.

use crate::store::{StoreError, Stores};
use muster_domain::{
    asset::{
        class,
        field::Field,
        record::Asset,
        reference::{Directory, References, Table},
        row::{AssetCatalogue, AssetRow},
        value::Value,
    },
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
    let checked = compile(text, table, context, &directory)?;
    let checked = with_related(stores, checked, &directory, mode).await?;
    let table = table.to_owned();
    let counted = Arc::new(Mutex::new(Counted::default()));
    let result = Arc::clone(&counted);
    stores
        .assets
        .scan(Box::new(move |asset| {
            let mut counted = result.lock().unwrap_or_else(PoisonError::into_inner);
            add(&mut counted, asset, (&checked, mode), &table, &directory);
            ControlFlow::Continue(())
        }))
        .await?;
    let counted = counted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(counted)
}

/// Lets a query that counts related assets see every asset once; any other query costs nothing.
///
/// # Errors
/// When the store cannot be read.
pub async fn with_related(
    stores: &Stores,
    mut query: Checked,
    directory: &Arc<References>,
    mode: NullMode,
) -> Result<Checked, StoreError> {
    if !query.needs_related() {
        return Ok(query);
    }
    let seen = Arc::new(Mutex::new(query.clone()));
    let result = Arc::clone(&seen);
    let directory = Arc::clone(directory);
    stores
        .assets
        .scan(Box::new(move |asset| {
            let mut query = result.lock().unwrap_or_else(PoisonError::into_inner);
            query.observe(&AssetRow::new(asset, directory.as_ref()), mode);
            ControlFlow::Continue(())
        }))
        .await?;
    query.clone_from(&seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(query)
}

fn add(counted: &mut Counted, asset: &Asset, (query, mode): (&Checked, NullMode), table: &str, directory: &References) {
    if !class::extends(asset.class(), table) {
        return;
    }
    let state = asset.get(Field::InstallStatus).map(Value::to_string).unwrap_or_default();
    if query.matches(&AssetRow::new(asset, directory), mode) {
        counted.assets += 1;
        let category = match asset.get(Field::ModelCategory) {
            Some(Value::Ref(id)) => {
                directory.display(Table::ModelCategory, *id).map_or_else(|| id.to_string(), |name| name.to_string())
            }
            _ => String::new(),
        };
        *counted.by_category.entry(category).or_default() += 1;
    } else if state.is_empty() {
        counted.uncounted_empty_state += 1;
    }
    *counted.by_state.entry(state).or_default() += 1;
}
