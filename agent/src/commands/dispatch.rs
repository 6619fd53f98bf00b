//! From the parsed command line to the command.

use super::{borrow, completions, enforce, enroll, exec, failure::Failure, once, run as daemon, show, status};
use crate::cli::Command;
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    exit::Exit,
};
use std::{process::ExitCode, sync::Arc};

/// Runs a command.
///
/// # Errors
/// What went wrong, for people, and the exit code.
pub async fn run(command: Command) -> Result<ExitCode, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    let exit: Result<Exit, Failure> = match command {
        // Its exit code is another program's.
        Command::Exec(args) => return exec::run(&args, &clock).await,
        Command::Enroll(args) => enroll::run(args, clock).await,
        Command::Run(place) => daemon::run(&place, clock).await,
        Command::Once(place) => once::run(&place, clock).await,
        Command::Show(args) => show::run(&args, clock).await,
        Command::Status(args) => status::run(&args, clock).await,
        Command::Return(args) => borrow::give_back(&args).await,
        Command::Enforce(place) => enforce::run(&place, clock).await,
        Command::Completions { shell } => completions::run(shell),
    };
    exit.map(ExitCode::from)
}
