//! What every page has around it: who looks at it, the navigation, and what the forms on it need.

use super::navigation::{Navigation, may};
use super::problem::refusal;
use super::render::When;
use super::status::tone;
use crate::{
    admin::{
        AdminContext, Answer, Failure,
        auth::{Principal, Proof, role_name},
    },
    publish::State,
    store::records::Role,
};
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

/// The route of one record, by which it is known who may change records.
const RECORD: &str = "/records/{kind}/{id}";
/// Pages that begin with the licence position.
const OWN_BANNER: [&str; 3] = ["/status", "/compliance", "/console/license"];

/// The frame of a page.
pub(super) struct Frame {
    pub(super) who: String,
    pub(super) role: &'static str,
    pub(super) csrf: String,
    /// Whether a person is logged in: only they have forms.
    pub(super) console: bool,
    /// Whether records may be changed from here.
    pub(super) may_change: bool,
    pub(super) navigation: Navigation,
    /// What is wrong with the licence position, and its tone; none where nothing is, and on the pages that say it themselves.
    pub(super) banner: Option<(String, &'static str)>,
    pub(super) updated: When,
    pub(super) time_zone: String,
    pub(super) version: String,
    caller: Role,
}

impl Frame {
    /// Of a request for the page at `here`.
    pub(super) fn of(context: &AdminContext, caller: &Principal, here: &str) -> Self {
        let (who, csrf, console) = match &caller.proof {
            Proof::Console(session) => (session.user.clone(), session.csrf.as_str().to_owned(), true),
            Proof::Token(id) => (format!("API token {id}"), String::new(), false),
        };
        let (now, status) = (context.now(), context.board.status());
        Self {
            who,
            role: role_name(caller.role),
            csrf,
            console,
            may_change: console && may(caller.role, &Method::POST, RECORD),
            navigation: Navigation::of(caller.role, here),
            banner: (status.state != State::Compliant && !OWN_BANNER.contains(&here)).then(|| (status.headline(), tone(&status))),
            updated: When::of(now, now, context.tz()),
            time_zone: status.time_zone.clone(),
            version: status.version,
            caller: caller.role,
        }
    }

    /// Whether a form that is sent to this route is for who looks.
    pub(super) fn may_post(&self, route: &str) -> bool {
        self.console && may(self.caller, &Method::POST, route)
    }

    /// Whether the caller may read what is at a route.
    pub(super) fn may_get(&self, route: &str) -> bool {
        may(self.caller, &Method::GET, route)
    }
}

/// An answer for a browser: failures are pages, too.
pub(super) fn shown(answer: Answer<Response>) -> Response {
    answer.unwrap_or_else(refusal)
}

/// What a page shows once, no cache may keep.
pub(super) fn once(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a form that was refused says beside its controls, and its status; a failure that is not about what was filled in stays one.
pub(super) fn beside_form(failure: Failure) -> Answer<(StatusCode, String)> {
    let problem = failure.problem();
    let status = match problem.status {
        409 => StatusCode::CONFLICT,
        422 => StatusCode::UNPROCESSABLE_ENTITY,
        _ => return Err(failure),
    };
    Ok((status, problem.detail.clone()))
}
