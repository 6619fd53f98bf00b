//! What is remembered of verdicts and hooks: `hooks.json`.
//!
//! In and out: a record that is replaced as a whole. That a hook starts is on disk before it starts, so that no crash can
//! start it twice. A record that cannot be read is an error and never an empty one: that would run hooks again.

use chrono::{DateTime, Utc};
use muster_runtime::durable;
use muster_wire::verdict::LicenseState;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

const FILE: &str = "hooks.json";
/// Changes that are remembered by name: more than a site makes while its oldest verdict is still valid.
const CHANGES: usize = 256;

/// One of the two hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// When the product is disabled.
    OnDisable,
    /// When it is enabled again.
    OnEnable,
}

impl Hook {
    /// Its key in `[enforce]`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OnDisable => "on_disable",
            Self::OnEnable => "on_enable",
        }
    }
}

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Outcome {
    /// It runs, or was about to.
    Started,
    /// It ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// It took too long and was killed, with its process group.
    TimedOut,
    /// There is no such program, or it cannot be run.
    NotStarted {
        /// What the system said.
        error: String,
    },
    /// Whoever ran it was stopped meanwhile. It is not started again: it may have done its work.
    Unfinished,
    /// There was no command for it when the change came.
    NotConfigured,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Started => write!(f, "runs"),
            Self::Exited { code: 0 } => write!(f, "done"),
            Self::Exited { code } => write!(f, "failed with exit code {code}"),
            Self::Killed { signal } => write!(f, "failed: killed by signal {signal}"),
            Self::TimedOut => write!(f, "failed: killed, because it took too long"),
            Self::NotStarted { error } => write!(f, "failed: not started: {error}"),
            Self::Unfinished => write!(f, "interrupted: how far it came is not known; it is not run again"),
            Self::NotConfigured => write!(f, "no command was configured"),
        }
    }
}

/// One run of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The change of the licence's state it belongs to.
    pub change_id: String,
    /// The state it changed to.
    pub state: LicenseState,
    /// Why, as the collector said.
    pub reason: Option<String>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The newest verdict that was looked at: the highest number, and the latest time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Newest {
    pub(super) seq: u64,
    pub(super) issued_at: DateTime<Utc>,
    pub(super) change_id: String,
}

/// A disablement that was seen once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) change_id: String,
    pub(super) issued_at: DateTime<Utc>,
}

/// Everything that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    v: u32,
    pub(super) collector_id: Option<Uuid>,
    pub(super) newest: Option<Newest>,
    pub(super) pending: Option<Pending>,
    /// Whether this machine was told that the product is disabled, and not since that it is enabled.
    pub(super) off: bool,
    /// Changes that a hook was run for, oldest first.
    pub(super) changes: Vec<String>,
    pub(super) on_disable: Option<Run>,
    pub(super) on_enable: Option<Run>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            v: 1,
            collector_id: None,
            newest: None,
            pending: None,
            off: false,
            changes: Vec::new(),
            on_disable: None,
            on_enable: None,
        }
    }
}

impl Memory {
    /// Reads what is remembered in `dir`; nothing where nothing was ever written.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn load(dir: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(file(dir)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let memory: Self = serde_json::from_slice(&bytes)?;
        if memory.v != 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("version {} is a newer program's", memory.v)));
        }
        Ok(memory)
    }

    /// Replaces what is remembered in `dir`. Everybody may read it: it names changes and exit codes and nothing else.
    ///
    /// # Errors
    /// When it cannot be written; then the old record is as it was.
    pub fn store(&self, dir: &Path) -> io::Result<()> {
        durable::write(&file(dir), &serde_json::to_vec_pretty(self)?, 0o644)
    }

    /// The last run of a hook.
    #[must_use]
    pub fn run(&self, hook: Hook) -> Option<&Run> {
        match hook {
            Hook::OnDisable => self.on_disable.as_ref(),
            Hook::OnEnable => self.on_enable.as_ref(),
        }
    }

    /// The change that disabled the product and waits for a second verdict, and when the first one was issued.
    #[must_use]
    pub fn pending(&self) -> Option<(&str, DateTime<Utc>)> {
        self.pending.as_ref().map(|pending| (pending.change_id.as_str(), pending.issued_at))
    }

    /// Records how the last run of a hook ended.
    pub fn end(&mut self, hook: Hook, outcome: Outcome, at: DateTime<Utc>) {
        if let Some(run) = self.run_mut(hook) {
            run.outcome = outcome;
            run.ended_at = Some(at);
        }
    }

    /// Says of a hook that was started and never ended that nobody knows how it ended. Whether there was one.
    ///
    /// Only for whoever has the directory for himself: then nobody waits for that hook any more.
    pub fn give_up_unfinished(&mut self) -> bool {
        let mut found = false;
        for hook in [Hook::OnDisable, Hook::OnEnable] {
            if let Some(run) = self.run_mut(hook).filter(|run| run.outcome == Outcome::Started) {
                run.outcome = Outcome::Unfinished;
                found = true;
            }
        }
        found
    }

    /// Records that a hook starts, or would if it had a command.
    pub(super) fn begin(&mut self, hook: Hook, run: Run) {
        self.off = hook == Hook::OnDisable;
        self.pending = None;
        self.changes.push(run.change_id.clone());
        let surplus = self.changes.len().saturating_sub(CHANGES);
        self.changes.drain(..surplus);
        match hook {
            Hook::OnDisable => self.on_disable = Some(run),
            Hook::OnEnable => self.on_enable = Some(run),
        }
    }

    fn run_mut(&mut self, hook: Hook) -> Option<&mut Run> {
        match hook {
            Hook::OnDisable => self.on_disable.as_mut(),
            Hook::OnEnable => self.on_enable.as_mut(),
        }
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(change: usize) -> Run {
        Run {
            change_id: change.to_string(),
            state: LicenseState::Disabled,
            reason: None,
            started_at: DateTime::UNIX_EPOCH,
            ended_at: None,
            outcome: Outcome::Started,
        }
    }

    #[test]
    fn comes_back_from_disk_and_an_unfinished_run_is_given_up_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut memory = Memory::load(dir.path()).unwrap();
        assert_eq!(memory, Memory::default());
        memory.begin(Hook::OnDisable, run(1));
        memory.store(dir.path()).unwrap();
        let mut again = Memory::load(dir.path()).unwrap();
        assert_eq!(again, memory);
        assert!(again.give_up_unfinished() && !again.give_up_unfinished());
        assert_eq!(again.run(Hook::OnDisable).unwrap().outcome, Outcome::Unfinished);
        assert!(again.off);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages the file on purpose")]
    fn a_damaged_record_is_not_an_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        for damaged in ["", "{", "{\"v\":1}", "[]"] {
            std::fs::write(dir.path().join(FILE), damaged).unwrap();
            assert!(Memory::load(dir.path()).is_err(), "{damaged}");
        }
        Memory { v: 2, ..Memory::default() }.store(dir.path()).unwrap();
        assert!(Memory::load(dir.path()).unwrap_err().to_string().contains("version 2"));
    }

    #[test]
    fn the_oldest_changes_are_forgotten_first() {
        let mut memory = Memory::default();
        (0..CHANGES + 2).for_each(|change| memory.begin(Hook::OnEnable, run(change)));
        assert_eq!((memory.changes.len(), memory.changes[0].as_str()), (CHANGES, "2"));
    }
}
