//! `audit export` and `audit verify --input`: the audit log as a file, which is checked without a collector.

use crate::{
    chain::Walk,
    client::{error::ClientError, http::Api, show::Printer},
};
use muster_runtime::output::Format;
use serde_json::json;
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
};

/// Writes the log to a new file, as it comes.
pub(super) async fn export(to: &Path, asked: &[(&str, &str)], api: &Api, printer: Printer) -> Result<(), ClientError> {
    let kind = if printer.chosen() == Some(Format::Csv) { "text/csv" } else { "application/x-ndjson" };
    let local = |error| ClientError::Local { what: format!("--to {}", to.display()), error };
    // Nothing is made where the collector refuses.
    let mut response = api.download("/api/v1/audit/export", asked, kind).await?;
    let mut file = File::options().write(true).create_new(true).open(to).map_err(local)?;
    let mut bytes = 0_usize;
    let written = async {
        while let Some(piece) = api.piece(&mut response).await? {
            file.write_all(&piece).map_err(local)?;
            bytes = bytes.saturating_add(piece.len());
        }
        file.sync_all().map_err(local)
    };
    if let Err(error) = written.await {
        // Half a log must not be taken for one.
        drop(std::fs::remove_file(to));
        return Err(error);
    }
    printer.aside(&format!("The audit log is in {} ({bytes} bytes).", to.display()))
}

/// Checks the chain of an exported log.
pub(super) fn verify(file: &Path, printer: Printer) -> Result<(), ClientError> {
    let local = |error| ClientError::Local { what: format!("--input {}", file.display()), error };
    let mut walk = Walk::default();
    let mut broken = None;
    for line in BufReader::new(File::open(file).map_err(local)?).lines() {
        if let Err(at) = walk.step(&line.map_err(local)?) {
            broken = Some(at);
            break;
        }
    }
    let entries = walk.entries();
    let chain = json!({"intact": broken.is_none(), "entries": entries, "broken_at": broken, "hash": walk.hash()});
    match broken {
        None => printer.told(
            &chain,
            &format!(
                "The file is whole: {entries} entries, the last with the hash {}. Whether entries were cut off at its end tells the \
                 collector's own log: audit list --output json shows this hash at that number.",
                walk.hash()
            ),
        ),
        Some(at) => {
            printer.told(&chain, &format!("The file is broken at entry {at}: what stands there was changed, moved or left out."))?;
            Err(ClientError::Failed(format!("entry {at} of {} does not fit the one before", file.display())))
        }
    }
}
