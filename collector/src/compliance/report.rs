//! The audit pack: everything a vendor asks about, as one text signed by the machine key.

use super::{
    keys, past,
    service::{Compliance, RunError},
};
use crate::store::records::{AgentStatus, AuditRecord, KeyRecord, RunKind, RunRecord};
use muster_domain::calendar::SiteZone;
use muster_license::report::{self, Audit, DisabledPeriod, Event, Facts, QueryPeriod};

/// Rows read from the store at once.
const CHUNK: usize = 1000;

/// What the audit log says of clocks, restored stores and changed rows.
const EVENTS: [&str; 3] = ["license.confirm-clock", "license.rollback", "license.tampered"];

impl Compliance {
    /// The audit pack as of now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report(&self) -> Result<String, RunError> {
        let parts = &self.parts;
        let facts = self.facts();
        // Newest first, as they are read; told oldest first.
        let runs = self.all_runs().await?;
        let agents = parts.stores.agents.all().await?;
        let chain = parts.stores.audit.verify().await?;
        let head = parts.stores.audit.page(None, 1).await?.into_iter().next();
        let anomaly = self.clock.assess().anomaly.map(|anomaly| format!("{:?} by {} s", anomaly.direction, anomaly.by.as_secs()));
        let keys = parts.stores.license.keys().await?;
        let report = Facts {
            collector_id: parts.collector_id,
            created_at: self.time(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time_zone: parts.zone.to_string(),
            state: crate::publish::state_name(facts.state).to_owned(),
            reason: facts.reason,
            trusted: self.vendors.load().ids(),
            trust_chosen_by_site: self.vendors.load().chosen_by_site,
            keys: keys.into_iter().map(|record| self.key(record)).collect(),
            queries: queries(&runs),
            graces: past::graces(runs.iter().rev(), chrono::NaiveDate::MIN, parts.zone),
            disabled: disabled(&runs, parts.zone),
            runs: runs.into_iter().rev().map(run).collect(),
            clock_anomaly: anomaly,
            events: self.events().await?,
            audit: Audit {
                entries: chain.unwrap_or_else(|at| at.saturating_sub(1)),
                head: head.map(|record| record.hash),
                broken_at: chain.err(),
            },
            pending_devices: agents.iter().filter(|agent| agent.status == AgentStatus::Pending).map(|_| 1).sum(),
        };
        report::sign(report, &parts.machine).map_err(|error| RunError::Internal(error.to_string()))
    }

    async fn all_runs(&self) -> Result<Vec<RunRecord>, RunError> {
        let mut runs: Vec<RunRecord> = Vec::new();
        loop {
            let more = self.parts.stores.license.runs(runs.last().map(|run| run.id), CHUNK).await?;
            let last = more.len() < CHUNK;
            runs.extend(more);
            if last {
                return Ok(runs);
            }
        }
    }

    async fn events(&self) -> Result<Vec<Event>, RunError> {
        let (mut events, mut before) = (Vec::new(), None);
        loop {
            let page = self.parts.stores.audit.page(before, CHUNK).await?;
            before = page.last().map(|record| record.number);
            let last = page.len() < CHUNK;
            events.extend(page.into_iter().filter(|record| EVENTS.contains(&record.entry.action.as_str())).map(event));
            if last {
                events.reverse();
                return Ok(events);
            }
        }
    }

    fn key(&self, record: KeyRecord) -> report::Key {
        let opened = self.vendors.load().open(&record.text, &self.parts.machine);
        let error = opened.as_ref().err().map(ToString::to_string);
        let claims = opened.ok().map(|opened| opened.claims);
        report::Key {
            id: record.id,
            serial: record.serial,
            applied_at: record.applied_at,
            applied_by: record.applied_by,
            text: record.text,
            query: claims.as_ref().and_then(|claims| keys::effective_query(claims).ok()),
            claims,
            error,
        }
    }
}

fn event(record: AuditRecord) -> Event {
    let AuditRecord { number, entry, .. } = record;
    Event { number, at: entry.at, actor: entry.actor, action: entry.action }
}

fn run(run: RunRecord) -> report::Run {
    report::Run {
        id: run.id,
        kind: kind_name(run.kind).to_owned(),
        site_date: run.site_date,
        started_at: run.started_at,
        finished_at: run.finished_at,
        by: run.by,
        serial: run.license_serial,
        query: run.query,
        table: run.table,
        null_mode: run.null_mode,
        count: run.asset_count,
        limit: run.asset_limit,
        uncounted_empty_state: run.uncounted_empty_state,
        users: run.user_count,
        by_state: run.by_state,
        by_category: run.by_category,
        state_before: run.state_before,
        state_after: run.state_after,
        reason_after: run.reason_after,
        error: run.error,
    }
}

/// The kind of a run, as it is written.
#[must_use]
pub const fn kind_name(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Nightly => "nightly",
        RunKind::Key => "key",
        RunKind::Manual => "manual",
    }
}

/// Which query counted when, oldest first. `runs` are newest first.
fn queries(runs: &[RunRecord]) -> Vec<QueryPeriod> {
    let mut periods: Vec<QueryPeriod> = Vec::new();
    for run in runs.iter().rev() {
        let Some(query) = &run.query else { continue };
        match periods.last_mut() {
            Some(last) if last.query == *query && last.null_mode == run.null_mode && last.serial == run.license_serial => {
                last.to = run.site_date;
            }
            _ => periods.push(QueryPeriod {
                from: run.site_date,
                to: run.site_date,
                serial: run.license_serial,
                query: query.clone(),
                null_mode: run.null_mode.clone(),
            }),
        }
    }
    periods
}

/// Periods in which runs found the product disabled, oldest first. `runs` are newest first.
fn disabled(runs: &[RunRecord], zone: SiteZone) -> Vec<DisabledPeriod> {
    let mut periods: Vec<DisabledPeriod> = Vec::new();
    let mut open = false;
    for run in runs.iter().rev() {
        let off = run.state_after == "disabled";
        if off && !open {
            periods.push(DisabledPeriod { from: past::judged_on(run, zone), to: None, reason: run.reason_after.clone() });
        }
        if open
            && !off
            && let Some(last) = periods.last_mut()
        {
            last.to = Some(past::judged_on(run, zone));
        }
        open = off;
    }
    periods
}
