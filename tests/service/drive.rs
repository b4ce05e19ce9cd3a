//! A contract with everything in it, servers of it, and a client that sends bytes.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protopact::compile::Compiled;
use protopact::service::{Contract, Log, LogEnd, LogFormat, Options, Raw, Running, Server};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::files;

/// Longer than anything takes that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
import "google/protobuf/empty.proto";
import "shop/v1/old.proto";
message Item { string name = 1; Item inner = 2; map<string, int32> counts = 3; bytes blob = 4;
  repeated sint64 offsets = 5; repeated fixed32 marks = 6; repeated bool flags = 7; }
message Order { repeated Item items = 1; }
service Shop {
  rpc Same(Item) returns (Item);
  rpc Buy(Item) returns (Order);
  rpc Older(Item) returns (Old);
  rpc Watch(Item) returns (stream Item);
  rpc Upload(stream Item) returns (Item);
  rpc Talk(stream Item) returns (stream Item);
  rpc Count(stream Item) returns (stream Order);
  rpc Nothing(google.protobuf.Empty) returns (google.protobuf.Empty);
}
"#;

pub(crate) const OLD: &str = r#"
syntax = "proto2";
package shop.v1;
message Old {
  enum Level { LOW = 3; HIGH = 5; }
  required string id = 1;
  required Level level = 2;
  required Inner inner = 3;
  optional int32 more = 4;
  message Inner { required fixed64 at = 1; }
  required group Pair = 5 { required bool yes = 1; }
  extensions 100 to 200;
}
extend Old { optional Old parent = 100; repeated int32 marks = 101; }
service Archive { rpc Keep(Old) returns (Old); }
"#;

pub(crate) fn compiled() -> Compiled {
    files::compiled(&files::input("", &[("shop/v1/shop.proto", PROTO), ("shop/v1/old.proto", OLD)]))
}

pub(crate) fn options() -> Options {
    Options::new(Contract::new(&compiled()).unwrap())
}

pub(crate) async fn start(options: Options) -> Running {
    Server::bind(options).await.unwrap()
}

/// The lines of a log.
pub(crate) struct Lines {
    lines: mpsc::UnboundedReceiver<String>,
    end: LogEnd,
}

impl Lines {
    /// Everything that was not taken yet, once nothing more happens.
    pub(crate) fn rest(mut self) -> Vec<String> {
        assert_eq!(self.end.flush(PATIENCE), 0);
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }
}

struct ToLines(mpsc::UnboundedSender<String>);

impl Write for ToLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(line).unwrap();
        // Not every test reads on to the end.
        let _ = self.0.send(text.strip_suffix('\n').unwrap().to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Options with a log, and the log.
pub(crate) fn logged(format: LogFormat) -> (Options, Lines) {
    let (to, lines) = mpsc::unbounded_channel();
    let (log, end) = Log::new(format, 10_000, ToLines(to));
    (Options { log: Some(Arc::new(log)), ..options() }, Lines { lines, end })
}

/// The next line of the log.
pub(crate) async fn line(lines: &mut Lines) -> String {
    tokio::time::timeout(PATIENCE, lines.lines.recv()).await.expect("no line in the log").unwrap()
}

/// A client of any method.
#[derive(Clone)]
pub(crate) struct Client(pub(crate) Grpc<Channel>);

pub(crate) async fn client(running: &Running) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
    client_of(endpoint.connect().await.unwrap())
}

pub(crate) fn client_of(channel: Channel) -> Client {
    Client(Grpc::new(channel).max_decoding_message_size(usize::MAX))
}

pub(crate) fn bytes(slice: &[u8]) -> Bytes {
    Bytes::copy_from_slice(slice)
}

impl Client {
    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|e| Status::unavailable(e.to_string()))
    }

    pub(crate) async fn unary_with(
        &self,
        path: &str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Status> {
        let mut client = self.clone();
        client.ready().await?;
        client.0.unary(request, path.parse::<PathAndQuery>().unwrap(), Raw).await
    }

    pub(crate) async fn unary(&self, method: &str, message: &[u8]) -> Result<Bytes, Status> {
        let path = format!("/shop.v1.Shop/{method}");
        Ok(self.unary_with(&path, Request::new(bytes(message))).await?.into_inner())
    }

    pub(crate) async fn stream(
        &self,
        method: &str,
        requests: Request<impl tokio_stream::Stream<Item = Bytes> + Send + 'static>,
    ) -> Result<Response<Streaming<Bytes>>, Status> {
        self.stream_at(&format!("/shop.v1.Shop/{method}"), requests).await
    }

    pub(crate) async fn stream_at(
        &self,
        path: &str,
        requests: Request<impl tokio_stream::Stream<Item = Bytes> + Send + 'static>,
    ) -> Result<Response<Streaming<Bytes>>, Status> {
        let mut client = self.clone();
        client.ready().await?;
        client.0.streaming(requests, path.parse::<PathAndQuery>().unwrap(), Raw).await
    }

    /// A call with all its answers and its status.
    pub(crate) async fn all(&self, method: &str, messages: &[&[u8]]) -> (Vec<Bytes>, Result<(), Status>) {
        let messages: Vec<Bytes> = messages.iter().map(|m| bytes(m)).collect();
        self.all_of(method, Request::new(tokio_stream::iter(messages))).await
    }

    pub(crate) async fn all_of(
        &self,
        method: &str,
        requests: Request<impl tokio_stream::Stream<Item = Bytes> + Send + 'static>,
    ) -> (Vec<Bytes>, Result<(), Status>) {
        let mut answers = Vec::new();
        let mut stream = match self.stream(method, requests).await {
            Ok(response) => response.into_inner(),
            Err(status) => return (answers, Err(status)),
        };
        loop {
            match stream.message().await {
                Ok(Some(answer)) => answers.push(answer),
                Ok(None) => return (answers, Ok(())),
                Err(status) => return (answers, Err(status)),
            }
        }
    }
}

/// The server still works.
pub(crate) async fn works(running: &Running) {
    let answer = tokio::time::timeout(PATIENCE, async { client(running).await.unary("Same", ITEM).await });
    assert_eq!(answer.await.expect("no answer").unwrap(), ITEM);
}

/// `name: "tea"`.
pub(crate) const ITEM: &[u8] = b"\x0a\x03tea";

/// A client that adds nothing to a call and takes nothing from it: HTTP/2 with hand-made frames of gRPC.
pub(crate) struct Plain {
    send: h2::client::SendRequest<Bytes>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: http::HeaderMap,
}

impl Reply {
    /// The code of gRPC, wherever it is.
    pub(crate) fn code(&self) -> Option<Code> {
        let value = self.trailers.get("grpc-status").or_else(|| self.headers.get("grpc-status"))?;
        Some(Code::from_bytes(value.as_bytes()))
    }
}

/// A message in the framing of gRPC, not compressed.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut out = vec![0];
    out.extend((message.len() as u32).to_be_bytes());
    out.extend(message);
    out.into()
}

/// The headers of a call to `shop.v1.Shop`.
pub(crate) fn head(method: &str, more: &[(&str, &str)]) -> http::Request<()> {
    let mut request = http::Request::post(format!("http://localhost/shop.v1.Shop/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

impl Plain {
    pub(crate) async fn new(running: &Running) -> Plain {
        Plain::over(tokio::net::TcpStream::connect(running.address).await.unwrap()).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Plain {
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Plain { send }
    }

    /// Opens a call and leaves it open.
    pub(crate) async fn open(
        &mut self,
        request: http::Request<()>,
    ) -> Result<(h2::client::ResponseFuture, h2::SendStream<Bytes>), h2::Error> {
        self.send.clone().ready().await?.send_request(request, false)
    }

    /// A call with one body; `None` leaves the request open.
    pub(crate) async fn call(
        &mut self,
        request: http::Request<()>,
        body: Bytes,
        end: bool,
    ) -> Result<Reply, h2::Error> {
        let (response, mut stream) = self.open(request).await?;
        // A server that refuses a call does not want its body.
        let _ = stream.send_data(body, end);
        let all = tokio::time::timeout(PATIENCE, reply(response));
        all.await.expect("no answer")
    }
}

pub(crate) async fn reply(response: h2::client::ResponseFuture) -> Result<Reply, h2::Error> {
    let (head, mut stream) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        body.extend(&data);
        let _ = stream.flow_control().release_capacity(data.len());
    }
    let trailers = stream.trailers().await?.unwrap_or_default();
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body, trailers })
}
