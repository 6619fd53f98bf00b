//! What can be done about a position.

use super::{
    names::{Named, Names},
    positions::existing,
    view::{money, read, word},
};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::numbers::ids,
    store::records::{RemedyRecord, StepRecord},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use muster_domain::reconcile::run::RemedyState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that can be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct RemedyView {
    /// The same in every run that finds it.
    pub id: Uuid,
    /// `purchase_rights`, `remove_allocations`, `create_allocations`, `remove_unallocated_installs`, `remove_unlicensed_installs`.
    pub kind: String,
    /// What people call it.
    pub name: &'static str,
    /// Of which model.
    pub model: Named,
    /// By which metric group; empty where none matters.
    pub metric_group: String,
    /// By which metric.
    pub metric: String,
    /// Whether with active maintenance.
    pub maintenance: bool,
    /// Rights to buy, allocations or installs.
    pub count: u64,
    /// What a purchase costs, by currency; empty where no price is known, and for everything else.
    pub cost: BTreeMap<String, String>,
    /// `new`, `in_progress`, `complete`, `completed_with_errors` or `void`.
    pub state: String,
    /// What happened to it, oldest first.
    pub steps: Vec<StepView>,
    /// The ids of its numbers, by member: what `explain` explains.
    #[schema(value_type = BTreeMap<String, String>)]
    pub numbers: BTreeMap<&'static str, String>,
}

/// One change of a state.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; `collector` of a run.
    pub by: String,
    /// The new state.
    pub to: String,
}

/// The next state.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateInput {
    /// The state, as the API or people call it.
    pub(super) state: String,
}

/// Steps as the API tells them.
pub(super) fn steps<S: Serialize>(steps: Vec<StepRecord<S>>) -> Vec<StepView> {
    steps.into_iter().map(|StepRecord { at, by, to }| StepView { at, by, to: word(to) }).collect()
}

impl RemedyView {
    pub(crate) fn of(one: RemedyRecord, names: &Names<'_>) -> Self {
        Self {
            id: one.id,
            kind: word(one.kind),
            name: one.kind.name(),
            model: names.model(one.model),
            metric_group: one.metric_group,
            metric: one.metric,
            maintenance: one.maintenance,
            count: one.count,
            cost: money(&one.cost),
            state: word(one.state),
            steps: steps(one.steps),
            numbers: ids::remedy(one.id),
        }
    }
}

/// What can be done about a position now. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/{id}/positions/{position}/remedies", tag = "reconciliations",
    params(("id" = String, Path, description = "the run, or latest"), ("position" = String, Path, description = "the position"),
        Paging),
    responses((status = 200, description = "remedies", body = Page<RemedyView>), Problems))]
pub async fn remedies(
    State(context): State<Ctx>,
    Path((run, id)): Path<(String, String)>,
    Query(paging): Query<Paging>,
    listing: Listing,
) -> Answer<Response> {
    let position = existing(&context, &run, &id).await?;
    let found = context.reconciliations.remedies(&position).await?;
    let names = Names::new(&context);
    let page = Page::of(found, &paging, |one| one.id.to_string())?.map(|one| RemedyView::of(one, &names));
    let columns = ["id", "name", "model", "metric_group", "metric", "maintenance", "count", "cost", "state"];
    Ok(page.answer(&listing, &columns))
}

/// Moves a remedy on; choosing one voids those that it makes needless. 409 for a state that does not follow. Refused while the product
/// is disabled.
#[utoipa::path(patch, path = "/api/v1/reconciliations/{id}/positions/{position}/remedies/{remedy}", tag = "reconciliations",
    params(("id" = String, Path, description = "the run, or latest"), ("position" = String, Path, description = "the position"),
        ("remedy" = String, Path, description = "the remedy")), request_body = StateInput,
    responses((status = 200, description = "the remedy", body = RemedyView),
        (status = 409, description = "the state does not follow", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument), Problems))]
pub async fn move_remedy(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path((run, position, id)): Path<(String, String, String)>,
    input: Result<Json<StateInput>, Failure>,
) -> Answer<axum::Json<RemedyView>> {
    let Json(StateInput { state }) = input?;
    let to = read("state", &state, &RemedyState::ALL)?;
    let position = existing(&context, &run, &position).await?;
    let not_found = || Failure::not_found("remedy", &id);
    let meant = Uuid::try_parse(&id).map_err(|_| not_found())?;
    if !context.reconciliations.remedies(&position).await?.iter().any(|one| one.id == meant) {
        return Err(not_found());
    }
    let one = context.reconciliations.move_remedy(meant, to, &caller.actor()).await?;
    Ok(axum::Json(RemedyView::of(one, &Names::new(&context))))
}
