//! Spans and measurements of calls, for a collector that speaks OTLP.
//!
//! [`Settings`] are what the environment asks for, [`Telemetry`] is what does it. A call that is finished is one span, put
//! into a queue of the SDK that never waits: what finds no room there is left out. Names are those of OpenTelemetry's
//! conventions for RPC (<https://opentelemetry.io/docs/specs/semconv/rpc/>). A collector that is slow, silent or gone costs
//! no call anything.

mod export;
mod settings;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use opentelemetry::metrics::{BoundHistogram, Histogram, MeterProvider as _};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, ShouldSample as _, SpanData,
    SpanProcessor as _,
};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tonic::Code;

pub use settings::Settings;
use settings::{Root, Signal};

use crate::machine::Host;

/// The method of calls that the contract does not have.
const OTHER: &str = "_OTHER";

/// The flag of `traceparent` that says that a trace is recorded (<https://www.w3.org/TR/trace-context/#sampled-flag>).
const SAMPLED: u8 = 1;

/// The bounds of the histogram of durations, in seconds: those of the conventions.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The most characters of a path that the contract does not have.
const MOST: usize = 200;

/// Takes what there is to tell about a collector: which one, and what.
pub type Tell = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Telemetry that cannot start.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The address of a collector is none.
    #[error("the address of the collector of {signal} is no `http://HOST:PORT` or `https://HOST:PORT`")]
    Endpoint {
        /// What would go there.
        signal: &'static str,
    },
    /// A header cannot be sent. Its value is not shown.
    #[error("the header `{name}` for the collector is none that gRPC can send")]
    Header {
        /// Which one.
        name: String,
    },
    /// A certificate or key cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The client of the collector cannot be made.
    #[error("cannot make a client of the collector: {0}")]
    Client(String),
}

/// What sends spans and measurements.
pub struct Telemetry {
    spans: Option<BatchSpanProcessor>,
    meters: Option<(SdkMeterProvider, Histogram<f64>)>,
    root: Root,
    follow: bool,
    scope: InstrumentationScope,
    stop: CancellationToken,
    tell: Tell,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("root", &self.root).finish_non_exhaustive()
    }
}

/// A call that is over.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// `package.Service/Method`, if the contract has it.
    pub method: Option<&'a str>,
    /// What was asked for.
    pub path: &'a str,
    /// The trace and the spans in it, in lower-case hex.
    pub trace_id: &'a str,
    /// The span of the caller.
    pub parent_id: Option<&'a str>,
    /// The span of the call.
    pub span_id: &'a str,
    /// The flags of the trace.
    pub flags: u8,
    /// What vendors keep beside it.
    pub state: Option<&'a [u8]>,
    /// How it ended.
    pub code: Code,
    /// What was said about it.
    pub message: &'a str,
    /// How long it took.
    pub duration: Duration,
    /// Who called.
    pub peer: SocketAddr,
    /// Where.
    pub server: SocketAddr,
}

impl Telemetry {
    /// Starts what `settings` ask for. Needs a tokio runtime around it, which has to be there until
    /// [`flush`](Telemetry::flush) or [`stop`](Telemetry::stop) is done.
    ///
    /// # Errors
    ///
    /// An address, a header or a certificate that cannot be used.
    pub fn start(settings: &Settings, host: &Host, tell: Tell) -> Result<Telemetry, TelemetryError> {
        let stop = CancellationToken::new();
        let resource = Resource::builder_empty()
            .with_detectors(&[Box::new(TelemetryResourceDetector)])
            .with_attributes(settings.resource.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())))
            .build();
        let scope =
            InstrumentationScope::builder("protopact").with_version(env!("CARGO_PKG_VERSION")).build();
        let link = |signal, way| export::Link::new(signal, way, stop.clone(), tell.clone());
        let spans = match &settings.spans {
            None => None,
            Some(way) => {
                let mut exporter = export::spans(way, link(Signal::Spans, way)?, host)?;
                opentelemetry_sdk::trace::SpanExporter::set_resource(&mut exporter, &resource);
                let batch = settings.batch;
                let config = BatchConfigBuilder::default()
                    .with_max_queue_size(batch.queue)
                    .with_max_export_batch_size(batch.size)
                    .with_scheduled_delay(batch.delay);
                Some(BatchSpanProcessor::new(exporter, config.build()))
            }
        };
        let meters = match &settings.measurements {
            None => None,
            Some(way) => {
                let link = link(Signal::Measurements, way)?;
                let exporter = export::measurements(way, settings.temporality, link, host)?;
                let reader = PeriodicReader::builder(exporter).with_interval(settings.interval).build();
                let provider =
                    SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();
                let meter = provider.meter_with_scope(scope.clone());
                let duration = meter
                    .f64_histogram("rpc.server.call.duration")
                    .with_unit("s")
                    .with_description("How long calls took")
                    .with_boundaries(BOUNDS.to_vec())
                    .build();
                Some((provider, duration))
            }
        };
        Ok(Telemetry { spans, meters, root: settings.root, follow: settings.follow, scope, stop, tell })
    }

    /// The flags of a trace, with the decision whether it is recorded.
    #[must_use]
    pub fn flags(&self, trace_id: &str, has_parent: bool, flags: u8) -> u8 {
        if self.spans.is_none() || (has_parent && self.follow) {
            return flags;
        }
        let recorded = match self.root {
            Root::Always => true,
            Root::Never => false,
            Root::Share(share) => {
                let id = TraceId::from_hex(trace_id).unwrap_or(TraceId::INVALID);
                let sampler = Sampler::TraceIdRatioBased(share);
                let result = sampler.should_sample(None, id, "", &SpanKind::Server, &[], &[]);
                result.decision == SamplingDecision::RecordAndSample
            }
        };
        (flags & !SAMPLED) | u8::from(recorded)
    }

    /// Takes a finished call, if its trace is recorded. Never waits.
    pub fn span(&self, span: &Span<'_>) {
        let Some(spans) = self.spans.as_ref().filter(|_| span.flags & SAMPLED != 0) else { return };
        let (Ok(trace_id), Ok(span_id)) = (TraceId::from_hex(span.trace_id), SpanId::from_hex(span.span_id))
        else {
            return;
        };
        let state =
            span.state.and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| s.parse::<TraceState>().ok());
        let context = SpanContext::new(
            trace_id,
            span_id,
            TraceFlags::new(span.flags),
            false,
            state.unwrap_or_default(),
        );
        let end_time = SystemTime::now();
        let name = span.method.map_or(Cow::Borrowed("grpc"), |method| Cow::Owned(method.to_owned()));
        spans.on_end(SpanData {
            span_context: context,
            parent_span_id: span
                .parent_id
                .and_then(|id| SpanId::from_hex(id).ok())
                .unwrap_or(SpanId::INVALID),
            parent_span_is_remote: span.parent_id.is_some(),
            span_kind: SpanKind::Server,
            name,
            start_time: end_time.checked_sub(span.duration).unwrap_or(end_time),
            end_time,
            attributes: span.attributes(),
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: match fault(span.code) {
                false => Status::Unset,
                true => Status::Error { description: span.message.to_owned().into() },
            },
            instrumentation_scope: self.scope.clone(),
        });
    }

    /// What measures the calls of one method; `None` is for those that the contract does not have.
    #[must_use]
    pub fn method(&self, method: Option<String>) -> Option<MethodMeter> {
        let (_, duration) = self.meters.as_ref()?;
        let method = method.map_or(Cow::Borrowed(OTHER), Cow::Owned);
        Some(MethodMeter { duration: duration.clone(), method, bound: Default::default() })
    }

    /// Has the number of open connections measured.
    pub fn connections(&self, count: impl Fn() -> i64 + Send + Sync + 'static) {
        let Some((provider, _)) = &self.meters else { return };
        let meter = provider.meter_with_scope(self.scope.clone());
        let _ = meter
            .i64_observable_up_down_counter("protopact.server.connections")
            .with_unit("{connection}")
            .with_description("Open connections")
            .with_callback(move |observer| observer.observe(count(), &[]))
            .build();
    }

    /// Sends what is left, for at most `limit`, and tells if that was not enough. Nothing is sent afterwards.
    pub async fn flush(self: Arc<Self>, limit: Duration) {
        let (spans, meters) = (self.clone(), self.clone());
        // They wait on threads, and whether all has arrived was told by the way.
        let spans = tokio::task::spawn_blocking(move || {
            if let Some(spans) = &spans.spans {
                let _ = spans.shutdown_with_timeout(limit);
            }
        });
        let meters = tokio::task::spawn_blocking(move || {
            if let Some((provider, _)) = &meters.meters {
                let _ = provider.shutdown();
            }
        });
        let both = async { tokio::join!(spans, meters) };
        let mut both = std::pin::pin!(both);
        if tokio::time::timeout(limit, both.as_mut()).await.is_err() {
            self.stop();
            let _ = both.await;
            (self.tell)(
                "collector",
                &format!("does not take in {} s what is left, which is lost", limit.as_secs_f64()),
            );
        }
        self.stop();
    }

    /// Sends nothing more.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// Whoever drops it does not wait for a collector.
impl Drop for Telemetry {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Span<'_> {
    fn attributes(&self) -> Vec<KeyValue> {
        let mut all = vec![
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new(
                "rpc.method",
                self.method.map_or(Cow::Borrowed(OTHER), |m| Cow::Owned(m.to_owned())).into_owned(),
            ),
            KeyValue::new("rpc.response.status_code", status(self.code)),
            KeyValue::new("server.address", self.server.ip().to_string()),
            KeyValue::new("server.port", i64::from(self.server.port())),
            KeyValue::new("network.peer.address", self.peer.ip().to_string()),
            KeyValue::new("network.peer.port", i64::from(self.peer.port())),
        ];
        if self.method.is_none() {
            let path: String = self.path.trim_start_matches('/').chars().take(MOST).collect();
            all.push(KeyValue::new("rpc.method_original", path));
        }
        if fault(self.code) {
            all.push(KeyValue::new("error.type", status(self.code)));
        }
        all
    }
}

/// The measurements of one method.
#[derive(Debug)]
pub struct MethodMeter {
    duration: Histogram<f64>,
    method: Cow<'static, str>,
    /// By code; what has not happened is not there.
    bound: [OnceLock<BoundHistogram<f64>>; 17],
}

impl MethodMeter {
    /// Takes a finished call. Never waits.
    pub fn finish(&self, code: Code, duration: Duration) {
        let bound = self.bound[code as usize].get_or_init(|| {
            let mut all = vec![
                KeyValue::new("rpc.system.name", "grpc"),
                KeyValue::new("rpc.method", self.method.clone().into_owned()),
                KeyValue::new("rpc.response.status_code", status(code)),
            ];
            if fault(code) {
                all.push(KeyValue::new("error.type", status(code)));
            }
            self.duration.bind(&all)
        });
        bound.record(duration.as_secs_f64());
    }
}

/// Whether it is the server that a status speaks against, by the conventions for gRPC.
fn fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// The name of a status as gRPC's specification spells it
/// (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
fn status(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
