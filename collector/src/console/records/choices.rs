//! Lists of known names for fields that take one, where there are few enough to be of use.

use super::metrics;
use crate::{
    admin::{AdminContext, Answer},
    records::Records,
};
use muster_domain::{
    asset::{Directory as _, Field as AssetField, reference::Table},
    record::{Field, FieldKind, Schema, kinds},
};

/// The most names of a list.
const MOST: usize = 500;

/// A list of names.
pub(super) struct Choices {
    /// Its id on the page.
    pub(super) id: String,
    pub(super) names: Vec<String>,
}

/// The id of the list that belongs to a field, if it takes one.
pub(super) fn list_of(schema: &Schema, field: &Field) -> Option<String> {
    match field.kind {
        FieldKind::Link(path) => Some(format!("names-{path}")),
        FieldKind::Reference(table) => Some(format!("names-{}", table.name())),
        FieldKind::Text(_) if [metrics::GROUP, metrics::METRIC].contains(&field.name) && metrics::names_metric(schema) => {
            Some(format!("names-{}", field.name))
        }
        _ => None,
    }
}

/// The lists of a form, each once. There is none of more than [`MOST`] names: such a field is a plain one.
pub(super) async fn choices(context: &AdminContext, schema: &'static Schema, group: &str) -> Answer<Vec<Choices>> {
    let mut all: Vec<Choices> = Vec::new();
    for field in schema.fields.iter().filter(|field| !field.derived) {
        let Some(id) = list_of(schema, field) else { continue };
        if all.iter().any(|known| known.id == id) {
            continue;
        }
        if let Some(names) = names(context, field, group).await? {
            all.push(Choices { id, names });
        }
    }
    Ok(all)
}

async fn names(context: &AdminContext, field: &Field, group: &str) -> Answer<Option<Vec<String>>> {
    let records: &Records = &context.records;
    Ok(match field.kind {
        FieldKind::Link(path) => kinds::find(path).and_then(|schema| records.names(schema, MOST)),
        FieldKind::Reference(Table::Asset) => {
            let assets = context.stores.assets.page(None, MOST + 1).await?;
            let name = |asset: &muster_domain::asset::Asset| asset.get(AssetField::DisplayName).map(ToString::to_string);
            (assets.len() <= MOST).then(|| in_order(assets.iter().filter_map(name).collect()))
        }
        FieldKind::Reference(table) => {
            let snapshot = context.references.snapshot();
            let names: Vec<String> = snapshot.records(table).into_iter().map(|(_, name)| name.to_owned()).collect();
            (names.len() <= MOST).then(|| in_order(names))
        }
        _ if field.name == metrics::GROUP => Some(metrics::groups(records)),
        _ => Some(in_order(metrics::all(records, group).into_iter().map(|fact| fact.name).collect())),
    })
}

fn in_order(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}
