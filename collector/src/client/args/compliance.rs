//! Arguments of `compliance ...`.

use clap::Subcommand;

/// `compliance ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ComplianceCommand {
    /// The state and the last count.
    Show,
    /// Count now.
    Run,
    /// Runs, newest first.
    History,
}
