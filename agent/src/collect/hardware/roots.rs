//! Where the platform's files are, and how one of them is read.
//!
//! In: paths. Out: small texts, bounded, never an error for a file that is not there. It must not interpret what it reads.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Most bytes of one platform file that are looked at: `/proc/cpuinfo` of a machine with 2,000 threads fits.
const READ_BYTES: u64 = 8 * 1024 * 1024;

/// The directories that describe a machine; tests point them at the copy of another machine.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The kernel's view of the devices, `/sys`.
    pub sys: PathBuf,
    /// The kernel's view of the processes, `/proc`.
    pub proc: PathBuf,
    /// The machine's configuration, `/etc`.
    pub etc: PathBuf,
    /// The root directory, for the markers that container runtimes leave there (`/.dockerenv`, `/run/systemd/container`).
    pub root: PathBuf,
    /// `$CREDENTIALS_DIRECTORY` of the service: `dmi.serial`, `dmi.uuid` and `dmi.board_serial`, which the service manager copies
    /// for an agent that may not read the root-only originals.
    pub credentials: Option<PathBuf>,
}

impl Roots {
    /// The machine this process runs on.
    pub fn system() -> Self {
        Self {
            sys: PathBuf::from("/sys"),
            proc: PathBuf::from("/proc"),
            etc: PathBuf::from("/etc"),
            root: PathBuf::from("/"),
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|path| path.is_absolute()),
        }
    }
}

/// The bytes of a file; `None` when it is missing, unreadable or not a file.
pub(super) fn bytes(path: &Path) -> Option<Vec<u8>> {
    try_bytes(path).ok()
}

/// The text of a file with invalid UTF-8 replaced; `None` as in [`bytes`].
pub(super) fn text(path: &Path) -> Option<String> {
    bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The number that is all a file holds.
pub(super) fn number<T: std::str::FromStr>(path: &Path) -> Option<T> {
    text(path)?.trim().parse().ok()
}

/// Like [`bytes`], for the callers that tell "forbidden" from "not there".
pub(super) fn try_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Names in a directory, sorted, so that no result depends on the order the kernel lists them in.
pub(in crate::collect) fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
