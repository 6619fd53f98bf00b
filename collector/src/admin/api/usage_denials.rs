//! `GET /api/v1/usage/denials`: what was asked of pools and what did not come of it, day by day.

use super::{openapi::Problems, usage_asked::AskedView, usage_days};
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
    /// What was asked.
    #[serde(flatten)]
    pub asked: AskedView,
    /// How long those that were served had waited on average; null when nobody was served after waiting.
    pub mean_wait_seconds: Option<u64>,
}

impl From<DemandRecord> for DenialsView {
    fn from(DemandRecord { date, application, asked }: DemandRecord) -> Self {
        Self { date, application, asked: asked.into(), mean_wait_seconds: asked.mean_wait_seconds() }
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
