//! Files that are whole or not there at all, whatever happens to power or process.
//!
//! Comes in: a path, bytes and a mode. Goes out: a file that has its final mode before its first byte, is on disk before
//! it gets its name, and whose name is on disk before the call returns. Also the lock that keeps a directory for one
//! process. It knows nothing of what the bytes mean.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::random;

/// The file that carries the lock of a directory.
const LOCK_FILE: &str = ".lock";
/// The ending of files that are not finished.
const UNFINISHED: &str = ".unfinished";

/// Replaces the file at `path` by `bytes`, with exactly `mode` (e.g. `0o600`), whatever the umask.
///
/// A reader sees the old content or the new one, never a mixture; after a crash it is one of the two as well. A symbolic
/// link at `path` is replaced, not followed.
///
/// # Errors
/// Those of the file system, e.g. a missing directory or a full disk; then the old file is as it was.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let (directory, name) = split(path)?;
    let mut unfinished_name = OsString::from(".");
    unfinished_name.push(name);
    unfinished_name.push(format!(".{:016x}{UNFINISHED}", u64::from_le_bytes(random::bytes())));
    let unfinished = directory.join(unfinished_name);
    let written = write_new(&unfinished, bytes, mode).and_then(|()| fs::rename(&unfinished, path));
    if let Err(error) = written {
        // The first error is the one to report; what is left here is what `remove_unfinished` is for.
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    sync_dir(directory)
}

/// Makes the directory `path` with exactly `mode`; parents that are missing get 0755. One that exists is left as it is.
///
/// # Errors
/// Those of the file system, and when `path` is something else than a directory.
pub fn create_dir(path: &Path, mode: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    if !parent.is_dir() {
        create_dir(parent, 0o755)?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode))?,
        // Somebody else was quicker, which is as good.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(error) => return Err(error),
    }
    sync_dir(parent)
}

/// Puts the names in the directory `path` on disk: what was created, renamed or removed there survives a crash.
///
/// # Errors
/// Those of the file system.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes what a crash left of files that [`write()`] had not finished, and says how many there were. Only for a directory
/// this process has for itself, see [`DirLock`].
///
/// # Errors
/// Those of the file system.
pub fn remove_unfinished(directory: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(b".") && name.ends_with(UNFINISHED.as_bytes()) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    if removed > 0 {
        sync_dir(directory)?;
    }
    Ok(removed)
}

/// Why a directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("the directory is in use by another process; stop that one first")]
    Held,
    /// The lock file cannot be made or locked.
    #[error("the directory cannot be locked: {0}")]
    Io(#[from] io::Error),
}

/// The right to use a directory alone. It ends when this value is dropped, or with the process, however that dies.
#[derive(Debug)]
pub struct DirLock {
    // Closing the file gives the lock back.
    _file: File,
    directory: PathBuf,
}

impl DirLock {
    /// Locks `dir`, which must exist, through `.lock` in it. Never waits.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process (or another value in this one) has it.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(no_follow())
            .open(dir.join(LOCK_FILE))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(LockError::Held),
            Err(error) => return Err(LockError::Io(error.into())),
        }
        // For people only: whoever finds the directory locked can look up by whom.
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file, directory: dir.to_owned() })
    }

    /// The process that says it holds the lock of `dir`, for messages to people.
    #[must_use]
    pub fn holder(dir: &Path) -> Option<u32> {
        let mut text = String::new();
        File::open(dir.join(LOCK_FILE)).ok()?.take(32).read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }

    /// The directory that is locked.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).custom_flags(no_follow()).open(path)?;
    // The umask may have taken bits away; nothing is in the file yet.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn split(path: &Path) -> io::Result<(&Path, &OsStr)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{} does not name a file", path.display())))?;
    Ok((parent(path), name))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        // A bare name stands in the working directory; the root is its own parent.
        _ if path.has_root() => path,
        _ => Path::new("."),
    }
}

fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits() as i32
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_written_file_has_its_bytes_and_its_mode_and_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let check = |name: &str, bytes: &[u8], wanted: u32| {
            let path = directory.path().join(name);
            write(&path, bytes, wanted).unwrap();
            assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (bytes, wanted), "{name}");
        };
        check("key", b"secret", 0o600);
        check("key", b"another", 0o600);
        check("ca.pem", b"", 0o644);
        check("open", b"all", 0o666);
        check("key", b"wider", 0o640);
        assert_eq!(names(directory.path()), ["ca.pem", "key", "open"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let occupied = directory.path().join("occupied");
        fs::create_dir(&occupied).unwrap();
        assert!(write(&occupied, b"bytes", 0o600).is_err());
        assert_eq!(names(directory.path()), ["occupied"]);

        let nowhere = directory.path().join("missing").join("file");
        assert_eq!(write(&nowhere, b"bytes", 0o600).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(write(Path::new("/"), b"bytes", 0o600).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_link_is_replaced_and_its_target_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        write(&target, b"old", 0o600).unwrap();
        symlink(&target, &link).unwrap();
        write(&link, b"new", 0o600).unwrap();
        assert_eq!((fs::read(&target).unwrap(), fs::read(&link).unwrap()), (b"old".to_vec(), b"new".to_vec()));
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
    }

    #[test]
    fn readers_never_see_half_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("value");
        write(&path, &[0; 4096], 0o600).unwrap();
        std::thread::scope(|scope| {
            for byte in 1..=4 {
                let path = &path;
                scope.spawn(move || (0..20).for_each(|_| write(path, &[byte; 4096], 0o600).unwrap()));
            }
            for _ in 0..200 {
                let bytes = fs::read(&path).unwrap();
                assert!(bytes.len() == 4096 && bytes.iter().all(|byte| *byte == bytes[0]));
            }
        });
        assert_eq!(names(directory.path()), ["value"]);
    }

    #[test]
    fn unfinished_files_are_swept_and_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        for name in [".key.00ff.unfinished", "mine.unfinished", ".hidden"] {
            File::create(directory.path().join(name)).unwrap();
        }
        assert_eq!(remove_unfinished(directory.path()).unwrap(), 1);
        assert_eq!(names(directory.path()), [".hidden", "mine.unfinished"]);
        assert_eq!(remove_unfinished(directory.path()).unwrap(), 0);
    }

    #[test]
    fn directories_are_made_with_their_parents() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b/keys");
        create_dir(&deep, 0o700).unwrap();
        assert_eq!((mode(&deep), mode(&directory.path().join("a/b")), mode(&directory.path().join("a"))), (0o700, 0o755, 0o755));
        create_dir(&deep, 0o777).unwrap();
        assert_eq!(mode(&deep), 0o700, "an existing directory keeps its mode");

        let file = directory.path().join("file");
        write(&file, b"", 0o600).unwrap();
        assert!(create_dir(&file, 0o700).is_err());
        assert!(create_dir(&file.join("below"), 0o700).is_err());
    }

    #[test]
    fn a_directory_has_one_holder_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(DirLock::holder(directory.path()), None);
        let lock = DirLock::acquire(directory.path()).unwrap();
        assert_eq!(lock.directory(), directory.path());
        assert!(matches!(DirLock::acquire(directory.path()), Err(LockError::Held)));
        assert_eq!(DirLock::holder(directory.path()), Some(std::process::id()));
        assert_eq!(mode(&directory.path().join(".lock")), 0o600);
        drop(lock);
        DirLock::acquire(directory.path()).unwrap();
        assert!(matches!(DirLock::acquire(&directory.path().join("missing")), Err(LockError::Io(_))));
    }

    #[test]
    fn the_lock_of_another_process_counts_and_dies_with_it() {
        let directory = tempfile::tempdir().unwrap();
        // The child holds the locked file as its standard error, and lives until its standard input is closed.
        let locked = File::create(directory.path().join(LOCK_FILE)).unwrap();
        flock(&locked, FlockOperation::NonBlockingLockExclusive).unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).stderr(locked).spawn().unwrap();
        assert!(matches!(DirLock::acquire(directory.path()), Err(LockError::Held)));
        child.kill().unwrap();
        child.wait().unwrap();
        DirLock::acquire(directory.path()).unwrap();
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("precious");
        write(&target, b"precious", 0o600).unwrap();
        symlink(&target, directory.path().join(LOCK_FILE)).unwrap();
        assert!(matches!(DirLock::acquire(directory.path()), Err(LockError::Io(_))));
        assert_eq!(fs::read(&target).unwrap(), b"precious");
    }
}
