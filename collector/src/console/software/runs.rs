//! The runs of the reconciliation: all of them with a chart, and one with its progress, its products and what could not be taken as it is.

use super::rows::{PositionRow, money};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Query,
        api::reconcile::{Names, PositionView},
        auth::{Caller, Principal},
    },
    console::{
        chart::{Chart, Point},
        frame::{Frame, shown},
        pager::{Pager, paged},
        render::{When, number, page, who},
    },
    reconcile::{PositionWish, Which},
    store::records::{ReconciliationRecord, ReconciliationState, Tier},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_domain::record::kinds::model::MODELS;
use serde::Deserialize;

/// Runs that are read for the page.
const RUNS: usize = 1_000;
/// Runs of the chart: a year of weekly ones.
const CHARTED: usize = 53;
/// The page of all runs.
const HERE: &str = "/software/runs";

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    frame: Frame,
    rows: Vec<RunRow>,
    pager: Pager,
    chart: Option<Chart>,
    first: String,
    last: String,
    publishers: Vec<String>,
    may_run: bool,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    frame: Frame,
    run: RunRow,
    facts: Vec<(&'static str, String)>,
    progress: Option<String>,
    products: Vec<PositionRow>,
    pager: Pager,
    newer: bool,
}

/// A run.
pub(super) struct RunRow {
    pub(super) id: u64,
    pub(super) began: When,
    pub(super) took: String,
    pub(super) by: String,
    pub(super) of: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) running: bool,
    pub(super) failed: Option<String>,
    pub(super) products: String,
    pub(super) not_compliant: String,
    pub(super) not_reconciled: String,
    pub(super) true_up: String,
    pub(super) warnings: Vec<String>,
}

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    page: usize,
}

/// `GET /software/runs`.
pub async fn runs_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(all(&context, &caller, asked).await)
}

/// `GET /software/runs/{id}`.
pub async fn run_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asking>,
) -> Response {
    shown(one(&context, &caller, &id, asked).await)
}

async fn all(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let runs = context.reconciliations.runs(None, RUNS).await?;
    let points = points(&runs, context);
    let (shown, pager) = paged(runs, asked.page, HERE, &[]);
    let frame = Frame::of(context, caller, HERE);
    page(&RunsPage {
        may_run: frame.may_post("/software"),
        frame,
        rows: shown.into_iter().map(|run| RunRow::of(run, context)).collect(),
        pager,
        chart: Chart::of(&points),
        first: points.first().map(|point| point.label.clone()).unwrap_or_default(),
        last: points.last().map(|point| point.label.clone()).unwrap_or_default(),
        publishers: publishers(context),
    })
}

async fn one(context: &AdminContext, caller: &Principal, id: &str, asked: Asking) -> Answer<Response> {
    // The progress first: a run that ends meanwhile is over on the page, never without either.
    let number_of = id.parse::<u64>().map_err(|_| Failure::not_found("reconciliation", id))?;
    let progress = progress_of(context, number_of);
    let run = context.reconciliations.run(number_of).await?;
    let wish = PositionWish { tier: Some(Tier::Product), ..PositionWish::default() };
    let products = match run.state {
        ReconciliationState::Done => context.reconciliations.positions(Which::Run(run.id), &wish).await?,
        _ => Vec::new(),
    };
    let latest = context.reconciliations.latest().await?;
    let here = format!("{HERE}/{}", run.id);
    let (products, pager) = paged(products, asked.page, &here, &[]);
    let names = Names::new(context);
    page(&RunPage {
        frame: Frame::of(context, caller, &here),
        progress: (run.state == ReconciliationState::Running).then_some(progress),
        newer: run.state == ReconciliationState::Done && !latest.iter().any(|source| source.run.id == run.id),
        facts: facts(&run),
        products: products.into_iter().map(|one| PositionRow::of(PositionView::of(one, &names))).collect(),
        pager,
        run: RunRow::of(run, context),
    })
}

/// Products that are not compliant against all of them, whole run by whole run, oldest first.
fn points(runs: &[ReconciliationRecord], context: &AdminContext) -> Vec<Point> {
    let whole = runs.iter().filter(|run| run.state == ReconciliationState::Done && run.publisher.is_none());
    let mut points: Vec<Point> = whole
        .take(CHARTED)
        .map(|run| Point {
            label: run.started_at.with_timezone(&context.tz()).format("%Y-%m-%d").to_string(),
            value: run.counts.not_compliant,
            limit: Some(run.counts.products),
        })
        .collect();
    points.reverse();
    points
}

/// How far a run is, in words.
pub(super) fn progress_of(context: &AdminContext, run: u64) -> String {
    let progress = context.reconciliations.progress().filter(|progress| progress.run == run);
    progress.map_or_else(String::new, |progress| match (progress.done, progress.total) {
        (_, 0) => progress.phase.name().to_owned(),
        (done, total) => format!("{}, {done} of {total} products: {}", progress.phase.name(), progress.product),
    })
}

/// The publishers that have software models.
fn publishers(context: &AdminContext) -> Vec<String> {
    let models = context.records.list(&MODELS, |_| true);
    let mut names: Vec<String> = models.iter().filter_map(|seen| seen.values.get("publisher").map(ToString::to_string)).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    names.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    names
}

fn facts(run: &ReconciliationRecord) -> Vec<(&'static str, String)> {
    let counts = run.counts;
    let mut facts = vec![("Site date", run.site_date.to_string())];
    facts.extend(run.week.map(|week| ("For the week to", week.to_string())));
    let numbers = [
        ("Machines", counts.devices),
        ("Installs", counts.installs),
        ("Entitlements", counts.entitlements),
        ("Products", counts.products),
        ("Not compliant", counts.not_compliant),
        ("Not reconciled", counts.not_reconciled),
        ("Rows behind the numbers", counts.members),
        ("Removal candidates", counts.candidates),
    ];
    facts.extend(numbers.map(|(name, count)| (name, number(count))));
    facts
}

impl RunRow {
    pub(super) fn of(run: ReconciliationRecord, context: &AdminContext) -> Self {
        let (state, tone) = match run.state {
            ReconciliationState::Running => ("running", "warn"),
            ReconciliationState::Done => ("done", "good"),
            ReconciliationState::Failed => ("failed", "bad"),
        };
        let took = run.ended_at.map(|ended| ended.signed_duration_since(run.started_at).num_seconds());
        Self {
            id: run.id,
            began: When::of(run.started_at, context.now(), context.tz()),
            took: took.map_or_else(String::new, |seconds| match seconds {
                ..1 => "under 1 s".to_owned(),
                1..120 => format!("{seconds} s"),
                _ => format!("{} min", seconds / 60),
            }),
            by: who(&run.by),
            of: run.publisher.unwrap_or_else(|| "all publishers".to_owned()),
            state,
            tone,
            running: run.state == ReconciliationState::Running,
            failed: run.error,
            products: number(run.counts.products),
            not_compliant: number(run.counts.not_compliant),
            not_reconciled: number(run.counts.not_reconciled),
            true_up: money(&run.true_up.iter().map(|(currency, amount)| (currency.clone(), amount.to_string())).collect()),
            warnings: run.warnings,
        }
    }
}
