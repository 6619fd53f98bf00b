//! Whether somebody still waits for an answer, for work that looks through everything: nobody needs what nobody reads.
//!
//! In: requests that change nothing. Out: a sign that such work asks. What changes something is not stopped by a caller that goes away.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

tokio::task_local! {
    static OVER: Arc<AtomicBool>;
}

/// Somebody who waits; nobody does any more when this is dropped.
pub(super) struct Caller(Option<Arc<AtomicBool>>);

/// The sign, for work that may be at another thread.
pub(crate) struct Waiting(Option<Arc<AtomicBool>>);

impl Caller {
    /// The caller, and the work as it has to be done for one.
    pub(super) fn of<F: Future>(work: F) -> (Self, impl Future<Output = F::Output>) {
        let over = Arc::new(AtomicBool::new(false));
        (Self(Some(Arc::clone(&over))), OVER.scope(over, work))
    }

    /// Whoever goes away does not matter.
    pub(super) fn stays(mut self) -> Self {
        self.0 = None;
        self
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(over) = &self.0 {
            over.store(true, Ordering::Relaxed);
        }
    }
}

impl Waiting {
    /// For whoever asked for what is being done now; what nobody asked for is never over.
    pub(crate) fn now() -> Self {
        Self(OVER.try_with(Arc::clone).ok())
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|over| over.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_waits_after_the_caller_is_gone() {
        assert!(!Waiting::now().is_over());
        let (caller, work) = Caller::of(async { Waiting::now() });
        let waiting = work.await;
        assert!(!waiting.is_over());
        drop(caller);
        assert!(waiting.is_over());
        let (caller, work) = Caller::of(async { Waiting::now() });
        drop(caller.stays());
        assert!(!work.await.is_over());
    }
}
