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
    /// Check that the log is whole: the collector's, or an exported file. Both print the number of entries and the hash of the
    /// last one: note them where the collector's administrators cannot change them.
    Verify {
        /// A file of `audit export`; no collector is asked. Its chain shows whether an entry was changed, moved or left out, but
        /// not whether the last ones were cut off: give the number or hash that you noted.
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
        /// What the file must hold.
        #[command(flatten)]
        expected: ExpectedLog,
    },
}

/// What was noted of a log.
#[derive(Args, Clone, Debug, Default)]
pub struct ExpectedLog {
    /// The file must have this many entries, as `audit verify` of the collector showed them.
    #[arg(long, value_name = "N", requires = "input")]
    pub expect_entries: Option<u64>,
    /// The file's last entry must have this hash, as `audit verify` of the collector showed it.
    #[arg(long, value_name = "HEX", requires = "input")]
    pub expect_hash: Option<String>,
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
