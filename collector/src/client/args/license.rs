//! Arguments of `license ...`.

use clap::Subcommand;
use std::path::PathBuf;

/// `license ...`
#[derive(Subcommand, Clone, Debug)]
pub enum LicenseCommand {
    /// Print the request that the vendor issues a key for.
    Request {
        /// The compliance query to ask for.
        #[arg(long, value_name = "QUERY")]
        query: Option<String>,
    },
    /// Apply a licence key and count.
    Apply {
        /// The key; `-` reads standard input.
        file: PathBuf,
        /// Only say what would happen.
        #[arg(long)]
        dry_run: bool,
    },
    /// The licence in force.
    Show,
    /// Every key that was applied.
    History,
    /// Say that the collector's clock is right after an anomaly.
    ConfirmClock,
}
