//! Check-outs of many applications at once, over outages and restarts. In: a collector that is killed, clients that take and
//! give back. Out: never more holders than seats, nobody forgotten in the queue, nobody's seat lost with the collector.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use muster_e2e::collector::{Collector, Launch};
use muster_e2e::http::Http;
use muster_e2e::json::{list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::process::PATIENCE;
use muster_e2e::scene;
use muster_e2e::site::Site;
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const CLIENTS: usize = 64;
const SEATS: i64 = 10;
const CHECKOUTS: &str = "/api/v1/checkouts";

/// How long the clients work, in seconds, and how often the collector is killed meanwhile.
fn seconds(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn put(http: &Http, application: &str, body: &Value) {
    let (status, answer) = http.send(Method::PUT, &format!("/api/v1/applications/{application}"), body).await.unwrap();
    assert!(status.is_success(), "{status}: {answer:#}");
}

/// A client that is an application, bound to these.
async fn application(site: &Site, collector: &Collector, at: std::net::SocketAddr, bound: &[&str]) -> Http {
    let wish = json!({"label": "test", "role": "application", "applications": bound});
    let (status, made) = collector.http().send(Method::POST, "/api/v1/api-tokens", &wish).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{made:#}");
    let ca = std::fs::read(site.path("collector/ca.pem")).unwrap();
    Http::new(at, &ca, Some(text(&made, "/token").unwrap())).unwrap()
}

fn wish(user: &str, address: &str) -> Value {
    json!({"application": "CAD", "user": user, "client_ip": address, "client": "rest"})
}

/// What all clients know together.
#[derive(Default)]
struct Ledger {
    holding: AtomicI64,
    most: AtomicI64,
    served: AtomicU64,
    stop: AtomicBool,
}

/// Sends until somebody answers.
async fn insist(http: &Http, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
    let asking = async {
        loop {
            let mut request = http.request(method.clone(), path);
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Ok((status, answer)) = muster_e2e::http::answer(request).await
                && status != StatusCode::SERVICE_UNAVAILABLE
            {
                return (status, answer);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("no answer")
}

/// Takes a seat, holds it for a moment and gives it back, until it is told to stop. Returns how often.
async fn client(http: Http, number: usize, ledger: Arc<Ledger>) -> u64 {
    let mut served = 0;
    while !ledger.stop.load(Ordering::Relaxed) {
        let mut body = wish(&format!("user{number}"), &format!("10.0.{}.{}", number / 250, number % 250 + 1));
        let id = Uuid::new_v4();
        body["id"] = json!(id);
        body["wait_seconds"] = json!(5);
        let (mut status, mut answer) = insist(&http, Method::POST, CHECKOUTS, Some(&body)).await;
        let path = format!("{CHECKOUTS}/{id}");
        while status == StatusCode::ACCEPTED {
            if ledger.stop.load(Ordering::Relaxed) {
                insist(&http, Method::DELETE, &path, None).await;
                return served;
            }
            (status, answer) = insist(&http, Method::GET, &format!("{path}?wait=5"), None).await;
        }
        assert!(matches!(status.as_u16(), 200 | 201), "{status}: {answer:#}");
        assert_eq!((text(&answer, "/kind").unwrap(), answer["shared"].as_bool()), ("floating", Some(false)));
        let now = ledger.holding.fetch_add(1, Ordering::SeqCst) + 1;
        ledger.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(3)).await;
        ledger.holding.fetch_sub(1, Ordering::SeqCst);
        let (status, answer) = insist(&http, Method::DELETE, &path, None).await;
        // After a kill nobody knows whether the first return was heard.
        assert!(matches!(status.as_u16(), 204 | 404), "{status}: {answer:#}");
        served += 1;
        ledger.served.fetch_add(1, Ordering::Relaxed);
    }
    served
}

async fn with_pool(site: &Site, launch: Launch, pool: &Value) -> Collector {
    let collector = scene::licensed(site, launch, 50).await.unwrap();
    put(collector.http(), "CAD", pool).await;
    collector
}

async fn cad(collector: &Collector) -> Value {
    let status = scene::status(collector).await.unwrap();
    scene::application(&status, "CAD").unwrap().clone()
}

/// Lets the clients work while `meanwhile` does what it does; nobody went without, and nothing is left.
async fn crowd(site: &Site, collector: Collector, meanwhile: impl AsyncFnOnce(Collector) -> Collector) -> (Collector, u64) {
    let http = application(site, &collector, collector.listen().admin, &["cad"]).await;
    let ledger = Arc::new(Ledger::default());
    let clients: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(client(http.clone(), number, Arc::clone(&ledger)))).collect();
    let collector = meanwhile(collector).await;
    ledger.stop.store(true, Ordering::Relaxed);
    let mut least = u64::MAX;
    for client in clients {
        least = least.min(client.await.unwrap());
    }
    assert!(least > 0, "somebody never got a seat");
    assert!(ledger.most.load(Ordering::SeqCst) <= SEATS, "{} held one of {SEATS} seats", ledger.most.load(Ordering::SeqCst));
    let left = cad(&collector).await;
    let of = |pointer| number(&left, pointer).unwrap();
    assert_eq!((of("/floating_in_use"), of("/queued"), of("/denied_today")), (0, 0, 0));
    assert!((1..=SEATS).contains(&of("/peak_today")), "{left:#}");
    (collector, ledger.served.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_share_ten_seats() {
    let site = Site::new().unwrap();
    let pool = json!({"floating_limit": SEATS, "at_limit": "queue", "lease_seconds": 60});
    let collector = with_pool(&site, site.collector(), &pool).await;
    let time = Duration::from_secs(seconds("MUSTER_POOL_SECONDS", 4));
    let (_collector, served) = crowd(&site, collector, async |collector| {
        tokio::time::sleep(time).await;
        collector
    })
    .await;
    println!("{served} seats were taken and given back in {time:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_give_nobody_a_seat_too_many() {
    let site = Site::new().unwrap();
    let pool = json!({"floating_limit": SEATS, "at_limit": "queue", "lease_seconds": 60});
    let collector = with_pool(&site, site.collector(), &pool).await;
    let (_collector, served) = crowd(&site, collector, async |mut collector| {
        for _ in 0..seconds("MUSTER_POOL_KILLS", 3) {
            tokio::time::sleep(Duration::from_secs(seconds("MUSTER_POOL_BETWEEN", 2))).await;
            collector = collector.kill().await.unwrap().start().await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        collector
    })
    .await;
    println!("{served} seats were taken and given back over kills");
}

#[tokio::test]
async fn an_outage_ends_no_session_no_lease_and_no_place() {
    let site = Site::new().unwrap();
    let launch = site.collector().env("MUSTER_AGENTS_REPORT_INTERVAL", "5s").env("MUSTER_AGENTS_SILENT_AFTER", "6s");
    let pool = json!({"floating_limit": 2, "named_users": ["falcon"], "at_limit": "queue", "lease_seconds": 5,
        "used_by": {"login": true, "users": ["falcon"]}});
    let collector = with_pool(&site, launch, &pool).await;
    let join = scene::join_token(&site, &collector).await.unwrap();
    let mut peer = Peer::enroll(&collector.agents_url(), &join, Machine::named("ws-1")).await.unwrap();
    let report = peer.next(vec![session("1", "falcon", "10.0.0.1", SystemClock.now() - TimeDelta::hours(1))]);
    assert_eq!(peer.report(&report).await.unwrap().0, 200);
    let http = application(&site, &collector, collector.listen().admin, &["CAD"]).await;
    let take = async |user: &str, address: &str| http.send(Method::POST, CHECKOUTS, &wish(user, address)).await.unwrap();
    let (status, shared) = take("FALCON", "::ffff:10.0.0.1").await;
    assert_eq!((status.as_u16(), &shared["kind"], &shared["shared"]), (201, &json!("named"), &json!(true)), "{shared:#}");
    let mut ids = vec![text(&shared, "/id").unwrap().to_owned()];
    for (user, expected) in [("a", 201), ("b", 201), ("c", 202), ("d", 202)] {
        let (status, answer) = take(user, "10.0.0.2").await;
        assert_eq!(status, expected, "{user}: {answer:#}");
        ids.push(text(&answer, "/id").unwrap().to_owned());
    }
    let before = cad(&collector).await;
    let launch = collector.kill().await.unwrap();
    // Longer than any lease and than the silence that ends sessions.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let collector = launch.start().await.unwrap();
    let after = cad(&collector).await;
    for pointer in ["/named_in_use", "/floating_in_use", "/queued", "/peak_today", "/denied_today"] {
        assert_eq!(number(&before, pointer).unwrap(), number(&after, pointer).unwrap(), "{pointer}: {after:#}");
    }
    let sessions = scene::get(collector.http(), "/api/v1/sessions").await.unwrap();
    assert_eq!(list(&sessions, "/items").unwrap()[0]["ended_at"], Value::Null, "{sessions:#}");
    let path = |at: usize| format!("{CHECKOUTS}/{}", ids[at]);
    assert_eq!(http.get(&path(4)).await.unwrap(), (StatusCode::ACCEPTED, json!({"id": ids[4], "position": 2})));
    assert_eq!(http.get(&path(3)).await.unwrap(), (StatusCode::ACCEPTED, json!({"id": ids[3], "position": 1})));
    let waiting = tokio::spawn({
        let (http, path) = (http.clone(), format!("{}?wait=30", path(3)));
        async move { http.get(&path).await.unwrap() }
    });
    let (status, _) = http.send(Method::DELETE, &path(1), &json!({})).await.unwrap();
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, seat) = waiting.await.unwrap();
    assert_eq!((status, &seat["kind"]), (StatusCode::OK, &json!("floating")), "{seat:#}");
    // Who is not heard of loses the seat within the lease; who waits gets it.
    let (status, seat) = http.get(&format!("{}?wait=30", path(4))).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{seat:#}");
    assert_eq!(http.get(&path(2)).await.unwrap().0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_document_on_every_listener() {
    let site = Site::new().unwrap();
    let launch = site.collector().arg("--interop-listen").arg("127.0.0.1:0");
    let pool = json!({"floating_limit": 1, "at_limit": "refuse", "lease_seconds": 60, "borrow_max_hours": 2,
        "access": {"exclude": {"networks": ["10.9.0.0/16"]}}});
    let collector = with_pool(&site, launch, &pool).await;
    put(collector.http(), "BIM", &json!({})).await;
    let interop = collector.listen().interop.expect("the interop listener");
    let one = application(&site, &collector, interop, &["CAD"]).await;
    let other = application(&site, &collector, collector.listen().admin, &["CAD", "nothing"]).await;
    let (status, seat) = one.send(Method::POST, CHECKOUTS, &wish("alice", "fe80::1%eth0")).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{seat:#}");
    let expires: DateTime<Utc> = text(&seat, "/expires_at").unwrap().parse().unwrap();
    assert!((expires - SystemClock.now() - TimeDelta::seconds(60)).abs() < TimeDelta::seconds(5), "{expires}");
    let id = text(&seat, "/id").unwrap().to_owned();
    let (status, same) = other.send(Method::POST, CHECKOUTS, &wish("ALICE", "FE80::1")).await.unwrap();
    assert_eq!((status.as_u16(), &same["shared"]), (201, &json!(true)), "{same:#}");

    let with = |field: &str, value: Value| {
        let mut body = wish("bob", "10.0.0.2");
        body[field] = value;
        body
    };
    for (body, status, problem) in [
        (with("application", json!("nothing")), 404, "not-found"),
        (with("application", json!("BIM")), 403, "forbidden"),
        (with("user", json!("")), 422, "invalid-value"),
        (with("user", json!("a\u{7}b")), 422, "invalid-value"),
        (with("client_ip", json!(" ")), 422, "invalid-value"),
        (with("client_ip", json!("10.0.0.1\n")), 422, "invalid-value"),
        (with("client_ip", json!("10.9.1.1")), 403, "forbidden"),
        (with("wait_seconds", json!(-1)), 422, "invalid-value"),
        (with("wait_seconds", json!(1e300)), 400, "invalid-body"),
        (with("borrow_hours", json!(3)), 422, "invalid-value"),
        (with("borrow_hours", json!(i64::MAX)), 422, "invalid-value"),
        (with("colour", json!("red")), 400, "invalid-body"),
        (wish("bob", "10.0.0.2"), 409, "pool-exhausted"),
    ] {
        let (got, answer) = other.send(Method::POST, CHECKOUTS, &body).await.unwrap();
        let kind = text(&answer, "/type").unwrap_or_default();
        assert_eq!((got.as_u16(), kind), (status, format!("/problems/{problem}").as_str()), "{body}: {answer:#}");
        if status == 409 {
            let holders = list(&answer, "/holders").unwrap();
            assert_eq!((holders.len(), &holders[0]["user"], &holders[0]["client_ip"]), (1, &json!("alice"), &json!("fe80::1")));
        }
    }
    for limits in [json!({"floating_limit": -1}), json!({"floating_limit": i64::MAX}), json!({"lease_seconds": 0})] {
        let (status, answer) = collector.http().send(Method::PUT, "/api/v1/applications/CAD", &limits).await.unwrap();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{limits}: {answer:#}");
    }
    // Another client's check-out is none; an administrator's hand is in the audit log.
    for path in [format!("{CHECKOUTS}/{id}"), format!("{CHECKOUTS}/{}", Uuid::new_v4()), format!("{CHECKOUTS}/x")] {
        assert_eq!(other.get(&path).await.unwrap().0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(other.send(Method::POST, &format!("{path}/heartbeat"), &json!({})).await.unwrap().0, StatusCode::NOT_FOUND);
        assert_eq!(other.send(Method::DELETE, &path, &json!({})).await.unwrap().0, StatusCode::NOT_FOUND);
    }
    assert_eq!(one.get("/status").await.unwrap().0, StatusCode::NOT_FOUND, "the interop listener serves check-outs");
    assert_eq!(other.get("/status").await.unwrap().0, StatusCode::FORBIDDEN);
    let own: BTreeSet<_> = list(&one.get(CHECKOUTS).await.unwrap().1, "/items")
        .unwrap()
        .iter()
        .map(|checkout| text(checkout, "/id").unwrap().to_owned())
        .collect();
    assert_eq!(own, BTreeSet::from([id.clone()]));
    assert_eq!(one.send(Method::POST, &format!("{CHECKOUTS}/{id}/heartbeat"), &json!({})).await.unwrap().0, StatusCode::OK);
    site.admin(collector.http(), &["checkout", "release", &id]).await.unwrap().expect(0).unwrap();
    assert_eq!(one.get(&format!("{CHECKOUTS}/{id}")).await.unwrap().0, StatusCode::NOT_FOUND);
    let audit = scene::get(collector.http(), "/api/v1/audit?limit=1").await.unwrap();
    assert_eq!(list(&audit, "/items").unwrap()[0]["action"], "checkout.end");
    assert_eq!(number(&cad(&collector).await, "/denied_today").unwrap(), 1);
}

#[tokio::test]
async fn groups_reservations_and_borrowed_seats_from_the_command_line() {
    let office = Office::licensed().await.unwrap();
    let admin = async |args: &[&str]| office.site.admin(office.http(), args).await.unwrap();
    admin(&["group", "set", "design", "alice", "Bob"]).await.expect(0).unwrap();
    let set = [
        "application",
        "set",
        "CAD",
        "--floating-limit",
        "2",
        "--at-limit",
        "refuse",
        "--reservation",
        "Design=1",
        "--borrow-max-hours",
        "5",
        "--exclude",
        "host=kiosk",
        "--sharing",
        "user,host",
    ];
    admin(&set).await.expect(0).unwrap();
    let take = async |user: &str, more: &[&str]| {
        let args = [
            &["checkout", "create", "--application", "cad", "--user", user, "--client-ip", "10.0.0.1", "--output", "json"],
            more,
        ]
        .concat();
        admin(&args).await
    };
    take("mallory", &["--host", "KIOSK"]).await.expect(1).unwrap();
    let carol = take("carol", &["--borrow-hours", "5"]).await.json().unwrap();
    assert_eq!(text(&carol, "/grant").unwrap().matches('.').count(), 1, "{carol:#}");
    take("dave", &[]).await.expect(3).unwrap();
    let alice = take("ALICE", &["--host", "ws-1"]).await.json().unwrap();
    take("bob", &[]).await.expect(3).unwrap();
    let shown = admin(&["checkout", "list", "--output", "json"]).await.json().unwrap();
    assert_eq!(list(&shown, "/items").unwrap().len(), 2, "{shown:#}");
    admin(&["checkout", "heartbeat", text(&alice, "/id").unwrap()]).await.expect(0).unwrap();
    admin(&["checkout", "release", text(&carol, "/id").unwrap()]).await.expect(0).unwrap();
    take("dave", &[]).await.expect(0).unwrap();
    admin(&["group", "delete", "DESIGN"]).await.expect(0).unwrap();
    admin(&["group", "delete", "DESIGN"]).await.expect(4).unwrap();
}

#[tokio::test]
async fn an_agent_checks_out_for_its_own_machine() {
    let office = Office::licensed().await.unwrap();
    let peer = office.peer("ws-1").await.unwrap();
    let stranger = office.peer("ws-2").await.unwrap();
    put(office.http(), "CAD", &json!({"floating_limit": 1, "at_limit": "refuse", "borrow_max_hours": 2})).await;
    let path = "/agent/v1/checkouts";
    let ask = async |peer: &Peer, method: Method, path: &str, body: Option<&Value>| {
        let mut request = peer.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        muster_e2e::http::answer(request).await.unwrap()
    };
    let mut body = wish("alice", "10.0.0.1");
    body["borrow_hours"] = json!(2);
    body["host"] = json!("elsewhere");
    let (status, seat) = ask(&peer, Method::POST, path, Some(&body)).await;
    assert_eq!(status, StatusCode::CREATED, "{seat:#}");
    let grant: muster_wire::checkout::BorrowGrant = peer.verified(&seat["grant"]).unwrap();
    assert_eq!((grant.purpose.as_str(), grant.application.as_str(), grant.user.as_str()), ("muster-borrow-v1", "CAD", "alice"));
    assert_eq!(grant.valid_until - grant.issued_at, TimeDelta::hours(2));
    let listed = office.get(CHECKOUTS).await.unwrap();
    let listed = &list(&listed, "/items").unwrap()[0];
    assert_eq!((&listed["host"], &listed["owner"]), (&json!("ws-1"), &json!(format!("agent:{}", peer.id()))));
    let (status, refused) = ask(&stranger, Method::POST, path, Some(&wish("bob", "10.0.0.2"))).await;
    assert_eq!((status, &refused["type"]), (StatusCode::CONFLICT, &json!("/problems/pool-exhausted")), "{refused:#}");
    let one = format!("{path}/{}", text(&seat, "/id").unwrap());
    assert_eq!(ask(&stranger, Method::DELETE, &one, None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&peer, Method::GET, &format!("{one}?wait=1"), None).await.0, StatusCode::OK);
    assert_eq!(ask(&peer, Method::POST, &format!("{one}/heartbeat"), None).await.0, StatusCode::OK);
    assert_eq!(ask(&peer, Method::PUT, &one, None).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&peer, Method::DELETE, &one, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(ask(&stranger, Method::POST, path, Some(&wish("bob", "10.0.0.2"))).await.0, StatusCode::CREATED);
}
