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

use super::tapped::Tap;

/// The length of the head of a frame (RFC 9113, section 4.1).
const HEAD: usize = 9;

/// The type of a frame of headers, and the flags that say what stands around the fields (RFC 9113, section 6.2).
const HEADERS: u8 = 1;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// The longest frame that is held back as a whole: what an endpoint has to take at least, and the server allows no more.
const LONGEST: usize = 16_384;

/// How many bytes are read at a time where a frame is held back.
const PIECE: usize = 2 << 10;

/// The place of `:authority` in the static table (RFC 7541, appendix A).
const AUTHORITY: u64 = 1;

/// Puts the authorities of the frames that come in order. Says once when it does, with what it found.
///
/// Bytes are read to where they are wanted and changed in place there: on every call, a copy would be felt. Only the
/// beginning of a frame of headers that came in pieces waits here until the rest of it has come.
pub(super) struct Ordered<F> {
    found: Option<F>,
    frames: Frames,
    /// What may be given on before anything is read, and how much of it was.
    ready: Vec<u8>,
    given: usize,
    over: bool,
}

impl<F: FnOnce(&str)> Ordered<F> {
    /// For a stream of which the bytes `before` were taken already; they are read again, as they are.
    pub(super) fn new(before: &[u8], found: F) -> Ordered<F> {
        let frames = Frames { pass: 0, held: Vec::new() };
        Ordered { found: Some(found), frames, ready: before.to_vec(), given: 0, over: false }
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
    /// Puts in order what came, in place, as long as nothing is held back. Gives how many of the bytes may go on, the
    /// rest is held from now on; and the first authority that was changed.
    fn order(&mut self, bytes: &mut [u8]) -> (usize, Option<String>) {
        let (mut at, mut found) = (0, None);
        loop {
            let step = self.pass.min(bytes.len() - at);
            (at, self.pass) = (at + step, self.pass - step);
            let left = &mut bytes[at..];
            let length = held_back(left);
            if left.len() < length {
                self.held.extend_from_slice(left);
                return (at, found);
            }
            self.pass = HEAD + payload(left);
            if length > HEAD {
                found = found.or(fields(&mut left[..length]).and_then(mend));
            }
        }
    }

    /// Takes bytes in until nothing is held back any more, puts out what may go on. Gives how many it took, and the
    /// authority that was changed.
    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> (usize, Option<String>) {
        let mut taken = 0;
        while !self.held.is_empty() {
            let length = held_back(&self.held);
            if self.held.len() < length {
                let left = &bytes[taken..];
                let step = left.len().min(length - self.held.len());
                if step == 0 {
                    break;
                }
                self.held.extend_from_slice(&left[..step]);
                taken += step;
                continue;
            }
            let found = if length > HEAD { fields(&mut self.held).and_then(mend) } else { None };
            self.pass = HEAD + payload(&self.held) - self.held.len();
            out.append(&mut self.held);
            return (taken, found);
        }
        (taken, None)
    }
}

/// The length of the payload of the frame that begins here.
fn payload(frame: &[u8]) -> usize {
    match frame.first_chunk::<3>() {
        Some([a, b, c]) => u32::from_be_bytes([0, *a, *b, *c]) as usize,
        None => 0,
    }
}

/// How much of the frame that begins here is looked at before any of it is given on: of a frame of headers all, of
/// others their head.
fn held_back(frame: &[u8]) -> usize {
    let whole = frame.len() >= HEAD && frame[3] == HEADERS && payload(frame) <= LONGEST;
    if whole { HEAD + payload(frame) } else { HEAD }
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

impl<F: FnOnce(&str)> Ordered<F> {
    fn tell(&mut self, was: Option<String>) {
        if let Some(was) = was
            && let Some(found) = self.found.take()
        {
            found(&was);
        }
    }

    /// Reads on where a frame is held back.
    fn rest<S: AsyncRead>(&mut self, stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(stream.poll_read(cx, &mut piece))?;
        if piece.filled().is_empty() {
            // The beginning of a frame that never ends is for whoever reads to complain about.
            self.over = true;
            self.ready.append(&mut self.frames.held);
            return Poll::Ready(Ok(()));
        }
        let (taken, was) = self.frames.take(piece.filled(), &mut self.ready);
        self.tell(was);
        let left = &mut piece.filled_mut()[taken..];
        if !left.is_empty() {
            let (fine, was) = self.frames.order(left);
            self.ready.extend_from_slice(&left[..fine]);
            self.tell(was);
        }
        Poll::Ready(Ok(()))
    }
}

impl<F: FnOnce(&str)> Tap for Ordered<F> {
    fn poll_read<S: AsyncRead + AsyncWrite>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.given < self.ready.len() {
                let left = &self.ready[self.given..];
                let step = left.len().min(out.remaining());
                out.put_slice(&left[..step]);
                self.given += step;
                if self.given == self.ready.len() {
                    self.ready.clear();
                    self.given = 0;
                }
                return Poll::Ready(Ok(()));
            }
            if self.over || out.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if !self.frames.held.is_empty() {
                ready!(self.rest(stream.as_mut(), cx))?;
                continue;
            }
            let before = out.filled().len();
            ready!(stream.as_mut().poll_read(cx, out))?;
            self.over = out.filled().len() == before;
            let (fine, was) = self.frames.order(&mut out.filled_mut()[before..]);
            out.set_filled(before + fine);
            self.tell(was);
            if fine > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tapped::Tapped;
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
            let (out, found) = through(&bytes, 3, size);
            assert_eq!(out, mended, "in pieces of {size}");
            assert_eq!(found.as_deref(), Some("ipv4:10.0.0.1:80,10.0.0.2:81"));
        }
    }

    /// What comes out of bytes that come in pieces, and the first list that was found. The first ones pass.
    fn through(bytes: &[u8], pass: usize, size: usize) -> (Vec<u8>, Option<String>) {
        let mut found = None;
        let stream = tokio::io::BufReader::with_capacity(size, bytes);
        let stream = tokio::io::join(stream, tokio::io::sink());
        let mut ordered = Tapped::new(stream, Ordered::new(&[], |was: &str| found = Some(was.to_owned())));
        ordered.tap.frames.pass = pass;
        let mut out = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(tokio::io::AsyncReadExt::read_to_end(&mut ordered, &mut out)).unwrap();
        drop(ordered);
        (out, found)
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_pass_with_their_length(bytes: Vec<u8>, size in 1_usize..40) {
            let (out, _) = through(&bytes, 0, size);
            proptest::prop_assert_eq!(out.len(), bytes.len());
        }

        /// However they come, they are the same: what is held back and what is changed in place are one rule.
        #[test]
        fn pieces_make_no_difference(
            frames in proptest::collection::vec((0_u8..3, proptest::sample::select(vec![0_u8, 4, 8, 0x20, 0x2c]), "[a-z0-9:,.]{0,40}", 0_usize..300), 0..6),
            size in 1_usize..400,
        ) {
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|(kind, flags, authority, more)| frame(*kind, *flags, &[block(authority), vec![0x83; *more]].concat()))
                .collect();
            proptest::prop_assert_eq!(through(&bytes, 0, size), through(&bytes, 0, bytes.len().max(1)));
        }
    }
}
