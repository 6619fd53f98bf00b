//! A licence key out of the form: first what it would do, and with a second press the act.

use super::{
    page::{HERE, Said, show},
    preview::Preview,
    sent::Sent,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        auth::{Caller, Principal},
    },
    compliance::ApplyError,
    console::{frame::shown, note::Note, render::sentence},
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};

/// `POST /console/license`: shows what a key would do; with `act=apply`, applies it.
pub async fn license(State(context): State<Ctx>, Caller(caller): Caller, request: Request) -> Response {
    shown(taken(&context, &caller, request).await)
}

async fn taken(context: &AdminContext, caller: &Principal, request: Request) -> Answer<Response> {
    let headers = request.headers().clone();
    let Sent { text: key, act } = Sent::read(request).await?;
    if key.trim().is_empty() {
        return refuse(context, caller, &headers, "Choose the file with the key, or paste it.".to_owned(), key).await;
    }
    let before = context.compliance.facts();
    let dry_run = act != "apply";
    match context.compliance.apply(&key, &caller.actor(), dry_run).await {
        Ok(applied) if dry_run => {
            let preview = Some(Preview::of(key.clone(), &before, &applied, context.zone));
            show(context, caller, &headers, &Said { preview, key, ..Said::default() }).await
        }
        Ok(applied) => {
            let license = applied.facts.license.as_ref();
            let which = license.map_or_else(String::new, |license| format!(" with serial {}", license.serial));
            let text = format!("The key{which} is in force. {}", context.board.status().headline());
            let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
            Ok(note.put(Redirect::to(HERE).into_response(), context.tls))
        }
        Err(error @ ApplyError::Run(_)) => Err(Failure::from(error)),
        Err(error) => {
            let stays = if before.license.is_some() { "; the licence in force stays" } else { "" };
            let said = error.to_string();
            // The form for it is on this page.
            let said = said.replace("`license trust add`", "“Add a vendor key” below");
            let text = format!("The key was not applied{stays}. {}", sentence(&said));
            refuse(context, caller, &headers, text, key).await
        }
    }
}

async fn refuse(context: &AdminContext, caller: &Principal, headers: &HeaderMap, text: String, key: String) -> Answer<Response> {
    let said = Said { refused: Some(text), key, ..Said::default() };
    let mut response = show(context, caller, headers, &said).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
