//! The page about subscription units: what counts against what was bought, what is not opted in and what that would cost, how it
//! came to be, and the form that opts in and out.
//!
//! The form never acts at once: its first step shows the effect, its second one does it.

use super::{
    chart::{Chart, Point},
    frame::Frame,
    render::{number, page},
    units_rows::{ActRow, CategoryRow, Figure, ReportRow, Summary},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        auth::{Caller, Principal},
    },
    units::{Behind, Effect, UnitsError},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use muster_domain::units::{Availability, Choice};
use serde::Deserialize;

/// Weekly reports on the page: a year and the week that it is compared with.
const REPORTS: usize = 53;
/// Acts on the page.
const ACTS: usize = 20;

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    frame: Frame,
    summary: Summary,
    notice: Option<String>,
    preview: Option<Preview>,
    rows: Vec<CategoryRow>,
    free: Figure,
    undecided: Figure,
    assets: String,
    chart: Option<Chart>,
    reports: Vec<ReportRow>,
    acts: Vec<ActRow>,
    may_choose: bool,
    /// A resource category lacks its entitlement.
    lacking: bool,
}

/// What a choice would do, before it is made.
struct Preview {
    category: String,
    opts_in: bool,
    assets: (String, String),
    units: (String, String),
    all_assets: (String, String),
    /// What was bought, and whether more would be used.
    entitled: Option<(String, bool)>,
}

/// The form.
#[derive(Deserialize)]
pub struct UnitsForm {
    category: String,
    choice: Way,
    /// There in the second step only.
    #[serde(default)]
    confirmed: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    OptIn,
    OptOut,
}

/// `GET /units`.
pub async fn units_page(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Response> {
    show(&context, &caller, None, None).await
}

/// `POST /units`: shows what a choice would do; confirmed, makes it.
pub async fn units(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<UnitsForm>) -> Answer<Response> {
    let UnitsForm { category, choice, confirmed } = form;
    let choice = match choice {
        Way::OptIn => Choice::OptedIn,
        Way::OptOut => Choice::OptedOut,
    };
    let dry_run = confirmed.is_none();
    match context.units.choose(&category, choice, &caller.actor(), context.now(), dry_run).await {
        Ok(_) if !dry_run => Ok(Redirect::to("/units").into_response()),
        Ok(effect) => {
            let entitled = context.compliance.granted().and_then(|granted| granted.units);
            show(&context, &caller, None, Some(preview(effect, entitled))).await
        }
        Err(UnitsError::Choice(error)) => {
            let mut response = show(&context, &caller, Some(format!("Nothing was changed: {error}")), None).await?;
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Err(error) => Err(Failure::from(error)),
    }
}

async fn show(context: &AdminContext, caller: &Principal, notice: Option<String>, preview: Option<Preview>) -> Answer<Response> {
    let (standing, effects) = context.units.prospects().await?;
    let (now, zone) = (context.now(), context.tz());
    let frame = Frame::of(context, caller, "/units");
    let (site, report) = (&standing.site, &standing.report);
    let reports = context.units.reports(REPORTS).await?;
    let points: Vec<Point> = reports
        .iter()
        .rev()
        .map(|report| Point { label: report.site_date.to_string(), value: report.consumed, limit: report.entitled })
        .collect();
    let with_row = |(place, category)| Some((category, report.row(place)?));
    let catalogue = site.licensing.catalogue();
    page(&UnitsPage {
        summary: Summary::of(&standing),
        notice,
        preview,
        rows: catalogue
            .rows()
            .filter_map(with_row)
            .map(|(category, row)| CategoryRow::of(category, row, site, &effects, (now, zone)))
            .collect(),
        free: Figure::of(report.free, site.query_of(Behind::Free)),
        undecided: Figure::of(report.without_category, site.query_of(Behind::Undecided)),
        assets: number(report.counted()),
        chart: Chart::of(&points),
        reports: reports.iter().map(ReportRow::of).collect(),
        acts: site.acts.iter().rev().take(ACTS).map(|act| ActRow::of(act, now, zone)).collect(),
        may_choose: frame.may_post("/units"),
        lacking: report.rows.iter().any(|row| row.availability == Availability::NoEntitlement),
        frame,
    })
}

fn preview(effect: Effect, entitled: Option<u64>) -> Preview {
    let Effect { category, choice, before, after } = effect;
    let both = |before: u64, after: u64| (number(before), number(after));
    Preview {
        category,
        opts_in: choice == Choice::OptedIn,
        assets: both(before.category_assets, after.category_assets),
        units: both(before.units, after.units),
        all_assets: both(before.assets, after.assets),
        entitled: entitled.map(|entitled| (number(entitled), after.units > entitled)),
    }
}
