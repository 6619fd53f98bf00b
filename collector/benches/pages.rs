//! What pages cost, for `cargo xtask bench pages`. In: how many assets. Out: figures of the collector itself, which serves a store of its own
//! that is made for it: how long each page and list takes over HTTPS, beside its limit, and what the collector used for it. It judges
//! nothing.

mod estate;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use estate::assets::{entry, fill, names, start};
use muster_collector::store::{self, records::ReferenceRecord};
use muster_runtime::{
    clock::{Clock as _, SystemClock},
    tls,
};
use reqwest::{Client, header::ACCEPT};
use serde_json::Value;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Pages over many stored assets.
#[derive(Debug, Parser)]
struct Cli {
    /// How many assets are stored.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    assets: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rounds: u64,
    /// What cargo says to every program that measures.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A page or a list.
struct Ask {
    name: &'static str,
    address: String,
    /// What is wished.
    media: &'static str,
    /// Milliseconds that it may take.
    limit: Option<f64>,
    /// Only until the first bytes are there.
    begins: bool,
}

/// How an address was answered.
#[derive(Default)]
struct Times {
    millis: Vec<f64>,
    /// Of the collector, in clock ticks.
    processor: u64,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("start")?;
    let directory = tempfile::tempdir().context("make a directory for the store")?;
    runtime.block_on(measure(&cli, directory.path()))
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
async fn measure(cli: &Cli, site: &Path) -> Result<()> {
    vendor(site, &["keygen", "--out", "vendor"])?;
    let made = collector(
        site,
        &["init", "--data-dir", "data", "--name", "127.0.0.1", "--vendor-key", "vendor/vendor.pub", "--output", "json"],
    )?;
    let made: Value = serde_json::from_str(&made).context("what init prints")?;
    let token = made.get("api_token").and_then(Value::as_str).context("the token that init prints")?;
    muster_runtime::durable::write(&site.join("token"), token.as_bytes(), 0o600).context("the file of the token")?;
    let began = SystemClock.boottime();
    let stores = store::redb::open(&site.join("data/muster.redb")).await?;
    let records = names().map(|(table, id, name)| ReferenceRecord { id, ..ReferenceRecord::new(table, &name, None, start()) });
    stores.references.add(records.collect(), entry()).await?;
    fill(&stores, cli.assets).await?;
    let far = far(&stores, cli.assets).await?;
    stores.system.close().await?;
    println!("{} assets stored in {:.0} s", cli.assets, (SystemClock.boottime().saturating_sub(began)).as_secs_f64());

    let server = Server::start(site).await?;
    let client = client(site)?;
    let counted = license(site, &server.url)?;
    println!("counted when the licence was applied: {counted}");
    let asks = asks(&far);
    let mut times: Vec<Times> = asks.iter().map(|_| Times::default()).collect();
    // Once without a clock, so that no round finds the disk colder than the others.
    for ask in &asks {
        ask.answered(&client, &server.url, token).await?;
    }
    for _ in 0..cli.rounds {
        for (ask, times) in asks.iter().zip(&mut times) {
            let (before, began) = (server.processor()?, SystemClock.boottime());
            ask.answered(&client, &server.url, token).await?;
            times.millis.push(SystemClock.boottime().saturating_sub(began).as_secs_f64() * 1e3);
            times.processor += server.processor()? - before;
        }
    }
    println!("\n{:<44}{:>9}{:>9}{:>9}{:>14}{:>11}", "ms", "limit", "p50", "p99", "p99 of limit", "processor");
    for (ask, times) in asks.iter().zip(&mut times) {
        times.millis.sort_by(f64::total_cmp);
        let (middle, high) = (times.at(0.5), times.at(0.99));
        let limit = ask.limit.map_or_else(|| "–".to_owned(), |limit| format!("{limit:.0}"));
        let ratio = ask.limit.map_or_else(|| "–".to_owned(), |limit| format!("{:.2}", high / limit));
        // Ticks of a hundredth of a second.
        let processor = times.processor as f64 * 10.0 / cli.rounds as f64;
        println!("{:<44}{limit:>9}{middle:>9.1}{high:>9.1}{ratio:>14}{processor:>11.1}", ask.name);
    }
    for line in ["VmRSS", "VmHWM"] {
        println!("{line} of the collector: {} MiB (the store's cache is 128 MiB)", server.memory(line)? / 1_024);
    }
    Ok(())
}

impl Times {
    fn at(&self, part: f64) -> f64 {
        let place = (self.millis.len().saturating_sub(1)) as f64 * part;
        self.millis.get(place.ceil() as usize).copied().unwrap_or_default()
    }
}

/// What is asked for; `far` is the cursor of an asset near the end.
fn asks(far: &str) -> Vec<Ask> {
    let ask = |name, address: &str, media, limit| Ask { name, address: address.to_owned(), media, limit, begins: false };
    let page = |name, address: &str| ask(name, address, "text/html", Some(300.0));
    let list = |name, address: &str| ask(name, address, "application/json", None);
    let found = |query: &str| format!("/assets?sysparm_query={query}");
    vec![
        ask("Overview", "/status", "text/html", Some(100.0)),
        page("Assets", "/assets"),
        page("Assets, a page near the end", &format!("/assets?cursor={far}")),
        page("Assets, a query that many fit", &found("install_status=1")),
        page("Assets, a query that few fit", &found("serial_numberLIKE77F")),
        page("Assets, a query that none fits", &found("asset_tag=none")),
        page("Assets, a dot-walk", &found("assigned_to.nameSTARTSWITHuser 1999")),
        page("Assets, ordered", &found("ORDERBYasset_tag")),
        page("Assets, a query and its order", &found("install_status=6^ORDERBYDESCpurchase_date")),
        page("Assets, ordered, a page near the end", &format!("/assets?sysparm_query=ORDERBYasset_tag&cursor={far}")),
        ask("Compliance", "/compliance", "text/html", None),
        ask("Agents", "/agents", "text/html", None),
        ask("Audit log", "/audit", "text/html", None),
        Ask { begins: true, ..ask("Assets as CSV, until it begins", "/assets.csv", "text/csv", None) },
        list("GET /api/v1/assets?limit=100", "/api/v1/assets?limit=100"),
        list("GET /api/v1/assets, few fit", "/api/v1/assets?limit=100&sysparm_query=serial_numberLIKE77F"),
        list("GET /api/v1/assets, ordered", "/api/v1/assets?limit=100&sysparm_query=ORDERBYasset_tag"),
        list("GET /api/v1/compliance", "/api/v1/compliance"),
        list("GET /metrics", "/metrics"),
    ]
}

impl Ask {
    async fn answered(&self, client: &Client, url: &str, token: &str) -> Result<()> {
        let address = format!("{url}{}", self.address);
        let mut answer = client.get(&address).bearer_auth(token).header(ACCEPT, self.media).send().await?;
        ensure!(answer.status().is_success(), "{address}: {}", answer.status());
        if self.begins {
            answer.chunk().await?.with_context(|| format!("{address}: nothing"))?;
        } else {
            answer.bytes().await?;
        }
        Ok(())
    }
}

/// The cursor of an asset near the end.
async fn far(stores: &store::Stores, assets: u64) -> Result<String> {
    let mut after = None;
    let mut left = assets.saturating_mul(9) / 10;
    while left > 0 {
        let page = stores.assets.page(after, usize::try_from(left.min(10_000))?).await?;
        left = left.saturating_sub(page.len() as u64);
        after = page.last().map(|asset| asset.id());
        if page.is_empty() {
            break;
        }
    }
    use base64::Engine as _;
    let name = after.map(|id| id.to_string()).unwrap_or_default();
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(name))
}

/// The collector, as it is installed; killed when dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    async fn start(site: &Path) -> Result<Self> {
        let process = Command::new(env!("CARGO_BIN_EXE_muster-collector"))
            .args(["serve", "--data-dir", "data", "--agent-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .current_dir(site)
            .stderr(Stdio::null())
            .spawn()
            .context("start the collector")?;
        let mut server = Self { process, url: String::new() };
        let file = site.join("data/listen.json");
        while !file.exists() {
            if let Some(status) = server.process.try_wait()? {
                bail!("the collector ended: {status}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let listen: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        server.url = format!("https://{}", listen.get("admin").and_then(Value::as_str).context("where it listens")?);
        Ok(server)
    }

    /// Processor time until now, in clock ticks.
    fn processor(&self) -> Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name before it may have any character.
        let (_, fields) = stat.rsplit_once(')').context("the name of the process")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        Ok(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum())
    }

    /// A line of its memory, in KiB.
    fn memory(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).with_context(|| format!("{name} of the collector"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn client(site: &Path) -> Result<Client> {
    tls::install_default();
    let ca = reqwest::Certificate::from_pem_bundle(&std::fs::read(site.join("data/ca.pem"))?)?;
    Client::builder().tls_certs_only(ca).no_proxy().build().context("an HTTP client")
}

/// Applies a licence, which counts the assets. Returns how the count went.
fn license(site: &Path, url: &str) -> Result<String> {
    let to = ["--url", url, "--token-file", "token", "--ca", "data/ca.pem"];
    let request = collector(site, &[&["license", "request"], &to[..]].concat())?;
    muster_runtime::durable::write(&site.join("request"), request.as_bytes(), 0o600)?;
    let terms = ["--customer", "Acme", "--expires", "2098-01-01", "--assets", "900000"];
    let key = vendor(site, &[&["issue", "--key", "vendor/vendor.key", "--request", "request"], &terms[..]].concat())?;
    muster_runtime::durable::write(&site.join("license"), key.as_bytes(), 0o600)?;
    let applied = collector(site, &[&["license", "apply", "license", "--output", "json"], &to[..]].concat())?;
    let applied: Value = serde_json::from_str(&applied).context("what license apply prints")?;
    let run = applied.get("run").context("the run of the licence")?;
    let part = |name: &str| run.get(name).cloned().unwrap_or_default();
    Ok(format!("{} assets in {} ms", part("asset_count"), part("duration_ms")))
}

fn collector(site: &Path, arguments: &[&str]) -> Result<String> {
    ran(site, env!("CARGO_BIN_EXE_muster-collector"), arguments)
}

fn vendor(site: &Path, arguments: &[&str]) -> Result<String> {
    ran(site, env!("CARGO_BIN_EXE_muster-vendor"), arguments)
}

fn ran(site: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).current_dir(site).output().with_context(|| format!("start {program}"))?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
