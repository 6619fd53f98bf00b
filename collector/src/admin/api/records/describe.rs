//! What kinds of records there are, and the fields of each: what a form, a file or a script needs to know.

use crate::admin::{api::openapi::Problems, context::Ctx, problem::Answer};
use axum::extract::State;
use muster_domain::record::{Field, FieldKind, Schema, kinds as known};
use serde::Serialize;
use utoipa::ToSchema;

/// A kind of record.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindView {
    /// The last part of its path in the API.
    path: &'static str,
    /// What people call one.
    name: &'static str,
    /// What it is for.
    help: &'static str,
    /// How many records there are.
    records: usize,
    /// Sets of fields whose values together are there only once.
    unique: Vec<Vec<&'static str>>,
    /// Its fields.
    fields: Vec<FieldView>,
}

/// A field of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldView {
    /// Its name in the API and in files.
    name: &'static str,
    /// What people call it.
    label: &'static str,
    /// What it is for.
    help: &'static str,
    /// `text`, `notes`, `integer`, `decimal`, `money`, `currency`, `date`, `boolean`, `choice`, `reference` or `link`.
    kind: &'static str,
    /// What may be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<&'static str>,
    /// The reference table or kind of record that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    /// Where a form shows it; empty is its first part.
    tab: &'static str,
    /// Whether a record cannot be without it.
    required: bool,
    /// Whether it follows from other values and cannot be entered.
    derived: bool,
    /// What else files call it.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    also: &'static [&'static str],
    /// The field among whose records names are unique; null where they are unique among all.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'static str>,
    /// Whether what is entered is added to what is there, with who entered it and when.
    journal: bool,
    /// What a new record has.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
}

/// The kinds of records of software asset management, with their fields.
#[utoipa::path(get, path = "/api/v1/record-kinds", tag = "software",
    responses((status = 200, description = "every kind", body = Vec<KindView>), Problems))]
pub async fn kinds(State(context): State<Ctx>) -> Answer<axum::Json<Vec<KindView>>> {
    let shelf = context.records.snapshot();
    Ok(axum::Json(known::ALL.into_iter().map(|schema| KindView::of(schema, shelf.len(schema.path))).collect()))
}

impl KindView {
    fn of(schema: &'static Schema, records: usize) -> Self {
        Self {
            path: schema.path,
            name: schema.one,
            help: schema.help,
            records,
            unique: schema.unique.iter().map(|fields| fields.to_vec()).collect(),
            fields: schema.fields.iter().map(FieldView::of).collect(),
        }
    }
}

impl FieldView {
    fn of(field: &'static Field) -> Self {
        let Field { name, label, also, kind, help, tab, required, derived, within, journal, default } = *field;
        let choices = if let FieldKind::Choice(choices) = kind { choices.to_vec() } else { Vec::new() };
        let to = match kind {
            FieldKind::Reference(table) => Some(table.name()),
            FieldKind::Link(path) => Some(path),
            _ => None,
        };
        Self { name, label, help, kind: kind.name(), choices, to, tab, required, derived, also, within, journal, default }
    }
}
