//! Files of records through the API: what is wrong is told by line and column, nothing of it is kept, and what goes out comes in.

use super::super::testing::{HOST, Site};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use muster_domain::record::{FieldKind, kinds};
use serde_json::{Value, json};
use std::fmt::Write as _;

const CONTRACTS: &str = "contracts";
const ENTITLEMENTS: &str = "entitlements";

pub(super) async fn site() -> Site {
    let site = Site::new().await;
    assert_eq!(site.license(1, 500).await.status, StatusCode::OK);
    site
}

async fn upload(site: &Site, path: &str, body: Body) -> super::super::testing::Reply {
    let request = Request::post(format!("/api/v1/{path}"))
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::LicenseAdmin)))
        .header(header::CONTENT_TYPE, "text/csv");
    site.send(request.body(body).unwrap()).await
}

/// What is told of a file, the sums last.
pub(super) async fn import(site: &Site, kind: &str, how: &str, file: &str) -> Vec<Value> {
    let reply = upload(site, &format!("{kind}/import?{how}"), Body::from(file.to_owned())).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn sums(told: &[Value]) -> [u64; 5] {
    let done = &told.last().unwrap()["done"];
    ["lines", "created", "updated", "unchanged", "refused"].map(|name| done[name].as_u64().unwrap_or_else(|| panic!("{told:?}")))
}

/// Line, column and reason of what was refused.
pub(super) fn refused(told: &[Value]) -> Vec<(u64, &str, &str)> {
    let lines = told.iter().filter_map(|event| event.get("refused"));
    lines
        .map(|line| {
            (line["line"].as_u64().unwrap(), line["column"].as_str().unwrap_or_default(), line["reason"].as_str().unwrap())
        })
        .collect()
}

async fn count(site: &Site, kind: &str) -> usize {
    site.get(&format!("/api/v1/{kind}?limit=1000")).await.json()["items"].as_array().unwrap().len()
}

/// A model that entitlements can be for.
async fn model(site: &Site) -> String {
    let told = import(site, "models", "", "publisher,product\nAcme,Editor\n").await;
    assert_eq!(sums(&told), [1, 1, 0, 0, 0], "{told:?}");
    site.get("/api/v1/models").await.json()["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_as_a_whole() {
    let site = site().await;
    let utf16: Vec<u8> = "number,state\nC1,Active\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (kind, file, parts) in [
        (CONTRACTS, b"".to_vec(), &["empty"][..]),
        (
            CONTRACTS,
            b"short_description\nx\n".to_vec(),
            &["no column number", "nothing was imported", "/api/v1/contracts/template"],
        ),
        (ENTITLEMENTS, b"number\nE1\n".to_vec(), &["software_model, license_metric"]),
        (CONTRACTS, b"number,colour\nC1,red\n".to_vec(), &["no field of a contract \"colour\" (column 2)", "short_description"]),
        (CONTRACTS, b"number,Number\nC1,C1\n".to_vec(), &["columns 1 and 2 are both \"Number\""]),
        (CONTRACTS, b"number,\"open\nC1,x\n".to_vec(), &["cannot be read", "not closed"]),
        (CONTRACTS, b"PK\x03\x04\x14\0\x06\0\x08\0".to_vec(), &["XLSX", "CSV UTF-8"]),
        (CONTRACTS, b"<!DOCTYPE html><html></html>".to_vec(), &["web page"]),
        (CONTRACTS, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), &["binary"]),
        (CONTRACTS, [b"\xff\xfe".to_vec(), utf16.clone()].concat(), &["UTF-16"]),
        (CONTRACTS, utf16, &["UTF-16"]),
    ] {
        let reply = upload(&site, &format!("{kind}/import"), Body::from(file.clone())).await;
        assert_eq!(reply.problem(), "invalid-value", "{reply:?}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(parts.iter().all(|part| detail.contains(part)), "{}: {detail}", String::from_utf8_lossy(&file));
        assert_eq!(count(&site, kind).await, 0);
    }
    let both = upload(&site, "contracts/import?create_contracts=true&skip_contracts=true", Body::from("number\nC1\n")).await;
    assert_eq!(both.problem(), "invalid-value");
    assert_eq!(site.get("/api/v1/imports").await.json()["items"], json!([]), "what was never begun is no import");
}

#[tokio::test]
async fn what_is_wrong_is_told_by_line_and_column_and_nothing_of_it_is_kept() {
    let site = site().await;
    let model = model(&site).await;
    import(&site, CONTRACTS, "", "number\nC1\n").await;
    import(
        &site,
        ENTITLEMENTS,
        "",
        &format!("number,asset_tag,software_model,metric_group,license_metric\nE0,T0,{model},Common,Per User\n"),
    )
    .await;
    let head = "Number;asset_tag;Software model;metric_group;license_metric;Unit cost;currency;purchased;contract;vendor";
    let mut file = format!("{head}\n");
    let mut expected: Vec<(u64, &str, &str)> = Vec::new();
    let mut number = 1;
    let mut line = |cells: String, wrong: Option<(&'static str, &'static str)>| {
        number += 1;
        let _ = writeln!(file, "{cells}");
        if let Some((column, reason)) = wrong {
            expected.push((number, column, reason));
        }
    };
    let common = format!("{model};Common;Per User");
    line(format!("E1;;{common};\"EUR;200\";;2026-01-01;C1;"), None);
    line(format!("E2;;{common};\"EUR;200\";EUR;2026-01-02;C1;"), None);
    line(format!("E3;;{common};\"EUR;200\";USD;2026-05-05;C1;"), Some(("Unit cost", "the amount is in EUR, the record in USD")));
    line(format!("E4;;{common};1,5;;;;"), Some(("Unit cost", "\"1,5\" is not an amount")));
    line(format!("E5;;{common};;;01.02.2026;;"), Some(("purchased", "\"01.02.2026\" is not a date (yyyy-MM-dd)")));
    line(format!("E6;;{common};;;2026-02-30;;"), Some(("purchased", "2026-02-30")));
    line(format!("E7;;{common};;;;C9;"), Some(("contract", "no contract \"C9\"")));
    line(format!("E1;;{common};;;;;"), Some(("", "line 9 is about the same software entitlement as line 2")));
    line(format!("E8;t0;{common};;;2026-04-04;;"), Some(("asset_tag", "has this value already")));
    line("E9;;;;;;;;;".to_owned(), Some(("Software model", "it must have a value")));
    line("E10;;nobody;Common;Per User;;;;;".to_owned(), Some(("Software model", "no software model \"nobody\"")));
    line(format!("E11;;{common};;;;;Nobody Ltd"), Some(("vendor", "no company \"Nobody Ltd\"")));
    line(format!("E12;;{common};;;2026-06-06;;;;"), Some(("", "it has 12 cells, the header has 10")));
    line(format!("E13;\"open;{common};;;;;"), Some(("", "a quote is opened and not closed")));
    line(format!("e0;T0;{common};100;EUR;;;"), None);
    line(format!(";;{common};100;EUR;2026-03-03;;"), None);
    for how in ["dry_run=true", ""] {
        let told = import(&site, ENTITLEMENTS, how, &file).await;
        let found = refused(&told);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((line, column, reason), (at, of, part)) in found.iter().zip(&expected) {
            assert!((line, column) == (at, of) && reason.contains(part), "line {line}, column {column:?}: {reason}");
        }
        assert_eq!(sums(&told), [16, 3, 1, 0, 12], "{how}: {told:?}");
        assert_eq!(count(&site, ENTITLEMENTS).await, if how.is_empty() { 4 } else { 1 });
    }
    // Repeated, the good lines are there already, with a number or without.
    assert_eq!(sums(&import(&site, ENTITLEMENTS, "", &file).await), [16, 0, 0, 4, 12]);
    let items = site.get("/api/v1/entitlements?number=E1").await.json();
    assert_eq!((&items["items"][0]["unit_cost"], &items["items"][0]["currency"]), (&json!("200"), &json!("EUR")));

    // What was refused is kept, can be taken as a file, and is seen to.
    let imports = site.get("/api/v1/imports").await.json();
    let run = imports["items"].as_array().unwrap().iter().find(|run| run["created"] == 3).unwrap();
    assert_eq!(
        (&run["state"], &run["kind"], &run["created"], &run["refused"]),
        (&json!("Completed with errors"), &json!(ENTITLEMENTS), &json!(3), &json!(12))
    );
    assert!(imports["items"].as_array().unwrap().iter().any(|run| run["state"] == "Completed"));
    let path = format!("/api/v1/imports/{}", run["id"].as_str().unwrap());
    let shown = site.get(&path).await.json();
    assert_eq!(shown["refused_lines"].as_array().unwrap().len(), 12);
    assert_eq!((&shown["refused_lines"][0]["line"], &shown["refused_lines"][0]["state"]), (&json!(4), &json!("Needs review")));
    for (state, expected) in [("Fixed", "Manually fixed"), ("needs review", "Needs review"), ("Manually fixed", "Manually fixed")]
    {
        let set = site.call(Role::LicenseAdmin, "PATCH", &format!("{path}/lines/4"), Some(json!({ "state": state }))).await;
        assert_eq!(set.json()["state"], expected, "{set:?}");
    }
    for (path, body, status) in [
        (format!("{path}/lines/4"), json!({"state": "Done"}), StatusCode::UNPROCESSABLE_ENTITY),
        (format!("{path}/lines/2"), json!({"state": "Fixed"}), StatusCode::NOT_FOUND),
        ("/api/v1/imports/nothing/lines/2".to_owned(), json!({"state": "Fixed"}), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(site.call(Role::LicenseAdmin, "PATCH", &path, Some(body)).await.status, status, "{path}");
    }
    let request = Request::get(&path)
        .header(header::HOST, HOST)
        .header(header::ACCEPT, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    let errors = site.send(request.body(Body::empty()).unwrap()).await.text;
    assert!(errors.starts_with(&format!("{head};line;reason\n")), "{errors}");
    let mended = errors.replace("USD", "EUR").replace("C9", "C1");
    // Cells that no column has are not in the file of refused lines: that line is mended, too.
    assert_eq!(sums(&import(&site, ENTITLEMENTS, "", &mended).await)[1], 3, "mended where it came back");
}

#[tokio::test]
async fn unknown_contracts_and_names_are_made_left_out_or_refused() {
    let site = site().await;
    let model = model(&site).await;
    let line = |number: &str, more: &str| format!("{number},{model},Common,Per User,{more},2026-01-0{}\n", &number[1..]);
    let head = "number,software_model,metric_group,license_metric,contract,vendor,opened,purchased\n";
    let file = format!("{head}{}{}{}", line("E1", "K1,New Ltd,"), line("E2", "K1,,"), line("E3", "K2,Other Ltd,soon"));
    let plain = import(&site, ENTITLEMENTS, "", &file).await;
    assert_eq!(sums(&plain), [3, 0, 0, 0, 3]);
    assert!(refused(&plain)[1].2.contains("create_contracts=true or skip_contracts=true"), "{plain:?}");

    let skipped = import(&site, ENTITLEMENTS, "skip_contracts=true&dry_run=true", &file).await;
    assert_eq!(sums(&skipped), [3, 1, 0, 0, 2]);
    assert!(
        skipped.last().unwrap()["done"]["warnings"]["first"][0]
            .as_str()
            .unwrap()
            .contains("line 3: contract: there is no contract \"K1\"")
    );

    let made =
        json!([{"table": "companies", "count": 1, "names": ["New Ltd"]}, {"table": "contracts", "count": 1, "names": ["K1"]}]);
    for how in ["dry_run=true&", ""] {
        let told = import(&site, ENTITLEMENTS, &format!("{how}create_contracts=true&create_references=true"), &file).await;
        assert_eq!((sums(&told), &told.last().unwrap()["done"]["new_references"]), ([3, 2, 0, 0, 1], &made), "{told:?}");
        let is_dry = !how.is_empty();
        assert_eq!(count(&site, CONTRACTS).await, usize::from(!is_dry), "nothing of a refused line is kept");
    }
    let companies = site.get("/api/v1/references/companies?limit=1000").await.text;
    assert!(companies.contains("New Ltd") && !companies.contains("Other Ltd"), "{companies}");
    // An empty cell leaves a field as it is, or empties it.
    let emptied = format!("{head}{}", line("E2", ",,"));
    assert_eq!(sums(&import(&site, ENTITLEMENTS, "", &emptied).await), [1, 0, 0, 1, 0]);
    assert_eq!(sums(&import(&site, ENTITLEMENTS, "clear_empty=true", &emptied).await), [1, 0, 1, 0, 0]);
}

#[tokio::test]
async fn a_dry_run_sees_earlier_lines_of_the_file_and_keeps_none() {
    let site = site().await;
    // The second half of the file is about records that the first half makes, many portions earlier.
    let mut file = "name,kind,host\n".to_owned();
    for number in 0..1_200 {
        let _ = writeln!(file, "H{number},Physical,");
    }
    let kind = kinds::host::HOSTS.field("kind").map(|field| field.kind);
    let Some(FieldKind::Choice(choices)) = kind else { panic!("{kind:?}") };
    let file = file.replace("Physical", choices[0]);
    let mut links = file.clone();
    for number in 0..1_200 {
        let _ = writeln!(links, "V{number},{},H{number}", choices[1]);
    }
    let dry = import(&site, "hosts", "dry_run=true", &links).await;
    assert_eq!(sums(&dry), [2_400, 2_400, 0, 0, 0], "{:?}", refused(&dry).first());
    assert_eq!(count(&site, "hosts").await, 0);
    assert_eq!(sums(&import(&site, "hosts", "", &links).await), [2_400, 2_400, 0, 0, 0]);
    assert_eq!(sums(&import(&site, "hosts", "dry_run=true", &links).await), [2_400, 0, 0, 2_400, 0]);
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_and_is_kept_as_failed() {
    let site = site().await;
    let pieces = [Ok("number\nC1\nC2\nC"), Err(std::io::Error::other("the line is cut"))];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let reply = upload(&site, "contracts/import?file=half.csv", body).await;
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a short file is known to be cut before its first line: {reply:?}"
    );
    let mut long = "number\n".to_owned();
    for number in 0..30_000 {
        let _ = writeln!(long, "C{number}");
    }
    let pieces = [Ok(long), Err(std::io::Error::other("the line is cut"))];
    let reply = upload(&site, "contracts/import?file=half.csv", Body::from_stream(futures_util::stream::iter(pieces))).await;
    let last: Value = serde_json::from_str(reply.text.lines().last().unwrap()).unwrap();
    assert!(last["failed"]["reason"].as_str().unwrap().contains("broke off"), "{last}");
    let stored = last["failed"]["stored"]["created"].as_u64().unwrap();
    let run = site.get("/api/v1/imports").await.json()["items"][0].clone();
    assert_eq!((&run["state"], &run["file"], &run["created"]), (&json!("Failed"), &json!("half.csv"), &json!(stored)));
}
