//! What counting costs, for `cargo xtask bench nightly`. In: how many assets. Out: figures of a store of its own that is made for
//! it: a scan that only touches the rows as the limit, and beside it counts by queries of many kinds. It judges nothing.

mod estate;

use anyhow::{Context as _, Result};
use clap::Parser;
use estate::assets::{fill, names, start};
use muster_collector::{
    compliance::count,
    store::{self, Stores},
};
use muster_domain::{
    asset::{References, StoredAsset},
    calendar::SiteZone,
    query::{Context, NullMode},
};
use muster_runtime::clock::{Clock as _, SystemClock};
use std::{
    future::Future,
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Counts over many stored assets.
#[derive(Debug, Parser)]
struct Cli {
    /// How many assets are stored.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    assets: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// Where the store is made and removed again; the directory for temporary files when absent. A million assets need 2 GB.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Measure only queries whose name has this in it.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "PART")]
    only: String,
    /// What cargo says to every program that measures.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Its name and its text.
type Query = (&'static str, &'static str);

/// Queries that heads answer.
const OF_HEADS: &[Query] = &[
    ("default query", "install_statusNOT IN2,7,10"),
    ("with a model category", "install_statusNOT IN2,7,10^model_category.name=Computer"),
    (
        "of all head fields",
        "sys_class_nameINSTANCEOFalm_asset^substatusISEMPTY^excluded_from_ham!=true^quantity=1^NQinstall_status=6",
    ),
];

/// Queries that look at every row.
const OF_ROWS: &[Query] = &[
    ("text LIKE", "serial_numberLIKE77"),
    ("text STARTSWITH, ^OR", "asset_tagSTARTSWITHP01^ORasset_tagSTARTSWITHP02"),
    ("long text LIKE", "commentsLIKEreturned"),
    ("relative date", "purchase_dateRELATIVEGT@year@ago@2"),
    ("instant", "sys_updated_on>=javascript:gs.daysAgoStart(30)"),
    ("dot-walk", "assigned_to.nameSTARTSWITHuser 1"),
    ("reference and ^NQ", "install_status=1^assigned_toISEMPTY^NQinstall_status=6^costISNOTEMPTY"),
    ("two fields", "warranty_expirationGT_FIELDpurchase_date"),
    ("text query", "123TEXTQUERY321=returned"),
    ("related list", "RLQUERYalm_asset.parent,>=1^ENDRLQUERY"),
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
        let took = timed(fill(&stores, cli.assets)).await?;
        let size = path.metadata().map(|file| file.len()).unwrap_or_default();
        println!("{} assets stored in {:.0} s; the file has {} MB", cli.assets, took.as_secs_f64(), size / 1_000_000);
        stores.system.close().await?;
        // Opened anew, as after a restart: what is known of heads is known from the file.
        let before = resident();
        let stores = store::redb::open(&path).await?;
        measure(&cli, &stores, before).await
    })
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
async fn measure(cli: &Cli, stores: &Stores, before: Option<u64>) -> Result<()> {
    let references = Arc::new(references());
    let now = Context::new(start(), SiteZone::UTC);
    let heads = stores.assets.heads().await?;
    let counted = |query: &'static str| count(stores, query, "alm_hardware", &now, Arc::clone(&references), NullMode::Sql);
    // Once without a clock, so that no round finds the disk colder than the others.
    let bytes = touch(stores).await?;
    let after_heads = resident();
    let (mut bare, mut bare_processor) = (Vec::new(), Vec::new());
    let wanted = |queries: &'static [Query]| -> Vec<Query> {
        queries.iter().copied().filter(|(name, _)| name.contains(&cli.only)).collect()
    };
    let (of_heads_asked, of_rows_asked) = (wanted(OF_HEADS), wanted(OF_ROWS));
    let mut of_heads = vec![Vec::new(); of_heads_asked.len()];
    let mut of_rows = vec![Vec::new(); of_rows_asked.len()];
    let mut found = vec![0; of_rows_asked.len()];
    for _ in 0..cli.rounds {
        for ((_, query), times) in of_heads_asked.iter().zip(&mut of_heads) {
            times.push(timed(counted(query)).await?);
        }
        for (((_, query), times), found) in of_rows_asked.iter().zip(&mut of_rows).zip(&mut found) {
            // The limit and the query in turn, so that what else the machine does meets both.
            let before = processor();
            let limit = timed(touch(stores)).await?;
            let between = processor();
            let started = SystemClock.boottime();
            *found = counted(query).await?.assets;
            let took = SystemClock.boottime().saturating_sub(started);
            times.push((took, (processor() - between).as_secs_f64() / (between - before).as_secs_f64()));
            bare.push(limit);
            bare_processor.push(between - before);
        }
    }
    println!("\n{:<26}{:>24}", "", "ms [low..high]");
    let millis = |times: &[Duration]| times.iter().map(|time| time.as_secs_f64() * 1e3).collect::<Vec<_>>();
    println!(
        "{:<26}{:>24}   {} of processor time; the limit: every row's {} bytes touched, nothing read",
        "bare scan of the rows",
        spread(millis(&bare), 0),
        spread(millis(&bare_processor), 0),
        bytes / cli.assets.max(1)
    );
    for ((name, query), times) in of_heads_asked.iter().zip(&of_heads) {
        println!("{name:<26}{:>24}   {query}", spread(millis(times), 3));
    }
    println!("\n{:<26}{:>24}{:>28}{:>10}", "", "ms [low..high]", "processor time / bare scan", "found");
    for (((name, query), times), found) in of_rows_asked.iter().zip(&of_rows).zip(found) {
        let took: Vec<Duration> = times.iter().map(|(took, _)| *took).collect();
        let ratios = times.iter().map(|(_, ratio)| *ratio).collect();
        println!("{name:<26}{:>24}{:>28}{found:>10}   {query}", spread(millis(&took), 0), spread(ratios, 2));
    }
    let kept: usize = heads.iter().map(|(head, _)| head.clone().into_bytes().len() + 8).sum();
    println!(
        "\n{} different heads, {kept} bytes in the file, none kept in memory: {:.4} bytes an asset",
        heads.len(),
        kept as f64 / cli.assets as f64
    );
    if let (Some(before), Some(after), Some(now)) = (before, after_heads, resident()) {
        println!(
            "resident: {before} MB before the store was opened, {after} MB after a scan, {now} MB now (the store's cache is 128 MB)"
        );
    }
    Ok(())
}

/// Touches every row, and nothing more.
async fn touch(stores: &Stores) -> Result<u64> {
    let (bytes, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counting, seeing) = (Arc::clone(&bytes), Arc::clone(&seen));
    let visit = move |asset: &StoredAsset<'_>| {
        let row = asset.bytes();
        let sum = row.chunks_exact(8).filter_map(|part| part.try_into().ok()).fold(0, |sum, part| sum ^ u64::from_le_bytes(part));
        counting.fetch_add(row.len() as u64, Ordering::Relaxed);
        seeing.fetch_xor(sum, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    stores.assets.scan(None, Box::new(visit)).await?;
    std::hint::black_box(seen.load(Ordering::Relaxed));
    Ok(bytes.load(Ordering::Relaxed))
}

fn references() -> References {
    let mut references = References::seeded();
    for (table, id, name) in names() {
        references.insert(table, id, &name);
    }
    references
}

async fn timed<T, E: Into<anyhow::Error>>(work: impl Future<Output = Result<T, E>>) -> Result<Duration> {
    let started = SystemClock.boottime();
    work.await.map_err(Into::into)?;
    Ok(SystemClock.boottime().saturating_sub(started))
}

/// The processor time of this process until now: what else the machine does takes less of it than of a clock on the wall.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// A middle value and the two ends.
fn spread(mut values: Vec<f64>, places: usize) -> String {
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    let middle = f64::midpoint(at((values.len().saturating_sub(1)) / 2), at(values.len() / 2));
    format!("{middle:.places$} [{:.places$}..{:.places$}]", at(0), at(values.len().saturating_sub(1)))
}

/// The memory of this process, in MB.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_000)
}
