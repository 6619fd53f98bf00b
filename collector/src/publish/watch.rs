//! The alert of a job that fails: raised with every error, gone with the next success.

use super::{alerts::Severity, board::Board};
use muster_runtime::clock::SharedClock;
use std::sync::Arc;

/// An alert while a job fails.
pub fn watch<E: std::fmt::Display>(
    board: &Arc<Board>,
    clock: &SharedClock,
    key: &'static str,
    text: &'static str,
) -> impl Fn(Option<&E>) + Send + 'static {
    let (board, clock) = (Arc::clone(board), Arc::clone(clock));
    move |error: Option<&E>| match error {
        Some(error) => board.alerts().raise(key, Severity::Critical, format!("{text}: {error}"), clock.now()),
        None => board.alerts().clear(key),
    }
}
