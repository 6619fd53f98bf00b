//! The applications with their pools: seats in use against the limits, today's peak and denials.

use crate::{
    admin::{
        AdminContext, Answer, Ctx,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        render::{When, number, page},
        status::meter,
    },
    publish::{ApplicationStatus, url_encoded},
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;

/// The page of all applications.
pub(super) const HERE: &str = "/applications";

#[derive(Template)]
#[template(path = "applications.html")]
struct ApplicationsPage {
    frame: Frame,
    note: Option<Note>,
    may_change: bool,
    rows: Vec<PoolRow>,
}

/// An application with its seats.
pub(super) struct PoolRow {
    pub(super) name: String,
    pub(super) link: String,
    /// What the ids of its numbers begin with, as a part of an address.
    pub(super) explained: String,
    pub(super) named: String,
    pub(super) floating: String,
    /// Floating seats in use, how many there are, and from where on it is nearly full; none without a limit.
    pub(super) meter: Option<(u64, u64, u64)>,
    pub(super) queued: u64,
    pub(super) denied: u64,
    pub(super) peak: String,
    pub(super) peak_at: Option<When>,
    pub(super) full: bool,
}

/// `GET /applications`.
pub async fn applications_page(State(context): State<Ctx>, Caller(caller): Caller, headers: HeaderMap) -> Response {
    shown(show(&context, &caller, &headers))
}

fn show(context: &AdminContext, caller: &Principal, headers: &HeaderMap) -> Answer<Response> {
    let rows = context.sessions.applications().iter().map(|one| PoolRow::of(one, context)).collect();
    let frame = Frame::of(context, caller, HERE);
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let may_change = frame.may_post("/console/applications/new");
    Ok(shown_once.on(page(&ApplicationsPage { frame, note, may_change, rows })?))
}

impl PoolRow {
    pub(super) fn of(one: &ApplicationStatus, context: &AdminContext) -> Self {
        let of = |used: u64, limit: Option<u64>| match limit {
            Some(limit) => format!("{} of {}", number(used), number(limit)),
            None => format!("{}, no limit", number(used)),
        };
        Self {
            name: one.name.clone(),
            link: format!("{HERE}/{}", url_encoded(&one.name)),
            explained: format!("applications.{}", url_encoded(&one.name)),
            named: of(one.named_in_use, one.named_limit),
            floating: of(one.floating_in_use, one.floating_limit),
            meter: meter(one.floating_in_use, one.floating_limit),
            queued: one.queued,
            denied: one.denied_today,
            peak: number(one.peak_today),
            peak_at: one.peak_at.map(|at| When::of(at, context.now(), context.tz())),
            full: one.floating_limit.is_some_and(|limit| limit > 0 && one.floating_in_use >= limit),
        }
    }
}
