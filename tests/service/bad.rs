//! Clients that mean harm, or do not know better. Each is refused in a way it could understand, the server goes on
//! serving others, and nothing from the wire gets into the log as it is.

use std::time::Duration;

use protopact::service::{Limits, LogFormat, Options, Running};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;

use crate::drive::{ITEM, Lines, PATIENCE, Plain, framed, head, line, logged, start, works};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Frame types and error codes of RFC 9113, sections 6 and 7.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A server that a test is rude to.
struct Victim {
    running: Running,
    lines: Lines,
}

impl Victim {
    async fn new(limits: Limits) -> Victim {
        let (options, lines) = logged(LogFormat::Human);
        Victim { running: start(Options { limits, ..options }).await, lines }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.running.address).await.unwrap()
    }

    /// The server is as good as ever, and its log can be shown.
    async fn unharmed(self) -> Vec<String> {
        works(&self.running).await;
        self.running.shutdown().await;
        let lines = self.lines.rest();
        for line in &lines {
            // Letters of others are shown as they are; what acts on a terminal is not.
            assert!(line.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphabetic()), "{line:?}");
        }
        lines
    }
}

/// Everything the server still says.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut out = Vec::new();
    // A reset is an end like any other.
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut out)).await;
    let _ = read.expect("the server keeps the connection");
    out
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// A header block without compression (RFC 7541, section 6.2.2).
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            assert!(text.len() < 127);
            out.push(text.len() as u8);
            out.extend(text.as_bytes());
        }
    }
    out
}

fn call_block() -> Vec<u8> {
    call_block_to("here")
}

fn call_block_to(authority: &str) -> Vec<u8> {
    block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", authority),
        (":path", "/shop.v1.Shop/Talk"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ])
}

/// The whole frames in what the server said: type, stream, payload.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut out = Vec::new();
    while bytes.len() >= 9 {
        let length = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
        let stream = u32::from_be_bytes(bytes[5..9].try_into().unwrap());
        let Some(payload) = bytes.get(9..9 + length) else { break };
        out.push((bytes[3], stream, payload.to_vec()));
        bytes = &bytes[9 + length..];
    }
    out
}

/// The error code of the last GOAWAY.
fn goaway(bytes: &[u8]) -> Option<u32> {
    let last = frames(bytes).into_iter().rfind(|f| f.0 == GOAWAY)?;
    Some(u32::from_be_bytes(last.2[4..8].try_into().unwrap()))
}

#[tokio::test]
async fn http1_is_told_which_version_to_speak() {
    let victim = Victim::new(Limits::default()).await;
    for request in [
        &b"GET /\x1b[2J HTTP/1.1\r\nhost: here\r\n\r\n"[..],
        b"POST /shop.v1.Shop/Same HTTP/1.1\r\nhost: here\r\ncontent-length: 3\r\n\r\nabc",
        b"PRI * HTTP/1.1\r\n\r\n\r\n\r\n\r\n\r\n",
    ] {
        let mut stream = victim.connect().await;
        stream.write_all(request).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = String::from_utf8(rest(&mut stream).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 505 "), "{answer:?}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{answer:?}");
    }
    let lines = victim.unharmed().await;
    assert_eq!(lines.iter().filter(|l| l.starts_with("refused") && l.ends_with("HTTP/1")).count(), 3);
}

#[tokio::test]
async fn garbage_is_turned_away() {
    let victim = Victim::new(Limits::default()).await;
    let mut noise = Vec::new();
    let mut state = 7u64;
    for _ in 0..4096 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push((state >> 56) as u8);
    }
    let client_hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for garbage in [&noise[..], &[0; 64], &[0xff; 1], &client_hello, b"\x1b]0;owned\x07\r\n"] {
        let mut stream = victim.connect().await;
        stream.write_all(garbage).await.unwrap();
        assert_eq!(rest(&mut stream).await, b"", "{garbage:?}");
    }
    // Behind the preface it is frames that make no sense.
    for garbage in [&noise[..], &frame(SETTINGS, 0, 0, &[1, 2, 3]), &frame(DATA, 0, 1, b"x")] {
        let mut stream = victim.connect().await;
        stream.write_all(&[PREFACE, garbage].concat()).await.unwrap();
        let said = rest(&mut stream).await;
        assert!(goaway(&said).is_some_and(|code| code != 0), "{:?}", frames(&said));
    }
    let lines = victim.unharmed().await;
    // Five that do not speak HTTP/2, and three whose connections are ended.
    assert_eq!(lines.iter().filter(|l| l.starts_with("refused")).count(), 8, "{lines:#?}");
}

#[tokio::test]
async fn connections_that_get_nowhere_are_closed() {
    let victim = Victim::new(Limits { handshake: Duration::from_millis(100), ..Limits::default() }).await;
    let mut silent = victim.connect().await;
    let mut half = victim.connect().await;
    half.write_all(&PREFACE[..10]).await.unwrap();
    assert_eq!(rest(&mut silent).await, b"");
    assert_eq!(rest(&mut half).await, b"");
    // One that leaves at once is not worth a line.
    drop(victim.connect().await);
    let lines = victim.unharmed().await;
    assert_eq!(lines.iter().filter(|l| l.contains("no HTTP/2 within the time")).count(), 2, "{lines:#?}");
    assert_eq!(lines.iter().filter(|l| l.starts_with("refused")).count(), 2, "{lines:#?}");
}

#[tokio::test]
async fn peers_that_are_gone_are_noticed_and_idle_ones_are_kept() {
    let keepalive = Some(Duration::from_millis(50));
    let limits = Limits { keepalive, keepalive_timeout: Duration::from_millis(200), ..Limits::default() };
    let victim = Victim::new(limits).await;
    let mut idle = Plain::new(&victim.running).await;
    let mut dead = victim.connect().await;
    let open = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, 4, 1, &call_block())].concat();
    dead.write_all(&open).await.unwrap();
    // It never answers a ping, and it is told nothing more once it is given up.
    let said = rest(&mut dead).await;
    let pings = frames(&said).into_iter().filter(|f| f.0 == PING).count();
    assert!(pings > 0, "{:?}", frames(&said));
    // By then the idle connection has been pinged as well, and has answered.
    let reply = idle.call(head("Same", &[]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Ok));
    let mut lines = victim.lines;
    let first = line(&mut lines).await;
    assert!(first.starts_with("Canceled") && first.contains("/shop.v1.Shop/Talk"), "{first}");
}

#[tokio::test]
async fn half_a_message_is_no_message() {
    let victim = Victim::new(Limits::default()).await;
    for method in ["Same", "Watch", "Upload", "Talk"] {
        let mut client = Plain::new(&victim.running).await;
        // An end in the middle.
        let reply = client.call(head(method, &[]), framed(ITEM).slice(..7), true).await.unwrap();
        assert_eq!(reply.code(), Some(Code::Internal), "{method}: {reply:?}");
        assert_eq!(reply.body, b"", "{method}");
        // No end at all: the client goes away, and the call with it.
        let (response, mut stream) = client.open(head(method, &[])).await.unwrap();
        stream.send_data(framed(ITEM).slice(..7), false).unwrap();
        stream.send_reset(h2::Reason::CANCEL);
        assert!(response.await.is_err());
        // A flag that does not exist, and compression that nobody has named.
        for flag in [1, 2, 255] {
            let mut message = framed(ITEM).to_vec();
            message[0] = flag;
            let reply = client.call(head(method, &[]), message.into(), true).await.unwrap();
            assert_eq!(reply.code(), Some(Code::Internal), "{method} {flag}: {reply:?}");
        }
    }
    victim.unharmed().await;
}

#[tokio::test]
async fn compressed_garbage_is_refused() {
    let victim = Victim::new(Limits::default()).await;
    let mut client = Plain::new(&victim.running).await;
    let mut message = framed(b"no gzip at all").to_vec();
    message[0] = 1;
    let reply = client.call(head("Same", &[("grpc-encoding", "gzip")]), message.into(), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Internal), "{reply:?}");
    let reply =
        client.call(head("Same", &[("grpc-encoding", "br\u{e9}")]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Unimplemented), "{reply:?}");
    assert!(reply.headers["grpc-accept-encoding"].to_str().unwrap().contains("gzip"), "{reply:?}");
    victim.unharmed().await;
}

#[tokio::test]
async fn requests_that_are_not_grpc_get_an_answer_of_http() {
    let victim = Victim::new(Limits::default()).await;
    let mut client = Plain::new(&victim.running).await;
    let with = |method: &str, kind: Option<&str>| {
        let mut request = http::Request::builder().method(method).uri("http://localhost/shop.v1.Shop/Same");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        request.body(()).unwrap()
    };
    let cases = [
        ("GET", Some("application/grpc"), 405),
        ("POST", None, 415),
        ("POST", Some("application/json"), 415),
        ("POST", Some("application/grpc-web"), 415),
        ("POST", Some("application/grpcx"), 415),
        ("POST", Some("application/grpc+proto"), 200),
        ("POST", Some("application/grpc;charset=utf-8"), 200),
    ];
    for (method, kind, status) in cases {
        let reply = client.call(with(method, kind), framed(ITEM), true).await.unwrap();
        assert_eq!(reply.status, status, "{method} {kind:?}");
    }
    victim.unharmed().await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let victim = Victim::new(Limits::default()).await;
    let mut stream = victim.connect().await;
    let mut flood = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    for id in 0..5000 {
        flood.extend(frame(HEADERS, 4, 2 * id + 1, &call_block()));
        flood.extend(frame(RST_STREAM, 0, 2 * id + 1, &8u32.to_be_bytes()));
    }
    // The server stops listening on the way.
    let _ = stream.write_all(&flood).await;
    let said = rest(&mut stream).await;
    if !said.is_empty() {
        assert_eq!(goaway(&said), Some(ENHANCE_YOUR_CALM), "{:?}", frames(&said));
    }
    victim.unharmed().await;
}

#[tokio::test]
async fn resets_one_after_another_cost_others_nothing() {
    let victim = Victim::new(Limits::default()).await;
    let mut client = Plain::new(&victim.running).await;
    for _ in 0..3000 {
        // The server may have had enough on the way.
        let Ok((_, mut stream)) = client.open(head("Talk", &[])).await else { break };
        let _ = stream.send_data(framed(ITEM), false);
        stream.send_reset(h2::Reason::CANCEL);
        tokio::task::yield_now().await;
    }
    works(&victim.running).await;
    let lines = victim.unharmed().await;
    assert!(lines.iter().all(|l| !l.contains("Unknown")), "{lines:#?}");
}

#[tokio::test]
async fn headers_that_never_end_end_the_connection() {
    let victim = Victim::new(Limits::default()).await;
    let mut stream = victim.connect().await;
    let mut flood = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, 0, 1, &call_block())].concat();
    let more =
        block(&[("x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")]).repeat(200);
    for _ in 0..2000 {
        flood.extend(frame(CONTINUATION, 0, 1, &more));
    }
    let _ = stream.write_all(&flood).await;
    let said = rest(&mut stream).await;
    if !said.is_empty() {
        assert!(goaway(&said).is_some_and(|code| code != 0), "{:?}", frames(&said));
    }
    victim.unharmed().await;
}

/// The library resets such a call by itself: no handler, and without a look at what goes out no log, hears of it.
#[tokio::test]
async fn calls_that_http2_refuses_are_told() {
    let victim = Victim::new(Limits::default()).await;
    let mut stream = victim.connect().await;
    let odd = call_block_to("here and there");
    let mut open = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(SETTINGS, 1, 0, &[])].concat();
    for id in [1, 3] {
        open.extend(frame(HEADERS, 5, id, &odd));
    }
    stream.write_all(&open).await.unwrap();
    let mut said = Vec::new();
    let reset = tokio::time::timeout(PATIENCE, async {
        while !frames(&said).iter().any(|f| f.0 == RST_STREAM && f.1 == 3) {
            assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "{:?}", frames(&said));
        }
    });
    reset.await.expect("the calls are not refused");
    assert!(frames(&said).iter().any(|f| f.0 == RST_STREAM && f.1 == 1), "{:?}", frames(&said));
    // And the connection as a whole: data on no stream.
    stream.write_all(&frame(DATA, 0, 0, b"x")).await.unwrap();
    rest(&mut stream).await;
    let lines = victim.unharmed().await;
    let told: Vec<&String> = lines.iter().filter(|l| l.starts_with("refused")).collect();
    assert_eq!(told.len(), 2, "{lines:#?}");
    assert!(told[0].contains("refuses a call before it is one: PROTOCOL_ERROR"), "{lines:#?}");
    assert!(told[1].contains("ends the connection: PROTOCOL_ERROR"), "{lines:#?}");
}

/// What clients on gRPC's C core do whose target is `ipv4:127.0.0.1:1,127.0.0.1:2`.
#[tokio::test]
async fn a_list_of_addresses_as_the_host_is_served_and_told() {
    let (options, mut lines) = logged(LogFormat::Human);
    let running = start(options).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let list = call_block_to("127.0.0.1:1,127.0.0.1:2");
    let mut open = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(SETTINGS, 1, 0, &[])].concat();
    open.extend(frame(HEADERS, 5, 1, &list));
    stream.write_all(&open).await.unwrap();
    let mut said = Vec::new();
    let answered = tokio::time::timeout(PATIENCE, async {
        while !frames(&said).iter().any(|f| f.1 == 1) {
            assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "{:?}", frames(&said));
        }
    });
    answered.await.expect("there is no answer");
    let first = frames(&said).into_iter().find(|f| f.1 == 1).unwrap();
    assert_eq!(first.0, HEADERS, "{:?}", frames(&said));
    let told = line(&mut lines).await;
    assert!(told.starts_with("odd ") && told.contains("`127.0.0.1:1,127.0.0.1:2`"), "{told}");
    assert!(told.contains("grpc.default_authority"), "{told}");
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused() {
    let victim = Victim::new(Limits { streams: 2, ..Limits::default() }).await;
    let mut stream = victim.connect().await;
    let mut open = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(SETTINGS, 1, 0, &[])].concat();
    for id in [1, 3, 5, 7] {
        open.extend(frame(HEADERS, 4, id, &call_block()));
    }
    stream.write_all(&open).await.unwrap();
    let mut said = Vec::new();
    let refused = |said: &[u8]| {
        let all = frames(said).into_iter().filter(|f| f.0 == RST_STREAM);
        all.map(|f| (f.1, u32::from_be_bytes(f.2.try_into().unwrap()))).collect::<Vec<_>>()
    };
    let answered = tokio::time::timeout(PATIENCE, async {
        while refused(&said).len() < 2 {
            assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "{:?}", frames(&said));
        }
    });
    answered.await.expect("nothing was refused");
    assert_eq!(refused(&said), [(5, REFUSED_STREAM), (7, REFUSED_STREAM)]);
    drop(stream);
    victim.unharmed().await;
}

#[tokio::test]
async fn more_connections_than_allowed_are_closed() {
    let victim = Victim::new(Limits { connections: 2, ..Limits::default() }).await;
    let mut first = Plain::new(&victim.running).await;
    let mut second = Plain::new(&victim.running).await;
    for client in [&mut first, &mut second] {
        assert_eq!(client.call(head("Same", &[]), framed(ITEM), true).await.unwrap().code(), Some(Code::Ok));
    }
    let mut third = victim.connect().await;
    let _ = third.write_all(PREFACE).await;
    assert_eq!(rest(&mut third).await, b"");
    assert_eq!(first.call(head("Same", &[]), framed(ITEM), true).await.unwrap().code(), Some(Code::Ok));
    drop((first, second));
    // Room comes back with the end of the others.
    let again = async {
        loop {
            let mut stream = victim.connect().await;
            let _ = stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
            if stream.read_u8().await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("it stays full");
}

#[tokio::test]
async fn whoever_is_rude_to_the_metrics_harms_nobody() {
    let (options, _lines) = logged(LogFormat::Human);
    let running = start(Options { metrics: Some(([127, 0, 0, 1], 0).into()), ..options }).await;
    let at = running.metrics.unwrap();
    let long = [&b"GET /"[..], &[b'x'; 1 << 20], b" HTTP/1.1\r\n\r\n"].concat();
    let cases: [(&[u8], &[u8]); 5] = [
        (b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n", b"HTTP/1.1 200"),
        (b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n", b"HTTP/1.1 405"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n", b"HTTP/1.1 404"),
        (PREFACE, b""),
        (&long, b""),
    ];
    for (request, answer) in cases {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let _ = stream.write_all(request).await;
        let said = rest(&mut stream).await;
        assert!(said.starts_with(answer), "{:?}", String::from_utf8_lossy(&said));
    }
    works(&running).await;
}
