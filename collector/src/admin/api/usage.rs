//! `GET /api/v1/usage`: the highest use of each site date, per application and kind of seat.

use super::{
    openapi::Problems,
    usage_days::{self, LastDays},
};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page},
        problem::Answer,
    },
    store::records::{UsageKind, UsageRecord},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

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

/// Daily peaks, ordered by date, application and kind. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage", tag = "sessions", params(LastDays),
    responses((status = 200, description = "peaks", body = Page<UsageView>), Problems))]
pub async fn show(State(context): State<Ctx>, Query(which): Query<LastDays>, listing: Listing) -> Answer<Response> {
    let (application, days, paging) = which.parts(&context)?;
    let records = context.sessions.usage(application.as_deref(), days.0, days.1).await?;
    usage_days::known(&context, application.as_deref(), !records.is_empty()).await?;
    let key = |record: &UsageRecord| format!("{} {} {}", record.date, kind_name(record.kind), record.application);
    let page = Page::of(records, &paging, key)?.map(UsageView::from);
    Ok(page.answer(&listing, &["date", "application", "kind", "peak", "peak_at"]))
}
