//! `restore`: the store of a backup in a data directory, all of it or nothing.

use super::{
    look::{Found, has_keys, look, owned, told},
    passphrase::PassphraseArgs,
};
use crate::{
    backup::{BackupError, KeyBundle, Manifest, PREPARED, machine_key_id, read_manifest, room, tidy, unpack},
    store::{self, records::AuditEntry},
    trust::keys::KeyFiles,
};
use chrono::{DateTime, Utc};
use muster_runtime::{
    clock::{Clock as _, SystemClock},
    durable::{self, DirLock},
    exit::Exit,
    output::{self, Format},
    progress::Bar,
    random, signals,
};
use serde::Serialize;
use std::{
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The store in a data directory.
const STORE: &str = "muster.redb";

/// Options of `restore`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "The collector must not run. Where the directory has a store, that one stays beside the new one under another name. \
A directory that is new or empty needs the keys, too: those of the collector the backup is of, from keys export. What happened after \
the backup is not in it: agents bring the newer licence state with them; API tokens, accounts and agents that were revoked since are \
as they were, machines that enrolled since must enrol again, and what was purged of a person since must be purged again. A backup proves that it is whole, not where it comes from: keep it where only \
you can write."
)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Do everything but the last step: says whether it would work, and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// A file of keys export, for a directory without keys.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Where the passphrase of the keys comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

#[derive(Serialize)]
struct Restored {
    dry_run: bool,
    backup: Manifest,
    /// The store that was there, under its new name.
    put_aside: Option<PathBuf>,
    findings: Vec<String>,
}

/// Restores.
pub async fn restore(args: RestoreArgs, format: Option<Format>) -> Exit {
    let outcome = tokio::select! {
        outcome = restored(&args, SystemClock.now()) => outcome,
        () = signals::terminate() => Err(BackupError::Interrupted),
    };
    let (restored, contents) = match outcome {
        Ok(restored) => restored,
        Err(error) => {
            super::say(&error);
            return error.exit();
        }
    };
    let Restored { dry_run, backup, put_aside, findings } = &restored;
    let text = match output::choose(format) {
        Format::Json => output::json(&restored).unwrap_or_default(),
        Format::Csv => {
            let aside = put_aside.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
            let row = vec![
                dry_run.to_string(),
                backup.created_at.to_rfc3339(),
                backup.collector_id.to_string(),
                aside,
                findings.join("; "),
            ];
            output::csv(&["dry_run", "created_at", "collector_id", "put_aside", "findings"], &[row])
        }
        Format::Table => {
            let (dir, at) = (args.data_dir.display(), backup.created_at.format("%Y-%m-%d %H:%M:%S UTC"));
            let head = match dry_run {
                true => format!("The backup can be restored into {dir}; nothing was changed."),
                false => format!("The store of {dir} is as it was at {at}."),
            };
            let findings: String = findings.iter().map(|finding| format!("\n  ! {finding}")).collect();
            let aside = put_aside.as_deref().map_or_else(String::new, |path| {
                let word = if *dry_run { "would be kept as" } else { "is kept as" };
                format!("\n  before      the store that was there {word} {}", path.display())
            });
            let next = match dry_run {
                true => String::new(),
                false => format!("\n\nNext: muster-collector serve --data-dir {dir}"),
            };
            format!(
                "{head}{findings}\n\n  backup      of {at}, by muster {}\n  collector   {}\n  store       {contents}{aside}{next}\n",
                output::printable(&backup.version),
                backup.collector_id
            )
        }
    };
    match output::print(&text) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}

async fn restored(args: &RestoreArgs, now: DateTime<Utc>) -> Result<(Restored, String), BackupError> {
    let mut from = BufReader::new(File::open(&args.from).map_err(BackupError::at(&args.from))?);
    let manifest = read_manifest(&mut from).map_err(|error| error.of(&args.from))?;
    let dir = &args.data_dir;
    let bundle = keys_for(args, &manifest)?;
    let target = Target::of(dir)?;
    room(dir, manifest.store_bytes)?;
    let staged = &target.staged;
    let path = staged.join(STORE);
    let (expected, to) = (manifest.clone(), path.clone());
    let taken = tokio::task::spawn_blocking(move || take_out(&expected, from, &to)).await;
    taken.map_err(|error| BackupError::Refused(error.to_string()))?.map_err(|error| error.of(&args.from))?;
    if let Some(bundle) = &bundle {
        bundle.write_into(staged)?;
    }
    let keys = KeyFiles::of(if bundle.is_some() { staged } else { dir });
    let Found { collector_id, contents, findings, .. } = look(&path, &keys).await?;
    let unknown: Vec<&str> =
        manifest.rows.keys().filter(|table| !contents.rows.contains_key(*table)).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(BackupError::Refused(format!(
            "{} was made by muster {}, and this program does not know all of it ({}); use that version",
            args.from.display(),
            output::printable(&manifest.version),
            output::printable(&unknown.join(", "))
        )));
    }
    let rows = contents.rows.iter().filter(|(table, _)| manifest.rows.contains_key(*table));
    if collector_id != manifest.collector_id || !rows.eq(manifest.rows.iter()) {
        return Err(BackupError::Damaged("the store in it is not the one that its manifest tells of".to_owned()).of(&args.from));
    }
    let put_aside = aside(dir, now)?;
    if !args.dry_run {
        note(&path, &manifest, now).await?;
        target.put_in_place(put_aside.as_deref(), bundle.is_some())?;
    }
    let told = told(&contents);
    Ok((Restored { dry_run: args.dry_run, backup: manifest, put_aside, findings }, told))
}

/// Under which name the store that is there is kept; none when there is none.
fn aside(dir: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, BackupError> {
    let store = dir.join(STORE);
    match store.symlink_metadata() {
        Ok(found) if found.is_file() => {}
        Ok(_) => {
            return Err(BackupError::Refused(format!(
                "{} is no plain file; put the store itself into the data directory, or restore into the directory that it lies in",
                store.display()
            )));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BackupError::at(&store)(error)),
    }
    let name = format!("{STORE}.before-{}", now.format("%Y%m%dT%H%M%SZ"));
    let names = std::iter::once(name.clone()).chain((2_u32..).map(|number| format!("{name}-{number}")));
    Ok(names.map(|name| dir.join(name)).find(|path| path.symlink_metadata().is_err()))
}

/// The keys that the directory needs; none when it has those of the backup.
fn keys_for(args: &RestoreArgs, manifest: &Manifest) -> Result<Option<KeyBundle>, BackupError> {
    let dir = &args.data_dir;
    let keys = KeyFiles::of(dir);
    let of_backup = |id: &str, whose: &str| {
        if id == manifest.machine_key_id {
            return Ok(());
        }
        Err(BackupError::Refused(format!(
            "the backup needs the machine key {}; {whose} is {id}. A backup belongs to the collector that made it",
            manifest.machine_key_id
        )))
    };
    if has_keys(&keys)? {
        let id = machine_key_id(&keys.read("machine.key")?).map_err(|reason| keys.invalid("machine.key", reason))?;
        of_backup(&id, &format!("that of {}", dir.display()))?;
        return match &args.keys {
            None => Ok(None),
            Some(_) => Err(BackupError::Refused(format!("{} has its keys; leave out --keys", dir.display()))),
        };
    }
    if let Ok(entries) = std::fs::read_dir(dir) {
        let strange = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let strange =
            strange.filter(|name| ![".lock", "ca.pem", "lost+found"].contains(&name.as_str()) && !name.starts_with(PREPARED));
        if let Some(name) = strange.into_iter().next() {
            return Err(BackupError::Refused(format!(
                "{} has no keys and is not empty ({name} is in it); restore into an empty directory, or one with the collector's keys",
                dir.display()
            )));
        }
    }
    let Some(path) = &args.keys else {
        return Err(BackupError::Refused(format!(
            "{} has no keys, and a backup has none either: give --keys FILE, made with muster-collector keys export",
            dir.display()
        )));
    };
    let bundle = KeyBundle::open(path, &args.passphrase.read(false)?)?;
    of_backup(bundle.machine_key_id(), &format!("that of {}", path.display()))?;
    Ok(Some(bundle))
}

/// Writes the store of a backup into a new file.
fn take_out(manifest: &Manifest, from: BufReader<File>, to: &Path) -> Result<(), BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(BackupError::at(to))?;
    let mut file = BufWriter::new(file);
    let mut bar = Bar::new("Reading the backup", manifest.store_bytes);
    unpack(manifest, from, &mut file, &mut |bytes| bar.tell(bytes))?;
    bar.end();
    let file = file.into_inner().map_err(|error| BackupError::at(to)(error.into_error()))?;
    file.sync_all().map_err(BackupError::at(to))
}

/// Writes into the audit log of the store that it was restored.
async fn note(path: &Path, manifest: &Manifest, now: DateTime<Utc>) -> Result<(), BackupError> {
    let stores = store::redb::open(path).await?;
    let audit = AuditEntry {
        at: now,
        actor: "collector".to_owned(),
        action: "backup.restore".to_owned(),
        subject: manifest.collector_id.to_string(),
        detail: serde_json::json!({"created_at": manifest.created_at, "store_sha256": manifest.store_sha256}),
    };
    let noted = stores.audit.append(audit).await;
    stores.system.close().await?;
    Ok(noted?)
}

/// The data directory, for this process alone, with a place in it where the new one is prepared.
struct Target {
    dir: PathBuf,
    staged: PathBuf,
    was_there: bool,
    placed: bool,
    _lock: DirLock,
}

impl Target {
    fn of(dir: &Path) -> Result<Self, BackupError> {
        let was_there = dir.is_dir();
        durable::create_dir(dir, 0o700).map_err(BackupError::at(dir))?;
        owned(dir, "restore")?;
        let lock = DirLock::acquire(dir).map_err(|error| BackupError::of_lock(error, dir))?;
        tidy(dir)?;
        let staged = dir.join(format!("{PREPARED}{:016x}", u64::from_le_bytes(random::bytes())));
        durable::create_dir(&staged, 0o700).map_err(BackupError::at(&staged))?;
        Ok(Self { dir: dir.to_owned(), staged, was_there, placed: false, _lock: lock })
    }

    /// Gives what was prepared its names, the store last: with the keys alone a directory can be restored into again. A crash leaves the
    /// old store or the new one.
    fn put_in_place(mut self, put_aside: Option<&Path>, with_keys: bool) -> Result<(), BackupError> {
        let moved = |name: &str| {
            let to = self.dir.join(name);
            std::fs::rename(self.staged.join(name), &to).map_err(BackupError::at(&to))
        };
        self.placed = true;
        if with_keys {
            moved("ca.pem")?;
            moved("keys")?;
        }
        let store = self.dir.join(STORE);
        if let Some(aside) = put_aside
            && std::fs::hard_link(&store, aside).is_err()
        {
            // A file system without links: for a moment there is no store under its name.
            std::fs::rename(&store, aside).map_err(BackupError::at(aside))?;
        }
        moved(STORE)?;
        durable::sync_dir(&self.dir).map_err(BackupError::at(&self.dir))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.staged));
        if !self.was_there && !self.placed {
            drop(std::fs::remove_dir_all(&self.dir));
        }
    }
}
