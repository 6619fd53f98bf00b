//! What every page of records has: who looks at it, whether they may change something, and which kind it is about.

use crate::{
    admin::{
        AdminContext, Answer, Failure,
        auth::{Access, Principal, Proof, find, role_name},
    },
    console::problem::refusal,
};
use axum::response::Response;
use http::Method;
use muster_domain::record::{Schema, kinds};

/// The route of one record, by which it is known who may change it.
const RECORD: &str = "/records/{kind}/{id}";

/// The frame of a page.
pub(super) struct Frame {
    pub(super) who: String,
    pub(super) role: &'static str,
    pub(super) csrf: String,
    /// Whether a person is logged in: only they have forms.
    pub(super) console: bool,
    /// Whether records may be changed from here.
    pub(super) may_change: bool,
    pub(super) version: String,
}

impl Frame {
    /// Of a request.
    pub(super) fn of(context: &AdminContext, caller: &Principal) -> Self {
        let (who, csrf, console) = match &caller.proof {
            Proof::Console(session) => (session.user.clone(), session.csrf.clone(), true),
            Proof::Token(id) => (format!("API token {id}"), String::new(), false),
        };
        let admitted = match find(&Method::POST, RECORD).map(|operation| operation.access) {
            Some(Access::From(role)) => caller.role >= role,
            _ => false,
        };
        Self {
            who,
            role: role_name(caller.role),
            csrf,
            console,
            may_change: console && admitted,
            version: context.board.status().version,
        }
    }
}

/// An answer for a browser: failures are pages, too.
pub(super) fn shown(answer: Answer<Response>) -> Response {
    answer.unwrap_or_else(refusal)
}

/// The kind of a path.
pub(super) fn kind_of(path: &str) -> Answer<&'static Schema> {
    kinds::find(path).ok_or_else(|| Failure::not_found("kind of record", path))
}

/// What several records of a kind are called: `Software users`.
pub(super) fn plural(schema: &Schema) -> String {
    capital(&schema.path.replace('-', " "))
}

/// A text that begins a line.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
