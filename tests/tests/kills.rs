//! kill -9 in a loop under load. In: agents that report, a collector or an agent that is killed again and again. Out: every
//! report that was answered 200 is there, none counts twice, and what was spooled arrives in order.
//!
//! `MUSTER_KILLS` says how often; the default suits every run of the tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use muster_e2e::agent::{dump_time, login};
use muster_e2e::collector::Collector;
use muster_e2e::json::{at, find, list, number, text};
use muster_e2e::peer::{Machine, Peer, session};
use muster_e2e::process::PATIENCE;
use muster_e2e::site::Site;
use muster_e2e::{scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};
use muster_wire::session::Session;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

const LOGIN: &str = "Workstation login";
const PEERS: usize = 4;
/// Reports of a peer that list more would only be longer.
const MOST_SESSIONS: usize = 60;

fn kills() -> u64 {
    std::env::var("MUSTER_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12)
}

/// What all peers know together while they report.
#[derive(Debug, Default)]
struct Load {
    /// Reports that were answered 200.
    acknowledged: AtomicU64,
    stop: AtomicBool,
}

/// What one peer was told: the sessions of its last acknowledged report, and how many it ever had at once.
#[derive(Debug)]
struct Ledger {
    peer: Peer,
    live: BTreeMap<String, String>,
}

/// Reports until it is told to stop. Each report starts two sessions and ends one; each is sent until it is acknowledged,
/// whatever becomes of the connection, and then written down.
async fn report(mut peer: Peer, name: String, load: Arc<Load>) -> Result<Ledger> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut made = 0_u32;
    while !load.stop.load(Ordering::Relaxed) {
        let fresh = if sessions.len() < MOST_SESSIONS { 2 } else { 1 };
        if !sessions.is_empty() {
            sessions.remove(0);
        }
        for _ in 0..fresh {
            made += 1;
            let address = format!("10.1.{}.{}", made / 250, made % 250 + 1);
            sessions.push(session(&made.to_string(), &name, &address, SystemClock.now()));
        }
        let body = serde_json::to_vec(&peer.next(sessions.clone()))?;
        let acked = tokio::time::timeout(PATIENCE, acknowledged(&peer, body)).await.context("no answer to a report")??;
        ensure!(u64::try_from(acked)? == peer.seq, "report {} of {name} was answered with {acked}", peer.seq);
        load.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    let live = sessions.into_iter().map(|session| (session.client_ip, session.id)).collect();
    Ok(Ledger { peer, live })
}

/// Sends a report until it is answered 200. Where the collector was killed before it answered, nobody knows whether it took
/// the report.
async fn acknowledged(peer: &Peer, body: Vec<u8>) -> Result<i64> {
    loop {
        if let Ok((status, answer)) = peer.report_raw(body.clone(), HeaderMap::new()).await {
            if status.as_u16() == 200 {
                return number(&answer, "/acked_seq");
            }
            ensure!(status.as_u16() == 503, "{status} to report {}: {answer:#}", peer.seq);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until so many more reports were acknowledged.
async fn some_more(load: &Load, more: u64) -> Result<()> {
    let goal = load.acknowledged.load(Ordering::Relaxed) + more;
    wait::until("more reports", async || Ok((load.acknowledged.load(Ordering::Relaxed) >= goal).then_some(()))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_kills_of_the_collector() -> Result<()> {
    let site = Site::new()?;
    let mut collector = scene::licensed(&site, site.collector(), 100).await?;
    let load = Arc::new(Load::default());
    let mut peers = tokio::task::JoinSet::new();
    for name in (0..PEERS).map(|number| format!("user{number}")) {
        let token = scene::join_token(&site, &collector).await?;
        let mut peer = Peer::enroll(&collector.agents_url(), &token, Machine::named(&name)).await?;
        let whole = peer.next_whole(Vec::new());
        assert_eq!(peer.report(&whole).await?.0.as_u16(), 200);
        peers.spawn(report(peer, name, Arc::clone(&load)));
    }
    for kill in 0..kills() {
        // At other places of the work each time; right at the start as well.
        some_more(&load, 1 + (kill * 7) % 23).await?;
        collector = collector.kill().await?.start().await?;
    }
    some_more(&load, 20).await?;
    load.stop.store(true, Ordering::Relaxed);
    let mut ledgers = Vec::new();
    while let Some(ledger) = peers.join_next().await {
        ledgers.push(ledger??);
    }
    check(&collector, &ledgers).await.context("as it runs")?;
    // And as it is on disk: nothing was only in memory.
    let collector = collector.kill().await?.start().await?;
    check(&collector, &ledgers).await.context("after one more kill")?;
    site.admin(collector.http(), &["audit", "verify"]).await?.expect(0)?;
    let run = site.admin(collector.http(), &["compliance", "run"]).await?.json()?;
    assert_eq!(number(&run, "/asset_count")?, i64::try_from(PEERS)?, "every machine is one asset");
    Ok(())
}

/// The collector says what the ledgers say, session by session.
async fn check(collector: &Collector, ledgers: &[Ledger]) -> Result<()> {
    let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
    let agents = json!({ "items": scene::items(collector.http(), "/api/v1/agents").await? });
    let mut expected = 0;
    for ledger in ledgers {
        let id = ledger.peer.id();
        let of_peer = sessions.iter().filter(|session| text(session, "/agent").is_ok_and(|agent| agent == id));
        let mut held = Vec::new();
        for session in of_peer {
            ensure!(at(session, "/ended_at")?.is_null(), "{session:#}");
            held.push(text(session, "/client_ip")?.to_owned());
        }
        held.sort();
        let mut live: Vec<String> = ledger.live.keys().cloned().collect();
        live.sort();
        ensure!(held == live, "sessions of {id}: {held:?}, acknowledged: {live:?}");
        expected += live.len();
        let agent = find(&agents, "/items", "id", &id)?;
        ensure!(
            u64::try_from(number(agent, "/seq")?)? == ledger.peer.seq,
            "{agent:#} has not the last report {}",
            ledger.peer.seq
        );
        ensure!(number(agent, "/dropped")? == 0 && text(agent, "/status")? == "active", "{agent:#}");
    }
    let status = scene::status(collector).await?;
    let login = scene::application(&status, LOGIN)?;
    let (in_use, peak) = (number(login, "/floating_in_use")?, number(login, "/peak_today")?);
    let expected = i64::try_from(expected)?;
    ensure!(in_use == expected, "{in_use} seats in use, {expected} sessions acknowledged");
    // Sessions only grow in number. A new one begins before the report that ends an old one, so that each peer may have had
    // one more for a moment; a session that counted twice, or did not end, would be more.
    let most = expected + i64::try_from(ledgers.len())?;
    ensure!((expected..=most).contains(&peak), "a peak of {peak}, not {expected} to {most}");
    Ok(())
}

#[tokio::test]
async fn what_an_agent_spooled_arrives_after_kills_of_the_agent() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 100).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    agent.once().await?.expect(0)?;
    let before = number(&agent.status().await?, "/next_seq")?;
    let launch = collector.kill().await?;

    // Nobody answers; somebody else is logged in whenever the agent starts, and in the middle three are at once.
    let rounds = kills().min(50);
    let began = SystemClock.now() - TimeDelta::seconds(i64::try_from(rounds)? + 60);
    let user = |round: u64| format!("user{round}");
    for round in 0..rounds {
        let at_once = if round == rounds / 2 { 3 } else { 1 };
        let dump: String = (0..at_once)
            .map(|extra| {
                let (host, tty) = (format!("10.0.{extra}.{}", round + 1), format!("pts/{}", round * 3 + extra));
                login(
                    4711,
                    &user(round * 3 + extra),
                    &tty,
                    &host,
                    &dump_time(began + TimeDelta::seconds(i64::try_from(round).unwrap_or(0))),
                )
            })
            .collect();
        agent.sessions(&dump).await?;
        let mut running = agent.start()?;
        let spooled = i64::try_from(round)? + 1;
        let status = wait::until("a report in the spool", async || {
            let status = agent.status().await?;
            Ok((number(&status, "/waiting_reports")? >= spooled).then_some(status))
        });
        status.await?;
        running.kill().await?;
    }
    let status = agent.status().await?;
    let waiting = number(&status, "/waiting_reports")?;
    assert!(waiting >= i64::try_from(rounds)?, "{status:#}");
    assert_eq!((number(&status, "/dropped_reports")?, number(&status, "/damaged_reports")?), (0, 0), "the spool is intact");
    let next = number(&status, "/next_seq")?;
    assert_eq!(next - before, waiting, "every report that was made is there, and under its own number");

    let collector = launch.start().await?;
    agent.once().await?.expect(0)?;
    let agents = json!(scene::items(collector.http(), "/api/v1/agents").await?);
    assert_eq!(
        (number(&agents, "/0/seq")?, number(&agents, "/0/dropped")?),
        (number(&agent.status().await?, "/next_seq")? - 1, 0)
    );
    assert_eq!(number(&agent.status().await?, "/waiting_reports")?, 0);
    let last = user((rounds - 1) * 3);
    let sessions = json!(scene::items(collector.http(), "/api/v1/sessions").await?);
    assert_eq!(
        (list(&sessions, "")?.len(), text(&sessions, "/0/user")?),
        (1, last.as_str()),
        "in order: the last report is the newest"
    );
    all_reports_counted(&collector, waiting).await?;
    // The three that were there together were so before the collector came back; the day's peak knows it.
    let usage = json!({ "items": scene::items(collector.http(), "/api/v1/usage").await? });
    let total = find(&usage, "/items", "kind", "total")?;
    assert!(number(total, "/peak")? >= 3, "{total:#}");
    Ok(())
}

/// Every spooled report changed something and was stored.
async fn all_reports_counted(collector: &Collector, spooled: i64) -> Result<()> {
    let metrics = collector.http().request(reqwest::Method::GET, "/metrics").send().await?.text().await?;
    let stored =
        metrics.lines().find(|line| line.starts_with("muster_") && line.contains("report") && line.contains("\"stored\""));
    let stored = stored.and_then(|line| line.rsplit(' ').next()).and_then(|count| count.parse::<i64>().ok());
    let stored = stored.with_context(|| format!("no count of stored reports in {metrics}"))?;
    assert!(stored >= spooled, "{stored} of {spooled} reports changed something\n{metrics}");
    Ok(())
}

#[tokio::test]
async fn an_outage_of_the_collector_is_bridged_by_a_running_agent() -> Result<()> {
    let site = Site::new()?;
    let collector = scene::licensed(&site, site.collector(), 100).await?;
    let agent = scene::enrolled(&site, &collector, "ws-17").await?;
    agent.sessions(&login(1, "alice", "pts/0", "10.0.0.11", &dump_time(SystemClock.now()))).await?;
    let _running = agent.start()?;
    wait::status(&collector, "alice", |status| number(status, "/sessions/active").is_ok_and(|active| active == 1)).await?;
    let launch = collector.kill().await?;
    agent.sessions(&login(2, "bob", "pts/1", "10.0.0.12", &dump_time(SystemClock.now()))).await?;
    let waiting = wait::until("a spooled report", async || {
        let status = agent.status().await?;
        Ok(Some(number(&status, "/waiting_reports")?)
            .filter(|waiting| *waiting > 0 && at(&status, "/last_error").is_ok_and(Value::is_string)))
    });
    waiting.await?;
    let collector = launch.start().await?;
    let sessions = wait::until("bob", async || {
        let sessions = scene::items(collector.http(), "/api/v1/sessions").await?;
        Ok(sessions.iter().any(|session| text(session, "/user").is_ok_and(|user| user == "bob")).then_some(sessions))
    });
    assert_eq!(sessions.await?.len(), 1, "alice is gone");
    let status = wait::until("an empty spool", async || {
        let status = agent.status().await?;
        Ok((number(&status, "/waiting_reports")? == 0).then_some(status))
    });
    let status = status.await?;
    assert_eq!((number(&status, "/dropped_reports")?, at(&status, "/last_error")?), (0, &Value::Null));
    Ok(())
}
