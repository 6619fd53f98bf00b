//! Arguments of the commands for records of software asset management: the same for every kind.

use clap::{Subcommand, builder::PossibleValuesParser};
use muster_domain::record::kinds;
use std::path::PathBuf;

/// What is done with records of a kind.
#[derive(Subcommand, Clone, Debug)]
pub enum RecordCommand {
    /// The records of the kind; as CSV they can be imported again.
    List {
        /// Only records whose field has this value, or is called so.
        #[arg(value_name = "FIELD=VALUE", value_parser = super::field_value)]
        fields: Vec<(String, String)>,
        /// Only records that hold this text somewhere.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// One record with everything that is known of it.
    Show {
        /// Its id or name.
        #[arg(value_name = "ID|NAME")]
        id: String,
    },
    /// Make a record. Which fields there are says: muster-collector record KIND fields
    Create {
        /// Its fields; references and other records by id or name.
        #[arg(value_name = "FIELD=VALUE", required = true, value_parser = super::field_value)]
        fields: Vec<(String, String)>,
        /// Only say what would be.
        #[arg(long)]
        dry_run: bool,
    },
    /// Change a record; what is not given stays, an empty value empties a field.
    Set {
        /// Its id or name.
        #[arg(value_name = "ID|NAME")]
        id: String,
        /// The fields to change.
        #[arg(value_name = "FIELD=VALUE", required = true, value_parser = super::field_value)]
        fields: Vec<(String, String)>,
        /// Only say what would be.
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete a record that nothing points to.
    Delete {
        /// Its id or name.
        #[arg(value_name = "ID|NAME")]
        id: String,
    },
    /// Who changed what when, newest first.
    History {
        /// Its id or name; the id also of one that was deleted.
        #[arg(value_name = "ID|NAME")]
        id: String,
    },
    /// Bring records in from a CSV file; what is wrong with a line is told, the other lines are in.
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
        /// Make a record of each company, user, location... that is not known yet; --dry-run tells which.
        #[arg(long)]
        create_references: bool,
        /// Make each contract that is not known yet.
        #[arg(long)]
        create_contracts: bool,
        /// Leave out contracts that are not known.
        #[arg(long, conflicts_with = "create_contracts")]
        skip_contracts: bool,
    },
    /// A CSV file to be filled in; its second line says what may stand in each column.
    Template,
    /// All records as CSV on standard output, to be changed and imported again.
    Export,
    /// The fields of the kind: what they are for and what may stand in them.
    Fields,
}

const IMPORT: &str = "Bring records in from a CSV file.

The first line names the columns: fields or their labels, in any order; see muster-collector record KIND template. \
An unknown column refuses the whole file, and so does one that is missing without which no new record can be, unless \
there is a column id. Cells are parted by comma, semicolon or tab; an amount may have its currency before it, as in EUR;200.

A line is about the record whose id is in the column id; without one about the record with the same unique fields, such \
as the number of an entitlement; otherwise it makes a new one. A line about a record that an earlier line is about is refused.

A reference is given by its display value or id, another record by its name or id. An empty cell leaves the field as it \
is, see --clear-empty. A contract that nobody knows refuses its line unless --create-contracts or --skip-contracts says \
otherwise. Each line is in whole or not at all; refused ones are told with line, column and reason, kept by the collector \
(muster-collector import list), and with --errors written to a file that can be mended and imported. An import that broke \
off can be repeated.

Exit code 1 when lines were refused.";

/// A parser of the kinds there are.
pub(super) fn record_kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(kinds::ALL.map(|schema| schema.path))
}
