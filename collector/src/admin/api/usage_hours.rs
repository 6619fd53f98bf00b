//! `GET /api/v1/usage/hours`: how applications were used, hour by hour.

use super::{openapi::Problems, usage_asked::AskedView, usage_days};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging, strange_cursor},
        problem::Answer,
    },
    store::records::HourRecord,
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use muster_domain::session::{HourFigures, Limits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days before the last one when nothing else is said.
const BACK: u64 = 0;
/// Most days of one request.
const MAX_DAYS: i64 = 400;

/// An application in one hour of the site's clocks. A day on which clocks are changed has 23 or 25 of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HourView {
    /// The first instant of the hour.
    pub starts_at: DateTime<Utc>,
    /// Site date.
    pub date: NaiveDate,
    /// What the site's clocks show then. An hour that comes twice a night is told apart by `starts_at`.
    pub hour: String,
    /// Application.
    pub application: String,
    /// For how many seconds its pool was watched: less than 3600 when the collector stood still, and in the running hour.
    pub watched_seconds: u64,
    /// Highest number of seats in use at one instant, named and floating together.
    pub peak: u64,
    /// Highest number of named seats.
    pub named_peak: u64,
    /// Highest number of floating seats, also beyond the limit.
    pub floating_peak: u64,
    /// How long seats were in use, together: two seats for half an hour are 3600.
    pub seat_seconds: u64,
    /// Of named seats.
    pub named_seat_seconds: u64,
    /// Of floating seats.
    pub floating_seat_seconds: u64,
    /// Seats in use on average: `seat_seconds` over `watched_seconds`, to two places; null when nothing was watched.
    pub average: Option<String>,
    /// Named seats on average.
    pub named_average: Option<String>,
    /// Floating seats on average.
    pub floating_average: Option<String>,
    /// The named seats that there were at the end of the hour; null = unlimited.
    pub named_limit: Option<u64>,
    /// The floating seats that there were at the end of the hour; null = unlimited.
    pub floating_limit: Option<u64>,
    /// What was asked.
    #[serde(flatten)]
    pub asked: AskedView,
}

impl HourView {
    fn of(record: HourRecord, zone: Tz) -> Self {
        let HourRecord { start, application, figures } = record;
        let local = start.with_timezone(&zone);
        let average = |seat_seconds| figures.average(seat_seconds).map(|part| format!("{}.{:02}", part / 100, part % 100));
        let (total, named, floating) =
            (average(figures.seconds()), average(figures.named_seconds), average(figures.floating_seconds));
        let seat_seconds = figures.seconds();
        let HourFigures {
            watched_seconds,
            peak,
            named_peak,
            floating_peak,
            named_seconds,
            floating_seconds,
            limits: Limits { named: named_limit, floating: floating_limit },
            asked,
        } = figures;
        Self {
            starts_at: start,
            date: local.date_naive(),
            hour: local.format("%H:%M").to_string(),
            application,
            watched_seconds,
            peak,
            named_peak,
            floating_peak,
            seat_seconds,
            named_seat_seconds: named_seconds,
            floating_seat_seconds: floating_seconds,
            average: total,
            named_average: named,
            floating_average: floating,
            named_limit,
            floating_limit,
            asked: asked.into(),
        }
    }
}

/// Which hours.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only this application.
    application: Option<String>,
    /// First site date; that of `to` when absent.
    from: Option<NaiveDate>,
    /// Last site date; today when absent.
    to: Option<NaiveDate>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Hours of use, ordered by time and application, the running hour up to now. They are what pools did while the collector watched: use
/// that is told later (by an agent that could not reach the collector) is in the daily peaks only. An hour that is not here
/// was not watched at all. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/hours", tag = "sessions", params(Which),
    responses((status = 200, description = "hours", body = Page<HourView>), Problems))]
pub async fn hours(State(context): State<Ctx>, Query(which): Query<Which>, listing: Listing) -> Answer<Response> {
    let Which { application, from, to, limit, cursor } = which;
    let days = usage_days::span(&context, (from, to), BACK, MAX_DAYS)?;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let after = paging.after::<String>()?.map(|key| behind(&key)).transpose()?;
    let records = context.sessions.hours(application.as_deref(), days, after, limit + 1).await?;
    usage_days::known(&context, application.as_deref(), !records.is_empty()).await?;
    let key = |record: &HourRecord| format!("{} {}", record.start.timestamp(), record.application);
    let zone = context.tz();
    let page = Page::cut(records, limit, key).map(|record| HourView::of(record, zone));
    let columns = [
        "starts_at",
        "date",
        "hour",
        "application",
        "watched_seconds",
        "peak",
        "named_peak",
        "floating_peak",
        "seat_seconds",
        "named_seat_seconds",
        "floating_seat_seconds",
        "average",
        "named_average",
        "floating_average",
        "named_limit",
        "floating_limit",
        "granted",
        "over_use",
        "denied",
        "not_admitted",
        "queued",
        "longest_queue",
        "served",
        "gave_up",
        "waited_seconds",
        "longest_wait_seconds",
    ];
    Ok(page.answer(&listing, &columns))
}

fn behind(key: &str) -> Answer<(DateTime<Utc>, String)> {
    let (start, application) = key.split_once(' ').unwrap_or_default();
    let start = start.parse().ok().and_then(|start| DateTime::from_timestamp(start, 0));
    start.map(|start| (start, application.to_owned())).ok_or_else(strange_cursor)
}
