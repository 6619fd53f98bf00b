//! `/api/v1/imports`: the imports of records that were run, what came of them, and the lines that were refused.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Id, Json, Query, Wanted},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    records::Way,
    store::records::{AuditEntry, ImportRun, ImportState, LineState, RefusedLine},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::header;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most refused lines of a run that are kept.
const LINES: usize = 1_000;

/// An import that was run.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Its id.
    pub id: String,
    /// The kind of record, as in /api/v1/{kind}.
    pub kind: String,
    /// The name of the file, where it was told.
    pub file: Option<String>,
    /// Who brought it.
    pub by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; null while it runs, and for one that was cut off.
    pub finished_at: Option<DateTime<Utc>>,
    /// `Running`, `Completed`, `Completed with errors` or `Failed`.
    pub state: &'static str,
    /// Why it failed.
    pub failure: Option<String>,
    /// Lines with content, without the header.
    pub lines: u64,
    /// Records made.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Lines that say what was known already.
    pub unchanged: u64,
    /// Lines that were refused.
    pub refused: u64,
}

/// An import with the lines that it refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportDetail {
    /// The import.
    #[serde(flatten)]
    pub import: ImportView,
    /// The header of the file.
    pub header: Vec<String>,
    /// The first 1,000 lines that were refused.
    pub refused_lines: Vec<RefusedLineView>,
}

/// A line that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedLineView {
    /// Its number in the file.
    pub line: u64,
    /// The header of the first column that is wrong; null where it is the line as a whole.
    pub column: Option<String>,
    /// Its cells.
    pub cells: Vec<String>,
    /// Why, and what would be right.
    pub reason: String,
    /// `Needs review` or `Manually fixed`.
    pub state: &'static str,
    /// Who set the state last.
    pub state_by: Option<String>,
    /// The record, where the line was done just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// What an administrator should know of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What becomes of a refused line: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineChange {
    /// `Needs review`, or `Manually fixed`, for which `Fixed` is taken, too: nothing is done with the line.
    state: Option<String>,
    /// The line is done now: `again` as it stands, `create_contract` with the contract that it names made, `skip_contract` without it,
    /// `create_duplicate` although it looks like an entitlement that is there. It is Manually fixed then.
    action: Option<String>,
}

/// The imports of records that were run, newest first; the last 100 are kept. Dry runs are not among them.
#[utoipa::path(get, path = "/api/v1/imports", tag = "software", params(Paging),
    responses((status = 200, description = "imports", body = Page<ImportView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let limit = paging.limit()?;
    let runs = context.stores.imports.list(paging.after::<Uuid>()?, limit + 1).await?;
    let running = context.record_imports.running();
    let page = Page::cut(runs, limit, |run| run.id.to_string()).map(|run| ImportView::of(run, running));
    let columns = [
        "id",
        "kind",
        "file",
        "by",
        "started_at",
        "finished_at",
        "state",
        "failure",
        "lines",
        "created",
        "updated",
        "unchanged",
        "refused",
    ];
    Ok(page.answer(&listing, &columns))
}

/// One import with the lines that it refused; as CSV those lines alone, with line and reason behind, to be mended and imported.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "software", params(("id" = String, Path, description = "the import")),
    responses((status = 200, description = "the import", body = ImportDetail), Problems))]
pub async fn show(State(context): State<Ctx>, Id(id): Id<Uuid>, wanted: Wanted) -> Answer<Response> {
    let imports = &context.stores.imports;
    let run = imports.get(id).await?.ok_or_else(|| Failure::not_found("import", &id.to_string()))?;
    let lines = imports.lines(id, 0, LINES).await?;
    if wanted == Wanted::Csv {
        let body = errors_file(&run.header, run.delimiter, &lines);
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response());
    }
    let header = run.header.clone();
    let import = ImportView::of(run, context.record_imports.running());
    let refused_lines = lines.into_iter().map(RefusedLineView::from).collect();
    Ok(axum::Json(ImportDetail { import, header, refused_lines }).into_response())
}

/// Does a refused line in one of its ways out, or says of it whether somebody saw to it.
#[utoipa::path(patch, path = "/api/v1/imports/{id}/lines/{line}", tag = "software",
    params(("id" = String, Path, description = "the import"), ("line" = u64, Path, description = "the number of the line")),
    request_body = LineChange,
    responses((status = 200, description = "the line", body = RefusedLineView), Problems))]
pub async fn set_line(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((id, line)): Path<(String, String)>,
    body: Result<Json<LineChange>, Failure>,
) -> Answer<axum::Json<RefusedLineView>> {
    let not_found = || Failure::not_found("refused line", &format!("{line} of import {id}"));
    let (Ok(run), Ok(number)) = (Uuid::try_parse(&id), line.parse::<u64>()) else { return Err(not_found()) };
    let Json(change) = body?;
    let state = match (change.state, change.action) {
        (Some(state), None) => state,
        (None, Some(action)) => return redo(&context, caller.actor(), (run, number), &action).await.map(axum::Json),
        _ => return Err(Failure::invalid("give either state or action")),
    };
    let state = match state.trim().to_lowercase().as_str() {
        "needs review" => LineState::NeedsReview,
        "manually fixed" | "fixed" => LineState::ManuallyFixed,
        _ => return Err(Failure::invalid("state: give Needs review or Manually fixed")),
    };
    let audit = AuditEntry {
        at: context.now(),
        actor: caller.actor(),
        action: "import.set_line".to_owned(),
        subject: run.to_string(),
        detail: json!({ "line": number, "state": state_name(state) }),
    };
    let set = context.stores.imports.set_line(run, number, state, audit).await?;
    set.map(|line| axum::Json(line.into())).ok_or_else(not_found)
}

/// Does a refused line in the way out of this name.
pub(crate) async fn redo(context: &AdminContext, by: String, (id, number): (Uuid, u64), action: &str) -> Answer<RefusedLineView> {
    let names = || Way::ALL.map(|(_, name)| name).join(", ");
    let way = Way::from_name(action).ok_or_else(|| Failure::invalid(format!("action: give one of {}", names())))?;
    let imports = &context.stores.imports;
    let run = imports.get(id).await?.ok_or_else(|| Failure::not_found("import", &id.to_string()))?;
    let line = imports.lines(id, number.saturating_sub(1), 1).await?.into_iter().next().filter(|line| line.line == number);
    let line = line.ok_or_else(|| Failure::not_found("refused line", &format!("{number} of import {id}")))?;
    let (kept, line) = context.record_imports.redo(run, line, way, by).await?;
    let (record, warnings) = (Some(kept.record.id.to_string()), kept.warnings);
    Ok(RefusedLineView { record, warnings, ..line.into() })
}

impl RefusedLineView {
    /// The ways out that the reason is about, each with what a person reads.
    pub(crate) fn ways(&self) -> Vec<(&'static str, &'static str)> {
        let mut ways = Vec::new();
        if self.reason.contains("there is no contract") {
            ways.extend([("create_contract", "Make the contract"), ("skip_contract", "Take it without the contract")]);
        }
        if self.reason.contains("allow_duplicate") {
            ways.push(("create_duplicate", "It is another purchase"));
        }
        ways.push(("again", "Try it again"));
        ways
    }
}

impl ImportView {
    pub(crate) fn of(run: ImportRun, running: Option<Uuid>) -> Self {
        let is_running = running == Some(run.id) && run.finished_at.is_none();
        let state = match run.state {
            _ if is_running => "Running",
            ImportState::Completed => "Completed",
            ImportState::CompletedWithErrors => "Completed with errors",
            ImportState::Failed => "Failed",
        };
        let failure = run.failure.filter(|_| !is_running);
        let ImportRun { id, kind, file, by, started_at, finished_at, lines, created, updated, unchanged, refused, .. } = run;
        let id = id.to_string();
        Self { id, kind, file, by, started_at, finished_at, state, failure, lines, created, updated, unchanged, refused }
    }
}

impl From<RefusedLine> for RefusedLineView {
    fn from(line: RefusedLine) -> Self {
        let RefusedLine { line, column, cells, reason, state, state_by } = line;
        Self { line, column, cells, reason, state: state_name(state), state_by, record: None, warnings: Vec::new() }
    }
}

const fn state_name(state: LineState) -> &'static str {
    match state {
        LineState::NeedsReview => "Needs review",
        LineState::ManuallyFixed => "Manually fixed",
    }
}

/// The refused lines as a file of the same form, with number and reason behind.
pub(crate) fn errors_file(header: &[String], delimiter: char, lines: &[RefusedLine]) -> Vec<u8> {
    let beside = |place: &usize| {
        let name = header.get(*place).map(|name| name.trim().to_lowercase());
        !matches!(name.as_deref(), Some("line" | "reason"))
    };
    let kept: Vec<usize> = (0..header.len()).filter(beside).collect();
    let row = |cells: &[String], line: String, reason: &str| -> Vec<String> {
        let cells = kept.iter().map(|place| cells.get(*place).cloned().unwrap_or_default());
        cells.chain([line, reason.to_owned()]).collect()
    };
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    // Writing to memory does not fail: every row has as many cells as the header.
    drop(writer.write_record(row(header, "line".to_owned(), "reason")));
    for line in lines {
        drop(writer.write_record(row(&line.cells, line.line.to_string(), &line.reason)));
    }
    writer.into_inner().unwrap_or_default()
}
