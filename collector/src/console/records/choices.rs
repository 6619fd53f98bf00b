//! Lists of known names for fields that take one, where there are few enough to be of use.

use super::metrics;
use crate::{
    admin::{AdminContext, Answer},
    console::entry::{Choices, MOST_NAMES, in_order, names_of},
    records::Records,
};
use muster_domain::record::{Field, FieldKind, Schema, kinds};

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
        FieldKind::Link(path) => kinds::find(path).and_then(|schema| records.names(schema, MOST_NAMES)),
        FieldKind::Reference(table) => names_of(context, table).await?,
        _ if field.name == metrics::GROUP => Some(metrics::groups(records)),
        _ => Some(in_order(metrics::all(records, group).into_iter().map(|fact| fact.name).collect())),
    })
}
