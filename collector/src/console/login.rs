//! Logging in and out.

use super::render::page;
use crate::{
    admin::{
        Answer, Ctx, Form, Peer,
        auth::{LoginRefused, MaybeCaller, read_cookie, remove_cookie, same_site, set_cookie},
    },
    publish::{LoginResult, url_encoded},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    error: Option<String>,
    name: &'a str,
    next: &'a str,
    /// What the provider of single sign-on is called, and where the way to it begins.
    sso: Option<(&'a str, String)>,
}

/// The login form; `error` says why the last try failed.
pub(super) fn form_page(context: &Ctx, error: Option<String>, name: &str, next: &str) -> Answer<Response> {
    let sso = context.sso.as_deref().map(|sso| (sso.label(), format!("/login/oidc?next={}", url_encoded(next))));
    page(&LoginPage { error, name, next, sso })
}

/// Where to go after the login.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// The login form.
#[derive(Deserialize)]
pub struct LoginForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /`: the status, which asks for a login when there is none.
pub async fn home() -> Redirect {
    Redirect::to("/status")
}

/// `GET /login`.
pub async fn login_form(
    State(context): State<Ctx>,
    MaybeCaller(caller): MaybeCaller,
    Query(Next { next }): Query<Next>,
) -> Answer<Response> {
    if caller.is_some_and(|caller| caller.console().is_some()) {
        return Ok(Redirect::to(local(&next)).into_response());
    }
    form_page(&context, None, "", local(&next))
}

/// `POST /login`: a new session, never the one the browser came with.
pub async fn login(
    State(context): State<Ctx>,
    Peer(from): Peer,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Answer<Response> {
    // It would log a visitor in as somebody else.
    same_site(&headers)?;
    let LoginForm { name, password, next } = form;
    let before = read_cookie(&headers, context.tls);
    match context.logins.log_in(name.trim(), &password, before, from).await {
        Ok(id) => {
            context.metrics.login(LoginResult::Granted);
            Ok(with_cookie(Redirect::to(local(&next)).into_response(), set_cookie(&id, context.tls)))
        }
        Err(refused) => {
            context.metrics.login(if refused == LoginRefused::Wrong { LoginResult::Wrong } else { LoginResult::Locked });
            let mut response = form_page(&context, Some(refused.to_string()), name.trim(), local(&next))?;
            mark(&mut response, &refused, StatusCode::UNAUTHORIZED, &context);
            Ok(response)
        }
    }
}

/// Gives a page that says why a password was not taken its status, which is `wrong` for a wrong one, and says when to come again.
pub(super) fn mark(response: &mut Response, refused: &LoginRefused, wrong: StatusCode, context: &Ctx) {
    *response.status_mut() = match refused {
        LoginRefused::Wrong => wrong,
        LoginRefused::Locked(_) | LoginRefused::Crowded => StatusCode::TOO_MANY_REQUESTS,
        LoginRefused::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    if let Some(seconds) = refused.retry_after(context.now()) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// `POST /logout`.
pub async fn logout(State(context): State<Ctx>, headers: HeaderMap) -> Response {
    if let Some(id) = read_cookie(&headers, context.tls) {
        context.logins.sessions().end(id);
    }
    with_cookie(Redirect::to("/login").into_response(), remove_cookie(context.tls))
}

/// The response with a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// Only paths of this server are gone to.
pub(super) fn local(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with('/') && !next.starts_with("//") && next != "/login" && !next.starts_with("/login/") {
        next
    } else {
        "/status"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_targets() {
        for (next, expected) in [
            ("", "/status"),
            ("/api/v1/assets", "/api/v1/assets"),
            ("//evil.example", "/status"),
            ("/\\evil.example", "/status"),
            ("https://evil.example", "/status"),
            ("/a\r\nb", "/status"),
            ("/login", "/status"),
            ("/login/oidc?next=/audit", "/status"),
        ] {
            assert_eq!(local(next), expected, "{next:?}");
        }
    }
}
