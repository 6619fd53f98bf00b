//! Logging in through a provider: there and back. In: a click, and what the browser brings back. Out: a session like that of a
//! password, or the login page with the reason.

use super::{
    login::{Next, form_page, local},
    render::page,
};
use crate::{
    admin::{
        Answer, Ctx,
        api::users::count_again,
        auth::{ConsoleSessions, SsoRefused, read_attempt, read_cookie, remove_attempt, set_attempt, set_cookie},
    },
    publish::LoginResult,
    sso::{Begun, Callback, LASTS, SingleSignOn, SsoError},
    store::StoreError,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "logged_in.html")]
struct LoggedInPage<'a> {
    next: &'a str,
}

/// What the provider puts into the address to which it sends the browser back.
#[derive(Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `GET /login/oidc`: to the provider, with a cookie that the browser brings back.
pub async fn login_through(
    State(context): State<Ctx>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Answer<Response> {
    let Some(sso) = context.sso.as_deref() else { return Ok(Redirect::to("/login").into_response()) };
    // The Host check let it pass; a request without one never comes here.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let before = read_cookie(&headers, context.tls).map(ConsoleSessions::key);
    match sso.begin(host, local(&next), before).await {
        Ok(Begun { location, cookie }) => {
            let mut response = Redirect::to(&location).into_response();
            response.headers_mut().insert(header::SET_COOKIE, set_attempt(&cookie, context.tls, LASTS.as_secs()));
            Ok(response)
        }
        Err(error) => failed(&context, sso, &error),
    }
}

/// `GET /login/oidc/callback`: a new session, never the one the browser came with.
///
/// The answer is a page that goes on by itself and not a redirect: the browser comes from another site, and would not bring the new
/// session's cookie along to where a redirect leads (SameSite=Strict).
pub async fn login_back(State(context): State<Ctx>, headers: HeaderMap, Query(back): Query<Back>) -> Answer<Response> {
    let Some(sso) = context.sso.as_deref() else { return Ok(Redirect::to("/login").into_response()) };
    let Back { state, code, error, iss } = back;
    let callback = Callback { state, code, error, issuer: iss };
    let arrival = match sso.finish(&callback, read_attempt(&headers, context.tls)).await {
        Ok(arrival) => arrival,
        Err(error) => return failed(&context, sso, &error),
    };
    let mut response = match context.logins.log_in_through(&arrival.person, arrival.before).await {
        Ok((id, changed)) => {
            context.metrics.login(LoginResult::Granted);
            if changed {
                count_again(&context).await;
            }
            let mut response = page(&LoggedInPage { next: local(&arrival.next) })?;
            response.headers_mut().insert(header::SET_COOKIE, set_cookie(&id, context.tls));
            response
        }
        Err(SsoRefused::Store(error)) if !matches!(error, StoreError::Conflict(_)) => return Err(error.into()),
        Err(refused) => {
            context.metrics.login(LoginResult::Refused);
            tracing::warn!("somebody for whom the provider vouches was not let in");
            if matches!(refused, SsoRefused::NoRole) {
                count_again(&context).await;
            }
            let mut response = form_page(&context, Some(refused.to_string()), "", local(&arrival.next))?;
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
    };
    response.headers_mut().append(header::SET_COOKIE, remove_attempt(context.tls));
    Ok(response)
}

/// The login page with the reason. Passwords work whatever the provider does.
fn failed(context: &Ctx, sso: &SingleSignOn, error: &SsoError) -> Answer<Response> {
    tracing::warn!(%error, "a login through the provider failed");
    let status = match error {
        SsoError::Unreachable(_) | SsoError::Provider(_) | SsoError::File { .. } => StatusCode::SERVICE_UNAVAILABLE,
        SsoError::Stale => StatusCode::BAD_REQUEST,
        SsoError::Refused(_) | SsoError::Token(_) => StatusCode::FORBIDDEN,
    };
    context.metrics.login(LoginResult::Refused);
    let mut response = form_page(context, Some(error.told(sso.label())), "", "/status")?;
    *response.status_mut() = status;
    Ok(response)
}
