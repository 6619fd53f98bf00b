//! Arguments of `metric ...`.

use clap::Subcommand;
use std::path::PathBuf;

/// `metric ...`
#[derive(Subcommand, Clone, Debug)]
pub enum MetricCommand {
    /// Every licence metric with what it counts and whether its pack is on.
    List {
        /// Only of this group, such as Oracle.
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
    },
    /// One metric: description, formula, what it takes, attributes.
    Show {
        /// Its group, such as Oracle.
        group: String,
        /// Its name, such as Processor.
        metric: String,
    },
    /// The tables that metrics are computed with: core factors, value units, tiers.
    #[command(subcommand)]
    Factors(FactorCommand),
}

/// `metric factors ...`
#[derive(Subcommand, Clone, Debug)]
pub enum FactorCommand {
    /// Every table with its source. CHECK: the source was a secondary one; compare with the publisher's own.
    List,
    /// One table as JSON, in the form that `set` takes.
    Show {
        /// Its name, such as oracle.core.
        table: String,
        /// As it is published, whatever the site changed.
        #[arg(long)]
        published: bool,
    },
    /// Change a table: the next reconciliation computes with it. The change stands in the audit log.
    Set {
        /// Its name, such as oracle.core.
        table: String,
        /// A file with the table as JSON: {"rows": [...]} or {"value": ...}, as `show` prints it; perhaps "source" and "check".
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Go back to the published table.
    Reset {
        /// Its name, such as oracle.core.
        table: String,
    },
}
