//! The tables of factors that metrics are computed with: where each comes from, whether that wants checking, and the form that changes
//! one.

use super::table::{Column, Shape};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Form,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::page,
    },
    reconcile::{FactorTable, FactorTableError, factor_table, factor_tables, reset_factor_table, set_factor_table},
    store::records::AuditEntry,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// The page of all tables.
const HERE: &str = "/software/factors";

#[derive(Template)]
#[template(path = "factors.html")]
struct FactorsPage {
    frame: Frame,
    rows: Vec<TableRow>,
    to_check: usize,
}

#[derive(Template)]
#[template(path = "factor.html")]
struct FactorPage {
    frame: Frame,
    note: Option<Note>,
    sentence: Option<String>,
    table: TableRow,
    columns: Vec<Column>,
    has_rows: bool,
    rows: Vec<Vec<Control>>,
    /// The published rows, where they differ.
    published: Vec<Vec<String>>,
    may_set: bool,
}

struct TableRow {
    name: String,
    changed: bool,
    check: bool,
    source: String,
    rows: usize,
}

/// A cell of the form.
struct Control {
    name: String,
    label: String,
    text: String,
}

/// `GET /software/factors`.
pub async fn factors_page(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    shown(all(&context, &caller).await)
}

/// `GET /software/factors/{table}`.
pub async fn factor_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown(one(&context, &caller, &name, &headers).await)
}

/// `POST /software/factors/{table}`: changes a table, or goes back to the published one.
pub async fn set_factor(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    shown(set(&context, &caller, &name, form).await)
}

async fn all(context: &AdminContext, caller: &Principal) -> Answer<Response> {
    let tables = factor_tables(context.stores.system.as_ref()).await?;
    let rows: Vec<TableRow> = tables.iter().map(TableRow::of).collect();
    let to_check = rows.iter().filter(|row| row.check).count();
    page(&FactorsPage { frame: Frame::of(context, caller, HERE), rows, to_check })
}

async fn one(context: &AdminContext, caller: &Principal, name: &str, headers: &HeaderMap) -> Answer<Response> {
    let table = factor_table(context.stores.system.as_ref(), name).await?;
    let (note, shown_once) = Note::take(headers, &format!("{HERE}/{}", table.name), context.tls);
    let response = show(context, caller, &table, table.table.clone(), (note, None))?;
    Ok(shown_once.on(response))
}

/// The page of a table with what stands in its form.
fn show(
    context: &AdminContext,
    caller: &Principal,
    table: &FactorTable,
    entered: Value,
    (note, sentence): (Option<Note>, Option<String>),
) -> Answer<Response> {
    let here = format!("{HERE}/{}", table.name);
    let shape = Shape::of(&table.published);
    let mut texts = shape.rows(&entered);
    if shape.has_rows {
        // Room for one more.
        texts.push(vec![String::new(); shape.columns.len()]);
    }
    let rows = texts.into_iter().enumerate().map(|(number, row)| {
        let control = |(column, text): (&Column, String)| Control {
            name: shape.control(number, column),
            label: format!("{}, row {}", column.label, number + 1),
            text,
        };
        shape.columns.iter().zip(row).map(control).collect()
    });
    let frame = Frame::of(context, caller, &here);
    let mut row = TableRow::of(table);
    if sentence.is_some() {
        row.source = source(&entered);
        row.check = is_check(&entered);
    }
    page(&FactorPage {
        may_set: frame.may_post("/software/factors/{table}"),
        frame,
        note,
        sentence,
        rows: rows.collect(),
        published: if table.changed { shape.rows(&table.published) } else { Vec::new() },
        has_rows: shape.has_rows,
        columns: shape.columns.clone(),
        table: row,
    })
}

async fn set(context: &AdminContext, caller: &Principal, name: &str, form: Vec<(String, String)>) -> Answer<Response> {
    let system = context.stores.system.as_ref();
    let before = factor_table(system, name).await?;
    let given = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned());
    let entry = |action: &'static str| {
        let (at, actor, subject) = (context.now(), caller.actor(), before.name.clone());
        move |detail| AuditEntry { at, actor, action: action.to_owned(), subject, detail }
    };
    let at = format!("{HERE}/{}", before.name);
    let done = |text: &str| {
        let note = Note { at: at.clone(), text: text.to_owned(), warnings: Vec::new() };
        note.put(Redirect::to(&at).into_response(), context.tls)
    };
    if given("reset").is_some() {
        reset_factor_table(system, name, entry("factor.reset")).await?;
        return Ok(done("The published table is in force again. The next reconciliation goes by it."));
    }
    let mut entered = Shape::of(&before.published).read(&form);
    entered.insert("source".to_owned(), given("source").unwrap_or_default().into());
    entered.insert("check".to_owned(), Value::Bool(given("check").is_some()));
    let entered = Value::Object(entered);
    match set_factor_table(system, name, entered.clone(), entry("factor.set")).await {
        Ok(_) => Ok(done("Saved. The next reconciliation goes by it.")),
        Err(FactorTableError::Invalid { reason, .. }) => {
            let sentence = format!("Nothing was saved: {reason}.");
            let mut response = show(context, caller, &before, entered, (None, Some(sentence)))?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

impl TableRow {
    fn of(table: &FactorTable) -> Self {
        Self {
            name: table.name.clone(),
            changed: table.changed,
            check: is_check(&table.table),
            source: source(&table.table),
            rows: table.table.get("rows").and_then(Value::as_array).map_or(1, Vec::len),
        }
    }
}

fn source(table: &Value) -> String {
    table.get("source").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn is_check(table: &Value) -> bool {
    table.get("check").and_then(Value::as_bool).unwrap_or_default()
}
