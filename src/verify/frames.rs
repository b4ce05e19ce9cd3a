//! What passes on a connection that carries gRPC: how many messages went each way, and how many of them compressed.
//!
//! Only what that takes is read: the frames of HTTP/2 (RFC 9113, section 4.1) and, in their DATA, the five bytes before
//! each message (gRPC over HTTP/2, "Length-Prefixed-Message"). Headers are not decoded: the flag before a message says
//! whether it is compressed, and its first bytes say with what. What is kept for a connection is bounded by the number
//! of streams that are open at the same time, of which there are never more than [`MOST`].

use std::collections::BTreeMap;

/// What a client says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How many streams of one connection are followed; the oldest is given up for one more.
const MOST: usize = 1024;
/// What a member of gzip begins with (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Types of frames (RFC 9113, section 6).
mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
}

/// Flags of frames (RFC 9113, sections 6.1 and 6.2).
mod flag {
    pub(super) const END_STREAM: u8 = 0x1;
    pub(super) const PADDED: u8 = 0x8;
}

/// A way through the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// The messages that went one way, whole ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// How many were not compressed.
    pub plain: u64,
    /// The length of the longest of these, in bytes.
    pub longest: u64,
    /// How many were compressed with gzip.
    pub gzip: u64,
    /// How many were said to be compressed, and not with gzip.
    pub other: u64,
}

/// What went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests.
    pub up: Messages,
    /// Answers.
    pub down: Messages,
    /// Why the rest could not be read.
    pub blind: Option<&'static str>,
}

impl Traffic {
    fn way(&mut self, way: Way) -> &mut Messages {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn readable(&self) -> Result<(), String> {
        self.blind.map_or(Ok(()), |why| Err(format!("what is on the wire cannot be read: {why}")))
    }

    /// A call that went through has to have been seen whole: what is not seen cannot be judged.
    ///
    /// # Errors
    ///
    /// Something passed unseen, or nobody can tell.
    pub fn is_whole(&self, requests: usize, answers: usize) -> Result<(), String> {
        self.readable()?;
        for (name, sent, messages) in [("requests", requests, self.up), ("answers", answers, self.down)] {
            let seen = messages.plain + messages.gzip + messages.other;
            // More are no riddle: a runtime may send again what a server has not taken.
            if seen < sent as u64 {
                return Err(format!("{sent} {name} came through, and {seen} of them were seen"));
            }
        }
        Ok(())
    }

    /// Nothing may have been compressed.
    ///
    /// # Errors
    ///
    /// Something was, or nobody can tell.
    pub fn is_identity(&self) -> Result<(), String> {
        for (name, messages) in [("requests", self.up), ("answers", self.down)] {
            let compressed = messages.gzip + messages.other;
            if compressed > 0 {
                let all = compressed + messages.plain;
                return Err(format!("{compressed} of {all} {name} came compressed, and nobody asked for it"));
            }
        }
        self.readable()
    }

    /// Large messages have to have been compressed in each direction in which there were some: one at least came as
    /// gzip, and none of `large` bytes or more as it is. Smaller ones may be either: a runtime that sends them as they
    /// are, because gzip makes them longer, is free to do so.
    ///
    /// # Errors
    ///
    /// They were not, or nobody can tell.
    pub fn is_gzip(&self, requests: bool, answers: bool, large: u64) -> Result<(), String> {
        let ways = [("a", "request", requests, self.up), ("an", "answer", answers, self.down)];
        for (article, name, demanded, messages) in ways {
            if messages.other > 0 {
                return Err(format!("{} {name}s came compressed, but not with gzip", messages.other));
            }
            if !demanded {
                continue;
            }
            if messages.longest >= large {
                return Err(format!("{article} {name} of {} bytes came uncompressed", messages.longest));
            }
            if messages.gzip == 0 {
                return Err(format!("no {name} came compressed, of {} that came", messages.plain));
            }
        }
        self.readable()
    }
}

/// The messages of one stream, one way.
#[derive(Clone, Copy, Debug, Default)]
struct Half {
    ended: bool,
    /// The flag, the length and the first two bytes of the message at hand, as far as they are there.
    head: [u8; 7],
    have: usize,
    /// Bytes of the message that have not come yet, once its length is known.
    left: u64,
}

impl Half {
    /// Takes bytes of messages in.
    fn read(&mut self, mut bytes: &[u8], mut whole: impl FnMut(Message)) {
        loop {
            if self.have < 5 {
                let taken = bytes.len().min(5 - self.have);
                if taken == 0 {
                    return;
                }
                self.keep(bytes, taken);
                bytes = &bytes[taken..];
                if self.have < 5 {
                    return;
                }
                self.left = self.length();
            }
            // A length of zero is a whole message without another byte.
            let taken = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.keep(bytes, taken.min(7 - self.have));
            self.left -= taken as u64;
            bytes = &bytes[taken..];
            if self.left > 0 {
                return;
            }
            whole(Message {
                compressed: self.head[0],
                length: self.length(),
                begins: [self.head[5], self.head[6]],
            });
            *self = Half { ended: self.ended, ..Half::default() };
        }
    }

    fn keep(&mut self, bytes: &[u8], count: usize) {
        self.head[self.have..self.have + count].copy_from_slice(&bytes[..count]);
        self.have += count;
    }

    fn length(&self) -> u64 {
        u64::from(u32::from_be_bytes([self.head[1], self.head[2], self.head[3], self.head[4]]))
    }
}

/// A message that has come whole.
struct Message {
    compressed: u8,
    length: u64,
    begins: [u8; 2],
}

/// One call.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    turn: u64,
    up: Half,
    down: Half,
}

/// Where in the frames of one way the reader is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// In what a client says first, after so many bytes of it.
    Preface(usize),
    /// In a frame's header.
    Head([u8; 9], usize),
    /// Before the one byte that says how much padding there is.
    Padding(Frame),
    /// In the data of a frame, with so many bytes of it and then of padding to come.
    Data(Frame, u32, u32),
    /// In bytes of a frame that say nothing here.
    Skip(Frame, u32),
    /// What came is no HTTP/2, and why.
    Lost(&'static str),
}

const HEAD: At = At::Head([0; 9], 0);

/// A frame's header.
#[derive(Clone, Copy, Debug)]
struct Frame {
    length: u32,
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Frame {
    fn of(head: [u8; 9]) -> Frame {
        Frame {
            length: u32::from_be_bytes([0, head[0], head[1], head[2]]),
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & (u32::MAX >> 1),
        }
    }

    /// Where its content begins.
    fn begin(self) -> At {
        match self.kind {
            kind::DATA if self.flags & flag::PADDED != 0 && self.length > 0 => At::Padding(self),
            kind::DATA => At::Data(self, self.length, 0),
            _ => At::Skip(self, self.length),
        }
    }
}

/// One connection, both ways.
#[derive(Debug)]
pub struct Connection {
    streams: BTreeMap<u32, Stream>,
    /// The latest stream that a client has opened.
    latest: u32,
    up: At,
    down: At,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection { streams: BTreeMap::new(), latest: 0, up: At::Preface(0), down: HEAD }
    }
}

impl Connection {
    /// Takes in what passes one way, in pieces of any size. Messages of streams that were opened in the turn `turn`
    /// are counted in `traffic`, those of others are not: a call that was left may still have something to say.
    pub fn read(&mut self, way: Way, mut bytes: &[u8], turn: u64, traffic: &mut Traffic) {
        let mut at = match way {
            Way::Up => self.up,
            Way::Down => self.down,
        };
        // Frames may be empty, so an end of one is also looked at when no byte follows.
        loop {
            at = match at {
                At::Data(frame, 0, 0) | At::Skip(frame, 0) => {
                    self.end(way, frame, turn);
                    HEAD
                }
                At::Data(frame, 0, padding) => At::Skip(frame, padding),
                at if bytes.is_empty() => {
                    match way {
                        Way::Up => self.up = at,
                        Way::Down => self.down = at,
                    }
                    return;
                }
                At::Preface(have) => {
                    let taken = bytes.len().min(PREFACE.len() - have);
                    let good = bytes[..taken] == PREFACE[have..have + taken];
                    bytes = &bytes[taken..];
                    match have + taken {
                        _ if !good => lost(traffic, "the client does not begin as HTTP/2 does"),
                        whole if whole == PREFACE.len() => HEAD,
                        part => At::Preface(part),
                    }
                }
                At::Head(mut head, have) => {
                    let taken = bytes.len().min(9 - have);
                    head[have..have + taken].copy_from_slice(&bytes[..taken]);
                    bytes = &bytes[taken..];
                    if have + taken < 9 { At::Head(head, have + taken) } else { Frame::of(head).begin() }
                }
                At::Padding(frame) => {
                    let padding = u32::from(bytes[0]);
                    bytes = &bytes[1..];
                    match (frame.length - 1).checked_sub(padding) {
                        Some(data) => At::Data(frame, data, padding),
                        None => lost(traffic, "a frame has more padding than bytes"),
                    }
                }
                At::Data(frame, data, padding) => {
                    let taken = bytes.len().min(data as usize);
                    if let Some(stream) = self.streams.get_mut(&frame.stream) {
                        let counted = stream.turn == turn;
                        let half = if way == Way::Up { &mut stream.up } else { &mut stream.down };
                        half.read(&bytes[..taken], |message| {
                            if counted {
                                count(&message, way, traffic);
                            }
                        });
                    }
                    bytes = &bytes[taken..];
                    At::Data(frame, data - taken as u32, padding)
                }
                At::Skip(frame, left) => {
                    let taken = bytes.len().min(left as usize);
                    bytes = &bytes[taken..];
                    At::Skip(frame, left - taken as u32)
                }
                At::Lost(why) => {
                    bytes = &[];
                    lost(traffic, why)
                }
            };
        }
    }

    /// A frame is over: streams are opened by a client's headers, and closed by both ends or by a reset.
    fn end(&mut self, way: Way, frame: Frame, turn: u64) {
        let id = frame.stream;
        if frame.kind == kind::RST_STREAM {
            self.streams.remove(&id);
            return;
        }
        if !matches!(frame.kind, kind::DATA | kind::HEADERS) {
            return;
        }
        if frame.kind == kind::HEADERS && way == Way::Up && id > self.latest {
            self.latest = id;
            self.streams.insert(id, Stream { turn, ..Stream::default() });
            if self.streams.len() > MOST {
                self.streams.pop_first();
            }
        }
        if frame.flags & flag::END_STREAM != 0
            && let Some(stream) = self.streams.get_mut(&id)
        {
            let half = if way == Way::Up { &mut stream.up } else { &mut stream.down };
            half.ended = true;
            if stream.up.ended && stream.down.ended {
                self.streams.remove(&id);
            }
        }
    }
}

fn lost(traffic: &mut Traffic, why: &'static str) -> At {
    traffic.blind.get_or_insert(why);
    At::Lost(why)
}

fn count(message: &Message, way: Way, traffic: &mut Traffic) {
    let seen = traffic.way(way);
    match message.compressed {
        0 => {
            seen.plain += 1;
            seen.longest = seen.longest.max(message.length);
        }
        1 if message.begins == GZIP => seen.gzip += 1,
        _ => seen.other += 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
        let mut out = (content.len() as u32).to_be_bytes()[1..].to_vec();
        out.extend([kind, flags]);
        out.extend(stream.to_be_bytes());
        out.extend(content);
        out
    }

    fn message(compressed: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![compressed];
        out.extend((content.len() as u32).to_be_bytes());
        out.extend(content);
        out
    }

    fn padded(flags: u8, stream: u32, content: &[u8], padding: u8) -> Vec<u8> {
        let mut inner = vec![padding];
        inner.extend(content);
        inner.resize(inner.len() + usize::from(padding), 0xaa);
        frame(kind::DATA, flags | flag::PADDED, stream, &inner)
    }

    /// Two calls that take turns, with messages over several frames, empty frames, padding, and a stream that is reset.
    fn talk() -> (Vec<u8>, Traffic) {
        let gzip = message(1, &[0x1f, 0x8b, 8, 0, 0, 0, 0]);
        let plain = message(0, &[b'a'; 300]);
        let mut up = PREFACE.to_vec();
        up.extend(frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]));
        up.extend(frame(kind::HEADERS, 4, 1, b"headers"));
        up.extend(frame(kind::HEADERS, 4, 3, b"headers"));
        up.extend(frame(kind::DATA, 0, 1, &gzip[..3]));
        up.extend(padded(0, 3, &plain[..100], 255));
        up.extend(frame(kind::DATA, 0, 1, &[]));
        up.extend(padded(0, 1, &gzip[3..6], 0));
        up.extend(padded(0, 1, &[], 9));
        up.extend(frame(kind::DATA, flag::END_STREAM, 1, &gzip[6..]));
        // Two whole messages in one frame, one of them empty.
        up.extend(frame(kind::DATA, 0, 3, &[&plain[100..], &message(0, b"")].concat()));
        up.extend(frame(kind::DATA, 0, 3, &message(1, b"deflated")));
        up.extend(frame(kind::DATA, 0, 3, &plain[..200]));
        up.extend(frame(kind::RST_STREAM, 0, 3, &[0, 0, 0, 8]));
        // What a reset stream has on its way is nobody's.
        up.extend(frame(kind::DATA, 0, 3, &plain[200..]));
        let up_seen = Messages { plain: 2, longest: 300, gzip: 1, other: 1 };
        (up, Traffic { up: up_seen, ..Traffic::default() })
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_say_the_same(cuts in proptest::collection::vec(1usize..40, 1..200)) {
            let (bytes, expected) = talk();
            let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
            let mut rest = &bytes[..];
            let mut cuts = cuts.into_iter().cycle();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
                connection.read(Way::Up, piece, 0, &mut traffic);
                rest = after;
            }
            prop_assert_eq!(traffic, expected);
            prop_assert_eq!(connection.streams.len(), 1);
        }

        #[test]
        fn no_bytes_make_it_fall_over(up in any::<Vec<u8>>(), down in any::<Vec<u8>>()) {
            let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
            connection.read(Way::Up, PREFACE, 0, &mut traffic);
            connection.read(Way::Up, &up, 0, &mut traffic);
            connection.read(Way::Down, &down, 0, &mut traffic);
        }
    }

    #[test]
    fn only_streams_of_the_turn_count() {
        let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
        connection.read(Way::Up, PREFACE, 1, &mut traffic);
        connection.read(Way::Up, &frame(kind::HEADERS, 4, 1, b"a"), 1, &mut traffic);
        connection.read(Way::Up, &frame(kind::HEADERS, 4, 3, b"b"), 2, &mut traffic);
        for stream in [1, 3] {
            let data = frame(kind::DATA, 0, stream, &message(0, &vec![0; stream as usize]));
            connection.read(Way::Up, &data, 2, &mut traffic);
            connection.read(Way::Down, &data, 2, &mut traffic);
        }
        let one = Messages { plain: 1, longest: 3, ..Messages::default() };
        assert_eq!(traffic, Traffic { up: one, down: one, blind: None });
    }

    #[test]
    fn streams_that_never_end_do_not_pile_up() {
        let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
        connection.read(Way::Up, PREFACE, 0, &mut traffic);
        for stream in 0..10_000 {
            connection.read(Way::Up, &frame(kind::HEADERS, 4, 2 * stream + 1, b""), 0, &mut traffic);
        }
        assert_eq!(connection.streams.len(), MOST);
        assert_eq!(connection.streams.last_key_value().map(|(id, _)| *id), Some(19_999));
    }

    #[test]
    fn what_is_no_http2_is_told() {
        let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
        connection.read(Way::Up, b"GET / HTTP/1.1\r\n\r\n", 0, &mut traffic);
        let said = "what is on the wire cannot be read: the client does not begin as HTTP/2 does";
        assert_eq!(traffic.is_identity().unwrap_err(), said);
        assert_eq!(traffic.is_gzip(false, false, 1).unwrap_err(), said);
        let (mut connection, mut traffic) = (Connection::default(), Traffic::default());
        connection.read(Way::Down, &frame(kind::DATA, flag::PADDED, 1, &[9, 0]), 0, &mut traffic);
        assert!(traffic.is_identity().unwrap_err().ends_with("more padding than bytes"), "{traffic:?}");
    }

    #[test]
    fn a_side_that_ignores_the_wish_is_found_out() {
        let plain = Messages { plain: 1, longest: 4000, ..Messages::default() };
        let gzip = Messages { gzip: 1, ..Messages::default() };
        let traffic = |up, down| Traffic { up, down, blind: None };
        let large = 4000;
        assert_eq!(traffic(gzip, gzip).is_gzip(true, true, large), Ok(()));
        let wrong = |up, down| traffic(up, down).is_gzip(true, true, large).unwrap_err();
        assert_eq!(wrong(plain, gzip), "a request of 4000 bytes came uncompressed");
        assert_eq!(wrong(gzip, plain), "an answer of 4000 bytes came uncompressed");
        assert_eq!(wrong(gzip, Messages::default()), "no answer came compressed, of 0 that came");
        // One compressed message does not speak for another that is large.
        assert!(wrong(Messages { gzip: 1, ..plain }, gzip).contains("4000"));
        assert!(wrong(gzip, Messages { gzip: 1, other: 1, ..Messages::default() }).contains("not with gzip"));
        // A small one may be sent as it is, beside a large one that is not.
        let small = Messages { plain: 5, longest: 12, gzip: 1, other: 0 };
        assert_eq!(traffic(gzip, small).is_gzip(true, true, large), Ok(()));
        // Nothing is demanded of a direction that has nothing large.
        assert_eq!(traffic(gzip, plain).is_gzip(true, false, large), Ok(()));

        assert_eq!(traffic(plain, plain).is_identity(), Ok(()));
        assert_eq!(traffic(plain, small).is_whole(1, 6), Ok(()));
        let unseen = "1 answers came through, and 0 of them were seen";
        assert_eq!(traffic(gzip, Messages::default()).is_whole(1, 1).unwrap_err(), unseen);
        assert_eq!(
            traffic(small, plain).is_identity().unwrap_err(),
            "1 of 6 requests came compressed, and nobody asked for it"
        );
        let other = Messages { other: 2, ..Messages::default() };
        assert!(traffic(plain, other).is_identity().is_err());
    }
}
