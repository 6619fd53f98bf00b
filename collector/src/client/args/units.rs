//! Arguments of `units ...`.

use clap::Subcommand;

/// `units ...`
#[derive(Subcommand, Clone, Debug)]
pub enum UnitsCommand {
    /// Subscription units as of now: assets, ratio and units per resource category, against what was bought.
    Show,
    /// Every resource category: what is opted in, ratio, entitlement, model categories.
    Categories,
    /// Opt a resource category in: its assets count, and their models can be normalised and actions done with them.
    ///
    /// Custom model categories below its own are taken along. Look at the effect first, with --dry-run.
    OptIn {
        /// Its name, such as "End User Computers".
        category: String,
        /// Only say which assets and units would count.
        #[arg(long)]
        dry_run: bool,
    },
    /// Opt a resource category out: its assets no longer count, and asset actions are refused for them.
    OptOut {
        /// Its name.
        category: String,
        /// Only say which assets and units would count.
        #[arg(long)]
        dry_run: bool,
    },
    /// Change a resource category's row in the table, or add one with a new name.
    Set {
        /// Its name.
        category: String,
        /// How many assets make one unit.
        #[arg(long, value_name = "N")]
        ratio: Option<u32>,
        /// Its model categories, instead of those it has.
        #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
        model_categories: Option<Vec<String>>,
        /// The entitlement that it needs; empty for none.
        #[arg(long, value_name = "NAME")]
        entitlement: Option<String>,
        /// The applications that support it: ZTM, TNI, HAM.
        #[arg(long, value_name = "CODE,...", value_delimiter = ',')]
        applications: Option<Vec<String>>,
        /// The first version of Hardware Asset Management that has it, such as 10.1.0; empty for any.
        #[arg(long, value_name = "VERSION")]
        ham_version: Option<String>,
        /// The first licence version that has it, such as 5.0; empty for any.
        #[arg(long, value_name = "VERSION")]
        license_version: Option<String>,
    },
    /// Take a changed resource category back to the published row. What is opted in stays so.
    Reset {
        /// Its name.
        category: String,
    },
    /// Weekly reports, and who opted in or out when.
    History {
        /// At most so many entries.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
}
