//! Arguments of `reference ...`.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use muster_domain::asset::Table;

/// `reference ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ReferenceCommand {
    /// The records of a table, by name.
    List {
        /// The table.
        #[arg(value_parser = tables())]
        table: String,
    },
    /// One record.
    Show {
        /// Which.
        #[command(flatten)]
        record: RecordArgs,
    },
    /// Make a record, so that fields of assets can name it: asset set ID location=NAME.
    Add {
        /// The table.
        #[arg(value_parser = tables())]
        table: String,
        /// Its name, unique in the table without regard to case.
        name: String,
        /// The record above it, by id or name.
        #[arg(long, value_name = "ID|NAME")]
        parent: Option<String>,
    },
    /// Change a record; what is not given stays. Assets that name it show its new name.
    Set {
        /// Which.
        #[command(flatten)]
        record: RecordArgs,
        /// Another name.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The record above it, by id or name; an empty text for none.
        #[arg(long, value_name = "ID|NAME")]
        parent: Option<String>,
        /// Whether it should be chosen for anything new.
        #[arg(long, value_name = "true|false")]
        active: Option<bool>,
    },
    /// Delete a record that no asset and no other record names.
    Delete {
        /// Which.
        #[command(flatten)]
        record: RecordArgs,
    },
}

/// A record of a table.
#[derive(Args, Clone, Debug)]
pub struct RecordArgs {
    /// The table.
    #[arg(value_parser = tables())]
    pub table: String,
    /// The record's id or name.
    #[arg(value_name = "ID|NAME")]
    pub record: String,
}

fn tables() -> PossibleValuesParser {
    PossibleValuesParser::new(Table::KEPT.map(Table::name))
}
