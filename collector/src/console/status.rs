//! The overview: where the licence stands, what is counted against which limit, and what needs somebody.

use super::{
    attention::{FailedRun, Need, needs},
    frame::Frame,
    navigation::may,
    render::{When, number, page},
};
use crate::{
    admin::{AdminContext, Answer, auth::Principal},
    publish::{ApplicationStatus, Gate, State, Status, url_encoded},
    store::records::ReconciliationState,
};
use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::Method;

/// Applications on the page; the rest is counted.
const APPLICATIONS: usize = 20;

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage<'a> {
    frame: Frame,
    headline: String,
    advice: Option<String>,
    tone: &'static str,
    status: &'a Status,
    /// When the licence or the grace ends, and how long that is.
    ends: Vec<EndRow>,
    bars: Vec<Bar>,
    needs: Vec<NeedRow>,
    counted: Option<When>,
    next_run: Option<When>,
    applications: Vec<ApplicationRow>,
    more_applications: usize,
    agents: Vec<(&'static str, u64, String, &'static str)>,
    sent: Option<When>,
    failed: Option<When>,
    may_apply: bool,
}

struct EndRow {
    what: &'static str,
    left: String,
    date: String,
    tone: &'static str,
    why: &'static str,
}

/// A count against a limit.
struct Bar {
    what: String,
    link: &'static str,
    why: &'static str,
    text: String,
    /// Value, length of the bar, and from where on it is nearly full; none without a limit.
    meter: Option<(u64, u64, u64)>,
    over: Option<String>,
}

struct NeedRow {
    tone: &'static str,
    text: String,
    link: String,
    to: &'static str,
    since: Option<When>,
}

struct ApplicationRow {
    name: String,
    link: String,
    named: String,
    floating: String,
    meter: Option<(u64, u64, u64)>,
    peak: String,
    peak_at: Option<When>,
    denied: u64,
    full: bool,
}

/// The page for somebody who is logged in.
///
/// # Errors
/// When the store cannot be read, or the template not be rendered.
pub async fn status_page(context: &AdminContext, caller: &Principal) -> Answer<Response> {
    let status = context.board.status();
    let (now, zone) = (status.now, context.tz());
    let when = |at: Option<DateTime<Utc>>| at.map(|at| When::of(at, now, zone));
    let failed = failed_run(context).await?;
    let frame = Frame::of(context, caller, "/status");
    page(&StatusPage {
        headline: status.headline(),
        advice: advice(&status),
        tone: tone(&status),
        ends: ends(&status, context),
        bars: bars(&status, may(caller.role, &Method::GET, "/accounts")),
        needs: needs(&status, &context.board.alerts().standing(), failed.as_ref())
            .into_iter()
            .map(|need| NeedRow::of(need, context))
            .collect(),
        counted: when(status.compliance.counted_at),
        next_run: when(status.compliance.next_run_at),
        applications: status.applications.iter().take(APPLICATIONS).map(|one| ApplicationRow::of(one, context)).collect(),
        more_applications: status.applications.len().saturating_sub(APPLICATIONS),
        agents: agents(&status),
        sent: when(status.notifications.last_sent_at),
        failed: when(status.notifications.last_failed_at),
        may_apply: frame.may_post("/console/license"),
        frame,
        status: &status,
    })
}

/// The last reconciliation, where it failed; nobody may look at runs while the product is disabled.
async fn failed_run(context: &AdminContext) -> Answer<Option<FailedRun>> {
    if !matches!(context.board.gate(), Gate::Open) {
        return Ok(None);
    }
    let last = context.stores.reconcile.runs(None, 1).await?.into_iter().next();
    Ok(last.filter(|run| run.state == ReconciliationState::Failed).map(|run| FailedRun {
        id: run.id,
        why: run.error.unwrap_or_else(|| "nobody said why".to_owned()),
        at: run.ended_at.unwrap_or(run.started_at),
    }))
}

/// What to do, where something is to be done.
pub(super) fn advice(status: &Status) -> Option<String> {
    let over = status.compliance.over_by;
    match status.state {
        State::Compliant => None,
        State::Unlicensed => {
            Some("Download the request on the licence page, send it to your vendor, and apply the key that comes back.".to_owned())
        }
        State::Grace => Some(format!(
            "Retire or remove {over} {} or apply a larger licence. If the count is still over the limit when grace ends, the product is disabled.",
            if over == 1 { "asset" } else { "assets" }
        )),
        State::Disabled => Some(
            "Reports are still taken and assets can still be changed. Enrolment, check-outs and usage views wait for a new licence key."
                .to_owned(),
        ),
    }
}

pub(super) const fn tone(status: &Status) -> &'static str {
    tone_of(status.state)
}

/// How a state looks.
pub(super) const fn tone_of(state: State) -> &'static str {
    match state {
        State::Compliant => "good",
        State::Grace | State::Unlicensed => "warn",
        State::Disabled => "bad",
    }
}

fn ends(status: &Status, context: &AdminContext) -> Vec<EndRow> {
    let date = |at: DateTime<Utc>| context.zone.site_date(at).to_string();
    let days = |left: i64| if left == 1 { "1 day".to_owned() } else { format!("{left} days") };
    let tone = |left: i64| match left {
        ..=7 => "bad",
        8..=60 => "warn",
        _ => "calm",
    };
    let grace = status.compliance.grace_ends_at.zip(status.compliance.days_left);
    let grace = grace.map(|(at, left)| EndRow {
        what: "Grace ends",
        left: days(left),
        date: date(at),
        tone: tone(left),
        why: "/explain/compliance.days_left",
    });
    let license = status.license.as_ref().map(|license| EndRow {
        what: "Licence ends",
        left: days(license.days_left),
        date: date(license.expires_at),
        tone: tone(license.days_left),
        why: "/explain/license.days_left",
    });
    grace.into_iter().chain(license).collect()
}

fn bars(status: &Status, sees_accounts: bool) -> Vec<Bar> {
    let compliance = &status.compliance;
    let (unlicensed, unlimited) = (status.license.is_none(), "no limit");
    let without = |said| if unlicensed { "no licence" } else { said };
    let users = Bar::of(
        ("Users of muster", if sees_accounts { "/accounts" } else { "/console/license" }, "/explain/compliance.user_count"),
        compliance.user_count,
        compliance.user_limit,
        without(unlimited),
    );
    let place = ("Assets", "/compliance", "/explain/compliance.asset_count");
    let assets = match compliance.asset_count {
        Some(count) => Bar::of(place, count, compliance.asset_limit, without(unlimited)),
        None => Bar { text: "not counted yet".to_owned(), ..Bar::of(place, 0, None, "") },
    };
    let place = ("Subscription units", "/units", "/explain/units.consumed");
    let units = status.units.map(|units| Bar::of(place, units.consumed, units.entitled, without("none in the licence")));
    [assets, users].into_iter().chain(units).collect()
}

impl Bar {
    /// What is counted, its page and its explanation; `without` says why there is no limit.
    fn of((what, link, why): (&str, &'static str, &'static str), count: u64, limit: Option<u64>, without: &str) -> Self {
        let over = limit.map(|limit| count.saturating_sub(limit)).filter(|over| *over > 0);
        Self {
            what: what.to_owned(),
            link,
            why,
            text: limit.map_or_else(|| format!("{}, {without}", number(count)), |_| of(count, limit)),
            meter: meter(count, limit),
            over: over.map(|over| format!("{} over the limit", number(over))),
        }
    }
}

/// What a bar shows of a count against a limit: its value, its length, and from where on it is nearly full.
pub(super) fn meter(count: u64, limit: Option<u64>) -> Option<(u64, u64, u64)> {
    limit.map(|limit| (count.min(limit.max(1)), limit.max(1), limit.saturating_mul(9) / 10))
}

/// "4 of 10"; without a limit the number and that there is none.
fn of(used: u64, limit: Option<u64>) -> String {
    match limit {
        Some(limit) => format!("{} of {}", number(used), number(limit)),
        None => format!("{}, no limit", number(used)),
    }
}

fn agents(status: &Status) -> Vec<(&'static str, u64, String, &'static str)> {
    let counts = &status.agents;
    // A copy that reports is among the copies, as in the list.
    let online = counts.total.saturating_sub(counts.silent + counts.pending + counts.quarantined);
    [
        ("online", online, "/explain/agents.online"),
        ("silent", counts.silent, "/explain/agents.silent"),
        ("pending", counts.pending, "/explain/agents.pending"),
        ("clone", counts.quarantined, "/explain/agents.quarantined"),
    ]
    .map(|(name, count, why)| (name, count, format!("/agents?state={name}"), why))
    .into()
}

impl NeedRow {
    fn of(need: Need, context: &AdminContext) -> Self {
        Self {
            tone: need.tone(),
            since: need.since.map(|at| When::of(at, context.now(), context.tz())),
            text: need.text,
            link: need.link,
            to: need.to,
        }
    }
}

impl ApplicationRow {
    fn of(one: &ApplicationStatus, context: &AdminContext) -> Self {
        let full = |used: u64, limit: Option<u64>| limit.is_some_and(|limit| limit > 0 && used >= limit);
        Self {
            name: one.name.clone(),
            link: format!("/applications/{}", url_encoded(&one.name)),
            named: of(one.named_in_use, one.named_limit),
            floating: of(one.floating_in_use, one.floating_limit),
            meter: meter(one.floating_in_use, one.floating_limit),
            peak: number(one.peak_today),
            peak_at: one.peak_at.map(|at| When::of(at, context.now(), context.tz())),
            denied: one.denied_today,
            full: full(one.floating_in_use, one.floating_limit),
        }
    }
}
