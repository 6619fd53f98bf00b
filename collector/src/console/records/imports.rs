//! The imports that were run: a list, one with the lines that it refused, these as a file, and what becomes of each.

use super::words::plural;
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::imports::{ImportView, RefusedLineView, errors_file, redo},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        imported::beside,
        note::Note,
        render::{When, number, page, who},
    },
    store::records::{AuditEntry, LineState},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};
use muster_domain::record::kinds;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Imports that are kept, and refused lines of one.
const KEPT: (usize, usize) = (100, 1_000);

#[derive(Template)]
#[template(path = "imports.html")]
struct ImportsPage {
    frame: Frame,
    rows: Vec<Row>,
    kinds: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    frame: Frame,
    note: Option<Note>,
    row: Row,
    lines: Vec<RefusedLineView>,
    may_set: bool,
}

/// An import.
struct Row {
    id: String,
    kind: String,
    path: String,
    file: String,
    by: String,
    began: When,
    state: &'static str,
    tone: &'static str,
    failure: Option<String>,
    lines: String,
    created: String,
    updated: String,
    unchanged: String,
    refused: String,
}

/// The form of a refused line.
#[derive(Deserialize)]
pub struct LineForm {
    line: u64,
    fixed: Option<bool>,
    /// What is done with the line now, as in the API.
    action: Option<String>,
}

/// `GET /records/imports`.
pub async fn imports(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let answer = async {
        let runs = context.stores.imports.list(None, KEPT.0).await?;
        let running = context.record_imports.running();
        let rows = runs.into_iter().map(|run| Row::of(ImportView::of(run, running), &context)).collect();
        let kinds = kinds::ALL.into_iter().map(|schema| (schema.path, plural(schema))).collect();
        page(&ImportsPage { frame: Frame::of(&context, &caller, "/records/imports"), rows, kinds })
    };
    shown(answer.await)
}

/// `GET /records/imports/{id}`: a page; `GET /records/imports/{id}.csv`: the refused lines, to be mended and imported.
pub async fn import(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let answer = match id.strip_suffix(".csv") {
        Some(id) => file(&context, id).await,
        None => one(&context, &caller, &id, &headers).await,
    };
    shown(answer)
}

/// `POST /records/imports/{id}`: does a refused line in one of its ways out, or says whether somebody saw to it.
pub async fn set_line(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Form(LineForm { line, fixed, action }): Form<LineForm>,
) -> Response {
    let answer = async {
        let not_found = || Failure::not_found("refused line", &format!("{line} of import {id}"));
        let run = Uuid::try_parse(&id).map_err(|_| not_found())?;
        if let Some(action) = action {
            redo(&context, caller.actor(), (run, line), &action).await?;
            return Ok(Redirect::to(&format!("/records/imports/{run}")).into_response());
        }
        let (state, name) = if fixed.unwrap_or_default() {
            (LineState::ManuallyFixed, "Manually fixed")
        } else {
            (LineState::NeedsReview, "Needs review")
        };
        let audit = AuditEntry {
            at: context.now(),
            actor: caller.actor(),
            action: "import.set_line".to_owned(),
            subject: run.to_string(),
            detail: json!({ "line": line, "state": name }),
        };
        context.stores.imports.set_line(run, line, state, audit).await?.ok_or_else(not_found)?;
        Ok(Redirect::to(&format!("/records/imports/{run}")).into_response())
    };
    shown(answer.await)
}

async fn one(context: &AdminContext, caller: &Principal, id: &str, headers: &HeaderMap) -> Answer<Response> {
    let not_found = || Failure::not_found("import", id);
    let meant = Uuid::try_parse(id).map_err(|_| not_found())?;
    let run = context.stores.imports.get(meant).await?.ok_or_else(not_found)?;
    let lines = context.stores.imports.lines(meant, 0, KEPT.1).await?;
    let at = format!("/records/imports/{meant}");
    let (note, shown_once) = Note::take(headers, &at, context.tls);
    let frame = Frame::of(context, caller, &at);
    let response = page(&ImportPage {
        may_set: frame.may_post("/records/imports/{id}"),
        frame,
        note,
        row: Row::of(ImportView::of(run, context.record_imports.running()), context),
        lines: lines.into_iter().map(RefusedLineView::from).map(named_once).collect(),
    })?;
    Ok(shown_once.on(response))
}

async fn file(context: &AdminContext, id: &str) -> Answer<Response> {
    let not_found = || Failure::not_found("import", id);
    let meant = Uuid::try_parse(id).map_err(|_| not_found())?;
    let run = context.stores.imports.get(meant).await?.ok_or_else(not_found)?;
    let lines = context.stores.imports.lines(meant, 0, KEPT.1).await?;
    let name = format!("attachment; filename=\"{}-refused.csv\"", run.kind);
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, errors_file(&run.header, run.delimiter, &lines)).into_response())
}

fn named_once(mut line: RefusedLineView) -> RefusedLineView {
    line.reason = beside(line.column.as_deref(), &line.reason).to_owned();
    line
}

impl Row {
    fn of(one: ImportView, context: &AdminContext) -> Self {
        let taken = one.created + one.updated + one.unchanged;
        let state = if one.state == "Completed with errors" && taken == 0 { "Nothing was taken" } else { one.state };
        Self {
            id: one.id,
            path: one.kind.clone(),
            kind: kinds::find(&one.kind).map_or(one.kind, plural),
            file: one.file.unwrap_or_default(),
            by: who(&one.by),
            began: When::of(one.started_at, context.now(), context.tz()),
            tone: match state {
                "Completed" => "good",
                "Failed" | "Nothing was taken" => "bad",
                _ => "warn",
            },
            state,
            failure: one.failure,
            lines: number(one.lines),
            created: number(one.created),
            updated: number(one.updated),
            unchanged: number(one.unchanged),
            refused: number(one.refused),
        }
    }
}
