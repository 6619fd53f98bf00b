//! One position: why it stands as it does, its figures, its models and metrics, its entitlements, what can be done, what may go, and the
//! rows behind every number.

use super::{
    candidates::{CandidateRow, listed},
    figures::{Figure, figures},
    remedies::RemedyRow,
    rows::{MemberRow, PositionRow, disposition_words, words},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        api::reconcile::{MemberView, Names, PositionView, RemedyView},
        auth::{Caller, Principal},
    },
    console::{
        chart::{Chart, Point},
        frame::{Frame, shown},
        note::Note,
        pager::address,
        records::{Column, Row, columns, row},
        render::{number, page},
    },
    reconcile::PositionId,
    store::{
        ports::CandidateWish,
        records::{PositionRecord, Tier},
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::HeaderMap;
use muster_domain::{reconcile::run::Disposition, record::kinds::entitlement::ENTITLEMENTS};
use serde::Deserialize;

/// Rows on a page.
const ROWS: usize = 100;
/// Runs of the chart: a year.
const RUNS: usize = 53;
/// Removal candidates on the page.
const CANDIDATES: usize = 10;

#[derive(Template)]
#[template(path = "position.html")]
struct PositionPage {
    frame: Frame,
    note: Option<Note>,
    title: String,
    one: PositionRow,
    figures: Vec<Figure>,
    /// What it is part of, from the product down.
    above: Vec<(String, String)>,
    parts: Vec<PositionRow>,
    columns: Vec<Column>,
    entitlements: Vec<Row>,
    remedies: Vec<RemedyRow>,
    candidates: Vec<CandidateRow>,
    all_candidates: String,
    filters: Vec<Filter>,
    members: Vec<MemberRow>,
    of_members: String,
    next: Option<String>,
    chart: Option<Chart>,
    past: Vec<PastRow>,
    warnings: Vec<String>,
    may_move: bool,
}

/// Rows of one kind.
struct Filter {
    title: String,
    link: String,
    chosen: bool,
}

/// What a product came to in an earlier run.
struct PastRow {
    date: String,
    row: PositionRow,
}

/// Which rows of a position.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    from: u64,
    how: String,
}

/// `GET /software/positions/{id}`.
pub async fn position_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, &id, asked, &headers).await)
}

async fn show(
    context: &AdminContext,
    caller: &Principal,
    id: &str,
    Asking { from, how }: Asking,
    headers: &HeaderMap,
) -> Answer<Response> {
    let service = &context.reconciliations;
    let one = service.position(id.parse::<PositionId>()?).await?;
    let here = format!("/software/positions/{}-{}", one.run, one.number);
    let mut names = Names::new(context);
    let mut parts = service.parts_of(&one).await?;
    parts.retain(|part| part.number != one.number);
    let only = serde_json::from_value::<Disposition>(how.clone().into()).ok();
    let rows = service.members(&one, only, from, ROWS + 1).await?;
    let next = rows.get(ROWS).map(|(place, _)| place.to_string());
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
    let candidates = listed(context, wish, None, CANDIDATES).await?;
    let model = one.model.map(|model| model.to_string()).unwrap_or_default();
    let all_candidates =
        address("/software/candidates", &[("publisher", &one.publisher), ("product", &one.product), ("model", &model)]);
    let remedies = service.remedies(&one).await?;
    let mut entitlements = Vec::new();
    let counted: std::collections::BTreeSet<uuid::Uuid> =
        parts.iter().chain([&one]).flat_map(|part| part.entitlements.iter().copied()).collect();
    for id in counted {
        if let Ok(seen) = context.records.get(&ENTITLEMENTS, &id.to_string()) {
            entitlements.push(row(&context.records, &ENTITLEMENTS, &seen).await?);
        }
    }
    let (chart, past) = history(context, &names, &one).await?;
    let above = above(context, &names, &one).await?;
    let (note, shown_once) = Note::take(headers, &here, context.tls);
    let view = PositionView::of(one, &names);
    let frame = Frame::of(context, caller, "/software/positions");
    let response = page(&PositionPage {
        may_move: frame.may_post("/software/positions/{id}/remedies"),
        frame,
        note,
        title: title(&view),
        figures: figures(&view),
        above,
        parts: parts.into_iter().map(|part| PositionRow::of(PositionView::of(part, &names))).collect(),
        columns: columns(&ENTITLEMENTS),
        entitlements,
        remedies: remedies.into_iter().map(|one| RemedyRow::of(RemedyView::of(one, &names))).collect(),
        candidates,
        all_candidates,
        filters: filters(&here, only),
        members,
        of_members: number(view.members),
        next: next.map(|next| format!("{}#rows", address(&here, &[("how", &how), ("from", &next)]))),
        chart,
        past,
        warnings: view.warnings.clone(),
        one: PositionRow::of(view),
    })?;
    Ok(shown_once.on(response))
}

/// What a product came to run by run: the chart, and the table behind it, newest first.
async fn history(context: &AdminContext, names: &Names<'_>, one: &PositionRecord) -> Answer<(Option<Chart>, Vec<PastRow>)> {
    if one.tier != Tier::Product {
        return Ok((None, Vec::new()));
    }
    let past = context.reconciliations.history(Some(&one.publisher), &one.product).await?;
    let past: Vec<PositionRecord> = past.into_iter().filter(|past| past.grouping == one.grouping).collect();
    let past = past.get(past.len().saturating_sub(RUNS)..).unwrap_or_default().to_vec();
    let zone = context.tz();
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d").to_string();
    // Rights of unlike things make no line.
    let points: Vec<Point> = past
        .iter()
        .filter(|past| !past.figures.mixed)
        .map(|past| Point { label: day(past.at), value: past.figures.used(), limit: Some(past.figures.owned) })
        .collect();
    let rows = past.into_iter().rev().map(|past| {
        let date = day(past.at);
        PastRow { date, row: PositionRow::of(PositionView::of(past, names)) }
    });
    Ok((Chart::of(&points), rows.collect()))
}

/// The positions above one, from the product down: where each is, and what it is called.
async fn above(context: &AdminContext, names: &Names<'_>, one: &PositionRecord) -> Answer<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut parent = one.parent;
    while let Some(number) = parent {
        let above = context.reconciliations.position(PositionId { run: one.run, number }).await?;
        parent = above.parent;
        let view = PositionView::of(above, names);
        found.insert(0, (format!("/software/positions/{}", view.id), title(&view)));
    }
    Ok(found)
}

/// Links to all rows, and to those that are licensed in one way.
fn filters(here: &str, only: Option<Disposition>) -> Vec<Filter> {
    let link = |how: &str| format!("{}#rows", address(here, &[("how", how)]));
    let mut filters = vec![Filter { title: "All".to_owned(), link: link(""), chosen: only.is_none() }];
    filters.extend(disposition_words().into_iter().map(|(how, word)| Filter {
        title: words(&word),
        link: link(&word),
        chosen: only == Some(how),
    }));
    filters
}

fn title(one: &PositionView) -> String {
    let model = one.model.as_ref().and_then(|model| model.display.clone());
    let metric = one.metric_group.clone().zip(one.metric.clone()).map(|(group, metric)| format!("{group} / {metric}"));
    let product = format!("{} {}", one.publisher, one.product).trim().to_owned();
    let mut parts = vec![model.unwrap_or(product)];
    parts.extend(metric);
    parts.join(": ")
}
