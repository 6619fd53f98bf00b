//! Why a command failed, and how one prints.
//!
//! In: errors of the parts. Out: the text for people and the exit code of the contract.

use crate::identity::StateError;
use muster_runtime::{config::ConfigError, exit::Exit};

/// Why a command failed: what is printed, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code (contract 1).
    pub exit: Exit,
    /// What was wrong, where, and what to do.
    pub message: String,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
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

/// Prints to standard output.
pub(super) fn print(text: &str) -> Result<Exit, Failure> {
    muster_runtime::output::print(text).map_err(|error| Failure::new(Exit::Failed, format!("cannot print: {error}")))?;
    Ok(Exit::Done)
}

/// Says what went wrong where the exit code is not this program's own.
pub(super) fn complain(text: &str) {
    use std::io::Write as _;
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "muster-agent: {text}");
}
