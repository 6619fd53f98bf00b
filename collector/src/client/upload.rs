//! A file as the body of a request, read while it is sent.
//!
//! In: a path. Out: its bytes, a piece at a time; never the whole file in memory.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    fs::File,
    io::{AsyncRead as _, ReadBuf},
};

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

/// The body that sends a file.
///
/// # Errors
/// When the file cannot be opened.
pub(super) async fn body(path: &Path) -> io::Result<reqwest::Body> {
    let file = File::open(path).await?;
    let about = file.metadata().await?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    // What is no plain file, such as a pipe, has no size to be told.
    let left = about.is_file().then_some(about.len());
    Ok(reqwest::Body::wrap(Upload { file, left, piece: vec![0; PIECE].into_boxed_slice() }))
}

struct Upload {
    file: File,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    piece: Box<[u8]>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let most = this.left.map_or(PIECE, |left| usize::try_from(left).unwrap_or(PIECE).min(PIECE));
        if most == 0 {
            return Poll::Ready(None);
        }
        let mut buffer = ReadBuf::new(this.piece.get_mut(..most).unwrap_or_default());
        if let Err(error) = ready!(Pin::new(&mut this.file).poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let piece = Bytes::copy_from_slice(buffer.filled());
        if piece.is_empty() {
            let short = this.left.is_some();
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent");
            return Poll::Ready(short.then_some(Err(error)));
        }
        this.left = this.left.map(|left| left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX)));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
