//! Live sessions: who is logged in where, and which seats that takes.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::{Pager, paged},
        render::{When, page},
    },
    sessions::SessionView,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Deserialize;

/// The page of all sessions.
pub(super) const HERE: &str = "/sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    note: Option<Note>,
    asked: Asking,
    applications: Vec<String>,
    rows: Vec<SessionRow>,
    pager: Pager,
    none_at_all: bool,
}

/// A session in a list.
pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) host: String,
    pub(super) agent: String,
    pub(super) from: String,
    pub(super) client: String,
    pub(super) tty: String,
    pub(super) state: &'static str,
    pub(super) since: When,
    pub(super) idle: String,
    pub(super) holds: Vec<String>,
    pub(super) ended: bool,
}

/// Which ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    application: String,
    /// A part of the user, the machine or the address.
    search: String,
    page: usize,
}

/// `GET /sessions`.
pub async fn sessions_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, asked, &headers))
}

fn show(context: &AdminContext, caller: &Principal, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let mut list = context.sessions.list();
    let none_at_all = list.is_empty();
    let wanted = asked.application.trim().to_lowercase();
    if !wanted.is_empty() {
        list.retain(|one| one.holds.iter().any(|hold| hold.application.to_lowercase() == wanted));
    }
    let search = asked.search.trim().to_lowercase();
    let mut rows: Vec<SessionRow> = list.into_iter().map(|one| SessionRow::of(one, context)).collect();
    if !search.is_empty() {
        rows.retain(|row| [&row.user, &row.host, &row.from].iter().any(|text| text.to_lowercase().contains(&search)));
    }
    // Who came last is looked for first.
    rows.reverse();
    let query = [("application", asked.application.trim()), ("search", asked.search.trim())];
    let (rows, pager) = paged(rows, asked.page, HERE, &query);
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let response = page(&SessionsPage {
        frame: Frame::of(context, caller, HERE),
        note,
        applications: context.sessions.applications().into_iter().map(|one| one.name).collect(),
        rows,
        pager,
        none_at_all,
        asked,
    })?;
    Ok(shown_once.on(response))
}

impl SessionRow {
    pub(super) fn of(view: SessionView, context: &AdminContext) -> Self {
        let SessionView { record, state, idle_seconds, holds } = view;
        let host = context.fleet.get(record.agent).map(|agent| agent.record.hostname.clone());
        let shared = |shared: bool| if shared { ", shared" } else { "" };
        Self {
            id: record.id.to_string(),
            user: record.user,
            host: host.unwrap_or_default(),
            agent: record.agent.to_string(),
            from: record.client_ip,
            client: record.client,
            tty: record.tty.unwrap_or_default(),
            state: if record.ended.is_some() { "ended" } else { state },
            since: When::of(record.started_at, context.now(), context.tz()),
            idle: match idle_seconds {
                None => "not known".to_owned(),
                Some(seconds @ 0..120) => format!("{seconds} s"),
                Some(seconds) => format!("{} min", seconds / 60),
            },
            holds: holds.into_iter().map(|hold| format!("{} ({}{})", hold.application, hold.kind, shared(hold.shared))).collect(),
            ended: record.ended.is_some(),
        }
    }
}
