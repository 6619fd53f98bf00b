//! Messages to administrators: what happens is mailed and posted once, signed, tried again, and not lost by a kill.
//! In: the real binaries, a mail server and a receiver of webhooks on loopback. Out: what arrived there, and what the
//! collector says of it.

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use muster_e2e::files;
use muster_e2e::hook::{Answer, Hook};
use muster_e2e::json::{list, number, text};
use muster_e2e::notices::{TO, alert, count, events, mailing, notices, set, told, webhook};
use muster_e2e::postbox::Postbox;
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

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
