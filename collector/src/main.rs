//! `muster-collector`: the daemon and its admin client in one program.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    muster_collector::cli::run(muster_collector::cli::Cli::parse()).into()
}
