//! How long a request may take: a file on a slow line takes the time it needs, a body that trickles does not.
//!
//! In: a request's body and the work on it. Out: the work's outcome, or that it made no progress for too long.

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;

/// Longest time from a request's head to its answer, the body included; and for as long as a large body comes in, the time in
/// which [`LEAST`] of it must come.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// How many bytes in that time are progress: some 35 kbit/s.
const LEAST: u64 = 256 * 1024;

/// How much of a body came.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrived(Arc<AtomicU64>);

impl Arrived {
    /// The body, counted as it is read.
    pub(super) fn count(&self, body: Body) -> Body {
        Body::new(Counted { body, arrived: Arc::clone(&self.0) })
    }

    /// What comes of the work; none when it is not done in time and too little of the body came.
    pub(super) async fn within_deadline<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (mut work, mut before) = (pin!(work), 0);
        loop {
            if let Ok(done) = timeout(DEADLINE, work.as_mut()).await {
                return Some(done);
            }
            let now = self.0.load(Ordering::Relaxed);
            if now - before < LEAST {
                return None;
            }
            before = now;
        }
    }
}

struct Counted {
    body: Body,
    arrived: Arc<AtomicU64>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.arrived.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    /// Pieces of a body, one every 30 seconds, then work; how many bytes were read if that was in time.
    async fn check(pieces: u64, bytes: usize, seconds: u64, expected: Option<usize>) {
        let slow = stream::unfold(0, move |sent| async move {
            if sent == pieces {
                return None;
            }
            tokio::time::sleep(Duration::from_secs(30)).await;
            Some((Ok::<_, Infallible>(vec![b'x'; bytes]), sent + 1))
        });
        let arrived = Arrived::default();
        let body = arrived.count(Body::from_stream(slow));
        let work = async move {
            let read = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            read.len()
        };
        assert_eq!(arrived.within_deadline(work).await, expected, "{pieces} times {bytes} bytes and {seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn progress_counts_not_the_whole_time() {
        check(1, 10, 20, Some(10)).await;
        check(0, 0, 61, None).await;
        check(1, 10, 31, None).await;
        // An hour of a large file is fine, and so is what is made of it.
        check(120, 200_000, 50, Some(24_000_000)).await;
        check(120, 200_000, 130, None).await;
        // A byte now and then is not.
        check(120, 1_000, 0, None).await;
    }
}
