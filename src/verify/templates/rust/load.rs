//! Times calls: docs/bench.md of protopact says what is timed, and how.

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

use crate::{client, contract, unhex, Generated};

/// How many messages a stream has.
const MESSAGES: usize = 3;

/// What was timed, or why not.
pub type Loaded = Result<Value, String>;

/// What calls are made.
pub struct Load<'a> {
    request: &'a Value,
    channel: Channel,
}

impl Load<'_> {
    pub fn input<I: Generated>(&self) -> Result<I, String> {
        let bytes = unhex(self.request["hex"].as_str().unwrap_or_default());
        I::decode(&*bytes).map_err(|error| error.to_string())
    }

    fn time(&self, key: &str) -> Duration {
        Duration::from_nanos(self.request[key].as_u64().unwrap_or_default())
    }

    /// Calls one after the other, each timed, and then several at once, all counted.
    pub async fn run<F, C>(&self, one: F) -> Loaded
    where
        F: Fn(Channel) -> C + Clone + Send + Sync + 'static,
        C: Future<Output = Result<(), Status>> + Send + 'static,
    {
        #[cfg(feature = "callers")]
        if let Some(callers) = self.request["callers"].as_u64() {
            crate::callers::begin(one, self.channel.clone(), callers);
            return Ok(json!({}));
        }
        let told = |status: Status| status.to_string();
        let begun = Instant::now();
        while begun.elapsed() < self.time("warmup") {
            one(self.channel.clone()).await.map_err(told)?;
        }
        let (mut latencies, begun) = (Vec::new(), Instant::now());
        let time = self.time("time");
        while begun.elapsed() < time {
            let start = Instant::now();
            one(self.channel.clone()).await.map_err(told)?;
            latencies.push(start.elapsed().as_nanos() as u64);
        }
        let (mut clients, begun) = (JoinSet::new(), Instant::now());
        for _ in 0..self.request["clients"].as_u64().unwrap_or(1) {
            let (one, channel) = (one.clone(), self.channel.clone());
            clients.spawn(async move {
                let mut calls = 0_u64;
                while begun.elapsed() < time {
                    one(channel.clone()).await?;
                    calls += 1;
                }
                Ok::<u64, Status>(calls)
            });
        }
        let mut calls = 0;
        while let Some(done) = clients.join_next().await {
            calls += done.map_err(|error| error.to_string())?.map_err(told)?;
        }
        let elapsed = begun.elapsed().as_nanos() as u64;
        Ok(json!({"latencies": latencies, "calls": calls, "elapsed": elapsed}))
    }
}

fn bare<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-protopact-bare", MetadataValue::from_static("1"));
    #[cfg(feature = "callers")]
    crate::callers::asked(request.metadata_mut());
    request
}

/// The only request.
pub fn one<I: Generated>(input: I) -> Request<I> {
    bare(input)
}

/// Several requests, one after the other.
pub fn many<I: Generated>(input: I) -> Request<ReceiverStream<I>> {
    let (send, receive) = mpsc::channel(MESSAGES);
    for _ in 0..MESSAGES {
        let _ = send.try_send(input.clone());
    }
    bare(ReceiverStream::new(receive))
}

/// Takes the one answer.
pub async fn answer<O>(got: Result<Response<O>, Status>) -> Result<(), Status> {
    got.map(|_answer| {
        #[cfg(feature = "callers")]
        crate::callers::answered(_answer.metadata());
    })
}

/// Takes a stream of answers.
pub async fn answers<O>(got: Result<Response<Streaming<O>>, Status>) -> Result<(), Status> {
    let mut answers = got?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

/// Several requests, each when the one before has its answer.
pub struct Turns<I> {
    input: I,
    send: mpsc::Sender<I>,
}

pub fn turns<I: Generated>(input: I) -> (Turns<I>, Request<ReceiverStream<I>>) {
    let (send, receive) = mpsc::channel(1);
    let _ = send.try_send(input.clone());
    (Turns { input, send }, bare(ReceiverStream::new(receive)))
}

impl<I: Generated> Turns<I> {
    pub async fn take<O>(self, got: Result<Response<Streaming<O>>, Status>) -> Result<(), Status> {
        let Turns { input, send } = self;
        let (mut answers, mut send) = (got?.into_inner(), Some(send));
        let mut sent = 1;
        while answers.message().await?.is_some() {
            match send.as_ref().filter(|_| sent < MESSAGES) {
                Some(send) => {
                    sent += 1;
                    let _ = send.send(input.clone()).await;
                }
                None => send = None,
            }
        }
        Ok(())
    }
}

pub fn load(runtime: &Runtime, client: &mut client::Client, request: &Value) -> Value {
    let failed = |error: String| json!({"id": request["id"], "ok": false, "error": error});
    let path = request["method"].as_str().unwrap_or_default();
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let made = runtime.block_on(async {
        #[cfg(feature = "callers")]
        let channel = crate::callers::channel();
        #[cfg(not(feature = "callers"))]
        let channel = client.channel(request)?;
        let load = Load { request, channel };
        contract::load(service, method, &load).await
    });
    match made {
        Ok(mut answer) => {
            answer["id"] = request["id"].clone();
            answer["ok"] = json!(true);
            answer
        }
        Err(error) => failed(error),
    }
}
