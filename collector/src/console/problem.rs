//! The page of a problem code, and refusals as pages: with the navigation for who is logged in, and with links to what helps.
//!
//! In: what a handler refused. Out: the same status and headers, in words. What programs ask for stays a problem document.

use super::{
    frame::Frame,
    navigation::{above, may},
    render::{Piece, page, pieces, sentence},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Refused, Wanted,
        auth::{Principal, recognise, role_name},
    },
    store::records::Role,
};
use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use muster_wire::problem::{Code, Problem};

/// Where a licence key is applied.
const LICENSE: &str = "/console/license";

/// For nobody that is known.
#[derive(Template)]
#[template(path = "problem.html")]
struct Bare<'a> {
    said: Said<'a>,
}

/// For who is logged in.
#[derive(Template)]
#[template(path = "problem_framed.html")]
struct Framed<'a> {
    frame: Frame,
    said: Said<'a>,
}

struct Said<'a> {
    title: &'a str,
    text: Vec<Piece<'a>>,
    code: &'a str,
    status: u16,
    /// What helps: an address, and what the link says.
    links: Vec<(&'static str, String)>,
}

/// A response that a page is made of, whatever its request accepts.
#[derive(Debug, Clone, Copy)]
struct AsPage;

/// The page: what the code means and what to do.
///
/// # Errors
/// When the template cannot be rendered.
pub fn problem_page(context: &AdminContext, caller: Option<&Principal>, code: Code, advice: &'static str) -> Answer<Response> {
    let role = caller.filter(|caller| sees_pages(caller)).map(|caller| caller.role);
    let links = helps(Some(code), role, "/problems");
    let said = Said { title: code.title(), text: pieces(advice), code: code.name(), status: code.status(), links };
    rendered(context, caller, "/problems", said)
}

/// A failure for who looks at pages.
pub(super) fn refusal(failure: Failure) -> Response {
    let mut response = failure.into_response();
    response.extensions_mut().insert(AsPage);
    response
}

/// Refusals of what a browser asked for become pages; those of the API stay documents.
pub async fn in_words(State(context): State<Ctx>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let wants_page = Wanted::of(request.headers()) == Wanted::Html && !path.starts_with("/api/");
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    if !wants_page && response.extensions().get::<AsPage>().is_none() {
        return response;
    }
    let Some(Refused(problem)) = response.extensions().get::<Refused>().cloned() else { return response };
    // Who calls it by a foreign name learns nothing but that.
    let caller = if problem.code() == Some(Code::Misdirected) { None } else { recognise(&context, &headers) };
    // Without the page the document says the same.
    if let Ok(shown) = page_of(&context, caller.as_ref(), &path, &problem) {
        *response.body_mut() = shown.into_body();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

fn page_of(context: &AdminContext, caller: Option<&Principal>, here: &str, problem: &Problem) -> Answer<Response> {
    let role = caller.filter(|caller| sees_pages(caller)).map(|caller| caller.role);
    let code = problem.code();
    let text = match code {
        Some(Code::LicenseDisabled) => {
            let reason = problem.extra.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default();
            closed(reason, role)
        }
        _ => sentence(&problem.detail),
    };
    let links = helps(code, role, here);
    let code = code.map_or("", Code::name);
    let said = Said { title: &problem.title, text: pieces(&text), code, status: problem.status, links };
    rendered(context, caller, here, said)
}

fn rendered(context: &AdminContext, caller: Option<&Principal>, here: &str, said: Said<'_>) -> Answer<Response> {
    match caller.filter(|caller| sees_pages(caller)) {
        Some(caller) => page(&Framed { frame: Frame::of(context, caller, here), said }),
        None => page(&Bare { said }),
    }
}

/// Whether the navigation is of use: with a one-time password every page of it leads to the form of another one.
fn sees_pages(caller: &Principal) -> bool {
    caller.console().is_some() && !caller.must_change
}

/// Why software and records are closed, and what opens them.
fn closed(reason: &str, role: Option<Role>) -> String {
    let why = match reason {
        "unlicensed" => "There is no licence yet.".to_owned(),
        "expired" => "The licence has expired.".to_owned(),
        "grace_elapsed" => "The site was over its limit for the whole grace period.".to_owned(),
        other => format!("The product is disabled: {}.", other.replace('_', " ")),
    };
    let who = match role {
        Some(role) if !may(role, &Method::POST, LICENSE) => {
            let least = role_name(Role::LicenseAdmin);
            format!("An account with the role {least} applies the key; yours has {}.", role_name(role))
        }
        _ => "Send the request file of the licence page to your vendor, and apply the key that comes back.".to_owned(),
    };
    format!("{why} This page opens when a licence key is applied. {who}")
}

/// Links to what helps; for nobody only the login, and under a foreign name nothing.
fn helps(code: Option<Code>, role: Option<Role>, here: &str) -> Vec<(&'static str, String)> {
    if code == Some(Code::Misdirected) {
        return Vec::new();
    }
    let Some(role) = role else { return vec![("/status", "Overview".to_owned())] };
    let mut links = Vec::new();
    if matches!(code, Some(Code::LicenseDisabled | Code::InvalidLicense)) {
        let may_apply = may(role, &Method::POST, LICENSE);
        links.push((LICENSE, if may_apply { "Apply a licence key" } else { "Licence" }.to_owned()));
    }
    // The page above is of no use where it is closed itself, or where it is the one that was refused.
    let page = above(role, here).filter(|page| page.path != here && code != Some(Code::LicenseDisabled));
    links.extend(page.map(|page| (page.path, page.title.to_owned())));
    if !links.iter().any(|link| link.0 == "/status") {
        links.push(("/status", "Overview".to_owned()));
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leads_on() {
        let check = |code: Code, role: Option<Role>, here: &str, expected: &[&str]| {
            let links = helps(Some(code), role, here);
            assert_eq!(links.iter().map(|link| link.0).collect::<Vec<_>>(), expected, "{here}");
        };
        let (viewer, admin) = (Some(Role::Viewer), Some(Role::LicenseAdmin));
        check(Code::LicenseDisabled, admin, "/software", &["/console/license", "/status"]);
        check(Code::LicenseDisabled, viewer, "/records", &["/console/license", "/status"]);
        check(Code::NotFound, viewer, "/sessions/abc", &["/sessions", "/status"]);
        check(Code::Forbidden, viewer, "/accounts", &["/status"]);
        check(Code::Forbidden, viewer, "/assets/change", &["/assets", "/status"]);
        check(Code::NotFound, viewer, "/nothing", &["/status"]);
        check(Code::NotFound, None, "/sessions/abc", &["/status"]);
        check(Code::Misdirected, None, "/status", &[]);
        assert!(closed("unlicensed", admin).contains("apply the key"));
        assert!(closed("expired", viewer).contains("license_admin applies the key; yours has viewer"));
    }
}
