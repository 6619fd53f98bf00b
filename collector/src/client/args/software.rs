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
    /// The rules of normalisation in the order in which they are tried, the site's own and those that come with the product.
    ///
    /// A rule of your own is a record: muster-collector record normalization-rules create ... The rules' language:
    /// muster-collector help normalisation
    Rules,
    /// What the rules make of a name, and which rule says so.
    Test(RuleTestArgs),
    /// Names that no rule is about, the most frequent first.
    Unrecognised,
    /// What is installed as publishers, products and versions, with the software model that each is of.
    Products,
}

/// `software test`
#[derive(Args, Clone, Debug)]
pub struct RuleTestArgs {
    /// The name, as the machine reports it.
    pub name: String,
    /// The version, as the machine reports it.
    #[arg(long, value_name = "TEXT")]
    pub version: Option<String>,
    /// The publisher, as the machine reports it.
    #[arg(long, value_name = "TEXT")]
    pub publisher: Option<String>,
    /// What installed it: dpkg, rpm, flatpak, snap, windows, macos; windows when absent.
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
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
