//! The audit log as occurrences. What changes a state writes its entry in the same unit of work, so that nothing is told that did not
//! happen and nothing that happened is lost; the entry's number is told once.
//!
//! In: entries in their order, what was near the limit before, the names of machines. Out: occurrences. Pure.

use super::{
    event::Event,
    occurrence::{Occurrence, many, on_date},
};
use crate::{publish::LicenseFacts, store::records::AuditRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::calendar::SiteZone;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The key by which it is known that the count is near the limit.
pub(super) const NEAR: &str = "near_limit";
/// Days before the end of a grace or a licence from which it is critical.
pub(super) const CRITICAL_DAYS: u64 = 7;
/// How the error of a reconciliation begins that its collector did not live to end.
const CUT_OFF: &str = "the collector ended";
/// How far behind a count its warnings can stand: one for each ending.
const WARNINGS: usize = 2;

const GROW_OR_SHRINK: &str = "Retire or dispose of assets that are no longer in use (the page Assets, Hygiene names candidates, and so does \
                              muster-collector asset hygiene), or send your vendor the request file for a larger licence (muster-collector license request).";
const NEW_KEY: &str = "Send your vendor the request file (muster-collector license request) and apply the key that comes back \
                       (muster-collector license apply FILE).";

/// What is known beside the log.
pub(super) struct Known<'a> {
    pub(super) license: &'a LicenseFacts,
    pub(super) zone: SiteZone,
    pub(super) limit_percent: u64,
    pub(super) hostname: &'a dyn Fn(&str) -> Option<String>,
}

/// What a part of the log tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) occurrences: Vec<Occurrence>,
    /// Keys of occurrences that are over.
    pub(super) over: Vec<String>,
}

/// How many entries of a part of the log, which others follow, can be told without what follows: a count needs its warnings.
pub(super) fn whole(log: &[AuditRecord]) -> usize {
    let counts = log.iter().enumerate().skip(log.len().saturating_sub(WARNINGS));
    let cut = counts.into_iter().find(|(_, record)| is_count(record)).map_or(log.len(), |(place, _)| place);
    if cut == 0 { log.len() } else { cut }
}

fn is_count(record: &AuditRecord) -> bool {
    matches!(record.entry.action.as_str(), "compliance.run" | "license.apply")
}

/// What a part of the log tells.
pub(super) fn told(log: &[AuditRecord], known: &Known<'_>) -> Told {
    let mut told = Told::default();
    // Warnings that are part of what a count said.
    let mut said = BTreeSet::new();
    for (place, record) in log.iter().enumerate() {
        let entry = Entry { record, known };
        match record.entry.action.as_str() {
            _ if is_count(record) => {
                let behind = log.iter().skip(place + 1).take(WARNINGS);
                let grace =
                    behind.into_iter().find(|next| next.entry.action == "license.warning" && next.entry.subject == "grace");
                let before = told.occurrences.len();
                entry.counted(grace, &mut told);
                let began = told.occurrences.iter().skip(before).any(|occurrence| occurrence.event == Event::OverLimit);
                said.extend(grace.filter(|_| began).map(|grace| grace.number));
            }
            "license.state" => entry.changed(&mut told),
            "license.warning" if !said.contains(&record.number) => told.occurrences.push(entry.warned()),
            "agent.quarantine" => told.occurrences.push(entry.copied()),
            "reconcile.run" if record.entry.actor == "collector" => told.occurrences.extend(entry.reconciliation_failed()),
            "license.tampered" | "license.rollback" | "license.copied" | "license.remade" => {
                told.occurrences.push(entry.doubted());
                entry.changed(&mut told);
            }
            "license.clock" => told.occurrences.extend(entry.clock_is_wrong()),
            _ => {}
        }
    }
    told
}

/// An entry of the log, beside what else is known.
struct Entry<'a> {
    record: &'a AuditRecord,
    known: &'a Known<'a>,
}

impl Entry<'_> {
    fn get(&self, name: &str) -> &Value {
        self.record.entry.detail.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name).as_u64()
    }

    /// A time to the minute.
    fn minute(&self, name: &str) -> String {
        let at = self.text(name).and_then(|text| text.parse::<DateTime<Utc>>().ok());
        at.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M UTC").to_string())
    }

    fn site_date(&self) -> NaiveDate {
        self.known.zone.site_date(self.record.entry.at)
    }

    fn occurrence(&self, event: Event, facts: Value) -> Occurrence {
        Occurrence::of(event, self.record.entry.at, facts)
    }

    /// A count: of a night, by hand, or for a new key. `grace` is the warning that goes with a grace that it began.
    fn counted(&self, grace: Option<&AuditRecord>, told: &mut Told) {
        if let Some(error) = self.text("error") {
            if self.record.entry.subject == "nightly" {
                told.occurrences.push(self.night_failed(error));
            }
            return;
        }
        let (before, after) = (self.text("before").unwrap_or_default(), self.text("after").unwrap_or_default());
        let (count, limit) = (self.number("count"), self.number("limit").or_else(|| self.number("asset_limit")));
        self.changed(told);
        match (before, after) {
            ("grace", "compliant") => told.occurrences.push(self.back_within(count, limit)),
            (before, "grace") if before != "grace" => told.occurrences.push(self.over(count, limit, grace)),
            _ => {}
        }
        let (Some(count), Some(limit), "compliant") = (count, limit, after) else { return };
        if u128::from(count) * 100 >= u128::from(limit) * u128::from(self.known.limit_percent) && limit > 0 {
            told.occurrences.push(self.near(count, limit));
        } else {
            told.over.push(NEAR.to_owned());
            // What was told before in this part of the log must not outlive its end.
            told.occurrences.retain(|occurrence| occurrence.event != Event::NearLimit);
        }
    }

    /// A change to or from disabled.
    fn changed(&self, told: &mut Told) {
        let stored = self.get("stored").get("state").and_then(Value::as_str);
        let Some(before) = self.text("before").or(stored) else { return };
        let after = self.text("after").or_else(|| self.text("state")).unwrap_or_default();
        match (before, after) {
            (before, "disabled") if before != "disabled" => told.occurrences.push(self.disabled()),
            ("disabled", "compliant" | "grace") => {
                let (count, limit) = (self.number("count"), self.number("limit").or_else(|| self.number("asset_limit")));
                let counted = match (count, limit) {
                    (Some(count), Some(limit)) => format!(" {} counted, the licence covers {limit}.", were(count)),
                    _ => String::new(),
                };
                let occurrence = self.occurrence(Event::Enabled, json!({"count": count, "limit": limit, "state": after}));
                told.occurrences.push(occurrence.says(
                    "The product is enabled again".to_owned(),
                    format!("Enrolment, check-outs and the views of usage and software work again.{counted}"),
                    "",
                ));
            }
            _ => {}
        }
    }

    fn over(&self, count: Option<u64>, limit: Option<u64>, grace: Option<&AuditRecord>) -> Occurrence {
        let over_by = count.zip(limit).map_or(0, |(count, limit)| count.saturating_sub(limit));
        let users = self.known.license.compliance.users_over_by;
        let detail = grace.map(|grace| &grace.entry.detail);
        let ends_on = detail.and_then(|detail| date(detail.get("ends_on"))).or_else(|| self.grace_ends());
        let days_left = detail.and_then(|detail| detail.get("days_left")).and_then(Value::as_u64);
        let facts = json!({"count": count, "limit": limit, "over_by": over_by, "users_over_by": users, "grace_ends_on": ends_on,
                           "days_left": days_left});
        let title = if over_by > 0 || users == 0 {
            format!("{} over the licence limit", many(over_by, "asset"))
        } else {
            format!("{} over the licence limit", many(users, "account"))
        };
        let counted = match (count, limit) {
            (Some(count), Some(limit)) => format!("On {} {} counted, the licence covers {limit}.", self.site_date(), were(count)),
            _ => format!("The count of {} is over the limit.", self.site_date()),
        };
        let accounts = if users > 0 { format!(" {} over the user limit.", many(users, "account")) } else { String::new() };
        let text = format!(
            "{counted}{accounts} A grace period began: unless the count is back within the limit before, or a larger licence is applied, \
             the product is disabled{}.",
            on_date(ends_on, days_left)
        );
        self.occurrence(Event::OverLimit, facts).says(title, text, GROW_OR_SHRINK)
    }

    fn grace_ends(&self) -> Option<NaiveDate> {
        self.known.license.compliance.grace_ends_at.map(|at| self.known.zone.site_date(at))
    }

    fn back_within(&self, count: Option<u64>, limit: Option<u64>) -> Occurrence {
        let text = match (count, limit) {
            (Some(count), Some(limit)) => {
                format!("On {} {} counted, the licence covers {limit}. The grace period is over.", self.site_date(), were(count))
            }
            _ => "The grace period is over.".to_owned(),
        };
        let facts = json!({"count": count, "limit": limit});
        self.occurrence(Event::WithinLimit, facts).says("Back within the licence limit".to_owned(), text, "")
    }

    fn near(&self, count: u64, limit: u64) -> Occurrence {
        let left = limit.saturating_sub(count);
        let facts = json!({"count": count, "limit": limit, "left": left, "threshold_percent": self.known.limit_percent});
        let title = format!("{count} of {limit} assets: near the licence limit");
        let text = format!(
            "On {} {} counted, the licence covers {limit}: {} can come before the limit is exceeded. You are told from {} % on.",
            self.site_date(),
            were(count),
            many(left, "more asset"),
            self.known.limit_percent
        );
        self.occurrence(Event::NearLimit, facts).says(title, text, GROW_OR_SHRINK).once(NEAR.to_owned())
    }

    fn disabled(&self) -> Occurrence {
        let reason = self.text("reason").or(self.known.license.reason.as_deref()).unwrap_or("unknown").to_owned();
        let (count, limit) = (self.number("count"), self.number("limit"));
        let over_by = count.zip(limit).map(|(count, limit)| count.saturating_sub(limit));
        let why = match reason.as_str() {
            "grace_elapsed" => match over_by.zip(limit) {
                Some((over_by, limit)) if over_by > 0 => {
                    format!("the count was over the limit of {limit} by {over_by} until the grace period ended")
                }
                _ => "the count was over the limit until the grace period ended".to_owned(),
            },
            "expired" => "the licence ended".to_owned(),
            "wrong_machine" => "no stored licence key was issued for this machine".to_owned(),
            "invalid_license" => "no stored licence key can be verified".to_owned(),
            other => other.replace('_', " "),
        };
        let text = format!(
            "The product was disabled on {}: {why}. Reports of agents are still taken and assets can still be changed; enrolment, \
             check-outs and the views of usage and software are refused until a valid licence key is applied. Nothing was deleted.",
            self.site_date()
        );
        let facts = json!({"reason": reason, "count": count, "limit": limit, "over_by": over_by});
        self.occurrence(Event::Disabled, facts).says("The product is disabled".to_owned(), text, NEW_KEY)
    }

    fn warned(&self) -> Occurrence {
        let (on, days_left) = (date(Some(self.get("ends_on"))), self.number("days_left"));
        let left = many(days_left.unwrap_or(0), "day");
        let facts = json!({"ends_on": on, "days_left": days_left, "threshold": self.number("threshold")});
        let critical = days_left.is_some_and(|days| days <= CRITICAL_DAYS);
        let on = on.map_or_else(String::new, |on| format!(" on {on}"));
        if self.record.entry.subject == "expiry" {
            let occurrence = self.occurrence(Event::LicenseEnding, facts).urgent_if(critical);
            let text = format!("The licence ends{on}. From that date on the product is disabled, whatever the count.");
            return occurrence.says(format!("The licence ends in {left}"), text, NEW_KEY);
        }
        let compliance = &self.known.license.compliance;
        let over = match (compliance.over_by, compliance.asset_count, compliance.asset_limit) {
            (over, Some(count), Some(limit)) if over > 0 => {
                format!("The last count is over the limit by {over}: {} counted, the licence covers {limit}. ", were(count))
            }
            _ => "The last count is over the limit. ".to_owned(),
        };
        let text = format!("{over}If that is still so at the run{on}, the product is disabled.");
        self.occurrence(Event::GraceEnding, facts).urgent_if(critical).says(format!("{left} of grace left"), text, GROW_OR_SHRINK)
    }

    fn night_failed(&self, error: &str) -> Occurrence {
        let date = self.site_date();
        let text = format!(
            "The nightly compliance run of {date} could not judge: {error}. The state before it stays; the run is tried again every 15 minutes."
        );
        self.occurrence(Event::RunFailed, json!({"run": "nightly", "date": date, "error": error}))
            .says("The nightly run failed".to_owned(), text, "Look at the alerts on the status page, and run it by hand once the cause is gone: muster-collector compliance run.")
            .once(format!("run_failed:nightly:{date}"))
    }

    fn reconciliation_failed(&self) -> Option<Occurrence> {
        let (error, date) = (self.text("error")?, self.site_date());
        // What a restart cut off is made again by itself.
        if error.starts_with(CUT_OFF) {
            return None;
        }
        let text = format!(
            "The weekly reconciliation of software failed on {date}: {error}. The results of the run before stay; it is tried again every 15 minutes."
        );
        let occurrence = self.occurrence(Event::RunFailed, json!({"run": "reconciliation", "date": date, "error": error}));
        let occurrence = occurrence.says(
            "The weekly reconciliation failed".to_owned(),
            text,
            "Look at the alerts on the status page, and run it by hand once the cause is gone: muster-collector reconcile run.",
        );
        Some(occurrence.on_page("/software/runs").once(format!("run_failed:reconciliation:{date}")))
    }

    fn copied(&self) -> Occurrence {
        let id = &self.record.entry.subject;
        let name = (self.known.hostname)(id).unwrap_or_else(|| format!("agent {id}"));
        let text = format!(
            "Two copies of the agent of {name} ({id}) report: a machine was cloned with its identity. Both are quarantined and count once until somebody decides."
        );
        let advice = format!(
            "Remove the identity from the copy (its state directory) and enrol it anew, then let the original go on: muster-collector agent resolve {id}."
        );
        self.occurrence(Event::CloneFound, json!({"agent": id, "hostname": name})).says(
            format!("{name}: the agent was copied"),
            text,
            advice,
        )
    }

    fn doubted(&self) -> Occurrence {
        let (what, text) = match self.record.entry.action.as_str() {
            "license.tampered" => (
                "tampered",
                "The stored state of the licence was changed outside the collector. The state of the last run is in force.",
            ),
            "license.rollback" => (
                "rollback",
                "Agents know a newer state of the licence than the store: it was restored from a backup or copied. The newer state was taken over.",
            ),
            "license.copied" => (
                "copied",
                "Agents know another state of the licence of the same number: a second collector runs on a copy of the store. Nothing was changed.",
            ),
            _ => (
                "remade",
                "An agent knows another collector with this machine key: the store was made anew, and what was before is not in it.",
            ),
        };
        let facts = json!({"found": what, "state": self.text("state")});
        let advice = "Compare the state with the audit log (muster-collector audit list), and stop a second collector if there is one. A new licence key ends the alert.";
        self.occurrence(Event::Integrity, facts).says("The licence's state is in doubt".to_owned(), text.to_owned(), advice)
    }

    fn clock_is_wrong(&self) -> Option<Occurrence> {
        let direction = self.text("direction")?;
        let (wall, believed) = (self.minute("wall"), self.minute("believed"));
        let frozen = if self.get("frozen").as_bool() == Some(true) {
            " The state of the licence is frozen until the clock is back, or an owner confirms it."
        } else {
            ""
        };
        let text = format!("The collector's clock shows {wall}, but by what it showed before it is {believed}.{frozen}");
        let facts = json!({"found": "clock", "direction": direction, "wall": wall, "believed": believed});
        let advice = "Set the machine's clock, or confirm it if it is right: muster-collector license confirm-clock.";
        Some(self.occurrence(Event::Integrity, facts).says("The collector's clock is wrong".to_owned(), text, advice))
    }
}

/// "1 asset was", "2 assets were".
fn were(count: u64) -> String {
    format!("{} {}", many(count, "asset"), if count == 1 { "was" } else { "were" })
}

fn date(value: Option<&Value>) -> Option<NaiveDate> {
    value?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        publish::{ComplianceStatus, State},
        store::records::{AuditEntry, Urgency},
    };

    fn record(number: u64, action: &str, subject: &str, detail: Value) -> AuditRecord {
        let at = "2026-11-22T01:00:05Z".parse().unwrap();
        let actor = "collector".to_owned();
        let entry = AuditEntry { at, actor, action: action.to_owned(), subject: subject.to_owned(), detail };
        AuditRecord { number, entry, hash: String::new() }
    }

    fn run(before: &str, after: &str, count: u64) -> AuditRecord {
        record(
            7,
            "compliance.run",
            "nightly",
            json!({"count": count, "limit": 500, "before": before, "after": after, "error": null}),
        )
    }

    fn tell(log: &[AuditRecord]) -> Told {
        let compliance =
            ComplianceStatus { asset_count: Some(507), asset_limit: Some(500), over_by: 7, ..ComplianceStatus::default() };
        let license = LicenseFacts { state: State::Grace, reason: None, license: None, compliance };
        let hostname = |id: &str| (id == "a-1").then(|| "ws-17".to_owned());
        told(log, &Known { license: &license, zone: "Europe/Berlin".parse().unwrap(), limit_percent: 90, hostname: &hostname })
    }

    /// The events of a part of the log, and what their words must hold.
    fn check(log: &[AuditRecord], expected: &[(Event, Urgency, &[&str])]) {
        let found = tell(log).occurrences;
        let events: Vec<(Event, Urgency)> = found.iter().map(|occurrence| (occurrence.event, occurrence.urgency)).collect();
        assert_eq!(events, expected.iter().map(|(event, urgency, _)| (*event, *urgency)).collect::<Vec<_>>(), "{log:#?}");
        for (occurrence, (_, _, parts)) in found.iter().zip(expected) {
            let words = format!("{}\n{}\n{}", occurrence.title, occurrence.text, occurrence.advice);
            for part in *parts {
                assert!(words.contains(part), "{part:?} is not in\n{words}");
            }
        }
    }

    #[test]
    fn counts_tell_what_they_changed() {
        use Urgency::{Critical, Info, Warning};
        check(&[run("compliant", "compliant", 400)], &[]);
        check(&[run("unlicensed", "compliant", 400)], &[]);
        check(&[run("grace", "grace", 507)], &[]);
        let over: &[&str] = &[
            "7 assets over the licence limit",
            "507 assets were counted, the licence covers 500",
            "On 2026-11-22",
            "asset hygiene",
        ];
        check(&[run("compliant", "grace", 507)], &[(Event::OverLimit, Warning, over)]);
        check(
            &[run("grace", "compliant", 500)],
            &[(Event::WithinLimit, Info, &["500 assets were counted"]), (Event::NearLimit, Warning, &["0 more assets"])],
        );
        check(
            &[run("compliant", "compliant", 450)],
            &[(Event::NearLimit, Warning, &["450 of 500 assets", "50 more assets can come", "90 %"])],
        );
        check(&[run("compliant", "compliant", 449)], &[]);
        let elapsed =
            json!({"count": 507, "limit": 500, "before": "grace", "after": "disabled", "reason": "grace_elapsed", "error": null});
        let elapsed = record(7, "compliance.run", "nightly", elapsed);
        check(
            &[elapsed],
            &[(Event::Disabled, Critical, &["over the limit of 500 by 7", "Nothing was deleted", "license apply"])],
        );
        check(&[run("disabled", "compliant", 400)], &[(Event::Enabled, Info, &["400 assets were counted"])]);
        check(&[run("disabled", "grace", 507)], &[(Event::Enabled, Info, &[]), (Event::OverLimit, Warning, over)]);
        let key = json!({"count": 400, "asset_limit": 600, "before": "disabled", "after": "compliant"});
        check(&[record(7, "license.apply", "lic-2", key)], &[(Event::Enabled, Info, &["the licence covers 600"])]);
        let failed = |subject: &str| {
            record(7, "compliance.run", subject, json!({"before": "compliant", "after": "compliant", "error": "no such table"}))
        };
        check(&[failed("nightly")], &[(Event::RunFailed, Warning, &["no such table", "2026-11-22"])]);
        check(&[failed("manual")], &[]);
        assert_eq!(tell(&[failed("nightly")]).occurrences[0].once, ["run_failed:nightly:2026-11-22"]);
    }

    #[test]
    fn a_grace_that_begins_says_its_end_itself_and_later_warnings_stand_alone() {
        use Urgency::{Critical, Warning};
        let warning = |number: u64, ending: &str, days_left: u64| {
            record(
                number,
                "license.warning",
                ending,
                json!({"ends_on": "2027-01-21", "days_left": days_left, "threshold": days_left}),
            )
        };
        let began = [run("compliant", "grace", 507), warning(8, "expiry", 60), warning(9, "grace", 60)];
        let expected: [(Event, Urgency, &[&str]); 2] = [
            (Event::OverLimit, Warning, &["disabled on 2027-01-21 (60 days left)"]),
            (Event::LicenseEnding, Warning, &["The licence ends in 60 days", "on 2027-01-21"]),
        ];
        check(&began, &expected);
        check(
            &[run("grace", "grace", 507), warning(8, "grace", 30)],
            &[(Event::GraceEnding, Warning, &["30 days of grace left", "over the limit by 7", "2027-01-21"])],
        );
        for (days, urgency) in [(14, Warning), (7, Critical), (1, Critical)] {
            check(&[warning(8, "grace", days)], &[(Event::GraceEnding, urgency, &["of grace left"])]);
            check(&[warning(8, "expiry", days)], &[(Event::LicenseEnding, urgency, &["license request"])]);
        }
    }

    #[test]
    fn a_count_and_its_warnings_are_told_together() {
        let entry = |action: &&str| record(1, action, "x", Value::Null);
        let check = |actions: &[&str], expected: usize| {
            assert_eq!(whole(&actions.iter().map(entry).collect::<Vec<_>>()), expected, "{actions:?}");
        };
        let (run, warning, edit) = ("compliance.run", "license.warning", "asset.edit");
        check(&[edit, edit, run], 2);
        check(&[edit, run, warning], 1);
        check(&[run, warning, warning], 3);
        check(&[edit, edit, edit], 3);
        check(&[edit, run, run], 1);
        // Never nothing: it would be read for ever.
        check(&[run], 1);
        check(&[], 0);
    }

    #[test]
    fn other_entries_tell_what_somebody_must_know() {
        use Urgency::{Critical, Info, Warning};
        let state = |before: &str, after: &str, reason: Option<&str>| {
            record(3, "license.state", after, json!({"before": before, "after": after, "reason": reason}))
        };
        check(&[state("compliant", "disabled", Some("expired"))], &[(Event::Disabled, Critical, &["the licence ended"])]);
        check(&[state("disabled", "compliant", None)], &[(Event::Enabled, Info, &[])]);
        check(
            &[state("unlicensed", "disabled", Some("wrong_machine"))],
            &[(Event::Disabled, Critical, &["issued for this machine"])],
        );
        check(
            &[record(3, "agent.quarantine", "a-1", Value::Null)],
            &[(Event::CloneFound, Critical, &["ws-17: the agent was copied", "agent resolve a-1"])],
        );
        check(&[record(3, "agent.quarantine", "a-2", Value::Null)], &[(Event::CloneFound, Critical, &["agent a-2"])]);
        check(
            &[record(3, "license.tampered", "ledger", json!({"state": "disabled"}))],
            &[(Event::Integrity, Critical, &["changed outside the collector"])],
        );
        let rollback = json!({"stored": {"state": "compliant"}, "state": "disabled"});
        check(
            &[record(3, "license.rollback", "ledger", rollback)],
            &[(Event::Integrity, Critical, &["restored from a backup"]), (Event::Disabled, Critical, &[])],
        );
        let clock =
            json!({"direction": "forward", "wall": "2036-11-22T01:00:05Z", "believed": "2026-11-22T01:00:05Z", "frozen": true});
        check(
            &[record(3, "license.clock", "clock", clock)],
            &[(Event::Integrity, Critical, &["2036-11-22 01:00 UTC", "frozen", "confirm-clock"])],
        );
        check(&[record(3, "license.clock", "clock", json!({"direction": null}))], &[]);
        let reconcile = |error: Option<&str>| record(3, "reconcile.run", "4", json!({"state": "failed", "error": error}));
        check(&[reconcile(Some("no memory"))], &[(Event::RunFailed, Warning, &["weekly reconciliation", "no memory"])]);
        check(&[reconcile(None)], &[]);
        check(&[reconcile(Some("the collector ended in the middle of the run; run it again"))], &[]);
        for action in ["asset.edit", "settings.set", "compliance.run", "notification.test"] {
            check(&[record(3, action, "x", Value::Null)], &[]);
        }
    }

    #[test]
    fn near_the_limit_is_over_when_a_count_is_below() {
        let far = tell(&[run("compliant", "compliant", 449)]);
        assert_eq!((far.occurrences.len(), far.over), (0, vec![NEAR.to_owned()]));
        let near = tell(&[run("compliant", "compliant", 451)]);
        assert_eq!((near.occurrences[0].once.as_slice(), near.over.len()), ([NEAR.to_owned()].as_slice(), 0));
        let both = tell(&[run("compliant", "compliant", 451), run("compliant", "compliant", 100)]);
        assert_eq!((both.occurrences.len(), both.over.len()), (0, 1));
    }
}
