//! `/api/v1/explain`: why a number is what it is.

use super::{
    forecast::{ForecastView, NIGHTS},
    openapi::Problems,
};
use crate::{
    admin::{
        auth::disabled,
        context::{AdminContext, Ctx},
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    publish::{Explainable, Explanation, ExplanationFacts, Gate},
    reconcile::numbers::{self, Number},
};
use axum::{Json, extract::State, response::Response};

/// The numbers that can be explained; `{id}` stands for the id of a position, a removal candidate, a remedy or a run, whose documents
/// say the ids of their numbers.
#[utoipa::path(get, path = "/api/v1/explain", tag = "explain", params(Paging),
    responses((status = 200, description = "numbers", body = Page<Explainable>), Problems))]
pub async fn explain_list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let mut ids = explainable(&context).await?;
    ids.extend(numbers::explainable());
    let page = Page::of(ids, &paging, |number| number.id.clone())?;
    Ok(page.answer(&listing, &["id", "rule"]))
}

/// Why a number is what it is: the rule, its inputs, their source, and how to see the rows. Numbers of reconciliations are refused
/// while the product is disabled.
#[utoipa::path(get, path = "/api/v1/explain/{id}", tag = "explain",
    params(("id" = String, Path, description = "the number, such as compliance.asset_count or positions.12-0.needed")),
    responses((status = 200, description = "the explanation", body = Explanation), Problems))]
pub async fn explain(State(context): State<Ctx>, Id(id): Id<String>) -> Answer<Json<Explanation>> {
    explained(&context, &id).await.map(Json)
}

/// The explanation of a number.
///
/// # Errors
/// 404 when there is none with this id, 403 for a number of a reconciliation while the product is disabled, and those of the store.
pub async fn explained(context: &AdminContext, id: &str) -> Answer<Explanation> {
    if let Some(number) = Number::read(id) {
        if let Gate::Closed { reason } = context.board.gate() {
            return Err(disabled(&reason));
        }
        return Ok(context.reconciliations.explain(&number).await?);
    }
    let explanation = facts(context).await?.explain(id);
    explanation.ok_or_else(|| Failure::not_found("number to explain called", id))
}

/// Every number of the status that can be explained.
///
/// # Errors
/// Those of the store.
pub async fn explainable(context: &AdminContext) -> Answer<Vec<Explainable>> {
    Ok(facts(context).await?.ids())
}

async fn facts(context: &AdminContext) -> Answer<ExplanationFacts> {
    let forecast = ForecastView::from(context.compliance.forecast(NIGHTS).await?);
    let forecast = serde_json::to_value(forecast).ok();
    Ok(ExplanationFacts::new(&context.board.status(), context.compliance.last_run().as_deref(), forecast))
}
