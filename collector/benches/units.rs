//! What a report on subscription units costs, for `cargo xtask bench units`. In: how many assets and custom model categories. Out:
//! figures of the tree being resolved, of one pass over every asset, and of the report. It judges nothing.

use anyhow::{Result, anyhow};
use chrono::DateTime;
use clap::Parser;
use muster_domain::{
    asset::{Asset, Field, Head, Layer, References, StoredAsset, Table, Value, category::SEEDED, pack},
    ids::AssetId,
    units::{
        Application, AssetFacts, Catalogue, Census, Choice, Choices, Entitlements, Environment, Licensing, Report, Rounding,
        Terms, Tree, Version,
    },
};
use muster_runtime::clock::{Clock as _, SystemClock};
use std::time::Duration;
use uuid::Uuid;

/// A report over many assets of many model categories.
#[derive(Debug, Parser)]
struct Cli {
    /// How many assets are counted.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    assets: u64,
    /// How many custom model categories there are.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    categories: u64,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// What cargo says to every program that measures.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Steps from a custom category up to a ready-made one, at most.
const DEPTH: u64 = 12;
/// The states of the assets.
const STATES: [i64; 6] = [1, 1, 1, 6, 7, 3];

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<()> {
    let cli = Cli::parse();
    let references = references(cli.categories)?;
    let heads = heads(&references)?;
    let (mut resolving, mut passing, mut reporting) = (Vec::new(), Vec::new(), Vec::new());
    let mut shown = String::new();
    for _ in 0..cli.rounds {
        let started = SystemClock.boottime();
        let licensing = licensing(&references)?;
        let resolved = SystemClock.boottime();
        let mut census = Census::default();
        // Every asset by itself, as if no two had the same head.
        let mut remaining = cli.assets;
        while remaining > 0 {
            for head in heads.iter().take(usize::try_from(remaining).unwrap_or(usize::MAX)) {
                census.add(&AssetFacts::of_head(head), 1);
            }
            remaining = remaining.saturating_sub(heads.len() as u64);
        }
        let passed = SystemClock.boottime();
        let report = Report::new(&census, &licensing, Rounding::Up, None);
        let reported = SystemClock.boottime();
        resolving.push(resolved - started);
        passing.push(passed - resolved);
        reporting.push(reported - passed);
        shown = format!("{} of {} assets count, {} units", report.counted(), cli.assets, report.consumed);
    }
    println!("{shown}; {} model categories, {} different heads", cli.categories + SEEDED.len() as u64, heads.len());
    println!("\n{:<40}{:>24}", "", "ms median [low..high]");
    for (name, times) in
        [("tree and verdicts", resolving), ("one pass over every asset", passing), ("report of what was counted", reporting)]
    {
        println!("{name:<40}{:>24}", spread(times));
    }
    Ok(())
}

/// Custom categories in chains below ready-made ones, and some without a parent.
fn references(categories: u64) -> Result<References> {
    let mut references = References::seeded();
    for number in 0..categories {
        let id = Uuid::from_u128(u128::from(number) + 1);
        let parent = match number % DEPTH {
            0 if number.is_multiple_of(5) => None,
            0 => SEEDED.get(usize::try_from(number)? % SEEDED.len()).map(|category| category.id.0),
            _ => Some(Uuid::from_u128(u128::from(number))),
        };
        references.put(Table::ModelCategory, id, &format!("custom {number}"), parent);
    }
    Ok(references)
}

/// One head for each model category and state.
fn heads(references: &References) -> Result<Vec<Head>> {
    use muster_domain::asset::Directory as _;
    let categories = references.records(Table::ModelCategory);
    let mut heads = Vec::with_capacity(categories.len() * STATES.len());
    for state in STATES {
        for (category, _) in &categories {
            let mut asset = Asset::new(AssetId(Uuid::nil()), None, DateTime::UNIX_EPOCH);
            let layer = Layer::new()
                .with(Field::InstallStatus, Some(Value::Int(state)))
                .with(Field::SysClassName, Some(Value::Text("alm_hardware".to_owned())))
                .with(Field::ModelCategory, Some(Value::Ref(*category)));
            asset.observe(layer, DateTime::UNIX_EPOCH);
            let row = pack(&asset);
            let stored = StoredAsset::new(&row).map_err(|_| anyhow!("a row that was just made cannot be read"))?;
            heads.push(Head::new(stored.head()).map_err(|_| anyhow!("a head that was just made cannot be read"))?);
        }
    }
    Ok(heads)
}

fn licensing(references: &References) -> Result<Licensing> {
    let catalogue = Catalogue::published()?;
    let opted_in = ["End User Computers", "Servers", "Network Gear", "Monitors"].map(|name| (name, Choice::OptedIn));
    let choices = Choices::recorded(&catalogue, opted_in);
    let terms = Terms {
        ham_version: Version::new(10, 1),
        license_version: Version::new(5, 0),
        environment: Environment::NonProduction,
        entitlements: Entitlements::default(),
        installed: [Application::HardwareAssetManagement].into(),
        custom_category_licensing: false,
    };
    Ok(Licensing::new(catalogue, terms, choices, &Tree::of(references)))
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let millis = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    format!("{:.1} [{:.1}..{:.1}]", millis(times.get(times.len() / 2)), millis(times.first()), millis(times.last()))
}
