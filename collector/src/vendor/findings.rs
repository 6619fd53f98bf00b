//! What a vendor finds in a report: keys, serials, counts against limits, grace, nights, the audit log.
//!
//! In: a report whose signature was checked. Out: findings, the wrong ones first. It judges what the report says by the rules of
//! the licence's life; that a site says less than it knows, only a gap in nights or numbers can show.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use muster_domain::{calendar::SiteZone, compliance::Terms};
use muster_license::{
    Claims, LicenseKey, Reinstate, Report, VendorPublic,
    report::{Facts, Key, Run},
};

use super::ledger::Ledger;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Something is wrong: the command fails.
    Wrong,
    /// Worth a question.
    Notice,
    /// In order.
    Good,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    pub(super) date: Option<NaiveDate>,
    pub(super) text: String,
}

impl Weight {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Notice => "notice",
            Self::Good => "good",
        }
    }
}

/// Everything that is found in a report.
pub(super) fn of(report: &Report, vendors: &[VendorPublic], ledger: Option<&Ledger>) -> Vec<Finding> {
    let mut found = Found(Vec::new());
    found.keys(report, vendors, ledger);
    let claims: BTreeMap<u64, &Claims> =
        report.facts.keys.iter().filter_map(|key| Some((key.serial, key.claims.as_ref()?))).collect();
    found.counts(report, &claims);
    found.graces(&report.facts, &claims);
    found.nights(report);
    found.surroundings(report, vendors);
    found.0.sort_by_key(|finding| (finding.weight, finding.date));
    found.0
}

struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, weight: Weight, date: impl Into<Option<NaiveDate>>, text: String) {
        self.0.push(Finding { weight, date: date.into(), text });
    }

    fn wrong(&mut self, date: impl Into<Option<NaiveDate>>, text: String) {
        self.add(Weight::Wrong, date, text);
    }

    fn notice(&mut self, date: impl Into<Option<NaiveDate>>, text: String) {
        self.add(Weight::Notice, date, text);
    }

    /// Adds a good finding unless something was wrong since there were `before`.
    fn good_since(&mut self, before: usize, text: String) {
        if self.0.iter().skip(before).all(|finding| finding.weight != Weight::Wrong) {
            self.add(Weight::Good, None, text);
        }
    }

    fn keys(&mut self, report: &Report, vendors: &[VendorPublic], ledger: Option<&Ledger>) {
        let before = self.0.len();
        let keys = &report.facts.keys;
        let mut highest = 0;
        for key in keys {
            self.key(key, report, vendors, ledger);
            if key.serial <= highest {
                self.wrong(None, format!("the key of serial {} was applied after one of serial {highest}", key.serial));
            }
            highest = highest.max(key.serial);
        }
        match (keys.len(), vendors.is_empty()) {
            (0, _) => self.notice(None, "no licence key was ever applied".to_owned()),
            (_, true) => self.notice(None, "the signatures of the licence keys were not checked; name --vendor-key".to_owned()),
            (count, false) => self.good_since(before, format!("{count} licence keys are signed by the vendor, serials ascend")),
        }
        if ledger.is_none() && !keys.is_empty() {
            self.notice(
                None,
                "limits and terms are as the site says; name --ledger to compare them with what was sold".to_owned(),
            );
        }
    }

    fn key(&mut self, key: &Key, report: &Report, vendors: &[VendorPublic], ledger: Option<&Ledger>) {
        let name = format!("the key of serial {}", key.serial);
        let read = match LicenseKey::read(&key.text) {
            Ok(read) => read,
            Err(error) => return self.wrong(None, format!("{name} cannot be read: {error}")),
        };
        if !vendors.is_empty() && !vendors.iter().any(|vendor| read.is_signed_by(vendor)) {
            self.wrong(None, format!("{name} is signed by none of the given vendor keys"));
        }
        match read.header() {
            Ok(header) if header.mkid != report.mkid => {
                self.wrong(None, format!("{name} is for the machine {}, the report is of {}", header.mkid, report.mkid));
            }
            Ok(header) if header.lic_id.to_string() != key.id => {
                self.wrong(None, format!("{name} is {}, the report calls it {}", header.lic_id, key.id));
            }
            Ok(_) => {}
            Err(error) => self.wrong(None, format!("{name} has a header that cannot be read: {error}")),
        }
        match &key.claims {
            None => {
                let error = key.error.as_deref().unwrap_or("it does not say why");
                self.notice(None, format!("{name} does not open at the site any more: {error}"));
            }
            Some(claims) if claims.serial != key.serial => {
                self.wrong(None, format!("{name} grants serial {} by what it holds", claims.serial));
            }
            Some(_) => {}
        }
        let Some(ledger) = ledger else { return };
        match (ledger.by_digest(&read.digest()), &key.claims) {
            (None, _) => self.wrong(None, format!("{name} is not in the ledger")),
            (Some(sold), Some(claims)) if sold.claims != *claims => {
                self.wrong(
                    None,
                    format!("{name} grants other terms by the report than by the ledger: {}", differing(&sold.claims, claims)),
                );
            }
            (Some(_), _) => {}
        }
    }

    /// Each run against the terms of its key.
    fn counts(&mut self, report: &Report, claims: &BTreeMap<u64, &Claims>) {
        let before = self.0.len();
        let queries: BTreeMap<u64, &str> =
            report.facts.keys.iter().filter_map(|key| Some((key.serial, key.query.as_deref()?))).collect();
        for run in &report.facts.runs {
            let name = format!("run {}", run.id);
            let date = run.site_date;
            let terms = run.serial.and_then(|serial| claims.get(&serial));
            if let (Some(claims), Some(limit)) = (terms, run.limit)
                && claims.assets != limit
            {
                self.wrong(date, format!("{name} judged by a limit of {limit}, its key allows {}", claims.assets));
            }
            if let (Some(query), Some(used)) = (run.serial.and_then(|serial| queries.get(&serial)), &run.query)
                && query != used
            {
                self.wrong(date, format!("{name} counted by another query than that of its key"));
            }
            if let Some(count) = run.count {
                let sum: u64 = run.by_category.values().fold(0, |sum, count| sum.saturating_add(*count));
                if sum != count {
                    self.wrong(date, format!("{name} counted {count} assets, its categories add up to {sum}"));
                }
            }
            let over = run.count.zip(run.limit).filter(|(count, limit)| count > limit);
            if let (Some((count, limit)), "compliant", None) = (over, run.state_after.as_str(), &run.error) {
                self.wrong(date, format!("{name} found {count} of {limit} assets and called it compliant"));
            }
            if let (Some(claims), "compliant" | "grace") = (terms, run.state_after.as_str())
                && date >= claims.expires
            {
                self.wrong(date, format!("{name} left the product on after its licence expired on {}", claims.expires));
            }
        }
        let counted = report.facts.runs.iter().filter(|run| run.count.is_some()).count();
        self.good_since(before, format!("{counted} counts agree with the limits and queries of their keys"));
    }

    /// Grace ends when its key says, and only a key (or a count, where the key says so) brings a disabled product back.
    fn graces(&mut self, facts: &Facts, claims: &BTreeMap<u64, &Claims>) {
        let before = self.0.len();
        let zone: Option<SiteZone> = facts.time_zone.parse().ok();
        // A night that was caught up after midnight counts for the date before; its grace begins on the date it was judged.
        let judged_on = |run: &Run| zone.map_or(run.site_date, |zone| zone.site_date(run.started_at));
        let mut start: Option<NaiveDate> = None;
        let mut earlier: Option<&Run> = None;
        for run in &facts.runs {
            let claims = run.serial.and_then(|serial| claims.get(&serial));
            // The key in force, applied again, is no new key: it starts nothing and ends nothing.
            let new_key = run.kind == "key" && earlier.is_none_or(|earlier| earlier.serial != run.serial);
            let state = run.state_after.as_str();
            if state != "grace" {
                start = None;
            } else if new_key || start.is_none() {
                start = Some(judged_on(run));
            }
            if let (Some(start), Some(claims), None) = (start, claims, &run.error) {
                let end = terms(claims).grace_end(start);
                let over = run.count.zip(run.limit).is_some_and(|(count, limit)| count > limit);
                if over && judged_on(run) >= end && !new_key {
                    self.wrong(run.site_date, format!("the grace of {start} ended on {end}, run {} prolonged it", run.id));
                }
            }
            let was_off = earlier.is_some_and(|earlier| {
                earlier.state_after == "disabled" && earlier.reason_after.as_deref() == Some("grace_elapsed")
            });
            let by_count = claims.is_some_and(|claims| claims.reinstate == Reinstate::Count);
            if was_off && matches!(state, "compliant" | "grace") && !new_key && !by_count {
                self.wrong(run.site_date, format!("run {} switched the disabled product on again without a new key", run.id));
            }
            earlier = Some(run);
        }
        self.good_since(before, "no grace was prolonged".to_owned());
    }

    fn nights(&mut self, report: &Report) {
        let runs = &report.facts.runs;
        for (one, next) in runs.iter().zip(runs.iter().skip(1)) {
            if next.id <= one.id {
                self.wrong(next.site_date, format!("run {} stands behind run {}", next.id, one.id));
            } else if next.id > one.id + 1 {
                // Retention forgets the oldest runs only.
                self.wrong(next.site_date, format!("runs {} to {} are missing", one.id + 1, next.id - 1));
            }
        }
        let nights: Vec<&Run> = runs.iter().filter(|run| run.kind == "nightly" && run.error.is_none()).collect();
        for (one, next) in nights.iter().zip(nights.iter().skip(1)) {
            if next.site_date <= one.site_date {
                self.wrong(next.site_date, format!("the night was judged twice or out of turn (run {})", next.id));
                continue;
            }
            self.gap(one.site_date, next.site_date);
        }
        if let Some(last) = nights.last() {
            self.gap(last.site_date, report.facts.created_at.date_naive());
        }
        for run in runs.iter().filter(|run| run.error.is_some()) {
            let error = run.error.as_deref().unwrap_or_default();
            self.notice(run.site_date, format!("run {} could not judge: {error}", run.id));
        }
    }

    fn gap(&mut self, one: NaiveDate, next: NaiveDate) {
        let missing = (next - one).num_days() - 1;
        if missing > 0 {
            let from = one.checked_add_days(Days::new(1)).unwrap_or(one);
            self.notice(from, format!("{missing} nights without a run"));
        }
    }

    fn surroundings(&mut self, report: &Report, vendors: &[VendorPublic]) {
        let facts = &report.facts;
        match facts.audit.broken_at {
            Some(at) => self.wrong(None, format!("the audit log does not fit together at entry {at}: it was changed")),
            None => {
                let head = facts.audit.head.as_deref().unwrap_or("none");
                self.add(
                    Weight::Good,
                    None,
                    format!("the audit log has {} entries without a break; its head is {head}", facts.audit.entries),
                );
            }
        }
        for event in &facts.events {
            self.notice(event.at.date_naive(), format!("{} by {} (audit entry {})", event.action, event.actor, event.number));
        }
        if let Some(anomaly) = &facts.clock_anomaly {
            self.notice(None, format!("the clock of the collector is wrong: {anomaly}"));
        }
        for change in facts.queries.windows(2) {
            if let [one, next] = change
                && one.null_mode != next.null_mode
            {
                self.notice(next.from, format!("the null mode changed from {} to {}", one.null_mode, next.null_mode));
            }
        }
        let strange = facts.trusted.iter().filter(|id| !vendors.is_empty() && vendors.iter().all(|vendor| vendor.id() != **id));
        for id in strange {
            self.notice(None, format!("the site trusts another vendor key, too: {id}"));
        }
        if facts.pending_devices > 0 {
            self.notice(None, format!("{} devices wait for approval and are not counted", facts.pending_devices));
        }
    }
}

fn terms(claims: &Claims) -> Terms {
    let terms = Terms::new(claims.assets, claims.expires);
    Terms { grace_days: claims.grace_days, grace_until: claims.grace_until, ..terms }
}

/// The names of the terms that differ.
fn differing(sold: &Claims, said: &Claims) -> String {
    let (sold, said) = (serde_json::to_value(sold).unwrap_or_default(), serde_json::to_value(said).unwrap_or_default());
    let names = sold.as_object().into_iter().chain(said.as_object()).flat_map(|members| members.keys());
    let mut names: Vec<&str> = names.filter(|name| sold.get(*name) != said.get(*name)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
