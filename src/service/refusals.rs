//! What the HTTP/2 library refuses before anybody hears of it.
//!
//! A request with malformed headers, or one beyond the allowed number, is reset; a connection that breaks the rules of
//! HTTP/2 is ended with GOAWAY. The library does both by itself, and says it to nobody but the client. So the frames that
//! go out are looked at: their heads, and the code of those two kinds.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::tapped::Tap;

/// The length of the head of a frame (RFC 9113, section 4.1).
const HEAD: usize = 9;

/// The frames that say no, and where their code is (RFC 9113, sections 6.4 and 6.8).
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;

/// The names of the codes, by their number (RFC 9113, section 7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// What was refused, with the name of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A call.
    Call(&'static str),
    /// The whole connection.
    Connection(&'static str),
}

impl Refusal {
    /// What there is to say about it.
    pub(super) fn reason(self) -> String {
        match self {
            Refusal::Call("PROTOCOL_ERROR") => {
                "HTTP/2 refuses a call before it is one: PROTOCOL_ERROR, so its headers are malformed".to_owned()
            }
            Refusal::Call("REFUSED_STREAM") => {
                "HTTP/2 refuses a call before it is one: REFUSED_STREAM, so there are more at a time than `--max-streams` allows"
                    .to_owned()
            }
            Refusal::Call(code) => format!("HTTP/2 refuses a call before it is one: {code}"),
            Refusal::Connection(code) => format!("HTTP/2 ends the connection: {code}"),
        }
    }
}

/// The frames that go out, as they are cut.
#[derive(Debug, Default)]
struct Frames {
    /// The head of the frame at hand, and as much behind it as is wanted.
    seen: [u8; HEAD + 8],
    have: usize,
    /// Bytes that pass before the next head.
    pass: usize,
}

impl Frames {
    /// Looks at bytes that went out; gives the last refusal in them.
    fn went(&mut self, mut bytes: &[u8]) -> Option<Refusal> {
        let mut found = None;
        while !bytes.is_empty() {
            let step = self.pass.min(bytes.len());
            (self.pass, bytes) = (self.pass - step, &bytes[step..]);
            if bytes.is_empty() {
                break;
            }
            let want = self.wanted();
            let step = (want - self.have).min(bytes.len());
            self.seen[self.have..self.have + step].copy_from_slice(&bytes[..step]);
            (self.have, bytes) = (self.have + step, &bytes[step..]);
            // With the head it is known whether there is more to see.
            if self.have < HEAD || self.have < self.wanted() {
                continue;
            }
            found = self.refusal().or(found);
            self.pass = self.payload().saturating_sub(self.have - HEAD);
            self.have = 0;
        }
        found
    }

    /// How many bytes of this frame are looked at.
    fn wanted(&self) -> usize {
        if self.have < HEAD {
            return HEAD;
        }
        let code = match self.seen[3] {
            RST_STREAM => 4,
            GOAWAY => 8,
            _ => 0,
        };
        HEAD + code.min(self.payload())
    }

    fn payload(&self) -> usize {
        u32::from_be_bytes([0, self.seen[0], self.seen[1], self.seen[2]]) as usize
    }

    fn refusal(&self) -> Option<Refusal> {
        let code = |at: usize| {
            let code =
                u32::from_be_bytes([self.seen[at], self.seen[at + 1], self.seen[at + 2], self.seen[at + 3]]);
            CODES.get(code as usize).copied().unwrap_or("a code that is not known")
        };
        match (self.seen[3], self.have - HEAD) {
            // A call that is over for another reason has its line.
            (RST_STREAM, 4) if self.payload() == 4 => Some(code(HEAD))
                .filter(|c| !matches!(*c, "NO_ERROR" | "CANCEL" | "INTERNAL_ERROR"))
                .map(Refusal::Call),
            (GOAWAY, 8) => Some(code(HEAD + 4)).filter(|c| *c != "NO_ERROR").map(Refusal::Connection),
            _ => None,
        }
    }
}

/// Tells refusals: the first one of a call, and the end of the connection.
pub(super) struct Watched<F> {
    frames: Frames,
    told: (bool, bool),
    tell: F,
}

impl<F: Fn(Refusal)> Watched<F> {
    pub(super) fn new(tell: F) -> Watched<F> {
        Watched { frames: Frames::default(), told: (false, false), tell }
    }

    fn went(&mut self, bytes: &[u8]) {
        let Some(refusal) = self.frames.went(bytes) else { return };
        let told = match refusal {
            Refusal::Call(_) => &mut self.told.0,
            Refusal::Connection(_) => &mut self.told.1,
        };
        if !std::mem::replace(told, true) {
            (self.tell)(refusal);
        }
    }
}

impl<F: Fn(Refusal)> Tap for Watched<F> {
    fn poll_write<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(stream.poll_write(cx, bytes))?;
        self.went(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(stream.poll_write_vectored(cx, pieces))?;
        let mut left = written;
        for piece in pieces {
            let step = left.min(piece.len());
            self.went(&piece[..step]);
            left -= step;
        }
        Poll::Ready(Ok(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        out.extend([kind, 0, 0, 0, 0, 1]);
        out.extend(payload);
        out
    }

    /// What is found in bytes that go out in pieces.
    fn found(bytes: &[u8], size: usize) -> Vec<Refusal> {
        let mut frames = Frames::default();
        bytes.chunks(size).filter_map(|piece| frames.went(piece)).collect()
    }

    #[test]
    fn refusals_are_found_however_they_are_cut() {
        let bytes = [
            frame(0, &[3; 300]),
            frame(RST_STREAM, &[0, 0, 0, 8]),
            frame(1, b""),
            frame(RST_STREAM, &[0, 0, 0, 1]),
            frame(GOAWAY, &[0; 8]),
            frame(GOAWAY, b"\0\0\0\x01\0\0\0\x09why it is so"),
            frame(RST_STREAM, &[0, 0, 0, 200]),
        ]
        .concat();
        let all = [
            Refusal::Call("PROTOCOL_ERROR"),
            Refusal::Connection("COMPRESSION_ERROR"),
            Refusal::Call("a code that is not known"),
        ];
        for size in [1, 2, 3, 7] {
            assert_eq!(found(&bytes, size), all, "in pieces of {size}");
        }
    }

    #[test]
    fn frames_that_are_no_frames_are_passed_over() {
        for bytes in [frame(RST_STREAM, b""), frame(GOAWAY, &[1, 1]), vec![3; 40]] {
            assert_eq!(found(&bytes, 5), [], "{bytes:?}");
        }
    }
}
