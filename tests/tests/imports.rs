//! Files of assets: what is right in them comes in, what is wrong comes back with line and reason, and what goes out comes in again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::files::put;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::process::Ran;
use serde_json::Value;
use std::fmt::Write as _;

/// Lines of the file that goes in and out again and again; MUSTER_IMPORT_LINES says another number.
const LINES: u64 = 10_000;

async fn run(office: &Office, args: &[&str], exit: i32) -> Ran {
    office.site.admin(office.http(), args).await.unwrap().expect(exit).unwrap()
}

async fn import(office: &Office, args: &[&str], exit: i32) -> Value {
    let ran = run(office, &[&["asset", "import"], args].concat(), exit).await;
    serde_json::from_str(&ran.stdout).unwrap()
}

fn sums(summary: &Value) -> [i64; 5] {
    ["/lines", "/created", "/updated", "/unchanged", "/refused"].map(|name| number(summary, name).unwrap())
}

/// A file in which one line of a hundred is wrong, in one of four ways.
fn file(lines: u64) -> (String, Vec<(u64, &'static str)>) {
    let mut file = "\u{feff}Asset tag;serial_number;State;Model category;comments;cost\r\n".to_owned();
    let mut bad = Vec::new();
    for number in 0..lines {
        let (mut serial, mut state, mut cost) = (format!("SN{number:06}x"), "In use", "1299.99");
        let mut more = "";
        if number % 100 == 99 {
            let reason = match number / 100 % 4 {
                0 => {
                    state = "Gone";
                    "install_status"
                }
                1 => {
                    cost = "1,299";
                    "cost: \"1,299\" is not a decimal number"
                }
                2 => {
                    serial = format!("SN{:06}x", number - 1);
                    "is also on line"
                }
                _ => {
                    more = ";one too many";
                    "it has 7 cells, the header has 6"
                }
            };
            bad.push((number + 2, reason));
        }
        let _ = write!(file, "P{number:06};{serial};{state};Computer;\"=1+1; \"\"{number}\"\"\";{cost}{more}\r\n");
    }
    (file, bad)
}

/// The file of refused lines has each of them, with its number and reason, and no other.
fn check_errors(errors: &str, bad: &[(u64, &'static str)]) {
    let mut lines = errors.lines();
    assert_eq!(lines.next(), Some("Asset tag;serial_number;State;Model category;comments;cost;line;reason"));
    for ((number, reason), line) in bad.iter().zip(lines.by_ref()) {
        assert!(
            line.contains(&format!(";{number};")) && line.replace("\"\"", "\"").contains(reason),
            "{number} {reason}: {line}"
        );
    }
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn of_100000_lines_the_good_ones_are_in_and_the_bad_ones_come_back() {
    let office = Office::unlicensed().await.unwrap();
    let (content, bad) = file(100_000);
    put(&office.site.path("assets.csv"), content.as_bytes()).unwrap();
    let summary = import(&office, &["assets.csv", "--errors", "errors.csv"], 1).await;
    assert_eq!(sums(&summary), [100_000, 99_000, 0, 0, 1_000]);
    check_errors(&std::fs::read_to_string(office.site.path("errors.csv")).unwrap(), &bad);
    let counted: Value = serde_json::from_str(&run(&office, &["compliance", "run"], 0).await.stdout).unwrap();
    assert_eq!(number(&counted, "/asset_count").unwrap(), 99_000);
}

#[tokio::test]
async fn a_file_goes_in_and_out_again_and_again() {
    let lines = std::env::var("MUSTER_IMPORT_LINES").map_or(LINES, |lines| lines.parse().unwrap());
    let office = Office::unlicensed().await.unwrap();
    let (content, bad) = file(lines);
    put(&office.site.path("assets.csv"), content.as_bytes()).unwrap();
    let (all, wrong) = (i64::try_from(lines).unwrap(), i64::try_from(bad.len()).unwrap());
    let expected = [all, all - wrong, 0, 0, wrong];

    let dry = import(&office, &["assets.csv", "--dry-run", "--errors", "dry.csv"], 1).await;
    assert_eq!(sums(&dry), expected);
    assert_eq!(list(&office.get("/api/v1/assets").await.unwrap(), "/items").unwrap().len(), 0);

    assert_eq!(sums(&import(&office, &["assets.csv", "--errors", "errors.csv"], 1).await), expected);
    let errors = std::fs::read_to_string(office.site.path("errors.csv")).unwrap();
    assert_eq!(errors, std::fs::read_to_string(office.site.path("dry.csv")).unwrap(), "a dry run gives the same reasons");
    check_errors(&errors, &bad);

    // Repeated, it changes nothing: the same lines are refused, and no asset is there twice.
    assert_eq!(sums(&import(&office, &["assets.csv"], 1).await), [all, 0, 0, all - wrong, wrong]);

    // Mended where it came back, it is in.
    let mended = errors.replace("Gone", "in stock").replace("1,299", "1299");
    put(&office.site.path("mended.csv"), mended.as_bytes()).unwrap();
    let again = import(&office, &["mended.csv"], 1).await;
    assert_eq!(sums(&again)[1], wrong * 3 / 4, "all but those whose serial number another asset has: {again}");

    let audit = office.get("/api/v1/audit?limit=3").await.unwrap();
    let entry = &list(&audit, "/items").unwrap()[0];
    assert_eq!(text(entry, "/action").unwrap(), "asset.import");
    assert_eq!(number(entry, "/detail/created").unwrap(), wrong * 3 / 4);
    assert!(text(entry, "/actor").unwrap().starts_with("token:"));

    // What is exported is imported again unchanged, formulas that nobody shall run among it.
    let exported = run(&office, &["asset", "export"], 0).await.stdout;
    assert!(exported.contains(",Computer,") && exported.contains(",\"'=1+1; \"\"0\"\"\""), "{}", &exported[..2000]);
    put(&office.site.path("exported.csv"), exported.as_bytes()).unwrap();
    let all_in = all - wrong + wrong * 3 / 4;
    let back = import(&office, &["exported.csv"], 0).await;
    assert_eq!(sums(&back), [all_in, 0, 0, all_in, 0]);
    assert_eq!(run(&office, &["asset", "export"], 0).await.stdout, exported);
}

#[tokio::test]
async fn a_wrong_header_refuses_the_whole_file() {
    let office = Office::unlicensed().await.unwrap();
    for (content, part) in [
        ("asset_tag,colour\nP1,red\n", "no asset field \"colour\" (column 2)"),
        ("", "the file is empty"),
        ("asset_tag,Asset tag\nP1,P2\n", "columns 1 and 2"),
    ] {
        put(&office.site.path("wrong.csv"), content.as_bytes()).unwrap();
        let ran = run(&office, &["asset", "import", "wrong.csv"], 1).await;
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    assert_eq!(list(&office.get("/api/v1/assets").await.unwrap(), "/items").unwrap().len(), 0);
}

#[tokio::test]
async fn actions_history_and_hygiene_from_the_command_line() {
    let office = Office::licensed().await.unwrap();
    let content = "asset_tag,serial_number,State,substatus,model_category\nP1,S1x,1,,Computer\nP2,S2x,1,,Computer\nP3,,,,Computer\n\
                   P4,S4x,7,disposed,Computer\nP5,S5x,6,available,Computer\n";
    put(&office.site.path("assets.csv"), content.as_bytes()).unwrap();
    let summary = import(&office, &["assets.csv"], 0).await;
    assert_eq!(number(&summary, "/uncounted_empty_state").unwrap(), 1);
    let told = run(&office, &["asset", "import", "assets.csv", "--dry-run", "--output", "table"], 0).await.stdout;
    assert!(told.contains("5 as they were") && told.contains("1 asset has an empty state and is not counted."), "{told}");
    let told = run(&office, &["compliance", "run", "--output", "table"], 0).await.stdout;
    assert!(told.contains("1 asset has an empty state and is not counted."), "{told}");
    let told = run(&office, &["status", "--output", "table"], 0).await.stdout;
    assert!(told.contains("1 asset has an empty state and is not counted."), "{told}");

    // Actions are for what is opted in.
    let refused = run(&office, &["asset", "action", "retire", "--query", "asset_tag=P1", "--output", "table"], 1).await.stdout;
    assert!(refused.contains("licensed under End User Computers, which is not opted in"), "{refused}");
    run(&office, &["settings", "set", "sn_ham_active_entitlements=ham_computer_license"], 0).await;
    let told = run(&office, &["units", "opt-in", "end user computers", "--dry-run", "--output", "table"], 0).await.stdout;
    assert!(told.contains("would be opted in") && told.contains("Subscription units: 0 -> 1"), "{told}");
    run(&office, &["units", "opt-in", "end user computers"], 0).await;
    let told = run(&office, &["units", "show", "--output", "table"], 0).await.stdout;
    assert!(told.contains("1 subscription units") && told.contains("End User Computers"), "{told}");
    let told = run(&office, &["units", "categories", "--output", "table"], 0).await.stdout;
    assert!(told.contains("opted_in") && told.contains("ham_printer_license"), "{told}");
    let told = run(&office, &["units", "history", "--output", "table"], 0).await.stdout;
    assert!(told.contains("opted_in") && told.contains("End User Computers"), "{told}");

    // A preview, then the deed; what cannot be is told and hinders nothing.
    let query = ["asset", "action", "retire", "--query", "asset_tagSTARTSWITHP", "--output", "table"];
    let preview = run(&office, &[&query[..], &["--dry-run"]].concat(), 1).await.stdout;
    assert!(
        preview.contains("would be done with 4 of 5 assets") && preview.contains("it is Retired (disposed) already"),
        "{preview}"
    );
    let stock = office.get("/api/v1/assets?sysparm_query=install_status%3D7").await.unwrap();
    assert_eq!(list(&stock, "/items").unwrap().len(), 1, "nothing was changed");
    let hygiene = office.get("/api/v1/assets/hygiene").await.unwrap();
    assert_eq!(number(&hygiene, "/sums/never_assigned").unwrap(), 2);
    assert_eq!(number(&hygiene, "/sums/empty_state").unwrap(), 1);
    let apply = ["asset", "hygiene", "--class", "empty_state", "--apply", "retire", "--output", "table"];
    let done = run(&office, &apply, 0).await.stdout;
    assert!(done.contains("retire: done with 1 of 1 assets"), "{done}");
    let retired = office.get("/api/v1/assets?sysparm_query=asset_tag%3DP3").await.unwrap();
    assert_eq!(text(&retired, "/items/0/substatus").unwrap(), "pending_disposal");

    let id = text(&retired, "/items/0/id").unwrap();
    run(&office, &["asset", "action", "audit", id], 0).await;
    run(&office, &["asset", "action", "loan", id, "--to", "nobody"], 1).await;
    let history = office.get(&format!("/api/v1/assets/{id}/history")).await.unwrap();
    let causes: Vec<&str> = list(&history, "/items").unwrap().iter().map(|entry| text(entry, "/cause").unwrap()).collect();
    assert_eq!(causes, ["audited", "retired", "imported"]);
    let shown = run(&office, &["asset", "history", id, "--output", "table"], 0).await.stdout;
    assert!(shown.contains("pending_disposal") && shown.contains("token:"), "{shown}");
}
