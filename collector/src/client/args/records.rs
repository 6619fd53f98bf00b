//! Arguments of the commands for records of software asset management: the same for every kind.

use clap::{Subcommand, builder::PossibleValuesParser};
use muster_domain::record::kinds;

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
    /// All records as CSV on standard output, to be changed and imported again.
    Export,
    /// The fields of the kind: what they are for and what may stand in them.
    Fields,
}

/// A parser of the kinds there are.
pub(super) fn record_kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(kinds::ALL.map(|schema| schema.path))
}
