//! `verify-report` over reports that say one thing wrong each.

use chrono::{DateTime, Days, NaiveDate, Utc};
use clap::Parser as _;
use muster_license::{
    Claims, LicenseKey, MachineKey, VendorKey,
    report::{self, Audit, Facts, Key, QueryPeriod, Report, Run},
    seal,
};
use muster_runtime::{clock::TestClock, durable, exit::Exit};
use std::collections::BTreeMap;
use tempfile::TempDir;

use super::{
    Answer, Cli, VendorError, execute,
    ledger::{self, Entry, Ledger},
};

const QUERY: &str = "install_statusNOT IN2,7,10";

fn date(day: u64) -> NaiveDate {
    "2026-01-01".parse::<NaiveDate>().unwrap() + Days::new(day)
}

fn at(day: u64) -> DateTime<Utc> {
    date(day).and_hms_opt(1, 0, 0).unwrap().and_utc()
}

struct Desk {
    directory: TempDir,
    machine: MachineKey,
    vendor: VendorKey,
}

impl Desk {
    fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            machine: MachineKey::generate().unwrap(),
            vendor: VendorKey::generate().unwrap(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        durable::write(self.path(name).as_ref(), text.as_bytes(), 0o600).unwrap();
        self.path(name)
    }

    fn key(&self, serial: u64, assets: u64) -> Key {
        let claims: Claims = serde_json::from_value(serde_json::json!({
            "v": 1, "lic_id": uuid::Uuid::from_u128(u128::from(serial)), "serial": serial, "customer": "ACME", "mkid": self.machine.id(),
            "issued_at": at(0), "expires": date(400), "assets": assets,
        }))
        .unwrap();
        let text = seal(&claims, &self.machine.public(), &self.vendor).unwrap();
        let id = claims.lic_id.to_string();
        let query = Some(QUERY.to_owned());
        Key { id, serial, applied_at: at(0), applied_by: "user:anna".into(), text, claims: Some(claims), query, error: None }
    }

    /// A site that was compliant for ten nights under one key of 500 assets.
    fn facts(&self) -> Facts {
        let mut runs = vec![run(1, "key", 0, 400, "compliant")];
        runs.extend((1..=10).map(|day| run(day + 1, "nightly", day, 400 + day, "compliant")));
        let query = QueryPeriod { from: date(0), to: date(10), serial: Some(1), query: QUERY.into(), null_mode: "sql".into() };
        Facts {
            collector_id: uuid::Uuid::from_u128(7),
            created_at: at(10),
            version: "0.1.0".into(),
            time_zone: "Europe/Berlin".into(),
            state: "compliant".into(),
            reason: None,
            trusted: vec![self.vendor.id()],
            trust_chosen_by_site: true,
            keys: vec![self.key(1, 500)],
            runs,
            queries: vec![query],
            graces: Vec::new(),
            disabled: Vec::new(),
            clock_anomaly: None,
            events: Vec::new(),
            audit: Audit { entries: 20, head: Some("00ff".into()), broken_at: None },
            pending_devices: 0,
        }
    }

    fn ledger(&self, keys: &[Key]) -> String {
        let path = self.path("ledger");
        let mut written = Ledger::open(path.clone().into()).unwrap();
        for key in keys {
            let digest = LicenseKey::read(&key.text).unwrap().digest();
            let entry = Entry {
                v: ledger::VERSION,
                kid: self.vendor.id(),
                digest,
                machine: self.machine.public(),
                claims: key.claims.clone().unwrap(),
                license: key.text.clone(),
            };
            written.append(entry).unwrap();
        }
        path
    }

    fn verify(&self, text: &str, more: &[&str]) -> Result<Answer, VendorError> {
        let file = self.write("report.json", text);
        let public = self.write("vendor.pub", &self.vendor.public().to_pem());
        let line = ["muster-vendor", "verify-report", &file, "--vendor-key", &public, "--output", "csv"];
        execute(&Cli::try_parse_from(line.iter().chain(more)).unwrap(), TestClock::at(at(10)).as_ref())
    }

    fn signed(&self, facts: Facts) -> String {
        report::sign(facts, &self.machine).unwrap()
    }
}

fn run(id: u64, kind: &str, day: u64, count: u64, state: &str) -> Run {
    Run {
        id,
        kind: kind.into(),
        site_date: date(day),
        started_at: at(day),
        finished_at: at(day),
        by: "collector".into(),
        serial: Some(1),
        query: Some(QUERY.into()),
        table: "alm_hardware".into(),
        null_mode: "sql".into(),
        count: Some(count),
        limit: Some(500),
        uncounted_empty_state: 0,
        users: 1,
        by_state: BTreeMap::new(),
        by_category: BTreeMap::from([("Computer".into(), count)]),
        state_before: state.into(),
        state_after: state.into(),
        reason_after: None,
        error: None,
    }
}

#[test]
fn a_report_in_order_passes_and_one_that_is_not_says_why() {
    type Change = fn(&Desk, &mut Facts);
    let cases: [(Change, Option<&str>); 20] = [
        (|_, _| {}, None),
        (|_, facts| facts.runs[3].count = Some(501), Some("run 4 counted 501 assets, its categories add up to 403")),
        (
            |_, facts| facts.runs[3] = run(4, "nightly", 3, 600, "compliant"),
            Some("found 600 of 500 assets and called it compliant"),
        ),
        (|_, facts| facts.runs[3].limit = Some(900), Some("judged by a limit of 900, its key allows 500")),
        (|_, facts| facts.runs[3].query = Some("install_status=1".into()), Some("run 4 counted by another query")),
        (|_, facts| drop(facts.runs.remove(5)), Some("runs 6 to 6 are missing")),
        (|_, facts| facts.runs.swap(4, 5), Some("run 5 stands behind run 6")),
        (|_, facts| facts.runs[5].site_date = date(4), Some("the night was judged twice or out of turn")),
        (|_, facts| facts.runs[10].site_date = date(400), Some("left the product on after its licence expired")),
        (|_, facts| facts.audit.broken_at = Some(4), Some("the audit log does not fit together at entry 4")),
        (|desk, facts| facts.keys.push(desk.key(1, 500)), Some("serial 1 was applied after one of serial 1")),
        (|desk, facts| facts.keys.insert(0, desk.key(2, 500)), Some("serial 1 was applied after one of serial 2")),
        (|_, facts| facts.keys[0].text.insert(100, 'A'), Some("the key of serial 1")),
        (|_, facts| facts.keys[0] = Desk::new().key(1, 500), Some("is signed by none of the given vendor keys")),
        (
            |_, facts| facts.runs.extend((11..=80).map(|day| run(day + 1, "nightly", day, 600, "grace"))),
            Some("the grace of 2026-01-12 ended on 2026-03-13, run 72 prolonged it"),
        ),
        (|_, facts| facts.runs.extend((11..=70).map(|day| run(day + 1, "nightly", day, 600, "grace"))), None),
        (
            |_, facts| {
                // Caught up a day later, so that its grace ends a day later.
                facts.runs.push(Run { started_at: at(12), ..run(12, "nightly", 11, 600, "grace") });
                facts.runs.extend((12..=71).map(|day| run(day + 1, "nightly", day, 600, "grace")));
            },
            None,
        ),
        (
            |_, facts| {
                let off = Run { reason_after: Some("grace_elapsed".into()), ..run(12, "nightly", 11, 600, "disabled") };
                facts.runs.extend([off, run(13, "nightly", 12, 400, "compliant")]);
            },
            Some("run 13 switched the disabled product on again without a new key"),
        ),
        (
            |_, facts| {
                let off = Run { reason_after: Some("grace_elapsed".into()), ..run(12, "nightly", 11, 600, "disabled") };
                facts.runs.extend([off, Run { serial: Some(2), ..run(13, "key", 12, 400, "compliant") }]);
            },
            None,
        ),
        (
            |_, facts| {
                facts
                    .runs
                    .extend((11..=80).map(|day| run(day + 1, if day == 60 { "key" } else { "nightly" }, day, 600, "grace")));
            },
            Some("the grace of 2026-01-12 ended on 2026-03-13, run 72 prolonged it"),
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let desk = Desk::new();
        let mut facts = desk.facts();
        change(&desk, &mut facts);
        let answer = desk.verify(&desk.signed(facts), &[]).unwrap();
        match expected {
            None => assert!(answer.exit == Exit::Done && !answer.text.contains("wrong,"), "{number}: {}", answer.text),
            Some(part) => assert!(answer.exit == Exit::Failed && answer.text.contains(part), "{number} {part}: {}", answer.text),
        }
    }
}

#[test]
fn nights_without_a_run_are_asked_about() {
    let desk = Desk::new();
    let mut facts = desk.facts();
    facts.runs[10].site_date = date(14);
    facts.created_at = at(17);
    let answer = desk.verify(&desk.signed(facts), &[]).unwrap();
    assert!(answer.exit == Exit::Done, "{}", answer.text);
    for part in ["notice,2026-01-11,4 nights without a run", "notice,2026-01-16,2 nights without a run", "name --ledger"] {
        assert!(answer.text.contains(part), "{part}: {}", answer.text);
    }
}

#[test]
fn the_ledger_knows_what_was_sold() {
    let desk = Desk::new();
    let facts = desk.facts();
    let ledger = desk.ledger(&facts.keys);
    let answer = desk.verify(&desk.signed(facts.clone()), &["--ledger", &ledger]).unwrap();
    assert!(answer.exit == Exit::Done && !answer.text.contains("--ledger"), "{}", answer.text);

    // The site says that its key of 500 assets grants 900: the text cannot be opened by the vendor, the ledger knows.
    let mut stretched = facts.clone();
    stretched.keys[0].claims.as_mut().unwrap().assets = 900;
    for run in &mut stretched.runs {
        run.limit = Some(900);
    }
    let answer = desk.verify(&desk.signed(stretched), &["--ledger", &ledger]).unwrap();
    assert!(
        answer.exit == Exit::Failed && answer.text.contains("other terms by the report than by the ledger: assets"),
        "{}",
        answer.text
    );

    let mut unknown = facts;
    unknown.keys[0] = desk.key(1, 500);
    let answer = desk.verify(&desk.signed(unknown), &["--ledger", &ledger]).unwrap();
    assert!(answer.exit == Exit::Failed && answer.text.contains("the key of serial 1 is not in the ledger"), "{}", answer.text);
    let missing = desk.verify(&desk.signed(desk.facts()), &["--ledger", &desk.path("nowhere")]);
    assert_eq!(missing.map_err(|error| error.exit() as u8).unwrap_err(), Exit::NotFound as u8);
}

#[test]
fn a_changed_byte_is_refused() {
    let desk = Desk::new();
    let text = desk.signed(desk.facts());
    assert!(Report::read(&text).is_ok());
    for changed in [text.replacen("\"count\":405", "\"count\":305", 1), text.replace(",\n", ", "), format!("{text}\n")] {
        assert_ne!(changed, text);
        let error = desk.verify(&changed, &[]).unwrap_err();
        assert!(matches!(error, VendorError::Report { .. }) && error.exit() as u8 == Exit::Failed as u8, "{error}");
    }
}
