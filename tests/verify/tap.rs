//! The tap between tonic's client and server, and between sockets that do what peers in trouble do.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use protopact::service::Raw;
use protopact::verify::frames::{Messages, Traffic};
use protopact::verify::tap::Taps;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::server::{NamedService, StreamingService};
use tonic::{Request, Response, Status, Streaming};

/// A server whose one method says what it hears.
#[derive(Clone)]
struct Echo {
    gzip: bool,
}

impl NamedService for Echo {
    const NAME: &'static str = "t.Echo";
}

struct Back;

impl StreamingService<Bytes> for Back {
    type Response = Bytes;
    type ResponseStream = Streaming<Bytes>;
    type Future = Ready<Result<Response<Streaming<Bytes>>, Status>>;
    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}

impl<B> Service<http::Request<B>> for Echo
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let gzip = self.gzip;
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Raw)
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(usize::MAX);
            if gzip {
                grpc = grpc.send_compressed(CompressionEncoding::Gzip);
            }
            Ok(grpc.streaming(Back, request).await)
        })
    }
}

const LARGE: usize = 1 << 20;

/// What the tap sees of calls in which three messages go there and come back, a mebibyte among them; a client and a
/// server that compress or do not.
fn seen(client: bool, server: bool, calls: usize) -> Vec<Traffic> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let taps = Taps::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tap = taps.open(listener.local_addr().unwrap().port()).unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        let service = Echo { gzip: server };
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        let address = format!("http://127.0.0.1:{}", tap.port());
        let channel = tonic::transport::Endpoint::try_from(address).unwrap().connect().await.unwrap();
        let messages = [Bytes::from(vec![b'x'; LARGE]), Bytes::new(), Bytes::from_static(b"a few words")];
        let mut traffic = Vec::new();
        for _ in 0..calls {
            tap.begin();
            let mut grpc = tonic::client::Grpc::new(channel.clone())
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(usize::MAX);
            if client {
                grpc = grpc.send_compressed(CompressionEncoding::Gzip);
            }
            grpc.ready().await.unwrap();
            let request = Request::new(tokio_stream::iter(messages.clone()));
            let path = http::uri::PathAndQuery::from_static("/t.Echo/Say");
            let mut answers = grpc.streaming(request, path, Raw).await.unwrap().into_inner();
            for message in &messages {
                assert_eq!(answers.message().await.unwrap().as_ref(), Some(message));
            }
            assert_eq!(answers.message().await.unwrap(), None);
            traffic.push(tap.seen());
        }
        traffic
    })
}

const PLAIN: Messages = Messages { plain: 3, longest: LARGE as u64, gzip: 0, other: 0 };
const GZIP: Messages = Messages { plain: 0, longest: 0, gzip: 3, other: 0 };

#[test]
fn the_tap_sees_what_is_compressed_and_what_is_not() {
    for (client, server) in [(false, false), (true, false), (false, true), (true, true)] {
        let of = |gzip| if gzip { GZIP } else { PLAIN };
        let expected = Traffic { up: of(client), down: of(server), blind: None };
        // Each call by itself, though one connection has them all.
        assert_eq!(seen(client, server, 3), [expected; 3], "client {client}, server {server}");
    }
}

#[test]
fn who_ignores_the_wish_to_compress_makes_a_cell_red() {
    let judged = |client, server| seen(client, server, 1)[0].is_gzip(true, true, LARGE as u64);
    assert_eq!(judged(true, true), Ok(()));
    let request = "a request of 1048576 bytes came uncompressed";
    let answer = "an answer of 1048576 bytes came uncompressed";
    assert_eq!(judged(false, true).unwrap_err(), request);
    assert_eq!(judged(true, false).unwrap_err(), answer);
    let judged = |client, server| seen(client, server, 1)[0].is_identity();
    assert_eq!(judged(false, false), Ok(()));
    let said = "3 of 3 answers came compressed, and nobody asked for it";
    assert_eq!(judged(false, true).unwrap_err(), said);
    assert!(judged(true, false).is_err());
}

/// A client and a server with a tap between them.
fn sockets(taps: &Taps) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tap = taps.open(listener.local_addr().unwrap().port()).unwrap();
    let client = TcpStream::connect(("127.0.0.1", tap.port())).unwrap();
    let (server, _) = listener.accept().unwrap();
    for side in [&client, &server] {
        side.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    }
    (client, server)
}

/// Ends a connection as a peer does that is killed with unread bytes.
fn reset(socket: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    socket.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(socket).unwrap().set_zero_linger().unwrap();
}

fn everything(mut from: &TcpStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    from.read_to_end(&mut all).map(|_| all)
}

#[test]
fn the_end_of_one_way_leaves_the_other_open() {
    let taps = Taps::new().unwrap();
    let (mut client, mut server) = sockets(&taps);
    client.write_all(b"what is no HTTP/2 goes through all the same").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(everything(&server).unwrap(), b"what is no HTTP/2 goes through all the same");
    let answer: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
    server.write_all(&answer).unwrap();
    drop(server);
    assert_eq!(everything(&client).unwrap(), answer);
}

#[test]
fn a_reset_of_one_side_resets_the_other() {
    let taps = Taps::new().unwrap();
    let (client, server) = sockets(&taps);
    reset(server);
    assert_eq!(everything(&client).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (client, server) = sockets(&taps);
    reset(client);
    assert_eq!(everything(&server).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_server_that_is_not_there_is_no_wait() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let taps = Taps::new().unwrap();
    let tap = taps.open(gone.local_addr().unwrap().port()).unwrap();
    drop(gone);
    let client = TcpStream::connect(("127.0.0.1", tap.port())).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(everything(&client).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn who_does_not_read_stops_who_writes() {
    let taps = Taps::new().unwrap();
    let (mut client, server) = sockets(&taps);
    client.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // More than all buffers of the system between them hold; a tap that piles up takes it.
    let piece = vec![0; 1 << 20];
    let stopped = (0..512).find_map(|_| client.write_all(&piece).err());
    assert_eq!(stopped.map(|e| e.kind()), Some(ErrorKind::WouldBlock));
    drop(server);
}

#[test]
fn connections_end_with_the_taps() {
    let taps = Taps::new().unwrap();
    let (client, server) = sockets(&taps);
    drop(taps);
    for side in [client, server] {
        assert!(everything(&side).is_ok_and(|all| all.is_empty()), "it is closed");
    }
}
