//! Metrics: counters that the stages raise, and gauges that are read off the status when somebody asks.
//!
//! No series names an agent, a user or a machine: their number is bounded by the code, not by the fleet.

use super::{Severity, State, Status};
use chrono::{DateTime, Utc};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// How a report was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportResult {
    /// Changed something and was committed.
    Stored,
    /// Changed nothing.
    Unchanged,
    /// Known already.
    Repeated,
    /// Told to go on with a new epoch.
    Resync,
    /// Refused: unreadable or over a limit.
    Refused,
    /// Try again later.
    Unavailable,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginResult {
    /// Logged in.
    Granted,
    /// Wrong name or password.
    Wrong,
    /// Locked out.
    Locked,
    /// Not let in through single sign-on.
    Refused,
}

impl ReportResult {
    const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Unchanged => "unchanged",
            Self::Repeated => "repeated",
            Self::Resync => "resync",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

impl LoginResult {
    const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Wrong => "wrong",
            Self::Locked => "locked",
            Self::Refused => "refused",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReport {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByLogin {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySeverity {
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByApplication {
    application: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// What the status does not say.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Bytes of the store on disk.
    pub store_size_bytes: Option<u64>,
    /// End of the last nightly run without an error.
    pub last_nightly_success: Option<DateTime<Utc>>,
    /// End of the collector's own authority.
    pub authority_until: Option<DateTime<Utc>>,
    /// Agents by status.
    pub agents: Vec<(&'static str, u64)>,
    /// Seconds since the process started.
    pub uptime_seconds: u64,
}

/// The counters of the whole collector.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reports: Family<ByReport, Counter>,
    report_seconds: Histogram,
    enrollments: Counter,
    logins: Family<ByLogin, Counter>,
    requests_failed: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("muster");
        let reports = Family::default();
        registry.register("reports", "Reports of agents by how they were answered", reports.clone());
        let report_seconds = Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]);
        registry.register("report_duration_seconds", "Time from a report's head to its answer", report_seconds.clone());
        let enrollments = Counter::default();
        registry.register("enrollments", "Agents that enrolled", enrollments.clone());
        let logins = Family::default();
        registry.register("logins", "Logins at the console by how they ended", logins.clone());
        let requests_failed = Counter::default();
        registry.register("admin_errors", "Requests of the admin listener that were answered with 5xx", requests_failed.clone());
        Self { registry, reports, report_seconds, enrollments, logins, requests_failed }
    }
}

impl Metrics {
    /// A report was answered after so many seconds.
    pub fn report(&self, result: ReportResult, seconds: f64) {
        self.reports.get_or_create(&ByReport { result: result.name() }).inc();
        self.report_seconds.observe(seconds);
    }

    /// An agent enrolled.
    pub fn enrolled(&self) {
        self.enrollments.inc();
    }

    /// A login ended.
    pub fn login(&self, result: LoginResult) {
        self.logins.get_or_create(&ByLogin { result: result.name() }).inc();
    }

    /// A request of the admin listener was answered with 5xx.
    pub fn admin_error(&self) {
        self.requests_failed.inc();
    }

    /// Everything as OpenMetrics text.
    ///
    /// # Errors
    /// None in practice: it writes into memory.
    pub fn render(&self, status: &Status, readings: &Readings) -> Result<String, std::fmt::Error> {
        let mut page = String::with_capacity(8192);
        text::encode_registry(&mut page, &self.registry)?;
        text::encode_registry(&mut page, &gauges(status, readings))?;
        text::encode_eof(&mut page)?;
        Ok(page)
    }
}

/// Gauges of this moment; what is not known has no series.
fn gauges(status: &Status, readings: &Readings) -> Registry {
    let mut registry = Registry::with_prefix("muster");
    let mut set = |name: &str, help: &str, value: Option<i64>| {
        if let Some(value) = value {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
    };
    let count = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
    let compliance = &status.compliance;
    set("agents_online", "Agents seen lately", count(status.agents.online));
    set("sessions_active", "Sessions logged in now", count(status.sessions.active));
    set("license_assets_counted", "Assets that the compliance query counts", compliance.asset_count.and_then(count));
    set("license_assets_limit", "Assets that the licence covers", compliance.asset_limit.and_then(count));
    set("license_assets_over", "Assets over the limit", count(compliance.over_by));
    set("license_users", "Enabled accounts", count(compliance.user_count));
    set("license_users_limit", "Accounts that the licence covers", compliance.user_limit.and_then(count));
    set(
        "license_expires_timestamp_seconds",
        "End of the licence",
        time(status.license.as_ref().map(|license| license.expires_at)),
    );
    let notifications = &status.notifications;
    set("notifications_waiting", "Messages to administrators that are to be sent", count(notifications.waiting));
    set(
        "notifications_last_sent_timestamp_seconds",
        "When a message to administrators was last taken",
        time(notifications.last_sent_at),
    );
    set(
        "notifications_last_failed_timestamp_seconds",
        "When a message to administrators last failed",
        time(notifications.last_failed_at),
    );
    set("grace_days_left", "Whole days of grace left", compliance.days_left);
    set("grace_ends_timestamp_seconds", "End of the grace period", time(compliance.grace_ends_at));
    set("last_count_timestamp_seconds", "Last compliance count", time(compliance.counted_at));
    set("next_nightly_timestamp_seconds", "Next nightly run", time(compliance.next_run_at));
    set("last_nightly_success_timestamp_seconds", "Last nightly run without an error", time(readings.last_nightly_success));
    set("authority_not_after_timestamp_seconds", "End of the internal authority's certificate", time(readings.authority_until));
    set("store_size_bytes", "Bytes of the store on disk", readings.store_size_bytes.and_then(count));
    set("uptime_seconds", "Seconds since this process started", count(readings.uptime_seconds));

    let agents = Family::<ByStatus, Gauge>::default();
    for (status, number) in &readings.agents {
        agents.get_or_create(&ByStatus { status }).set(count(*number).unwrap_or_default());
    }
    registry.register("agents", "Agents by status", agents);
    let states = Family::<ByState, Gauge>::default();
    for (state, name) in STATES {
        states.get_or_create(&ByState { state: name }).set(i64::from(status.state == state));
    }
    registry.register("license_state", "1 for the state the product is in", states);
    let alerts = Family::<BySeverity, Gauge>::default();
    for (severity, name) in SEVERITIES {
        let standing = status.alerts.iter().filter(|alert| alert.severity == severity).count();
        alerts.get_or_create(&BySeverity { severity: name }).set(i64::try_from(standing).unwrap_or(i64::MAX));
    }
    registry.register("alerts", "Alerts that stand", alerts);
    let (used, limits) = (Family::<ByApplication, Gauge>::default(), Family::<ByApplication, Gauge>::default());
    for application in &status.applications {
        let seats = [
            ("named", application.named_in_use, application.named_limit),
            ("floating", application.floating_in_use, application.floating_limit),
        ];
        for (kind, in_use, limit) in seats {
            let label = ByApplication { application: application.name.clone(), kind };
            used.get_or_create(&label).set(count(in_use).unwrap_or_default());
            if let Some(limit) = limit {
                limits.get_or_create(&label).set(count(limit).unwrap_or_default());
            }
        }
    }
    registry.register("application_seats_used", "Seats in use by application and kind", used);
    registry.register("application_seats_limit", "Seats there are by application and kind", limits);
    let build = Family::<Build, Gauge>::default();
    build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
    registry.register("build_info", "The version of the collector", build);
    registry
}

const STATES: [(State, &str); 4] =
    [(State::Unlicensed, "unlicensed"), (State::Compliant, "compliant"), (State::Grace, "grace"), (State::Disabled, "disabled")];

const SEVERITIES: [(Severity, &str); 3] =
    [(Severity::Info, "info"), (Severity::Warning, "warning"), (Severity::Critical, "critical")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::{Alerts, Board};
    use muster_runtime::clock::TestClock;
    use std::sync::Arc;

    #[test]
    fn the_page_has_counters_and_gauges_and_one_end() {
        let clock = TestClock::at(DateTime::UNIX_EPOCH);
        let board = Board::new(uuid::Uuid::nil(), "key".to_owned(), "UTC".to_owned(), clock, Arc::new(Alerts::default()));
        let metrics = Metrics::default();
        metrics.report(ReportResult::Stored, 0.002);
        metrics.login(LoginResult::Wrong);
        metrics.enrolled();
        let readings = Readings { store_size_bytes: Some(4096), agents: vec![("active", 3)], ..Readings::default() };
        let page = metrics.render(&board.status(), &readings).unwrap();
        for line in [
            "muster_reports_total{result=\"stored\"} 1",
            "muster_agents{status=\"active\"} 3",
            "muster_license_state{state=\"unlicensed\"} 1",
            "muster_store_size_bytes 4096",
            "muster_sessions_active 0",
            "muster_notifications_waiting 0",
            "muster_enrollments_total 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is missing in:\n{page}");
        }
        assert!(!page.contains("grace_days_left"), "unknown values have no series");
        assert_eq!(page.matches("# EOF").count(), 1);
        assert!(page.ends_with("# EOF\n"));
    }
}
