//! The commands, one file each.
//!
//! In: parsed arguments. Out: an exit code, or a failure with its text. Commands put parts together; what the parts do is
//! theirs.

mod completions;
mod enroll;
mod once;
mod run;
mod show;
mod status;

use crate::{cli::Command, identity::StateError};
use muster_runtime::{
    clock::{SharedClock, SystemClock},
    config::ConfigError,
    exit::Exit,
};
use std::sync::Arc;

/// Why a command failed: what is printed, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code (contract 1).
    pub exit: Exit,
    /// What was wrong, where, and what to do.
    pub message: String,
}

impl Failure {
    fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Config, error)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(error.exit(), error)
    }
}

/// Runs a command.
///
/// # Errors
/// What went wrong, for people, and the exit code.
pub async fn run(command: Command) -> Result<Exit, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    match command {
        Command::Enroll(args) => enroll::run(args, clock).await,
        Command::Run(place) => run::run(&place, clock).await,
        Command::Once(place) => once::run(&place, clock).await,
        Command::Show(args) => show::run(&args, clock).await,
        Command::Status(args) => status::run(&args, clock).await,
        Command::Completions { shell } => completions::run(shell),
    }
}

/// Prints to standard output.
fn print(text: &str) -> Result<Exit, Failure> {
    muster_runtime::output::print(text).map_err(|error| Failure::new(Exit::Failed, format!("cannot print: {error}")))?;
    Ok(Exit::Done)
}
