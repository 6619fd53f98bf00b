//! `/api/v1/compliance`: the state, the runs, and a run now.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    compliance::kind_name,
    publish::{ComplianceStatus, LicenseFacts, State as Product},
    store::records::{RunDifference, RunKind, RunRecord},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use http::{StatusCode, header};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use utoipa::ToSchema;

/// How long a request waits for its run.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Compliance as of now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComplianceView {
    /// The site's time zone: its dates begin in it.
    pub time_zone: String,
    /// The state of the product.
    pub state: Product,
    /// Its reason.
    pub reason: Option<String>,
    /// The last count and what follows from it.
    #[serde(flatten)]
    pub compliance: ComplianceStatus,
}

/// One run: what was counted, by which query, and what followed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunView {
    /// Ascending.
    pub id: u64,
    /// `nightly`, `key` or `manual`.
    pub kind: &'static str,
    /// The site date it judged.
    pub site_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub finished_at: DateTime<Utc>,
    /// Who asked for it.
    pub by: String,
    /// Serial of the licence in force.
    pub license_serial: Option<u64>,
    /// The query that counted.
    pub query: Option<String>,
    /// The table that it counted.
    pub table: String,
    /// What its negative conditions did with empty fields: `sql` or `inclusive`.
    pub null_mode: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Assets that the query counts.
    pub asset_count: Option<u64>,
    /// The limit.
    pub asset_limit: Option<u64>,
    /// Assets with an empty state, which are not counted.
    pub uncounted_empty_state: u64,
    /// Enabled accounts.
    pub user_count: u64,
    /// All assets of the table by state; the empty name stands for no state.
    pub by_state: BTreeMap<String, u64>,
    /// Counted assets by model category; the empty name stands for none.
    pub by_category: BTreeMap<String, u64>,
    /// What changed since the nightly run before.
    pub since: Option<DifferenceView>,
    /// State before.
    pub state_before: String,
    /// State after.
    pub state_after: String,
    /// Reason after.
    pub reason_after: Option<String>,
    /// Why nothing could be judged; the state before was kept.
    pub error: Option<String>,
}

/// What a run counted more or less than an earlier one; what did not change is left out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifferenceView {
    /// The earlier run.
    pub run: u64,
    /// Its site date.
    pub site_date: NaiveDate,
    /// Assets counted.
    pub asset_count: i64,
    /// Assets of the table by state; the empty name stands for no state.
    pub by_state: BTreeMap<String, i64>,
    /// Counted assets by model category; the empty name stands for none.
    pub by_category: BTreeMap<String, i64>,
}

impl From<RunDifference> for DifferenceView {
    fn from(difference: RunDifference) -> Self {
        let RunDifference { run, site_date, asset_count, by_state, by_category } = difference;
        Self { run, site_date, asset_count, by_state, by_category }
    }
}

impl From<RunRecord> for RunView {
    fn from(run: RunRecord) -> Self {
        let RunRecord {
            id,
            kind,
            site_date,
            started_at,
            finished_at,
            by,
            license_serial,
            query,
            table,
            null_mode,
            asset_count,
            asset_limit,
            uncounted_empty_state,
            user_count,
            by_state,
            by_category,
            since,
            state_before,
            state_after,
            reason_after,
            error,
        } = run;
        let kind = kind_name(kind);
        let duration_ms = u64::try_from((finished_at - started_at).num_milliseconds()).unwrap_or_default();
        Self {
            id,
            kind,
            site_date,
            started_at,
            finished_at,
            by,
            license_serial,
            query,
            table,
            null_mode,
            duration_ms,
            asset_count,
            asset_limit,
            uncounted_empty_state,
            user_count,
            by_state,
            by_category,
            since: since.map(DifferenceView::from),
            state_before,
            state_after,
            reason_after,
            error,
        }
    }
}

/// The state and the last count.
#[utoipa::path(get, path = "/api/v1/compliance", tag = "compliance",
    responses((status = 200, description = "compliance", body = ComplianceView), Problems))]
pub async fn show(State(context): State<Ctx>) -> Json<ComplianceView> {
    let LicenseFacts { state, reason, license: _, compliance } = context.compliance.facts();
    Json(ComplianceView { time_zone: context.compliance.zone().to_string(), state, reason, compliance })
}

/// Runs, newest first.
#[utoipa::path(get, path = "/api/v1/compliance/runs", tag = "compliance", params(Paging),
    responses((status = 200, description = "runs", body = Page<RunView>), Problems))]
pub async fn runs(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let limit = paging.limit()?;
    let runs = context.stores.license.runs(paging.after()?, limit + 1).await?;
    let page = Page::cut(runs, limit, |run| run.id.to_string()).map(RunView::from);
    let columns = [
        "id",
        "kind",
        "site_date",
        "started_at",
        "finished_at",
        "by",
        "license_serial",
        "query",
        "table",
        "null_mode",
        "duration_ms",
        "asset_count",
        "asset_limit",
        "uncounted_empty_state",
        "user_count",
        "state_before",
        "state_after",
        "reason_after",
        "error",
    ];
    Ok(page.answer(&listing, &columns))
}

/// Counts now, with the code of the nightly run. 201 with the run when it is over; 202 when it takes longer than 20 s: it
/// goes on, and appears first in the list of runs.
#[utoipa::path(post, path = "/api/v1/compliance/runs", tag = "compliance",
    responses(
        (status = 201, description = "the run", body = RunView, headers(("location" = String, description = "the run"))),
        (status = 202, description = "still running", headers(("location" = String, description = "the list of runs"))),
        Problems))]
pub async fn run(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Response> {
    let compliance = Arc::clone(&context.compliance);
    let actor = caller.actor();
    // A task of its own: a client that goes away must not leave half a run behind.
    let running = tokio::spawn(async move { compliance.run(RunKind::Manual, &actor).await });
    match tokio::time::timeout(PATIENCE, running).await {
        Err(_) => Ok((StatusCode::ACCEPTED, [(header::LOCATION, "/api/v1/compliance/runs")]).into_response()),
        Ok(Err(error)) => Err(Failure::internal(error)),
        Ok(Ok(run)) => {
            let run = RunView::from(run?);
            let location = format!("/api/v1/compliance/runs/{}", run.id);
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(run)).into_response())
        }
    }
}

/// One run.
#[utoipa::path(get, path = "/api/v1/compliance/runs/{id}", tag = "compliance",
    params(("id" = u64, Path, description = "the run")),
    responses((status = 200, description = "the run", body = RunView), Problems))]
pub async fn run_show(State(context): State<Ctx>, Id(id): Id<u64>) -> Answer<Json<RunView>> {
    let run = context.stores.license.run(id).await?.ok_or_else(|| Failure::not_found("run", &id.to_string()))?;
    Ok(Json(run.into()))
}
