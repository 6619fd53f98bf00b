//! `verify`: whether a data directory is whole, while nobody serves from it.

use super::look::{has_keys, look, owned, told};
use crate::{backup::BackupError, trust::keys::KeyFiles};
use muster_runtime::{
    durable::DirLock,
    exit::Exit,
    output::{self, Format},
};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};
use uuid::Uuid;

/// Options of `verify`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "It reads every page and every row of the store, walks the chain of the audit log and tries the keys. The collector \
must not run on the directory: to check a running one, make a backup (muster-collector backup --to FILE), which is checked when it is \
taken, and try it with muster-collector restore --from FILE --data-dir DIR --dry-run. Exit code 78 when something is wrong."
)]
pub struct VerifyArgs {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
}

#[derive(Serialize)]
struct Verified {
    whole: bool,
    collector_id: Uuid,
    machine_key_id: String,
    rows: BTreeMap<String, u64>,
    findings: Vec<String>,
}

/// Verifies.
pub async fn verify(args: VerifyArgs, format: Option<Format>) -> Exit {
    let verified = match verified(&args).await {
        Ok(verified) => verified,
        Err(error) => {
            super::say(&error);
            return error.exit();
        }
    };
    let headers = ["whole", "collector_id", "machine_key_id", "findings"];
    let Verified { whole, collector_id, machine_key_id, findings, .. } = &verified.0;
    let text = match output::choose(format) {
        Format::Json => output::json(&verified.0).unwrap_or_default(),
        Format::Csv => {
            let row = vec![whole.to_string(), collector_id.to_string(), machine_key_id.clone(), findings.join("; ")];
            output::csv(&headers, &[row])
        }
        Format::Table => {
            let head = if *whole { "is whole" } else { "is not as the collector left it" };
            let findings: String = findings.iter().map(|finding| format!("\n  ! {finding}")).collect();
            format!(
                "{} {head}.{findings}\n\n  collector       {collector_id}\n  machine key id  {machine_key_id}\n  store           {}\n",
                args.data_dir.display(),
                verified.1
            )
        }
    };
    match output::print(&text) {
        Ok(()) if *whole => Exit::Done,
        Ok(()) => Exit::Config,
        Err(_) => Exit::Failed,
    }
}

async fn verified(args: &VerifyArgs) -> Result<(Verified, String), BackupError> {
    let keys = KeyFiles::of(&args.data_dir);
    if !has_keys(&keys)? {
        return Err(BackupError::Refused(format!(
            "{} is not a collector's data directory: keys/machine.key is not in it",
            args.data_dir.display()
        )));
    }
    owned(&args.data_dir, "verify")?;
    let _lock = DirLock::acquire(&args.data_dir).map_err(|error| BackupError::of_lock(error, &args.data_dir))?;
    let found = look(&args.data_dir.join("muster.redb"), &keys).await?;
    let text = told(&found.contents);
    let verified = Verified {
        whole: found.findings.is_empty(),
        collector_id: found.collector_id,
        machine_key_id: found.machine_key_id,
        rows: found.contents.rows,
        findings: found.findings,
    };
    Ok((verified, text))
}
