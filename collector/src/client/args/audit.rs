//! Arguments of `audit ...`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `audit ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AuditCommand {
    /// The newest entries.
    List {
        /// How many.
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
        /// Which ones.
        #[command(flatten)]
        filter: AuditFilterArgs,
    },
    /// Write the whole log to a file that `audit verify --input` checks without a collector: JSON lines, oldest first. With
    /// `--output csv` a table for people, newest first, of the entries that fit.
    Export {
        /// The file; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Which ones, with `--output csv`.
        #[command(flatten)]
        filter: AuditFilterArgs,
    },
    /// Check that the log is whole: the collector's, or an exported file.
    Verify {
        /// A file of `audit export`; no collector is asked.
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
    },
}

/// Which entries.
#[derive(Args, Clone, Debug, Default)]
pub struct AuditFilterArgs {
    /// A part of who did it, such as user:anna.
    #[arg(long, value_name = "TEXT")]
    pub actor: Option<String>,
    /// A part of what was done, such as license.
    #[arg(long, value_name = "TEXT")]
    pub action: Option<String>,
    /// A part of what it was done to.
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// From this time on, such as 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}
