//! Installed software, from the files of a machine to the lists of the admin API: the list goes over the wire only when the collector
//! does not know it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use chrono::{DateTime, Utc};
use muster_e2e::agent::Agent;
use muster_e2e::json::{at, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::session;
use muster_e2e::{files, scene};
use muster_wire::limits::REPORT_PACKAGES;
use muster_wire::report::Report;
use muster_wire::software::{Package, PackageList};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

const LONG_AGO: DateTime<Utc> = DateTime::UNIX_EPOCH;
const FIREFOX: &str = "Package: firefox-esr\nStatus: install ok installed\nMaintainer: Mozilla Team <x@example.org>\n\
    Architecture: amd64\nVersion: 128.1\n\n";
const VIM: &str = "Package: vim\nStatus: install ok installed\nVersion: 2:9.0\n\n";

fn install(agent: &Agent<'_>, status: &str) {
    let dir = agent.root().join("var/lib/dpkg");
    std::fs::create_dir_all(&dir).unwrap();
    files::put(&dir.join("status"), status.as_bytes()).unwrap();
}

/// The sequence number of the last report of the only agent.
async fn reports(office: &Office) -> i64 {
    number(&office.get("/api/v1/agents").await.unwrap(), "/items/0/seq").unwrap()
}

/// `name version` of what `GET path` lists.
async fn listed(office: &Office, path: &str) -> Vec<String> {
    let page = office.get(path).await.unwrap();
    let one = |item: &Value| format!("{} {}", text(item, "/name").unwrap(), text(item, "/version").unwrap());
    list(&page, "/items").unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn what_dpkg_says_is_listed_and_goes_over_the_wire_once() {
    let office = Office::licensed().await.unwrap();
    let agent = scene::enrolled(&office.site, &office.collector, "ws-1").await.unwrap();
    install(&agent, &[FIREFOX, VIM].concat());
    let shown = agent.show("software").await.unwrap();
    assert_eq!((text(&shown, "/0/name").unwrap(), text(&shown, "/0/publisher").unwrap()), ("firefox-esr", "Mozilla Team"));

    agent.once().await.unwrap().expect(0).unwrap();
    assert_eq!(reports(&office).await, 2, "one with the digest, one with the list that was asked for");
    let installs = "/api/v1/software/installs";
    assert_eq!(listed(&office, installs).await, ["firefox-esr 128.1", "vim 2:9.0"]);
    assert_eq!(listed(&office, &format!("{installs}?name=FIREFOX")).await, ["firefox-esr 128.1"]);

    agent.once().await.unwrap().expect(0).unwrap();
    assert_eq!(reports(&office).await, 3, "nothing changed, nobody asks");

    install(&agent, &FIREFOX.replace("128.1", "140.0"));
    agent.once().await.unwrap().expect(0).unwrap();
    assert_eq!(reports(&office).await, 5, "another list was asked for");
    assert_eq!(listed(&office, "/api/v1/software").await, ["firefox-esr 140.0"]);
    assert_eq!(listed(&office, &format!("{installs}?removed=true")).await, ["vim 2:9.0"]);

    let asset = text(&office.get(installs).await.unwrap(), "/items/0/asset").unwrap().to_owned();
    let csv = ["software", "installs", "--asset", asset.as_str(), "--output", "csv"];
    let csv = office.site.admin(office.http(), &csv).await.unwrap().expect(0).unwrap().stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines.len() == 2 && lines[1].contains("firefox-esr,140.0,dpkg"), "{csv}");
    let nobody = ["software", "installs", "--asset", "no-such-asset"];
    assert_ne!(office.site.admin(office.http(), &nobody).await.unwrap().code, Some(0));
}

#[tokio::test]
async fn the_collector_asks_for_the_lists_that_it_does_not_know() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let first = peer.next_whole(Vec::new());
    assert_eq!(
        peer.report(&first).await.unwrap().1["need"],
        serde_json::json!([]),
        "without a digest there is nothing to ask for"
    );
    let package = |name: &str| Package { name: name.to_owned(), source: "dpkg".to_owned(), ..Package::default() };
    for (digest, packages, need) in [
        ("sha256:1", None, &["software"][..]),
        ("sha256:1", Some(vec![package("bash"), package(" ")]), &[]),
        ("sha256:1", None, &[]),
        ("sha256:2", None, &["software"]),
        ("sha256:2", Some(vec![]), &[]),
        ("sha256:1", None, &["software"]),
    ] {
        let report = Report {
            software_digest: Some(digest.to_owned()),
            software: packages.map(PackageList::from),
            ..peer.next(Vec::new())
        };
        assert_eq!(peer.report(&report).await.unwrap().1["need"], serde_json::json!(need), "{digest}");
    }
    let long = Report { software_digest: Some("x".repeat(161)), ..peer.next(Vec::new()) };
    assert_eq!(peer.report(&long).await.unwrap().0, 422);
    let Office { collector, site: _site, .. } = office;
    let collector = collector.kill().await.unwrap().start().await.unwrap();
    let removed = scene::get(collector.http(), "/api/v1/software/installs?removed=true").await.unwrap();
    assert_eq!(text(&removed, "/items/0/name").unwrap(), "bash");
}

#[tokio::test]
async fn a_list_that_cannot_be_kept_costs_no_report() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let first = peer.next_whole(Vec::new());
    assert_eq!(peer.report(&first).await.unwrap().0, 200);
    let alerts = async || at(&office.get("/status").await.unwrap(), "/alerts").unwrap().to_string();
    let good = json!({"name": "bash", "source": "dpkg", "version": "5"});
    let long = Value::Array(vec![json!({"name": "bash", "source": "dpkg"}); REPORT_PACKAGES + 1]);
    let odd = json!([good, {"name": "no source"}, {"source": "no name"}, {"name": 7, "source": "dpkg"}, "vim", null]);
    // A foreign agent that does not hear what it is told sends the same again.
    for (user, digest, list, need, installs, alert) in [
        ("alice", "1", Value::Null, &["software"][..], &[][..], None),
        ("bob", "1", long.clone(), &[], &[], Some("20001 packages")),
        ("carol", "1", Value::Null, &[], &[], Some("20001 packages")),
        ("alice", "1", long, &[], &[], Some("20001 packages")),
        ("bob", "2", Value::Null, &["software"], &[], Some("20001 packages")),
        ("carol", "2", odd, &[], &["bash 5"], None),
        ("alice", "3", json!({"bash": 5}), &[], &["bash 5"], Some("no list of packages")),
        ("bob", "3", Value::Null, &[], &["bash 5"], Some("no list of packages")),
        ("carol", "2", Value::Null, &[], &["bash 5"], Some("no list of packages")),
        ("alice", "4", json!([]), &[], &[], None),
    ] {
        let mut report = serde_json::to_value(peer.next(vec![session(user, user, "10.0.0.1", LONG_AGO)])).unwrap();
        report["software_digest"] = json!(digest);
        if !list.is_null() {
            report["software"] = list;
        }
        let (status, answer) = peer.report_raw(serde_json::to_vec(&report).unwrap(), HeaderMap::new()).await.unwrap();
        assert_eq!((status.as_u16(), &answer["need"]), (200, &json!(need)), "{user} {digest}: {answer:#}");
        let sessions = office.get("/api/v1/sessions").await.unwrap();
        assert_eq!(text(&sessions, "/items/0/user").unwrap(), user, "the rest of the report is taken");
        assert_eq!(listed(&office, "/api/v1/software/installs").await, installs, "{user} {digest}");
        let alerts = alerts().await;
        match alert {
            Some(alert) => assert!(alerts.contains(alert) && alerts.contains(&peer.id()), "{user} {digest}: {alerts}"),
            None => assert!(!alerts.contains("installed software"), "{user} {digest}: {alerts}"),
        }
    }
}

#[tokio::test]
async fn an_agent_whose_list_is_refused_reports_without_it() {
    let office = Office::licensed().await.unwrap();
    let agent = scene::enrolled(&office.site, &office.collector, "ws-1").await.unwrap();
    // So much alike that the collector takes it for a decompression bomb.
    let long = "x".repeat(240);
    let many = |number| {
        format!(
            "Package: {number}{long}\nStatus: install ok installed\nVersion: {long}\nMaintainer: {long}\nArchitecture: {long}\n\n"
        )
    };
    install(&agent, &(0..3000).map(many).collect::<String>());
    agent.once().await.unwrap().expect(0).unwrap();
    assert_eq!(reports(&office).await, 2, "one with the digest, one that was to bring the list");
    assert_eq!(listed(&office, "/api/v1/software/installs").await, [""; 0]);
    let heard = office.get("/api/v1/agents").await.unwrap();
    assert!(
        text(&heard, "/items/0/incomplete/0").unwrap().starts_with("software: the collector cannot take the list"),
        "{heard:#}"
    );

    install(&agent, VIM);
    agent.once().await.unwrap().expect(0).unwrap();
    assert_eq!(listed(&office, "/api/v1/software/installs").await, ["vim 2:9.0"]);
}
