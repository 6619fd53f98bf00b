//! What can be done about a position: how far each remedy is, what may follow, where the work is done, and the form that moves one on.

use super::rows::{money, words};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        api::reconcile::RemedyView,
        auth::{Caller, Principal},
    },
    console::{frame::shown, note::Note, pager::address, render::number},
    reconcile::PositionId,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::reconcile::run::RemedyState;
use serde::Deserialize;
use uuid::Uuid;

/// Something that can be done.
pub(super) struct RemedyRow {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) of: String,
    pub(super) metric: String,
    pub(super) count: String,
    pub(super) cost: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) open: bool,
    /// What it means, in a sentence.
    pub(super) help: &'static str,
    /// Where it is done, and what the link says.
    pub(super) work: Option<(String, &'static str)>,
    /// States that may follow: how the form and how people call them.
    pub(super) next: Vec<(&'static str, &'static str)>,
}

/// The form.
#[derive(Deserialize)]
pub struct RemedyForm {
    remedy: Uuid,
    state: RemedyState,
}

/// `POST /software/positions/{id}/remedies`: moves a remedy on. Choosing one voids those that it makes needless.
pub async fn move_remedy(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Form(form): Form<RemedyForm>,
) -> Response {
    shown(moved(&context, &caller, &id, form).await)
}

async fn moved(
    context: &AdminContext,
    caller: &Principal,
    id: &str,
    RemedyForm { remedy, state }: RemedyForm,
) -> Answer<Response> {
    let service = &context.reconciliations;
    let position = service.position(id.parse::<PositionId>()?).await?;
    if !service.remedies(&position).await?.iter().any(|one| one.id == remedy) {
        return Err(Failure::not_found("remedy", &remedy.to_string()));
    }
    let one = service.move_remedy(remedy, state, &caller.actor()).await?;
    let at = format!("/software/positions/{}-{}", position.run, position.number);
    let text = format!("{} is now: {}.", one.kind.name(), one.state.name());
    let response = Redirect::to(&format!("{at}#todo")).into_response();
    Ok(Note { at, text, warnings: Vec::new() }.put(response, context.tls))
}

impl RemedyRow {
    pub(super) fn of(one: RemedyView) -> Self {
        let metric = format!("{} / {}", one.metric_group, one.metric);
        let state = RemedyState::ALL.into_iter().find(|state| words(state.name()).eq_ignore_ascii_case(&words(&one.state)));
        let state = state.unwrap_or_default();
        let next = RemedyState::ALL.into_iter().filter(|to| state.may_become(*to));
        Self {
            id: one.id.to_string(),
            what: one.name.to_owned(),
            of: one.model.display.clone().unwrap_or_default(),
            help: help(&one.kind),
            work: work(&one),
            metric: if one.metric.is_empty() { String::new() } else { metric },
            count: number(one.count),
            cost: money(&one.cost),
            tone: match state {
                RemedyState::New => "calm",
                RemedyState::InProgress => "warn",
                RemedyState::Complete => "good",
                RemedyState::CompletedWithErrors => "bad",
                RemedyState::Void => "dim",
            },
            open: !matches!(state, RemedyState::Void | RemedyState::Complete),
            state: state.name().to_owned(),
            next: next.map(|to| (word(to), verb(to))).collect(),
        }
    }
}

/// What the form calls a state.
const fn word(state: RemedyState) -> &'static str {
    match state {
        RemedyState::New => "new",
        RemedyState::InProgress => "in_progress",
        RemedyState::Complete => "complete",
        RemedyState::CompletedWithErrors => "completed_with_errors",
        RemedyState::Void => "void",
    }
}

/// What the button says that leads to a state.
const fn verb(state: RemedyState) -> &'static str {
    match state {
        RemedyState::New => "Reopen",
        RemedyState::InProgress => "Start",
        RemedyState::Complete => "Done",
        RemedyState::CompletedWithErrors => "Done, with errors",
        RemedyState::Void => "Not this way",
    }
}

fn help(kind: &str) -> &'static str {
    match kind {
        "purchase_rights" => "Buy the rights that are missing. Choosing one purchase voids the others.",
        "remove_allocations" => "Take back what is allocated and not used.",
        "create_allocations" => "Allocate what is used without an allocation. Choosing this voids its removal.",
        "remove_unallocated_installs" => "Remove what is used without an allocation.",
        "remove_unlicensed_installs" => "Remove what no right is left for.",
        _ => "",
    }
}

/// Where a remedy is carried out.
fn work(one: &RemedyView) -> Option<(String, &'static str)> {
    let model = one.model.id.to_string();
    let count = one.count.to_string();
    Some(match one.kind.as_str() {
        "purchase_rights" => {
            let asked = [
                ("software_model", model.as_str()),
                ("metric_group", &one.metric_group),
                ("license_metric", &one.metric),
                ("purchased_rights", &count),
            ];
            (address("/records/entitlements/new", &asked), "Draft the entitlement")
        }
        "create_allocations" => ("/records/allocations/new".to_owned(), "New allocation"),
        "remove_allocations" => ("/records/allocations".to_owned(), "Allocations"),
        "remove_unallocated_installs" => {
            (address("/software/candidates", &[("model", &model), ("justification", "unallocated")]), "Removal candidates")
        }
        "remove_unlicensed_installs" => {
            (address("/software/candidates", &[("model", &model), ("justification", "unlicensed")]), "Removal candidates")
        }
        _ => return None,
    })
}
