//! Runs: a list, one, and another one now.

use super::view::{money, word};
use crate::{
    admin::{
        api::{compliance::PATIENCE, openapi::Problems},
        auth::Caller,
        context::Ctx,
        extract::{Id, Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::{Asked, Progress, numbers::ids},
    store::records::{ReconciliationRecord, ReconciliationState},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// A run of the reconciliation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// Ascending.
    pub id: u64,
    /// `running`, `done` or `failed`.
    pub state: String,
    /// Who asked for it; `collector` of a weekly run.
    pub by: String,
    /// Of which publisher; null of all of them.
    pub publisher: Option<String>,
    /// The Sunday that a weekly run is for.
    pub week: Option<NaiveDate>,
    /// The site date that it judged by.
    pub site_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Products with a result.
    pub products: u64,
    /// Products that are not compliant.
    pub not_compliant: u64,
    /// Products that could not be reconciled.
    pub not_reconciled: u64,
    /// What the missing rights of all products cost, by currency.
    pub true_up: BTreeMap<String, String>,
    /// Positions of all tiers.
    pub positions: u64,
    /// Rows behind them.
    pub members: u64,
    /// Removal candidates that it found.
    pub candidates: u64,
    /// Machines that it looked at.
    pub devices: u64,
    /// Installs that it looked at.
    pub installs: u64,
    /// Entitlements that it looked at.
    pub entitlements: u64,
    /// What could not be taken as it is.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// How far it is, while it runs.
    pub progress: Option<ProgressView>,
    /// The ids of its numbers, by member: what `explain` explains.
    #[schema(value_type = BTreeMap<String, String>)]
    pub numbers: BTreeMap<&'static str, String>,
}

/// How far a run is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressView {
    /// `gathering`, `counting` or `keeping`.
    pub phase: &'static str,
    /// The product that it is at.
    pub product: String,
    /// Products that are done in this phase.
    pub done: usize,
    /// Products of this phase; 0 while it is not known.
    pub total: usize,
}

/// What to reconcile.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconciliationInput {
    /// Only this publisher's products; null or absent for all.
    publisher: Option<String>,
}

/// Whether to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Waiting {
    /// `false`: the answer is 202 at once. The run goes on either way.
    wait: Option<bool>,
}

const COLUMNS: [&str; 19] = [
    "id",
    "state",
    "by",
    "publisher",
    "week",
    "site_date",
    "started_at",
    "ended_at",
    "products",
    "not_compliant",
    "not_reconciled",
    "true_up",
    "positions",
    "members",
    "candidates",
    "devices",
    "installs",
    "entitlements",
    "error",
];

impl ReconciliationView {
    fn of(run: ReconciliationRecord, progress: Option<&Progress>) -> Self {
        let ReconciliationRecord {
            id,
            by,
            week,
            publisher,
            site_date,
            started_at,
            ended_at,
            state,
            counts,
            true_up,
            warnings,
            error,
        } = run;
        let progress = progress.filter(|progress| progress.run == id && state == ReconciliationState::Running);
        let progress = progress.map(|progress| ProgressView {
            phase: progress.phase.name(),
            product: progress.product.clone(),
            done: progress.done,
            total: progress.total,
        });
        Self {
            id,
            state: word(state),
            by,
            publisher,
            week,
            site_date,
            started_at,
            ended_at,
            products: counts.products,
            not_compliant: counts.not_compliant,
            not_reconciled: counts.not_reconciled,
            true_up: money(&true_up),
            positions: counts.positions,
            members: counts.members,
            candidates: counts.candidates,
            devices: counts.devices,
            installs: counts.installs,
            entitlements: counts.entitlements,
            warnings,
            error,
            progress,
            numbers: ids::run(id),
        }
    }
}

/// Runs, newest first. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations", tag = "reconciliations", params(Paging),
    responses((status = 200, description = "runs", body = Page<ReconciliationView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let limit = paging.limit()?;
    let runs = context.reconciliations.runs(paging.after()?, limit + 1).await?;
    let progress = context.reconciliations.progress();
    let page = Page::cut(runs, limit, |run| run.id.to_string());
    Ok(page.map(|run| ReconciliationView::of(run, progress.as_deref())).answer(&listing, &COLUMNS))
}

/// Reconciles now. 201 with the run when it is over; 202 when it takes longer than 20 s, or `wait=false`: it goes on, and its address
/// says how far it is. 409 while another one goes on. Refused while the product is disabled.
#[utoipa::path(post, path = "/api/v1/reconciliations", tag = "reconciliations", params(Waiting), request_body = ReconciliationInput,
    responses(
        (status = 201, description = "the run", body = ReconciliationView, headers(("location" = String, description = "the run"))),
        (status = 202, description = "still running", headers(("location" = String, description = "the run"))),
        (status = 409, description = "another one goes on", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument),
        Problems))]
pub async fn create(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(Waiting { wait }): Query<Waiting>,
    input: Result<Json<ReconciliationInput>, Failure>,
) -> Answer<Response> {
    let Json(ReconciliationInput { publisher }) = input?;
    let publisher = publisher.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let asked = Asked { by: caller.actor(), publisher, week: None };
    let started = context.reconciliations.start(asked).await?;
    let location = format!("/api/v1/reconciliations/{}", started.id);
    let accepted = (StatusCode::ACCEPTED, [(header::LOCATION, location.clone())]);
    if wait == Some(false) {
        return Ok(accepted.into_response());
    }
    match tokio::time::timeout(PATIENCE, started.end).await {
        Err(_) => Ok(accepted.into_response()),
        Ok(Err(error)) => Err(Failure::internal(error)),
        Ok(Ok(run)) => {
            let view = ReconciliationView::of(run?, None);
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(view)).into_response())
        }
    }
}

/// One run; while it goes on, how far it is. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/{id}", tag = "reconciliations",
    params(("id" = u64, Path, description = "the run")),
    responses((status = 200, description = "the run", body = ReconciliationView), Problems))]
pub async fn show(State(context): State<Ctx>, Id(id): Id<u64>) -> Answer<axum::Json<ReconciliationView>> {
    // The progress first: a run that ends meanwhile is over in the answer, never without either.
    let progress = context.reconciliations.progress();
    Ok(axum::Json(ReconciliationView::of(context.reconciliations.run(id).await?, progress.as_deref())))
}
