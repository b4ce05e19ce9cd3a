//! Calls.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{json, Value};
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

use crate::{contract, hex, method, pairs, transcode, unhex, Raw};

/// No answer of a server is waited for longer than this, in milliseconds.
pub const PATIENCE: u64 = 10_000;

#[derive(Default)]
pub struct Client {
    channels: HashMap<String, Channel>,
}

/// What is known of a call so far.
struct Call {
    responses: Vec<String>,
    initial: Value,
    trailing: Value,
}

impl Client {
    fn channel(&mut self, request: &Value) -> Result<Channel, String> {
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
        let path = request["method"].as_str().unwrap_or_default();
        let failed = |error: String| json!({"id": request["id"], "ok": false, "error": error});
        let Some(method) = method(path) else { return failed(format!("no method {path}")) };
        let mut inputs = Vec::new();
        for text in request["requests"].as_array().into_iter().flatten() {
            match transcode(method.1, &unhex(text.as_str().unwrap_or_default())) {
                Ok(bytes) => inputs.push(bytes),
                Err(error) => return failed(error),
            }
        }
        let channel = match self.channel(request) {
            Ok(channel) => channel,
            Err(error) => return failed(error),
        };
        let mut call = Call { responses: Vec::new(), initial: json!([]), trailing: json!([]) };
        let wait = Duration::from_millis(request["deadline"].as_u64().filter(|d| *d > 0).unwrap_or(PATIENCE));
        // tonic watches a deadline until the headers are there; what comes after is its caller's to watch.
        let exchanged = tokio::time::timeout(wait, exchange(channel, method, request, inputs, wait, &mut call));
        let status = match exchanged.await {
            Ok(Ok(())) => Status::ok(""),
            Ok(Err(status)) => status,
            Err(_) => Status::deadline_exceeded("the caller's own clock"),
        };
        if !status.metadata().is_empty() {
            call.trailing = pairs(status.metadata());
        }
        json!({
            "id": request["id"], "ok": true, "code": status.code() as i32, "status": status.message(),
            "responses": call.responses, "initial": call.initial, "trailing": call.trailing,
        })
    }
}

fn metadata(request: &Value, map: &mut tonic::metadata::MetadataMap) -> Result<(), Status> {
    for pair in request["metadata"].as_array().into_iter().flatten() {
        let (key, value) = (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default());
        let wrong = |_| Status::internal(format!("metadata {key} cannot be sent"));
        if key.ends_with("-bin") {
            let key = BinaryMetadataKey::from_bytes(key.as_bytes()).map_err(wrong)?;
            map.append_bin(key, MetadataValue::from_bytes(&unhex(value)));
        } else {
            let name = AsciiMetadataKey::from_bytes(key.as_bytes()).map_err(wrong)?;
            map.append(name, value.parse().map_err(|_| Status::internal(format!("metadata {key}: {value}")))?);
        }
    }
    Ok(())
}

async fn exchange(
    channel: Channel,
    method: contract::Method,
    request: &Value,
    inputs: Vec<Vec<u8>>,
    wait: Duration,
    call: &mut Call,
) -> Result<(), Status> {
    let (path, _, output, client_streams, server_streams) = method;
    let mut grpc = tonic::client::Grpc::new(channel).max_decoding_message_size(usize::MAX);
    grpc = grpc.accept_compressed(CompressionEncoding::Gzip);
    if request["gzip"] == true {
        grpc = grpc.send_compressed(CompressionEncoding::Gzip);
    }
    grpc.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
    // Whatever the kind of a call, its bytes are those of two streams.
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let mut outgoing = Request::new(ReceiverStream::new(receive));
    outgoing.set_timeout(wait);
    metadata(request, outgoing.metadata_mut())?;
    let cancel = request["cancel"] == true;
    let both = client_streams && server_streams;
    let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(if both { 1 } else { inputs.len() }));
    let feeding = turns.clone();
    let feed = tokio::spawn(async move {
        for input in inputs {
            let Ok(turn) = feeding.acquire().await else { return };
            turn.forget();
            if send.send(input).await.is_err() {
                return;
            }
        }
        // A caller that goes away in the middle has not ended its stream of requests before.
        if cancel && client_streams {
            std::future::pending::<()>().await;
        }
    });
    let result = async {
        let path = tonic::codegen::http::uri::PathAndQuery::from_static(path);
        let response = grpc.streaming(outgoing, path, Raw).await?;
        call.initial = pairs(response.metadata());
        if cancel && !both {
            drop(response);
            return Err(Status::cancelled("dropped by the caller"));
        }
        let mut stream = response.into_inner();
        while let Some(bytes) = stream.message().await? {
            call.responses.push(hex(&transcode(output, &bytes).map_err(Status::internal)?));
            turns.add_permits(1);
            if cancel {
                return Err(Status::cancelled("dropped by the caller"));
            }
        }
        if let Some(trailers) = stream.trailers().await? {
            call.trailing = pairs(&trailers);
        }
        Ok(())
    };
    let result = result.await;
    feed.abort();
    result
}
