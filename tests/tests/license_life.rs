//! The life of a licence between a site and its vendor: asked for, checked, applied, renewed, and signed by the next key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::files::put;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::{Office, TERMS};
use muster_e2e::scene;
use serde_json::{Value, json};

/// Runs a command of the administrator and gives its JSON.
async fn admin(office: &Office, args: &[&str]) -> Value {
    let ran = office.site.admin(office.http(), &[args, &["--output", "json"]].concat()).await.unwrap();
    ran.expect(0).unwrap().json().unwrap()
}

/// Writes the request of the site into a file.
async fn request(office: &Office, file: &str, more: &[&str]) {
    let ran = office.site.admin(office.http(), &[&["license", "request"], more].concat()).await.unwrap().expect(0).unwrap();
    put(&office.site.path(file), ran.stdout.as_bytes()).unwrap();
}

/// Runs the vendor's tool and gives what it printed and logged.
async fn vendor(office: &Office, args: &[&str]) -> (String, String) {
    let ran = office.site.vendor(args).await.unwrap().expect(0).unwrap();
    (ran.stdout, ran.stderr)
}

async fn grants(office: &Office) -> Value {
    admin(office, &["license", "show"]).await["grants"].clone()
}

#[tokio::test]
async fn every_term_of_a_key_is_shown_where_it_is_in_force() {
    let office = Office::unlicensed().await.unwrap();
    let terms = "--not-before 2020-01-01 --users 50 --user-limit-mode enforce --add-filter asset_tagISNOTEMPTY --grace-days 90 \
                 --grace-until 2027-02-01 --application Incident:named=10,floating=25 --ham-license-version 5.0 \
                 --entitlements ham_computer_license,ham_server_license --units 150 --environment non-production \
                 --offline-days 7 --reinstate count";
    let terms: Vec<&str> = TERMS.into_iter().chain(terms.split_whitespace()).collect();
    office.site.license(office.http(), &terms).await.unwrap();
    let shown = grants(&office).await;
    let expected = json!({
        "customer": "Acme", "not_before": "2020-01-01", "expires": "2098-01-01", "assets": 500, "users": 50,
        "user_limit_mode": "enforce", "table": "alm_hardware", "query": "install_statusNOT IN2,7,10^asset_tagISNOTEMPTY",
        "add_filters": ["asset_tagISNOTEMPTY"], "grace_days": 90, "grace_until": "2027-02-01",
        "applications": [{"application": "Incident", "named": 10, "floating": 25}], "ham_license_version": "5.0",
        "entitlements": ["ham_computer_license", "ham_server_license"], "units": 150, "environment": "non-production",
        "offline_days": 7, "reinstate": "count",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    let history = admin(&office, &["license", "history"]).await;
    assert_eq!(history["items"][0]["grants"], shown);
    assert_eq!((&history["items"][0]["in_force"], &history["items"][0]["in_force_until"]), (&json!(true), &Value::Null));
    let page = office.http().request(reqwest::Method::GET, "/console/license").header("accept", "text/html");
    let page = page.send().await.unwrap().text().await.unwrap();
    for part in ["50; more start a grace", "Incident: 10 named, 25 floating", "in force", "chosen by this site", "given to init"]
    {
        assert!(page.contains(part), "{part:?} is not on the page:\n{page}");
    }
}

#[tokio::test]
async fn a_wished_query_is_told_granted_and_checked_before_it_is_applied() {
    let office = Office::licensed().await.unwrap();
    for tag in ["P1000001", "P1000002", "P1000003"] {
        scene::asset(&office.collector, tag).await.unwrap();
    }
    let wish = "install_statusNOT IN2,7,10^asset_tag!=P1000003";
    request(&office, "request", &["--query", wish]).await;
    let (shown, _) = vendor(&office, &["inspect", "request", "--output", "json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["wished_query"], &shown["wished_count"], &shown["count_in_force"]), (&json!(wish), &json!(2), &json!(3)));
    assert_eq!((&shown["serial_in_force"], &shown["machine_key_id"]), (&json!(1), &json!(office.secrets.machine_key_id)));
    let (table, _) = vendor(&office, &["inspect", "request", "--output", "table"]).await;
    assert!(table.contains("Assets counted, by month"), "{table}");

    // A wish that is not granted is not overlooked.
    let issue = [&["issue", "--key", "vendor/vendor.key", "--request", "request", "--out", "next.key"], &TERMS[..]].concat();
    let (_, log) = vendor(&office, &issue).await;
    assert!(log.contains("--wished-query") && log.contains(wish), "{log}");
    vendor(&office, &[&issue[..], &["--wished-query"]].concat()).await;
    let would = admin(&office, &["license", "apply", "next.key", "--dry-run"]).await;
    let effect = &would["effect"];
    assert_eq!((&effect["asset_count_before"], &effect["asset_count_after"]), (&json!(3), &json!(2)), "{would:#}");
    assert_eq!(effect["categories"], json!([{"category": "Computer", "before": 3, "after": 2}]));
    let terms: Vec<&str> = list(effect, "/terms").unwrap().iter().map(|change| text(change, "/term").unwrap()).collect();
    assert_eq!(terms, ["query"]);
    let people =
        office.site.admin(office.http(), &["license", "apply", "next.key", "--dry-run", "--output", "table"]).await.unwrap();
    for part in ["would be applied", "Assets counted: 3 now, 2 with the key", "WITH THE KEY", "Computer"] {
        assert!(people.stdout.contains(part), "{part:?} is not in\n{}", people.stdout);
    }
    admin(&office, &["license", "apply", "next.key"]).await;
    let status = office.get("/status").await.unwrap();
    assert_eq!(
        (text(&status, "/license/compliance_query").unwrap(), number(&status, "/compliance/asset_count").unwrap()),
        (wish, 2)
    );

    // A wish that cannot be counted is refused with its place.
    let wrong = office.site.admin(office.http(), &["license", "request", "--query", "no_such_field=1"]).await.unwrap();
    assert!(wrong.expect(1).unwrap().stderr.contains("no_such_field"));
}

#[tokio::test]
async fn a_renewal_from_the_ledger_and_the_next_signing_key() {
    let office = Office::licensed().await.unwrap();
    let (table, _) = vendor(&office, &["inspect", "vendor/vendor.ledger.jsonl", "--output", "table"]).await;
    assert!(table.contains("Acme") && table.contains(&office.secrets.machine_key_id), "{table}");
    let renew = ["renew", "--key", "vendor/vendor.key", "--expires", "2099-01-01", "--add-filter", "asset_tagISNOTEMPTY"];
    vendor(&office, &[&renew[..], &["--out", "renewed.key"]].concat()).await;
    admin(&office, &["license", "apply", "renewed.key"]).await;
    let shown = grants(&office).await;
    assert_eq!((&shown["expires"], &shown["assets"]), (&json!("2099-01-01"), &json!(500)));
    assert_eq!(shown["query"], "install_statusNOT IN2,7,10^asset_tagISNOTEMPTY");

    // The vendor goes over to another signing key: the site follows the word of the old one.
    vendor(&office, &["keygen", "--out", "next"]).await;
    vendor(&office, &["endorse", "--key", "vendor/vendor.key", "--new", "next/vendor.pub", "--out", "statement"]).await;
    request(&office, "request", &[]).await;
    let issue = ["issue", "--key", "next/vendor.key", "--request", "request", "--out", "next.key"];
    vendor(&office, &[&issue[..], &TERMS[..]].concat()).await;
    let refused = office.site.admin(office.http(), &["license", "apply", "next.key"]).await.unwrap().expect(1).unwrap();
    assert!(refused.stderr.contains("does not trust"), "{}", refused.stderr);
    let trusted = admin(&office, &["license", "trust", "add", "statement"]).await;
    assert_eq!(trusted["items"][1]["source"], "endorsed", "{trusted:#}");
    admin(&office, &["license", "apply", "next.key"]).await;
    assert_eq!(number(&office.get("/status").await.unwrap(), "/license/serial").unwrap(), 3);
    let listed = admin(&office, &["license", "trust", "list"]).await;
    assert_eq!(listed["items"], trusted["items"]);

    // An owner may add a bare key; what is neither that nor an endorsement is refused with a reason.
    vendor(&office, &["keygen", "--out", "third"]).await;
    let added = admin(&office, &["license", "trust", "add", "third/vendor.pub"]).await;
    assert_eq!((list(&added, "/items").unwrap().len(), &added["items"][2]["source"]), (3, &json!("added")));
    for (file, words) in [("third/vendor.key", "neither an endorsement"), ("next.key", "neither an endorsement")] {
        let refused = office.site.admin(office.http(), &["license", "trust", "add", file]).await.unwrap().expect(1).unwrap();
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    let audit = scene::items(office.http(), "/api/v1/audit").await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "license.trust").count(), 2);
    // Over a restart, too.
    let (_, launch) = office.collector.stop().await.unwrap();
    let collector = launch.start().await.unwrap();
    let status = scene::status(&collector).await.unwrap();
    assert_eq!((text(&status, "/state").unwrap(), number(&status, "/license/serial").unwrap()), ("compliant", 3));
}
