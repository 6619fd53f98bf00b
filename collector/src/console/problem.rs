//! The page of a problem code.

use crate::admin::{Answer, Failure};
use askama::Template;
use muster_wire::problem::Code;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    title: &'static str,
    code: &'static str,
    status: u16,
    advice: &'static str,
}

/// The page: what the code means and what to do.
///
/// # Errors
/// When the template cannot be rendered.
pub fn problem_page(code: Code, advice: &'static str) -> Answer<String> {
    ProblemPage { title: code.title(), code: code.name(), status: code.status(), advice }.render().map_err(Failure::internal)
}
