//! What the tests use of Python. In: `tests/python/requirements.txt`, which names exact versions and what their files hash to. Out: an
//! environment of its own under `target/python` with just that, or an error that says what is missing. An environment that was made of the
//! same list is left as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{Steps, captured, root};

/// The system's own Python, for which `apt` brings what an environment needs.
const PYTHON: &str = "/usr/bin/python3";

/// Where the environment is.
pub(crate) fn directory() -> PathBuf {
    root().join("target/python")
}

/// Makes the environment if it is not there as it should be.
///
/// # Errors
/// The list cannot be read, or the environment cannot be made.
pub(crate) fn ensure(steps: &mut Steps) -> Result<()> {
    let list = root().join("tests/python/requirements.txt");
    let wanted = fs::read_to_string(&list).with_context(|| format!("read {}", list.display()))?;
    let directory = directory();
    if made_of(&directory).as_deref() == Some(&*wanted) {
        return Ok(());
    }
    steps.time("python", "what the tests use of Python", || {
        captured(Command::new(PYTHON).args(["-m", "venv", "--clear"]).arg(&directory))?;
        let install =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:", "-r"];
        captured(Command::new(directory.join("bin/python")).args(install).arg(&list)).with_context(|| {
            format!("the packages of {} are not installed; is the network down? Run this again once it is back", list.display())
        })?;
        // Last, so that one that was not finished is made again.
        fs::copy(&list, note(&directory)).map(drop).with_context(|| format!("write {}", note(&directory).display()))
    })
}

fn made_of(directory: &Path) -> Option<String> {
    fs::read_to_string(note(directory)).ok()
}

fn note(directory: &Path) -> PathBuf {
    directory.join("requirements.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_and_hashed_and_no_place_is_named() {
        let list = fs::read_to_string(root().join("tests/python/requirements.txt")).unwrap();
        let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
        for (at, line) in lines.iter().enumerate() {
            let hash = line.trim().starts_with("--hash=sha256:");
            let package = line.contains("==") && line.ends_with('\\');
            assert!(hash || package, "{line}");
            let next = lines.get(at + 1).map_or("", |next| next.trim());
            assert!(!package || next.starts_with("--hash="), "{line} has no hash");
        }
        assert!(lines.iter().any(|line| line.starts_with("schemathesis==")));
    }

    #[test]
    fn an_environment_that_was_not_finished_is_none() {
        assert_eq!(made_of(Path::new("/nonexistent")), None);
    }
}
