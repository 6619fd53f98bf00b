//! Arguments of `settings ...`.

use clap::Subcommand;

/// `settings ...`
#[derive(Subcommand, Clone, Debug)]
pub enum SettingsCommand {
    /// Every setting with its value and what it does.
    List,
    /// Change settings; an empty value goes back to the default.
    ///
    /// A change is in force at once and stands in the audit log. Where the compliance count depends on a setting (null_mode: what
    /// != and NOT IN do with empty fields), the answer says what the compliance query counts before and after.
    Set {
        /// What to set, such as null_mode=inclusive.
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = pair)]
        settings: Vec<(String, String)>,
        /// Only say what would happen.
        #[arg(long)]
        dry_run: bool,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE, such as null_mode=inclusive".to_owned()),
    }
}
