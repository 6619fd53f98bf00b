//! Messages that days bring: thresholds of a grace and of a contract, the digest, agents that stay silent. In: the real binaries with
//! their clocks moved. Out: what was told, once each.

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveTime, TimeDelta};
use muster_e2e::collector::{Collector, Launch};
use muster_e2e::faketime::Faketime;
use muster_e2e::json::{number, text};
use muster_e2e::notices::{TO, alert, count, events, mailing, notices, set};
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::postbox::Postbox;
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::json;

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

    // A day later it still reports what it did, which is known after a restart, too.
    let mut launch = collector.stop().await?.1;
    let soon = [("AGENTS_REPORT_INTERVAL", "5s"), ("AGENTS_SILENT_AFTER", "6s")];
    launch = soon.into_iter().fold(launch, |launch, (name, value)| launch.env(&format!("MUSTER_{name}"), value));
    let collector = on_day(launch, 1, "12:00:00").await?;
    let same = peer.next(user("alice"));
    peer.deliver(same).await?;
    let heard = format!("last heard {} ", (SystemClock.now().date_naive() + TimeDelta::days(2)).format("%Y-%m-%d"));

    // Four days later; agents are given the time to report before anybody is told of their silence.
    let launch = collector.stop().await?.1;
    let collector = on_day(launch, 5, "12:00:00").await?;
    let silent = wait::until("the silence", async || {
        Ok(notices(&collector).await?.into_iter().find(|notice| notice["event"] == "agents_silent"))
    });
    let silent = silent.await?;
    assert_eq!((text(&silent, "/title")?, number(&silent, "/facts/count")?), ("ws-17 is silent", 1), "{silent:#}");
    assert!(text(&silent, "/text")?.contains(&heard), "{heard}: {silent:#}");
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
