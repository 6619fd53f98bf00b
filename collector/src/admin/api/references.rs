//! `/api/v1/references/{table}`: the records that reference fields of assets point to.
//!
//! In: a table's name, a record's id or name, fields as JSON. Out: records as JSON or CSV. What is kept here is the store's
//! business, what is looked up by others that of `assets`.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    store::{
        ports::ReferenceChange,
        records::{AuditEntry, ReferenceRecord},
    },
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use muster_domain::asset::{
    Directory, Table,
    reference::{folded, read_name},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A record of a reference table.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReferenceView {
    /// Its id.
    id: Uuid,
    /// Its display value, unique in its table without regard to case.
    name: String,
    /// The record above it.
    parent: Option<ParentView>,
    /// Whether it should be chosen for anything new.
    active: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// The record above another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParentView {
    /// Its id.
    id: Uuid,
    /// Its display value.
    display: Option<String>,
}

/// Fields of a new record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReference {
    /// Its display value.
    name: String,
    /// The id or display value of the record above it.
    parent: Option<String>,
    /// Whether it should be chosen for anything new; true when absent.
    active: Option<bool>,
}

/// Fields to change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceInput {
    /// Another display value.
    name: Option<String>,
    /// The id or display value of the record above it; null or an empty text for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    parent: Option<Option<String>>,
    /// Whether it should be chosen for anything new.
    active: Option<bool>,
}

impl ReferenceView {
    fn of(record: ReferenceRecord, directory: &dyn Directory) -> Self {
        let ReferenceRecord { table, id, name, parent, active, created_at, updated_at } = record;
        let parent = parent.map(|id| ParentView { id, display: directory.display(table, id).map(str::to_owned) });
        Self { id, name, parent, active, created_at, updated_at }
    }
}

/// The records of a table, ordered by name.
#[utoipa::path(get, path = "/api/v1/references/{table}", tag = "references",
    params(("table" = String, Path, description = "such as locations, models, users"), Paging),
    responses((status = 200, description = "records", body = Page<ReferenceView>), Problems))]
pub async fn list(
    State(context): State<Ctx>,
    Path(table): Path<String>,
    Query(paging): Query<Paging>,
    listing: Listing,
) -> Answer<Response> {
    let table = existing_table(&table)?;
    let records = context.stores.references.all(Some(table)).await?;
    let directory = context.references.snapshot();
    let page = Page::in_order(records, &paging, |record| (folded(&record.name), record.id.to_string()))?;
    let page = page.map(|record| ReferenceView::of(record, directory.as_ref()));
    Ok(page.answer(&listing, &["id", "name", "parent", "active", "created_at", "updated_at"]))
}

/// One record, by its id or name.
#[utoipa::path(get, path = "/api/v1/references/{table}/{id}", tag = "references",
    params(("table" = String, Path, description = "such as locations"), ("id" = String, Path, description = "its id or name")),
    responses((status = 200, description = "the record", body = ReferenceView), Problems))]
pub async fn show(State(context): State<Ctx>, Path((table, id)): Path<(String, String)>) -> Answer<axum::Json<ReferenceView>> {
    let record = existing(&context, existing_table(&table)?, &id).await?;
    Ok(axum::Json(ReferenceView::of(record, context.references.snapshot().as_ref())))
}

/// Makes a record.
#[utoipa::path(post, path = "/api/v1/references/{table}", tag = "references",
    params(("table" = String, Path, description = "such as locations")), request_body = NewReference,
    responses((status = 201, description = "made", body = ReferenceView, headers(("location" = String, description = "the record"))),
        (status = 409, description = "the name is taken", content_type = "application/problem+json",
            body = super::openapi::ProblemDocument), Problems))]
pub async fn create(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(table): Path<String>,
    input: Result<Json<NewReference>, Failure>,
) -> Answer<Response> {
    let table = existing_table(&table)?;
    let Json(NewReference { name, parent, active }) = input?;
    let now = context.now();
    let parent = parent.map(|parent| read_parent(&context, table, &parent)).transpose()?.flatten();
    let mut record = ReferenceRecord::new(table, &read(&name)?, parent, now);
    record.active = active.unwrap_or(true);
    let entry = |record: &ReferenceRecord| AuditEntry {
        at: now,
        actor: caller.actor(),
        action: "reference.add".to_owned(),
        subject: record.id.to_string(),
        detail: serde_json::json!({"after": record}),
    };
    let record = context.references.add(record, entry).await?;
    let location = format!("/api/v1/references/{}/{}", table.name(), record.id);
    let view = ReferenceView::of(record, context.references.snapshot().as_ref());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(view)).into_response())
}

/// Changes a record. Whatever points to it shows its new name.
#[utoipa::path(patch, path = "/api/v1/references/{table}/{id}", tag = "references",
    params(("table" = String, Path, description = "such as locations"), ("id" = String, Path, description = "its id or name")),
    request_body = ReferenceInput, responses((status = 200, description = "the record", body = ReferenceView), Problems))]
pub async fn edit(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((table, id)): Path<(String, String)>,
    input: Result<Json<ReferenceInput>, Failure>,
) -> Answer<axum::Json<ReferenceView>> {
    let table = existing_table(&table)?;
    let record = existing(&context, table, &id).await?;
    let Json(ReferenceInput { name, parent, active }) = input?;
    if name.is_none() && parent.is_none() && active.is_none() {
        return Err(Failure::invalid("give at least one of name, parent and active"));
    }
    let parent = parent.map(|parent| read_parent(&context, table, parent.as_deref().unwrap_or_default())).transpose()?;
    let name = name.as_deref().map(read).transpose()?;
    let change = ReferenceChange { table, id: record.id, name, parent, active, at: context.now() };
    let audit = entry(&context, caller.actor(), "reference.set", record.id);
    let record = context.references.edit(change, audit).await?;
    Ok(axum::Json(ReferenceView::of(record, context.references.snapshot().as_ref())))
}

/// Deletes a record that nothing points to.
#[utoipa::path(delete, path = "/api/v1/references/{table}/{id}", tag = "references",
    params(("table" = String, Path, description = "such as locations"), ("id" = String, Path, description = "its id or name")),
    responses((status = 204, description = "deleted"),
        (status = 409, description = "assets or records point to it; the detail names some", content_type = "application/problem+json",
            body = super::openapi::ProblemDocument), Problems))]
pub async fn delete(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((table, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let table = existing_table(&table)?;
    let record = existing(&context, table, &id).await?;
    let audit = entry(&context, caller.actor(), "reference.delete", record.id);
    context.references.delete(table, record.id, audit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The audit entry of a change whose detail the store fills in.
fn entry(context: &AdminContext, actor: String, action: &str, id: Uuid) -> AuditEntry {
    AuditEntry { at: context.now(), actor, action: action.to_owned(), subject: id.to_string(), detail: serde_json::Value::Null }
}

fn existing_table(name: &str) -> Answer<Table> {
    Table::from_name(name).ok_or_else(|| Failure::not_found("reference table", name))
}

/// The record of an id or name; a name that looks like an id is the record of that id first.
async fn existing(context: &AdminContext, table: Table, id: &str) -> Answer<ReferenceRecord> {
    let references = &context.stores.references;
    if let Ok(id) = Uuid::try_parse(id)
        && let Some(record) = references.get(table, id).await?
    {
        return Ok(record);
    }
    references.find(table, id).await?.ok_or_else(|| Failure::not_found(table.record(), id))
}

fn read(name: &str) -> Answer<String> {
    read_name(name).map_err(|error| Failure::invalid(error.to_string()).with("field", "name"))
}

/// The record above, by its name or id; an empty text is none.
fn read_parent(context: &AdminContext, table: Table, text: &str) -> Answer<Option<Uuid>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let directory = context.references.snapshot();
    let by_id = || Uuid::try_parse(text.trim()).ok().filter(|id| directory.display(table, *id).is_some());
    directory.find(table, text).or_else(by_id).map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(64).collect();
        Failure::invalid(format!("parent: there is no {} {shown:?}", table.record())).with("field", "parent")
    })
}

/// A field that is there, even as null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}
