//! `backup`: the store of the collector in a file here, proved to be whole before it gets its name.

use crate::{
    backup::{BackupError, Manifest, Unfinished, read_manifest, replaceable, unpack},
    client::{error::ClientError, http::Api, show::Printer},
};
use muster_runtime::{durable, progress::Bar, signals};
use serde_json::json;
use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

pub(super) async fn run(to: &Path, api: &Api, printer: Printer) -> Result<(), ClientError> {
    replaceable(to).map_err(|error| ClientError::Usage(format!("--to {error}")))?;
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = Unfinished::new(dir, "backup");
    let manifest = tokio::select! {
        taken = take(&unfinished.path, to, api) => taken?,
        () = signals::terminate() => return Err(ClientError::Failed("interrupted; nothing was kept".to_owned())),
    };
    // One that was there is replaced by one that was proved.
    let local = |error| ClientError::Local { what: format!("--to {}", to.display()), error };
    let bytes = unfinished.path.metadata().map_err(local)?.len();
    std::fs::rename(&unfinished.path, to).and_then(|()| durable::sync_dir(dir)).map_err(local)?;
    let Manifest { created_at, version, collector_id, machine_key_id, store_bytes, store_sha256, rows } = manifest;
    let record = json!({
        "file": to, "bytes": bytes, "created_at": created_at, "version": version, "collector_id": collector_id,
        "machine_key_id": machine_key_id, "store_bytes": store_bytes, "store_sha256": store_sha256, "rows": rows,
    });
    let all: u64 = rows.values().sum();
    printer.told(
        &record,
        &format!(
            "The backup is in {} ({bytes} bytes, {all} rows in {} tables, checked).\nThe keys are not in it. On the collector's machine: \
             muster-collector keys export --to FILE",
            to.display(),
            rows.len()
        ),
    )
}

/// Takes the backup into this file, and reads it again.
async fn take(path: &Path, to: &Path, api: &Api) -> Result<Manifest, ClientError> {
    let local = |error| ClientError::Local { what: format!("--to {}", to.display()), error };
    // Where nothing can be written nothing need be made.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(local)?;
    let mut response = api.download("/api/v1/backup", &[], "application/octet-stream").await?;
    let mut bar = Bar::new("Taking the backup", response.content_length().unwrap_or_default());
    let mut bytes = 0_u64;
    while let Some(piece) = api.piece(&mut response).await? {
        file.write_all(&piece).map_err(local)?;
        bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or_default());
        bar.tell(bytes);
    }
    bar.end();
    file.sync_all().map_err(local)?;
    let path = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || checked(&path)).await;
    let checked = checked.map_err(|error| ClientError::Failed(error.to_string()))?;
    checked.map_err(|error| ClientError::Failed(format!("the backup is not whole: {error}")))
}

/// Reads the file again from its beginning to its end.
fn checked(path: &Path) -> Result<Manifest, BackupError> {
    let mut from = BufReader::new(File::open(path).map_err(BackupError::at(path))?);
    let manifest = read_manifest(&mut from)?;
    let mut bar = Bar::new("Checking the backup", manifest.store_bytes);
    unpack(&manifest, from, &mut std::io::sink(), &mut |bytes| bar.tell(bytes))?;
    Ok(manifest)
}
