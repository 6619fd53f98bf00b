//! One removal candidate: what may go from where and why, what happened to it, and the buttons that move it on.

use super::{
    candidates::{meant, tone, word},
    rows::{Cell, called, device},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Form,
        api::reconcile::{CandidateView, Names},
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::address,
        render::{When, number, page, who},
    },
    reconcile::ReconcileError,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use muster_domain::reconcile::run::{CandidateState, Justification};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "candidate.html")]
struct CandidatePage {
    frame: Frame,
    note: Option<Note>,
    sentence: Option<String>,
    id: String,
    product: String,
    /// All candidates of the product.
    others: String,
    model: Cell,
    device: Cell,
    user: String,
    why: &'static str,
    reason: &'static str,
    rights: String,
    state: &'static str,
    tone: &'static str,
    run: u64,
    next: Vec<(String, &'static str)>,
    steps: Vec<(When, String, String)>,
    may_move: bool,
}

/// The form.
#[derive(Deserialize)]
pub struct CandidateForm {
    to: CandidateState,
}

/// `GET /software/candidates/{id}`.
pub async fn candidate_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, &id, &headers, None).await)
}

/// `POST /software/candidates/{id}`: moves it on.
pub async fn move_candidate(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(CandidateForm { to }): Form<CandidateForm>,
) -> Response {
    let moved = async {
        match context.reconciliations.move_candidate(known(&id)?, to, &caller.actor()).await {
            Ok(one) => {
                let at = format!("/software/candidates/{}", one.id);
                let note = Note { text: format!("It is now: {}.", one.state.name()), warnings: Vec::new(), at: at.clone() };
                Ok(note.put(Redirect::to(&at).into_response(), context.tls))
            }
            Err(error @ ReconcileError::Step(_)) => {
                let mut response = show(&context, &caller, &id, &headers, Some(error.to_string())).await?;
                *response.status_mut() = StatusCode::CONFLICT;
                Ok(response)
            }
            Err(error) => Err(error.into()),
        }
    };
    shown(moved.await)
}

fn known(id: &str) -> Result<Uuid, ReconcileError> {
    let not_found = || ReconcileError::NotFound { what: "removal candidate", id: id.chars().take(64).collect() };
    Uuid::try_parse(id).map_err(|_| not_found())
}

async fn show(
    context: &AdminContext,
    caller: &Principal,
    id: &str,
    headers: &HeaderMap,
    sentence: Option<String>,
) -> Answer<Response> {
    let record = context.reconciliations.candidate(known(id)?).await?;
    let (state, why) = (record.state, record.justification);
    let one = CandidateView::of(record, &mut Names::new(context)).await?;
    let (now, zone) = (context.now(), context.tz());
    let at = format!("/software/candidates/{}", one.id);
    let (note, shown_once) = Note::take(headers, &at, context.tls);
    let frame = Frame::of(context, caller, &at);
    let others = [("publisher", one.publisher.as_str()), ("product", &one.product)];
    let called_state =
        |text: &str| meant::<CandidateState>(text).map_or_else(|| text.to_owned(), |state| state.name().to_owned());
    let response = page(&CandidatePage {
        may_move: frame.may_post("/software/candidates/{id}"),
        frame,
        note,
        sentence,
        id: one.id.to_string(),
        product: format!("{} {}", one.publisher, one.product),
        others: address("/software/candidates", &others),
        model: Cell::record("models", Some(&one.model)),
        device: device(one.device.as_ref()),
        user: called(one.user.as_ref()),
        why: why.name(),
        reason: reason(why),
        rights: number(one.rights),
        state: state.name(),
        tone: tone(state),
        run: one.run,
        next: CandidateState::ALL.into_iter().filter(|to| state.may_become(*to)).map(|to| (word(to), to.name())).collect(),
        steps: one
            .steps
            .iter()
            .rev()
            .map(|step| (When::of(step.at, now, zone), who(&step.by), called_state(&step.to)))
            .chain([(When::of(one.found_at, now, zone), "collector".to_owned(), "Found".to_owned())])
            .collect(),
    })?;
    Ok(shown_once.on(response))
}

const fn reason(why: Justification) -> &'static str {
    match why {
        Justification::RestrictedSoftware => "Nobody may use this software here.",
        Justification::Unlicensed => "No right is left for it. Removing it makes a purchase needless.",
        Justification::LowUsage => "It was not used for a long time. Removing it sets its right free.",
        Justification::Unallocated => "Others have an allocation of these rights, and this has none.",
    }
}
