//! The console as a browser uses it: login, lock-out, sessions, CSRF, the pages.

use super::{
    super::testing::{HOST, PASSWORD, Reply, Site, cookie, csrf},
    desk::OWN_SCRIPT,
};
use crate::{
    admin::{Peer, auth::ATTEMPTS},
    store::records::Role,
};
use axum::body::Body;
use chrono::TimeDelta;
use http::{Request, StatusCode, header};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn a_browser_is_sent_to_the_login_and_a_program_is_not() {
    let site = Site::new().await;
    let reply = site.page("/status", None).await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, "/login"));
    for (asked, login) in [
        ("/password", "/login?next=/password"),
        ("/assets?sysparm_query=install_status%3D7", "/login?next=/assets%3Fsysparm_query%3Dinstall_status%253D7"),
        ("/assets/x&next=%2Fprivacy", "/login?next=/assets/x%26next%3D%252Fprivacy"),
    ] {
        assert_eq!(site.page(asked, None).await.header("location"), login);
    }
    let request = Request::builder().uri("/status").header(header::HOST, HOST).body(Body::empty()).unwrap();
    assert_eq!(site.send(request).await.problem(), "unauthenticated");
    let form = site.page("/login", None).await;
    assert!(form.text.contains("<form method=\"post\" action=\"/login\""));
    // No way leads to a provider that is not configured.
    assert!(!form.text.contains("/login/oidc"));
    assert_eq!(site.page("/login/oidc", None).await.header("location"), "/login");
    let style = site.page("/assets-static/muster.css", None).await;
    assert!(style.header("content-type").starts_with("text/css"));
}

#[tokio::test]
async fn a_login_brings_a_new_session_with_a_guarded_cookie() {
    for (tls, name, secure) in [(true, "__Host-muster=", true), (false, "muster=", false)] {
        let site = Site::with_tls(tls).await;
        let planted = format!("{name}planted-by-somebody");
        let reply = site.form("/login", Some(&planted), &[("name", "anna"), ("password", PASSWORD)]).await;
        assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, "/status"), "{reply:?}");
        let set = reply.header("set-cookie");
        assert!(set.starts_with(name) && set.contains("HttpOnly; SameSite=Strict; Path=/"), "{set}");
        assert_eq!(set.contains("; Secure"), secure);
        let first = cookie(&reply);
        assert_ne!(first, planted);
        assert_eq!(site.page("/status", Some(&planted)).await.status, StatusCode::SEE_OTHER);
        assert_eq!(site.page("/status", Some(&first)).await.status, StatusCode::OK);

        let again = site.form("/login", Some(&first), &[("name", "anna"), ("password", PASSWORD)]).await;
        assert_ne!(cookie(&again), first, "a new id at each login");
        assert_eq!(site.page("/status", Some(&first)).await.status, StatusCode::SEE_OTHER, "the old one is over");
    }
}

#[tokio::test]
async fn sessions_end_by_logout_and_time() {
    let site = Site::new().await;
    let first = site.log_in().await;
    let token = csrf(&site.page("/status", Some(&first)).await);
    assert_eq!(site.form("/logout", Some(&first), &[("csrf", &token)]).await.header("location"), "/login");
    assert_eq!(site.page("/status", Some(&first)).await.status, StatusCode::SEE_OTHER);
    let second = site.log_in().await;
    site.clock.step_wall(TimeDelta::days(400));
    assert_eq!(site.page("/status", Some(&second)).await.status, StatusCode::OK, "setting the clock ends nobody's session");
    site.clock.advance(Duration::from_secs(3600));
    assert_eq!(site.page("/status", Some(&second)).await.status, StatusCode::SEE_OTHER, "an hour without a request");
}

#[tokio::test]
async fn a_hundred_wrong_logins_at_once_lock_the_name() {
    let site = Arc::new(Site::new().await);
    let attempts = (0..100).map(|_| {
        let site = Arc::clone(&site);
        tokio::spawn(async move { site.form("/login", None, &[("name", "anna"), ("password", "wrong")]).await.status })
    });
    let mut looked_at = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            StatusCode::UNAUTHORIZED => looked_at += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(looked_at, ATTEMPTS, "no attempt slips through because others are under way");
    let right: Reply = site.form("/login", None, &[("name", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!right.header("retry-after").is_empty());
    let stored = site.stores.people.user("anna").await.unwrap().unwrap();
    assert!(stored.locked_until.is_some(), "the lock holds over a restart");
    site.clock.advance(Duration::from_secs(15 * 60));
    site.log_in().await;
    assert_eq!(site.stores.people.user("anna").await.unwrap().unwrap().failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_from_one_address_is_turned_away_and_others_are_let_in() {
    let site = Arc::new(Site::new().await);
    let log_in = |name: String, password: &str, from: [u8; 4]| {
        let (site, body) = (Arc::clone(&site), format!("name={name}&password={}", password.replace(' ', "+")));
        let request = Request::post("/login")
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(Peer(Some(from.into())));
        tokio::spawn(async move { site.send(request.body(Body::from(body)).unwrap()).await })
    };
    let flood: Vec<_> = (0..200).map(|number| log_in(format!("made-up-{number}"), "wrong", [192, 0, 2, 1])).collect();
    assert_eq!(log_in("anna".to_owned(), PASSWORD, [192, 0, 2, 2]).await.unwrap().status, StatusCode::SEE_OTHER);
    let mut turned_away = 0;
    for attempt in flood {
        let reply = attempt.await.unwrap();
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            turned_away += 1;
            assert!(!reply.header("retry-after").is_empty() && reply.text.contains("from this address"), "{reply:?}");
        } else {
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(turned_away > 100, "{turned_away} of 200");
    assert_eq!(log_in("anna".to_owned(), PASSWORD, [192, 0, 2, 1]).await.unwrap().status, StatusCode::SEE_OTHER, "it is over");
}

#[tokio::test]
async fn a_request_names_one_host_and_it_is_this_one() {
    let site = Site::new().await;
    for (target, hosts, expected) in [
        ("/healthz", vec![HOST], StatusCode::OK),
        ("/healthz", vec!["evil.example"], StatusCode::MISDIRECTED_REQUEST),
        ("/healthz", vec![HOST, "evil.example"], StatusCode::MISDIRECTED_REQUEST),
        ("/healthz", vec![HOST, HOST], StatusCode::MISDIRECTED_REQUEST),
        ("/healthz", vec![], StatusCode::MISDIRECTED_REQUEST),
        ("https://evil.example/healthz", vec![HOST], StatusCode::MISDIRECTED_REQUEST),
        ("https://evil.example@127.0.0.1:8444/healthz", vec![HOST], StatusCode::MISDIRECTED_REQUEST),
        ("https://127.0.0.1:8444/healthz", vec!["evil.example"], StatusCode::MISDIRECTED_REQUEST),
        ("https://127.0.0.1:8444/healthz", vec![HOST], StatusCode::OK),
    ] {
        let mut request = Request::get(target);
        for host in &hosts {
            request = request.header(header::HOST, *host);
        }
        let reply = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, expected, "{target} {hosts:?}");
    }
}

#[tokio::test]
async fn unknown_names_look_like_wrong_passwords() {
    let site = Site::new().await;
    let unknown = site.form("/login", None, &[("name", "nobody"), ("password", "x")]).await;
    let wrong = site.form("/login", None, &[("name", "anna"), ("password", "x")]).await;
    assert_eq!((unknown.status, wrong.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(unknown.text.replace("nobody", "anna"), wrong.text);
}

#[tokio::test]
async fn changes_from_a_browser_need_the_token_of_the_session() {
    let site = Site::new().await;
    let (mine, other) = (site.log_in().await, site.log_in().await);
    let token = csrf(&site.page("/status", Some(&mine)).await);
    let foreign = csrf(&site.page("/status", Some(&other)).await);
    let key = site.key(1, 5, "2027-12-31");
    for wrong in [vec![("key", key.as_str())], vec![("key", &key), ("csrf", "")], vec![("key", &key), ("csrf", &foreign)]] {
        let reply = site.form("/console/license", Some(&mine), &wrong).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.text.contains("CSRF token"), "{reply:?}");
    }
    let api = |csrf: Option<&str>| {
        let mut request = Request::builder().method("POST").uri("/api/v1/compliance/runs").header(header::HOST, HOST);
        request = request.header(header::COOKIE, &mine);
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(site.send(api(None)).await.problem(), "forbidden");
    assert_eq!(site.send(api(Some(&foreign))).await.problem(), "forbidden");
    assert_eq!(site.send(api(Some(&token))).await.status, StatusCode::CREATED);
    assert_eq!(site.get("/api/v1/license").await.json()["license"], serde_json::Value::Null);
    let key = key.replace('\n', "\r\n");
    let applied = site.form("/console/license", Some(&mine), &[("key", &key), ("act", "apply"), ("csrf", &token)]).await;
    assert_eq!((applied.status, applied.header("location")), (StatusCode::SEE_OTHER, "/console/license"), "{applied:?}");
    let cross = Request::builder().method("POST").uri("/login").header(header::HOST, HOST).header("sec-fetch-site", "cross-site");
    let cross = cross.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from("name=anna&password=x"));
    assert_eq!(site.send(cross.unwrap()).await.problem(), "forbidden");
}

#[tokio::test]
async fn the_first_password_must_be_changed() {
    let site = Site::new().await;
    site.change_account(|user| user.must_change = true).await;
    let (session, other) = (site.log_in().await, site.log_in().await);
    assert_eq!(site.page("/status", Some(&session)).await.header("location"), "/password");
    let request = Request::builder().uri("/api/v1/license").header(header::HOST, HOST).header(header::COOKIE, &session);
    assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.problem(), "forbidden");
    let form = site.page("/password", Some(&session)).await;
    assert!(form.text.contains("made by the program"));
    let token = csrf(&form);
    let change = async |old, new, repeated| {
        site.form("/password", Some(&session), &[("csrf", &token), ("old", old), ("new", new), ("repeated", repeated)]).await
    };
    let new = "another long password";
    for (old, first, second) in
        [(PASSWORD, "short", "short"), (PASSWORD, new, "different one"), (PASSWORD, PASSWORD, PASSWORD), ("wrong", new, new)]
    {
        assert_eq!(change(old, first, second).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}");
    }
    let changed = change(PASSWORD, new, new).await;
    assert_eq!((changed.status, changed.header("location")), (StatusCode::SEE_OTHER, "/status"), "{changed:?}");
    assert_eq!(site.page("/status", Some(&cookie(&changed))).await.status, StatusCode::OK);
    for old in [&session, &other] {
        assert_eq!(site.page("/status", Some(old)).await.header("location"), "/login", "other sessions are over");
    }
    let audit = site.get("/api/v1/audit").await.text;
    assert!(audit.contains("user.password") && !audit.contains(new));
}

#[tokio::test]
async fn the_page_says_where_things_stand() {
    let site = Site::new().await;
    let session = site.log_in().await;
    let page = site.page("/status", Some(&session)).await.text;
    assert!(page.contains("<h1>No licence") && page.contains("href=\"/console/license#renewal\">Get a key"), "{page}");
    assert!(page.contains(&site.context.board.status().machine_key_id));
    assert!(page.contains("<a href=\"/agents/tokens\">"), "an empty table says what to do next");
    assert!(
        !page.replace(OWN_SCRIPT, "").contains("<script") && !page.contains("style=\"") && !page.contains("onclick"),
        "the page needs no script"
    );

    site.license(1, 500).await;
    let page = site.page("/status", Some(&session)).await.text;
    assert!(page.contains("<h1>Compliant: 0 of 500 assets</h1>") && page.contains("ACME"), "{page}");
    site.change_account(|user| user.role = Role::Viewer).await;
    let page = site.page("/status", Some(&session)).await.text;
    assert!(!page.contains("Apply a licence key"), "a viewer is not offered what is refused");
}
