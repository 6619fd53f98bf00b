//! The npm packages that the tests use: a provider of single sign-on, and the judge of accessibility. In: the lock file of
//! `tests/npm`. Out: the packages beside it, installed when it has changed since, and nothing else touched. Nothing of it is in the
//! product.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{Steps, root};

/// What of the installation says for which lock file it was made.
const STAMP: &str = "node_modules/.installed-for";

/// Installs what is missing.
///
/// # Errors
/// npm cannot be started or fails, or its packages cannot be written.
pub(crate) fn ensure(steps: &mut Steps) -> Result<()> {
    let directory = root().join("tests/npm");
    if is_installed(&directory) {
        return Ok(());
    }
    // Packages may not run programs of their own while they are installed: none of these needs to.
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&directory);
    steps.run("npm packages", &mut command).context("is the network down? Once it is back: npm ci --prefix tests/npm")?;
    let lock = fs::read(directory.join("package-lock.json")).context("read tests/npm/package-lock.json")?;
    File::create(directory.join(STAMP)).and_then(|mut file| file.write_all(&lock)).context("remember what was installed")
}

fn is_installed(directory: &Path) -> bool {
    let lock = fs::read(directory.join("package-lock.json"));
    lock.is_ok_and(|lock| fs::read(directory.join(STAMP)).is_ok_and(|stamp| stamp == lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_lock_file_is_installed_again() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            File::create(directory.path().join(name)).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
        };
        fs::create_dir(directory.path().join("node_modules")).unwrap();
        assert!(!is_installed(directory.path()), "nothing to install is a mistake");
        write("package-lock.json", "one");
        assert!(!is_installed(directory.path()));
        write(STAMP, "one");
        assert!(is_installed(directory.path()));
        write("package-lock.json", "two");
        assert!(!is_installed(directory.path()));
    }

    #[test]
    fn the_lock_file_names_no_registry() {
        let text = fs::read_to_string(root().join("tests/npm/package-lock.json")).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&text).unwrap();
        let packages = lock.get("packages").and_then(serde_json::Value::as_object).unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package.get("resolved").is_none() && package.get("integrity").is_some(), "{name}");
        }
    }
}
