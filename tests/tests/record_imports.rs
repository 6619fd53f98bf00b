//! Files of records through the client and real programs: wrong ones come back, a cut-off import is repeated and nothing is there
//! twice, and a large file takes no memory of its size.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::Write as _;

use muster_e2e::files::put;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::process::{Daemon, Ran};
use muster_e2e::wait;
use serde_json::Value;

/// Lines of the large file; MUSTER_IMPORT_LINES says another number.
const LINES: u64 = 20_000;

async fn run(office: &Office, args: &[&str], exit: i32) -> Ran {
    office.site.admin(office.http(), args).await.unwrap().expect(exit).unwrap()
}

async fn import(office: &Office, kind: &str, args: &[&str], exit: i32) -> Value {
    let ran = run(office, &[&["record", kind, "import"], args].concat(), exit).await;
    serde_json::from_str(&ran.stdout).unwrap()
}

fn sums(summary: &Value) -> [i64; 5] {
    ["/lines", "/created", "/updated", "/unchanged", "/refused"].map(|name| number(summary, name).unwrap())
}

#[tokio::test]
async fn a_wrong_file_comes_back_with_line_and_column_and_is_mended() {
    let office = Office::licensed().await.unwrap();
    let template = run(&office, &["contract", "template"], 0).await.stdout;
    assert!(template.starts_with("number,") && template.lines().nth(1).unwrap().contains("# text of at most"), "{template}");
    let file = "number;starts;total_cost\nC1;2026-01-01;\"EUR;200\"\nC2;1.1.2026;\nC3;;\"200 EUR\"\nC1;;\n";
    put(&office.site.path("contracts.csv"), file.as_bytes()).unwrap();
    let refused = run(&office, &["contract", "import", "contracts.csv", "--output", "table"], 1).await;
    for part in [
        "line 3, column starts: starts: \"1.1.2026\" is not a date",
        "line 4, column total_cost",
        "line 5: line 5 is about the same contract as line 2",
    ] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert!(refused.stdout.contains("4 lines: 1 new, 0 changed, 0 as they were, 3 refused."), "{}", refused.stdout);

    let table = run(&office, &["import", "list", "--output", "table"], 0).await.stdout;
    assert!(table.contains("Completed with errors") && table.contains("contracts.csv"), "{table}");
    let runs = office.get("/api/v1/imports").await.unwrap();
    let id = text(&runs, "/items/0/id").unwrap();
    let errors = run(&office, &["import", "show", id, "--output", "csv"], 0).await.stdout;
    let again = import(&office, "contracts", &["contracts.csv", "--errors", "errors.csv"], 1).await;
    assert_eq!(sums(&again), [4, 0, 0, 1, 3]);
    assert_eq!(std::fs::read_to_string(office.site.path("errors.csv")).unwrap(), errors, "the collector keeps the same file");
    let mended = errors.replace("1.1.2026", "2026-01-01").replace("200 EUR", "EUR 200").replace("C1;;;", "C4;;;");
    put(&office.site.path("mended.csv"), mended.as_bytes()).unwrap();
    assert_eq!(sums(&import(&office, "contracts", &["mended.csv"], 0).await), [3, 3, 0, 0, 0]);
    let set = run(&office, &["import", "set-line", id, "3", "fixed"], 0).await.stdout;
    assert!(set.contains("Manually fixed"), "{set}");
    let table = run(&office, &["import", "show", id, "--output", "table"], 0).await.stdout;
    assert!(table.contains("Manually fixed") && table.contains("Needs review"), "{table}");

    put(&office.site.path("book.xlsx"), b"PK\x03\x04 and more").unwrap();
    let refused = run(&office, &["contract", "import", "book.xlsx"], 1).await.stderr;
    assert!(refused.contains("XLSX") && refused.contains("save it as"), "{refused}");
    let exported = run(&office, &["contract", "export"], 0).await.stdout;
    put(&office.site.path("exported.csv"), exported.as_bytes()).unwrap();
    assert_eq!(sums(&import(&office, "contracts", &["exported.csv"], 0).await), [4, 0, 0, 4, 0]);
}

/// Contracts, one in a hundred with a wrong date.
fn write_file(path: &std::path::Path, lines: u64, mut wrong: impl FnMut(u64) -> bool) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    file.write_all(b"number,short_description,starts\n").unwrap();
    for number in 0..lines {
        let date = if wrong(number) { "soon" } else { "2026-01-01" };
        let mut line = String::new();
        let _ = writeln!(line, "C{number:07},\"{}\",{date}", "what it is about, at some length ".repeat(4));
        file.write_all(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_large_file_takes_no_memory_of_its_size() {
    let lines = std::env::var("MUSTER_IMPORT_LINES").map_or(LINES, |lines| lines.parse().unwrap());
    let office = Office::licensed().await.unwrap();
    let path = office.site.path("large.csv");
    // Nothing of it can be kept: what the collector grows by is the file's.
    write_file(&path, lines, |_| true);
    let size = std::fs::metadata(&path).unwrap().len();
    let before = resident(office.collector.pid().unwrap());
    let summary = import(&office, "contracts", &["large.csv", "--errors", "errors.csv"], 1).await;
    let after = resident(office.collector.pid().unwrap());
    let all = i64::try_from(lines).unwrap();
    assert_eq!(sums(&summary), [all, 0, 0, 0, all]);
    let grown = after.saturating_sub(before);
    println!("{lines} lines of {size} bytes: {before} -> {after} bytes resident, {grown} more");
    assert!(grown < 48 * 1024 * 1024, "{grown} bytes more for a file of {size}");
    let kept = office.get("/api/v1/imports").await.unwrap();
    let id = text(&list(&kept, "/items").unwrap()[0], "/id").unwrap().to_owned();
    let kept = office.get(&format!("/api/v1/imports/{id}")).await.unwrap();
    assert_eq!(list(&kept, "/refused_lines").unwrap().len(), 1_000, "the first ones");
}

#[tokio::test]
async fn an_import_that_is_cut_off_by_a_kill_is_repeated_and_nothing_is_there_twice() {
    const ALL: i64 = 20_000;
    let mut office = Office::licensed().await.unwrap();
    write_file(&office.site.path("contracts.csv"), ALL.unsigned_abs(), |number| number % 100 == 7);
    let mut command = office.site.command("muster-collector", &["contract", "import", "contracts.csv"]).unwrap();
    command.args(["--url", office.http().url(), "--token-file", "token", "--ca", "collector/ca.pem"]);
    let mut client = Daemon::spawn(command, &office.site.path("client.log")).unwrap();
    wait::until("the first lines", async || {
        let some = office.get("/api/v1/contracts?limit=1").await?;
        Ok((!list(&some, "/items")?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    office.collector = office.collector.kill().await.unwrap().start().await.unwrap();
    assert!(!client.wait().await.unwrap().success(), "the client says that it did not come to its end");

    let runs = office.get("/api/v1/imports").await.unwrap();
    assert_eq!(text(&runs, "/items/0/state").unwrap(), "Failed", "{runs}");
    assert!(text(&runs, "/items/0/failure").unwrap().contains("import the file again"), "{runs}");
    let summary = import(&office, "contracts", &["contracts.csv"], 1).await;
    let [lines, created, updated, unchanged, refused] = sums(&summary);
    assert_eq!((lines, updated, refused, created + unchanged), (ALL, 0, ALL / 100, ALL - ALL / 100), "{summary}");
    assert!(created > 0 && unchanged > 0, "it was cut off in the middle: {summary}");
    assert_eq!(sums(&import(&office, "contracts", &["contracts.csv"], 1).await), [ALL, 0, 0, ALL - ALL / 100, ALL / 100]);
    let exported = run(&office, &["contract", "export"], 0).await.stdout;
    assert_eq!(i64::try_from(exported.lines().count()).unwrap(), ALL - ALL / 100 + 1, "each is there once");
}
