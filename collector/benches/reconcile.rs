//! What a reconciliation of a whole site costs, for `cargo xtask bench reconcile`. In: how many devices, installs and entitlements.
//! Out: the time and the memory of reading a real store and of the run over it, beside the limits of 60 s and 2 GiB.

use anyhow::{Context as _, Result, anyhow};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::Parser;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use muster_collector::{
    reconcile::{Sources, gather},
    settings,
    store::{
        self, Stores,
        records::{AuditEntry, SoftwareListRecord},
    },
};
use muster_domain::{
    asset::{Asset, Field, Layer, References, Table, Value},
    calendar::SiteZone,
    ids::{AgentId, AssetId},
    metric::Factors,
    query::Context,
    reconcile::run::{Progress, reconcile},
    record::{Shelf, Values, kinds},
    software::{Found, Software},
};
use muster_runtime::clock::{Clock as _, SystemClock};
use serde_json::json;
use std::{
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use uuid::Uuid;

/// A reconciliation of a whole site.
#[derive(Debug, Parser)]
struct Cli {
    /// How many devices there are.
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    devices: u64,
    /// How many installs each device has.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=2_000))]
    installs: u64,
    /// How many entitlements there are.
    #[arg(long, default_value_t = 5_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    entitlements: u64,
    /// Where the store is made and removed again; the directory for temporary files when absent.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// What cargo says to every program that measures.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Seconds and MiB that a run may take.
const LIMITS: (f64, f64) = (60.0, 2048.0);
/// Assets that are on their way to the store at once.
const WRITES: usize = 512;
/// Different titles; half of them are of a software model.
const TITLES: u64 = 10_000;
/// Every so many devices one is a server whose cores are known.
const SERVERS: u64 = 10;
/// Users.
const USERS: u64 = 20_000;
/// Metrics of the entitlements, in turn.
const METRICS: [(&str, &str); 6] = [
    ("Common", "Per Device"),
    ("Common", "Per User"),
    ("Common", "Per Named Device"),
    ("Microsoft", "Per Core"),
    ("IBM", "Processor Value Unit (PVU)"),
    ("Common", "Per Named User"),
];

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("start")?;
    let directory = match &cli.directory {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir(),
    };
    let directory = directory.context("make a directory for the store")?;
    let path = directory.path().join("muster.redb");
    store::redb::create(&path)?;
    runtime.block_on(async {
        let stores = store::redb::open(&path).await?;
        let started = SystemClock.boottime();
        fill(&stores, &cli).await?;
        let took = SystemClock.boottime().saturating_sub(started).as_secs_f64();
        let size = path.metadata().map(|file| file.len()).unwrap_or_default();
        println!(
            "{} devices with {} installs each are stored in {took:.0} s; the file has {} MB",
            cli.devices,
            cli.installs,
            size / 1_000_000
        );
        stores.system.close().await?;
        let stores = store::redb::open(&path).await?;
        measure(&stores, &cli).await
    })
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
async fn measure(stores: &Stores, cli: &Cli) -> Result<()> {
    let (references, shelf) = (Arc::new(references()), shelf(cli)?);
    forget_the_peak();
    let started = SystemClock.boottime();
    let settings = settings::Values::default();
    let sources = Sources {
        stores,
        references,
        shelf: &shelf,
        settings: &settings,
        context: &Context::new(start(), SiteZone::UTC),
        factors: Factors::default(),
        today: start().date_naive(),
    };
    let gathered = gather(sources).await?;
    let read = SystemClock.boottime();
    let estate = &gathered.estate;
    println!(
        "read in {:.1} s: {} devices, {} titles and {} installs of models, {} entitlements, {} notes",
        read.saturating_sub(started).as_secs_f64(),
        estate.devices.len(),
        estate.titles.len(),
        estate.installs.len(),
        estate.entitlements.len(),
        gathered.notes.len()
    );
    let mut told = 0;
    let outcome = reconcile(estate, None, &mut |progress: Progress<'_>| {
        let tenth = progress.done * 10 / progress.total.max(1);
        if tenth > told {
            told = tenth;
            println!(
                "{} of {} products after {:.1} s",
                progress.done,
                progress.total,
                SystemClock.boottime().saturating_sub(started).as_secs_f64()
            );
        }
    });
    let ended = SystemClock.boottime();
    let seconds = ended.saturating_sub(started).as_secs_f64();
    let mebibytes = peak().ok_or_else(|| anyhow!("the peak of memory cannot be read"))? / 1024.0;
    let needed: u64 = outcome.products.iter().map(|product| product.figures.needed).sum();
    let unlicensed: u64 = outcome.products.iter().map(|product| product.figures.unlicensed).sum();
    println!("{} products, {needed} rights needed, {unlicensed} not licensed", outcome.products.len());
    println!("\n{:<10}{:>12}{:>12}{:>10}", "", "used", "limit", "ratio");
    println!("{:<10}{seconds:>10.1} s{:>10.0} s{:>10.2}", "time", LIMITS.0, seconds / LIMITS.0);
    println!("{:<10}{mebibytes:>8.0} MiB{:>8.0} MiB{:>10.2}", "memory", LIMITS.1, mebibytes / LIMITS.1);
    println!("of the time {:.1} s are the run itself", ended.saturating_sub(read).as_secs_f64());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "people wait for this for minutes")]
async fn fill(stores: &Stores, cli: &Cli) -> Result<()> {
    let stored = AtomicU64::new(0);
    let step = (cli.devices / 10).max(1);
    let writes = stream::iter(0..cli.devices).map(|number| {
        let stored = &stored;
        async move {
            let (asset, agent) = (asset_id(number), AgentId(Uuid::from_u128(u128::from(number) + 1)));
            let mut made = Asset::new(asset, Some(agent), start());
            let text = |text: String| Some(Value::Text(text));
            let seen = Layer::new()
                .with(Field::InstallStatus, Some(Value::Int(1)))
                .with(Field::SysClassName, text("alm_hardware".to_owned()))
                .with(Field::SerialNumber, text(format!("SN{number:08}")))
                .with(Field::AssignedTo, Some(Value::Ref(user(mix(number) % USERS))))
                .with(Field::Company, Some(Value::Ref(company(number % 50))));
            made.observe(seen, start());
            stores.assets.create(made, entry()).await?;
            let list = SoftwareListRecord { asset, agent, digest: String::new(), at: start() };
            let found = (0..cli.installs).map(|place| title(mix(number * 4096 + place) % TITLES));
            stores.software.replace(list, found.map(|software| Found { software, install_date: None }).collect()).await?;
            let done = stored.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(step) {
                println!("{done} of {} devices are stored", cli.devices);
            }
            anyhow::Ok(())
        }
    });
    writes.buffer_unordered(WRITES).try_collect().await
}

fn title(number: u64) -> Software {
    Software {
        name: format!("Product {}", number / 4),
        version: Some(format!("{}.{}", 2019 + number % 4, number % 7)),
        publisher: Some("Example".to_owned()),
        source: "windows".to_owned(),
        architecture: None,
    }
}

/// Models of the first half of the products, an entitlement after the other for them, and what is known of servers.
fn shelf(cli: &Cli) -> Result<Shelf> {
    let mut shelf = Shelf::default();
    let mut put = |kind: &str, number: u64, fields: Vec<(&str, Value)>| {
        let schema = kinds::find(kind).ok_or_else(|| anyhow!("there is no kind {kind}"))?;
        let values = fields.into_iter().fold(Values::new(), |values, (field, value)| values.with(field, value));
        shelf.put(schema, record(kind, number), values);
        anyhow::Ok(())
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let models = TITLES / 8;
    for number in 0..models {
        put(
            "models",
            number,
            vec![
                ("publisher", text("Example")),
                ("product", Value::Text(format!("Product {number}"))),
                ("product_type", text("Licensable")),
                ("license_under_management", Value::Bool(true)),
                ("active", Value::Bool(true)),
            ],
        )?;
    }
    for number in 0..cli.entitlements {
        let (group, metric) =
            METRICS.into_iter().cycle().nth(usize::try_from(number % models % 6).unwrap_or_default()).unwrap_or_default();
        let rights = i64::try_from(mix(number) % (cli.devices / 4 + 1)).unwrap_or_default();
        put(
            "entitlements",
            number,
            vec![
                ("number", Value::Text(format!("E{number}"))),
                ("software_model", Value::Ref(record("models", number % models))),
                ("metric_group", text(group)),
                ("license_metric", text(metric)),
                ("purchased_rights", Value::Int(rights)),
                ("state", text("In use")),
                ("license_type", text("Perpetual")),
                ("agreement_type", text("Generic")),
                ("currency", text("EUR")),
                ("unit_cost", Value::Decimal("12.50".parse().map_err(|error| anyhow!("{error}"))?)),
            ],
        )?;
    }
    for number in (0..cli.devices).step_by(usize::try_from(SERVERS)?) {
        put(
            "hosts",
            number,
            vec![
                ("name", Value::Text(format!("server {number}"))),
                ("device", Value::Ref(asset_id(number).0)),
                ("sockets", Value::Int(2)),
                ("cores_per_socket", Value::Int(8)),
                ("processor", text("Intel Xeon Gold")),
            ],
        )?;
    }
    Ok(shelf)
}

fn references() -> References {
    let mut references = References::seeded();
    for number in 0..USERS {
        references.insert(Table::User, user(number), &format!("user {number}"));
    }
    for number in 0..50 {
        references.insert(Table::Company, company(number), &format!("Company {number}"));
    }
    references
}

fn asset_id(number: u64) -> AssetId {
    AssetId(Uuid::from_u128(u128::from(number) + 1))
}

fn user(number: u64) -> Uuid {
    record("users", number)
}

fn company(number: u64) -> Uuid {
    record("companies", number)
}

/// An id that is the same in every run.
fn record(kind: &str, number: u64) -> Uuid {
    let kind = kind.bytes().fold(7, |sum: u64, byte| mix(sum ^ u64::from(byte)));
    Uuid::from_u64_pair(kind, number)
}

fn entry() -> AuditEntry {
    let (actor, action) = ("bench".to_owned(), "asset.create".to_owned());
    AuditEntry { at: start(), actor, action, subject: String::new(), detail: json!({}) }
}

fn start() -> DateTime<Utc> {
    NaiveDate::default().and_time(chrono::NaiveTime::default()).and_utc() + TimeDelta::days(20_000)
}

/// The same number out of the same number, without a pattern (splitmix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// Begins the peak of memory anew, where the system lets it; otherwise the peak of storing counts, too.
fn forget_the_peak() {
    let file = std::fs::OpenOptions::new().write(true).open("/proc/self/clear_refs");
    drop(file.and_then(|mut file| file.write_all(b"5")));
}

/// The most memory that this process had, in KiB.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
