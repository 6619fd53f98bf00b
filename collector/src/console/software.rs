//! The pages about software: what is owned against what is used, product by product; each product with its models, metrics, the rows
//! behind them, and what can be done. The form begins a run.

use super::{
    chart::{Chart, Point},
    render::{When, number, page},
    software_rows::{CandidateRow, Headline, MemberRow, PositionRow, RemedyRow},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::reconcile::{CandidateView, MemberView, Names, PositionView, RemedyView},
        auth::{Access, Caller, Principal, Proof, find, role_name},
    },
    reconcile::{Asked, PositionId, PositionWish, ReconcileError, Which},
    store::{
        ports::CandidateWish,
        records::{ReconciliationRecord, ReconciliationState, Tier},
    },
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;

/// How long the form waits for the run that it began.
const PATIENCE: Duration = Duration::from_secs(10);
/// Rows on a page.
const ROWS: usize = 100;
/// Runs of the chart: a year.
const RUNS: usize = 53;

/// Who looks at the page, and what every page shows.
struct Frame {
    csrf: String,
    who: String,
    role: &'static str,
    console: bool,
    may_run: bool,
    updated: When,
    time_zone: String,
    version: String,
}

#[derive(Template)]
#[template(path = "software.html")]
struct SoftwarePage {
    frame: Frame,
    notice: Option<String>,
    headline: Headline,
    products: Vec<PositionRow>,
    publishers: Vec<String>,
    last: Option<Last>,
    models: usize,
    entitlements: usize,
}

/// The last run.
struct Last {
    id: u64,
    at: When,
    by: String,
    failed: Option<String>,
    running: Option<String>,
    warnings: Vec<String>,
}

#[derive(Template)]
#[template(path = "position.html")]
struct PositionPage {
    frame: Frame,
    title: String,
    one: PositionRow,
    figures: Vec<(&'static str, String)>,
    parent: Option<String>,
    parts: Vec<PositionRow>,
    members: Vec<MemberRow>,
    of_members: String,
    next: Option<u64>,
    remedies: Vec<RemedyRow>,
    candidates: Vec<CandidateRow>,
    chart: Option<Chart>,
    first: String,
    last: String,
    warnings: Vec<String>,
    entitlements: Vec<String>,
}

/// The form.
#[derive(Deserialize)]
pub struct SoftwareForm {
    #[serde(default)]
    publisher: String,
}

/// Which rows of a position.
#[derive(Deserialize)]
pub struct From {
    from: Option<u64>,
}

/// `GET /software`.
pub async fn software_page(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Response> {
    show(&context, &caller, None).await
}

/// `POST /software`: begins a run, and waits a little for its end.
pub async fn software(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<SoftwareForm>) -> Answer<Response> {
    let publisher = Some(form.publisher.trim().to_owned()).filter(|name| !name.is_empty());
    match context.reconciliations.start(Asked { by: caller.actor(), publisher, week: None }).await {
        Ok(started) => {
            // Whether it is over by then says the page.
            let _ = tokio::time::timeout(PATIENCE, started.end).await;
            Ok(Redirect::to("/software").into_response())
        }
        Err(error @ (ReconcileError::Busy(_) | ReconcileError::BusyElsewhere | ReconcileError::NoPublisher(_))) => {
            let mut response = show(&context, &caller, Some(error.to_string())).await?;
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Err(error) => Err(Failure::from(error)),
    }
}

/// `GET /software/positions/{id}`.
pub async fn position_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(From { from }): Query<From>,
) -> Answer<Response> {
    let service = &context.reconciliations;
    let one = service.position(id.parse::<PositionId>()?).await?;
    let mut names = Names::new(&context);
    let mut parts = service.parts_of(&one).await?;
    parts.retain(|part| part.number != one.number);
    let rows = service.members(&one, None, from.unwrap_or_default(), ROWS + 1).await?;
    let next = rows.get(ROWS).map(|(place, _)| *place);
    let mut members = Vec::new();
    for (_, row) in rows.into_iter().take(ROWS) {
        members.push(MemberRow::of(MemberView::of(row, &mut names).await?));
    }
    let wish = CandidateWish {
        publisher: Some(one.publisher.clone()),
        product: Some(one.product.clone()),
        model: one.model,
        open: Some(true),
        ..CandidateWish::default()
    };
    let mut candidates = Vec::new();
    for candidate in service.candidates(wish, None, ROWS).await? {
        candidates.push(CandidateRow::of(CandidateView::of(candidate, &mut names).await?));
    }
    let remedies = service.remedies(&one).await?;
    let history = match one.tier {
        Tier::Product => service.history(Some(&one.publisher), &one.product).await?,
        _ => Vec::new(),
    };
    let history: Vec<_> = history.into_iter().filter(|past| past.grouping == one.grouping).collect();
    let shown = history.get(history.len().saturating_sub(RUNS)..).unwrap_or_default();
    let zone = context.tz();
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d").to_string();
    let points: Vec<Point> = shown
        .iter()
        .map(|past| Point { label: day(past.at), value: past.figures.used(), limit: Some(past.figures.owned) })
        .collect();
    let view = PositionView::of(one, &names);
    page(&PositionPage {
        frame: frame(&context, &caller),
        title: title(&view),
        figures: PositionRow::figures(&view),
        parent: view.parent.clone(),
        parts: parts.into_iter().map(|part| PositionRow::of(PositionView::of(part, &names))).collect(),
        members,
        of_members: number(view.members),
        next,
        remedies: remedies.into_iter().map(|one| RemedyRow::of(RemedyView::of(one, &names))).collect(),
        candidates,
        chart: Chart::of(&points),
        first: points.first().map(|point| point.label.clone()).unwrap_or_default(),
        last: points.last().map(|point| point.label.clone()).unwrap_or_default(),
        warnings: view.warnings.clone(),
        entitlements: view.entitlements.iter().filter_map(|one| one.display.clone()).collect(),
        one: PositionRow::of(view),
    })
}

async fn show(context: &AdminContext, caller: &Principal, notice: Option<String>) -> Answer<Response> {
    let service = &context.reconciliations;
    let wish = PositionWish { tier: Some(Tier::Product), ..PositionWish::default() };
    let products = service.positions(Which::Latest, &wish).await?;
    let shelf = context.records.snapshot();
    let mut publishers: Vec<String> = products.iter().map(|one| one.publisher.clone()).collect();
    publishers.dedup();
    let names = Names::new(context);
    let last = service.runs(None, 1).await?.pop();
    page(&SoftwarePage {
        frame: frame(context, caller),
        notice,
        headline: Headline::of(&products),
        products: products.into_iter().map(|one| PositionRow::of(PositionView::of(one, &names))).collect(),
        publishers,
        last: last.map(|run| told(context, run)),
        models: shelf.len("models"),
        entitlements: shelf.len("entitlements"),
    })
}

fn told(context: &AdminContext, run: ReconciliationRecord) -> Last {
    let progress = context.reconciliations.progress().filter(|progress| progress.run == run.id);
    let far = progress.map(|progress| match (progress.done, progress.total) {
        (_, 0) => progress.phase.name().to_owned(),
        (done, total) => format!("{}, {} of {} products", progress.phase.name(), done, total),
    });
    Last {
        id: run.id,
        at: When::of(run.ended_at.unwrap_or(run.started_at), context.now(), context.tz()),
        by: run.by,
        failed: run.error,
        running: (run.state == ReconciliationState::Running).then(|| far.unwrap_or_default()),
        warnings: run.warnings,
    }
}

fn title(one: &PositionView) -> String {
    let model = one.model.as_ref().and_then(|model| model.display.clone());
    let metric = one.metric_group.clone().zip(one.metric.clone()).map(|(group, metric)| format!("{group} / {metric}"));
    let product = format!("{} {}", one.publisher, one.product).trim().to_owned();
    let mut parts = vec![model.unwrap_or(product)];
    parts.extend(metric);
    parts.join(": ")
}

fn frame(context: &AdminContext, caller: &Principal) -> Frame {
    let (who, csrf, console) = match &caller.proof {
        Proof::Console(session) => (session.user.clone(), session.csrf.as_str().to_owned(), true),
        Proof::Token(id) => (format!("API token {id}"), String::new(), false),
    };
    let admitted = match find(&Method::POST, "/software").map(|operation| operation.access) {
        Some(Access::From(role)) => caller.role >= role,
        _ => false,
    };
    let (now, status) = (context.now(), context.board.status());
    Frame {
        csrf,
        who,
        role: role_name(caller.role),
        console,
        may_run: console && admitted,
        updated: When::of(now, now, context.tz()),
        time_zone: status.time_zone.clone(),
        version: status.version,
    }
}
