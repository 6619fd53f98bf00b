//! The vendor tool from the command line to the machine that reads the key, with a clock that stands still.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use clap::Parser as _;
use muster_license::{
    Application, Claims, Environment, MachineKey, Reinstate, UserLimitMode, VendorKey, VendorPublic, endorse, open,
    request::{self, Facts},
};
use muster_runtime::{clock::TestClock, durable, exit::Exit};
use serde_json::Value;
use tempfile::TempDir;

use super::{Answer, Cli, VendorError, execute, ledger::Ledger};

/// A vendor's desk: a directory with a signing key, a machine and its request.
struct Desk {
    directory: TempDir,
    machine: MachineKey,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { directory: TempDir::new().unwrap(), machine: MachineKey::generate().unwrap() };
        desk.run("keygen --out {}").unwrap();
        desk.request("request", facts());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn request(&self, name: &str, facts: Facts) {
        self.write(name, &request::sign(facts, &self.machine).unwrap());
    }

    fn write(&self, name: &str, text: &str) {
        durable::write(&self.path(name), text.as_bytes(), 0o600).unwrap();
    }

    /// Runs a command line; `{}` stands for the directory, `~` for a space inside an argument.
    fn run(&self, line: &str) -> Result<Answer, VendorError> {
        let directory = self.directory.path().to_str().unwrap();
        let words = line.split(' ').map(|word| word.replace("{}", directory).replace('~', " "));
        let cli = Cli::try_parse_from(["muster-vendor".to_owned()].into_iter().chain(words)).unwrap();
        execute(&cli, TestClock::at("2026-11-21T20:00:00.123Z".parse().unwrap()).as_ref())
    }

    fn issue(&self, options: &str) -> Claims {
        let line = format!(
            "issue --key {{}}/vendor.key --request {{}}/request --customer Acme~GmbH --expires 2027-12-01 --assets 500{options}"
        );
        self.read(&self.run(&line).unwrap().text)
    }

    fn read(&self, text: &str) -> Claims {
        open(text, &[self.vendor()], &self.machine).unwrap().claims
    }

    fn vendor(&self) -> VendorPublic {
        VendorPublic::from_pem(&fs::read_to_string(self.path("vendor.pub")).unwrap()).unwrap()
    }

    fn inspect(&self, line: &str) -> (Value, Exit) {
        let answer = self.run(&format!("inspect --output json {line}")).unwrap();
        (serde_json::from_str(&answer.text).unwrap(), answer.exit)
    }
}

fn facts() -> Facts {
    Facts {
        collector_id: "0193a1b2-0000-7000-8000-000000000001".parse().unwrap(),
        // Long ago: a request is never refused for its date.
        created_at: "1999-01-01T00:00:00Z".parse().unwrap(),
        version: "0.1.0".into(),
        license_in_force: None,
        serial_in_force: None,
        query_in_force: None,
        count_in_force: None,
        table: None,
        wished_query: None,
        wished_count: None,
        counts: vec![],
        grace_periods: vec![],
        disabled_periods: vec![],
        application_peaks: vec![],
        applications_left_out: 0,
        pending_devices: 3,
    }
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keygen_makes_a_pair_once() {
    let desk = Desk::new();
    assert_eq!((mode(&desk.path("vendor.key")), mode(&desk.path("vendor.pub"))), (0o600, 0o644));
    let key = VendorKey::from_pem(&fs::read_to_string(desk.path("vendor.key")).unwrap()).unwrap();
    assert_eq!(key.public(), desk.vendor());
    let before = fs::read(desk.path("vendor.key")).unwrap();
    assert!(matches!(desk.run("keygen --out {}"), Err(VendorError::Exists { .. })));
    assert_eq!(fs::read(desk.path("vendor.key")).unwrap(), before);
    let answer = desk.run("keygen --out {}/new/deep --output json").unwrap();
    let made: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(made["key"], desk.path("new/deep/vendor.key").to_str().unwrap());
    assert_ne!(made["kid"], key.id().as_str());
}

#[test]
fn a_first_key_has_the_defaults_of_the_contract() {
    let desk = Desk::new();
    let claims = desk.issue("");
    let expected = Claims {
        v: 1,
        lic_id: claims.lic_id,
        serial: 1,
        customer: "Acme GmbH".into(),
        mkid: desk.machine.id(),
        issued_at: "2026-11-21T20:00:00Z".parse().unwrap(),
        not_before: None,
        expires: date("2027-12-01"),
        assets: 500,
        users: None,
        user_limit_mode: UserLimitMode::Warn,
        table: "alm_hardware".into(),
        query: "install_statusNOT IN2,7,10".into(),
        add_filters: vec![],
        grace_days: 60,
        grace_until: None,
        applications: vec![],
        ham_license_version: None,
        entitlements: vec![],
        units: None,
        environment: Environment::Production,
        offline_days: 30,
        reinstate: Reinstate::Key,
    };
    assert_eq!(claims, expected);
}

#[test]
fn the_request_says_what_is_in_force() {
    let desk = Desk::new();
    let in_force = Facts {
        serial_in_force: Some(6),
        query_in_force: Some("install_status=1".into()),
        table: Some("alm_asset".into()),
        wished_query: Some("install_status=9".into()),
        ..facts()
    };
    desk.request("request", in_force);
    let claims = desk.issue("");
    assert_eq!((claims.serial, claims.query.as_str(), claims.table.as_str()), (7, "install_status=1", "alm_asset"));
    assert_eq!(desk.issue(" --wished-query").query, "install_status=9");
    let claims = desk.issue(" --serial 9 --query install_status=6 --table alm_hardware");
    assert_eq!((claims.serial, claims.query.as_str(), claims.table.as_str()), (9, "install_status=6", "alm_hardware"));
    desk.request("request", facts());
    let wish = "issue --key {}/vendor.key --request {}/request --customer A --expires 2027-12-01 --assets 5 --wished-query";
    assert_eq!(desk.run(wish).unwrap_err().exit(), Exit::Usage);
    desk.request("request", Facts { serial_in_force: Some(u64::MAX), ..facts() });
    let line = "issue --key {}/vendor.key --request {}/request --customer A --expires 2027-12-01 --assets 5";
    assert_eq!(desk.run(line).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn every_option_reaches_the_machine() {
    let desk = Desk::new();
    let claims = desk.issue(
        " --not-before 2026-11-01 --users 50 --user-limit-mode enforce --add-filter company=Acme --add-filter location=Ulm \
         --grace-days 90 --grace-until 2027-02-01 --application Incident~Management:named=10,floating=25 \
         --application b:floating=0 --ham-license-version 5.0 --entitlements ham_computer_license,ham_server_license \
         --units 150 --environment non-production --offline-days 7 --reinstate count",
    );
    assert_eq!(claims.not_before, Some(date("2026-11-01")));
    assert_eq!((claims.users, claims.user_limit_mode), (Some(50), UserLimitMode::Enforce));
    assert_eq!(
        (claims.query.as_str(), claims.add_filters),
        ("install_statusNOT IN2,7,10", vec!["company=Acme".to_owned(), "location=Ulm".to_owned()])
    );
    assert_eq!((claims.grace_days, claims.grace_until), (90, Some(date("2027-02-01"))));
    assert_eq!(
        claims.applications,
        [
            Application { name: "Incident Management".into(), named: Some(10), floating: Some(25) },
            Application { name: "b".into(), named: None, floating: Some(0) },
        ]
    );
    assert_eq!(claims.ham_license_version.as_deref(), Some("5.0"));
    assert_eq!(claims.entitlements, ["ham_computer_license", "ham_server_license"]);
    assert_eq!((claims.units, claims.environment), (Some(150), Environment::NonProduction));
    assert_eq!((claims.offline_days, claims.reinstate), (7, Reinstate::Count));
}

#[test]
fn an_issued_key_is_in_the_ledger_and_in_its_file() {
    let desk = Desk::new();
    let line = "issue --key {}/vendor.key --request {}/request --customer Acme --expires 2027-12-01 --assets 5 --out {}/a.key";
    assert_eq!(desk.run(line).unwrap(), Answer::done(String::new()));
    desk.issue("");
    let text = fs::read_to_string(desk.path("a.key")).unwrap();
    let (path, a) = (desk.path("vendor.ledger.jsonl"), desk.read(&text));
    assert_eq!(mode(&path), 0o600);
    let ledger = Ledger::open(path.clone()).unwrap();
    let entry = ledger.by_license(a.lic_id).unwrap();
    assert_eq!((&entry.claims, &entry.license, entry.machine), (&a, &text, desk.machine.public()));
    let lines = fs::read_to_string(&path).unwrap();
    assert_eq!(lines.lines().count(), 2);

    // A line that a crash cut off costs only itself.
    desk.write("vendor.ledger.jsonl", &lines[..lines.len() - 40]);
    let c = desk.issue("");
    let ledger = Ledger::open(path).unwrap();
    assert!(ledger.by_license(a.lic_id).is_some() && ledger.by_license(c.lic_id).is_some());
    assert_eq!(ledger.machines(), [desk.machine.id()]);

    let (shown, _) = desk.inspect("{}/vendor.ledger.jsonl");
    assert_eq!(
        (&shown["kind"], &shown["unreadable_lines"], shown["keys"].as_array().unwrap().len()),
        (&"ledger".into(), &1.into(), 2)
    );
    assert_eq!((&shown["keys"][0]["license_id"], &shown["keys"][0]["assets"]), (&a.lic_id.to_string().into(), &5.into()));
    let table = desk.run("inspect {}/vendor.ledger.jsonl --output table").unwrap().text;
    assert!(table.contains("customer") && table.contains("2027-12-01"), "{table}");
}

#[test]
fn a_renewal_keeps_the_terms_that_are_not_changed() {
    let desk = Desk::new();
    let old = desk.issue(
        " --add-filter company=Acme --application a:named=1 --application b:named=2 --not-before 2026-11-01 \
         --grace-until 2027-01-01 --users 5",
    );
    let renew = |options: &str| desk.run(&format!("renew --key {{}}/vendor.key {options}"));
    let new = desk.read(&renew("--expires 2028-12-01 --assets 600 --add-filter x=1 --application a:named=9").unwrap().text);
    assert_ne!(new.lic_id, old.lic_id);
    let expected = Claims {
        lic_id: new.lic_id,
        serial: 2,
        expires: date("2028-12-01"),
        assets: 600,
        not_before: None,
        grace_until: None,
        add_filters: vec!["company=Acme".into(), "x=1".into()],
        applications: vec![
            Application { name: "b".into(), named: Some(2), floating: None },
            Application { name: "a".into(), named: Some(9), floating: None },
        ],
        ..old.clone()
    };
    assert_eq!(new, expected);

    // The old key's terms, but never a serial that was given already.
    let ledger = fs::read_to_string(desk.path("vendor.ledger.jsonl")).unwrap();
    let first: Value = serde_json::from_str(ledger.lines().next().unwrap()).unwrap();
    desk.write("old.key", first["license"].as_str().unwrap());
    let again = desk.read(&renew("--from {}/old.key --expires 2029-01-01 --customer Other").unwrap().text);
    assert_eq!((again.serial, again.assets, again.customer.as_str()), (3, 500, "Other"));
    assert_eq!(again.add_filters, old.add_filters);
}

#[test]
fn one_of_two_renewals_at_once_is_told_to_run_again() {
    let desk = Desk::new();
    desk.issue("");
    let path = desk.path("vendor.ledger.jsonl");
    let (mut one, mut other) = (Ledger::open(path.clone()).unwrap(), Ledger::open(path.clone()).unwrap());
    let next = |ledger: &Ledger, serial: u64| {
        let mut entry = ledger.entries()[0].clone();
        entry.claims.serial = serial;
        entry
    };
    one.append(next(&one, 2)).unwrap();
    let error = other.append(next(&other, 2)).unwrap_err().to_string();
    assert!(error.contains("serial 2 was issued for this machine meanwhile"), "{error}");
    other.append(next(&other, 3)).unwrap();
    one.append(next(&one, 4)).unwrap();
    assert_eq!(Ledger::open(path).unwrap().entries().iter().map(|entry| entry.claims.serial).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_renewal_finds_the_machine_or_says_why_not() {
    let desk = Desk::new();
    desk.issue("");
    let other = Desk::new();
    other.write("vendor.key", &fs::read_to_string(desk.path("vendor.key")).unwrap());
    let ledger = desk.path("vendor.ledger.jsonl");
    let shared = format!(" --ledger {}", ledger.display());
    let line = "issue --key {}/vendor.key --request {}/request --customer B --expires 2027-12-01 --assets 5";
    let text = other.run(&format!("{line}{shared}")).unwrap().text;
    assert!(!other.path("vendor.ledger.jsonl").exists());
    let renew = |options: &str| desk.run(&format!("renew --key {{}}/vendor.key --expires 2028-12-01{options}"));
    assert_eq!(renew("").unwrap_err().exit(), Exit::Usage);
    let renewed = renew(&format!(" --machine {}", other.machine.id())).unwrap().text;
    assert_eq!(open(&renewed, &[desk.vendor()], &other.machine).unwrap().claims.customer, "B");
    let unknown = renew(" --machine abcdefghijklmnopqr27").unwrap_err();
    assert_eq!(unknown.exit(), Exit::NotFound, "{unknown}");
    desk.write("b.key", &text);
    assert!(renew(" --from {}/b.key").is_ok());
    assert_eq!(renew(" --from {}/b.key --ledger {}/empty").unwrap_err().exit(), Exit::NotFound);
    assert_eq!(renew(" --from {}/request").unwrap_err().exit(), Exit::Failed);
}

#[test]
fn wrong_files_are_named() {
    let desk = Desk::new();
    desk.write("rubbish", "rubbish");
    desk.write("large", &"x".repeat(600_000));
    let text = fs::read_to_string(desk.path("request")).unwrap();
    desk.write("cut", &text[..text.len() / 2]);
    let issue = |key: &str, request: &str| {
        desk.run(&format!("issue --key {{}}/{key} --request {{}}/{request} --customer A --expires 2027-12-01 --assets 5"))
    };
    for (result, exit, part) in [
        (issue("none", "request"), Exit::NotFound, "none does not exist"),
        (issue("vendor.key", "none"), Exit::NotFound, "none does not exist"),
        (issue("vendor.pub", "request"), Exit::Failed, "no \"-----BEGIN PRIVATE KEY-----\" block"),
        (issue("vendor.key", "rubbish"), Exit::Failed, "this is no MUSTER REQUEST"),
        (issue("vendor.key", "cut"), Exit::Failed, "the MUSTER REQUEST is cut off"),
        (issue("vendor.key", "large"), Exit::Failed, "large has more than"),
        (desk.run("inspect {}/rubbish"), Exit::Failed, "this is no MUSTER LICENSE"),
        (desk.run("inspect {}/none"), Exit::NotFound, "none does not exist"),
        (desk.run("renew --key {}/vendor.key --expires 2028-01-01"), Exit::NotFound, "no key was issued yet"),
        (desk.run("endorse --key {}/vendor.key --new {}/vendor.pub"), Exit::Failed, "cannot endorse itself"),
    ] {
        let error = result.unwrap_err();
        assert!(error.exit() == exit && error.to_string().contains(part), "{error}");
    }
    assert!(!desk.path("vendor.ledger.jsonl").exists());
    let impossible = desk.run("issue --key {}/vendor.key --request {}/request --customer ~ --expires 2027-12-01 --assets 5");
    assert!(impossible.unwrap_err().to_string().contains("customer must be"));
    assert!(!desk.path("vendor.ledger.jsonl").exists(), "what was not issued is not written down");
}

#[test]
fn inspect_shows_the_header_and_no_claims() {
    let desk = Desk::new();
    desk.run("keygen --out {}/other").unwrap();
    let claims = desk.issue("");
    let text = fs::read_to_string(desk.path("vendor.ledger.jsonl")).unwrap();
    let entry: Value = serde_json::from_str(&text).unwrap();
    desk.write("a.key", entry["license"].as_str().unwrap());
    for (options, signature, exit) in [
        ("", "not checked", Exit::Done),
        (" --vendor-key {}/vendor.pub", "valid", Exit::Done),
        (" --vendor-key {}/other/vendor.pub --vendor-key {}/vendor.pub", "valid", Exit::Done),
        (" --vendor-key {}/other/vendor.pub", "invalid", Exit::Failed),
    ] {
        let (shown, ended) = desk.inspect(&format!("{{}}/a.key{options}"));
        assert_eq!(ended, exit, "{options}");
        assert!(shown["signature"].as_str().unwrap().starts_with(signature), "{shown}");
        assert_eq!((&shown["kind"], &shown["digest"]), (&"license".into(), &entry["digest"]));
        assert_eq!(shown["license_id"], claims.lic_id.to_string());
        assert_eq!(shown["machine_key_id"], desk.machine.id().as_str());
        assert_eq!(shown["vendor_key_id"], desk.vendor().id().as_str());
        assert_eq!(shown["issued_at"], "2026-11-21T20:00:00Z");
        assert!(shown["claims"].as_str().unwrap().contains("encrypted"));
        assert!(!shown.to_string().contains("Acme"));
    }
    let table = desk.run("inspect {}/a.key --output table").unwrap().text;
    assert!(table.contains("machine_key_id") && table.contains("encrypted to the machine"), "{table}");
    assert!(desk.run("inspect {}/a.key --output csv").unwrap().text.starts_with("field,value\r\nkind,license\r\n"));
}

#[test]
fn inspect_shows_requests_endorsements_and_public_keys() {
    let desk = Desk::new();
    desk.run("keygen --out {}/next").unwrap();
    desk.request("request", Facts { serial_in_force: Some(2), wished_query: Some("a=b\u{1b}[2J".into()), ..facts() });
    let (shown, _) = desk.inspect("{}/request");
    assert_eq!((&shown["kind"], &shown["signature"], &shown["serial_in_force"]), (&"request".into(), &"valid".into(), &2.into()));
    assert_eq!((&shown["pending_devices"], &shown["created_at"]), (&3.into(), &"1999-01-01T00:00:00Z".into()));
    let table = desk.run("inspect {}/request --output table").unwrap().text;
    assert!(!table.contains('\u{1b}'), "text of a customer must not steer the terminal: {table:?}");

    let statement = desk.run("endorse --key {}/vendor.key --new {}/next/vendor.pub").unwrap().text;
    desk.write("endorsement", &statement);
    let followed = endorse::verify(&statement, &[desk.vendor()]).unwrap();
    let next = VendorPublic::from_pem(&fs::read_to_string(desk.path("next/vendor.pub")).unwrap()).unwrap();
    assert_eq!(followed.key, next);
    for (options, signature, exit) in [
        ("", "not checked", Exit::Done),
        (" --vendor-key {}/vendor.pub", "valid", Exit::Done),
        (" --vendor-key {}/next/vendor.pub", "invalid", Exit::Failed),
    ] {
        let (shown, ended) = desk.inspect(&format!("{{}}/endorsement{options}"));
        assert_eq!((&shown["endorsed_key_id"], ended), (&next.id().as_str().into(), exit), "{options}");
        assert!(shown["signature"].as_str().unwrap().starts_with(signature), "{shown}");
    }

    let (shown, _) = desk.inspect("{}/vendor.pub");
    assert_eq!((&shown["kind"], &shown["vendor_key_id"]), (&"public-key".into(), &desk.vendor().id().as_str().into()));
}

#[test]
fn wrong_command_lines_are_usage_errors() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
    let issue = "issue --key k --request r --customer A --expires 2027-12-01 --assets 5";
    for line in [
        "",
        "sell",
        "keygen",
        "issue --key k --request r --customer A --expires 2027-12-01",
        "issue --key k --request r --customer A --expires tomorrow --assets 5",
        "issue --key k --request r --customer A --expires 2027-12-01 --assets -5",
        &format!("{issue} --serial 0"),
        &format!("{issue} --application a"),
        &format!("{issue} --environment test"),
        &format!("{issue} --reinstate never"),
        &format!("{issue} --user-limit-mode strict"),
        "renew --key k --from a --machine abcdefghijklmnopqr27",
        "renew --key k --machine x",
        "inspect a --output xml",
    ] {
        let words = ["muster-vendor"].into_iter().chain(line.split(' ').filter(|word| !word.is_empty()));
        assert_eq!(Cli::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn completions_name_the_commands() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&format!("completions {shell}")).unwrap().text;
        assert!(script.contains("muster-vendor") && script.contains("inspect"), "{shell}");
    }
}
