//! What of a site needs somebody: alerts, and counts that should be nothing, each with the page that has the rows behind it.
//!
//! In: the status and the alerts that stand. Out: sentences with links, the most urgent first. Pure.

use super::{
    pager::address,
    render::{number, sentence},
};
use crate::publish::{Alert, Severity, Status, uncounted, url_encoded};
use chrono::{DateTime, Utc};

/// Where a site that is over its limit finds what to retire, and where one without a key in force gets it.
const HYGIENE: &str = "/assets/hygiene";
const RENEWAL: &str = "/console/license#renewal";

/// Something that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) severity: Severity,
    pub(super) text: String,
    /// Since when; none where that is not known.
    pub(super) since: Option<DateTime<Utc>>,
    /// Where the rows are, and what the link says.
    pub(super) link: String,
    pub(super) to: &'static str,
}

/// A run that failed and was not followed by a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FailedRun {
    pub(super) id: u64,
    pub(super) why: String,
    pub(super) at: DateTime<Utc>,
}

impl Need {
    fn warns(text: String, link: String, to: &'static str) -> Self {
        Self { severity: Severity::Warning, text: sentence(&text), since: None, link, to }
    }

    /// How urgent it looks.
    pub(super) const fn tone(&self) -> &'static str {
        match self.severity {
            Severity::Info => "calm",
            Severity::Warning => "warn",
            Severity::Critical => "bad",
        }
    }
}

/// Everything, the most urgent first.
pub(super) fn needs(status: &Status, alerts: &[(String, Alert)], failed: Option<&FailedRun>) -> Vec<Need> {
    let mut needs: Vec<Need> = alerts.iter().map(|(key, alert)| of_alert(key, alert)).collect();
    let told = |key: &str| alerts.iter().any(|(known, _)| known.starts_with(key));
    let agents = &status.agents;
    if agents.quarantined > 0 && !told("fork:") {
        let text = counted(agents.quarantined, "agent is suspected to be a copy", "agents are suspected to be copies");
        needs.push(Need::warns(text, "/agents?state=clone".to_owned(), "Resolve"));
    }
    if agents.pending > 0 && !told("agents-pending") {
        let text = counted(agents.pending, "agent waits for approval", "agents wait for approval");
        needs.push(Need::warns(text, "/agents?state=pending".to_owned(), "Approve or reject"));
    }
    if agents.silent > 0 {
        let text = counted(agents.silent, "agent is silent", "agents are silent");
        needs.push(Need::warns(text, "/agents?state=silent".to_owned(), "Which ones"));
    }
    if let Some(text) = uncounted(status.compliance.uncounted_empty_state) {
        let link = address("/assets", &[("sysparm_query", "install_statusISEMPTY")]);
        needs.push(Need::warns(text, link, "Give them a state"));
    }
    if let Some(error) = status.compliance.last_error.as_deref().filter(|_| !told("compliance-run")) {
        needs.push(Need::warns(format!("The last compliance run could not judge: {error}"), "/compliance".to_owned(), "Runs"));
    }
    if let Some(run) = failed.filter(|_| !told("job-reconcile")) {
        let text = format!("The last reconciliation failed: {}", run.why);
        let link = format!("/software/runs/{}", run.id);
        needs.push(Need { since: Some(run.at), ..Need::warns(text, link, "The run") });
    }
    for application in &status.applications {
        let page = format!("/applications/{}", url_encoded(&application.name));
        if application.denied_today > 0 {
            let text = counted(application.denied_today, "request was denied today", "requests were denied today");
            needs.push(Need::warns(format!("{}: {text}", application.name), page.clone(), "Denials and holders"));
        }
        if application.queued > 0 {
            let text = counted(application.queued, "client waits for a seat", "clients wait for a seat");
            needs.push(Need::warns(format!("{}: {text}", application.name), page, "Who holds them"));
        }
    }
    if let Some((consumed, entitled)) = status.units.and_then(|units| Some((units.consumed, units.entitled?)))
        && consumed > entitled
    {
        let text = format!("{} subscription units are used and {} are entitled.", number(consumed), number(entitled));
        needs.push(Need::warns(text, "/units".to_owned(), "By category"));
    }
    let messages = &status.notifications;
    if messages.last_failed_at > messages.last_sent_at && !told("notify-") {
        let why = messages.last_error.as_deref().unwrap_or("nobody said why");
        let text = format!("The last message to administrators was not taken: {why}");
        needs.push(Need { since: messages.last_failed_at, ..Need::warns(text, "/notifications".to_owned(), "Messages") });
    }
    needs.sort_by_key(|need| std::cmp::Reverse((is_of_the_licence(need), need.severity)));
    needs
}

/// Whether it is about the licence position, which goes before everything else.
fn is_of_the_licence(need: &Need) -> bool {
    need.link == HYGIENE || need.link == RENEWAL
}

/// The text of an alert as a sentence for somebody who has its page before them: without the commands that do the same.
fn plain(text: &str) -> String {
    const COMMAND: &str = "muster-collector ";
    let mut text = text.to_owned();
    while let Some((from, to)) =
        text.find(&format!(" ({COMMAND}")).and_then(|from| Some((from, from + text.get(from..)?.find(')')?)))
    {
        text.replace_range(from..=to, "");
    }
    if let Some((said, _)) = text.split_once(COMMAND) {
        let end = [": ", "; ", ". "].into_iter().filter_map(|mark| said.rfind(mark)).max();
        text = said.get(..end.unwrap_or(said.len())).unwrap_or(said).to_owned();
    }
    sentence(&text)
}

/// An alert with the page that has what it is about.
fn of_alert(key: &str, alert: &Alert) -> Need {
    let (link, to) = match key.split_once(':') {
        Some(("fork", agent)) => (format!("/agents/{}", url_encoded(agent)), "Resolve"),
        Some(("over-use", application)) => (format!("/applications/{}", url_encoded(application)), "Who holds them"),
        Some(("notify-webhook", _)) => ("/notifications".to_owned(), "Messages"),
        _ => match key {
            // A grace has its own way out: fewer assets, found where they are counted.
            "license-grace" => (HYGIENE.to_owned(), "What could be retired"),
            "license-none" | "license-disabled" | "license-expiry" => (RENEWAL.to_owned(), "Get a key"),
            "clock_anomaly" => ("/console/license#clock".to_owned(), "The clock"),
            "users-over-limit" | "trust-not-followed" => ("/console/license".to_owned(), "Licence"),
            "compliance-run" | "job-nightly" => ("/compliance".to_owned(), "Runs"),
            "agents-pending" => ("/agents?state=pending".to_owned(), "Approve or reject"),
            "notify-mail" | "job-notify" => ("/notifications".to_owned(), "Messages"),
            "software.lists" => ("/software/unrecognised".to_owned(), "Software"),
            "job-reconcile" => ("/software/runs".to_owned(), "Runs"),
            "job-weekly" => ("/units".to_owned(), "Units"),
            "job-pools" | "job-sessions" | "uncounted-uses" => ("/applications".to_owned(), "Applications"),
            _ => ("/audit".to_owned(), "Audit log"),
        },
    };
    Need { severity: alert.severity, text: plain(&alert.text), since: Some(alert.since), link, to }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}.", number(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::{
        AgentCounts, ApplicationStatus, ComplianceStatus, NotificationStatus, SessionCounts, State, UnitsStatus,
    };
    use chrono::TimeDelta;
    use uuid::Uuid;

    fn status(change: impl FnOnce(&mut Status)) -> Status {
        let mut status = Status {
            version: String::new(),
            collector_id: Uuid::nil(),
            machine_key_id: String::new(),
            now: DateTime::UNIX_EPOCH,
            time_zone: "UTC".to_owned(),
            state: State::Compliant,
            reason: None,
            license: None,
            compliance: ComplianceStatus::default(),
            agents: AgentCounts::default(),
            sessions: SessionCounts::default(),
            applications: Vec::new(),
            units: None,
            notifications: NotificationStatus::default(),
            alerts: Vec::new(),
        };
        change(&mut status);
        status
    }

    fn alert(key: &str, severity: Severity) -> (String, Alert) {
        (key.to_owned(), Alert { since: DateTime::UNIX_EPOCH, severity, text: key.to_owned() })
    }

    fn links(status: &Status, alerts: &[(String, Alert)], failed: Option<&FailedRun>) -> Vec<String> {
        needs(status, alerts, failed).into_iter().map(|need| need.link).collect()
    }

    #[test]
    fn what_is_well_needs_nobody() {
        let at = Some(DateTime::UNIX_EPOCH);
        assert!(links(&status(|_| {}), &[], None).is_empty());
        let well = status(|status| {
            status.agents = AgentCounts { total: 3, online: 3, ..AgentCounts::default() };
            status.units = Some(UnitsStatus { consumed: 5, entitled: Some(5) });
            status.notifications = NotificationStatus { last_sent_at: at, last_failed_at: at, last_error: None, waiting: 0 };
        });
        assert!(links(&well, &[], None).is_empty());
    }

    #[test]
    fn every_number_leads_to_its_rows() {
        let check = |change: fn(&mut Status), expected: &[&str]| assert_eq!(links(&status(change), &[], None), expected);
        check(
            |status| status.agents = AgentCounts { total: 6, online: 2, pending: 2, quarantined: 1, silent: 2 },
            &["/agents?state=clone", "/agents?state=pending", "/agents?state=silent"],
        );
        check(|status| status.compliance.uncounted_empty_state = 2, &["/assets?sysparm_query=install_statusISEMPTY"]);
        check(|status| status.compliance.last_error = Some("x".to_owned()), &["/compliance"]);
        check(|status| status.units = Some(UnitsStatus { consumed: 6, entitled: Some(5) }), &["/units"]);
        check(
            |status| status.notifications.last_failed_at = Some(DateTime::UNIX_EPOCH + TimeDelta::days(1)),
            &["/notifications"],
        );
        check(
            |status| {
                status.applications = vec![ApplicationStatus {
                    name: "A/B".to_owned(),
                    named_in_use: 0,
                    named_limit: None,
                    floating_in_use: 0,
                    floating_limit: None,
                    denied_today: 1,
                    queued: 2,
                    peak_today: 0,
                    peak_at: None,
                }];
            },
            &["/applications/A%2FB", "/applications/A%2FB"],
        );
        let failed = FailedRun { id: 7, why: "x".to_owned(), at: DateTime::UNIX_EPOCH };
        assert_eq!(links(&status(|_| {}), &[], Some(&failed)), ["/software/runs/7"]);
    }

    #[test]
    fn alerts_are_sentences_without_commands() {
        for (text, expected) in [
            ("7 assets over the limit; come down", "7 assets over the limit; come down."),
            (
                "no licence key was applied. Send the file (muster-collector license request) and apply the key",
                "No licence key was applied. Send the file and apply the key.",
            ),
            (
                "two copies of h report. Enrol one, then resolve it: muster-collector agent resolve 1",
                "Two copies of h report. Enrol one, then resolve it.",
            ),
            (
                "mail cannot be sent: no. It is tried again; see muster-collector notify list, and wait",
                "Mail cannot be sent: no. It is tried again.",
            ),
        ] {
            assert_eq!(plain(text), expected);
        }
        let alerts = [alert("fork:7", Severity::Critical), alert("license-grace", Severity::Warning)];
        assert_eq!(links(&status(|_| {}), &alerts, None), ["/assets/hygiene", "/agents/7"], "the licence goes first");
    }

    #[test]
    fn alerts_come_by_urgency_and_nothing_is_told_twice() {
        let waiting = status(|status| status.agents = AgentCounts { total: 1, pending: 1, ..AgentCounts::default() });
        let alerts =
            [alert("agents-pending", Severity::Warning), alert("store-copied", Severity::Critical), alert("x", Severity::Info)];
        assert_eq!(links(&waiting, &alerts, None), ["/audit", "/agents?state=pending", "/audit"]);
        for (key, link) in [
            ("fork:7c", "/agents/7c"),
            ("over-use:cad draw", "/applications/cad%20draw"),
            ("notify-webhook:1", "/notifications"),
            ("license-none", "/console/license#renewal"),
            ("license-grace", "/assets/hygiene"),
            ("job-reconcile", "/software/runs"),
        ] {
            assert_eq!(links(&status(|_| {}), &[alert(key, Severity::Warning)], None), [link], "{key}");
        }
    }
}
