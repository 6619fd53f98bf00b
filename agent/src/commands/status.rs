//! `status`: identity, last contact, backlog, verdict.
//!
//! In: the running agent's answer, else the state directory. Out: table, JSON or CSV.

use super::failure::{Failure, print};
use crate::{
    broker::Overview,
    cli::StatusArgs,
    config::Config,
    enforce::{By, HookStatus, Hooks},
    socket::{self, Status, from_files},
};
use chrono::{DateTime, SecondsFormat, Utc};
use muster_runtime::{
    clock::SharedClock,
    exit::Exit,
    output::{self, Format},
};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(args: &StatusArgs, clock: SharedClock) -> Result<Exit, Failure> {
    let config = Config::load(args.place.config.as_deref(), args.place.state_dir.as_deref())?;
    let answer = socket::get(&config.socket.path, "/v1/status", TIMEOUT).await;
    let running = answer.ok().and_then(|(_, body)| serde_json::from_slice::<Status>(&body).ok());
    let stored = from_files(&config, clock.now());
    let mut status = match (running, stored) {
        // On a machine with two agents, the one of this state directory is meant.
        (Some(running), Ok(stored)) if stored.enrolled && stored.agent_id != running.agent_id => stored,
        (Some(running), _) => running,
        (None, stored) => stored?,
    };
    if status.running {
        // The running one tells everybody, and this is perhaps root.
        let seen = Hooks::look(&config.enforce, &config.state_dir, true);
        if seen.error.is_none() {
            status.hooks = seen;
        }
    }
    let text = match output::choose(args.output) {
        Format::Json => output::json(&status).map_err(|error| Failure::new(Exit::Failed, error))?,
        Format::Table => output::table(&["what", "value"], &rows(&status)),
        Format::Csv => output::csv(&["what", "value"], &rows(&status)),
    };
    print(&text)
}

/// One row for each field, what matters most first.
fn rows(status: &Status) -> Vec<Vec<String>> {
    let Status {
        version,
        running,
        enrolled,
        agent_id,
        collector_id,
        collectors,
        certificate_expires_at,
        epoch,
        next_seq,
        last_contact_at,
        last_error,
        report_interval_seconds,
        waiting_reports,
        waiting_bytes,
        waiting_in_memory,
        oldest_waiting_at,
        dropped_reports,
        damaged_reports,
        sessions,
        verdict,
        verdict_reason,
        verdict_valid_until,
        checkouts,
        hooks,
    } = status;
    let Overview { borrowed, offline_uses_waiting, offline_uses_uncounted, offline_uses_dropped } = checkouts;
    let borrowed: Vec<String> = borrowed
        .iter()
        .map(|borrowed| format!("{} by {} until {}", borrowed.application, borrowed.user, time(Some(borrowed.valid_until))))
        .collect();
    let by = hooks.by.map(|by| match by {
        By::Helper => "muster-enforce.service",
        By::Agent => "the agent",
    });
    let pending = hooks.pending_since.map(|since| format!("a second verdict; the first is of {}", time(Some(since))));
    let rows = [
        ("version", version.clone()),
        ("running", yes(*running)),
        ("enrolled", yes(*enrolled)),
        ("agent", maybe(agent_id.as_ref())),
        ("collector", maybe(collector_id.as_ref())),
        ("collector addresses", collectors.join(" ")),
        ("certificate expires", time(*certificate_expires_at)),
        ("last contact", time(*last_contact_at)),
        ("last error", maybe(last_error.as_ref())),
        ("verdict", verdict.name().to_owned()),
        ("verdict reason", maybe(verdict_reason.as_ref())),
        ("verdict valid until", time(*verdict_valid_until)),
        ("hooks run by", maybe(by.as_ref())),
        ("hooks wait for", maybe(hooks.error.as_ref().or(pending.as_ref()))),
        ("on_disable", hook(hooks.on_disable.as_ref())),
        ("on_enable", hook(hooks.on_enable.as_ref())),
        ("borrowed licences", if borrowed.is_empty() { "-".to_owned() } else { borrowed.join("; ") }),
        ("offline uses waiting", offline_uses_waiting.to_string()),
        ("offline uses not counted", offline_uses_uncounted.to_string()),
        ("offline uses dropped", offline_uses_dropped.to_string()),
        ("sessions", sessions.to_string()),
        ("reports waiting", waiting_reports.to_string()),
        ("bytes waiting", waiting_bytes.to_string()),
        ("waiting in memory only", waiting_in_memory.to_string()),
        ("oldest waiting", time(*oldest_waiting_at)),
        ("reports dropped", dropped_reports.to_string()),
        ("reports damaged", damaged_reports.to_string()),
        ("next report number", next_seq.to_string()),
        ("epoch", maybe(epoch.as_ref())),
        ("report interval (s)", maybe(report_interval_seconds.as_ref())),
    ];
    rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}

/// When and how, and the end of what it printed.
fn hook(status: Option<&HookStatus>) -> String {
    let Some(HookStatus { run, output }) = status else { return "-".to_owned() };
    let printed = output.as_ref().map(|output| format!("; it printed: {}", output.trim_end())).unwrap_or_default();
    format!("{} {}{printed}", time(Some(run.started_at)), run.outcome)
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn maybe(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn time(value: Option<DateTime<Utc>>) -> String {
    value.map_or_else(|| "-".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
