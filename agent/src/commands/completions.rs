//! `completions`: a script for a shell.

use super::failure::{Failure, print};
use crate::cli::Cli;
use clap::CommandFactory as _;
use muster_runtime::exit::Exit;

pub(super) fn run(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "muster-agent", &mut script);
    print(&String::from_utf8_lossy(&script))
}
