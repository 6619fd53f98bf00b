//! The admin API's refusals and effects, and the rules without a server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::files::put;
use muster_e2e::http::answer;
use muster_e2e::json::{find, list, number, text};
use muster_e2e::office::Office;
use muster_e2e::peer::{Peer, anyone};
use muster_e2e::process::Daemon;
use muster_e2e::raw::Raw;
use muster_e2e::site::Site;
use muster_e2e::wait;
use reqwest::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Nobody,
    Stranger,
    Viewer,
    Owner,
}

#[tokio::test]
async fn every_refusal_is_a_problem_with_a_page() {
    use Who::{Nobody, Owner, Stranger, Viewer};
    let office = Office::unlicensed().await.unwrap();
    let wish = json!({"label": "reader", "role": "viewer"});
    let (status, made) = office.http().send(Method::POST, "/api/v1/api-tokens", &wish).await.unwrap();
    assert_eq!(status, 201, "{made:#}");
    let viewer = text(&made, "/token").unwrap();
    let json = "application/json";
    let nobody = "00000000-0000-7000-8000-000000000000";
    let asset = format!("/api/v1/assets/{nobody}");
    let agent = format!("/api/v1/agents/{nobody}/approve");
    let tokens = "/api/v1/join-tokens";
    let cases: Vec<(Who, Method, &str, &str, &str, &str, u16)> = vec![
        (Nobody, Method::GET, "/status", "", "", "unauthenticated", 401),
        (Nobody, Method::GET, "/metrics", "", "", "unauthenticated", 401),
        (Nobody, Method::GET, "/api/v1/nothing", "", "", "unauthenticated", 401),
        (Nobody, Method::POST, tokens, json, "{", "unauthenticated", 401),
        (Stranger, Method::GET, "/api/v1/assets", "", "", "unauthenticated", 401),
        (Viewer, Method::POST, tokens, json, "{}", "forbidden", 403),
        (Viewer, Method::PUT, "/api/v1/license", "text/plain", "x", "forbidden", 403),
        (Viewer, Method::PATCH, &asset, json, "{", "forbidden", 403),
        (Viewer, Method::GET, "/api/v1/users", "", "", "forbidden", 403),
        (Viewer, Method::GET, "/api/v1/usage", "", "", "license-disabled", 403),
        (Owner, Method::GET, "/api/v1/usage?from=never", "", "", "license-disabled", 403),
        (Owner, Method::GET, "/api/v1/nothing", "", "", "not-found", 404),
        (Owner, Method::GET, &asset, "", "", "not-found", 404),
        (Owner, Method::PATCH, &asset, json, "{", "not-found", 404),
        (Owner, Method::GET, "/api/v1/assets/hello", "", "", "not-found", 404),
        (Owner, Method::POST, &agent, "", "", "not-found", 404),
        (Owner, Method::DELETE, "/api/v1/sessions/1", "", "", "not-found", 404),
        (Owner, Method::DELETE, "/api/v1/join-tokens/none", "", "", "not-found", 404),
        (Owner, Method::GET, "/api/v1/applications/none", "", "", "not-found", 404),
        (Owner, Method::GET, "/problems/none", "", "", "not-found", 404),
        (Owner, Method::DELETE, "/api/v1/license", "", "", "method-not-allowed", 405),
        (Owner, Method::POST, "/healthz", "", "", "method-not-allowed", 405),
        (Owner, Method::POST, tokens, "text/plain", "{}", "unsupported-media", 415),
        (Owner, Method::POST, tokens, json, "{\"uses\":", "invalid-body", 400),
        (Owner, Method::POST, tokens, json, "{\"uses\":\"many\"}", "invalid-body", 400),
        (Owner, Method::POST, tokens, json, "{\"usse\":1}", "invalid-body", 400),
        (Owner, Method::POST, tokens, json, "[]", "invalid-body", 400),
        (Owner, Method::POST, tokens, json, "{\"ttl_seconds\":0}", "invalid-value", 422),
        (Owner, Method::POST, tokens, json, "{\"uses\":0}", "invalid-value", 422),
        (Owner, Method::POST, tokens, json, "{\"uses\":2,\"ttl_seconds\":999999999}", "invalid-value", 422),
        (Owner, Method::POST, "/api/v1/assets", json, "{\"install_status\":\"asleep\"}", "invalid-value", 422),
        (Owner, Method::POST, "/api/v1/assets", json, "{\"no_such_field\":1}", "invalid-value", 422),
        (Owner, Method::GET, "/api/v1/assets?sysparm_query=no_such=1", "", "", "invalid-query", 400),
        (Owner, Method::GET, "/api/v1/assets?limit=0", "", "", "invalid-value", 422),
        (Owner, Method::GET, "/api/v1/assets?cursor=%00", "", "", "invalid-value", 422),
    ];
    for (who, method, path, kind, body, code, status) in cases {
        let of = format!("{who:?} {method} {path} {body}");
        let mut request = office.http().request(method, path).body(body.to_owned());
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        let token = match who {
            Owner => office.secrets.api_token.as_str(),
            Viewer => viewer,
            Stranger => "msa_abcdefgh_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            Nobody => "",
        };
        let mut request = request.build().unwrap();
        request.headers_mut().remove(AUTHORIZATION);
        if who != Nobody {
            request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        let answer = office.http().execute(request).await.unwrap();
        let headers = answer.headers().clone();
        assert_eq!(answer.status().as_u16(), status, "{of}: {}", answer.text().await.unwrap());
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json", "{of}");
        assert_eq!(headers.contains_key(ALLOW), status == 405, "{of}");
        assert_eq!(headers.contains_key(WWW_AUTHENTICATE), status == 401, "{of}");
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(text(&problem, "/type").unwrap(), format!("/problems/{code}"), "{of}: {problem:#}");
        assert_eq!(number(&problem, "/status").unwrap(), i64::from(status), "{of}");
        assert!(!text(&problem, "/detail").unwrap().is_empty() && !text(&problem, "/title").unwrap().is_empty(), "{of}");
        assert_eq!(problem.get("position").is_some(), code == "invalid-query", "{of}");
        let page = office.http().request(Method::GET, text(&problem, "/type").unwrap()).header(ACCEPT, "text/html");
        let page = page.send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.text().await.unwrap().contains(code)), (200, true), "{of}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_its_own_and_a_body_too_large_are_refused() {
    let office = Office::unlicensed().await.unwrap();
    let address = office.collector.listen().admin;
    let ca = std::fs::read_to_string(office.site.data_dir().join("ca.pem")).unwrap();
    let get = |host: &str| {
        let mut raw = Raw::connect(address, anyone(&ca).unwrap()).unwrap();
        raw.send(format!("GET /api/v1/license HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).unwrap();
        raw.answer().unwrap()
    };
    for (host, status) in [
        ("evil.example".to_owned(), 421),
        ("".to_owned(), 421),
        (format!("evil.example:{}", address.port()), 421),
        ("127.0.0.1.evil.example".to_owned(), 421),
        (address.to_string(), 401),
        (format!("localhost:{}", address.port()), 401),
    ] {
        let answer = get(&host);
        assert_eq!(answer.status, status, "{host:?}: {answer:?}");
        assert!(answer.head.contains("content-type: application/problem+json"), "{host:?}");
    }
    let large = office.http().request(Method::POST, "/api/v1/join-tokens").header(CONTENT_TYPE, "application/json");
    let (status, problem) = answer(large.body(vec![b' '; 8 << 20])).await.unwrap();
    assert_eq!((status.as_u16(), text(&problem, "/type").unwrap()), (413, "/problems/too-large"));
}

#[tokio::test]
async fn a_change_of_state_moves_the_count_and_the_agent_does_not_undo_it() {
    let office = Office::licensed().await.unwrap();
    let mut peers: Vec<Peer> = Vec::new();
    for name in ["ws-1", "ws-2", "ws-3"] {
        peers.push(office.peer(name).await.unwrap());
    }
    let count = async || {
        let run = office.site.admin(office.http(), &["compliance", "run", "--output", "json"]).await.unwrap().json().unwrap();
        let counted = number(&run, "/asset_count").unwrap();
        assert_eq!(number(&office.get("/status").await.unwrap(), "/compliance/asset_count").unwrap(), counted);
        counted
    };
    assert_eq!(count().await, 3);
    let assets = office.get("/api/v1/assets").await.unwrap();
    let asset = find(&assets, "/items", "agent", &peers[0].id()).unwrap();
    let path = format!("/api/v1/assets/{}", text(asset, "/id").unwrap());
    for (state, expected) in [
        (json!(7), 2),
        (json!("In use"), 3),
        (json!("Consumed"), 2),
        // An empty state is in no list; it is counted apart.
        (json!(null), 2),
        (json!(2), 2),
    ] {
        let (status, changed) = office.http().send(Method::PATCH, &path, &json!({"install_status": state})).await.unwrap();
        assert_eq!(status, 200, "{state}: {changed:#}");
        let report = peers[0].next_whole(Vec::new());
        assert_eq!(peers[0].report(&report).await.unwrap().0, StatusCode::OK);
        assert_eq!(count().await, expected, "{state}");
    }
    let found = office.get("/api/v1/assets?sysparm_query=install_status=2").await.unwrap();
    assert_eq!(list(&found, "/items").unwrap().len(), 1);
    let csv = office.http().request(Method::GET, "/api/v1/assets").header(ACCEPT, "text/csv").send().await.unwrap();
    assert!(csv.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
    assert_eq!(csv.text().await.unwrap().lines().count(), 4);
}

#[tokio::test]
async fn what_reads_can_be_watched_over_a_restart_and_what_changes_cannot() {
    let office = Office::unlicensed().await.unwrap();
    let admin = |args: &[&str]| {
        let mut command = office.site.command("muster-collector", args).unwrap();
        command.args(["--url", office.http().url(), "--token-file", "token", "--ca", "collector/ca.pem"]);
        command
    };
    let mut watch = Daemon::spawn(admin(&["status", "--output", "csv", "--watch=1"]), &office.site.path("watched")).unwrap();
    let seen = async |part: &str, times: usize| {
        wait::until(part, async || Ok((watch.log().matches(part).count() >= times).then_some(()))).await.unwrap();
    };
    seen("unlicensed", 2).await;
    let refused = office.site.admin(office.http(), &["join-token", "create", "--watch"]).await.unwrap().expect(2).unwrap();
    assert!(refused.stderr.contains("--watch repeats a command, and this one changes something"), "{}", refused.stderr);
    assert_eq!(list(&office.get("/api/v1/join-tokens").await.unwrap(), "/items").unwrap().len(), 0);
    let Office { collector, site: _site, .. } = office;
    let (_, launch) = collector.stop().await.unwrap();
    seen("cannot be reached", 1).await;
    let before = watch.log().matches("unlicensed").count();
    let _collector = launch.start().await.unwrap();
    seen("unlicensed", before + 1).await;
    watch.kill().await.unwrap();
}

#[tokio::test]
async fn completions_are_for_a_reader_that_goes_away_too() {
    let site = Site::new().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ran = site.run("muster-collector", &["completions", shell]).await.unwrap().expect(0).unwrap();
        assert!(ran.stdout.contains("muster-collector") && ran.stdout.contains("join-token"), "{shell}");
    }
    let program = muster_e2e::bins::bin("muster-collector").unwrap();
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "\"$0\" completions bash | head -n 1 > /dev/null"]).arg(program);
    let ran = muster_e2e::process::run(command, b"").await.unwrap().expect(0).unwrap();
    assert_eq!(ran.stderr, "");
}

#[tokio::test]
async fn the_worked_cases_are_answered_without_a_server() {
    let site = Site::new().unwrap();
    for (kind, file) in [
        ("sessions", include_str!("../../collector/tests/data/session_licenses.json")),
        ("compliance", include_str!("../../collector/tests/data/compliance.json")),
    ] {
        let mut asked: Value = serde_json::from_str(file).unwrap();
        let bad = [json!({"id": "bad-1", "ask": "dance", "inputs": {}}), json!(7), json!({"id": "bad-3", "ask": "live"})];
        let cases = asked["cases"].as_array_mut().unwrap();
        let good = cases.len();
        for (n, bad) in bad.iter().enumerate() {
            cases.insert(n * 2, bad.clone());
        }
        put(&site.path("cases.json"), asked.to_string().as_bytes()).unwrap();
        let answers = site.run("muster-collector", &["calc", kind, "--input", "cases.json"]).await.unwrap().json().unwrap();
        let answers = list(&answers, "/cases").unwrap();
        let mut right = 0;
        for (case, answer) in asked["cases"].as_array().unwrap().iter().zip(answers) {
            match case.get("expected") {
                Some(expected) => {
                    assert_eq!(case["id"], answer["id"]);
                    for (field, value) in expected.as_object().unwrap() {
                        assert_eq!(answer["result"].get(field), Some(value), "{kind} {}: {field}: {answer:#}", case["id"]);
                    }
                    right += 1;
                }
                None => {
                    assert_eq!(answer["id"], case.get("id").cloned().unwrap_or_default());
                    assert!(!text(answer, "/error").unwrap().is_empty() && answer.get("result").is_none(), "{answer:#}");
                }
            }
        }
        assert_eq!((right, answers.len()), (good, good + 3));
    }
    put(&site.path("half.json"), b"{\"cases\":[").unwrap();
    for (file, code) in [("half.json", 1), ("absent.json", 4)] {
        let ran = site.run("muster-collector", &["calc", "sessions", "--input", file]).await.unwrap().expect(code).unwrap();
        assert!(ran.stdout.is_empty() && ran.stderr.contains(file), "{}", ran.stderr);
    }
}
