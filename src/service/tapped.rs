//! A stream of which something sees, and may change, what passes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What looks at a stream. What it does not say passes as it is; flushing and shutting down are the stream's own.
pub(super) trait Tap {
    /// Reads from the stream.
    fn poll_read<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        stream.poll_read(cx, out)
    }

    /// Writes to the stream.
    fn poll_write<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll_write(cx, bytes)
    }

    /// Writes several pieces to the stream, if it has room for that.
    fn poll_write_vectored<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        stream.poll_write_vectored(cx, pieces)
    }

    /// Whether several pieces may go at once.
    fn takes_pieces(&self) -> bool {
        true
    }
}

/// A stream with what looks at it.
pub(super) struct Tapped<S, T> {
    stream: S,
    pub(super) tap: T,
}

impl<S, T> Tapped<S, T> {
    pub(super) fn new(stream: S, tap: T) -> Tapped<S, T> {
        Tapped { stream, tap }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Tap + Unpin> AsyncRead for Tapped<S, T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Tapped { stream, tap } = self.get_mut();
        tap.poll_read(Pin::new(stream), cx, out)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Tap + Unpin> AsyncWrite for Tapped<S, T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Tapped { stream, tap } = self.get_mut();
        tap.poll_write(Pin::new(stream), cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Tapped { stream, tap } = self.get_mut();
        tap.poll_write_vectored(Pin::new(stream), cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.tap.takes_pieces() && self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
