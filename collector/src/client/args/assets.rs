//! Arguments of `asset ...`.

use clap::Subcommand;
use std::path::PathBuf;

/// `asset ...`
#[derive(Subcommand, Clone, Debug)]
pub enum AssetCommand {
    /// Assets, all or those that a query finds.
    List {
        /// An encoded query, such as install_status=1.
        #[arg(long, value_name = "ENCODED-QUERY")]
        query: Option<String>,
    },
    /// One asset with every field.
    Show {
        /// The asset's id, or the host name of its agent.
        id: String,
    },
    /// Change fields; an empty value empties a field.
    Set {
        /// The asset's id, or the host name of its agent.
        id: String,
        /// What to set.
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = super::field_value)]
        fields: Vec<(String, String)>,
    },
    /// Take back what was entered in fields, so that what the agent reports shows again.
    TakeBack {
        /// The asset's id, or the host name of its agent.
        id: String,
        /// The fields, such as serial_number.
        #[arg(required = true, value_name = "FIELD")]
        fields: Vec<String>,
    },
    /// Change the same fields of all assets that a query finds; look with --dry-run first.
    #[command(long_about = CHANGE)]
    Change {
        /// Which assets: an encoded query, such as install_status=1^warranty_expiration<2026-01-01.
        #[arg(long, value_name = "ENCODED-QUERY")]
        query: String,
        /// What to set, such as install_status=7 substatus=disposed; an empty value empties a field.
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = super::field_value)]
        fields: Vec<(String, String)>,
        /// Only say how many assets would change and why others would not.
        #[arg(long)]
        dry_run: bool,
        /// What the dry run found, COUNT:DIGEST: nothing is changed if the query finds other assets by now.
        #[arg(long, value_name = "COUNT:DIGEST", conflicts_with = "dry_run")]
        found: Option<String>,
    },
    /// How an encoded query may go on: fields, operators that fit, values.
    Complete {
        /// The query as far as it is known, such as install_status=; nothing for all fields.
        #[arg(default_value = "", value_name = "ENCODED-QUERY")]
        query: String,
    },
    /// Make one asset; many are easier to import.
    Add {
        /// Its fields, such as asset_tag=P1001 model_category=Computer install_status=6.
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = super::field_value)]
        fields: Vec<(String, String)>,
    },
    /// What changed on an asset, when and by whom, newest first.
    History {
        /// The asset's id, or the host name of its agent.
        id: String,
    },
    /// Bring assets in from a CSV file; what is wrong with a line is told, the other lines are in.
    #[command(long_about = IMPORT)]
    Import {
        /// The file.
        file: PathBuf,
        /// Only say what would be done, with the same counts and reasons.
        #[arg(long)]
        dry_run: bool,
        /// Where refused lines go, each with its number and the reason. Mend them there and import that file.
        #[arg(long, value_name = "FILE")]
        errors: Option<PathBuf>,
        /// An empty cell empties the field; otherwise it leaves the field as it is.
        #[arg(long)]
        clear_empty: bool,
        /// Make a record of each location, user, model... that is not known yet; --dry-run tells which.
        #[arg(long)]
        create_references: bool,
    },
    /// Write assets as CSV, in the form that import takes.
    Export {
        /// An encoded query, such as install_status=1.
        #[arg(long, value_name = "ENCODED-QUERY")]
        query: Option<String>,
    },
    /// What agents reported of the hardware of their machines: processors, memory, whether they are virtual.
    Hardware {
        /// Only of the asset with this id.
        #[arg(long, value_name = "ID")]
        asset: Option<String>,
    },
    /// Retire, dispose of, lend, plan to replace, or record a sighting of assets.
    #[command(long_about = ACTION)]
    Action {
        /// What to do.
        #[arg(value_parser = ["retire", "dispose", "loan", "refresh", "audit"])]
        name: String,
        /// The assets' ids.
        #[arg(value_name = "ID", required_unless_present = "query", conflicts_with = "query")]
        ids: Vec<String>,
        /// All assets that an encoded query finds, in place of ids.
        #[arg(long, value_name = "ENCODED-QUERY")]
        query: Option<String>,
        /// How it is done.
        #[command(flatten)]
        how: How,
    },
    /// What is wrong: silent agents, duplicates, no state, never assigned; and what would bring you under the limit.
    Hygiene {
        /// Show the assets of one class: duplicate_serial, duplicate_tag, duplicate_host, silent90, silent30, never_assigned or
        /// empty_state; or `proposal`, those that would bring you under the limit.
        #[arg(long)]
        class: Option<String>,
        /// Do this with the assets of the class; look at it with --dry-run first.
        #[arg(long, value_name = "ACTION", requires = "class", value_parser = ["retire", "dispose", "refresh", "audit"])]
        apply: Option<String>,
        /// How it is done.
        #[command(flatten)]
        how: How,
    },
}

/// How an action is done.
#[derive(clap::Args, Clone, Debug)]
pub struct How {
    /// For retire: the substate, such as sold; pending_disposal if not given.
    #[arg(long)]
    pub substate: Option<String>,
    /// For loan: the user, by id or name.
    #[arg(long, value_name = "USER")]
    pub to: Option<String>,
    /// Only say with how many and which assets it would be done.
    #[arg(long)]
    pub dry_run: bool,
}

const IMPORT: &str = "Bring assets in from a CSV file.

The first line names the columns: names of asset fields (asset_tag, serial_number, install_status, \
model_category...) or their labels (Asset tag, State...), in any order; see muster-collector asset export. \
An unknown column refuses the whole file. Cells are parted by comma, semicolon or tab.

A line is about the asset whose id is in the column id (or sys_id); without one about the asset with its asset_tag; \
without one about that with its serial_number; otherwise it makes a new asset. A line with none of the three makes \
a record once: the same line imported again finds it.

A state is given by its code or label, a reference by its display value or id. An empty cell leaves the field as it is, \
see --clear-empty. A display value that nobody knows refuses its line; with --create-references it becomes a record of its \
table, at most 10,000 of one file, but never a model category. Each line is in whole or not at all; refused ones are told with line and reason, and with --errors \
written to a file that can be mended and imported. An import that broke off can be repeated.

Exit code 1 when lines were refused.";

const CHANGE: &str = "Change the same fields of all assets that a query finds.

--dry-run says how many would change, and for how many the rules refuse it and why. It ends with what the query found; given \
back with --found, exactly these assets are changed, or none if the query finds others by then. Without --found the change \
is made to what the query finds now.

A query without a condition is refused: nobody means every asset by accident. Each asset keeps its history, and the audit log \
says who did it.

Exit code 1 when the rules refused it for some assets.";

const ACTION: &str = "Do something with assets.

  retire   Retired, substate pending_disposal or --substate; any state but Consumed
  dispose  Retired, substate disposed; what is In use is retired first
  loan     from In stock to In use, assigned to --to USER
  refresh  a replacement is planned: substate pending_retirement; In use and In stock only
  audit    somebody saw it: the history says who and when, nothing else changes

Assets whose state does not allow it are told with the reason and stay as they are; the others are done. \
Exit code 1 when some were refused.";
