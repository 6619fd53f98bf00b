//! The licence and status page.

use super::frame::Frame;
use super::render::{When, number, page};
use super::units_rows::encoded;
use crate::{
    admin::{AdminContext, Answer, api::agents::status_name, auth::Principal},
    ingest::AgentView,
    publish::{ApplicationStatus, Severity, State, Status, state_name, uncounted},
    store::records::{AgentRecord, AgentStatus},
};
use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::cmp::Ordering;

/// Agents shown on the page; the rest is counted.
const AGENTS: usize = 200;

/// What the last form brought.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// Good news.
    pub good: bool,
    /// What to say.
    pub text: String,
    /// The key that was pasted, so that it need not be pasted again.
    pub key: String,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage<'a> {
    frame: Frame,
    headline: String,
    advice: Option<String>,
    tone: &'static str,
    state: &'static str,
    status: &'a Status,
    license: Option<LicenseRows>,
    compliance: Vec<(&'static str, String)>,
    counted: Option<When>,
    next_run: Option<When>,
    grace_ends: Option<When>,
    meter: Option<Meter>,
    applications: Vec<ApplicationRow>,
    agents: Vec<AgentRow>,
    more_agents: usize,
    alerts: Vec<AlertRow>,
    sent: Option<When>,
    failed: Option<When>,
    may_apply: bool,
    notice: Option<Notice>,
    chosen_by_site: bool,
}

struct LicenseRows {
    customer: String,
    serial: u64,
    id: String,
    expires: When,
    /// As the API counts it: site dates, not hours.
    days_left: String,
    query: String,
    users: String,
}

struct Meter {
    value: u64,
    max: u64,
    high: u64,
    text: String,
}

struct ApplicationRow {
    name: String,
    link: String,
    named: String,
    floating: String,
    peak: String,
    peak_at: Option<When>,
    denied: u64,
    full: bool,
}

struct AgentRow {
    id: String,
    hostname: String,
    status: &'static str,
    tone: &'static str,
    version: String,
    seen: Option<When>,
    todo: Option<&'static str>,
}

struct AlertRow {
    tone: &'static str,
    text: String,
    since: When,
}

/// The page for somebody who is logged in.
///
/// # Errors
/// When the template cannot be rendered.
pub fn status_page(context: &AdminContext, caller: &Principal, notice: Option<Notice>) -> Answer<Response> {
    let status = context.board.status();
    let (now, zone) = (status.now, context.tz());
    let when = |at: Option<DateTime<Utc>>| at.map(|at| When::of(at, now, zone));
    let (agents, all_agents) = context.fleet.first(AGENTS, urgency);
    let frame = Frame::of(context, caller, "/status");
    page(&StatusPage {
        headline: status.headline(),
        advice: advice(&status),
        tone: tone(&status),
        state: state_name(status.state),
        license: status.license.as_ref().map(|license| LicenseRows {
            customer: license.customer.clone(),
            serial: license.serial,
            id: license.id.clone(),
            expires: When::of(license.expires_at, now, zone),
            days_left: match license.days_left {
                1 => "1 day left".to_owned(),
                days => format!("{days} days left"),
            },
            query: license.compliance_query.clone(),
            users: license.user_limit.map_or_else(|| "unlimited".to_owned(), number),
        }),
        compliance: compliance_rows(&status),
        counted: when(status.compliance.counted_at),
        next_run: when(status.compliance.next_run_at),
        grace_ends: when(status.compliance.grace_ends_at),
        meter: meter(&status),
        applications: status.applications.iter().map(|application| application_row(application, now, zone)).collect(),
        more_agents: all_agents.saturating_sub(agents.len()),
        agents: agent_rows(agents, now, zone),
        alerts: status
            .alerts
            .iter()
            .map(|alert| AlertRow {
                tone: match alert.severity {
                    Severity::Info => "calm",
                    Severity::Warning => "warn",
                    Severity::Critical => "bad",
                },
                text: alert.text.clone(),
                since: When::of(alert.since, now, zone),
            })
            .collect(),
        sent: when(status.notifications.last_sent_at),
        failed: when(status.notifications.last_failed_at),
        may_apply: frame.may_post("/console/license"),
        frame,
        notice,
        chosen_by_site: context.compliance.vendors().0,
        status: &status,
    })
}

/// What to do, where something is to be done.
pub(super) fn advice(status: &Status) -> Option<String> {
    let over = status.compliance.over_by;
    match status.state {
        State::Compliant => None,
        State::Unlicensed => Some(
            "Write a request with muster-collector license request, send it to your vendor, and paste the key that comes back below."
                .to_owned(),
        ),
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
    match status.state {
        State::Compliant => "good",
        State::Grace | State::Unlicensed => "warn",
        State::Disabled => "bad",
    }
}

fn compliance_rows(status: &Status) -> Vec<(&'static str, String)> {
    let compliance = &status.compliance;
    let mut rows = vec![
        ("Asset count", compliance.asset_count.map_or_else(|| "not counted yet".to_owned(), number)),
        ("Asset limit", compliance.asset_limit.map_or_else(|| "–".to_owned(), number)),
        ("Over the limit", number(compliance.over_by)),
        ("User count", of(compliance.user_count, compliance.user_limit)),
    ];
    if let Some(days) = compliance.days_left {
        rows.push(("Days of grace left", days.to_string()));
    }
    if let Some(sentence) = uncounted(compliance.uncounted_empty_state) {
        rows.push(("Left out", sentence));
    }
    if let Some(error) = &compliance.last_error {
        rows.push(("Last run", format!("could not judge: {error}")));
    }
    rows
}

/// "4 of 10"; without a limit just the number.
fn of(used: u64, limit: Option<u64>) -> String {
    match limit {
        Some(limit) => format!("{} of {}", number(used), number(limit)),
        None => number(used),
    }
}

fn meter(status: &Status) -> Option<Meter> {
    let (count, limit) = (status.compliance.asset_count?, status.compliance.asset_limit?);
    let text = format!("{} of {} assets", number(count), number(limit));
    Some(Meter { value: count.min(limit), max: limit.max(1), high: limit.saturating_mul(9) / 10, text })
}

fn application_row(application: &ApplicationStatus, now: DateTime<Utc>, zone: Tz) -> ApplicationRow {
    let full = |used: u64, limit: Option<u64>| limit.is_some_and(|limit| limit > 0 && used >= limit);
    ApplicationRow {
        name: application.name.clone(),
        link: format!("/applications/{}", encoded(&application.name)),
        named: of(application.named_in_use, application.named_limit),
        floating: of(application.floating_in_use, application.floating_limit),
        peak: number(application.peak_today),
        peak_at: application.peak_at.map(|at| When::of(at, now, zone)),
        denied: application.denied_today,
        full: full(application.floating_in_use, application.floating_limit),
    }
}

/// What needs somebody comes first, then the machines by name.
fn urgency(a: &AgentRecord, b: &AgentRecord) -> Ordering {
    let rank = |status: AgentStatus| match status {
        AgentStatus::Quarantined => 0,
        AgentStatus::Pending => 1,
        AgentStatus::Active => 2,
        AgentStatus::Revoked => 3,
    };
    rank(a.status).cmp(&rank(b.status)).then_with(|| a.hostname.cmp(&b.hostname))
}

fn agent_rows(agents: Vec<AgentView>, now: DateTime<Utc>, zone: Tz) -> Vec<AgentRow> {
    agents
        .into_iter()
        .map(|agent| {
            let id = agent.record.id.to_string();
            let (tone, todo) = match agent.record.status {
                AgentStatus::Active if agent.online => ("good", None),
                AgentStatus::Active => ("warn", None),
                AgentStatus::Pending => ("warn", Some("Approve or reject it")),
                AgentStatus::Quarantined => ("bad", Some("Resolve the clone")),
                AgentStatus::Revoked => ("calm", None),
            };
            let status = match agent.record.status {
                AgentStatus::Active if agent.online => "online",
                AgentStatus::Active => "silent",
                other => status_name(other),
            };
            AgentRow {
                hostname: agent.record.hostname.clone(),
                status,
                tone,
                version: agent.agent_version,
                seen: agent.last_seen.map(|at| When::of(at, now, zone)),
                todo,
                id,
            }
        })
        .collect()
}
