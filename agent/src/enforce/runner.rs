//! One look at the verdict, and the hook it asks for.
//!
//! In: the configuration and the clock. Out: a hook that has run, and the record of it. The order is what makes it exactly
//! once: decide, put on disk that the hook starts, run it, put on disk how it ended. Whoever is stopped before the first
//! write has done nothing and looks again; whoever is stopped between the two has perhaps run the hook, says so, and
//! never runs it again for that change.

use super::{
    decide::{Action, decide},
    foreign, hook,
    memory::{Hook, Memory, Outcome},
    place::{By, Place, PlaceError},
    trust::{Trust, TrustError},
};
use crate::{
    config::Config,
    verdict::{self, State, VerdictError},
};
use muster_runtime::{
    clock::SharedClock,
    durable::{self, DirLock},
    exit::Exit,
};
use muster_wire::verdict::Verdict;
use std::{io, path::PathBuf, time::Duration};

/// How long a hook may take.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Why no hook was run, or a hook was of no use.
#[derive(Debug, thiserror::Error)]
pub enum EnforceError {
    /// The directory.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The collector.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The verdict does not verify.
    #[error("{}: {source}; no hook is run", path.display())]
    Verdict {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: VerdictError,
    },
    /// The verdict cannot be read.
    #[error("{}: {source}; no hook is run", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record cannot be read or written.
    #[error("{}: hooks.json: {source}; without it no hook is run, because it may have run before", dir.display())]
    Memory {
        /// The directory.
        dir: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A hook ran and failed. It is not run again.
    #[error("the hook {} {outcome}", hook.name())]
    Hook {
        /// Which one.
        hook: Hook,
        /// How it ended.
        outcome: Outcome,
    },
}

impl EnforceError {
    /// The exit code that goes with it (contract 1).
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Place(PlaceError::Held(_)) => Exit::TryAgain,
            Self::Place(_) | Self::Trust(_) | Self::Memory { .. } => Exit::Config,
            Self::Verdict { .. } | Self::Unreadable { .. } | Self::Hook { .. } => Exit::Failed,
        }
    }
}

/// Whoever runs the hooks, with the directory for itself.
#[derive(Debug)]
pub struct Runner<'a> {
    config: &'a Config,
    place: Place,
    clock: SharedClock,
    _lock: DirLock,
}

impl<'a> Runner<'a> {
    /// Takes the place of this configuration.
    ///
    /// # Errors
    /// When another process has it, or it cannot be used.
    pub fn open(config: &'a Config, clock: SharedClock) -> Result<Self, EnforceError> {
        let place = Place::of(config);
        let lock = place.lock()?;
        Ok(Self { config, place, clock, _lock: lock })
    }

    /// Does what the verdict asks for; nothing where there is none. While a hook runs the verdict may change, so that it is
    /// looked at again afterwards.
    ///
    /// # Errors
    /// When nothing can be decided, or a hook that ran did not do its work.
    pub async fn run(&self) -> Result<(), EnforceError> {
        let dir = &self.place.dir;
        let mut memory = Memory::load(dir).map_err(|source| self.memory_error(source))?;
        if memory.give_up_unfinished() {
            tracing::warn!("a hook was interrupted; it is not run again");
            self.store(&memory)?;
        }
        let Some(trust) = Trust::establish(&self.place, &self.config.state_dir)? else { return Ok(()) };
        let mut failed = None;
        while let Some(verdict) = self.verdict(&trust)? {
            let (next, action) = decide(&memory, &verdict, &self.config.enforce, self.clock.now());
            if next != memory {
                self.store(&next)?;
                memory = next;
            }
            let Action::Run(hook) = action else { break };
            let outcome = self.call(hook, &verdict).await;
            memory.end(hook, outcome.clone(), self.clock.now());
            self.store(&memory)?;
            failed = (outcome != Outcome::Exited { code: 0 }).then_some(EnforceError::Hook { hook, outcome });
        }
        failed.map_or(Ok(()), Err)
    }

    async fn call(&self, hook: Hook, verdict: &Verdict) -> Outcome {
        let (change, name) = (verdict.change_id.as_str(), hook.name());
        tracing::info!(hook = name, change, "the hook starts");
        let state = State::from(verdict.state).name();
        let collector = verdict.collector_id.to_string();
        let ended = hook::run(
            self.config.enforce.command(hook),
            &[
                ("MUSTER_HOOK", name),
                ("MUSTER_STATE", state),
                ("MUSTER_REASON", verdict.reason.as_deref().unwrap_or_default()),
                ("MUSTER_CHANGE_ID", change),
                ("MUSTER_COLLECTOR_ID", &collector),
            ],
            LIMIT,
        )
        .await;
        tracing::info!(hook = name, change, outcome = %ended.outcome, "the hook ended");
        // It may print what is not for everybody, and is for people only: without it the record is as good.
        if let Err(error) = durable::write(&super::overview::output_file(&self.place.dir, hook), &ended.output, 0o600) {
            tracing::warn!(%error, hook = name, "what the hook printed cannot be kept");
        }
        ended.outcome
    }

    /// The verdict in force; none before the first one.
    fn verdict(&self, trust: &Trust) -> Result<Option<Verdict>, EnforceError> {
        let published = || self.config.runtime_dir().map(|dir| dir.join(verdict::FILE));
        let own = || self.config.state_dir.join(verdict::FILE);
        let path = if self.place.by == By::Helper { published().unwrap_or_else(own) } else { own() };
        let read = foreign::read(&path).map_err(|source| EnforceError::Unreadable { path: path.clone(), source })?;
        let verified = read.map(|bytes| verdict::read_published(&bytes, trust.collector_id, &trust.verify_key)).transpose();
        verified.map_err(|source| EnforceError::Verdict { path, source })
    }

    fn store(&self, memory: &Memory) -> Result<(), EnforceError> {
        memory.store(&self.place.dir).map_err(|source| self.memory_error(source))
    }

    fn memory_error(&self, source: io::Error) -> EnforceError {
        EnforceError::Memory { dir: self.place.dir.clone(), source }
    }
}
