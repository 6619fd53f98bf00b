//! The page of a problem code, and refusals as pages.

use crate::admin::{Answer, Failure};
use askama::Template;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use muster_wire::problem::Code;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    code: &'a str,
    status: u16,
    advice: &'a str,
    back: bool,
}

/// The page: what the code means and what to do.
///
/// # Errors
/// When the template cannot be rendered.
pub fn problem_page(code: Code, advice: &'static str) -> Answer<String> {
    let page = ProblemPage { title: code.title(), code: code.name(), status: code.status(), advice, back: false };
    page.render().map_err(Failure::internal)
}

/// A failure for who looks at pages: the same status and headers, and what was wrong in words.
pub fn refusal(failure: Failure) -> Response {
    let problem = failure.problem();
    let code = problem.code().map_or("", Code::name);
    let page = ProblemPage { title: &problem.title, code, status: problem.status, advice: &problem.detail, back: true };
    let page = page.render();
    let mut response = failure.into_response();
    // Without the page the document says the same.
    if let Ok(page) = page {
        *response.body_mut() = Body::from(page);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}
