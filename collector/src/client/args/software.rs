//! Arguments of `software ...`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

/// `software ...`
#[derive(Subcommand, Clone, Debug)]
pub enum SoftwareCommand {
    /// Different software that is installed anywhere, with the number of assets that have it.
    List {
        /// Only software whose name contains this, without regard to case.
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// What is installed on which asset, as agents reported it.
    Installs(InstallsArgs),
}

/// `software installs`
#[derive(Args, Clone, Debug)]
pub struct InstallsArgs {
    /// Only of this asset.
    #[arg(long, value_name = "ID")]
    pub asset: Option<String>,
    /// Only software whose name contains this, without regard to case.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// What was removed, instead of what is installed.
    #[arg(long)]
    pub removed: bool,
    /// Only what was first reported (or removed) since then, such as 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<DateTime<Utc>>,
    /// Also of retired assets.
    #[arg(long)]
    pub retired: bool,
}
