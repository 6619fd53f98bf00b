//! `play-days`: the site of `cargo xtask demo --days`. In: a directory, how many days. Out: a line for every day on which something
//! happens, then the file `played.json` there, which says where the collector is; it runs until SIGTERM.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use muster_e2e::days::{Story, play};
use muster_e2e::{bins, files};
use tokio::signal::unix::{SignalKind, signal};

/// Plays the life of a site day by day, up to today, and goes on with it.
#[derive(Debug, Parser)]
struct Cli {
    /// Where everything of it goes; it must be there.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where the programs are.
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// How many days there are before today.
    #[arg(long, value_name = "N")]
    days: u32,
}

#[expect(clippy::print_stderr, reason = "what happens is told to people, and a program that failed has a last word")]
fn main() -> ExitCode {
    match run(&Cli::parse(), |line| eprintln!("{line}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("play-days: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli, tell: impl Fn(&str)) -> Result<()> {
    bins::take_from(&cli.programs)?;
    let dir = cli.dir.canonicalize().with_context(|| format!("the directory {}", cli.dir.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start")?;
    runtime.block_on(async {
        let mut end = signal(SignalKind::terminate()).context("heed SIGTERM")?;
        let playing = tokio::select! {
            played = play(&dir, Story::of(cli.days), tell) => played?,
            _ = end.recv() => return Ok(()),
        };
        let next = dir.join("played.next");
        files::put(&next, playing.told().to_string().as_bytes())?;
        std::fs::rename(&next, dir.join("played.json")).context("say where it is")?;
        let end = async {
            end.recv().await;
        };
        playing.live(end).await
    })
}
