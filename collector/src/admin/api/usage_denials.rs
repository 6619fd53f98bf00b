//! `GET /api/v1/usage/denials`: what was asked of pools and what did not come of it, day by day.

use super::{
    openapi::Problems,
    usage_asked::AskedView,
    usage_days::{self, LastDays},
};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page},
        problem::Answer,
    },
    store::records::DemandRecord,
};
use axum::{extract::State, response::Response};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

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

/// Denials, queues, waiting times and over-use, ordered by date and application. A day on which nothing was asked has no row. Refused
/// while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/denials", tag = "sessions", params(LastDays),
    responses((status = 200, description = "denials", body = Page<DenialsView>), Problems))]
pub async fn denials(State(context): State<Ctx>, Query(which): Query<LastDays>, listing: Listing) -> Answer<Response> {
    let (application, days, paging) = which.parts(&context)?;
    let records = context.sessions.asked(application.as_deref(), days).await?;
    usage_days::known(&context, application.as_deref(), !records.is_empty()).await?;
    let key = |record: &DemandRecord| format!("{} {}", record.date, record.application);
    let page = Page::of(records, &paging, key)?.map(DenialsView::from);
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
    Ok(page.answer(&listing, &columns))
}
