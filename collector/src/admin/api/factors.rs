//! `/api/v1/factors`: the tables that licence metrics are computed with, as published and as the site changed them.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::{Caller, Principal},
        context::{AdminContext, Ctx},
        extract::{Json as Body, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::{FactorTable, FactorTableError, factor_table, factor_tables, reset_factor_table, set_factor_table},
    store::records::AuditEntry,
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use muster_wire::problem::Code;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A factor table.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorTableView {
    /// Its name, such as `oracle.core`.
    table: String,
    /// Whether it differs from the published one.
    changed: bool,
    /// Where it comes from.
    source: Option<String>,
    /// Whether that was a secondary source: compare with the publisher's own before relying on it.
    check: bool,
    /// The table in force: `rows` or `value`, `source` and `check`.
    #[schema(value_type = Object)]
    in_force: Value,
    /// The table as it is published.
    #[schema(value_type = Object)]
    published: Value,
}

impl From<FactorTable> for FactorTableView {
    fn from(table: FactorTable) -> Self {
        let FactorTable { name, changed, table, published } = table;
        let source = table.get("source").and_then(Value::as_str).map(str::to_owned);
        let check = table.get("check").and_then(Value::as_bool).unwrap_or_default();
        Self { table: name, changed, source, check, in_force: table, published }
    }
}

impl From<FactorTableError> for Failure {
    fn from(error: FactorTableError) -> Self {
        match error {
            FactorTableError::Store(error) => error.into(),
            FactorTableError::Unknown(_) => Self::new(Code::NotFound, error.to_string()),
            FactorTableError::Invalid { .. } => Self::invalid(error.to_string()),
        }
    }
}

/// Every factor table, by name, with its source and whether it was changed. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/factors", tag = "software", params(Paging),
    responses((status = 200, description = "factor tables", body = Page<FactorTableView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let tables = factor_tables(context.stores.system.as_ref()).await?;
    let page = Page::in_order(tables, &paging, |table| table.name.clone())?.map(FactorTableView::from);
    Ok(page.answer(&listing, &["table", "changed", "check", "source"]))
}

/// One factor table.
#[utoipa::path(get, path = "/api/v1/factors/{table}", tag = "software",
    params(("table" = String, Path, description = "its name, such as oracle.core")),
    responses((status = 200, description = "the table", body = FactorTableView), Problems))]
pub async fn show(State(context): State<Ctx>, Path(table): Path<String>) -> Answer<Json<FactorTableView>> {
    Ok(Json(factor_table(context.stores.system.as_ref(), &table).await?.into()))
}

/// Changes a factor table: the next reconciliation computes with it. Refused where metrics could not be computed with it.
#[utoipa::path(put, path = "/api/v1/factors/{table}", tag = "software",
    params(("table" = String, Path, description = "its name, such as oracle.core")),
    request_body(content = Object, description = "rows or value as the published table has, and perhaps source and check"),
    responses((status = 200, description = "the table", body = FactorTableView), Problems))]
pub async fn set(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(table): Path<String>,
    Body(wanted): Body<Value>,
) -> Answer<Json<FactorTableView>> {
    let audit = entry(&context, &caller, "factor.set", &table);
    Ok(Json(set_factor_table(context.stores.system.as_ref(), &table, wanted, audit).await?.into()))
}

/// Goes back to the published table.
#[utoipa::path(delete, path = "/api/v1/factors/{table}", tag = "software",
    params(("table" = String, Path, description = "its name, such as oracle.core")),
    responses((status = 200, description = "the published table", body = FactorTableView), Problems))]
pub async fn reset(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(table): Path<String>,
) -> Answer<Json<FactorTableView>> {
    let audit = entry(&context, &caller, "factor.reset", &table);
    Ok(Json(reset_factor_table(context.stores.system.as_ref(), &table, audit).await?.into()))
}

fn entry(
    context: &AdminContext,
    caller: &Principal,
    action: &str,
    table: &str,
) -> impl FnOnce(Value) -> AuditEntry + Send + use<> {
    let (at, actor, action, subject) = (context.now(), caller.actor(), action.to_owned(), table.to_owned());
    move |detail| AuditEntry { at, actor, action, subject, detail }
}
