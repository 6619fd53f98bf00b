//! Waiting for what a program does by itself. In: a look at it. Out: what was looked for, as soon as it is there, or an
//! error that says what never came; nothing here sleeps for a fixed time.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::collector::Collector;
use crate::process::PATIENCE;
use crate::scene;

/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// Looks until something is there.
///
/// # Errors
/// A look fails, or nothing is there after [`PATIENCE`].
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    within(PATIENCE, what, look).await
}

/// Asks a collector for `/status` until it is as it should be, and gives it.
///
/// # Errors
/// No answer, or another status until the end; the last one is in the error.
pub async fn status(collector: &Collector, what: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut last = Value::Null;
    let found = until(what, async || {
        last = scene::status(collector).await?;
        Ok(holds(&last).then(|| last.clone()))
    })
    .await;
    found.map_err(|error| error.context(format!("the last status: {last:#}")))
}

async fn within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(patience, looking).await {
        Ok(found) => found,
        Err(_) => bail!("{what}: not after {patience:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_looks_until_something_is_there() {
        let mut looks = 0;
        let found = until("the third look", async || {
            looks += 1;
            Ok((looks == 3).then_some("here"))
        });
        assert_eq!(found.await.unwrap(), "here");
        assert_eq!(looks, 3);
        let error = until::<()>("nothing", async || bail!("broken")).await.unwrap_err();
        assert_eq!(error.to_string(), "broken");
    }

    #[tokio::test]
    async fn what_never_comes_is_named() {
        let error = within::<()>(Duration::from_millis(1), "a miracle", async || Ok(None)).await.unwrap_err();
        assert!(error.to_string().starts_with("a miracle: not after"), "{error}");
    }
}
