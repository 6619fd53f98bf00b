//! Bad input to check-outs: one table, asked of every listener that takes them. Out: a problem document each, and nothing that is
//! held or counted afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use muster_e2e::http::Http;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::Peer;
use muster_e2e::scene;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// Somebody who asks a listener.
enum Asker {
    Application(&'static str, Http),
    Agent(Box<Peer>),
}

impl Asker {
    fn name(&self) -> &'static str {
        match self {
            Self::Application(name, _) => name,
            Self::Agent(_) => "agents",
        }
    }

    fn request(&self, method: Method, rest: &str) -> RequestBuilder {
        match self {
            Self::Application(_, http) => http.request(method, &format!("/api/v1/checkouts{rest}")),
            Self::Agent(peer) => peer.request(method, &format!("/agent/v1/checkouts{rest}")),
        }
    }

    async fn ask(&self, method: Method, rest: &str, body: Option<&Value>) -> (u16, Value) {
        let request = self.request(method, rest);
        let request = if let Some(body) = body { request.json(body) } else { request };
        let (status, answer) = muster_e2e::http::answer(request).await.unwrap();
        (status.as_u16(), answer)
    }
}

async fn application(office: &Office, at: SocketAddr) -> Http {
    let wish = json!({"label": "test", "role": "application", "applications": ["CAD", "nothing"]});
    let (_, made) = office.http().send(Method::POST, "/api/v1/api-tokens", &wish).await.unwrap();
    let ca = std::fs::read(office.site.path("collector/ca.pem")).unwrap();
    Http::new(at, &ca, Some(text(&made, "/token").unwrap())).unwrap()
}

/// What is wrong with an answer that should be a problem document of this status and kind.
fn wrong(what: &str, (status, answer): &(u16, Value), expected: u16, kind: &str) -> Option<String> {
    let says = |field: &str| answer[field].as_str().is_some_and(|text| !text.is_empty() && !text.contains(char::is_control));
    let good = *status == expected
        && answer["type"] == format!("/problems/{kind}")
        && answer["status"] == expected
        && says("title")
        && says("detail");
    (!good).then(|| format!("{what}: {status} instead of {expected} {kind}: {answer}"))
}

fn wish(user: &str, client_ip: &str) -> Value {
    json!({"application": "CAD", "user": user, "client_ip": client_ip, "client": "rest"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = wish("bob", "10.0.0.2");
    body[field] = value;
    body
}

#[tokio::test]
async fn every_listener_answers_bad_input_with_a_problem_document() {
    let office = Office::started(|launch| launch.arg("--interop-listen").arg("127.0.0.1:0")).await.unwrap();
    office.site.license(office.http(), &muster_e2e::office::TERMS).await.unwrap();
    let pool = json!({"floating_limit": 3, "at_limit": "refuse", "lease_seconds": 60, "borrow_max_hours": 2});
    let (status, answer) = office.http().send(Method::PUT, "/api/v1/applications/CAD", &pool).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
    let (admin, interop) = (office.collector.listen().admin, office.collector.listen().interop.unwrap());
    let askers = [
        Asker::Application("admin", application(&office, admin).await),
        Asker::Application("interop", application(&office, interop).await),
        Asker::Agent(Box::new(office.peer("ws-1").await.unwrap())),
    ];
    let stranger = Asker::Agent(Box::new(office.peer("ws-2").await.unwrap()));
    let (status, held) = stranger.ask(Method::POST, "", Some(&wish("carol", "10.0.0.3"))).await;
    assert_eq!(status, 201, "{held:#}");
    let others = text(&held, "/id").unwrap();

    let mut found: Vec<String> = Vec::new();
    for asker in &askers {
        let name = asker.name();
        for (body, status, kind) in [
            (with("application", json!("nothing")), 404, "not-found"),
            (with("application", json!("")), 422, "invalid-value"),
            (with("application", json!("C\u{0}AD")), 422, "invalid-value"),
            (with("application", json!("x".repeat(101))), 422, "invalid-value"),
            (with("user", json!("")), 422, "invalid-value"),
            (with("user", json!(" ")), 422, "invalid-value"),
            (with("user", json!("bob\u{1b}[2J")), 422, "invalid-value"),
            (with("user", json!("bob\n")), 422, "invalid-value"),
            (with("user", json!("x".repeat(257))), 422, "invalid-value"),
            (with("user", json!(null)), 400, "invalid-body"),
            (with("user", json!(["bob"])), 400, "invalid-body"),
            (with("client_ip", json!("")), 422, "invalid-value"),
            (with("client_ip", json!("[]")), 422, "invalid-value"),
            (with("client_ip", json!("10.0.0.1\u{7f}")), 422, "invalid-value"),
            (with("client_ip", json!("10.0.0.256")), 422, "invalid-value"),
            (with("client_ip", json!("::ffff:10.0.0.256")), 422, "invalid-value"),
            (with("client_ip", json!("::ffff:10.0.0.1%eth0\n")), 422, "invalid-value"),
            (with("client_ip", json!("fe80:::1%eth0")), 422, "invalid-value"),
            (with("client", json!("a\u{9}b")), 422, "invalid-value"),
            (with("host", json!("ws\u{85}1")), 422, "invalid-value"),
            (with("display", json!("\u{7}")), 422, "invalid-value"),
            (with("wait_seconds", json!(-1)), 422, "invalid-value"),
            (with("wait_seconds", json!(i64::MAX)), 422, "invalid-value"),
            (with("wait_seconds", json!(u64::MAX)), 400, "invalid-body"),
            (with("wait_seconds", json!(1e300)), 400, "invalid-body"),
            (with("borrow_hours", json!(-1)), 422, "invalid-value"),
            (with("borrow_hours", json!(3)), 422, "invalid-value"),
            (with("borrow_hours", json!(i64::MAX)), 422, "invalid-value"),
            (with("id", json!("x")), 400, "invalid-body"),
            (with("id", json!(Uuid::nil())), 422, "invalid-value"),
            (with("id", json!(others)), 409, "conflict"),
            (with("colour", json!("red")), 400, "invalid-body"),
            (json!({"application": "CAD"}), 400, "invalid-body"),
            (json!([]), 400, "invalid-body"),
        ] {
            let answer = asker.ask(Method::POST, "", Some(&body)).await;
            // A token is bound to names: whatever else is no name of it, either.
            let bound = matches!(asker, Asker::Application(..)) && status == 422 && body["application"] != "CAD";
            let (status, kind) = if bound { (403, "forbidden") } else { (status, kind) };
            found.extend(wrong(&format!("{name}: {body}"), &answer, status, kind));
        }
        let unknown = Uuid::new_v4().to_string();
        for id in [unknown.as_str(), others, "x", "%00", "00000000-0000-0000-0000-000000000000"] {
            for (method, rest) in [(Method::GET, ""), (Method::POST, "/heartbeat"), (Method::DELETE, "")] {
                let answer = asker.ask(method.clone(), &format!("/{id}{rest}"), None).await;
                found.extend(wrong(&format!("{name}: {method} {id}{rest}"), &answer, 404, "not-found"));
            }
        }
        for wait in ["-1", "31", "99999999999999999999", "soon", "1e3"] {
            let answer = asker.ask(Method::GET, &format!("/{unknown}?wait={wait}"), None).await;
            found.extend(wrong(&format!("{name}: wait={wait}"), &answer, 422, "invalid-value"));
        }
        let answer = asker.ask(Method::PUT, &format!("/{unknown}"), None).await;
        found.extend(wrong(name, &answer, 405, "method-not-allowed"));

        // Every spelling of an address is one place.
        for (one, other) in [("::ffff:10.0.0.7", "10.0.0.7"), ("fe80::1%eth0", "[FE80:0::1%wlan0]")] {
            let first = asker.ask(Method::POST, "", Some(&wish("dave", one))).await;
            let second = asker.ask(Method::POST, "", Some(&wish("DAVE", other))).await;
            for (shared, (status, seat)) in [(false, first), (true, second)] {
                assert_eq!((status, &seat["shared"]), (201, &json!(shared)), "{name}: {one} {other}: {seat:#}");
                let given = asker.ask(Method::DELETE, &format!("/{}", text(&seat, "/id").unwrap()), None).await;
                assert_eq!(given.0, 204, "{name}: {:#}", given.1);
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    let status = scene::status(&office.collector).await.unwrap();
    let pool = scene::application(&status, "CAD").unwrap();
    let of = |pointer| number(pool, pointer).unwrap();
    assert_eq!((of("/floating_in_use"), of("/queued"), of("/denied_today")), (1, 0, 0), "{pool:#}");
    let left = office.get("/api/v1/checkouts").await.unwrap();
    assert_eq!(list(&left, "/items").unwrap().len(), 1);
}

#[tokio::test]
async fn limits_that_are_none_are_refused() {
    let office = Office::licensed().await.unwrap();
    for (body, status) in [
        (json!({"floating_limit": -1}), 422),
        (json!({"floating_limit": i64::MAX}), 422),
        (json!({"floating_limit": u64::MAX}), 400),
        (json!({"floating_limit": 1.5}), 400),
        (json!({"floating_limit": "5"}), 400),
        (json!({"named_limit": -1}), 422),
        (json!({"named_limit": i64::MAX}), 422),
        (json!({"named_users": [""]}), 422),
        (json!({"named_users": ["a\u{7}"]}), 422),
        (json!({"lease_seconds": 0}), 422),
        (json!({"lease_seconds": -5}), 422),
        (json!({"linger_seconds": -1}), 422),
        (json!({"borrow_max_hours": -1}), 422),
        (json!({"borrow_max_hours": i64::MAX}), 422),
        (json!({"idle_timeout_seconds": -1}), 422),
        (json!({"reservations": [{"group": "g", "seats": -1}]}), 400),
        (json!({"at_limit": "maybe"}), 400),
    ] {
        let (got, answer) = office.http().send(Method::PUT, "/api/v1/applications/CAD", &body).await.unwrap();
        assert!(answer["type"].as_str().is_some_and(|kind| kind.starts_with("/problems/")), "{body}: {answer:#}");
        assert_eq!(got, status, "{body}: {answer:#}");
    }
    let (status, _) = office.http().get("/api/v1/applications/CAD").await.unwrap();
    assert_eq!(status, 404, "a refused application was not made");
}
