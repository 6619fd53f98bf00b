//! Moving one program's wall clock with libfaketime. In: how far. Out: the environment of the child process. Its
//! monotonic and boot clocks keep running true, as they do when somebody turns a machine's clock.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::TimeDelta;

use crate::files;

/// A wall clock that is apart from the machine's.
#[derive(Clone, Debug)]
pub struct Faketime {
    library: PathBuf,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Fixed(TimeDelta),
    /// Looked at every second.
    File(PathBuf),
    /// Looked at whenever somebody asks for the time.
    FileAtOnce(PathBuf),
}

impl Faketime {
    /// A clock that is `offset` ahead of the machine's (behind it when negative).
    ///
    /// # Errors
    /// libfaketime is not installed.
    pub fn shifted(offset: TimeDelta) -> Result<Self> {
        Ok(Self { library: library()?, source: Source::Fixed(offset) })
    }

    /// A clock that [`Faketime::turn`] can move while the program runs. `file` keeps the offset.
    ///
    /// # Errors
    /// libfaketime is not installed, or the file cannot be written.
    pub fn steered(file: &Path) -> Result<Self> {
        let clock = Self { library: library()?, source: Source::File(file.to_owned()) };
        clock.turn(TimeDelta::zero())?;
        Ok(clock)
    }

    /// A clock as [`Faketime::steered`], whose turn is seen at once and whose readings cost more.
    ///
    /// # Errors
    /// libfaketime is not installed, or the file cannot be written.
    pub fn at_once(file: &Path) -> Result<Self> {
        let clock = Self { library: library()?, source: Source::FileAtOnce(file.to_owned()) };
        clock.turn(TimeDelta::zero())?;
        Ok(clock)
    }

    /// Sets the offset of a steered clock; the program sees it within a second.
    ///
    /// # Errors
    /// The clock is a fixed one, or the file cannot be written.
    pub fn turn(&self, offset: TimeDelta) -> Result<()> {
        match &self.source {
            Source::Fixed(_) => anyhow::bail!("a fixed clock cannot be turned: make it with Faketime::steered"),
            Source::File(file) | Source::FileAtOnce(file) => {
                // A reader must never see half a line.
                let next = file.with_extension("next");
                files::put(&next, format!("{}\n", shift(offset)).as_bytes())?;
                fs::rename(&next, file).with_context(|| format!("rename to {}", file.display()))
            }
        }
    }

    /// The environment that puts a child process under this clock.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            // Times of files stay the kernel's.
            ("NO_FAKE_STAT", "1".to_owned()),
        ];
        match &self.source {
            Source::Fixed(offset) => env.push(("FAKETIME", shift(*offset))),
            Source::File(file) => {
                env.push(("FAKETIME_TIMESTAMP_FILE", file.display().to_string()));
                env.push(("FAKETIME_CACHE_DURATION", "1".to_owned()));
            }
            Source::FileAtOnce(file) => {
                env.push(("FAKETIME_TIMESTAMP_FILE", file.display().to_string()));
                env.push(("FAKETIME_NO_CACHE", "1".to_owned()));
            }
        }
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// libfaketime's own notation: signed seconds.
fn shift(offset: TimeDelta) -> String {
    format!("{:+}", offset.num_seconds())
}

/// Where the package `faketime` puts the library: one directory per architecture.
fn library() -> Result<PathBuf> {
    let missing = "libfaketime is missing; `cargo xtask test` installs it on Debian (package `faketime`)";
    let directories = fs::read_dir("/usr/lib").context(missing)?;
    let mut found: Vec<PathBuf> = directories
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("faketime/libfaketime.so.1"))
        .chain([PathBuf::from("/usr/lib/faketime/libfaketime.so.1")])
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.into_iter().next().context(missing)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Wall and boot clock of a child under `env`, whole seconds.
    fn clocks(env: Vec<(String, String)>) -> (i64, i64) {
        let script = "import time; print(int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME)))";
        let output = Command::new("/usr/bin/python3").args(["-c", script]).envs(env).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (wall, boot) = text.trim().split_once(' ').unwrap();
        (wall.parse().unwrap(), boot.parse().unwrap())
    }

    /// Both readings are of the same moment, give or take what a loaded machine needs to start a process.
    fn check(fake: (i64, i64), offset: TimeDelta, true_clock: (i64, i64)) {
        assert!((fake.0 - true_clock.0 - offset.num_seconds()).abs() < 30, "wall: {fake:?} {true_clock:?}");
        assert!((fake.1 - true_clock.1).abs() < 30, "boot: {fake:?} {true_clock:?}");
    }

    #[test]
    fn only_the_wall_clock_moves() {
        for offset in [TimeDelta::days(59), TimeDelta::days(-3), TimeDelta::days(3653)] {
            check(clocks(Faketime::shifted(offset).unwrap().env()), offset, clocks(Vec::new()));
        }
    }

    #[test]
    fn a_steered_clock_is_turned_by_its_file_and_a_fixed_one_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Faketime::steered(&dir.path().join("clock")).unwrap();
        check(clocks(clock.env()), TimeDelta::zero(), clocks(Vec::new()));
        clock.turn(TimeDelta::days(60)).unwrap();
        check(clocks(clock.env()), TimeDelta::days(60), clocks(Vec::new()));
        assert!(Faketime::shifted(TimeDelta::zero()).unwrap().turn(TimeDelta::days(1)).is_err());
    }
}
