//! Prometheus metrics, with the names and labels that gRPC middleware of other languages uses: `grpc_server_*` by
//! `grpc_type`, `grpc_service`, `grpc_method` and `grpc_code`.
//!
//! Labels only ever come from the contract: calls to methods it does not have are counted together, so that nobody
//! can make the server remember names.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::log::code_name;
use crate::telemetry::MethodMeter;

/// The upper bounds of the histogram of call durations, in seconds: those of the Prometheus client libraries.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The most readers of the metrics at a time.
const READERS: usize = 16;

/// How long a reader may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MethodLabels {
    grpc_type: &'static str,
    grpc_service: Box<str>,
    grpc_method: Box<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    grpc_type: &'static str,
    grpc_service: Box<str>,
    grpc_method: Box<str>,
    grpc_code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// The metrics of one server.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    started: Family<MethodLabels, Counter>,
    handled: Family<CodeLabels, Counter>,
    received: Family<MethodLabels, Counter>,
    sent: Family<MethodLabels, Counter>,
    seconds: Family<MethodLabels, Histogram, fn() -> Histogram>,
    pub(super) connections: Gauge,
    refused: Family<ReasonLabels, Counter>,
}

/// The metrics of one method, found once and counted without looking anything up.
#[derive(Debug)]
pub(super) struct MethodMetrics {
    pub(super) started: Counter,
    /// By code; a code that has not been seen has no series.
    handled: [OnceLock<Counter>; 17],
    labels: MethodLabels,
    family: Family<CodeLabels, Counter>,
    pub(super) received: Counter,
    pub(super) sent: Counter,
    seconds: Histogram,
    /// The same for a collector.
    meter: Option<MethodMeter>,
}

impl MethodMetrics {
    pub(super) fn finish(&self, code: Code, duration: Duration) {
        let counter = self.handled[code as usize].get_or_init(|| {
            self.family.get_or_create_owned(&CodeLabels {
                grpc_type: self.labels.grpc_type,
                grpc_service: self.labels.grpc_service.clone(),
                grpc_method: self.labels.grpc_method.clone(),
                grpc_code: code_name(code),
            })
        });
        counter.inc();
        self.seconds.observe(duration.as_secs_f64());
        if let Some(meter) = &self.meter {
            meter.finish(code, duration);
        }
    }
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::default();
        let started = Family::default();
        let handled = Family::default();
        let received = Family::default();
        let sent = Family::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let connections = Gauge::default();
        let refused = Family::default();
        registry.register("grpc_server_started", "Calls started", started.clone());
        registry.register("grpc_server_handled", "Calls finished, by status", handled.clone());
        registry.register("grpc_server_msg_received", "Messages received", received.clone());
        registry.register("grpc_server_msg_sent", "Messages sent", sent.clone());
        registry.register("grpc_server_handling_seconds", "How long calls took", seconds.clone());
        registry.register("protopact_connections", "Open connections", connections.clone());
        registry.register("protopact_connections_refused", "Connections turned away", refused.clone());
        Metrics { registry, started, handled, received, sent, seconds, connections, refused }
    }

    /// The metrics of one method, which start at zero.
    pub(super) fn method(
        &self,
        kind: &'static str,
        service: &str,
        method: &str,
        meter: Option<MethodMeter>,
    ) -> MethodMetrics {
        let labels =
            MethodLabels { grpc_type: kind, grpc_service: service.into(), grpc_method: method.into() };
        MethodMetrics {
            started: self.started.get_or_create_owned(&labels),
            handled: Default::default(),
            received: self.received.get_or_create_owned(&labels),
            sent: self.sent.get_or_create_owned(&labels),
            seconds: self.seconds.get_or_create_owned(&labels),
            family: self.handled.clone(),
            meter,
            labels,
        }
    }

    pub(super) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// The text that Prometheus reads.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

/// What kind of call a method takes, as the label says it.
pub(super) fn kind(client_streaming: bool, server_streaming: bool) -> &'static str {
    match (client_streaming, server_streaming) {
        (false, false) => "unary",
        (true, false) => "client_stream",
        (false, true) => "server_stream",
        (true, true) => "bidi_stream",
    }
}

/// Answers `GET /metrics` until the server stops.
pub(super) async fn serve(listener: TcpListener, metrics: Arc<Metrics>, stop: CancellationToken) {
    let room = Arc::new(tokio::sync::Semaphore::new(READERS));
    loop {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = stop.cancelled() => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (metrics, stop) = (metrics.clone(), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let answer = service_fn(|request| std::future::ready(answer(&metrics, &request)));
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
            let connection = builder.serve_connection(TokioIo::new(stream), answer);
            // Whatever goes wrong here goes wrong on the reader's side.
            tokio::select! {
                _ = tokio::time::timeout(PATIENCE, connection) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

fn answer<B>(metrics: &Metrics, request: &Request<B>) -> Result<Response<String>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics.text()),
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "the metrics are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let kind = match status {
        StatusCode::OK => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    Ok(response)
}
