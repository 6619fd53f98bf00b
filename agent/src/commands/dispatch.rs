//! From the parsed command line to the command.

use super::{completions, enforce, enroll, failure::Failure, once, run as daemon, show, status};
use crate::cli::Command;
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    exit::Exit,
};
use std::sync::Arc;

/// Runs a command.
///
/// # Errors
/// What went wrong, for people, and the exit code.
pub async fn run(command: Command) -> Result<Exit, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    match command {
        Command::Enroll(args) => enroll::run(args, clock).await,
        Command::Run(place) => daemon::run(&place, clock).await,
        Command::Once(place) => once::run(&place, clock).await,
        Command::Show(args) => show::run(&args, clock).await,
        Command::Status(args) => status::run(&args, clock).await,
        Command::Enforce(place) => enforce::run(&place, clock).await,
        Command::Completions { shell } => completions::run(shell),
    }
}
