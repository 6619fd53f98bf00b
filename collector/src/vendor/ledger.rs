//! The vendor's record of issued keys: one JSON line for each, beside the signing key.
//!
//! In: issued keys. Out: a line that is on disk before the key is handed over, and the lookups of `renew`. Lines are only
//! ever appended. A line that a crash cut off is passed over with a warning.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use muster_license::{Claims, KeyDigest, MachineKeyId, MachinePublic, VendorKeyId, json};
use muster_runtime::durable;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{error::VendorError, files};

/// The name of the ledger beside the signing key.
pub(super) const FILE: &str = "vendor.ledger.jsonl";

/// The version of a line.
pub(super) const VERSION: u32 = 1;

/// One issued key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The version of the line.
    pub(super) v: u32,
    /// The signing key.
    pub(super) kid: VendorKeyId,
    /// The digest of the licence key.
    pub(super) digest: KeyDigest,
    /// The machine it was sealed to.
    pub(super) machine: MachinePublic,
    /// What it grants.
    pub(super) claims: Claims,
    /// The licence key itself, to be sent again when it was lost.
    pub(super) license: String,
}

/// A ledger as it was when it was opened, and what was appended since.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    entries: Vec<Entry>,
    unreadable: usize,
    /// Bytes that were read or written here; what is behind them, somebody else wrote meanwhile.
    read: u64,
}

impl Ledger {
    /// Reads a ledger; one that does not exist is empty.
    pub(super) fn open(path: PathBuf) -> Result<Self, VendorError> {
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(files::cannot("read", &path, error)),
        }
        let (mut entries, mut unreadable) = (Vec::new(), 0);
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            match json::read(line) {
                Ok(entry) => entries.push(entry),
                Err(_) if line.is_empty() => {}
                Err(error) => {
                    unreadable += 1;
                    tracing::warn!(ledger = %path.display(), line = number + 1, %error, "a line of the ledger is unreadable");
                }
            }
        }
        Ok(Self { path, entries, unreadable, read: bytes.len() as u64 })
    }

    /// Whether a file looks like one: its lines are JSON objects, which nothing else here is.
    pub(super) fn is_one(path: &Path) -> Result<bool, VendorError> {
        if path.as_os_str() == "-" {
            return Ok(false);
        }
        let mut first = [0];
        let read = File::open(path).and_then(|mut file| file.read(&mut first));
        Ok(read.map_err(|error| files::cannot("read", path, error))? == 1 && first == [b'{'])
    }

    /// Every issued key, in the order of the file.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Lines that could not be read.
    pub(super) fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The key with this name.
    pub(super) fn by_license(&self, lic_id: Uuid) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.claims.lic_id == lic_id)
    }

    /// The key with this digest.
    pub(super) fn by_digest(&self, digest: &KeyDigest) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.digest == *digest)
    }

    /// The key of a machine with the highest serial; of equal ones the last.
    pub(super) fn newest(&self, mkid: &MachineKeyId) -> Option<&Entry> {
        self.entries.iter().filter(|entry| entry.claims.mkid == *mkid).max_by_key(|entry| entry.claims.serial)
    }

    /// All machines, each once, in the order of their ids.
    pub(super) fn machines(&self) -> Vec<MachineKeyId> {
        let mut machines: Vec<_> = self.entries.iter().map(|entry| entry.claims.mkid.clone()).collect();
        machines.sort();
        machines.dedup();
        machines
    }

    /// Appends a line; it is on disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written, and when somebody else issued a key of the same serial for the machine since it was opened.
    pub(super) fn append(&mut self, entry: Entry) -> Result<(), VendorError> {
        let cannot = |error| files::cannot("write", &self.path, error);
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&self.path).map_err(cannot)?;
        // Two vendors at work on one ledger write one after the other.
        file.lock().map_err(cannot)?;
        let mut meanwhile = Vec::new();
        file.seek(SeekFrom::Start(self.read)).and_then(|_| file.read_to_end(&mut meanwhile)).map_err(cannot)?;
        let newer = meanwhile.split(|byte| *byte == b'\n').filter_map(|line| json::read::<Entry>(line).ok());
        let (mkid, serial) = (&entry.claims.mkid, entry.claims.serial);
        if newer.into_iter().any(|newer| newer.claims.mkid == *mkid && newer.claims.serial == serial) {
            return Err(VendorError::Meanwhile { path: self.path.clone(), serial });
        }
        append_line(&mut file, &self.path, json::write(&entry)?).map_err(cannot)?;
        self.read = file.metadata().map_err(cannot)?.len();
        self.entries.push(entry);
        Ok(())
    }
}

fn append_line(file: &mut File, path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    if !ends_with_newline(file)? {
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    file.sync_all()?;
    durable::sync_dir(match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    })
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
