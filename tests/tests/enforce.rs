//! The hooks of `[enforce]` on an endpoint: once for each change, whatever happens to the agent. In: the real collector and
//! agent, a licence that expires. Out: the lines that the hooks write.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chrono::{Days, TimeDelta};
use muster_e2e::agent::Agent;
use muster_e2e::collector::Collector;
use muster_e2e::faketime::Faketime;
use muster_e2e::json::{at, text};
use muster_e2e::process::{Daemon, run};
use muster_e2e::site::Site;
use muster_e2e::{files, scene, wait};
use muster_runtime::clock::{Clock as _, SystemClock};

const RESTARTS: u32 = 50;

/// A collector whose licence has expired, and an agent that was enrolled before and has not heard of it.
async fn expired<'a>(site: &'a Site, name: &str) -> Result<(Collector, Agent<'a>)> {
    site.keygen().await?;
    site.init().await?;
    let collector = site.collector().env("MUSTER_TIME_ZONE", "UTC").start().await?;
    let tomorrow = (SystemClock.now().date_naive() + Days::new(1)).to_string();
    site.license(collector.http(), &["--customer", "Example AG", "--expires", &tomorrow, "--assets", "5"]).await?;
    let agent = scene::enrolled(site, &collector, name).await?;
    agent.once().await?.expect(0)?;
    ensure!(text(&agent.status().await?, "/verdict")? == "compliant");
    let (_, launch) = collector.stop().await?;
    let collector = launch.clock(Some(Faketime::shifted(TimeDelta::days(2))?)).start().await?;
    ensure!(text(&scene::status(&collector).await?, "/reason")? == "expired");
    Ok((collector, agent))
}

/// Hooks that write what they are given into a file of the site.
fn configure(site: &Site, collector: &Collector, agent: &Agent<'_>, dir: &str) -> Result<PathBuf> {
    let lines = site.path("lines");
    let write = format!("echo $MUSTER_HOOK $MUSTER_STATE $MUSTER_REASON $MUSTER_CHANGE_ID >> {}; echo said", lines.display());
    let hook = format!("[\"sh\", \"-c\", \"{write}\"]");
    let dir = site.path(dir);
    let more = format!("[enforce]\non_disable = {hook}\non_enable = {hook}\ndelay = \"1s\"\ndir = \"{}\"\n", dir.display());
    agent.configure(Some(&collector.agents_url()), &more)?;
    Ok(lines)
}

/// The hooks that ran and the states they were told, without the ids of the changes.
fn ran(lines: &PathBuf) -> Vec<String> {
    let text = std::fs::read_to_string(lines).unwrap_or_default();
    text.lines().map(|line| line.rsplit_once(' ').map_or(line, |(start, _)| start).to_owned()).collect()
}

/// Starts the agent and waits until it runs: a `once` before that would take its state directory.
async fn start(agent: &Agent<'_>) -> Result<Daemon> {
    let daemon = agent.start()?;
    wait::until("a running agent", async || Ok((at(&agent.status().await?, "/running")? == true).then_some(()))).await?;
    Ok(daemon)
}

async fn deliver(agent: &Agent<'_>) -> Result<()> {
    wait::until("a delivery", async || Ok((agent.once().await?.code == Some(0)).then_some(()))).await
}

#[tokio::test]
async fn exactly_once_over_fifty_restarts() -> Result<()> {
    let site = Site::new()?;
    let (collector, agent) = expired(&site, "ws-17").await?;
    let lines = configure(&site, &collector, &agent, "no-helper")?;
    let mut daemon = start(&agent).await?;
    for restart in 0..RESTARTS {
        // Every other one hears of it again before its end; the others have what is stored.
        if restart % 2 == 0 {
            deliver(&agent).await?;
        }
        if restart % 3 == 0 {
            daemon.terminate().await?;
        } else {
            daemon.kill().await?;
        }
        daemon = start(&agent).await?;
    }
    let disabled = "on_disable disabled expired";
    wait::until("the hook", async || {
        agent.once().await?;
        Ok((!ran(&lines).is_empty()).then_some(()))
    })
    .await?;
    assert_eq!(ran(&lines), [disabled]);
    let status = wait::until("its end in the status", async || {
        let status = agent.status().await?;
        Ok((text(&status, "/hooks/on_disable/outcome/how")? == "exited").then_some(status))
    })
    .await?;
    assert_eq!((text(&status, "/hooks/by")?, at(&status, "/hooks/on_disable/outcome/code")?.as_i64()), ("agent", Some(0)));
    assert_eq!(text(&status, "/hooks/on_disable/output")?, "said\n");

    scene::license(&site, &collector, 5).await?;
    wait::until("the other hook", async || {
        agent.once().await?;
        Ok((ran(&lines).len() > 1).then_some(()))
    })
    .await?;
    for _ in 0..3 {
        daemon.kill().await?;
        daemon = start(&agent).await?;
        deliver(&agent).await?;
    }
    daemon.terminate().await?;
    assert_eq!(ran(&lines), [disabled, "on_enable compliant"]);
    Ok(())
}

#[tokio::test]
async fn the_helper_obeys_the_collector_it_saw_first_and_nobody_else() -> Result<()> {
    let site = Site::new()?;
    let (collector, agent) = expired(&site, "ws-18").await?;
    let lines = configure(&site, &collector, &agent, "helper")?;
    std::fs::create_dir(site.path("helper"))?;
    let enforce = async || {
        let mut command = agent.command(&["enforce", "--config"])?;
        command.arg(agent.config());
        run(command, b"").await
    };
    // A running agent leaves it to the helper.
    let mut daemon = start(&agent).await?;
    agent.once().await?;
    wait::until("the hook", async || {
        assert!(ran(&lines).is_empty(), "the agent ran it");
        agent.once().await?;
        enforce().await?.expect(0)?;
        Ok((!ran(&lines).is_empty()).then_some(()))
    })
    .await?;
    daemon.terminate().await?;
    let status = agent.status().await?;
    assert_eq!(text(&status, "/hooks/by")?, "helper");
    assert_eq!(text(&status, "/hooks/on_disable/state")?, "disabled");

    // The agent's account puts another key in place, then a verdict that nobody signed.
    let identity = agent.state_dir().join("identity.json");
    let genuine = std::fs::read_to_string(&identity)?;
    let mut forged: serde_json::Value = serde_json::from_str(&genuine)?;
    *forged.get_mut("verify_key").context("verify_key")? = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
    files::put(&identity, forged.to_string().as_bytes())?;
    let refused = enforce().await?.expect(78)?;
    assert!(refused.stderr.contains("hooks obey collector"), "{}", refused.stderr);
    files::put(&identity, genuine.as_bytes())?;
    let published = agent.socket().with_file_name("verdict.json");
    let verdict = std::fs::read_to_string(&published)?;
    files::put(&published, verdict.replacen("\"verdict\":\"", "\"verdict\":\"e", 1).as_bytes())?;
    enforce().await?.expect(1)?;
    files::put(&published, verdict.as_bytes())?;
    enforce().await?.expect(0)?;
    assert_eq!(ran(&lines), ["on_disable disabled expired"]);
    Ok(())
}
