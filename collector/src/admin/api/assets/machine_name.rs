//! What the machine of an asset is called: the same on every page and in every answer.
//!
//! In: an asset, or its name. Out: the name by which people find the machine, and directories that know the assets that others belong
//! to. A display name alone is the model of many machines.

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

/// The references, with the asset of this name, if only one is called so. All assets are too many to be known by name at all times.
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

/// The host name of its agent, followed by the display name where a tag makes that one's own; without an agent the display name.
pub(crate) fn machine_name(asset: &Asset, context: &AdminContext) -> Option<String> {
    let host = host_name(asset, context);
    let display = asset.display_name(context.references.snapshot().as_ref());
    let has_tag = asset.get(Field::AssetTag).is_some();
    joined(host, display, has_tag)
}

/// What the machine of its agent calls itself.
pub(crate) fn host_name(asset: &Asset, context: &AdminContext) -> Option<String> {
    let agent = context.fleet.get(asset.agent()?)?;
    Some(agent.record.hostname.clone()).filter(|host| !host.is_empty())
}

fn joined(host: Option<String>, display: Option<String>, has_tag: bool) -> Option<String> {
    match (host, display) {
        (Some(host), Some(display)) if has_tag => Some(format!("{host} ({display})")),
        (Some(host), _) => Some(host),
        (None, display) => display,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_comes_first() {
        let check = |host: Option<&str>, display: Option<&str>, has_tag: bool, expected: Option<&str>| {
            let called = joined(host.map(str::to_owned), display.map(str::to_owned), has_tag);
            assert_eq!(called.as_deref(), expected, "{host:?} {display:?}");
        };
        check(Some("ws-009"), Some("Desk 5"), false, Some("ws-009"));
        check(Some("ws-009"), Some("P1 - Desk 5"), true, Some("ws-009 (P1 - Desk 5)"));
        check(Some("ws-009"), None, true, Some("ws-009"));
        check(None, Some("Desk 5"), false, Some("Desk 5"));
        check(None, None, false, None);
    }
}
