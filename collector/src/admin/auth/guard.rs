//! What every routed request passes before its handler: who speaks (401), may they (403), is the product enabled (403).
//!
//! Changes from a console session must bring the session's CSRF token, as the form field `csrf` or the header `x-csrf-token`, and
//! must not come from another site.

use super::{
    cookie,
    operations::{Access, Operation, find, methods, role_name},
    origin::same_site,
    principal::{Principal, Proof, unauthenticated},
    token,
};
use crate::{
    admin::{
        context::{AdminContext, Ctx},
        extract::{TEXT_BYTES, UPLOAD_BYTES, Wanted},
        multipart::{is_form, parts},
        problem::{Answer, Failure},
    },
    publish::{Gate, url_encoded},
    store::records::ApiTokenRecord,
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, header};
use muster_wire::problem::Code;

/// Largest form: a licence key or the notes of a record, percent-encoded, and what stands beside them.
const FORM_BYTES: usize = 16 * TEXT_BYTES;
/// The header of a page that renews itself.
const LIVE: &str = "muster-live";

/// Runs before every handler.
pub async fn guard(State(context): State<Ctx>, request: Request, next: Next) -> Response {
    match checked(&context, request).await {
        Ok(request) => next.run(request).await,
        Err(response) => *response,
    }
}

async fn checked(context: &AdminContext, request: Request) -> Result<Request, Box<Response>> {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let failed = |failure: Failure| Box::new(failure.into_response());
    let Some(operation) = find(request.method(), &route) else {
        return Err(failed(Failure::method_not_allowed(request.uri().path(), &methods(&route))));
    };
    let principal = recognise(context, request.headers());
    let Some(principal) = principal else {
        if operation.access == Access::Open {
            return Ok(request);
        }
        return Err(match operation.page && Wanted::of(request.headers()) == Wanted::Html {
            true => Box::new(to_login(&request)),
            false => failed(unauthenticated()),
        });
    };
    if principal.must_change && !["/password", "/logout", "/login"].contains(&route.as_str()) && operation.access != Access::Open
    {
        return Err(match Wanted::of(request.headers()) {
            Wanted::Html => Box::new(Redirect::to("/password").into_response()),
            _ => failed(Failure::new(Code::Forbidden, "change the password first: open /password in a browser")),
        });
    }
    let mut request = match principal.console() {
        Some(session) if changes(request.method()) && route != "/login" => {
            same_site(request.headers()).map_err(failed)?;
            let (request, csrf) = csrf(request, operation).await.map_err(failed)?;
            if !csrf.is_some_and(|csrf| session.proves(&csrf)) {
                return Err(failed(Failure::new(
                    Code::Forbidden,
                    "the request does not carry this session's CSRF token (form field csrf or header x-csrf-token); reload the page and try again",
                )));
            }
            request
        }
        _ => request,
    };
    if let Err(failure) = permitted(context, operation, &principal) {
        return Err(failed(failure));
    }
    request.extensions_mut().insert(principal);
    Ok(request)
}

/// Who speaks: an `Authorization` header decides alone, whatever cookies come with it.
pub(crate) fn recognise(context: &AdminContext, headers: &HeaderMap) -> Option<Principal> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
        let (id, secret) = scheme.eq_ignore_ascii_case("bearer").then(|| token::parse(credentials.trim()))??;
        let record = context.directory.token(id)?;
        let now = context.clock.now();
        if !token::accepts(&record, secret, now) {
            return None;
        }
        let ApiTokenRecord { id, role, applications, .. } = record;
        let principal = Principal { proof: Proof::Token(id), role, applications, must_change: false };
        context.directory.uses().note(&principal.actor(), now);
        return Some(principal);
    }
    let (sessions, id, at) = (context.logins.sessions(), cookie::read(headers, context.tls)?, context.clock.boottime());
    let session = if headers.contains_key(LIVE) { sessions.glance(id, at) } else { sessions.find(id, at) }?;
    let user = context.directory.user(&session.user).filter(|user| user.enabled)?;
    Some(Principal { proof: Proof::Console(session), role: user.role, applications: Vec::new(), must_change: user.must_change })
}

fn permitted(context: &AdminContext, operation: &Operation, principal: &Principal) -> Answer<()> {
    if !operation.access.admits(principal.role) {
        let least = match operation.access {
            Access::From(role) | Access::OrApplication(role) => role_name(role),
            Access::Open => "any",
        };
        // Programs know operations by name, people do not.
        let what = if operation.page { "this" } else { operation.name };
        return Err(Failure::new(
            Code::Forbidden,
            format!("{what} needs the role {least}; this login has {}", role_name(principal.role)),
        ));
    }
    if operation.gated
        && let Gate::Closed { reason } = context.board.gate()
    {
        return Err(disabled(&reason));
    }
    Ok(())
}

/// 403 `license-disabled` with its reason and what to do.
pub(crate) fn disabled(reason: &str) -> Failure {
    let detail = format!("the product is disabled ({reason}); apply a licence key: muster-collector license apply FILE");
    Failure::new(Code::LicenseDisabled, detail).with("reason", reason)
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// The CSRF token of a request; a form is read for it and put back.
async fn csrf(request: Request, operation: &Operation) -> Answer<(Request, Option<String>)> {
    if let Some(value) = request.headers().get("x-csrf-token") {
        let value = value.to_str().ok().map(str::to_owned);
        return Ok((request, value));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if operation.takes_file && is_form(kind) {
        return csrf_of_upload(request).await;
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, FORM_BYTES)
        .await
        .map_err(|_| Failure::new(Code::TooLarge, format!("the form is larger than {FORM_BYTES} bytes, or broke off")))?;
    #[derive(serde::Deserialize)]
    struct Field {
        csrf: Option<String>,
    }
    let mut copy = Request::new(Body::from(bytes.clone()));
    *copy.method_mut() = Method::POST;
    copy.headers_mut().clone_from(&parts.headers);
    let axum::Form(field) = <axum::Form<Field> as axum::extract::FromRequest<()>>::from_request(copy, &())
        .await
        .map_err(|error| Failure::new(Code::InvalidBody, error.body_text()))?;
    Ok((Request::from_parts(parts, Body::from(bytes)), field.csrf))
}

/// The CSRF token of a form with a file, which is read for it and put back.
async fn csrf_of_upload(request: Request) -> Answer<(Request, Option<String>)> {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, UPLOAD_BYTES).await.map_err(|_| {
        let text =
            format!("the form with its file is larger than {UPLOAD_BYTES} bytes, or broke off; import a larger file by command");
        Failure::new(Code::TooLarge, text)
    })?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = parts(kind, &bytes).await?;
    let token = form.iter().find(|part| part.name == "csrf").map(|part| &part.content[..]);
    let token = token.and_then(|token| std::str::from_utf8(token).ok()).map(str::to_owned);
    Ok((Request::from_parts(head, Body::from(bytes)), token))
}

fn to_login(request: &Request) -> Response {
    let mut target = "/login".to_owned();
    if request.method() == Method::GET && request.uri().path() != "/status" {
        let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
        target.push_str("?next=");
        target.push_str(&url_encoded(asked).replace("%2F", "/"));
    }
    Redirect::to(&target).into_response()
}
