//! One file of records: created, appended to, read at an offset, removed.
//!
//! In: encoded records. Out: bytes at offsets. An append is on disk when it returns; one that fails leaves the file as it
//! was, or the file is given up. It must not decide what is kept.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const EXTENSION: &str = "seg";

/// The file that is appended to.
#[derive(Debug)]
pub(super) struct Active {
    file: File,
    /// The sequence number the file is named after.
    pub(super) id: u64,
    /// Bytes of whole records in it.
    pub(super) len: u64,
}

impl Active {
    /// Creates the file of `id` in `dir`; its name is durable when this returns.
    pub(super) fn create(dir: &Path, id: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path(dir, id))?;
        muster_runtime::durable::sync_dir(dir)?;
        Ok(Self { file, id, len: 0 })
    }

    /// Opens the file of `id` to append behind its first `len` bytes; what follows is cut off.
    pub(super) fn open(dir: &Path, id: u64, len: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path(dir, id))?;
        if file.metadata()?.len() != len {
            file.set_len(len)?;
            file.sync_all()?;
        }
        Ok(Self { file, id, len })
    }

    /// Appends and syncs; returns the offset.
    ///
    /// # Errors
    /// When it is not on disk. Then the file was cut back if that was possible, and must not be used again.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let offset = self.len;
        let written =
            self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.write_all(bytes)).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // The caller gives the file up; a record that is left in it all the same has a number that is sent once only.
            let _ = self.file.set_len(offset);
            return Err(error);
        }
        self.len = offset + bytes.len() as u64;
        Ok(offset)
    }
}

/// Reads `len` bytes at `offset`.
pub(super) fn read_at(dir: &Path, id: u64, offset: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path(dir, id))?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole file.
pub(super) fn read_all(dir: &Path, id: u64) -> io::Result<Vec<u8>> {
    std::fs::read(path(dir, id))
}

/// Replaces the whole file durably.
pub(super) fn rewrite(dir: &Path, id: u64, bytes: &[u8]) -> io::Result<()> {
    muster_runtime::durable::write(&path(dir, id), bytes, 0o600)
}

/// Removes the file; one that is gone already is no error.
pub(super) fn remove(dir: &Path, id: u64) -> io::Result<()> {
    match std::fs::remove_file(path(dir, id)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The ids of all files in `dir`, ascending. Other files are left alone.
pub(super) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = PathBuf::from(entry?.file_name());
        if name.extension().is_some_and(|extension| extension == EXTENSION) {
            ids.extend(name.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok()));
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

fn path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:020}.{EXTENSION}"))
}
