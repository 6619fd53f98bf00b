//! One session with what it holds, and the form that ends it: the page is the question, its button the answer.

use super::sessions::{HERE, SessionRow};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::page,
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::ids::SessionId;

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    frame: Frame,
    row: SessionRow,
    may_end: bool,
}

/// `GET /sessions/{id}`.
pub async fn session_page(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    shown(show(&context, &caller, &id))
}

/// `POST /sessions/{id}`: ends it.
pub async fn end_session(State(context): State<Ctx>, Caller(caller): Caller, Path(id): Path<String>) -> Response {
    let ended = async {
        let known: SessionId = id.parse().map_err(|_| Failure::not_found("session", &id))?;
        context.sessions.end(known, &caller.actor()).await?;
        let text = "The session was ended and its seats are free. The user is not logged out of the machine.".to_owned();
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
    };
    shown(ended.await)
}

fn show(context: &AdminContext, caller: &Principal, id: &str) -> Answer<Response> {
    let known = id.parse::<SessionId>().ok();
    let found = context.sessions.list().into_iter().find(|one| Some(one.record.id) == known);
    let found = found.ok_or_else(|| Failure::not_found("session", id))?;
    let frame = Frame::of(context, caller, HERE);
    page(&SessionPage { may_end: frame.may_post("/sessions/{id}"), frame, row: SessionRow::of(found, context) })
}
