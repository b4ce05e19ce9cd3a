//! Clients that name a list of addresses as the host they call.
//!
//! Clients on gRPC's C core (Python, Ruby, PHP, C++) whose target is a list (`ipv4:10.0.0.1:80,10.0.0.2:80`) send the
//! whole list as `:authority`. That is no authority (RFC 3986, section 3.2), and the HTTP/2 library ends every such call
//! before anybody hears of it. Servers on the C core take it, and nothing here depends on the name. So the bytes are
//! changed on the way in, one for one: lengths, the frame and the compression table (RFC 7541) stay as they are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The length of the head of a frame (RFC 9113, section 4.1).
const HEAD: usize = 9;

/// The type of a frame of headers, and the flags that say what stands around the fields (RFC 9113, section 6.2).
const HEADERS: u8 = 1;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// The longest frame that is held back as a whole: what an endpoint has to take at least, and the server allows no more.
const LONGEST: usize = 16_384;

/// The place of `:authority` in the static table (RFC 7541, appendix A).
const AUTHORITY: u64 = 1;

/// How many bytes are read at a time.
const PIECE: usize = 16 << 10;

/// A stream of frames whose authorities are put in order. Says once when it does, with what it found.
pub(super) struct Ordered<S, F> {
    stream: S,
    found: Option<F>,
    frames: Frames,
    /// What may be given on, and how much of it was.
    ready: Vec<u8>,
    given: usize,
    over: bool,
}

impl<S, F: FnOnce(&str)> Ordered<S, F> {
    /// Wraps a stream of which the bytes `before` were taken already; they are read again, as they are.
    pub(super) fn new(stream: S, before: &[u8], found: F) -> Ordered<S, F> {
        let frames = Frames { pass: 0, held: Vec::new() };
        Ordered { stream, found: Some(found), frames, ready: before.to_vec(), given: 0, over: false }
    }
}

/// Cuts bytes into frames.
struct Frames {
    /// How many bytes pass before the next head of a frame.
    pass: usize,
    /// The beginning of a frame that is held back.
    held: Vec<u8>,
}

impl Frames {
    /// Takes bytes in, puts out what may go on. Gives the first authority that was changed.
    fn take(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Option<String> {
        let mut found = None;
        while !bytes.is_empty() {
            if self.pass > 0 {
                let (now, later) = bytes.split_at(self.pass.min(bytes.len()));
                out.extend_from_slice(now);
                self.pass -= now.len();
                bytes = later;
                continue;
            }
            let length = self.length();
            let (now, later) = bytes.split_at((length - self.held.len()).min(bytes.len()));
            self.held.extend_from_slice(now);
            bytes = later;
            if self.held.len() < length {
                break;
            }
            if self.held.len() == HEAD && self.length() > HEAD {
                continue;
            }
            if self.held.len() > HEAD {
                found = found.or(fields(&mut self.held).and_then(mend));
            } else {
                // Nothing to hold back: the rest of the frame passes.
                self.pass = self.payload();
            }
            out.append(&mut self.held);
        }
        found
    }

    /// The payload of the frame whose head is held.
    fn payload(&self) -> usize {
        match self.held.first_chunk::<3>() {
            Some([a, b, c]) => u32::from_be_bytes([0, *a, *b, *c]) as usize,
            None => 0,
        }
    }

    /// How much is held back before anything is given on.
    fn length(&self) -> usize {
        let whole = self.held.len() >= HEAD && self.held[3] == HEADERS && self.payload() <= LONGEST;
        if whole { HEAD + self.payload() } else { HEAD }
    }
}

/// The block of fields in a frame of headers.
fn fields(frame: &mut [u8]) -> Option<&mut [u8]> {
    let flags = *frame.get(4)?;
    let (mut from, mut upto) = (HEAD, frame.len());
    if flags & PADDED != 0 {
        upto = upto.checked_sub(usize::from(*frame.get(HEAD)?))?;
        from += 1;
    }
    if flags & PRIORITY != 0 {
        from += 5;
    }
    frame.get_mut(from..upto)
}

/// Puts an authority that is a list in order; gives what it was.
fn mend(block: &mut [u8]) -> Option<String> {
    let mut at = 0;
    while let Some(first) = block.get(at).copied() {
        let (bits, value) = match first {
            0x80.. => (7, false),
            0x40..=0x7f => (6, true),
            0x20..=0x3f => (5, false),
            _ => (4, true),
        };
        let index = integer(block, &mut at, bits)?;
        if !value {
            continue;
        }
        let mut named = index == AUTHORITY;
        if index == 0 {
            let (name, plain) = text(block, &mut at)?;
            named = plain && block.get(name)? == b":authority";
        }
        let (value, plain) = text(block, &mut at)?;
        if named {
            return if plain { order(block.get_mut(value)?) } else { None };
        }
    }
    None
}

/// Of a list, everything that no host may hold becomes a dash; the last colon stays, for the port behind it.
fn order(value: &mut [u8]) -> Option<String> {
    let list = value.contains(&b',') || value.windows(3).any(|w| w.eq_ignore_ascii_case(b"%2c"));
    if !list {
        return None;
    }
    let was = String::from_utf8_lossy(value).into_owned();
    let port = value.iter().rposition(|b| *b == b':');
    for (at, byte) in value.iter_mut().enumerate() {
        let fine = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || Some(at) == port;
        if !fine {
            *byte = b'-';
        }
    }
    Some(was)
}

/// An integer (RFC 7541, section 5.1).
fn integer(block: &[u8], at: &mut usize, bits: u32) -> Option<u64> {
    let most = (1_u64 << bits) - 1;
    let mut number = u64::from(*block.get(*at)?) & most;
    *at += 1;
    if number < most {
        return Some(number);
    }
    for shift in (0..56).step_by(7) {
        let byte = *block.get(*at)?;
        *at += 1;
        number += u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A string (RFC 7541, section 5.2): where it is, and whether it stands there as it is.
fn text(block: &[u8], at: &mut usize) -> Option<(std::ops::Range<usize>, bool)> {
    let plain = *block.get(*at)? & 0x80 == 0;
    let length = usize::try_from(integer(block, at, 7)?).ok()?;
    let range = *at..at.checked_add(length)?;
    *at = range.end;
    Some((range, plain))
}

impl<S: AsyncRead + Unpin, F: FnOnce(&str) + Unpin> AsyncRead for Ordered<S, F> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.given == this.ready.len() && !this.over {
            this.ready.clear();
            this.given = 0;
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut piece))?;
            this.over = piece.filled().is_empty();
            if this.over {
                // The beginning of a frame that never ends is for whoever reads to complain about.
                this.ready.append(&mut this.frames.held);
            }
            if let Some(was) = this.frames.take(piece.filled(), &mut this.ready)
                && let Some(found) = this.found.take()
            {
                found(&was);
            }
        }
        let left = &this.ready[this.given..];
        let step = left.len().min(out.remaining());
        out.put_slice(&left[..step]);
        this.given += step;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, F: Unpin> AsyncWrite for Ordered<S, F> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        out.extend([kind, flags, 0, 0, 0, 1]);
        out.extend(payload);
        out
    }

    /// `:method: POST` by its index, then the authority as a literal that is kept.
    fn block(authority: &str) -> Vec<u8> {
        [&[0x83, 0x41, authority.len() as u8], authority.as_bytes()].concat()
    }

    #[test]
    fn lists_become_hosts_however_the_bytes_come() {
        let padded = [&[2, 0, 0, 0, 0, 9][..], &block("a:1,b:2"), &[0, 0]].concat();
        let bytes = [
            b"PRI".to_vec(),
            frame(4, 0, b"settings"),
            frame(HEADERS, 4, &block("ipv4:10.0.0.1:80,10.0.0.2:81")),
            frame(0, 0, b"a,b"),
            frame(HEADERS, 4 | PADDED | PRIORITY, &padded),
            frame(HEADERS, 4, &block("[::1]:80%2C[::1]:81")),
            frame(HEADERS, 4, &block("here:80")),
            frame(HEADERS, 4, b""),
        ]
        .concat();
        let mended = [
            b"PRI".to_vec(),
            frame(4, 0, b"settings"),
            frame(HEADERS, 4, &block("ipv4-10.0.0.1-80-10.0.0.2:81")),
            frame(0, 0, b"a,b"),
            frame(
                HEADERS,
                4 | PADDED | PRIORITY,
                &[&[2, 0, 0, 0, 0, 9][..], &block("a-1-b:2"), &[0, 0]].concat(),
            ),
            frame(HEADERS, 4, &block("---1--80-2C---1-:81")),
            frame(HEADERS, 4, &block("here:80")),
            frame(HEADERS, 4, b""),
        ]
        .concat();
        for size in [1, 2, 7, bytes.len()] {
            let (mut frames, mut out) = (Frames { pass: 3, held: Vec::new() }, Vec::new());
            let found: Vec<String> = bytes.chunks(size).filter_map(|c| frames.take(c, &mut out)).collect();
            assert_eq!(out, mended, "in pieces of {size}");
            assert_eq!(found[0], "ipv4:10.0.0.1:80,10.0.0.2:81");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_pass_with_their_length(bytes: Vec<u8>, size in 1_usize..40) {
            let (mut frames, mut out) = (Frames { pass: 0, held: Vec::new() }, Vec::new());
            for chunk in bytes.chunks(size) {
                frames.take(chunk, &mut out);
            }
            out.append(&mut frames.held);
            proptest::prop_assert_eq!(out.len(), bytes.len());
        }
    }
}
