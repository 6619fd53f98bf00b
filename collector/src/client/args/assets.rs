//! Arguments of `asset ...`.

use clap::Subcommand;

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
        /// The asset's id.
        id: String,
    },
    /// Change fields; an empty value empties a field.
    Set {
        /// The asset's id.
        id: String,
        /// What to set.
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = pair)]
        fields: Vec<(String, String)>,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as FIELD=VALUE, such as install_status=7".to_owned()),
    }
}
