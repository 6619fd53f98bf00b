//! Assets that others belong to, by name and back. They are too many to be in the directory at all times.
//!
//! In: assets, or the name of one. Out: the references with those assets among them.

use crate::{
    admin::{context::AdminContext, problem::Answer},
    records::called,
};
use muster_domain::{
    asset::{Asset, Field, References, Value, reference::Table},
    ids::AssetId,
};
use std::sync::Arc;
use uuid::Uuid;

/// The references, with the asset of this name, if only one is called so.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn naming_asset(context: &AdminContext, name: &str) -> Answer<Arc<References>> {
    let references = context.references.snapshot();
    if name.trim().is_empty() {
        return Ok(references);
    }
    // What looks like an id may be a serial number.
    if let Ok(id) = Uuid::try_parse(name.trim())
        && context.stores.assets.get(AssetId(id)).await?.is_some()
    {
        return Ok(references);
    }
    let Some(id) = context.records.asset_names().await?.find(name) else { return Ok(references) };
    let mut known = References::clone(&references);
    known.insert(Table::Asset, id, name);
    Ok(Arc::new(known))
}

/// The references, with the assets that these belong to.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn knowing_parents(context: &AdminContext, assets: &[&Asset]) -> Answer<Arc<References>> {
    let references = context.references.snapshot();
    let mut known: Option<References> = None;
    for asset in assets {
        let Some(parent) = asset.get(Field::Parent).and_then(Value::as_ref_id) else { continue };
        let Some(parent) = context.stores.assets.get(AssetId(parent)).await? else { continue };
        if let Some(name) = called(&parent, references.as_ref()) {
            known.get_or_insert_with(|| References::clone(&references)).insert(Table::Asset, parent.id().0, &name);
        }
    }
    Ok(known.map_or(references, Arc::new))
}
