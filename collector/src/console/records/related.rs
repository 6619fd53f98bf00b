//! The records that point to one: every kind with a link to its kind.

use super::{
    cells::{Column, Row, columns, row},
    words::plural,
};
use crate::{records::Records, store::StoreError};
use muster_domain::record::{Field, FieldKind, Schema, kinds};
use uuid::Uuid;

/// Records of a group on the page.
const ROWS: usize = 20;

/// Records of a kind that point to one by the same field.
pub(super) struct Group {
    /// What they are, and by which field where the kind has several.
    pub(super) title: String,
    pub(super) help: &'static str,
    pub(super) one: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    pub(super) count: usize,
    /// All of them in their table.
    pub(super) all: String,
    /// The form of a new one that points here.
    pub(super) new: String,
}

/// What can point to a record, in the order of the kinds.
pub(super) async fn groups(records: &Records, schema: &'static Schema, id: Uuid) -> Result<Vec<Group>, StoreError> {
    let mut groups = Vec::new();
    for other in kinds::ALL {
        let to_it: Vec<&Field> = other.fields.iter().filter(|field| field.kind == FieldKind::Link(schema.path)).collect();
        for field in &to_it {
            let mut rows = Vec::new();
            for seen in records.pointing(other, field.name, id, ROWS) {
                rows.push(row(records, other, &seen).await?);
            }
            let title = plural(other);
            groups.push(Group {
                title: if to_it.len() > 1 { format!("{title}: {}", field.label.to_lowercase()) } else { title },
                help: other.help,
                one: other.one,
                columns: columns(other),
                rows,
                count: records.count_pointing(other, field.name, id),
                all: format!("/records/{}?{}={id}", other.path, field.name),
                new: format!("/records/{}/new?{}={id}", other.path, field.name),
            });
        }
    }
    Ok(groups)
}

/// How many records point to one.
pub(super) fn users(records: &Records, schema: &'static Schema, id: Uuid) -> usize {
    let links = kinds::ALL.into_iter().flat_map(|other| other.fields.iter().map(move |field| (other, field)));
    let to_it = links.filter(|(_, field)| field.kind == FieldKind::Link(schema.path));
    to_it.map(|(other, field)| records.count_pointing(other, field.name, id)).sum()
}
