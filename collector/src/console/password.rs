//! Changing one's own password; the first one must be changed.

use super::{
    login::{mark, with_cookie},
    render::page,
};
use crate::admin::{
    Answer, Ctx, Failure, Form, Peer,
    auth::{Caller, ChangeRefused, ConsoleSession, Principal, SHORTEST, set_cookie},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use muster_wire::problem::Code;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    error: Option<String>,
    forced: bool,
    csrf: &'a str,
    name: &'a str,
    shortest: usize,
    /// The password is kept here, and not at a provider.
    local: bool,
}

/// The form.
#[derive(Deserialize)]
pub struct PasswordForm {
    old: String,
    new: String,
    repeated: String,
}

/// `GET /password`.
pub async fn password_form(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Response> {
    show(&context, &caller, None)
}

/// `POST /password`: a new session, every other one of the account ends.
pub async fn password(
    State(context): State<Ctx>,
    Peer(from): Peer,
    Caller(caller): Caller,
    Form(form): Form<PasswordForm>,
) -> Answer<Response> {
    let PasswordForm { old, new, repeated } = form;
    let user = session(&caller)?.user.clone();
    match context.logins.change(&user, &old, (&new, &repeated), from).await {
        Ok(id) => Ok(with_cookie(Redirect::to("/status").into_response(), set_cookie(&id, context.tls))),
        Err(ChangeRefused::Store(error)) => Err(error.into()),
        Err(refused) => {
            let mut response = show(&context, &caller, Some(refused.to_string()))?;
            match refused {
                ChangeRefused::Login(refused) => mark(&mut response, &refused, StatusCode::UNPROCESSABLE_ENTITY, &context),
                _ => *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
            }
            Ok(response)
        }
    }
}

fn show(context: &Ctx, caller: &Principal, error: Option<String>) -> Answer<Response> {
    let ConsoleSession { user, csrf } = session(caller)?;
    let local = context.directory.user(user).is_none_or(|user| user.source.has_password());
    page(&PasswordPage { error, forced: caller.must_change, csrf, name: user, shortest: SHORTEST, local })
}

fn session(caller: &Principal) -> Answer<&ConsoleSession> {
    caller.console().ok_or_else(|| Failure::new(Code::Forbidden, "an API token has no password; log in at /login"))
}
