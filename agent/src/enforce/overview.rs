//! What `status` says about hooks.
//!
//! In: the record, read without its lock. Out: who runs them, what waits, how they ended. What a hook printed is told
//! only to whoever may read its file.

use super::{
    memory::{Hook, Memory, Run},
    place::{By, Place},
};
use crate::config::EnforceConfig;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hooks {
    /// Who runs them; none where no hook is configured.
    pub by: Option<By>,
    /// The change that disabled the product and waits for a second verdict, `delay` after the first.
    pub pending_change_id: Option<String>,
    /// When the first verdict of it was issued.
    pub pending_since: Option<DateTime<Utc>>,
    /// The last run of `on_disable`.
    pub on_disable: Option<HookStatus>,
    /// The last run of `on_enable`.
    pub on_enable: Option<HookStatus>,
    /// Why nothing is known.
    pub error: Option<String>,
}

/// The last run of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookStatus {
    /// When, why and how.
    #[serde(flatten)]
    pub run: Run,
    /// The end of what it printed, for whoever may know.
    pub output: Option<String>,
}

impl Hooks {
    /// As the record tells it now. `with_output` adds what the hooks printed.
    #[must_use]
    pub fn look(config: &EnforceConfig, state: &Path, with_output: bool) -> Self {
        if !config.has_hooks() {
            return Self::default();
        }
        let place = Place::find(&config.dir, state);
        let memory = match Memory::load(&place.dir) {
            Ok(memory) => memory,
            Err(error) => return Self { by: Some(place.by), error: Some(format!("hooks.json: {error}")), ..Self::default() },
        };
        let pending = memory.pending();
        let last = |hook| {
            let output = || {
                let bytes = std::fs::read(output_file(&place.dir, hook)).ok().filter(|bytes| !bytes.is_empty())?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            };
            memory.run(hook).map(|run| HookStatus { run: run.clone(), output: with_output.then(output).flatten() })
        };
        Self {
            by: Some(place.by),
            pending_change_id: pending.map(|(change, _)| change.to_owned()),
            pending_since: pending.map(|(_, since)| since),
            on_disable: last(Hook::OnDisable),
            on_enable: last(Hook::OnEnable),
            error: None,
        }
    }

    /// Whether the helper has never looked at a verdict although it is the one to run the hooks.
    #[must_use]
    pub fn helper_never_ran(config: &EnforceConfig, state: &Path) -> bool {
        let place = Place::find(&config.dir, state);
        config.has_hooks() && place.by == By::Helper && Memory::load(&place.dir).is_ok_and(|memory| memory.newest.is_none())
    }
}

/// Where the end of what a hook printed is kept (0600).
pub(super) fn output_file(dir: &Path, hook: Hook) -> PathBuf {
    dir.join(format!("{}.out", hook.name()))
}
