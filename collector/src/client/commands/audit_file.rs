//! `audit export` and `audit verify --input`: the audit log as a file, which is checked without a collector.

use crate::{
    chain::Walk,
    client::{args::ExpectedLog, error::ClientError, http::Api, show::Printer},
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

/// Checks the chain of an exported log, and its end against what was noted.
pub(super) fn verify(file: &Path, expected: &ExpectedLog, printer: Printer) -> Result<(), ClientError> {
    let local = |error| ClientError::Local { what: format!("--input {}", file.display()), error };
    let mut walk = Walk::default();
    let mut broken = None;
    for line in BufReader::new(File::open(file).map_err(local)?).lines() {
        if let Err(at) = walk.step(&line.map_err(local)?) {
            broken = Some(at);
            break;
        }
    }
    let wrong = broken.map_or_else(
        || otherwise(&walk, expected),
        |at| {
            let told = format!("The file is broken at entry {at}: what stands there was changed, moved or left out.");
            Some((told, format!("entry {at} of {} does not fit the one before", file.display())))
        },
    );
    let chain = json!({"intact": wrong.is_none(), "entries": walk.entries(), "broken_at": broken, "hash": walk.hash()});
    if let Some((told, error)) = wrong {
        printer.told(&chain, &told)?;
        return Err(ClientError::Failed(error));
    }
    let end = match expected {
        ExpectedLog { expect_entries: None, expect_hash: None } => {
            "Whether entries were cut off at its end tells what was noted of the log: give --expect-entries or --expect-hash."
        }
        _ => "It ends as expected.",
    };
    printer.told(&chain, &format!("The file is whole: {} entries, the last with the hash {}. {end}", walk.entries(), walk.hash()))
}

/// What is wrong with the end of a log whose entries fit each other, in a sentence and in short.
fn otherwise(walk: &Walk, expected: &ExpectedLog) -> Option<(String, String)> {
    let ExpectedLog { expect_entries, expect_hash } = expected;
    if walk.entries() == 0 {
        return Some((
            "The file is empty, and no audit log is: its first entry is written when the collector is set up.".to_owned(),
            "the file has no entry".to_owned(),
        ));
    }
    if let Some(entries) = expect_entries.filter(|entries| *entries != walk.entries()) {
        return Some((
            format!("The file has {} entries and not {entries}; those that it has fit each other.", walk.entries()),
            format!("{} entries where {entries} were expected", walk.entries()),
        ));
    }
    let hash = expect_hash.as_deref().map(str::trim).filter(|hash| !hash.eq_ignore_ascii_case(walk.hash()))?;
    Some((
        format!("The last entry of the file, number {}, has the hash {} and not {hash}.", walk.entries(), walk.hash()),
        "the last entry is not the one that was expected".to_owned(),
    ))
}
