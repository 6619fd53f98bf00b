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
    /// Whose licence keys this site takes.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Say that the collector's clock is right after an anomaly.
    ConfirmClock,
}

/// `license trust ...`
#[derive(Subcommand, Clone, Debug)]
pub enum TrustCommand {
    /// Trust another vendor key, at once.
    ///
    /// FILE is the endorsement that the vendor made with `muster-vendor endorse`: it is taken when a key that is trusted already
    /// signed it. An owner of a site that chose its vendors itself may also add a vendor's public key, on nobody's word.
    Add {
        /// The endorsement, or the vendor.pub; `-` reads standard input.
        file: PathBuf,
    },
    /// The vendor keys that are trusted, and why.
    List,
}
