//! Removal candidates: what may go, why, and how far its removal is.

use super::{
    names::{Named, Names},
    remedies::{StateInput, StepView, steps},
    view::{read, read_some, word},
};
use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::{Id, Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    reconcile::numbers::ids,
    store::{StoreError, ports::CandidateWish, records::CandidateRecord},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use muster_domain::{
    reconcile::run::{CandidateState, Justification},
    record::kinds::model::MODELS,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const JUSTIFICATIONS: [Justification; 4] =
    [Justification::RestrictedSoftware, Justification::Unlicensed, Justification::LowUsage, Justification::Unallocated];

/// Something that may go.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateView {
    /// The same in every run that finds it.
    pub id: Uuid,
    /// Who publishes it.
    pub publisher: String,
    /// The product.
    pub product: String,
    /// What.
    pub model: Named,
    /// From which device.
    pub device: Option<Named>,
    /// From which user.
    pub user: Option<Named>,
    /// Why: `restricted_software`, `unlicensed`, `low_usage` or `unallocated`.
    pub justification: String,
    /// Rights that it would set free, or that need not be bought.
    pub rights: u64,
    /// How far it is, such as `awaiting_revocation`.
    pub state: String,
    /// The states that may follow.
    pub next: Vec<String>,
    /// The last run that found it.
    pub run: u64,
    /// When it was first found.
    pub found_at: DateTime<Utc>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
    /// What happened to it, oldest first.
    pub steps: Vec<StepView>,
    /// The ids of its numbers, by member: what `explain` explains.
    #[schema(value_type = BTreeMap<String, String>)]
    pub numbers: BTreeMap<&'static str, String>,
}

/// Which removal candidates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichCandidates {
    /// Only of this publisher.
    publisher: Option<String>,
    /// Only of this product.
    product: Option<String>,
    /// Only of this model, by its id or name.
    model: Option<String>,
    /// Only on the device with this id.
    device: Option<String>,
    /// Only in this state.
    state: Option<String>,
    /// Only for this reason.
    justification: Option<String>,
    /// Open (true) or closed (false) ones.
    open: Option<bool>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl CandidateView {
    pub(crate) async fn of(one: CandidateRecord, names: &mut Names<'_>) -> Result<Self, StoreError> {
        let next = CandidateState::ALL.into_iter().filter(|to| one.state.may_become(*to)).map(word).collect();
        Ok(Self {
            id: one.id,
            publisher: one.publisher,
            product: one.product,
            model: Named { id: one.model, display: Some(one.model_name) },
            device: names.device(one.device).await?,
            user: names.user(one.user),
            justification: word(one.justification),
            rights: one.rights,
            state: word(one.state),
            next,
            run: one.run,
            found_at: one.found_at,
            changed_at: one.steps.last().map_or(one.found_at, |step| step.at),
            steps: steps(one.steps),
            numbers: ids::candidate(one.id),
        })
    }
}

/// What may go, by id. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/removal-candidates", tag = "reconciliations", params(WhichCandidates),
    responses((status = 200, description = "removal candidates", body = Page<CandidateView>), Problems))]
pub async fn candidates(State(context): State<Ctx>, Query(which): Query<WhichCandidates>, listing: Listing) -> Answer<Response> {
    let WhichCandidates { publisher, product, model, device, state, justification, open, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let no_device = |text: &str| Failure::invalid(format!("device is {text:?}; give the id of an asset or host"));
    let wish = CandidateWish {
        publisher,
        product,
        model: model.map(|model| context.records.get(&MODELS, &model).map(|seen| seen.id)).transpose()?,
        device: device.map(|text| Uuid::try_parse(&text).map_err(|_| no_device(&text))).transpose()?,
        state: read_some("state", state.as_deref(), &CandidateState::ALL)?,
        justification: read_some("justification", justification.as_deref(), &JUSTIFICATIONS)?,
        open,
        missing_in: None,
        of_run: None,
    };
    let found = context.reconciliations.candidates(wish, paging.after()?, limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    let (mut names, mut items) = (Names::new(&context), Vec::with_capacity(page.items.len()));
    for one in page.items {
        items.push(CandidateView::of(one, &mut names).await?);
    }
    let columns = [
        "id",
        "publisher",
        "product",
        "model",
        "device",
        "user",
        "justification",
        "rights",
        "state",
        "run",
        "found_at",
        "changed_at",
    ];
    Ok(Page { items, next: page.next, warnings: Vec::new() }.answer(&listing, &columns))
}

/// One removal candidate. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/removal-candidates/{id}", tag = "reconciliations",
    params(("id" = String, Path, description = "the removal candidate")),
    responses((status = 200, description = "the removal candidate", body = CandidateView), Problems))]
pub async fn candidate(State(context): State<Ctx>, Id(id): Id<Uuid>) -> Answer<axum::Json<CandidateView>> {
    let one = context.reconciliations.candidate(id).await?;
    Ok(axum::Json(CandidateView::of(one, &mut Names::new(&context)).await?))
}

/// Moves a removal candidate on; its `next` says where to. 409 for a state that does not follow. Refused while the product is disabled.
#[utoipa::path(patch, path = "/api/v1/removal-candidates/{id}", tag = "reconciliations",
    params(("id" = String, Path, description = "the removal candidate")), request_body = StateInput,
    responses((status = 200, description = "the removal candidate", body = CandidateView),
        (status = 409, description = "the state does not follow", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument), Problems))]
pub async fn move_candidate(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Id(id): Id<Uuid>,
    input: Result<Json<StateInput>, Failure>,
) -> Answer<axum::Json<CandidateView>> {
    let Json(StateInput { state }) = input?;
    let to = read("state", &state, &CandidateState::ALL)?;
    let one = context.reconciliations.move_candidate(id, to, &caller.actor()).await?;
    Ok(axum::Json(CandidateView::of(one, &mut Names::new(&context)).await?))
}
