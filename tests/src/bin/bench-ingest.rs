//! `bench-ingest`: the load program of `cargo xtask bench ingest`. In: arguments. Out: figures, and exit code 0 when
//! everything was measured. All of the load is one thread, so that it keeps to one processor.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use muster_e2e::bench::{Plan, run};

/// Measures how many reports a collector takes, beside nginx that answers 204 to the same bytes.
#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    plan: Plan,
}

#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn main() -> ExitCode {
    match measure(Cli::parse().plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-ingest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(plan: Plan) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start")?;
    runtime.block_on(run(plan))
}
