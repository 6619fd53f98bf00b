//! `GET /api/v1/usage`: the highest use of each site date, per application and kind of seat.

use super::{openapi::Problems, usage_days};
use crate::{
    admin::{
        context::Ctx,
        extract::{Query, Wanted},
        page::{Page, Paging},
        problem::Answer,
    },
    store::records::{UsageKind, UsageRecord},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days shown when nothing else is said.
const DEFAULT_DAYS: u64 = 30;
/// Most days of one request.
const MAX_DAYS: i64 = 3660;

/// The peak of one application, kind and site date.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageView {
    /// Site date.
    pub date: NaiveDate,
    /// Application.
    pub application: String,
    /// `total`, `named` or `floating`.
    pub kind: &'static str,
    /// Highest number of seats in use at one instant.
    pub peak: u64,
    /// When it was first reached.
    pub peak_at: DateTime<Utc>,
    /// Who held the seats at that instant.
    pub holders: Vec<HolderView>,
}

/// A counted user at a client.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolderView {
    /// Login user name.
    pub user: String,
    /// Where the user sat.
    pub client_ip: String,
}

impl From<UsageRecord> for UsageView {
    fn from(record: UsageRecord) -> Self {
        let UsageRecord { date, application, kind, peak, peak_at, holders } = record;
        let kind = kind_name(kind);
        let holders = holders.into_iter().map(|(user, client_ip)| HolderView { user, client_ip }).collect();
        Self { date, application, kind, peak, peak_at, holders }
    }
}

const fn kind_name(kind: UsageKind) -> &'static str {
    match kind {
        UsageKind::Total => "total",
        UsageKind::Named => "named",
        UsageKind::Floating => "floating",
    }
}

/// Which peaks.
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

/// Daily peaks, ordered by date, application and kind. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage", tag = "sessions", params(Which),
    responses((status = 200, description = "peaks", body = Page<UsageView>), Problems))]
pub async fn show(State(context): State<Ctx>, Query(which): Query<Which>, wanted: Wanted) -> Answer<Response> {
    let Which { application, from, to, limit, cursor } = which;
    let (from, to) = usage_days::span(&context, (from, to), DEFAULT_DAYS, MAX_DAYS)?;
    let records = context.sessions.usage(application.as_deref(), from, to).await?;
    let key = |record: &UsageRecord| format!("{} {} {}", record.date, kind_name(record.kind), record.application);
    let page = Page::of(records, &Paging { limit, cursor }, key)?.map(UsageView::from);
    Ok(page.answer(wanted, "/api/v1/usage", &["date", "application", "kind", "peak", "peak_at"]))
}
