//! Calls, made with the generated clients.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::{json, Value};
use tokio::sync::{mpsc, watch, Semaphore};
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::http::{self, HeaderMap};
use tonic::codegen::{BoxFuture, Service};
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::{contract, hex, pairs, unhex, Generated};

/// No answer of a server is waited for longer than this, in milliseconds.
pub const PATIENCE: u64 = 10_000;

/// How much longer than its deadline a call may take before the driver gives it up. tonic watches a deadline until the
/// headers are there; after that it is for the server to end the call, and its word is waited for.
const GRACE: Duration = Duration::from_millis(500);

/// A generated client, as the call wants it.
macro_rules! client {
    ($call:expr, $($path:ident)::+) => {{
        let gzip = tonic::codegen::CompressionEncoding::Gzip;
        let made = $($path)::+::new($call.line.clone()).accept_compressed(gzip).max_decoding_message_size(usize::MAX);
        if $call.gzip() { made.send_compressed(gzip) } else { made }
    }};
}
pub(crate) use client;

/// A channel that notes the headers of the answer. The generated clients tell them only together with the trailers
/// where there is one answer, and not before it is there.
#[derive(Clone)]
pub struct Line {
    channel: Channel,
    headers: watch::Sender<HeaderMap>,
}

impl Line {
    /// Waits until the server has begun: headers that do not end the call as well.
    async fn begun(&self) {
        let mut headers = self.headers.subscribe();
        let begun = |h: &HeaderMap| !h.is_empty() && !h.contains_key("grpc-status");
        headers.wait_for(begun).await.expect("the sender is here");
    }
}

impl Service<http::Request<Body>> for Line {
    type Response = http::Response<Body>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (answer, headers) = (self.channel.call(request), self.headers.clone());
        Box::pin(async move {
            let answer = answer.await?;
            headers.send_replace(answer.headers().clone());
            Ok(answer)
        })
    }
}

/// Why a call did not go well.
pub enum Failure {
    /// It could not be made.
    Unfit(String),
    /// It ended with this; what is not the driver's own is what tonic says.
    Status(Status),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure::Status(status)
    }
}

/// One call, and what is known of it so far.
pub struct Call<'a> {
    request: &'a Value,
    pub line: Line,
    deadline: Duration,
    /// Where both sides stream: how many requests may be sent yet.
    turns: Option<Arc<Semaphore>>,
    feeds: JoinSet<()>,
    responses: Vec<String>,
    initial: Value,
    trailing: Value,
}

impl<'a> Call<'a> {
    pub fn gzip(&self) -> bool {
        self.request["gzip"] == true
    }

    fn cancel(&self) -> bool {
        self.request["cancel"] == true
    }

    fn inputs<I: Generated>(&self) -> Result<Vec<I>, Failure> {
        let all = self.request["requests"].as_array().into_iter().flatten();
        let read = |text: &Value| I::decode(&*unhex(text.as_str().unwrap_or_default()));
        all.map(read).collect::<Result<_, _>>().map_err(|e| Failure::Unfit(e.to_string()))
    }

    fn prepared<T>(&self, message: T) -> Result<Request<T>, Failure> {
        let mut request = Request::new(message);
        request.set_timeout(self.deadline);
        metadata(self.request, request.metadata_mut())?;
        Ok(request)
    }

    /// The only request.
    pub fn one<I: Generated>(&mut self) -> Result<Request<I>, Failure> {
        let first = self.inputs()?.into_iter().next();
        self.prepared(first.ok_or_else(|| Failure::Unfit("there is no request".to_owned()))?)
    }

    /// All requests, one after the other.
    pub fn stream<I: Generated>(&mut self) -> Result<Request<ReceiverStream<I>>, Failure> {
        let inputs = self.inputs()?;
        let turns = Arc::new(Semaphore::new(inputs.len()));
        self.feed(inputs, turns)
    }

    /// All requests, each when the one before has its answer.
    pub fn turns<I: Generated>(&mut self) -> Result<Request<ReceiverStream<I>>, Failure> {
        let turns = Arc::new(Semaphore::new(1));
        self.turns = Some(turns.clone());
        self.feed(self.inputs()?, turns)
    }

    fn feed<I: Generated>(
        &mut self,
        inputs: Vec<I>,
        turns: Arc<Semaphore>,
    ) -> Result<Request<ReceiverStream<I>>, Failure> {
        let (send, receive) = mpsc::channel(1);
        let cancel = self.cancel();
        self.feeds.spawn(async move {
            for input in inputs {
                let Ok(turn) = turns.acquire().await else { return };
                turn.forget();
                if send.send(input).await.is_err() {
                    return;
                }
            }
            // A caller that goes away in the middle has not ended its stream of requests before.
            if cancel {
                std::future::pending::<()>().await;
            }
        });
        self.prepared(ReceiverStream::new(receive))
    }

    fn take(&mut self, answer: &impl Generated) {
        self.responses.push(hex(&answer.encode_to_vec()));
    }

    /// Takes the one answer.
    pub async fn answer<O: Generated>(
        &mut self,
        sent: impl Future<Output = Result<Response<O>, Status>>,
    ) -> Result<(), Failure> {
        let line = self.line.clone();
        let gone = async {
            match self.cancel() {
                true => line.begun().await,
                false => std::future::pending().await,
            }
        };
        let response = tokio::select! {
            biased;
            response = sent => response?,
            () = gone => return Err(dropped()),
        };
        let headers = self.line.headers.borrow().clone();
        self.initial = pairs(response.metadata(), |key| headers.contains_key(key));
        self.trailing = pairs(response.metadata(), |key| !headers.contains_key(key));
        self.take(response.get_ref());
        Ok(())
    }

    /// Takes a stream of answers.
    pub async fn answers<O: Generated>(
        &mut self,
        sent: impl Future<Output = Result<Response<Streaming<O>>, Status>>,
    ) -> Result<(), Failure> {
        let response = sent.await?;
        self.initial = pairs(response.metadata(), |_| true);
        if self.cancel() && self.turns.is_none() {
            return Err(dropped());
        }
        let mut answers = response.into_inner();
        while let Some(answer) = answers.message().await? {
            self.take(&answer);
            if self.cancel() {
                return Err(dropped());
            }
            if let Some(turns) = &self.turns {
                turns.add_permits(1);
            }
        }
        if let Some(trailers) = answers.trailers().await? {
            self.trailing = pairs(&trailers, |_| true);
        }
        Ok(())
    }
}

/// What a call is told that the driver drops: tonic has no other way to cancel, and no word for it.
fn dropped() -> Failure {
    Failure::Status(Status::cancelled("dropped by the driver"))
}

fn metadata(request: &Value, map: &mut MetadataMap) -> Result<(), Failure> {
    for pair in request["metadata"].as_array().into_iter().flatten() {
        let (key, value) = (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default());
        let wrong = || Failure::Unfit(format!("metadata {key}: {value} cannot be sent"));
        if key.ends_with("-bin") {
            let key = BinaryMetadataKey::from_bytes(key.as_bytes()).map_err(|_| wrong())?;
            map.append_bin(key, MetadataValue::from_bytes(&unhex(value)));
        } else {
            let name = AsciiMetadataKey::from_bytes(key.as_bytes()).map_err(|_| wrong())?;
            map.append(name, value.parse().map_err(|_| wrong())?);
        }
    }
    Ok(())
}

#[derive(Default)]
pub struct Client {
    channels: HashMap<String, Channel>,
}

impl Client {
    pub fn channel(&mut self, request: &Value) -> Result<Channel, String> {
        let key = format!("{} {}", request["address"], request["tls"]);
        if let Some(found) = self.channels.get(&key) {
            return Ok(found.clone());
        }
        let tls = &request["tls"];
        let scheme = if tls.is_null() { "http" } else { "https" };
        let address = format!("{scheme}://{}", request["address"].as_str().unwrap_or_default());
        let mut endpoint = Endpoint::from_shared(address).map_err(|e| e.to_string())?;
        if !tls.is_null() {
            let read = |key: &str| tls[key].as_str().map(|path| std::fs::read(path).unwrap_or_default());
            let mut config = ClientTlsConfig::new().domain_name("localhost");
            config = config.ca_certificate(Certificate::from_pem(read("ca").unwrap_or_default()));
            if let (Some(cert), Some(key)) = (read("cert"), read("key")) {
                config = config.identity(Identity::from_pem(cert, key));
            }
            endpoint = endpoint.tls_config(config).map_err(|e| e.to_string())?;
        }
        // Connected with the first call, on the runtime that makes it.
        let channel = endpoint.connect_lazy();
        self.channels.insert(key, channel.clone());
        Ok(channel)
    }

    pub async fn call(&mut self, request: &Value) -> Value {
        let failed = |error: String| json!({"id": request["id"], "ok": false, "error": error});
        let channel = match self.channel(request) {
            Ok(channel) => channel,
            Err(error) => return failed(error),
        };
        let wait = request["deadline"].as_u64().filter(|d| *d > 0).unwrap_or(PATIENCE);
        let mut call = Call {
            request,
            line: Line { channel, headers: watch::Sender::new(HeaderMap::new()) },
            deadline: Duration::from_millis(wait),
            turns: None,
            feeds: JoinSet::new(),
            responses: Vec::new(),
            initial: json!([]),
            trailing: json!([]),
        };
        let path = request["method"].as_str().unwrap_or_default();
        let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let limit = call.deadline + GRACE;
        let status = match tokio::time::timeout(limit, contract::call(service, method, &mut call)).await {
            Ok(Ok(())) => Status::ok(""),
            Ok(Err(Failure::Status(status))) => status,
            Ok(Err(Failure::Unfit(error))) => return failed(error),
            Err(_) => Status::new(Code::DeadlineExceeded, "given up by the driver"),
        };
        if !status.metadata().is_empty() {
            call.trailing = pairs(status.metadata(), |_| true);
        }
        json!({
            "id": request["id"], "ok": true, "code": status.code() as i32, "status": status.message(),
            "responses": call.responses, "initial": call.initial, "trailing": call.trailing,
        })
    }
}
