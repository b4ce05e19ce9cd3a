//! What a client may ask for before it is refused.

use std::time::Duration;

/// The limits of a server. All have a default that suits a test server on one machine.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest message that is taken, in bytes, after decompression; larger ones end the call with
    /// RESOURCE_EXHAUSTED.
    pub receive: usize,
    /// The largest message that is sent, in bytes before compression; larger ones end the call with
    /// RESOURCE_EXHAUSTED.
    pub send: usize,
    /// The largest list of request headers, in bytes as HTTP/2 counts them (RFC 9113, section 6.5.2); larger ones
    /// are answered with HTTP status 431.
    pub headers: u32,
    /// The most open connections; more are closed as soon as they are accepted.
    pub connections: usize,
    /// The most calls in flight on one connection; the client is told, and more are refused with REFUSED_STREAM.
    pub streams: u32,
    /// How long a connection may take to finish the TLS handshake and to say that it speaks HTTP/2.
    pub handshake: Duration,
    /// How long the peer may be silent before it is pinged; `None` never pings.
    pub keepalive: Option<Duration>,
    /// How long a ping may stay unanswered before the connection is dropped.
    pub keepalive_timeout: Duration,
    /// Whether a client that pings more often than servers in production allow loses its connection: by default those of
    /// Go, Java and the C core end one with GOAWAY (ENHANCE_YOUR_CALM, `too_many_pings`).
    pub strict_keepalive: bool,
    /// The longest a call may take, whatever its own deadline is; `None` leaves it to the client.
    pub call: Option<Duration>,
    /// The most bytes that wait to be sent on one stream; a handler waits when they are reached.
    pub send_buffer: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            receive: 4 << 20,
            send: usize::MAX,
            headers: 16 << 10,
            connections: 16_384,
            streams: 256,
            handshake: Duration::from_secs(10),
            keepalive: Some(Duration::from_secs(60)),
            keepalive_timeout: Duration::from_secs(20),
            strict_keepalive: false,
            call: None,
            send_buffer: 64 << 10,
        }
    }
}
