//! Answers: what the generated traits are implemented with.

use std::any::Any;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Read as _;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Empty};
use serde_json::{json, Value};
use tokio::sync::{mpsc, Notify};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::http::{self, HeaderMap};
use tonic::codegen::{BoxFuture, Bytes, Service};
use tonic::metadata::{MetadataMap, MetadataValue, GRPC_CONTENT_TYPE};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::{contract, say, unhex, Generated, PREFIX};

/// How many messages a stream of answers to one request has.
const REPLIES: usize = 3;

/// What a method of a generated trait gives.
pub type Reply<T> = Result<Response<T>, Status>;
/// A stream of requests, as the generated traits take it.
pub type Many<T> = Streaming<T>;
/// A stream of answers.
pub type Replies<T> = ReceiverStream<Result<T, Status>>;

type Samples = HashMap<String, Vec<Vec<u8>>>;

/// The requests of a call.
pub enum Asked<I> {
    One(Option<I>),
    Many(Streaming<I>),
}

impl<I> Asked<I> {
    pub fn one(request: I) -> Asked<I> {
        Asked::One(Some(request))
    }

    pub fn many(requests: Streaming<I>) -> Asked<I> {
        Asked::Many(requests)
    }

    async fn next(&mut self) -> Result<Option<I>, Status> {
        match self {
            Asked::One(request) => Ok(request.take()),
            Asked::Many(requests) => requests.message().await,
        }
    }
}

/// Answers every call of every service.
#[derive(Clone)]
pub struct Answers {
    samples: Arc<Samples>,
}

impl Answers {
    fn begin<I>(&self, output: &'static str, request: Request<Asked<I>>) -> (Conversation, Asked<I>) {
        let (asked, extensions, requests) = request.into_parts();
        let begun = extensions.get::<Begun>().cloned().unwrap_or_default();
        let call = Conversation { samples: self.samples.clone(), output, asked, begun, seen: Vec::new() };
        (call, requests)
    }

    /// Answers once.
    pub async fn answer<I: Generated, O: Generated>(
        &self,
        output: &'static str,
        request: Request<Asked<I>>,
    ) -> Reply<O> {
        let (mut call, mut requests) = self.begin(output, request);
        let mut last = None;
        while let Some(input) = requests.next().await? {
            call.see(&input);
            if call.held() {
                // Whoever drops this knows that the caller has gone, or that the deadline is over.
                std::future::pending::<()>().await;
            }
            last = Some(input);
        }
        call.fail()?;
        let mut response = Response::new(call.reply(last.as_ref(), 0)?);
        call.head(response.metadata_mut());
        response.extensions_mut().insert(Tail(call.trailers().into_headers()));
        Ok(response)
    }

    /// Answers with a stream.
    pub async fn answers<I: Generated, O: Generated>(
        &self,
        output: &'static str,
        request: Request<Asked<I>>,
    ) -> Reply<Replies<O>> {
        let (call, requests) = self.begin(output, request);
        let (send, receive) = mpsc::channel(1);
        let mut response = Response::new(ReceiverStream::new(receive));
        call.head(response.metadata_mut());
        tokio::spawn(async move {
            if let Err(status) = call.converse(requests, &send).await {
                let _ = send.send(Err(status)).await;
            }
        });
        Ok(response)
    }
}

/// One call as the server sees it.
struct Conversation {
    samples: Arc<Samples>,
    /// The message that is answered.
    output: &'static str,
    asked: MetadataMap,
    begun: Begun,
    seen: Vec<Vec<u8>>,
}

impl Conversation {
    fn word(&self, key: &str) -> &str {
        self.asked.get(format!("{PREFIX}{key}")).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Whether the call is timed, and has nothing around its answers.
    fn bare(&self) -> bool {
        !self.word("bare").is_empty()
    }

    fn see(&mut self, input: &impl Generated) {
        self.seen.push(if self.bare() { Vec::new() } else { input.encode_to_vec() });
    }

    /// Whether the call is to have no end; it has headers then, if they are asked for.
    fn held(&self) -> bool {
        if self.word("hold") == "headers" {
            self.begun.0.notify_one();
        }
        !self.word("hold").is_empty()
    }

    async fn converse<I: Generated, O: Generated>(
        mut self,
        mut requests: Asked<I>,
        send: &mpsc::Sender<Result<O, Status>>,
    ) -> Result<(), Status> {
        let both = matches!(requests, Asked::Many(_));
        let gone = |_| Status::cancelled("the caller has gone");
        let mut last = None;
        while let Some(input) = requests.next().await? {
            self.see(&input);
            if both {
                // The caller waits for an answer to each request before it sends the next.
                self.fail()?;
                send.send(Ok(self.reply(Some(&input), self.seen.len() - 1)?)).await.map_err(gone)?;
            }
            if self.held() {
                if !both {
                    send.send(Ok(self.reply(Some(&input), 0)?)).await.map_err(gone)?;
                }
                send.closed().await;
                return Ok(());
            }
            last = Some(input);
        }
        self.fail()?;
        if !both {
            for index in 0..REPLIES {
                send.send(Ok(self.reply(last.as_ref(), index)?)).await.map_err(gone)?;
            }
        }
        // How tonic is told the trailers of a stream that ends well.
        Err(Status::with_metadata(Code::Ok, "", self.trailers()))
    }

    fn reply<I: Generated, O: Generated>(&self, input: Option<&I>, index: usize) -> Result<O, Status> {
        if let Some(same) = input.and_then(|input| (input as &dyn Any).downcast_ref::<O>()) {
            return Ok(same.clone());
        }
        let first: usize = self.word("sample").parse().unwrap_or_default();
        let found = self.samples.get(self.output).filter(|all| !all.is_empty());
        let bytes = found.map(|all| &*all[(first + index) % all.len()]).unwrap_or_default();
        O::decode(bytes).map_err(|e| Status::internal(e.to_string()))
    }

    fn head(&self, map: &mut MetadataMap) {
        if let Some(text) = self.asked.get("x-protopact-echo") {
            map.insert("x-protopact-echo", text.clone());
        }
    }

    /// The failure that was asked for.
    fn fail(&self) -> Result<(), Status> {
        match self.word("status").parse::<i32>() {
            Ok(code) => Err(Status::with_metadata(Code::from(code), self.word("message"), self.trailers())),
            Err(_) => Ok(()),
        }
    }

    fn trailers(&self) -> MetadataMap {
        let mut map = MetadataMap::new();
        if self.bare() {
            return map;
        }
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

impl Drop for Conversation {
    fn drop(&mut self) {
        // A held call ends when the caller goes, before the server has read everything or after.
        if !self.word("hold").is_empty() {
            say(&json!({"event": "gone", "call": self.word("call")}));
        }
    }
}

/// A generated server, once as it is and once with gzip.
macro_rules! front {
    ($answers:expr, $($path:ident)::+) => {{
        let gzip = tonic::codegen::CompressionEncoding::Gzip;
        let plain = $($path)::+::new($answers.clone()).accept_compressed(gzip).max_decoding_message_size(usize::MAX);
        crate::server::Front { packed: plain.clone().send_compressed(gzip), plain }
    }};
}
pub(crate) use front;

/// Says that the headers are to be sent though there is no answer yet.
#[derive(Clone, Default)]
struct Begun(Arc<Notify>);

/// The trailers of a call that has one answer.
#[derive(Clone)]
struct Tail(HeaderMap);

/// What stands before a generated server and does what no method of its trait can: answers are packed for those calls
/// that ask for it, and where there is one answer only, it has trailers, and headers before it.
#[derive(Clone)]
pub struct Front<S> {
    pub plain: S,
    pub packed: S,
}

impl<S: NamedService> NamedService for Front<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Front<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let begun = Begun::default();
        request.extensions_mut().insert(begun.clone());
        let packed = request.headers().contains_key("x-protopact-gzip");
        let mut answer = Box::pin(if packed { self.packed.call(request) } else { self.plain.call(request) });
        Box::pin(async move {
            let early = tokio::select! {
                biased;
                answer = &mut answer => Err(answer?),
                () = begun.0.notified() => Ok(()),
            };
            let mut response = match early {
                Ok(()) => {
                    // The body is the call that goes on, and is dropped when the caller goes.
                    let body = Empty::<Bytes>::new().with_trailers(async move {
                        let _ = answer.await;
                        None
                    });
                    let mut headers = http::Response::new(Body::new(body));
                    headers.headers_mut().insert(http::header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
                    return Ok(headers);
                }
                Err(response) => response,
            };
            Ok(match response.extensions_mut().remove::<Tail>() {
                Some(Tail(trailers)) => {
                    response.map(|body| Body::new(body.with_trailers(async move { Some(Ok(trailers)) })))
                }
                None => response,
            })
        })
    }
}

pub async fn serve(settings: &Value) {
    let text = std::fs::read_to_string(settings["samples"].as_str().unwrap_or_default());
    let mut samples = Samples::new();
    for line in text.expect("the samples are there").lines() {
        let entry: Value = serde_json::from_str(line).expect("a line of samples is JSON");
        let hex = entry["hex"].as_array().into_iter().flatten();
        let bytes: Vec<_> = hex.map(|t| unhex(t.as_str().unwrap_or_default())).collect();
        samples.insert(entry["message"].as_str().unwrap_or_default().to_owned(), bytes);
    }
    let answers = Answers { samples: Arc::new(samples) };
    let mut ports = Vec::new();
    for tls in settings["tls"].as_array().into_iter().flatten() {
        ports.push(listen(tls, &answers).await);
    }
    say(&json!({"event": "ready", "ports": ports}));
    // The end of standard input is the end of the run.
    let end = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_to_end(&mut Vec::new()));
    let _ = end.await;
    std::process::exit(0);
}

/// Serves in one way of securing calls, and says on which port.
async fn listen(tls: &Value, answers: &Answers) -> u16 {
    let mut server = Server::builder();
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
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = server.add_routes(contract::routes(answers)).serve_with_incoming(incoming);
    tokio::spawn(async move { served.await.expect("the server runs") });
    port
}
