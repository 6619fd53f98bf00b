//! `cargo xtask bench`: measures. In: what, and for how long. Out: release builds of the programs and of the load program,
//! which then has the machine to itself: the servers on the first processor and the load on the second, where that can be
//! arranged. What counting costs is measured inside the collector. The figures are the programs' own output.

use std::process::{Command, Stdio};

use anyhow::Result;
use clap::Subcommand;

use crate::apt;
use crate::programs::{self, Profile};
use crate::run::{Steps, cargo, say};

/// What can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Reports of agents over mutual TLS, unchanged and changed, beside nginx that answers 204 to the same bytes.
    Ingest(Ingest),
    /// Counts by encoded queries over many stored assets, beside a scan that only touches the same rows.
    Nightly(Nightly),
    /// A report on subscription units over many assets of many custom model categories.
    Units(Units),
    /// Pages of the console and lists of the API over many stored assets, beside the limits of 100 and 300 ms.
    Pages(Pages),
    /// A reconciliation of a whole site: reading its store, and the run, beside the limits of 60 s and 2 GiB.
    Reconcile(Reconcile),
}

/// Arguments of `bench ingest`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ingest {
    /// How long each load lasts.
    #[arg(long, default_value_t = 10, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
    /// How many agents, each on a connection of its own.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    agents: u64,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

/// Arguments of `bench nightly`.
#[derive(Debug, clap::Args)]
pub(crate) struct Nightly {
    /// How many assets are stored first; a million take some minutes and 2 GB in the directory for temporary files.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    assets: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
}

/// Arguments of `bench pages`.
#[derive(Debug, clap::Args)]
pub(crate) struct Pages {
    /// How many assets are stored first; a million take some minutes and 2 GB in the directory for temporary files.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    assets: u64,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rounds: u64,
}

/// Arguments of `bench units`.
#[derive(Debug, clap::Args)]
pub(crate) struct Units {
    /// How many assets are counted.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    assets: u64,
    /// How many custom model categories there are.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    categories: u64,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
}

/// Arguments of `bench reconcile`.
#[derive(Debug, clap::Args)]
pub(crate) struct Reconcile {
    /// How many devices are stored first; 50,000 with 200 installs each take some minutes and 2 GB.
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    devices: u64,
    /// How many installs each device has.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=2_000))]
    installs: u64,
    /// How many entitlements there are.
    #[arg(long, default_value_t = 5_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    entitlements: u64,
}

/// Measures.
///
/// # Errors
/// Something that is needed is missing, a build fails, or the load program does.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Ingest(args) => ingest(args),
        Bench::Nightly(args) => inside("nightly", &[("--assets", args.assets), ("--rounds", args.rounds)]),
        Bench::Pages(args) => inside("pages", &[("--assets", args.assets), ("--rounds", args.rounds)]),
        Bench::Reconcile(args) => {
            let arguments = [("--devices", args.devices), ("--installs", args.installs), ("--entitlements", args.entitlements)];
            inside("reconcile", &arguments)
        }
        Bench::Units(args) => {
            inside("units", &[("--assets", args.assets), ("--categories", args.categories), ("--rounds", args.rounds)])
        }
    }
}

fn ingest(args: &Ingest) -> Result<()> {
    let mut steps = Steps::default();
    apt::ensure(&mut steps, apt::FOR_BENCH)?;
    // The programs as they are installed; the load program apart from them, so that it does not decide their features.
    let programs = programs::build(&mut steps, Profile::Release)?;
    programs::build_packages(&mut steps, Profile::Release, &["--package=muster-e2e"])?;
    let load = programs.join("bench-ingest");
    let pinned = can_pin();
    if !pinned {
        say("load and servers share their processors: there are not two, or no taskset");
    }
    let mut command = if pinned { on_processor("1", &load) } else { Command::new(&load) };
    command.arg("--programs").arg(&programs);
    if pinned {
        command.args(["--server-processor", "0"]);
    }
    for (name, value) in [("--seconds", args.seconds), ("--rounds", args.rounds), ("--agents", args.agents)] {
        command.arg(name).arg(value.to_string());
    }
    if args.json {
        command.arg("--json");
    }
    steps.run("measure", &mut command)
}

/// What is measured inside the collector.
fn inside(bench: &str, arguments: &[(&str, u64)]) -> Result<()> {
    let mut steps = Steps::default();
    let bench = format!("--bench={bench}");
    let which = ["--locked", "--package=muster-collector", bench.as_str()];
    steps.run("build", cargo(&["bench", "--no-run"]).args(which))?;
    let mut command = cargo(&["bench", "--quiet"]);
    command.args(which).arg("--");
    for (name, value) in arguments {
        command.arg(name).arg(value.to_string());
    }
    steps.run("measure", &mut command)
}

fn on_processor(list: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", list]).arg(program);
    command
}

/// Whether the first two processors are ours to choose from.
fn can_pin() -> bool {
    ["0", "1"].into_iter().all(|processor| {
        let mut probe = on_processor(processor, "true");
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    })
}
