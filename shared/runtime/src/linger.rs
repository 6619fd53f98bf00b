//! Ending a connection so that the last answer arrives.
//!
//! In: a stream. Out: the same stream, whose shutdown first ends its own side and then reads away what the peer still sends,
//! for a short time. A socket that is closed with unread bytes is reset, and a reset makes the peer forget the answer that
//! said why. It must not interpret what it reads away.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// How long a silent peer is waited for.
const QUIET: Duration = Duration::from_secs(1);
/// How long a peer that goes on sending is listened to.
const LONGEST: Duration = Duration::from_secs(5);

/// A stream that lingers when it is shut down.
#[derive(Debug)]
pub struct Lingering<S> {
    stream: S,
    quiet: Duration,
    longest: Duration,
    ending: Option<Ending>,
}

#[derive(Debug)]
struct Ending {
    quiet: Pin<Box<Sleep>>,
    longest: Pin<Box<Sleep>>,
}

impl<S> Lingering<S> {
    /// Wraps a stream; after its shutdown a silent peer is waited for one second, one that goes on sending five.
    pub fn new(stream: S) -> Self {
        Self { stream, quiet: QUIET, longest: LONGEST, ending: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, quiet, longest, ending } = &mut *self;
        if ending.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
        }
        let ending = ending.get_or_insert_with(|| Ending { quiet: Box::pin(sleep(*quiet)), longest: Box::pin(sleep(*longest)) });
        let mut space = [MaybeUninit::uninit(); 8192];
        loop {
            if ending.quiet.as_mut().poll(cx).is_ready() || ending.longest.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::uninit(&mut space);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    // The runtime's clock paces timers; it is not the time of day.
                    ending.quiet.as_mut().reset(Instant::now() + *quiet);
                }
                // The peer has ended its side, or is gone: nothing is left to be lost.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    #[tokio::test]
    async fn an_answer_survives_a_body_that_nobody_reads() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = Lingering::new(stream);
            stream.write_all(b"too large").await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&vec![b'x'; 8 << 20]).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "too large");
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_silent_peer_and_one_without_end_are_left() {
        for chatty in [false, true] {
            let (near, mut far) = tokio::io::duplex(64);
            let talk = tokio::spawn(async move {
                while chatty && far.write_all(b"and another thing").await.is_ok() {
                    tokio::task::yield_now().await;
                }
                std::future::pending::<()>().await;
            });
            let (quiet, longest) = match chatty {
                true => (Duration::from_secs(3600), Duration::from_millis(20)),
                false => (Duration::from_millis(20), Duration::from_secs(3600)),
            };
            let mut stream = Lingering { quiet, longest, ..Lingering::new(near) };
            tokio::time::timeout(Duration::from_secs(60), stream.shutdown()).await.unwrap().unwrap();
            talk.abort();
        }
    }
}
