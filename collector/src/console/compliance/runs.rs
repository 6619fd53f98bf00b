//! Where the count stands against the limit: the chart and the list of runs, and the form that counts now.

use super::{behind, rows::RunRow};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Query,
        api::compliance::PATIENCE,
        auth::{Caller, Principal},
    },
    console::{
        chart::{Chart, Point},
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{number, page},
        status::{advice, tone},
    },
    store::records::{RunKind, RunRecord},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;

/// The page of all runs.
const HERE: &str = "/compliance";
/// Runs on a page.
const ROWS: usize = 50;
/// Runs of the chart.
const CHARTED: usize = 90;

#[derive(Template)]
#[template(path = "compliance.html")]
struct CompliancePage {
    frame: Frame,
    note: Option<Note>,
    headline: String,
    advice: Option<String>,
    tone: &'static str,
    /// The assets of the newest run that counted.
    counted: Option<String>,
    query: String,
    states: Vec<behind::Part>,
    categories: Vec<behind::Part>,
    uncounted: Option<String>,
    chart: Option<Chart>,
    first: String,
    last: String,
    rows: Vec<RunRow>,
    newest: Option<&'static str>,
    next: Option<String>,
    may_run: bool,
}

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// Runs before this one.
    before: Option<u64>,
}

/// `GET /compliance`.
pub async fn compliance_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, asked, &headers).await)
}

/// `POST /compliance`: counts now.
pub async fn count_now(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let (compliance, actor) = (Arc::clone(&context.compliance), caller.actor());
    // A task of its own: a browser that goes away must not leave half a run behind.
    let running = tokio::spawn(async move { compliance.run(RunKind::Manual, &actor).await });
    let done = async {
        let text = match tokio::time::timeout(PATIENCE, running).await {
            Err(_) => "It is still counting; the run will be first in the list.".to_owned(),
            Ok(Err(error)) => return Err(Failure::internal(error)),
            Ok(Ok(run)) => told(&run?),
        };
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
    };
    shown(done.await)
}

fn told(run: &RunRecord) -> String {
    match (&run.error, run.asset_count) {
        (Some(error), _) => format!("Run {} could not judge: {error}", run.id),
        (None, Some(count)) => format!("Run {} counted {}.", run.id, assets(count)),
        (None, None) => format!("Run {} counted nothing: there is no licence.", run.id),
    }
}

fn assets(count: u64) -> String {
    if count == 1 { "1 asset".to_owned() } else { format!("{} assets", number(count)) }
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let mut runs = context.stores.license.runs(asked.before, CHARTED.max(ROWS + 1)).await?;
    let points = points(&runs);
    let next = runs.get(ROWS).and_then(|_| runs.get(ROWS - 1)).map(|last| address(HERE, &[("before", &last.id.to_string())]));
    runs.truncate(ROWS);
    let status = context.board.status();
    let last = context.compliance.last_run();
    let references = context.references.snapshot();
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let response = page(&CompliancePage {
        may_run: frame.may_post(HERE),
        frame,
        note,
        headline: status.headline(),
        advice: advice(&status),
        tone: tone(&status),
        counted: last.as_deref().and_then(behind::counted),
        query: last.as_deref().and_then(|run| run.query.clone()).unwrap_or_default(),
        states: last.as_deref().map(behind::by_state).unwrap_or_default(),
        categories: last.as_deref().map(|run| behind::by_category(run, &references)).unwrap_or_default(),
        uncounted: crate::publish::uncounted(status.compliance.uncounted_empty_state),
        chart: Chart::of(&points),
        first: points.first().map(|point| point.label.clone()).unwrap_or_default(),
        last: points.last().map(|point| point.label.clone()).unwrap_or_default(),
        rows: runs.iter().map(|run| RunRow::of(run, context)).collect(),
        newest: asked.before.map(|_| HERE),
        next,
    })?;
    Ok(shown_once.on(response))
}

/// What was counted against the limit, oldest first.
fn points(runs: &[RunRecord]) -> Vec<Point> {
    let point =
        |run: &RunRecord| Some(Point { label: run.site_date.to_string(), value: run.asset_count?, limit: run.asset_limit });
    let mut points: Vec<Point> = runs.iter().take(CHARTED).filter_map(point).collect();
    points.reverse();
    points
}
