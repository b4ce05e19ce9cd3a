//! Answers.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;

use serde_json::{json, Value};
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http;
use tonic::codegen::{BoxFuture, StdError};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::{contract, say, transcode, unhex, Raw, PREFIX};

/// How many messages a stream of answers to one request has.
const REPLIES: usize = 3;

pub type Samples = Arc<HashMap<String, Vec<Vec<u8>>>>;

/// One type a service, as tonic routes by a name that belongs to the type.
macro_rules! services {
    ($($id:ident $name:literal),* $(,)?) => {
        $(
            #[derive(Clone)]
            struct $id(crate::server::Samples);

            impl tonic::server::NamedService for $id {
                const NAME: &'static str = $name;
            }

            impl tonic::codegen::Service<tonic::codegen::http::Request<tonic::body::Body>> for $id {
                type Response = tonic::codegen::http::Response<tonic::body::Body>;
                type Error = std::convert::Infallible;
                type Future = tonic::codegen::BoxFuture<Self::Response, Self::Error>;
                fn poll_ready(
                    &mut self,
                    _: &mut std::task::Context<'_>,
                ) -> std::task::Poll<Result<(), Self::Error>> {
                    std::task::Poll::Ready(Ok(()))
                }
                fn call(&mut self, request: tonic::codegen::http::Request<tonic::body::Body>) -> Self::Future {
                    Box::pin(crate::server::answer(self.0.clone(), request))
                }
            }
        )*

        /// Every service of the contract.
        #[allow(unused_variables)]
        pub fn routes(samples: crate::server::Samples) -> tonic::service::Routes {
            #[allow(unused_mut)]
            let mut routes = tonic::service::RoutesBuilder::default();
            $(routes.add_service($id(samples.clone()));)*
            routes.routes()
        }
    };
}
pub(crate) use services;

pub async fn answer(
    samples: Samples,
    request: http::Request<tonic::body::Body>,
) -> Result<http::Response<tonic::body::Body>, std::convert::Infallible> {
    let Some(method) = crate::method(request.uri().path()) else {
        return Ok(Status::unimplemented("no such method").into_http());
    };
    let mut grpc = tonic::server::Grpc::new(Raw)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(usize::MAX);
    if request.headers().contains_key("x-protopact-gzip") {
        grpc = grpc.send_compressed(CompressionEncoding::Gzip);
    }
    Ok(grpc.streaming(Handler { samples, method }, request).await)
}

struct Handler {
    samples: Samples,
    method: contract::Method,
}

type Replies = ReceiverStream<Result<Vec<u8>, Status>>;
type Sender = tokio::sync::mpsc::Sender<Result<Vec<u8>, Status>>;

impl tonic::server::StreamingService<Vec<u8>> for Handler {
    type Response = Vec<u8>;
    type ResponseStream = Replies;
    type Future = BoxFuture<Response<Replies>, Status>;

    fn call(&mut self, request: Request<Streaming<Vec<u8>>>) -> Self::Future {
        let (send, receive) = tokio::sync::mpsc::channel(1);
        let (samples, method) = (self.samples.clone(), self.method);
        Box::pin(async move {
            let (asked, _, stream) = request.into_parts();
            let mut response = Response::new(ReceiverStream::new(receive));
            let call = Conversation { samples, method, asked, send, seen: Vec::new() };
            if let Some(text) = call.asked.get("x-protopact-echo") {
                response.metadata_mut().insert("x-protopact-echo", text.clone());
            }
            tokio::spawn(call.run(stream));
            Ok(response)
        })
    }
}

struct Conversation {
    samples: Samples,
    method: contract::Method,
    asked: MetadataMap,
    send: Sender,
    seen: Vec<Vec<u8>>,
}

impl Conversation {
    fn word(&self, key: &str) -> &str {
        self.asked.get(format!("{PREFIX}{key}")).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    async fn run(mut self, stream: Streaming<Vec<u8>>) {
        let result = self.converse(stream).await;
        if !self.word("hold").is_empty() {
            // A held call ends when the caller goes, before the server has read everything or after.
            say(&json!({"event": "gone", "call": self.word("call")}));
        }
        if let Err(status) = result {
            let _ = self.send.send(Err(status)).await;
        }
    }

    async fn converse(&mut self, mut stream: Streaming<Vec<u8>>) -> Result<(), Status> {
        let (_, input, _, client_streams, server_streams) = self.method;
        let both = client_streams && server_streams;
        while let Some(bytes) = stream.message().await? {
            let wrong = |e| Status::new(Code::Internal, e);
            self.seen.push(transcode(input, &bytes).map_err(wrong)?);
            if both && !self.word("status").is_empty() {
                // The caller waits for an answer to each request before it sends the next.
                break;
            }
            if both {
                self.reply(self.seen.len() - 1).await?;
            }
            if !self.word("hold").is_empty() {
                if server_streams && !client_streams {
                    self.reply(0).await?;
                }
                self.send.closed().await;
                return Ok(());
            }
            if !client_streams {
                break;
            }
        }
        if let Ok(code) = self.word("status").parse::<i32>() {
            return Err(Status::with_metadata(Code::from(code), self.word("message"), self.trailers()));
        }
        match (client_streams, server_streams) {
            (_, false) => self.reply(0).await?,
            (false, true) => {
                for index in 0..REPLIES {
                    self.reply(index).await?;
                }
            }
            (true, true) => {}
        }
        Err(Status::with_metadata(Code::Ok, "", self.trailers()))
    }

    async fn reply(&self, index: usize) -> Result<(), Status> {
        let (_, input, output, ..) = self.method;
        let bytes = match self.seen.last() {
            Some(last) if input == output => last.clone(),
            _ => {
                let first: usize = self.word("sample").parse().unwrap_or_default();
                let found = self.samples.get(output).filter(|all| !all.is_empty());
                let bytes = found.map(|all| all[(first + index) % all.len()].clone()).unwrap_or_default();
                transcode(output, &bytes).map_err(Status::internal)?
            }
        };
        self.send.send(Ok(bytes)).await.map_err(|_| Status::cancelled("the caller has gone"))
    }

    fn trailers(&self) -> MetadataMap {
        let mut map = MetadataMap::new();
        if let Some(raw) = self.asked.get_bin("x-protopact-echo-bin") {
            map.insert_bin("x-protopact-echo-bin", raw.clone());
        }
        let count = self.seen.len().to_string();
        map.insert("x-protopact-count", count.parse().expect("digits are valid"));
        let mut all = Vec::new();
        for bytes in &self.seen {
            all.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
            all.extend_from_slice(bytes);
        }
        if all.len() <= 3000 {
            map.insert_bin("x-protopact-seen-bin", MetadataValue::from_bytes(&all));
        }
        map
    }
}

pub async fn serve(settings: &Value) {
    let text = std::fs::read_to_string(settings["samples"].as_str().unwrap_or_default());
    let mut samples = HashMap::new();
    for line in text.expect("the samples are there").lines() {
        let entry: Value = serde_json::from_str(line).expect("a line of samples is JSON");
        let hex = entry["hex"].as_array().into_iter().flatten();
        let bytes: Vec<_> = hex.map(|t| unhex(t.as_str().unwrap_or_default())).collect();
        samples.insert(entry["message"].as_str().unwrap_or_default().to_owned(), bytes);
    }
    let mut server = Server::builder();
    let tls = &settings["tls"];
    if !tls.is_null() {
        let read = |key: &str| tls[key].as_str().map(|path| std::fs::read(path).expect("certificates are there"));
        let identity = Identity::from_pem(read("cert").unwrap_or_default(), read("key").unwrap_or_default());
        let mut config = ServerTlsConfig::new().identity(identity);
        if let Some(ca) = read("ca") {
            config = config.client_ca_root(Certificate::from_pem(ca));
        }
        server = server.tls_config(config).expect("the certificates are good");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    say(&json!({"event": "ready", "port": port}));
    std::thread::spawn(|| {
        // The end of standard input is the end of the run.
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let served: Result<(), StdError> = server
        .add_routes(contract::routes(Arc::new(samples)))
        .serve_with_incoming(incoming)
        .await
        .map_err(Into::into);
    served.expect("the server runs");
}
