//! Reports over mutual TLS: what is taken, what is refused with which words, and that nothing of it stops the collector.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use chrono::{DateTime, Utc};
use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Machine, Peer, mutual, session};
use muster_e2e::raw::Raw;
use muster_wire::hardware::ChassisKind;
use muster_wire::software::Package;
use muster_wire::verdict::{LicenseState, Receipt, Verdict};
use muster_wire::{limits, path};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const LONG_AGO: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn check_problem((status, answer): (StatusCode, Value), code: &str, expected: u16, of: &str) {
    assert_eq!(status.as_u16(), expected, "{of}: {answer:#}");
    assert_eq!(text(&answer, "/type").unwrap(), format!("/problems/{code}"), "{of}: {answer:#}");
    assert_eq!(number(&answer, "/status").unwrap(), i64::from(expected), "{of}");
    assert!(!text(&answer, "/detail").unwrap().is_empty(), "{of}");
}

fn encoded(encoding: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
}

/// The agent is still heard.
async fn check_goes_on(peer: &mut Peer) {
    let report = peer.next(Vec::new());
    let (status, answer) = peer.report(&report).await.unwrap();
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(number(&answer, "/acked_seq").unwrap(), i64::try_from(report.seq).unwrap());
}

/// JSON white space that zstd makes about twenty times smaller.
fn padding(bytes: usize) -> Vec<u8> {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut padding = Vec::with_capacity(bytes + 64);
    while padding.len() < bytes {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        padding.extend((0..24).map(|bit| if random >> bit & 1 == 0 { b' ' } else { b'\n' }));
        padding.extend([b' '; 40]);
    }
    padding.truncate(bytes);
    padding
}

#[tokio::test]
async fn a_report_over_a_limit_is_refused_whole_and_one_at_the_limit_is_taken() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let sessions = |count: usize| (0..count).map(|n| session(&n.to_string(), "alice", "10.0.0.1", LONG_AGO)).collect::<Vec<_>>();

    let mut wire = serde_json::to_vec(&peer.next(Vec::new())).unwrap();
    wire.resize(limits::REPORT_WIRE_BYTES, b' ');
    assert_eq!(peer.report_raw(wire.clone(), HeaderMap::new()).await.unwrap().0, 200, "1 MiB");
    wire.push(b' ');
    check_problem(peer.report_raw(wire, HeaderMap::new()).await.unwrap(), "too-large", 413, "1 MiB and a byte");
    check_problem(peer.report_raw(vec![b' '; 16 << 20], HeaderMap::new()).await.unwrap(), "too-large", 413, "16 MiB");

    let mut decoded = serde_json::to_vec(&peer.next(Vec::new())).unwrap();
    decoded.extend(padding(limits::REPORT_DECODED_BYTES - decoded.len()));
    let fits = zstd::encode_all(decoded.as_slice(), 3).unwrap();
    decoded.push(b' ');
    let exceeds = zstd::encode_all(decoded.as_slice(), 3).unwrap();
    let ratio = decoded.len() / exceeds.len();
    assert!(exceeds.len() < limits::REPORT_WIRE_BYTES && ratio < limits::REPORT_RATIO, "{} {ratio}", exceeds.len());
    assert_eq!(peer.report_raw(fits, encoded("zstd")).await.unwrap().0, 200, "8 MiB decoded");
    check_problem(peer.report_raw(exceeds, encoded("zstd")).await.unwrap(), "too-large", 413, "8 MiB decoded and a byte");

    let bomb = zstd::encode_all(vec![b' '; 7 << 20].as_slice(), 19).unwrap();
    check_problem(peer.report_raw(bomb, encoded("zstd")).await.unwrap(), "too-large", 413, "ratio");

    let report = peer.next(sessions(limits::REPORT_SESSIONS + 1));
    check_problem(peer.report(&report).await.unwrap(), "too-large", 413, "513 sessions");
    let active = async || number(&office.get("/status").await.unwrap(), "/sessions/active").unwrap();
    assert_eq!(active().await, 0, "nothing of a refused report counts");

    let mut report = peer.next(sessions(limits::REPORT_SESSIONS));
    let bash = Package { name: "bash".to_owned(), source: "dpkg".to_owned(), ..Package::default() };
    report.software_digest = Some("sha256:1".to_owned());
    report.software = Some(vec![bash; limits::REPORT_PACKAGES].into());
    assert_eq!(peer.report(&report).await.unwrap().0, 200, "512 sessions, 20,000 packages");
    assert_eq!(active().await, 512);
    check_goes_on(&mut peer).await;
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_limit() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let given = peer.given().clone();
    let tls = mutual(&given.ca, &given.certificate, &peer.identity().key_pem()).unwrap();
    let mut raw = Raw::connect(office.collector.listen().agents, tls).unwrap();
    let head = format!("POST {} HTTP/1.1\r\nhost: collector\r\ntransfer-encoding: chunked\r\n\r\n", path::REPORT);
    raw.send(head.as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..17 {
        raw.send(&chunk).unwrap();
    }
    let answer = raw.answer().unwrap();
    assert_eq!((answer.status, text(&answer.body, "/type").unwrap()), (413, "/problems/too-large"));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    check_goes_on(&mut peer).await;
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_what_is_only_unknown_is_taken() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let good = serde_json::to_value(peer.next_whole(vec![session("1", "alice", "10.0.0.1", LONG_AGO)])).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        serde_json::to_vec(&report).unwrap()
    };
    let without = |field: &str| {
        let mut report = good.clone();
        report.as_object_mut().unwrap().remove(field).unwrap();
        serde_json::to_vec(&report).unwrap()
    };
    let text_of = serde_json::to_vec(&good).unwrap();
    let deep = [br#"{"from_the_future":"#.as_slice(), "[".repeat(200_000).as_bytes()].concat();
    let none = HeaderMap::new;
    let cases: Vec<(&str, Vec<u8>, HeaderMap, u16, &str)> = vec![
        ("nothing", Vec::new(), none(), 400, "invalid-body"),
        ("half a JSON", text_of[..text_of.len() / 2].to_vec(), none(), 400, "invalid-body"),
        ("two JSONs", [text_of.as_slice(), &text_of].concat(), none(), 400, "invalid-body"),
        ("deep JSON", deep, none(), 400, "invalid-body"),
        ("null", b"null".to_vec(), none(), 400, "invalid-body"),
        ("a list", b"[]".to_vec(), none(), 400, "invalid-body"),
        ("not UTF-8", text_of.iter().map(|byte| if *byte == b'a' { 0xff } else { *byte }).collect(), none(), 400, "invalid-body"),
        ("sessions as a text", with("/sessions", json!("many")), none(), 400, "invalid-body"),
        ("seq below 0", with("/seq", json!(-1)), none(), 400, "invalid-body"),
        ("seq with a fraction", with("/seq", json!(1.5)), none(), 400, "invalid-body"),
        ("seq beyond 64 bits", with("/seq", json!(1e30)), none(), 400, "invalid-body"),
        ("a date that is none", with("/collected_at", json!("yesterday")), none(), 400, "invalid-body"),
        ("a boot id that is none", with("/boot_id", json!("1")), none(), 400, "invalid-body"),
        ("a user that is a number", with("/sessions/0/user", json!(7)), none(), 400, "invalid-body"),
        ("no sessions", without("sessions"), none(), 400, "invalid-body"),
        ("no digest", without("hardware_digest"), none(), 400, "invalid-body"),
        ("another protocol", with("/protocol", json!(2)), none(), 422, "invalid-value"),
        ("epoch 0", with("/epoch", json!(0)), none(), 422, "invalid-value"),
        ("not the encoding it says", text_of.clone(), encoded("zstd"), 400, "invalid-body"),
        ("an encoding of others", text_of.clone(), encoded("gzip"), 415, "unsupported-media"),
    ];
    for (of, body, headers, status, code) in cases {
        check_problem(peer.report_raw(body, headers).await.unwrap(), code, status, of);
    }
    for (method, path, status, code) in [
        (Method::POST, "/agent/v1/nothing", 404, "not-found"),
        (Method::GET, "/", 404, "not-found"),
        (Method::GET, path::REPORT, 405, "method-not-allowed"),
        (Method::DELETE, path::ENROLL, 405, "method-not-allowed"),
    ] {
        let of = format!("{method} {path}");
        check_problem(muster_e2e::http::answer(peer.request(method, path)).await.unwrap(), code, status, &of);
    }
    let status = office.get("/status").await.unwrap();
    assert_eq!(number(&status, "/sessions/active").unwrap(), 0, "nothing of all that was taken");

    let mut newer = good;
    newer["from_the_future"] = json!({"a": [1, {"b": null}]});
    newer["hardware"]["quantum_cores"] = json!(3);
    newer["hardware"]["chassis"]["kind"] = json!("hovercraft");
    newer["sessions"][0]["state"] = json!("teleporting");
    newer["sessions"][0]["retina"] = json!("blue");
    newer["ended"] = json!([{"id": "0", "user": "bob", "client_ip": "10.0.0.2", "started_at": "2026-11-21T19:00:00Z",
        "ended_at": "2026-11-21T19:02:00Z", "reason": "abducted", "by": "x"}]);
    let (status, answer) = peer.report_raw(serde_json::to_vec(&newer).unwrap(), HeaderMap::new()).await.unwrap();
    assert_eq!(status, 200, "{answer:#}");
    let sessions = office.get("/api/v1/sessions").await.unwrap();
    assert_eq!(text(find(&sessions, "/items", "user", "alice").unwrap(), "/state").unwrap(), "other");
}

#[tokio::test]
async fn a_repeated_report_has_no_effect_and_a_copied_identity_is_quarantined() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let mut copy = peer.clone();
    let users = async |office: &Office| {
        let sessions = office.get("/api/v1/sessions").await.unwrap();
        list(&sessions, "/items").unwrap().iter().map(|session| text(session, "/user").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = peer.next(vec![session("1", "alice", "10.0.0.1", LONG_AGO)]);
    let second = peer.next(vec![session("2", "bob", "10.0.0.2", LONG_AGO)]);
    assert_eq!(peer.report(&first).await.unwrap().0, 200);
    assert_eq!(peer.report(&second).await.unwrap().0, 200);
    for old in [&second, &first, &second] {
        let (status, answer) = peer.report(old).await.unwrap();
        assert_eq!((status.as_u16(), number(&answer, "/acked_seq").unwrap()), (200, 2));
        assert_eq!(users(&office).await, ["bob"]);
    }

    // The same number for something else.
    copy.next(Vec::new());
    let conflicting = copy.next(vec![session("3", "eve", "10.0.0.3", LONG_AGO)]);
    let going_on = copy.next(Vec::new());
    for report in [&conflicting, &conflicting, &going_on] {
        let answer = copy.report(report).await.unwrap();
        assert_eq!(answer.1["epoch"], 2);
        check_problem(answer, "resync", 409, "a conflicting seq");
        assert_eq!(users(&office).await, ["bob"]);
    }
    peer.epoch = 2;
    let fresh = peer.next(vec![session("4", "carol", "10.0.0.4", LONG_AGO)]);
    assert_eq!(peer.report(&fresh).await.unwrap().0, 200);
    assert_eq!(users(&office).await, ["carol"]);

    // Whoever still uses the old epoch is the other copy.
    let late = copy.next(Vec::new());
    check_problem(copy.report(&late).await.unwrap(), "forbidden", 403, "the old epoch");
    assert_eq!(users(&office).await, ["carol"]);
    let status = office.get("/status").await.unwrap();
    assert_eq!(number(&status, "/agents/quarantined").unwrap(), 1);
    let alerts = at(&status, "/alerts").unwrap().to_string();
    assert!(alerts.contains(&peer.id()) && alerts.contains("agent resolve"), "{alerts}");
    let listed = office.site.admin(office.http(), &["agent", "list", "--output", "json"]).await.unwrap().json().unwrap();
    let items = listed.get("items").unwrap_or(&listed);
    assert_eq!(text(find(items, "", "id", &peer.id()).unwrap(), "/status").unwrap(), "quarantined");
    // It counts once, and the one with the new epoch goes on.
    let run = office.post("/api/v1/compliance/runs").await.unwrap();
    assert_eq!(number(&run, "/asset_count").unwrap(), 1);
    check_goes_on(&mut peer).await;
    // Over a restart, too.
    let Office { collector, site, secrets } = office;
    let office = Office { collector: collector.kill().await.unwrap().start().await.unwrap(), site, secrets };
    let alerts = office.get("/status").await.unwrap()["alerts"].to_string();
    assert!(alerts.contains(&peer.id()), "{alerts}");

    office.site.admin(office.http(), &["agent", "resolve", &peer.id()]).await.unwrap().expect(0).unwrap();
    let status = office.get("/status").await.unwrap();
    assert_eq!(number(&status, "/agents/quarantined").unwrap(), 0);
    assert!(!at(&status, "/alerts").unwrap().to_string().contains(&peer.id()), "{:#}", status["alerts"]);
    office.site.admin(office.http(), &["agent", "resolve", &peer.id()]).await.unwrap().expect(1).unwrap();
    // Whichever copy is left begins anew: a machine that was set back can come home, too.
    let told = peer.next(Vec::new());
    let answer = peer.report(&told).await.unwrap();
    assert_eq!(answer.1["epoch"], 3);
    check_problem(answer, "resync", 409, "the first report after the decision");
    peer.epoch = 3;
    check_goes_on(&mut peer).await;
}

#[tokio::test]
async fn hardware_is_asked_for_then_stored_and_never_undoes_an_administrator() {
    let office = Office::licensed().await.unwrap();
    let (_, token) = office.join_token(&json!({})).await.unwrap();
    let mut machine = Machine::named("ws-1");
    machine.hardware.product_serial = None;
    machine.hardware.chassis.kind = ChassisKind::Other;
    let mut bare = Peer::enroll(&office.collector.agents_url(), &token, machine).await.unwrap();
    let asset = async || {
        let assets = office.get("/api/v1/assets").await.unwrap();
        let assets = list(&assets, "/items").unwrap();
        assert_eq!(assets.len(), 1);
        assets[0].clone()
    };
    let report = bare.next(Vec::new());
    let (_, answer) = bare.report(&report).await.unwrap();
    assert_eq!(answer["need"], json!(["hardware"]));
    assert_eq!(number(&answer, "/next_report_in").unwrap(), 1);

    let mut report = bare.next_whole(Vec::new());
    report.hardware = Some(Machine { ..Machine::named("ws-1") }.hardware);
    report.hardware_digest = Machine::named("ws-1").digest();
    let (_, answer) = bare.report(&report).await.unwrap();
    assert_eq!(answer["need"], json!([]));
    let seen = asset().await;
    assert_eq!(text(&seen, "/agent").unwrap(), bare.id());
    assert_eq!(text(&seen, "/model_category/display").unwrap(), "Computer");
    assert_eq!(seen["serial_number"], json!(Machine::named("ws-1").hardware.product_serial));
    assert_eq!((number(&seen, "/install_status").unwrap(), number(&seen, "/quantity").unwrap()), (1, 1));
    assert_eq!(text(&seen, "/sys_class_name").unwrap(), "alm_hardware");

    // What an administrator says stays, what nobody said follows the machine.
    let path = format!("/api/v1/assets/{}", text(&seen, "/id").unwrap());
    let change = json!({"serial_number": "ours-1", "install_status": 7});
    assert_eq!(office.http().send(Method::PATCH, &path, &change).await.unwrap().0, 200);
    let mut report = bare.next(Vec::new());
    let mut other = Machine::named("ws-1");
    other.hardware.product_serial = Some("SN-other".to_owned());
    other.hardware.asset_tag = Some("T-9".to_owned());
    (report.hardware_digest, report.hardware) = (other.digest(), Some(other.hardware));
    assert_eq!(bare.report(&report).await.unwrap().0, 200);
    let seen = asset().await;
    assert_eq!((text(&seen, "/serial_number").unwrap(), number(&seen, "/install_status").unwrap()), ("ours-1", 7));
    assert_eq!(text(&seen, "/asset_tag").unwrap(), "T-9");
}

#[tokio::test]
async fn an_unchanged_report_of_known_hardware_asks_for_nothing() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let whole = peer.next_whole(Vec::new());
    peer.report(&whole).await.unwrap();
    let unchanged = peer.next(Vec::new());
    let date = (HeaderName::from_static("date"), HeaderValue::from_static("Sat, 21 Nov 2026 20:00:00 GMT"));
    let body = serde_json::to_vec(&unchanged).unwrap();
    let body = zstd::encode_all(body.as_slice(), 3).unwrap();
    let mut headers = encoded("zstd");
    headers.insert(date.0, date.1);
    let (status, answer) = peer.report_raw(body, headers).await.unwrap();
    assert_eq!((status.as_u16(), &answer["need"]), (200, &json!([])), "{answer:#}");
    let next = number(&answer, "/next_report_in").unwrap();
    assert!((240..=360).contains(&next), "five minutes with jitter, not {next} s");
}

#[tokio::test]
async fn verdicts_and_receipts_are_signed_and_say_the_state() {
    let office = Office::licensed().await.unwrap();
    let mut peer = office.peer("ws-1").await.unwrap();
    let report = peer.next(Vec::new());
    let (_, answer) = peer.report(&report).await.unwrap();
    let verdict: Verdict = peer.verified(&answer["verdict"]).unwrap();
    assert_eq!((verdict.state, verdict.reason), (LicenseState::Compliant, None));
    assert_eq!(verdict.collector_id.to_string(), office.secrets.collector_id);
    assert!(verdict.issued_at < verdict.valid_until && !verdict.change_id.is_empty());
    let receipt: Receipt = peer.verified(&answer["receipt"]).unwrap();
    assert_eq!((receipt.state, receipt.grace_started_at), (LicenseState::Compliant, None));
    assert_eq!(receipt.collector_id, verdict.collector_id);

    // A changed word is not signed.
    let forged = text(&answer, "/verdict").unwrap().split_once('.').unwrap();
    let payload = muster_wire::signed::split(text(&answer, "/verdict").unwrap()).unwrap();
    let denied = String::from_utf8(payload.payload).unwrap().replace("compliant", "disabled");
    let denied = muster_wire::signed::join(denied.as_bytes(), &payload.signature);
    assert_ne!(denied.split_once('.').unwrap().0, forged.0);
    assert!(peer.verified::<Verdict>(&json!(denied)).is_err());

    // Over the limit: the next answer says so, in both.
    for n in 2..=3 {
        office.peer(&format!("ws-{n}")).await.unwrap();
    }
    office.site.license(office.http(), &["--customer", "Acme", "--expires", "2098-01-01", "--assets", "2"]).await.unwrap();
    let report = peer.next(Vec::new());
    let (_, answer) = peer.report(&report).await.unwrap();
    let grace: Verdict = peer.verified(&answer["verdict"]).unwrap();
    assert_eq!((grace.state, grace.reason.as_deref()), (LicenseState::Grace, Some("over_limit")));
    assert!(grace.seq > verdict.seq && grace.change_id != verdict.change_id);
    let later: Receipt = peer.verified(&answer["receipt"]).unwrap();
    assert!(later.seq > receipt.seq && later.grace_started_at.is_some());
}
