//! One check-out with what it has, and the form that ends it: the page is the question, its button the answer.

use super::applications::HERE;
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        api::checkouts,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{When, page},
    },
    publish::url_encoded,
    sessions::CheckoutView,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};

#[derive(Template)]
#[template(path = "checkout.html")]
struct CheckoutPage {
    frame: Frame,
    row: CheckoutRow,
    application: String,
    back: String,
    may_end: bool,
}

/// A check-out in a list.
pub(super) struct CheckoutRow {
    pub(super) link: String,
    pub(super) user: String,
    pub(super) from: String,
    pub(super) host: String,
    /// The kind of client.
    pub(super) program: String,
    pub(super) seat: &'static str,
    pub(super) over: bool,
    /// Borrowed, and until when.
    pub(super) borrowed: Option<When>,
    pub(super) since: When,
}

/// `GET /checkouts/{id}`.
pub async fn checkout_page(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    shown(show(&context, &caller, &id))
}

/// `POST /checkouts/{id}`: ends it.
pub async fn end_checkout(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    let ended = async {
        let known = found(&context, &id)?;
        checkouts::end(&context, known.id, caller.actor()).await?;
        let text =
            format!("The check-out of {} was ended; it holds no seat of {} any more.", known.claimant.user, known.application);
        let at = back(&known.application);
        let response = Redirect::to(&at).into_response();
        Ok(Note { at, text, warnings: Vec::new() }.put(response, context.tls))
    };
    shown(ended.await)
}

fn show(context: &AdminContext, caller: &Principal, id: &str) -> Answer<Response> {
    let found = found(context, id)?;
    let frame = Frame::of(context, caller, HERE);
    page(&CheckoutPage {
        may_end: frame.may_post("/checkouts/{id}"),
        frame,
        application: found.application.clone(),
        back: back(&found.application),
        row: CheckoutRow::of(found, context),
    })
}

fn found(context: &AdminContext, id: &str) -> Answer<CheckoutView> {
    let found = context.sessions.checkouts(None, None).into_iter().find(|one| one.id.to_string() == id);
    found.ok_or_else(|| Failure::not_found("check-out", id))
}

fn back(application: &str) -> String {
    format!("{HERE}/{}", url_encoded(application))
}

impl CheckoutRow {
    pub(super) fn of(one: CheckoutView, context: &AdminContext) -> Self {
        let when = |at| When::of(at, context.now(), context.tz());
        Self {
            link: format!("/checkouts/{}", one.id),
            seat: one.kind.map_or("waits for one", |kind| kind.name()),
            over: one.over_use,
            borrowed: one.expires_at.filter(|_| one.borrowed).map(when),
            since: when(one.since),
            program: one.facts.client,
            host: one.claimant.host.unwrap_or_default(),
            user: one.claimant.user,
            from: one.claimant.client,
        }
    }
}
