//! `muster-agent`: arguments, log, runtime, exit code.

use clap::Parser as _;
use muster_agent::{
    cli::{Cli, Command},
    commands,
};
use muster_runtime::{exit::Exit, logging, tls};
use std::{io::Write as _, process::ExitCode};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // What runs by itself tells of what it does.
    let level = if matches!(cli.command, Command::Run(_) | Command::Enforce(_)) { "info" } else { "warn" };
    logging::init(&cli.log, level, "text");
    tls::install_default();
    // One thread does it all: the agent is small, and stays so.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return say(Exit::Failed, &format!("cannot start: {error}")),
    };
    let ended = runtime.block_on(commands::run(cli.command));
    // A look at the hardware that hangs must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(failure) => say(failure.exit, &failure.message),
    }
}

fn say(exit: Exit, message: &str) -> ExitCode {
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "muster-agent: {message}");
    exit.into()
}
