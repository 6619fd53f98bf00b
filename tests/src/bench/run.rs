//! One measurement from beginning to end. In: a plan. Out: figures on standard output, progress on standard error. A site
//! with a collector and its agents, nginx beside it, and each load on both in turn, so that what else this machine does
//! meets both alike.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::agents::{self, Agent};
use super::cpu;
use super::figures::{self, Figure, Round};
use super::load::{self, Kind, Target, now};
use super::nginx::Nginx;
use crate::bins;
use crate::collector::Collector;
use crate::json::{at, text};
use crate::site::Site;

/// What is measured, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Plan {
    /// Where the programs are.
    #[arg(long, value_name = "DIR")]
    pub programs: PathBuf,
    /// How long each load lasts.
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20))]
    pub rounds: u64,
    /// How many agents, each on a connection of its own.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub agents: u32,
    /// The processor that the servers keep to.
    #[arg(long, value_name = "NUMBER")]
    pub server_processor: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

const LOADS: [(&str, Kind); 2] = [("unchanged", Kind::Unchanged), ("changed", Kind::Changed)];

/// Measures and prints.
///
/// # Errors
/// A program is missing or fails, or a server gives another answer than the expected one.
pub async fn run(plan: Plan) -> Result<()> {
    bins::take_from(&plan.programs)?;
    let site = Site::new()?;
    site.keygen().await?;
    site.init().await?;
    let connections = (plan.agents + 16).to_string();
    let collector = site
        .collector()
        .env("MUSTER_AGENTS_MAX_CONNECTIONS_PER_ADDRESS", &connections)
        .processor(plan.server_processor)
        .start()
        .await?;
    let assets = plan.agents.to_string();
    site.license(collector.http(), &["--customer", "Load", "--expires", "2099-12-31", "--assets", &assets]).await?;
    let created = ["join-token", "create", "--uses", &assets, "--approval", "auto", "--output", "json"];
    let token = site.admin(collector.http(), &created).await?.json()?;

    let place = site.path("nginx");
    std::fs::create_dir(&place).context("a directory for nginx")?;
    let authority = site.data_dir().join("ca.pem");
    let nginx = Nginx::start(&place, &authority, plan.server_processor).await?;

    say(&format!("enrolling {} agents; the collector asks for patience after 50", plan.agents));
    let authorities = std::fs::read_to_string(&authority).context("the CA of the site")? + &nginx.certificate;
    let mut agents = agents::enroll(plan.agents, &collector, &authorities, text(&token, "/token")?, now()).await?;

    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        let mut round = Round::default();
        for (name, kind) in LOADS {
            say(&format!("round {number} of {}: {name} reports, {} s each", plan.rounds, plan.seconds));
            let lasting = Duration::from_secs(plan.seconds);
            let limit = measure(&mut agents, Target { address: nginx.address, status: 204 }, nginx.pid(), kind, lasting).await?;
            let target = Target { address: collector.listen().agents, status: 200 };
            let ours = measure(&mut agents, target, collector.pid(), kind, lasting).await?;
            say(&format!("  nginx {:.0}/s, muster {:.0}/s", limit.per_second, ours.per_second));
            round.pairs.push((name, limit, ours));
        }
        rounds.push(round);
    }
    print(&plan, &agents, &rounds)?;
    finish(collector, &site).await
}

async fn measure(agents: &mut [Agent], target: Target, pid: Option<u32>, kind: Kind, lasting: Duration) -> Result<Figure> {
    let pid = pid.context("the server has ended")?;
    let mut used = Vec::new();
    let measured = load::run(agents, target, kind, lasting, || used.push(cpu::used(pid))).await?;
    let cpu = match used.as_slice() {
        [before, after] => after.saturating_sub(*before),
        _ => Duration::ZERO,
    };
    Ok(figures::figure(&measured, cpu))
}

fn print(plan: &Plan, agents: &[Agent], rounds: &[Round]) -> Result<()> {
    let bytes = match agents.first() {
        Some(agent) => agent.reports.template(false)?.body_bytes(),
        None => 0,
    };
    let out = if plan.json {
        let document = json!({"agents": plan.agents, "seconds": plan.seconds, "body_bytes": bytes,
            "server_processor": plan.server_processor, "loads": figures::json(rounds)});
        format!("{document:#}\n")
    } else {
        let place = match plan.server_processor {
            Some(processor) => format!("servers on processor {processor}, load on another"),
            None => "servers and load on any processor".to_owned(),
        };
        format!(
            "reports of {bytes} bytes, {} agents with a certificate and a connection each, TLS 1.3, next report after the answer\n\
             {place}; medians of {} rounds of {} s\n\n{}\n",
            plan.agents,
            plan.rounds,
            plan.seconds,
            figures::table(rounds)
        )
    };
    io::stdout().write_all(out.as_bytes()).context("print the figures")
}

/// What was measured has to be the product at work: the collector knows every agent, and ends in order.
async fn finish(collector: Collector, site: &Site) -> Result<()> {
    let status = site.admin(collector.http(), &["status", "--output", "json"]).await?.json()?;
    say(&format!("agents {}, sessions {}", at(&status, "/agents")?, at(&status, "/sessions")?));
    let (ended, _) = collector.stop().await?;
    anyhow::ensure!(ended.success(), "the collector ended with {ended}");
    let size = std::fs::metadata(site.data_dir().join("muster.redb")).map(|file| file.len()).unwrap_or_default();
    say(&format!("the store has {} KiB", size / 1024));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a measurement tells how far it is")]
fn say(line: &str) {
    eprintln!("{line}");
}
