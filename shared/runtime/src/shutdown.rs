//! One signal that ends every task.
//!
//! Comes in: one call of [`Shutdown::trigger`]. Goes out: loops that end by themselves
//! (`while shutdown.run_until(tick).await.is_some()`). It does not decide when to stop ([`crate::signals`] does) and it
//! does not wait for the tasks: their handles do.

use std::future::Future;

use tokio_util::sync::CancellationToken;

/// A latch that all clones share. Once triggered it stays so.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

impl Shutdown {
    /// A latch that nobody has triggered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everyone who holds a clone to stop. Further calls change nothing.
    pub fn trigger(&self) {
        self.token.cancel();
    }

    /// Whether somebody has asked to stop.
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns as soon as somebody has asked to stop.
    pub async fn wait(&self) {
        self.token.cancelled().await;
    }

    /// Runs `future` to its end, or drops it when the shutdown comes first: then `None`. After the shutdown nothing is
    /// even started.
    pub async fn run_until<F: Future>(&self, future: F) -> Option<F::Output> {
        self.token.run_until_cancelled(future).await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn futures_end_by_themselves_or_with_the_shutdown() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.is_triggered());
        assert_eq!(shutdown.run_until(ready(7)).await, Some(7));

        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.run_until(pending::<()>()).await }
        });
        let watching = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.wait().await }
        });
        shutdown.trigger();
        shutdown.trigger();
        assert_eq!(waiting.await.unwrap(), None);
        watching.await.unwrap();

        assert!(shutdown.is_triggered());
        shutdown.wait().await;
        assert_eq!(shutdown.run_until(ready(7)).await, None, "nothing starts after the shutdown");
    }
}
