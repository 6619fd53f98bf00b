//! `keys export`: the certificate authority and the machine key in one file under a passphrase.

use super::passphrase::PassphraseArgs;
use crate::{
    backup::{self, BackupError},
    config::{self, Overrides},
};
use muster_runtime::{
    durable,
    exit::Exit,
    output::{self, Format},
};
use serde_json::json;
use std::path::PathBuf;

/// `keys ...`
#[derive(Debug, Clone, clap::Subcommand)]
pub enum KeysCommand {
    /// Write the keys of a collector, sealed under a passphrase, to a file: without them no backup can be put back on another
    /// machine. The collector may run meanwhile.
    Export(KeysExportArgs),
}

/// Options of `keys export`.
#[derive(Debug, Clone, clap::Args)]
pub struct KeysExportArgs {
    /// The file; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// The data directory; the configured one when absent.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// Runs `keys ...`.
#[must_use]
pub fn keys(command: KeysCommand, format: Option<Format>) -> Exit {
    let KeysCommand::Export(args) = command;
    let data_dir = match args.data_dir.clone() {
        Some(data_dir) => data_dir,
        None => match config::load(&Overrides { config: None, values: Vec::new() }) {
            Ok(config) => config.data_dir,
            Err(error) => {
                super::say(&error);
                return Exit::Config;
            }
        },
    };
    let exported = backup::replaceable(&args.to).and_then(|()| args.passphrase.read(true)).and_then(|passphrase| {
        let (text, machine_key_id) = backup::export_keys(&data_dir, &passphrase)?;
        durable::write(&args.to, text.as_bytes(), 0o600).map_err(BackupError::at(&args.to))?;
        Ok(machine_key_id)
    });
    let machine_key_id = match exported {
        Ok(id) => id,
        Err(error) => {
            super::say(&error);
            return error.exit();
        }
    };
    let text = match output::choose(format) {
        Format::Json => output::json(&json!({"file": args.to, "machine_key_id": machine_key_id})).unwrap_or_default(),
        Format::Csv => output::csv(&["file", "machine_key_id"], &[vec![args.to.display().to_string(), machine_key_id]]),
        Format::Table => format!(
            "The keys of {} (machine key id {machine_key_id}) are in {}, sealed.\nKeep it apart from the passphrase: with both, anybody can be \
             this collector.\n",
            data_dir.display(),
            args.to.display()
        ),
    };
    match output::print(&text) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
