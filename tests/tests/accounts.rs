//! Accounts of people with the real program: the whole way of one user by command and form, and a flood of wrong passwords.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use muster_e2e::json::text;
use muster_e2e::office::Office;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::{Method, Response};
use serde_json::Value;

/// A form as a browser sends it, without the token of a program; a page without fields.
async fn browser(office: &Office, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Response {
    let method = if fields.is_empty() { Method::GET } else { Method::POST };
    let plain = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let mut request = office.http().request(method, path).header(ACCEPT, "text/html").body(body.join("&"));
    request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if !cookie.is_empty() {
        request = request.header(COOKIE, cookie);
    }
    let mut request = request.build().unwrap();
    request.headers_mut().remove(AUTHORIZATION);
    office.http().execute(request).await.unwrap()
}

fn header(answer: &Response, name: reqwest::header::HeaderName) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn cookie(answer: &Response) -> String {
    header(answer, SET_COOKIE).split(';').next().unwrap().to_owned()
}

async fn log_in(office: &Office, name: &str, password: &str) -> Response {
    browser(office, "/login", "", &[("name", name), ("password", password)]).await
}

/// Where the status page sends a session: nowhere while it is good.
async fn sent_to(office: &Office, cookie: &str) -> String {
    header(&browser(office, "/status", cookie, &[]).await, LOCATION)
}

async fn command(office: &Office, line: &str, code: i32) -> String {
    let args: Vec<&str> = line.split(' ').collect();
    let ran = office.site.admin(office.http(), &args).await.unwrap().expect(code).unwrap();
    if code == 0 { ran.stdout } else { ran.stderr }
}

async fn one_time(office: &Office, line: &str) -> String {
    let made: Value = serde_json::from_str(&command(office, &format!("{line} --output json"), 0).await).unwrap();
    text(&made, "/password").unwrap().to_owned()
}

/// Changes a one-time password; the cookie after it.
async fn change(office: &Office, session: &str, old: &str, new: &str) -> String {
    assert_eq!(sent_to(office, session).await, "/password", "it must be changed first");
    let page = browser(office, "/password", session, &[]).await.text().await.unwrap();
    let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
    let fields = [("csrf", csrf), ("old", old), ("new", new), ("repeated", new)];
    let changed = browser(office, "/password", session, &fields).await;
    assert_eq!((changed.status().as_u16(), header(&changed, LOCATION)), (303, "/status".to_owned()));
    cookie(&changed)
}

#[tokio::test]
async fn a_user_is_made_works_and_is_put_out_by_command() {
    let office = Office::licensed().await.unwrap();
    let (name, password) = ("ida@example.org", "a password of her own");
    let first = one_time(&office, &format!("user create {name} --role operator")).await;
    let session = cookie(&log_in(&office, name, &first).await);
    let session = change(&office, &session, &first, password).await;
    assert_eq!(sent_to(&office, &session).await, "");

    let listed = command(&office, "user list --output csv", 0).await;
    assert!(listed.starts_with("name,source,role,enabled,must_change,locked_until,created_at,last_login_at\r\n"), "{listed}");
    assert!(listed.contains("\r\nida@example.org,local,operator,yes,no,,20"), "{listed}");
    let table = command(&office, "user list --output table", 0).await;
    assert!(table.contains("MUST CHANGE PASSWORD") && table.contains(name), "{table}");
    assert!(command(&office, &format!("user show {name} --output json"), 0).await.contains("\"role\": \"operator\""));

    // Each of them ends the sessions of the user, and of nobody else.
    let other = one_time(&office, "user create bo --role viewer").await;
    let others = change(&office, &cookie(&log_in(&office, "bo", &other).await), &other, password).await;
    for line in ["set-role ida@example.org viewer", "disable ida@example.org", "reset-password ida@example.org"] {
        let session = cookie(&log_in(&office, name, password).await);
        assert_eq!(sent_to(&office, &session).await, "", "before {line}");
        if line.starts_with("reset") {
            let again = one_time(&office, &format!("user {line}")).await;
            assert_eq!(log_in(&office, name, password).await.status(), 401, "the password before is over");
            change(&office, &cookie(&log_in(&office, name, &again).await), &again, password).await;
        } else {
            command(&office, &format!("user {line}"), 0).await;
        }
        assert_eq!(sent_to(&office, &session).await, "/login", "after {line}");
        command(&office, &format!("user enable {name}"), 0).await;
        assert_eq!(sent_to(&office, &session).await, "/login", "after {line} and enable");
    }
    assert_eq!(sent_to(&office, &others).await, "");

    let admin = &office.secrets.admin_user;
    for line in ["set-role NAME viewer", "disable NAME", "delete NAME"] {
        let refused = command(&office, &format!("user {}", line.replace("NAME", admin)), 1).await;
        assert!(refused.contains("is the last enabled owner; make another user an owner first"), "{refused}");
    }
    command(&office, &format!("user set-role {name} owner"), 0).await;
    command(&office, &format!("user disable {admin}"), 0).await;
    command(&office, "user delete bo", 0).await;
    assert_eq!(sent_to(&office, &others).await, "/login");
    command(&office, "user show bo", 4).await;
    command(&office, "user create bo --role application", 2).await;
    let audit = command(&office, "audit list --output json", 0).await;
    for action in ["user.create", "user.set", "user.reset-password", "user.password", "user.delete"] {
        assert!(audit.contains(&format!("\"{action}\"")), "{action}");
    }
    assert!(!audit.contains(&first) && !office.collector.log().contains(&first), "a password is nowhere but in the answer");
    command(&office, "audit verify", 0).await;
}

#[tokio::test]
async fn a_hundred_wrong_passwords_at_once_do_not_beat_the_lock() {
    let Office { collector, secrets, site } = Office::unlicensed().await.unwrap();
    let office = std::sync::Arc::new(Office { collector, secrets, site });
    let (user, password) = (office.secrets.admin_user.clone(), office.secrets.admin_password.clone());
    let tries = (0..100).map(|number| {
        let (office, user) = (std::sync::Arc::clone(&office), user.clone());
        tokio::spawn(async move { log_in(&office, &user, &format!("wrong {number}")).await.status().as_u16() })
    });
    let mut verified = 0;
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            401 => verified += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(verified, 5, "no more are looked at because they come together");
    let right = log_in(&office, &user, &password).await;
    assert_eq!((right.status().as_u16(), cookie(&right).as_str()), (429, ""), "nor is the right one, while it is locked");
    let seconds: u64 = header(&right, RETRY_AFTER).parse().unwrap();
    assert!((800..=900).contains(&seconds), "{seconds}");
    let metrics = office.http().request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let counted = |result: &str| {
        let line = metrics.lines().find(|line| line.starts_with("muster_logins") && line.contains(result));
        line.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned()
    };
    assert_eq!((counted("wrong"), counted("locked")), ("5".to_owned(), "96".to_owned()), "{metrics}");
    assert!(!office.collector.log().contains("wrong 7"), "what was typed is in no log");

    let Office { collector, secrets, site } = std::sync::Arc::into_inner(office).unwrap();
    let collector = collector.kill().await.unwrap().start().await.unwrap();
    let office = Office { collector, secrets, site };
    assert_eq!(log_in(&office, &user, &password).await.status(), 429, "the lock holds over a kill");
    let again = one_time(&office, &format!("user reset-password {user}")).await;
    assert_eq!(log_in(&office, &user, &password).await.status(), 401, "the password before is over");
    let session = cookie(&log_in(&office, &user, &again).await);
    let session = change(&office, &session, &again, "a password of my own").await;
    assert_eq!(sent_to(&office, &session).await, "");
}
