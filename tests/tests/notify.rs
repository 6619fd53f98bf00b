//! Messages to administrators: what happens is mailed and posted once, signed, tried again, and not lost by a kill.
//! In: the real binaries, a mail server and a receiver of webhooks on loopback. Out: what arrived there, and what the
//! collector says of it.

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use muster_e2e::collector::{Collector, Launch};
use muster_e2e::faketime::Faketime;
use muster_e2e::files;
use muster_e2e::hook::{Answer, Hook};
use muster_e2e::json::{list, number, text};
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::postbox::Postbox;
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

const TO: &str = "it@example.com";

/// A launch that mails to this server, and whose days do not end in the middle of a test.
fn mailing(site: &Site, postbox: &Postbox) -> Launch {
    let port = postbox.port().to_string();
    let mail = [("SERVER", "127.0.0.1"), ("PORT", &port), ("TLS", "off"), ("FROM", "muster@example.com")];
    mail.into_iter().fold(site.collector(), |launch, (name, value)| launch.env(&format!("MUSTER_MAIL_{name}"), value))
}

async fn set(collector: &Collector, settings: Value) -> Result<()> {
    let (status, answer) = collector.http().send(Method::PATCH, "/api/v1/settings", &settings).await?;
    anyhow::ensure!(status.is_success(), "{status}: {answer:#}");
    Ok(())
}

/// Makes a webhook and gives its secret.
async fn webhook(collector: &Collector, url: &str, events: &[&str]) -> Result<String> {
    let (status, made) = collector.http().send(Method::POST, "/api/v1/webhooks", &json!({"url": url, "events": events})).await?;
    anyhow::ensure!(status == 201, "{status}: {made:#}");
    Ok(text(&made, "/secret")?.to_owned())
}

async fn count(collector: &Collector) -> Result<Value> {
    let (status, run) = muster_e2e::http::answer(collector.http().request(Method::POST, "/api/v1/compliance/runs")).await?;
    anyhow::ensure!(status.is_success(), "{status}: {run:#}");
    Ok(run)
}

async fn notices(collector: &Collector) -> Result<Vec<Value>> {
    scene::items(collector.http(), "/api/v1/notifications").await
}

/// The words of the events, oldest first.
async fn events(collector: &Collector) -> Result<Vec<String>> {
    notices(collector).await?.iter().rev().map(|notice| Ok(text(notice, "/event")?.to_owned())).collect()
}

/// Waits for the newest notice of an event whose messages have arrived.
async fn told(collector: &Collector, event: &str) -> Result<Value> {
    let mut last = Vec::new();
    let what = format!("{event}, told");
    let found = wait::until(&what, async || {
        last = notices(collector).await?;
        let newest = last.iter().find(|notice| text(notice, "/event").is_ok_and(|found| found == event));
        Ok(newest.filter(|notice| text(notice, "/state").is_ok_and(|state| state == "sent")).cloned())
    });
    let found = found.await;
    found.map_err(|error| error.context(format!("what was told: {last:#?}")))
}

/// The text of the alert that stands about messages, if there is one.
fn alert(status: &Value) -> Option<String> {
    let alerts = list(status, "/alerts").ok()?;
    let texts = alerts.iter().filter_map(|alert| text(alert, "/text").ok());
    texts.into_iter().find(|text| text.contains("muster-collector notify test")).map(str::to_owned)
}

#[tokio::test]
async fn a_count_over_the_limit_is_mailed_and_posted_once() -> Result<()> {
    let (site, postbox, hook) = (Site::new()?, Postbox::open().await?, Hook::open().await?);
    let collector =
        scene::licensed(&site, mailing(&site, &postbox).env("MUSTER_ADMIN_URL", "https://muster.example.com/"), 1).await?;
    set(&collector, json!({"notify_mail_to": [TO, "boss@example.com"], "webhook_networks": "127.0.0.1"})).await?;
    let secret = webhook(&collector, &hook.url("/hook"), &[]).await?;
    let deaf = Hook::open().await?;
    webhook(&collector, &deaf.url("/"), &["disabled"]).await?;

    scene::asset(&collector, "P1000001").await?;
    let over = scene::asset(&collector, "P1000002").await?;
    count(&collector).await?;
    let notice = told(&collector, "over_limit").await?;
    assert_eq!(number(&notice, "/facts/over_by")?, 1, "{notice:#}");
    let mails = postbox.wait(2).await?;
    let mut receivers: Vec<&str> = mails.iter().flat_map(|mail| mail.to.iter().map(String::as_str)).collect();
    receivers.sort_unstable();
    assert_eq!(receivers, ["boss@example.com", TO]);
    let mail = mails.iter().find(|mail| mail.to == [TO]).context("the mail")?;
    let ends = text(&notice, "/facts/grace_ends_on")?;
    assert_eq!(mail.header("Subject").as_deref(), Some("[muster] 1 asset over the licence limit"), "{}", mail.raw);
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    let id = text(&notice, "/deliveries/0/id")?;
    assert!(mails.iter().any(|mail| mail.header("Message-ID").is_some_and(|found| found.contains(id))), "{id}");
    let words = mail.text();
    for part in [
        "2 assets were counted, the licence covers 1",
        ends,
        "(60 days left)",
        "What to do:",
        "https://muster.example.com/status",
        "Example AG",
        "<h1",
    ] {
        assert!(words.contains(part), "{part:?} is not in\n{words}");
    }

    let posted = hook.wait(1).await?;
    let [post] = posted.as_slice() else { anyhow::bail!("one post expected: {posted:#?}") };
    post.verify(&secret, SystemClock.now().timestamp())?;
    let body = post.json()?;
    assert_eq!((text(&body, "/type")?, text(&body, "/id")?), ("over_limit", post.header("webhook-id")), "{body:#}");
    assert_eq!((number(&body, "/data/over_by")?, text(&body, "/url")?), (1, "https://muster.example.com/status"));
    assert_eq!(deaf.posted().len(), 0, "it takes another event");

    // Neither the next count nor a restart tells it again; what comes then is told, too.
    count(&collector).await?;
    let (ended, launch) = collector.stop().await?;
    assert!(ended.success(), "{ended}");
    let collector = launch.start().await?;
    count(&collector).await?;
    let id = text(&over, "/id")?;
    let (status, answer) =
        collector.http().send(Method::PATCH, &format!("/api/v1/assets/{id}"), &json!({"install_status": 7})).await?;
    assert!(status.is_success(), "{answer:#}");
    count(&collector).await?;
    told(&collector, "within_limit").await?;
    assert_eq!(events(&collector).await?, ["over_limit", "within_limit", "near_limit"]);
    let status = scene::status(&collector).await?;
    assert!(text(&status, "/notifications/last_sent_at")?.parse::<DateTime<Utc>>().is_ok(), "{status:#}");
    assert_eq!(status.pointer("/notifications/last_failed_at"), Some(&Value::Null));

    // As people see it.
    let list = site.admin(collector.http(), &["notify", "list", "--output", "table"]).await?.expect(0)?;
    assert!(list.stdout.contains("1 asset over the licence limit") && list.stdout.contains("Sent"), "{}", list.stdout);
    let page = collector.http().request(Method::GET, "/notifications").header("accept", "text/html").send().await?.text().await?;
    for part in ["1 asset over the licence limit", TO, "127.0.0.1"] {
        assert!(page.contains(part), "{part:?} is not on the page:\n{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_with_the_same_id() -> Result<()> {
    let (site, hook) = (Site::new()?, Hook::open().await?);
    let collector = scene::licensed(&site, site.collector(), 5).await?;
    set(&collector, json!({"webhook_networks": "127.0.0.1"})).await?;
    let secret = webhook(&collector, &hook.url("/hook"), &[]).await?;
    hook.answer([Answer::Status(500), Answer::Status(500)]);
    let test = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    let told: Value = serde_json::from_str(&test.stdout)?;
    assert_eq!(text(&told, "/deliveries/0/error")?, "the receiver answered 500", "{told:#}");
    let failing = scene::status(&collector).await?;
    assert!(alert(&failing).is_some_and(|alert| alert.contains("the receiver answered 500")), "{failing:#}");
    assert_eq!(text(&failing, "/notifications/last_error")?, "the receiver answered 500");

    let posted = hook.wait(3).await?;
    assert_eq!(posted.iter().map(|post| post.answered).collect::<Vec<_>>(), [500, 500, 204]);
    for post in &posted {
        post.verify(&secret, SystemClock.now().timestamp())?;
        assert_eq!((post.header("webhook-id"), &post.body), (posted[0].header("webhook-id"), &posted[0].body));
    }
    let status = wait::status(&collector, "no alert", |status| alert(status).is_none()).await?;
    assert_eq!(number(&status, "/notifications/waiting")?, 0);
    let notice = notices(&collector).await?.remove(0);
    assert_eq!((number(&notice, "/deliveries/0/attempts")?, text(&notice, "/state")?), (3, "sent"), "{notice:#}");
    site.admin(collector.http(), &["notify", "test"]).await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn a_kill_loses_no_message_and_tells_nothing_twice() -> Result<()> {
    let (site, postbox, hook) = (Site::new()?, Postbox::open().await?, Hook::open().await?);
    let collector = scene::licensed(&site, mailing(&site, &postbox), 1).await?;
    set(&collector, json!({"notify_mail_to": TO, "webhook_networks": "127.0.0.1", "notify_events": "over_limit"})).await?;
    let secret = webhook(&collector, &hook.url("/hook"), &["over_limit"]).await?;
    for tag in ["P1000001", "P1000002"] {
        scene::asset(&collector, tag).await?;
    }
    // Once right after the count was answered, once in the middle of a post.
    hook.answer([Answer::Silence]);
    postbox.refuse(1);
    count(&collector).await?;
    let collector = collector.kill().await?.start().await?;
    hook.wait(1).await?;
    let collector = collector.kill().await?.start().await?;
    let posted = wait::until("the post that was taken", async || {
        let posted = hook.posted();
        Ok(posted.last().is_some_and(|post| post.answered == 204).then_some(posted))
    });
    let posted = posted.await?;
    for post in &posted {
        post.verify(&secret, SystemClock.now().timestamp())?;
        assert_eq!(post.header("webhook-id"), posted[0].header("webhook-id"), "a receiver can tell duplicates");
    }
    told(&collector, "over_limit").await?;
    let mails = postbox.wait(1).await?;
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 1, "{mails:#?}");
    assert_eq!(events(&collector).await?, ["over_limit"]);
    Ok(())
}

#[tokio::test]
async fn a_webhook_leads_to_no_private_address_unless_its_network_is_named() -> Result<()> {
    let (site, hook, other) = (Site::new()?, Hook::open().await?, Hook::open().await?);
    let collector = scene::licensed(&site, site.collector(), 5).await?;
    let ask = async |url: &str| collector.http().send(Method::POST, "/api/v1/webhooks", &json!({"url": url})).await;
    let port = hook.port();
    for url in [
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        "https://169.254.169.254/".to_owned(),
        "https://10.0.0.1/".to_owned(),
    ] {
        let (status, problem) = ask(&url).await?;
        assert_eq!(status, 422, "{url}: {problem:#}");
        assert!(text(&problem, "/detail")?.contains("is not a public address"), "{problem:#}");
    }
    // What a name leads to is known only when it is looked up.
    let (status, made) = ask(&format!("https://localhost:{port}/")).await?;
    assert_eq!(status, 201, "{made:#}");
    let test = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    assert!(test.stdout.contains("is not a public address"), "{}", test.stdout);
    let id = text(&made, "/id")?;
    site.admin(collector.http(), &["notify", "webhook", "delete", id]).await?.expect(0)?;

    set(&collector, json!({"webhook_networks": "127.0.0.0/8"})).await?;
    let create = ["notify", "webhook", "create", &hook.url("/first"), "--name", "First", "--events", "disabled,enabled"];
    let made = site.admin(collector.http(), &create).await?.json()?;
    assert_eq!(
        (text(&made, "/name")?, made["events"].to_string()),
        ("First", r#"["disabled","enabled"]"#.to_owned()),
        "{made:#}"
    );
    let other_name = ["notify", "webhook", "set", text(&made, "/id")?, "--name", "Second", "--events", "", "--new-secret"];
    let changed = site.admin(collector.http(), &other_name).await?.json()?;
    assert!(text(&changed, "/secret")? != text(&made, "/secret")? && list(&changed, "/events")?.is_empty(), "{changed:#}");
    hook.answer([Answer::Redirect(other.url("/second"))]);
    let test = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    assert!(test.stdout.contains("answered 302") && test.stdout.contains("redirects are not followed"), "{}", test.stdout);
    assert_eq!((hook.posted().len(), other.posted().len()), (1, 0));

    // A network that is no longer named is closed at once.
    set(&collector, json!({"webhook_networks": null})).await?;
    let test = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    assert!(test.stdout.contains("is not a public address"), "{}", test.stdout);
    assert!(!test.stdout.contains("/first") && !collector.log().contains("/first"), "a path can be a secret");
    Ok(())
}

#[tokio::test]
async fn mail_goes_over_starttls_with_a_password_from_a_file() -> Result<()> {
    let site = Site::new()?;
    let postbox = Postbox::guarded("muster", "s3cret", &site.path("mail-ca.pem")).await?;
    let put = |name: &str, text: &str| files::put(&site.path(name), text.as_bytes());
    put("password", "wrong\n")?;
    let path = |name: &str| site.path(name).display().to_string();
    let (port, password, ca) = (postbox.port().to_string(), path("password"), path("mail-ca.pem"));
    let with = |ca: Option<&str>| {
        let mail = [
            ("SERVER", "localhost"),
            ("PORT", &port),
            ("FROM", "muster@example.com"),
            ("USER", "muster"),
            ("PASSWORD_FILE", &password),
        ];
        let mail = mail.into_iter().chain(ca.map(|ca| ("CA_FILE", ca)));
        mail.fold(site.collector(), |launch, (name, value)| launch.env(&format!("MUSTER_MAIL_{name}"), value))
    };
    let collector = scene::licensed(&site, with(Some(&ca)), 5).await?;
    let nobody = site.admin(collector.http(), &["notify", "test"]).await?;
    assert!(nobody.code != Some(0) && nobody.stderr.contains("nobody would be told"), "{}", nobody.stderr);
    set(&collector, json!({"notify_mail_to": TO})).await?;
    let refused = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    assert!(refused.stdout.contains("authentication failed") && !refused.stdout.contains("wrong"), "{}", refused.stdout);
    assert!(alert(&scene::status(&collector).await?).is_some_and(|alert| alert.contains("authentication failed")));
    // The file is read anew for each message.
    put("password", "s3cret\n")?;
    site.admin(collector.http(), &["notify", "test"]).await?.expect(0)?;
    let mails = postbox.wait(1).await?;
    assert!(mails.iter().all(|mail| mail.tls && mail.user.as_deref() == Some("muster")), "{mails:#?}");
    assert!(!collector.log().contains("s3cret") && !collector.log().contains(TO), "{}", collector.log());

    // A server whose certificate nobody vouches for is given nothing.
    let (_, launch) = collector.stop().await?;
    let collector = launch.env("MUSTER_MAIL_CA_FILE", "").start().await?;
    let before = postbox.mails().len();
    let refused = site.admin(collector.http(), &["notify", "test", "--output", "json"]).await?.expect(1)?;
    assert!(refused.stdout.contains("certificate"), "{}", refused.stdout);
    assert_eq!(postbox.mails().len(), before);
    Ok(())
}

#[tokio::test]
async fn denials_that_add_up_are_told_once_a_day() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 5).await?;
    set(&collector, json!({"notify_denials": 2})).await?;
    let cad = json!({"floating_limit": 0, "at_limit": "refuse"});
    let (status, answer) = collector.http().send(Method::PUT, "/api/v1/applications/CAD", &cad).await?;
    assert!(status.is_success(), "{answer:#}");
    for user in ["alice", "bob", "carol"] {
        let wish = json!({"application": "CAD", "user": user, "client_ip": "10.0.0.1", "client": "rest"});
        let (status, answer) = collector.http().send(Method::POST, "/api/v1/checkouts", &wish).await?;
        assert_eq!(status, 409, "{answer:#}");
    }
    // The site is looked at right after a start.
    let (_, launch) = collector.stop().await?;
    let collector = launch.start().await?;
    let notice = wait::until("the denials", async || Ok(notices(&collector).await?.pop())).await?;
    assert_eq!((text(&notice, "/title")?, text(&notice, "/state")?), ("CAD: 3 requests denied", "nobody"), "{notice:#}");
    let collector = collector.kill().await?.start().await?;
    count(&collector).await?;
    assert_eq!(events(&collector).await?, ["pool_denials"]);
    Ok(())
}

/// Starts a collector whose clock shows this time of this day after today, in UTC.
async fn on_day(launch: Launch, days: i64, time: &str) -> Result<Collector> {
    let day = SystemClock.now().date_naive() + TimeDelta::days(days + 1);
    let at = day.and_time(time.parse::<NaiveTime>()?).and_utc();
    launch.clock(Some(Faketime::shifted(at - SystemClock.now())?)).start().await
}

#[tokio::test]
async fn each_threshold_of_a_grace_and_what_follows_is_told_once() -> Result<()> {
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let launch = site.collector().env("MUSTER_TIME_ZONE", "UTC").env("MUSTER_NIGHTLY_AT", "02:00");
    let collector = on_day(launch, 0, "12:00:00").await?;
    scene::license(&site, &collector, 1).await?;
    for tag in ["P1000001", "P1000002"] {
        scene::asset(&collector, tag).await?;
    }
    count(&collector).await?;
    let mut launch = Some(collector);
    for (days, expected) in [(0, 1), (30, 2), (31, 2), (46, 3), (53, 4), (59, 5), (60, 6)] {
        let (_, again) = launch.take().context("the collector")?.stop().await?;
        let collector = on_day(again, days, "12:30:00").await?;
        let what = format!("what day {days} tells");
        let found = wait::until(&what, async || {
            let found = events(&collector).await?;
            Ok((found.len() >= expected && nights(&collector).await? > 0).then_some(found))
        });
        let found = found.await?;
        let graces = found.iter().filter(|event| *event == "grace_ending").count();
        assert_eq!((found.len(), graces), (expected, expected.saturating_sub(1).min(4)), "day {days}: {found:?}");
        launch = Some(collector);
    }
    let collector = launch.context("the collector")?;
    let all = notices(&collector).await?;
    let left: Vec<i64> = all
        .iter()
        .rev()
        .filter(|notice| notice["event"] == "grace_ending")
        .map(|notice| number(notice, "/facts/days_left"))
        .collect::<Result<_>>()?;
    assert_eq!(left, [30, 14, 7, 1]);
    assert_eq!((text(&all[0], "/event")?, text(&all[0], "/urgency")?), ("disabled", "critical"));
    scene::license(&site, &collector, 9).await?;
    let found =
        wait::until("that it runs again", async || Ok(Some(events(&collector).await?).filter(|found| found.len() > 6))).await?;
    assert_eq!(found.last().map(String::as_str), Some("enabled"), "{found:?}");
    Ok(())
}

async fn nights(collector: &Collector) -> Result<usize> {
    let today = scene::status(collector).await?;
    let today = text(&today, "/now")?.get(..10).context("a date")?.to_owned();
    let runs = scene::items(collector.http(), "/api/v1/compliance/runs").await?;
    Ok(runs.iter().filter(|run| run["kind"] == "nightly" && run["site_date"] == json!(today)).count())
}

#[tokio::test]
async fn a_digest_is_one_mail_a_day_and_what_is_critical_does_not_wait_for_it() -> Result<()> {
    let (site, postbox) = (Site::new()?, Postbox::open().await?);
    site.keygen().await?;
    site.init().await?;
    let launch = mailing(&site, &postbox).env("MUSTER_TIME_ZONE", "UTC").env("MUSTER_NIGHTLY_AT", "23:00");
    let collector = on_day(launch, 0, "12:00:00").await?;
    set(&collector, json!({"notify_mail_to": TO, "notify_digest": "daily", "notify_digest_hour": 7})).await?;
    scene::license(&site, &collector, 2).await?;
    for tag in ["P1000001", "P1000002"] {
        scene::asset(&collector, tag).await?;
    }
    count(&collector).await?;
    scene::asset(&collector, "P1000003").await?;
    count(&collector).await?;
    let waiting = wait::status(&collector, "a message that waits", |status| {
        number(status, "/notifications/waiting").is_ok_and(|waiting| waiting > 0)
    })
    .await?;
    assert_eq!(number(&waiting, "/notifications/waiting")?, 1, "one for both");
    let gathered = wait::until("both", async || Ok(Some(notices(&collector).await?).filter(|found| found.len() == 2))).await?;
    assert_eq!(text(&gathered[0], "/deliveries/0/id")?, text(&gathered[1], "/deliveries/0/id")?);
    // A test does not wait.
    site.admin(collector.http(), &["notify", "test"]).await?.expect(0)?;
    assert_eq!(postbox.wait(1).await?.len(), 1);

    let (_, launch) = collector.stop().await?;
    let collector = on_day(launch, 1, "06:59:58").await?;
    let mails = postbox.wait(2).await?;
    let [_, digest] = mails.as_slice() else { anyhow::bail!("two mails expected: {mails:#?}") };
    let words = digest.text();
    assert!(
        digest
            .header("Subject")
            .is_some_and(|subject| subject.starts_with("[muster] 2 events: 2 of 2 assets: near the licence limit; 1 asset over")),
        "{}",
        digest.raw
    );
    for part in ["2 events:", "2 of 2 assets: near the licence limit", "3 assets were counted, the licence covers 2"] {
        assert!(words.contains(part), "{part:?} is not in\n{words}");
    }
    let status = wait::status(&collector, "nothing that waits", |status| {
        number(status, "/notifications/waiting").is_ok_and(|waiting| waiting == 0)
    })
    .await?;
    assert!(alert(&status).is_none(), "{status:#}");
    Ok(())
}

#[tokio::test]
async fn a_copied_agent_and_one_that_stays_silent_are_told() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 9).await?;
    let token = scene::join_token(&site, &collector).await?;
    let mut peer = Peer::enroll(&collector.agents_url(), &token, Machine::named("ws-17")).await?;
    let mut copy = peer.clone();
    let user = |name: &str| vec![session("1", name, "10.0.0.1", DateTime::UNIX_EPOCH)];
    let first = peer.next(user("alice"));
    assert_eq!(peer.report(&first).await?.0, 200);
    let other = copy.next(user("eve"));
    assert_eq!(copy.report(&other).await?.0, 409);
    peer.epoch = 2;
    let fresh = peer.next(user("alice"));
    assert_eq!(peer.report(&fresh).await?.0, 200);
    let late = copy.next(user("eve"));
    assert_eq!(copy.report(&late).await?.0, 403);
    let notice = wait::until("the copy", async || Ok(notices(&collector).await?.pop())).await?;
    assert_eq!(
        (text(&notice, "/event")?, text(&notice, "/title")?),
        ("clone_found", "ws-17: the agent was copied"),
        "{notice:#}"
    );
    site.admin(collector.http(), &["agent", "resolve", &peer.id()]).await?.expect(0)?;

    // Four days later; agents are given the time to report before anybody is told of their silence.
    let (_, launch) = collector.stop().await?;
    let soon = [("AGENTS_REPORT_INTERVAL", "5s"), ("AGENTS_SILENT_AFTER", "6s")];
    let launch = soon.into_iter().fold(launch, |launch, (name, value)| launch.env(&format!("MUSTER_{name}"), value));
    let collector = on_day(launch, 3, "12:00:00").await?;
    let silent = wait::until("the silence", async || {
        Ok(notices(&collector).await?.into_iter().find(|notice| notice["event"] == "agents_silent"))
    });
    let silent = silent.await?;
    assert_eq!((text(&silent, "/title")?, number(&silent, "/facts/count")?), ("ws-17 is silent", 1), "{silent:#}");
    Ok(())
}

#[tokio::test]
async fn each_threshold_of_a_contract_that_ends_is_told_once() -> Result<()> {
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let launch = site.collector().env("MUSTER_TIME_ZONE", "UTC");
    let collector = on_day(launch, 0, "12:00:00").await?;
    scene::license(&site, &collector, 5).await?;
    let last_day = SystemClock.now().date_naive() + TimeDelta::days(11);
    for (number, state) in [("C-1", "Active"), ("C-2", "Cancelled")] {
        let contract = json!({"number": number, "short_description": "Paint", "ends": last_day, "state": state});
        let (status, answer) = collector.http().send(Method::POST, "/api/v1/contracts", &contract).await?;
        assert_eq!(status, 201, "{answer:#}");
    }
    // It is looked ahead right after a start.
    let mut launch = collector.stop().await?.1;
    for (days, titles) in [
        (1, vec!["Contract C-1 (Paint) ends in 9 days"]),
        (2, vec!["Contract C-1 (Paint) ends in 9 days"]),
        (4, vec!["Contract C-1 (Paint) ends in 9 days", "Contract C-1 (Paint) ends in 6 days"]),
    ] {
        let collector = on_day(launch, days, "12:00:00").await?;
        let found = wait::until("the end of the contract", async || {
            let found = notices(&collector).await?;
            Ok((found.len() >= titles.len()).then_some(found))
        });
        let found = found.await?;
        let found: Vec<&str> = found.iter().rev().map(|notice| text(notice, "/title")).collect::<Result<_>>()?;
        assert_eq!(found, titles, "day {days}");
        launch = collector.stop().await?.1;
    }
    Ok(())
}
