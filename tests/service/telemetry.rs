//! What a collector gets of the calls, and that calls do not mind a collector: one that takes, one that hangs, one that
//! refuses, and none.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::HEXLOWER;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use protopact::machine::Host;
use protopact::service::{Options, Running};
use protopact::telemetry::{Settings, Telemetry};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Response, Status};

use crate::drive::{ITEM, PATIENCE, bytes, client, options, start};

/// How a collector is disposed.
#[derive(Clone, Copy)]
enum Mood {
    Takes,
    Hangs,
    Refuses,
}

/// A collector that keeps what it gets.
#[derive(Clone)]
struct Collector {
    mood: Mood,
    spans: mpsc::UnboundedSender<(ExportTraceServiceRequest, Option<String>)>,
    metrics: mpsc::UnboundedSender<ExportMetricsServiceRequest>,
}

/// What it got.
struct Got {
    address: SocketAddr,
    spans: mpsc::UnboundedReceiver<(ExportTraceServiceRequest, Option<String>)>,
    metrics: mpsc::UnboundedReceiver<ExportMetricsServiceRequest>,
}

impl Collector {
    async fn mood(&self) -> Result<(), Status> {
        match self.mood {
            Mood::Takes => Ok(()),
            Mood::Hangs => std::future::pending().await,
            // Collectors may say anything, the token that they got too.
            Mood::Refuses => Err(Status::unauthenticated("bad token: Bearer t0p-s3cret")),
        }
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let token = request.metadata().get("authorization").map(|v| v.to_str().unwrap().to_owned());
        let _ = self.spans.send((request.into_inner(), token));
        self.mood().await?;
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let _ = self.metrics.send(request.into_inner());
        self.mood().await?;
        Ok(Response::new(Default::default()))
    }
}

/// Starts a collector that speaks gRPC.
async fn collector(mood: Mood) -> Got {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ((spans, got_spans), (metrics, got_metrics)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let collector = Collector { mood, spans, metrics };
    let incoming = async_stream(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector))
            .serve_with_incoming(incoming),
    );
    Got { address, spans: got_spans, metrics: got_metrics }
}

fn async_stream(
    listener: tokio::net::TcpListener,
) -> impl tokio_stream::Stream<Item = std::io::Result<tokio::net::TcpStream>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            if sender.send(accepted).await.is_err() {
                return;
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver).fuse()
}

type Told = Arc<Mutex<Vec<String>>>;

fn telemetry(env: &[(&str, &str)]) -> (Arc<Telemetry>, Told) {
    let host = Host {
        env: env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        cwd: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
    };
    let settings = Settings::of(&host, Some("1.4.0"));
    assert!(settings.odd.is_empty() && settings.wanted(), "{:?}", settings.odd);
    let told = Told::default();
    let tell = {
        let told = told.clone();
        Arc::new(move |place: &str, what: &str| told.lock().unwrap().push(format!("{place}  {what}")))
    };
    (Arc::new(Telemetry::start(&settings, &host, tell).unwrap()), told)
}

async fn served(telemetry: &Arc<Telemetry>) -> Running {
    start(Options { telemetry: Some(telemetry.clone()), ..options() }).await
}

fn grpc(address: SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t0p-s3cret".to_owned()),
        ("OTEL_SERVICE_NAME", "pay".to_owned()),
    ]
}

fn with<'a>(base: &'a [(&'static str, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    base.iter().map(|(k, v)| (*k, v.as_str())).chain(more.iter().copied()).collect()
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match attributes.iter().find(|a| a.key == key)?.value.as_ref()? {
        AnyValue { value: Some(Value::StringValue(text)) } => Some(text.clone()),
        AnyValue { value: Some(Value::IntValue(number)) } => Some(number.to_string()),
        other => panic!("{key}: {other:?}"),
    }
}

fn all(request: &ExportTraceServiceRequest) -> Vec<Span> {
    let scopes = request.resource_spans.iter().flat_map(|r| &r.scope_spans);
    scopes.flat_map(|s| s.spans.iter().cloned()).collect()
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Calls that end in three ways, the first in the trace of its caller.
async fn calls(running: &Running) {
    let client = client(running).await;
    let mut request = Request::new(bytes(ITEM));
    request.metadata_mut().insert("traceparent", PARENT.parse().unwrap());
    client.unary_with("/shop.v1.Shop/Same", request).await.unwrap();
    let mut request = Request::new(bytes(ITEM));
    request.metadata_mut().insert("protopact-status", "5".parse().unwrap());
    let missing = client.unary_with("/shop.v1.Shop/Same", request).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let gone = client.unary_with("/shop.v1.Shop/Gone", Request::new(bytes(ITEM))).await.unwrap_err();
    assert_eq!(gone.code(), Code::Unimplemented);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_every_call_once_the_server_ends() {
    let mut got = collector(Mood::Takes).await;
    let (telemetry, told) = telemetry(&with(&grpc(got.address), &[]));
    let running = served(&telemetry).await;
    let server = running.address;
    calls(&running).await;
    running.shutdown().await;
    telemetry.flush(PATIENCE).await;

    let mut spans = Vec::new();
    while let Ok((request, token)) = got.spans.try_recv() {
        assert_eq!(token.as_deref(), Some("Bearer t0p-s3cret"));
        let resource = request.resource_spans[0].resource.clone().unwrap().attributes;
        assert_eq!(text(&resource, "service.name").as_deref(), Some("pay"));
        assert_eq!(text(&resource, "service.version").as_deref(), Some("1.4.0"));
        spans.extend(all(&request));
    }
    let names: Vec<&str> = spans.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["shop.v1.Shop/Same", "shop.v1.Shop/Same", "grpc"]);
    let [same, missing, gone] = &spans[..] else { unreachable!() };
    assert_eq!(HEXLOWER.encode(&same.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(HEXLOWER.encode(&same.parent_span_id), "00f067aa0ba902b7");
    assert!(missing.parent_span_id.is_empty() && missing.trace_id != same.trace_id);
    assert!(spans.iter().all(|s| s.kind == 2 && s.end_time_unix_nano > s.start_time_unix_nano));
    let attributes = |span: &Span, keys: &[&str]| -> Vec<Option<String>> {
        keys.iter().map(|k| text(&span.attributes, k)).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    let keys = ["rpc.system.name", "rpc.method", "rpc.response.status_code", "error.type", "server.port"];
    let port = Some(server.port().to_string());
    assert_eq!(
        attributes(same, &keys),
        [some("grpc"), some("shop.v1.Shop/Same"), some("OK"), None, port.clone()]
    );
    // What the caller did wrong is no error of the server.
    assert_eq!(attributes(missing, &keys)[2..4], [some("NOT_FOUND"), None]);
    assert_eq!(missing.status.clone().unwrap_or_default().code, 0);
    assert_eq!(attributes(gone, &keys)[1..4], [some("_OTHER"), some("UNIMPLEMENTED"), some("UNIMPLEMENTED")]);
    assert_eq!(attributes(gone, &["rpc.method_original"]), [some("shop.v1.Shop/Gone")]);
    assert_eq!(gone.status.clone().unwrap().code, 2);

    let measured = got.metrics.try_recv().expect("measurements leave at the end");
    let metrics = &measured.resource_metrics[0].scope_metrics[0].metrics;
    let duration = metrics.iter().find(|m| m.name == "rpc.server.call.duration").unwrap();
    assert_eq!(duration.unit, "s");
    let Some(Data::Histogram(histogram)) = &duration.data else { panic!("{duration:?}") };
    let mut counts: Vec<_> = histogram
        .data_points
        .iter()
        .map(|p| {
            (
                text(&p.attributes, "rpc.method").unwrap(),
                text(&p.attributes, "rpc.response.status_code").unwrap(),
                p.count,
            )
        })
        .collect();
    counts.sort();
    let count = |method: &str, code: &str| (method.to_owned(), code.to_owned(), 1);
    assert_eq!(
        counts,
        [
            count("_OTHER", "UNIMPLEMENTED"),
            count("shop.v1.Shop/Same", "NOT_FOUND"),
            count("shop.v1.Shop/Same", "OK")
        ]
    );
    assert!(metrics.iter().any(|m| m.name == "protopact.server.connections"));
    assert!(told.lock().unwrap().is_empty(), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_decided_about_its_trace_holds() {
    let mut got = collector(Mood::Takes).await;
    let (telemetry, _) =
        telemetry(&with(&grpc(got.address), &[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]));
    let running = served(&telemetry).await;
    let client = client(&running).await;
    for (parent, recorded) in [(PARENT, "-01"), (&PARENT.replace("-01", "-00"), "-00")] {
        let mut request = Request::new(bytes(ITEM));
        request.metadata_mut().insert("traceparent", parent.parse().unwrap());
        let answer = client.unary_with("/shop.v1.Shop/Same", request).await.unwrap();
        let given = answer.metadata().get("traceparent").unwrap().to_str().unwrap();
        assert!(given.ends_with(recorded), "{given}");
    }
    let answer = client.unary_with("/shop.v1.Shop/Same", Request::new(bytes(ITEM))).await.unwrap();
    assert!(answer.metadata().get("traceparent").unwrap().to_str().unwrap().ends_with("-00"));
    running.shutdown().await;
    telemetry.flush(PATIENCE).await;
    assert_eq!(all(&got.spans.try_recv().unwrap().0).len(), 1);
    assert!(got.spans.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_holds_nothing_up() {
    let mut got = collector(Mood::Hangs).await;
    let small = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1"),
    ];
    let (telemetry, told) = telemetry(&with(&grpc(got.address), &small));
    let running = served(&telemetry).await;
    let client = client(&running).await;
    client.unary("Same", ITEM).await.unwrap();
    // From here on the exporters wait for the collector, and the queue fills.
    got.spans.recv().await.unwrap();
    got.metrics.recv().await.unwrap();
    let many = async {
        for _ in 0..200 {
            client.unary("Same", ITEM).await.unwrap();
        }
        running.shutdown().await;
        telemetry.flush(Duration::from_millis(100)).await;
    };
    tokio::time::timeout(PATIENCE, many).await.expect("the calls or the end wait for the collector");
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("lost"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_is_told_once_and_no_token_with_it() {
    let mut got = collector(Mood::Refuses).await;
    let quick = [("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_METRICS_EXPORTER", "none")];
    let (telemetry, told) = telemetry(&with(&grpc(got.address), &quick));
    let running = served(&telemetry).await;
    let client = client(&running).await;
    for _ in 0..3 {
        client.unary("Same", ITEM).await.unwrap();
        got.spans.recv().await.unwrap();
    }
    running.shutdown().await;
    telemetry.flush(PATIENCE).await;
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "once, not for every batch: {told:?}");
    assert!(told[0].starts_with(&format!("{}  spans are not taken: ", got.address)), "{told:?}");
    assert!(told[0].contains("Unauthenticated") && !told[0].contains("s3cret"), "{told:?}");
}

/// A collector that speaks HTTP, gives these answers, and the first again when there are none left.
fn web(answers: &'static [&'static str]) -> (SocketAddr, std::sync::mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for number in 0.. {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
            let body = loop {
                let read = stream.read(&mut piece).unwrap_or(0);
                seen.extend_from_slice(&piece[..read]);
                let Some(end) = seen.windows(4).position(|w| w == b"\r\n\r\n") else {
                    assert_ne!(read, 0);
                    continue;
                };
                let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap();
                let length: usize = length.parse().unwrap();
                if seen.len() >= end + 4 + length {
                    break (head, seen[end + 4..].to_vec());
                }
            };
            let _ = sender.send(body);
            let status = answers.get(number).unwrap_or(&answers[0]);
            let _ = stream.write_all(
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").as_bytes(),
            );
        }
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn http_is_spoken_when_nobody_says_otherwise() {
    let (address, asked) = web(&["200 OK", "403 Forbidden"]);
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://name:passw0rd@{address}/base/")),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=t0p-s3cret".to_owned()),
    ];
    let quick = [("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_METRICS_EXPORTER", "none")];
    let (telemetry, told) = telemetry(&with(&env, &quick));
    let running = served(&telemetry).await;
    let client = client(&running).await;
    let mut spans = 0;
    for _ in 0..3 {
        client.unary("Same", ITEM).await.unwrap();
        let (head, body) = asked.recv_timeout(PATIENCE).unwrap();
        assert!(head.starts_with("post /base/v1/traces http/1.1"), "{head}");
        assert!(head.contains("x-token: t0p-s3cret"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf"), "{head}");
        spans += all(&ExportTraceServiceRequest::decode(&*body).unwrap()).len();
    }
    assert_eq!(spans, 3);
    running.shutdown().await;
    telemetry.flush(PATIENCE).await;
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told[0],
        format!("{address}  spans are not taken: status code: 403; calls are answered all the same")
    );
    assert_eq!(told[1], format!("{address}  spans are taken again"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_collector_says_so_once_and_ends() {
    use rustix::process::Signal;

    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dir = crate::command::folder();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{gone}")),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1".to_owned()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=t0p-s3cret".to_owned()),
        ("OTEL_METRICS_EXPORTER", "none".to_owned()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "none".to_owned()),
    ];
    let serving = crate::command::serve_in(dir.path(), &[], &env);
    let client = serving.client().await;
    client.unary("Same", ITEM).await.unwrap();
    let (_, err, status) = serving.end(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains("`OTEL_BSP_MAX_QUEUE_SIZE` is `none`"), "{err}");
    let told: Vec<&str> = err.lines().filter(|l| l.starts_with("export ")).collect();
    assert_eq!(told.len(), 1, "{err}");
    assert!(told[0].contains(&format!("{gone}  spans are not taken: ")) && !err.contains("s3cret"), "{err}");
}

#[tokio::test]
async fn what_cannot_be_used_is_told_before_anything_is_served() {
    let start = |env: &[(&str, &str)]| {
        let host = Host {
            env: env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            cwd: PathBuf::from("."),
        };
        Telemetry::start(&Settings::of(&host, None), &host, Arc::new(|_, _| {})).unwrap_err().to_string()
    };
    let endpoint = |value| ("OTEL_EXPORTER_OTLP_ENDPOINT", value);
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    assert!(start(&[endpoint("no address")]).contains("collector of spans"));
    let header = start(&[endpoint("http://c:1"), grpc, ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=%00s3cret")]);
    assert!(header.contains("`x-token`") && !header.contains("s3cret"), "{header}");
    let file = start(&[endpoint("https://c:1"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "no/such.pem")]);
    assert!(file.contains("`no/such.pem`"), "{file}");
}
