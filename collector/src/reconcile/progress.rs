//! How far a run is, for whoever waits for it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use muster_domain::reconcile::run;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It reads the site's records.
    Gathering,
    /// It counts products.
    Counting,
    /// It keeps what it found.
    Keeping,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The run.
    pub run: u64,
    /// What it does.
    pub phase: Phase,
    /// The product that it is at.
    pub product: String,
    /// Products that are done in this phase.
    pub done: usize,
    /// Products of this phase; 0 while it is not known.
    pub total: usize,
}

impl Phase {
    /// Its name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Counting => "counting",
            Self::Keeping => "keeping",
        }
    }
}

/// Where the run that goes on says how far it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Board(Arc<ArcSwapOption<Progress>>);

impl Board {
    pub(super) fn at(&self, run: u64, phase: Phase) {
        self.put(Progress { run, phase, product: String::new(), done: 0, total: 0 });
    }

    pub(super) fn counted(&self, run: u64, told: run::Progress<'_>) {
        let product = format!("{} {}", told.publisher, told.product).trim().to_owned();
        self.put(Progress { run, phase: Phase::Counting, product, done: told.done, total: told.total });
    }

    pub(super) fn kept(&self, run: u64, product: &str, done: usize, total: usize) {
        self.put(Progress { run, phase: Phase::Keeping, product: product.to_owned(), done, total });
    }

    pub(super) fn end(&self) {
        self.0.store(None);
    }

    pub(super) fn now(&self) -> Option<Arc<Progress>> {
        self.0.load_full()
    }

    fn put(&self, progress: Progress) {
        self.0.store(Some(Arc::new(progress)));
    }
}
