//! Clients that ping more often than servers in production allow.
//!
//! grpc-go, grpc-java and the C core close a connection with GOAWAY (ENHANCE_YOUR_CALM, `too_many_pings`) when a client's
//! keepalive is too eager, and a client that was only ever tried against a patient server hears of it in production.
//! Their rules, as they are when nobody configures anything (gRFC A8, "Server Enforcement"):
//!
//! - a ping is due 5 minutes after the last one; where no call is open, 2 hours after it;
//! - one that comes earlier is a strike, and the third strike ends the connection;
//! - headers or data from the server take all strikes back, and make the next ping due at once.
//!
//! They count from different moments: grpc-go (`handlePing` in `internal/transport/http2_server.go`: `defaultPingTimeout`
//! of 2 hours, `MinTime` of 5 minutes, `maxPingStrikes` of 2) and the C core (`ping_abuse_policy.cc`) from the last ping,
//! whatever it was, and the first one is free; grpc-java (`KeepAliveEnforcer`: `IMPLICIT_PERMIT_TIME_NANOS`,
//! `MAX_PING_STRIKES`) from the last one that was due, or from the beginning of the connection, to which it also goes back
//! when strikes are taken back. A connection ends here where one of them would end it.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::tapped::Tap;

/// How long after the last ping the next one is due where calls are open.
const BUSY: Duration = Duration::from_secs(5 * 60);

/// The same where none is.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// The most strikes of a connection that goes on.
const STRIKES: u32 = 2;

/// The frames that are looked at, and their flags (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PING: u8 = 6;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;

/// The length of the head of a frame (RFC 9113, section 4.1).
const HEAD: usize = 9;

/// The last frame: GOAWAY on no stream, ENHANCE_YOUR_CALM, and the reason as all three of them say it.
fn calm(last: u32) -> Vec<u8> {
    const REASON: &[u8] = b"too_many_pings";
    let mut frame = (8 + REASON.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([7, 0, 0, 0, 0, 0]);
    frame.extend(last.to_be_bytes());
    frame.extend(11_u32.to_be_bytes());
    frame.extend(REASON);
    frame
}

/// Counts strikes.
#[derive(Debug)]
struct Counter {
    /// When the connection began.
    opened: Instant,
    /// The last ping of any kind since the server sent something, and the strikes by it.
    last: Option<Instant>,
    strikes: u32,
    /// The last ping that was due, or the beginning, and the strikes by it.
    due: Instant,
    java: u32,
}

impl Counter {
    fn new(opened: Instant) -> Counter {
        Counter { opened, last: None, strikes: 0, due: opened, java: 0 }
    }

    /// A ping came. Gives whether the connection may go on.
    fn ping(&mut self, now: Instant, idle: bool) -> bool {
        let wait = if idle { IDLE } else { BUSY };
        let early = |since: Instant| now.saturating_duration_since(since) < wait;
        if self.last.replace(now).is_some_and(early) {
            self.strikes += 1;
        }
        if early(self.due) {
            self.java += 1;
        } else {
            self.due = now;
        }
        self.strikes.max(self.java) <= STRIKES
    }

    /// The server sent headers or data.
    fn sent(&mut self) {
        *self = Counter::new(self.opened);
    }
}

/// The heads of the frames of one direction, as they come in pieces.
#[derive(Debug, Default)]
struct Heads {
    head: Vec<u8>,
    /// What is left of the frame that was begun.
    pass: usize,
}

/// What there is to know of a frame: its type, its flags, its stream.
type Frame = (u8, u8, u32);

impl Heads {
    /// Looks at bytes that pass, and tells of every frame that begins in them.
    fn pass(&mut self, mut bytes: &[u8], mut tell: impl FnMut(Frame)) {
        while !bytes.is_empty() {
            let step = self.pass.min(bytes.len());
            (self.pass, bytes) = (self.pass - step, &bytes[step..]);
            let step = if self.pass > 0 { 0 } else { (HEAD - self.head.len()).min(bytes.len()) };
            self.head.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            if let [a, b, c, kind, flags, s, t, r, m] = self.head[..] {
                self.pass = u32::from_be_bytes([0, a, b, c]) as usize;
                self.head.clear();
                tell((kind, flags, u32::from_be_bytes([s & 0x7f, t, r, m])));
            }
        }
    }

    /// How many bytes of these surely belong to the frame that was begun; none between two frames.
    fn rest(&self, bytes: &[u8]) -> usize {
        let left = if self.head.is_empty() { self.pass } else { HEAD - self.head.len() };
        left.min(bytes.len())
    }

    fn between(&self) -> bool {
        self.pass == 0 && self.head.is_empty()
    }
}

/// What is known of a connection that is watched.
struct Watch {
    counter: Counter,
    client: Heads,
    server: Heads,
    /// Calls that are open, and the last one that was begun.
    open: BTreeSet<u32>,
    last: u32,
    /// What is still to be said before the end.
    end: Option<Vec<u8>>,
    /// Hears of it.
    told: Option<Box<dyn FnOnce() + Send>>,
}

impl Watch {
    fn came(&mut self, bytes: &[u8]) {
        let Watch { counter, client, open, last, end, .. } = self;
        let now = Instant::now();
        client.pass(bytes, |(kind, flags, stream)| match kind {
            HEADERS if stream > *last => {
                *last = stream;
                open.insert(stream);
            }
            RST_STREAM => {
                open.remove(&stream);
            }
            PING if flags & ACK == 0 && end.is_none() && !counter.ping(now, open.is_empty()) => {
                *end = Some(calm(*last));
            }
            _ => {}
        });
        if self.end.is_some()
            && let Some(told) = self.told.take()
        {
            told();
        }
    }

    fn went(&mut self, bytes: &[u8]) {
        let Watch { counter, server, open, .. } = self;
        server.pass(bytes, |(kind, flags, stream)| {
            let speaks = matches!(kind, DATA | HEADERS);
            if speaks {
                counter.sent();
            }
            if kind == RST_STREAM || speaks && flags & END_STREAM != 0 {
                open.remove(&stream);
            }
        });
    }

    /// Says why it ends, and ends.
    fn calm(
        &mut self,
        mut stream: Pin<&mut (impl AsyncWrite + ?Sized)>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Error> {
        while let Some(left) = self.end.as_mut().filter(|left| !left.is_empty()) {
            match ready!(stream.as_mut().poll_write(cx, left)) {
                Ok(0) => return Poll::Ready(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(left.drain(..written)),
                Err(error) => return Poll::Ready(error),
            }
        }
        // What cannot be said any more is of no use to anybody.
        let _ = ready!(stream.poll_shutdown(cx));
        Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, "too many pings"))
    }
}

/// Ends a connection whose client pings too often, if it is watched. Sees frames, the preface taken off.
pub(super) struct Enforced {
    watch: Option<Box<Watch>>,
}

impl Enforced {
    /// Passes everything on.
    pub(super) fn patient() -> Enforced {
        Enforced { watch: None }
    }

    /// Ends where a client pings too often, and tells so.
    pub(super) fn strict(told: impl FnOnce() + Send + 'static) -> Enforced {
        let watch = Watch {
            counter: Counter::new(Instant::now()),
            client: Heads::default(),
            server: Heads::default(),
            open: BTreeSet::new(),
            last: 0,
            end: None,
            told: Some(Box::new(told)),
        };
        Enforced { watch: Some(Box::new(watch)) }
    }
}

impl Tap for Enforced {
    fn poll_read<S: AsyncRead + AsyncWrite>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(watch) = &mut self.watch else { return stream.poll_read(cx, out) };
        if watch.end.is_none() {
            let before = out.filled().len();
            ready!(stream.as_mut().poll_read(cx, out))?;
            watch.came(&out.filled()[before..]);
            if watch.end.is_none() {
                return Poll::Ready(Ok(()));
            }
            out.set_filled(before);
        }
        // The frame that is being written is finished first, by whoever writes it.
        if !watch.server.between() {
            return Poll::Pending;
        }
        Poll::Ready(Err(ready!(watch.calm(stream, cx))))
    }

    fn poll_write<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(watch) = &mut self.watch else { return stream.poll_write(cx, bytes) };
        if watch.end.is_some() && watch.server.between() {
            return Poll::Ready(Err(ready!(watch.calm(stream, cx))));
        }
        let bytes = if watch.end.is_none() { bytes } else { &bytes[..watch.server.rest(bytes)] };
        let written = ready!(stream.poll_write(cx, bytes))?;
        watch.went(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored<S: AsyncRead + AsyncWrite>(
        &mut self,
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.watch.is_none() {
            return stream.poll_write_vectored(cx, pieces);
        }
        let first = pieces.iter().find(|piece| !piece.is_empty());
        self.poll_write(stream, cx, first.map_or(&[][..], |piece| piece))
    }

    fn takes_pieces(&self) -> bool {
        self.watch.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these pings, by the seconds after the beginning, a connection lives through. A negative number is
    /// the server speaking.
    fn lives(seconds: &[i64], idle: bool) -> usize {
        let opened = Instant::now();
        let mut counter = Counter::new(opened);
        let mut pings = 0;
        for at in seconds {
            if *at < 0 {
                counter.sent();
            } else if counter.ping(opened + Duration::from_secs(at.unsigned_abs()), idle) {
                pings += 1;
            } else {
                break;
            }
        }
        pings
    }

    #[test]
    fn the_third_ping_that_comes_early_is_one_too_many() {
        // grpc-java counts from the beginning of the connection.
        assert_eq!(lives(&[10, 20, 30, 40], false), 2);
        // The others forgive the first, and count from the last ping.
        assert_eq!(lives(&[400, 420, 440, 460], false), 3);
        let every = |seconds: i64, count: i64| (1..=count).map(|n| n * seconds).collect::<Vec<_>>();
        assert_eq!(lives(&every(300, 50), false), 50);
        assert_eq!(lives(&every(299, 50), false), 3);
        assert_eq!(lives(&every(300, 50), true), 2, "without a call it takes two hours");
        assert_eq!(lives(&every(7200, 50), true), 50);
    }

    #[test]
    fn what_the_server_says_takes_strikes_back() {
        assert_eq!(lives(&[10, 20, -1, 30, 40, -1, 50, 60], false), 6);
        assert_eq!(lives(&[400, 410, 420, -1, 430, 440, 450], false), 6);
        assert_eq!(lives(&[10, 20, -1, 30, 40, 50], false), 4);
    }

    #[test]
    fn heads_are_found_however_the_bytes_come() {
        let frame = |kind: u8, length: u8| {
            [&[0, 0, length, kind, 1, 0x80, 0, 0, 5][..], &vec![6; usize::from(length)]].concat()
        };
        let bytes = [frame(0, 3), frame(6, 8), frame(1, 0), frame(9, 20)].concat();
        for size in [1, 2, 9, bytes.len()] {
            let (mut heads, mut found) = (Heads::default(), Vec::new());
            bytes.chunks(size).for_each(|piece| heads.pass(piece, |frame| found.push(frame)));
            assert_eq!(found, [(0, 1, 5), (6, 1, 5), (1, 1, 5), (9, 1, 5)], "in pieces of {size}");
            assert!(heads.between());
        }
    }
}
