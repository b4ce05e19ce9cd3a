//! Sizes.

use std::io::Write as _;

use protopact::service::{Limits, Options};
use tonic::Code;

use crate::drive::{ITEM, Plain, bytes, client, framed, head, options, start, works};

/// An `Item` with a blob, of so many bytes in all.
fn item_of(size: usize) -> Vec<u8> {
    let mut out = vec![0x22];
    // Five bytes of length hold any size here.
    let blob = size - 6;
    out.extend((0..5).map(|at| ((blob >> (7 * at)) & 0x7f) as u8 | if at < 4 { 0x80 } else { 0 }));
    out.resize(size, 7);
    out
}

fn gzipped(message: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(message).unwrap();
    let mut out = framed(&encoder.finish().unwrap()).to_vec();
    out[0] = 1;
    out
}

#[tokio::test]
async fn a_message_may_have_as_many_bytes_as_the_limit_and_no_more() {
    let running = start(Options { limits: Limits { receive: 1000, ..Limits::default() }, ..options() }).await;
    let client = client(&running).await;
    assert_eq!(client.unary("Same", &item_of(1000)).await.unwrap(), item_of(1000));
    let large = item_of(1001);
    for method in ["Same", "Watch", "Upload", "Talk"] {
        let (answers, end) = client.all(method, &[&large]).await;
        assert!(answers.is_empty());
        assert_eq!(end.unwrap_err().code(), Code::ResourceExhausted, "{method}");
    }
    let (answers, end) = client.all("Talk", &[ITEM, &large, ITEM]).await;
    assert_eq!(answers, [bytes(ITEM)]);
    assert_eq!(end.unwrap_err().code(), Code::ResourceExhausted);
    for path in [
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ] {
        let request = tonic::Request::new(tokio_stream::iter([bytes(&large)]));
        let end = match client.stream_at(path, request).await {
            Ok(response) => response.into_inner().message().await.map(drop),
            Err(status) => Err(status),
        };
        assert_eq!(end.unwrap_err().code(), Code::ResourceExhausted, "{path}");
    }
    works(&running).await;
}

#[tokio::test]
async fn a_length_is_believed_before_memory_is_given() {
    let running = start(options()).await;
    let mut plain = Plain::new(&running).await;
    let reply = plain.call(head("Same", &[]), bytes(b"\0\xff\xff\xff\xff"), false).await.unwrap();
    assert_eq!(reply.code(), Some(Code::ResourceExhausted), "{reply:?}");
    works(&running).await;
}

#[tokio::test]
async fn what_is_small_until_it_is_unpacked_is_too_large() {
    let running =
        start(Options { limits: Limits { receive: 1 << 20, ..Limits::default() }, ..options() }).await;
    let mut plain = Plain::new(&running).await;
    let gzip = || head("Same", &[("grpc-encoding", "gzip")]);
    let fits = gzipped(&item_of(1 << 20));
    let reply = plain.call(gzip(), fits.into(), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Ok), "{reply:?}");
    let bomb = gzipped(&item_of(64 << 20));
    assert!(bomb.len() < 1 << 20);
    let reply = plain.call(gzip(), bomb.into(), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::ResourceExhausted), "{reply:?}");
    works(&running).await;
}

#[tokio::test]
async fn answers_have_a_limit_of_their_own() {
    let running = start(Options { limits: Limits { send: 100, ..Limits::default() }, ..options() }).await;
    let client = client(&running).await;
    assert_eq!(client.unary("Same", &item_of(100)).await.unwrap().len(), 100);
    for method in ["Same", "Watch", "Upload", "Talk"] {
        let (answers, end) = client.all(method, &[&item_of(101)]).await;
        assert!(answers.is_empty());
        assert_eq!(end.unwrap_err().code(), Code::ResourceExhausted, "{method}");
    }
}

#[tokio::test]
async fn headers_that_are_too_large_get_431() {
    let running = start(Options { limits: Limits { headers: 4096, ..Limits::default() }, ..options() }).await;
    let mut plain = Plain::new(&running).await;
    let fits = "x".repeat(3000);
    let reply = plain.call(head("Same", &[("x-large", &fits)]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Ok), "{reply:?}");
    let large = "x".repeat(5000);
    let reply = plain.call(head("Same", &[("x-large", &large)]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.status, 431, "{reply:?}");
    // The connection goes on.
    let reply = plain.call(head("Same", &[]), framed(ITEM), true).await.unwrap();
    assert_eq!(reply.code(), Some(Code::Ok), "{reply:?}");
    works(&running).await;
}

#[tokio::test]
async fn the_server_may_end_calls_that_have_no_deadline() {
    let call = Some(std::time::Duration::from_millis(50));
    let running = start(Options { limits: Limits { call, ..Limits::default() }, ..options() }).await;
    let mut plain = Plain::new(&running).await;
    for request in [head("Talk", &[]), head("Talk", &[("grpc-timeout", "1H")])] {
        let reply = plain.call(request, framed(ITEM), false).await.unwrap();
        assert_eq!(reply.code(), Some(Code::DeadlineExceeded), "{reply:?}");
        assert_eq!(reply.body, framed(ITEM));
    }
}

#[tokio::test]
async fn limits_without_sense_do_no_harm() {
    let most = std::time::Duration::MAX;
    let limits = Limits {
        receive: usize::MAX,
        headers: u32::MAX,
        connections: usize::MAX,
        streams: u32::MAX,
        handshake: most,
        keepalive: Some(most),
        keepalive_timeout: most,
        call: Some(most),
        send_buffer: usize::MAX,
        ..Limits::default()
    };
    let running = start(Options { limits, ..options() }).await;
    works(&running).await;
    let none = std::time::Duration::ZERO;
    let limits = Limits { connections: 0, streams: 0, handshake: none, send_buffer: 0, ..Limits::default() };
    let running = start(Options { limits, grace: most, ..options() }).await;
    assert!(tokio::net::TcpStream::connect(running.address).await.is_ok());
    running.shutdown().await;
}

/// How the connection of a client ends that pings so often, each time when the last one was answered; `None` where it
/// does not end.
async fn pinging(running: &protopact::service::Running, pings: usize) -> Option<h2::Error> {
    let stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
    let (send, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..pings {
        if ping.ping(h2::Ping::opaque()).await.is_err() {
            return connection.await.unwrap().err();
        }
    }
    drop(send);
    None
}

#[tokio::test]
async fn a_client_that_pings_too_often_is_told_so_where_that_is_asked_for() {
    let limits = Limits { strict_keepalive: true, ..Limits::default() };
    let (options, lines) = crate::drive::logged(protopact::service::LogFormat::Human);
    let running = start(Options { limits, ..options }).await;
    assert!(pinging(&running, 2).await.is_none());
    let error = pinging(&running, 3).await.expect("the connection goes on");
    assert_eq!(error.reason(), Some(h2::Reason::ENHANCE_YOUR_CALM));
    assert!(error.is_go_away() && error.to_string().contains("too_many_pings"), "{error}");
    // Whoever only makes calls hears nothing of it.
    works(&running).await;
    running.shutdown().await;
    let odd = lines.rest().into_iter().filter(|line| line.contains("too_many_pings")).count();
    assert_eq!(odd, 1);
    let patient = start(crate::drive::options()).await;
    assert!(pinging(&patient, 20).await.is_none());
}
