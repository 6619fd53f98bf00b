//! `GET /api/v1/usage/denials`: what was asked of pools and what did not come of it, day by day.

use super::{openapi::Problems, usage_days, usage_hours::seconds};
use crate::{
    admin::{
        context::Ctx,
        extract::{Query, Wanted},
        page::{Page, Paging},
        problem::Answer,
    },
    store::records::DemandRecord,
};
use axum::{extract::State, response::Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days before the last one when nothing else is said.
const BACK: u64 = 30;
/// Most days of one request.
const MAX_DAYS: i64 = 3660;

/// What was asked of an application's pool on one site date.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DenialsView {
    /// Site date.
    pub date: NaiveDate,
    /// Application.
    pub application: String,
    /// Seats that were given; claims that shared one are not among them.
    pub granted: u64,
    /// Floating seats among them that were given beyond the limit.
    pub over_use: u64,
    /// Claims that were refused because no seat was free.
    pub denied: u64,
    /// Claims that the access lists kept out.
    pub not_admitted: u64,
    /// Claims that had to wait.
    pub queued: u64,
    /// The longest queue.
    pub longest_queue: u64,
    /// Claims that got a seat after they had waited.
    pub served: u64,
    /// Claims that gave up their place, or did not ask for it any more.
    pub gave_up: u64,
    /// How long those that were served had waited, together.
    pub waited_seconds: u64,
    /// How long they had waited on average; null when nobody was served after waiting.
    pub mean_wait_seconds: Option<u64>,
    /// How long the one of them that waited longest had waited.
    pub longest_wait_seconds: u64,
}

impl From<DemandRecord> for DenialsView {
    fn from(record: DemandRecord) -> Self {
        let mean_wait_seconds = record.asked().mean_wait_ms().map(seconds);
        let DemandRecord {
            date,
            application,
            granted,
            over_use,
            denied,
            not_admitted,
            queued,
            longest_queue,
            served,
            gave_up,
            waited_ms,
            longest_wait_ms,
        } = record;
        let (waited_seconds, longest_wait_seconds) = (seconds(waited_ms), seconds(longest_wait_ms));
        Self {
            date,
            application,
            granted,
            over_use,
            denied,
            not_admitted,
            queued,
            longest_queue,
            served,
            gave_up,
            waited_seconds,
            mean_wait_seconds,
            longest_wait_seconds,
        }
    }
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only this application.
    application: Option<String>,
    /// First site date; 30 days before `to` when absent.
    from: Option<NaiveDate>,
    /// Last site date; today when absent.
    to: Option<NaiveDate>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Denials, queues, waiting times and over-use, ordered by date and application. A day on which nothing was asked has no row. Refused
/// while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/denials", tag = "sessions", params(Which),
    responses((status = 200, description = "denials", body = Page<DenialsView>), Problems))]
pub async fn denials(State(context): State<Ctx>, Query(which): Query<Which>, wanted: Wanted) -> Answer<Response> {
    let Which { application, from, to, limit, cursor } = which;
    let days = usage_days::span(&context, (from, to), BACK, MAX_DAYS)?;
    let records = context.sessions.asked(application.as_deref(), days).await?;
    usage_days::known(&context, application.as_deref(), !records.is_empty()).await?;
    let key = |record: &DemandRecord| format!("{} {}", record.date, record.application);
    let page = Page::of(records, &Paging { limit, cursor }, key)?.map(DenialsView::from);
    let columns = [
        "date",
        "application",
        "granted",
        "over_use",
        "denied",
        "not_admitted",
        "queued",
        "longest_queue",
        "served",
        "gave_up",
        "waited_seconds",
        "mean_wait_seconds",
        "longest_wait_seconds",
    ];
    Ok(page.answer(wanted, "/api/v1/usage/denials", &columns))
}
