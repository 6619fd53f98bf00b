//! Who is counted: logins from utmp files and from logind, over restarts, silence, idleness and logouts. In: the real
//! binaries, and simulated agents where a session must say what no file can. Out: seats in use and the day's peaks.

use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use muster_e2e::agent::{Agent, dump_time, login};
use muster_e2e::collector::Collector;
use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::logind::Logind;
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::session::Session;
use serde_json::{Value, json};

const LOGIN: &str = "Workstation login";
const ALICE: (&str, &str, &str) = ("alice", "pts/0", "10.0.0.11");

fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    SystemClock.now() - TimeDelta::minutes(minutes)
}

/// A utmp file with these logins (user, terminal, host), all since the same time.
fn logins(who: &[(&str, &str, &str)], since: DateTime<Utc>) -> String {
    (4711..).zip(who).map(|(pid, (user, tty, host))| login(pid, user, tty, host, &dump_time(since))).collect()
}

fn in_use(status: &Value) -> Result<i64> {
    number(scene::application(status, LOGIN)?, "/floating_in_use")
}

async fn wait_for(collector: &Collector, seats: i64) -> Result<Value> {
    wait::status(collector, &format!("{seats} seats in use"), |status| in_use(status).is_ok_and(|used| used == seats)).await
}

async fn peak(collector: &Collector) -> Result<i64> {
    number(scene::application(&scene::status(collector).await?, LOGIN)?, "/peak_today")
}

/// Replaces the sessions of an agent that does not run, and delivers them.
async fn report(agent: &Agent<'_>, who: &[(&str, &str, &str)], since: DateTime<Utc>) -> Result<()> {
    agent.sessions(&logins(who, since)).await?;
    agent.once().await?.expect(0).map(drop)
}

#[tokio::test]
async fn one_user_from_two_addresses_is_two_and_on_three_terminals_one() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 10).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    for (who, seats) in [
        (vec![ALICE, ("alice", "pts/1", "10.0.0.12")], 2),
        (vec![ALICE, ("alice", "pts/1", "10.0.0.11"), ("alice", "pts/2", "10.0.0.11")], 1),
        // Two ways to write one address.
        (vec![ALICE, ("alice", "pts/1", "::ffff:10.0.0.11")], 1),
        (vec![], 0),
    ] {
        report(&agent, &who, minutes_ago(5)).await?;
        let status = scene::status(&collector).await?;
        assert_eq!((in_use(&status)?, number(&status, "/sessions/active")?), (seats, i64::try_from(who.len())?), "{who:?}");
    }
    let usage = site.admin(collector.http(), &["usage", "show", "--application", LOGIN]).await?.json()?;
    let total = find(&usage, today(&usage), "kind", "total")?;
    assert_eq!(number(total, "/peak")?, 2);
    let status = scene::status(&collector).await?;
    let (now, peak_at) = (text(&status, "/now")?.parse::<DateTime<Utc>>()?, text(total, "/peak_at")?.parse::<DateTime<Utc>>()?);
    assert!(peak_at <= now && now - peak_at < TimeDelta::minutes(10), "{peak_at} {now}");
    assert_eq!(list(total, "/holders")?.len(), 2);
    report(&agent, &[ALICE, ("bob", "pts/2", "10.0.0.11")], minutes_ago(0)).await?;
    assert_eq!(in_use(&scene::status(&collector).await?)?, 2, "two users at one address");
    Ok(())
}

/// Where the items of a printed list are.
fn today(printed: &Value) -> &'static str {
    if printed.is_array() { "" } else { "/items" }
}

#[tokio::test]
async fn a_login_shows_within_seconds_and_one_between_two_reports_is_in_the_peak() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 10).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    let running = agent.start_with(&[("MUSTER_LOG", "debug")])?;
    // Alice may be there already when the agent looks for the first time, so what was logged before is not counted.
    let change = async |now: &[(&str, &str, &str)], since: DateTime<Utc>| {
        let line = format!("somebody came or went sessions={}", now.len());
        let before = running.log().matches(&line).count();
        agent.sessions(&logins(now, since)).await?;
        wait::until(&line, async || Ok((running.log().matches(&line).count() > before).then_some(()))).await
    };
    let made = wait::until("the first look", async || {
        let status = agent.status().await?;
        Ok((at(&status, "/running")? == &Value::Bool(true)).then_some(number(&status, "/next_seq")?).filter(|seq| *seq > 1))
    });
    made.await?;

    let before = SystemClock.boottime();
    agent.sessions(&logins(&[ALICE], minutes_ago(0))).await?;
    wait_for(&collector, 1).await?;
    let reported = SystemClock.boottime();
    let took = reported - before;
    // 5 s are promised; a machine that runs every other test beside this one gets some more.
    assert!(took < Duration::from_secs(12), "{took:?}");

    // The next change is not reported before 10 s are over: until then two come and go, and no report lists them as live.
    let agents = scene::items(collector.http(), "/api/v1/agents").await?;
    let seq = number(&json!(agents), "/0/seq")?;
    let short = [ALICE, ("bob", "pts/1", "10.0.0.12"), ("carol", "pts/2", "10.0.0.13")];
    let started = minutes_ago(2);
    change(&short, started).await?;
    change(&[ALICE], started).await?;
    let between = SystemClock.boottime() - reported;
    let status = wait::status(&collector, "the peak", |status| {
        scene::application(status, LOGIN).and_then(|login| number(login, "/peak_today")).is_ok_and(|peak| peak == 3)
    });
    assert_eq!(in_use(&status.await?)?, 1);
    let agents = scene::items(collector.http(), "/api/v1/agents").await?;
    // Where the machine was quick enough, one report told of logins and logouts.
    assert!(between > Duration::from_secs(7) || number(&json!(agents), "/0/seq")? == seq + 1, "{between:?}");
    let usage = json!({ "items": scene::items(collector.http(), "/api/v1/usage").await? });
    let total = find(&usage, "/items", "kind", "total")?;
    for user in ["alice", "bob", "carol"] {
        find(total, "/holders", "user", user)?;
    }
    Ok(())
}

#[tokio::test]
async fn logind_counts_the_same_and_a_logout_ends_it() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 10).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    let logind = Logind::start().await?;
    logind.login("c1", "alice", "pts/0", "10.0.0.11", minutes_ago(5)).await?;
    logind.login("c2", "alice", "pts/1", "10.0.0.12", minutes_ago(4)).await?;
    logind.login("c3", "alice", "pts/2", "10.0.0.11", minutes_ago(3)).await?;
    let env = [("DBUS_SYSTEM_BUS_ADDRESS", logind.address()), ("MUSTER_SESSIONS_SOURCE", "logind")];
    let _running = agent.start_with(&env)?;
    let three = |status: &Value| number(status, "/sessions/active").is_ok_and(|active| active == 3);
    assert_eq!(in_use(&wait::status(&collector, "three sessions", three).await?)?, 2);
    logind.logout("c2").await?;
    logind.login("c4", "alice", "pts/3", "10.0.0.11", minutes_ago(1)).await?;
    wait_for(&collector, 1).await?;
    // Same user, same address, three terminals.
    let status = wait::status(&collector, "three sessions again", three).await?;
    assert_eq!(in_use(&status)?, 1);
    assert_eq!(peak(&collector).await?, 2);
    Ok(())
}

#[tokio::test]
async fn nobody_s_session_ends_with_the_collector() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 10).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    report(&agent, &[ALICE, ("bob", "pts/1", "10.0.0.12")], minutes_ago(5)).await?;
    let ids = async |collector: &Collector| -> Result<Vec<(String, String)>> {
        let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
        sessions.iter().map(|one| Ok((text(one, "/id")?.to_owned(), text(one, "/started_at")?.to_owned()))).collect()
    };
    let before = ids(&collector).await?;
    assert_eq!(before.len(), 2);
    let (ended, launch) = collector.stop().await?;
    assert!(ended.success(), "{ended}");
    let collector = launch.start().await?;
    assert_eq!((ids(&collector).await?, in_use(&scene::status(&collector).await?)?), (before.clone(), 2));
    let collector = collector.kill().await?.start().await?;
    assert_eq!((ids(&collector).await?, in_use(&scene::status(&collector).await?)?), (before, 2));
    assert_eq!(peak(&collector).await?, 2, "the peak is not lost either");
    // What it did not see it learns from the next report.
    report(&agent, &[ALICE], minutes_ago(5)).await?;
    assert_eq!(in_use(&scene::status(&collector).await?)?, 1);
    Ok(())
}

#[tokio::test]
async fn silence_ends_sessions_for_as_long_as_it_lasts() -> Result<()> {
    let site = Site::new()?;
    let launch = site.collector().env("MUSTER_AGENTS_REPORT_INTERVAL", "5s").env("MUSTER_AGENTS_SILENT_AFTER", "6s");
    let collector = scene::licensed(&site, launch, 10).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    report(&agent, &[ALICE], minutes_ago(5)).await?;
    assert_eq!(in_use(&scene::status(&collector).await?)?, 1);
    wait_for(&collector, 0).await?;
    let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
    assert_eq!(text(&json!(sessions), "/0/ended_reason")?, "silent");
    assert_eq!(number(&scene::status(&collector).await?, "/agents/online")?, 0);
    agent.once().await?.expect(0)?;
    let status = scene::status(&collector).await?;
    assert_eq!((in_use(&status)?, number(&status, "/agents/online")?), (1, 1));
    assert_eq!(number(scene::application(&status, LOGIN)?, "/peak_today")?, 1, "not a second one");
    Ok(())
}

/// A simulated agent that has sent its hardware.
async fn peer(site: &Site, collector: &Collector, name: &str) -> Result<Peer> {
    let token = scene::join_token(site, collector).await?;
    Peer::enroll(&collector.agents_url(), &token, Machine::named(name)).await
}

async fn send(peer: &mut Peer, sessions: Vec<Session>) -> Result<()> {
    let report = peer.next(sessions);
    let (status, answer) = peer.report(&report).await?;
    assert_eq!(status.as_u16(), 200, "{answer:#}");
    Ok(())
}

#[tokio::test]
async fn idleness_tracking_named_seats_and_administrators() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 10).await?;
    let admin = async |args: &[&str]| site.admin(collector.http(), args).await?.expect(0);
    admin(&["application", "set", "Service Desk", "--used-by-login", "true", "--idle-timeout-seconds", "60"]).await?;
    let mut peer = peer(&site, &collector, "ws-17").await?;
    let seats = async |name: &str, kind: &str| {
        number(scene::application(&scene::status(&collector).await?, name)?, &format!("/{kind}_in_use"))
    };
    let since = minutes_ago(5);
    let idle = |seconds: Option<u64>| vec![Session { idle_seconds: seconds, ..session("1", "alice", "10.0.0.11", since) }];

    send(&mut peer, idle(Some(10))).await?;
    assert_eq!((seats("Service Desk", "floating").await?, seats(LOGIN, "floating").await?), (1, 1));
    send(&mut peer, idle(Some(100))).await?;
    wait::until("the idle seat", async || Ok((seats("Service Desk", "floating").await? == 0).then_some(()))).await?;
    assert_eq!(seats(LOGIN, "floating").await?, 1, "only the application with a timeout lets go");
    send(&mut peer, idle(None)).await?;
    assert_eq!(seats("Service Desk", "floating").await?, 0, "idleness that is not known revives nothing");
    send(&mut peer, idle(Some(1))).await?;
    wait::until("the seat again", async || Ok((seats("Service Desk", "floating").await? == 1).then_some(()))).await?;

    admin(&["application", "set", "Service Desk", "--tracking", "false"]).await?;
    assert_eq!((seats("Service Desk", "floating").await?, seats(LOGIN, "floating").await?), (0, 1));
    admin(&["application", "set", "Service Desk", "--tracking", "true"]).await?;
    assert_eq!(seats("Service Desk", "floating").await?, 1);

    admin(&["application", "set", LOGIN, "--named-limit", "1", "--named-user", "alice"]).await?;
    let two = vec![session("1", "alice", "10.0.0.11", since), session("2", "alice", "10.0.0.12", since + TimeDelta::seconds(1))];
    send(&mut peer, two.clone()).await?;
    assert_eq!((seats(LOGIN, "named").await?, seats(LOGIN, "floating").await?), (1, 1));
    let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
    let kind = |index: usize| -> Result<&str> {
        let session = sessions.get(index).unwrap_or(&Value::Null);
        text(find(session, "/holds", "application", LOGIN)?, "/kind")
    };
    assert_eq!((kind(0)?, kind(1)?), ("named", "floating"), "the first workstation takes the named seat");

    let id = text(sessions.get(1).unwrap_or(&Value::Null), "/id")?;
    admin(&["session", "end", id]).await?;
    assert_eq!((seats(LOGIN, "named").await?, seats(LOGIN, "floating").await?), (1, 0));
    send(&mut peer, two).await?;
    assert_eq!(seats(LOGIN, "floating").await?, 0, "it stays ended while its agent lists it");
    let left = scene::items(collector.http(), "/api/v1/sessions").await?;
    assert_eq!(text(left.get(1).unwrap_or(&Value::Null), "/ended_reason")?, "administrator");
    send(&mut peer, Vec::new()).await?;
    assert_eq!(scene::items(collector.http(), "/api/v1/sessions").await?.len(), 0);
    let usage = json!({ "items": scene::items(collector.http(), "/api/v1/usage").await? });
    let of_login = |kind: &'static str| -> Result<i64> {
        let items = list(&usage, "/items")?.iter();
        let found = items
            .filter(|one| text(one, "/application").is_ok_and(|name| name == LOGIN))
            .find(|one| text(one, "/kind").is_ok_and(|k| k == kind));
        number(found.unwrap_or(&Value::Null), "/peak")
    };
    assert_eq!((of_login("total")?, of_login("named")?, of_login("floating")?), (2, 1, 1));
    Ok(())
}
