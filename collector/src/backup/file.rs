//! The file of a backup: two lines that people can read, and the store, compressed.
//!
//! `muster-backup 1 HEX` with the SHA-256 of the second line; the manifest as one line of JSON, with the SHA-256 of the store; the
//! store as one zstd frame, and nothing behind it.

use super::error::BackupError;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read, Write},
};
use uuid::Uuid;

/// How the first line begins.
const MAGIC: &str = "muster-backup";
/// The format that is written.
const FORMAT: u32 = 1;
/// Longest line: the manifest names a hundred tables.
const LINE_BYTES: u64 = 64 * 1024;
/// What is read at once.
const PORTION: usize = 256 * 1024;
/// How hard the store is compressed: what the archives of today do by default.
const LEVEL: i32 = 3;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When the store was as it is in it.
    pub created_at: DateTime<Utc>,
    /// The program that made it.
    pub version: String,
    /// Whose store it is.
    pub collector_id: Uuid,
    /// Whose keys the store needs.
    pub machine_key_id: String,
    /// Bytes of the store.
    pub store_bytes: u64,
    /// SHA-256 of the store, hexadecimal.
    pub store_sha256: String,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
}

/// Writes a backup: `store` is read to its end.
pub(super) fn pack(manifest: &Manifest, store: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let line = serde_json::to_string(manifest)?;
    writeln!(to, "{MAGIC} {FORMAT} {}\n{line}", HEXLOWER.encode(&Sha256::digest(line.as_bytes())))?;
    let mut frame = zstd::Encoder::new(to, LEVEL)?;
    frame.include_checksum(true)?;
    io::copy(store, &mut frame)?;
    frame.finish()?.flush()
}

/// What a backup says of itself; `from` is left at the store.
///
/// # Errors
/// When it is none, or one of a newer program, or damaged.
pub fn read_manifest(from: &mut impl BufRead) -> Result<Manifest, BackupError> {
    let foreign = || BackupError::Foreign("the file is no backup of muster: it does not begin like one".to_owned());
    let first = line(from)?.ok_or_else(foreign)?;
    let mut words = first.split(' ');
    let (Some(MAGIC), Some(format), Some(digest), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(foreign());
    };
    match format.parse::<u32>() {
        Ok(FORMAT) => {}
        Ok(newer) if newer > FORMAT => return Err(BackupError::Newer(newer)),
        _ => return Err(foreign()),
    }
    let manifest = line(from)?.ok_or_else(|| BackupError::Damaged("it ends before its manifest".to_owned()))?;
    if HEXLOWER.encode(&Sha256::digest(manifest.as_bytes())) != digest {
        return Err(BackupError::Damaged("its manifest is not the one that was written".to_owned()));
    }
    serde_json::from_str(&manifest).map_err(|error| BackupError::Damaged(format!("its manifest cannot be read: {error}")))
}

/// Takes the store out of a backup behind its manifest, and proves that it is whole. `told` is called with the bytes so far.
///
/// # Errors
/// When what comes out is not what was put in. What was written by then must not be used.
pub fn unpack(
    manifest: &Manifest,
    from: impl BufRead,
    to: &mut impl Write,
    told: &mut dyn FnMut(u64),
) -> Result<(), BackupError> {
    let damaged = |reason: &str| BackupError::Damaged(reason.to_owned());
    let unreadable = |error: io::Error| BackupError::Damaged(format!("the store in it cannot be read: {error}"));
    let mut frame = zstd::Decoder::with_buffer(from).map_err(unreadable)?.single_frame();
    let (mut digest, mut bytes, mut portion) = (Sha256::new(), 0_u64, vec![0; PORTION]);
    loop {
        let read = frame.read(&mut portion).map_err(unreadable)?;
        let piece = portion.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        bytes = bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if bytes > manifest.store_bytes {
            return Err(damaged("the store in it is longer than it says"));
        }
        digest.update(piece);
        to.write_all(piece).map_err(|error| BackupError::Io { what: "writing the store".to_owned(), error })?;
        told(bytes);
    }
    if bytes < manifest.store_bytes || HEXLOWER.encode(&digest.finalize()) != manifest.store_sha256 {
        return Err(damaged("the store in it is not the one that was put in"));
    }
    let mut rest = frame.finish();
    if !rest.fill_buf().map_err(unreadable)?.is_empty() {
        return Err(damaged("there is something behind its end"));
    }
    Ok(())
}

/// The next line without its end; none at the end of the file or where a line does not end.
fn line(from: &mut impl BufRead) -> Result<Option<String>, BackupError> {
    let mut line = Vec::new();
    let read = from.take(LINE_BYTES).read_until(b'\n', &mut line);
    read.map_err(|error| BackupError::Io { what: String::new(), error })?;
    Ok(line.strip_suffix(b"\n").and_then(|line| String::from_utf8(line.to_vec()).ok()))
}

/// The digest of a file and its length.
pub(super) fn digested(from: &mut impl Read) -> io::Result<(String, u64)> {
    let (mut digest, mut bytes, mut portion) = (Sha256::new(), 0_u64, vec![0; PORTION]);
    loop {
        let read = from.read(&mut portion)?;
        let piece = portion.get(..read).unwrap_or_default();
        if piece.is_empty() {
            return Ok((HEXLOWER.encode(&digest.finalize()), bytes));
        }
        digest.update(piece);
        bytes = bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(store: &[u8]) -> (Manifest, Vec<u8>) {
        let (store_sha256, store_bytes) = digested(&mut &*store).unwrap();
        let manifest = Manifest {
            created_at: DateTime::UNIX_EPOCH,
            version: "0.1.0".to_owned(),
            collector_id: Uuid::from_u128(7),
            machine_key_id: "abcdefghij0123456789".to_owned(),
            store_bytes,
            store_sha256,
            rows: BTreeMap::from([("agents".to_owned(), 510)]),
        };
        let mut file = Vec::new();
        pack(&manifest, &mut &*store, &mut file).unwrap();
        (manifest, file)
    }

    fn unpacked(mut file: &[u8]) -> Result<(Manifest, Vec<u8>), BackupError> {
        let manifest = read_manifest(&mut file)?;
        let mut store = Vec::new();
        unpack(&manifest, file, &mut store, &mut |_| {})?;
        Ok((manifest, store))
    }

    #[test]
    fn what_was_put_in_comes_out() {
        for store in [Vec::new(), vec![1], (0..3_000_000_u32).map(|n| (n % 251) as u8).collect()] {
            let (manifest, file) = packed(&store);
            let (found, came) = unpacked(&file).unwrap();
            assert!(found == manifest && came == store, "{} bytes", store.len());
            assert!(file.starts_with(b"muster-backup 1 "));
        }
    }

    #[test]
    fn every_change_of_a_byte_and_every_cut_is_noticed() {
        let store: Vec<u8> = (0..5_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let (_, file) = packed(&store);
        for place in (0..file.len()).step_by(7).chain([file.len() - 1]) {
            let mut changed = file.clone();
            changed[place] ^= 0x20;
            assert!(unpacked(&changed).is_err(), "a change at byte {place}");
            assert!(unpacked(&file[..place]).is_err(), "cut at byte {place}");
        }
        assert!(unpacked(&[&*file, b"x".as_slice()].concat()).is_err(), "something behind the end");
    }

    #[test]
    fn what_is_no_backup_says_so() {
        let check = |file: &[u8], expected: &str| {
            let error = unpacked(file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(b"", "no backup of muster");
        check(b"PK\x03\x04 something else", "no backup of muster");
        check(b"muster-backup 1\n", "no backup of muster");
        check(b"muster-backup 2 00\n{}\n", "format 2");
        check(b"muster-backup 1 00\n", "ends before its manifest");
        check(b"muster-backup 1 00\n{}\n", "manifest is not the one");
        check(&[b'm'; 100_000], "no backup of muster");
    }
}
