//! One application: who holds its seats now, and how it was used by day and by hour.

use super::{
    applications::{HERE, PoolRow},
    checkout::CheckoutRow,
    usage::Usage,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        note::Note,
        pager::{Pager, address, paged},
        render::{When, page},
    },
    publish::Gate,
    sessions::Connected,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::NaiveDate;
use http::HeaderMap;
use serde::Deserialize;

/// Check-outs on the page; the rest is counted.
const CHECKOUTS: usize = 100;

#[derive(Template)]
#[template(path = "application.html")]
struct ApplicationPage {
    frame: Frame,
    note: Option<Note>,
    may_change: bool,
    pool: PoolRow,
    holders: Vec<HolderRow>,
    /// Who waits for a seat, the first one first.
    waiting: Vec<WaitingRow>,
    /// Check-outs with a seat, the newest first.
    checkouts: Vec<CheckoutRow>,
    more_checkouts: usize,
    pager: Pager,
    sessions: String,
    /// None while the product is disabled.
    usage: Option<Usage>,
    date: NaiveDate,
    before: Option<String>,
    after: Option<String>,
}

struct HolderRow {
    user: String,
    from: String,
    kind: &'static str,
    over: bool,
    by: String,
    since: When,
}

struct WaitingRow {
    place: u64,
    user: String,
    from: String,
    client: String,
    since: When,
}

/// Which page of the holders, and which day.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    page: usize,
    date: Option<NaiveDate>,
}

/// `GET /applications/{name}`.
pub async fn application_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Query(asked): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    shown(show(&context, &caller, &name, asked, &headers).await)
}

async fn show(context: &AdminContext, caller: &Principal, name: &str, asked: Asking, headers: &HeaderMap) -> Answer<Response> {
    let wanted = name.to_lowercase();
    let known = context.sessions.applications().into_iter().find(|one| one.name.to_lowercase() == wanted);
    let known = known.ok_or_else(|| Failure::not_found("application", name))?;
    let pool = PoolRow::of(&known, context);
    let today = context.today();
    let date = asked.date.unwrap_or(today).min(today);
    let open = matches!(context.board.gate(), Gate::Open);
    let limit = known.named_limit.zip(known.floating_limit).map(|(named, floating)| named.saturating_add(floating));
    let usage = if open { Some(Usage::of(context, &known.name, date, limit).await?) } else { None };
    let holders = if open { context.sessions.connected(Some(&known.name)) } else { Vec::new() };
    let waiting = if open { WaitingRow::all(&known.name, context) } else { Vec::new() };
    let (checkouts, more_checkouts) = if open { checked_out(&known.name, context) } else { (Vec::new(), 0) };
    let (holders, pager) = paged(holders, asked.page, &pool.link, &[]);
    let day = |date: NaiveDate| format!("{}#hours", address(&pool.link, &[("date", &date.to_string())]));
    let (note, shown_once) = Note::take(headers, &pool.link, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let response = page(&ApplicationPage {
        may_change: frame.may_post("/applications/{name}/edit"),
        frame,
        note,
        holders: holders.into_iter().map(|seat| HolderRow::of(seat, context)).collect(),
        waiting,
        checkouts,
        more_checkouts,
        pager,
        sessions: address("/sessions", &[("application", &known.name)]),
        usage,
        date,
        before: date.pred_opt().map(day),
        after: date.succ_opt().filter(|date| *date <= today).map(day),
        pool,
    })?;
    Ok(shown_once.on(response))
}

/// The newest check-outs with a seat, and how many more there are.
fn checked_out(application: &str, context: &AdminContext) -> (Vec<CheckoutRow>, usize) {
    let mut all = context.sessions.checkouts(Some(application), None);
    all.retain(|one| one.kind.is_some());
    all.reverse();
    let more = all.len().saturating_sub(CHECKOUTS);
    (all.into_iter().take(CHECKOUTS).map(|one| CheckoutRow::of(one, context)).collect(), more)
}

impl WaitingRow {
    fn all(application: &str, context: &AdminContext) -> Vec<Self> {
        let waits = context.sessions.checkouts(Some(application), None).into_iter();
        let mut rows: Vec<Self> = waits
            .filter_map(|one| {
                Some(Self {
                    place: one.position?,
                    user: one.claimant.user,
                    from: one.claimant.client,
                    client: one.facts.client,
                    since: When::of(one.since, context.now(), context.tz()),
                })
            })
            .collect();
        rows.sort_by_key(|row| row.place);
        rows
    }
}

impl HolderRow {
    fn of(seat: Connected, context: &AdminContext) -> Self {
        let Connected { application: _, first: _, user, client_ip, kind, over_use, since, sessions, checkouts } = seat;
        let counted = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let by = [counted(sessions, "session", "sessions"), counted(checkouts, "check-out", "check-outs")];
        Self {
            user,
            from: client_ip,
            kind,
            over: over_use,
            by: by.into_iter().flatten().collect::<Vec<_>>().join(", "),
            since: When::of(since, context.now(), context.tz()),
        }
    }
}
