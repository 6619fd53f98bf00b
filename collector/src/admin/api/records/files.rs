//! Records as files: the import of a kind, and its template.

use super::kind::OfKind;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::Query,
        file,
        problem::{Answer, Failure},
    },
    records::{How, Unknown, column, missing, template as rows},
    sheet::{Sheet, drain},
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::header;
use muster_runtime::output;
use muster_wire::problem::Code;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only say what would be done; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// An empty cell empties the field; without this it leaves the field as it is.
    #[serde(default)]
    clear_empty: bool,
    /// A name in a reference field (a company, user, location...) that nobody knows makes a record of its table; without this it
    /// refuses its line. At most 10,000 of one file.
    #[serde(default)]
    create_references: bool,
    /// A contract number that nobody knows makes the contract; without this, or the next one, it refuses its line.
    #[serde(default)]
    create_contracts: bool,
    /// A contract number that nobody knows is left out, and the line is taken without it.
    #[serde(default)]
    skip_contracts: bool,
    /// The name of the file, for the list of imports.
    file: Option<String>,
}

/// Imports records of a kind.
pub(super) async fn import(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    OfKind(schema): OfKind,
    Query(asked): Query<Asked>,
    request: Request,
) -> Answer<Response> {
    let (mut source, bytes) = file::csv(request)?;
    let Asked { dry_run, clear_empty, create_references, create_contracts, skip_contracts, file } = asked;
    let unknown_contract = match (create_contracts, skip_contracts) {
        (false, false) => Unknown::Refused,
        (true, false) => Unknown::Made,
        (false, true) => Unknown::Skipped,
        (true, true) => {
            drain(&mut source).await;
            return Err(Failure::invalid("create_contracts and skip_contracts exclude each other; give one of them"));
        }
    };
    let Some(right) = context.record_imports.begin() else {
        drain(&mut source).await;
        return Err(Failure::new(Code::Conflict, "another import is running; begin when it is over"));
    };
    let opened = Sheet::open(source, |header| column(schema, header)).await;
    let sheet = opened.map_err(|error| Failure::invalid(error.to_string()))?.explained();
    let absent = missing(schema, sheet.columns());
    if !absent.is_empty() {
        sheet.discard().await;
        let text = format!(
            "the first line has no column {}, which every new {} needs; nothing was imported. Add it, or the column id to change records that are there; see /api/v1/{}/template",
            absent.join(", "),
            schema.one,
            schema.path
        );
        return Err(Failure::invalid(text).with("missing", absent));
    }
    let file = file.map(|name| name.chars().filter(|c| !c.is_control()).take(255).collect());
    let by = caller.actor();
    let how = How { schema, sheet, file, bytes, dry_run, clear_empty, create_references, unknown_contract, by };
    let (events, told) = mpsc::channel(file::WAITING);
    tokio::spawn(async move { context.record_imports.run(right, how, events).await });
    Ok(file::events(told))
}

/// A file of a kind to be filled in.
pub(super) async fn template(OfKind(schema): OfKind) -> Response {
    let mut rows = rows(schema);
    let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], output::csv(&header, &rows)).into_response()
}
