//! The part of a file that is in memory.
//!
//! In: the pieces of the file as they come. Out: the bytes from where a line begins, as many as the longest line takes and more.
//! What was taken is forgotten.

use super::error::SheetError;
use futures_util::{Stream, StreamExt as _, stream};
use std::{pin::Pin, time::Duration};
use tokio::time::timeout;

/// The pieces of a file, or why there are no more.
pub type Source = Pin<Box<dyn Stream<Item = Result<Vec<u8>, String>> + Send>>;

/// Bytes that are looked at together.
pub(super) const SIZE: usize = 128 * 1024;
/// Longest wait for the next piece.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest time, and most bytes, that the rest of a refused file is taken for, so that the answer reaches whoever still sends.
const DRAINED: (Duration, usize) = (Duration::from_secs(20), 256 * 1024 * 1024);

/// A file that is there as a whole.
#[must_use]
pub fn whole(bytes: Vec<u8>) -> Source {
    Box::pin(stream::iter([Ok(bytes)]))
}

/// Takes what is left of a file that nobody wants.
pub async fn drain(source: &mut Source) {
    let (most, mut taken) = (DRAINED.1, 0_usize);
    let rest = async {
        while let Some(Ok(piece)) = source.next().await {
            taken = taken.saturating_add(piece.len());
            if taken > most {
                break;
            }
        }
    };
    // A file that takes longer loses its answer, not the collector's time.
    let _ = timeout(DRAINED.0, rest).await;
}

/// The part that is in memory.
pub(super) struct Window {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes that were forgotten.
    gone: u64,
    over: bool,
}

impl Window {
    pub(super) const fn over(source: Source) -> Self {
        Self { source, buffer: Vec::new(), at: 0, gone: 0, over: false }
    }

    /// Makes the rest [`SIZE`] bytes long, or everything that is left.
    pub(super) async fn fill(&mut self) -> Result<(), SheetError> {
        while !self.over && self.rest().len() < SIZE {
            if self.at > SIZE {
                self.buffer.drain(..self.at);
                self.gone += u64::try_from(self.at).unwrap_or_default();
                self.at = 0;
            }
            match timeout(PATIENCE, self.source.next()).await {
                Ok(Some(Ok(piece))) => self.buffer.extend(piece),
                Ok(Some(Err(reason))) => {
                    let bytes = self.gone.saturating_add(u64::try_from(self.buffer.len()).unwrap_or_default());
                    return Err(SheetError::Cut { bytes, reason });
                }
                Ok(None) => self.over = true,
                Err(_) => return Err(SheetError::Slow(PATIENCE)),
            }
        }
        Ok(())
    }

    /// What is in memory and not taken yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Whether the rest is all that is left of the file.
    pub(super) const fn is_last(&self) -> bool {
        self.over
    }

    /// Takes bytes of the rest.
    pub(super) fn take(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.buffer.len());
    }

    /// How many bytes were taken.
    pub(super) fn taken(&self) -> u64 {
        self.gone.saturating_add(u64::try_from(self.at).unwrap_or_default())
    }

    /// The source itself, to take what nobody reads.
    pub(super) const fn source(&mut self) -> &mut Source {
        &mut self.source
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").field("taken", &self.taken()).finish_non_exhaustive()
    }
}
