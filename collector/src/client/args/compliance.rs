//! Arguments of `compliance ...`.

use clap::Subcommand;
use std::path::PathBuf;

/// `compliance ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ComplianceCommand {
    /// The state and the last count, or one run with what changed in it.
    Show {
        /// The run's number, as in compliance history.
        run: Option<u64>,
    },
    /// Count now.
    Run,
    /// Runs, newest first, with what changed since the night before.
    History {
        /// Most runs to show.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// When the limit is reached if the nightly count goes on as it did.
    ///
    /// The slope is the median of the slopes between every two nights (Theil-Sen), the dates around it are the ends of its 90 % band.
    /// Only nights that the query in force counted are looked at.
    Forecast {
        /// Nights to look back on, 14 to 366.
        #[arg(long, default_value_t = 90)]
        nights: usize,
    },
    /// Write the audit pack: one signed file that the vendor checks offline with muster-vendor verify-report.
    Report {
        /// Where to write it; `-` is standard output.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}
