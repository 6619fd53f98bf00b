//! Arguments of `audit ...`.

use clap::Subcommand;

/// `audit ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AuditCommand {
    /// The newest entries.
    List {
        /// How many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Check that the log is whole.
    Verify,
}
