//! How spans and measurements reach a collector: the exporters of `opentelemetry-otlp`, with an end and a voice.
//!
//! The SDK collects on threads of its own, and the exporters need the runtime of the server: they are polled inside of it.
//! What goes wrong is told once, and once more when it goes well again.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    Compression, ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig,
    WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::SpanData;
use reqwest::{Certificate, Client, Identity};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{MetadataKey, MetadataMap};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Uri};

use super::settings::{Protocol, Signal, Way};
use super::{TelemetryError, Tell};
use crate::machine::Host;
use crate::text::escape;

/// The most bytes of a collector's answer that are read: it has nothing to say but how much it took.
const ANSWER: usize = 64 << 10;

/// An exporter with its way.
#[derive(Debug)]
pub(super) struct Told<E> {
    inner: E,
    link: Arc<Link>,
}

/// What is known of the way to a collector.
pub(super) struct Link {
    signal: Signal,
    /// The collector, as it may be shown.
    place: String,
    limit: Duration,
    runtime: Handle,
    stop: CancellationToken,
    failing: AtomicBool,
    /// Why the last request in HTTP had no answer, which the exporter keeps to itself.
    why: Mutex<Option<String>>,
    secrets: Vec<String>,
    tell: Tell,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn new(
        signal: Signal,
        way: &Way,
        stop: CancellationToken,
        tell: Tell,
    ) -> Result<Arc<Link>, TelemetryError> {
        let uri: Uri =
            way.endpoint.parse().map_err(|_| TelemetryError::Endpoint { signal: signal.words() })?;
        let authority = uri.authority().ok_or(TelemetryError::Endpoint { signal: signal.words() })?;
        // Without the name and the password that may stand before the host.
        let place = match authority.port_u16() {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        Ok(Arc::new(Link {
            signal,
            place,
            limit: way.timeout,
            runtime: Handle::current(),
            stop,
            failing: AtomicBool::new(false),
            why: Mutex::new(None),
            secrets: way.headers.iter().map(|(_, v)| v.clone()).filter(|v| !v.is_empty()).collect(),
            tell,
        }))
    }

    /// Has a batch sent, inside of the runtime and not for ever, and tells what is new about the way.
    async fn through(&self, work: impl Future<Output = OTelSdkResult> + Send) -> OTelSdkResult {
        if self.stop.is_cancelled() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        let work = async {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => Err(OTelSdkError::AlreadyShutdown),
                done = tokio::time::timeout(self.limit, work) => done.unwrap_or(Err(OTelSdkError::Timeout(self.limit))),
            }
        };
        let mut work = pin!(work);
        let done = std::future::poll_fn(|cx| {
            let _inside = self.runtime.enter();
            work.as_mut().poll(cx)
        })
        .await;
        match &done {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    (self.tell)(&self.place, &format!("{} are taken again", self.signal.words()));
                }
            }
            Err(_) if self.stop.is_cancelled() => {}
            Err(error) => {
                let why = self.reason(error);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    (self.tell)(
                        &self.place,
                        &format!(
                            "{} are not taken: {why}; calls are answered all the same",
                            self.signal.words()
                        ),
                    );
                }
            }
        }
        done
    }

    /// Why, without anything that only the collector may know.
    fn reason(&self, error: &OTelSdkError) -> String {
        let network = self.why.lock().unwrap_or_else(PoisonError::into_inner).take();
        let text = match (error, network) {
            (OTelSdkError::Timeout(limit), _) => format!("no answer within {} ms", limit.as_millis()),
            (_, Some(why)) => why,
            (OTelSdkError::InternalFailure(text), None) => {
                // The name of the exporter says nothing to anybody.
                text.split_once(" failed with ").map_or(text.as_str(), |(_, rest)| rest).to_owned()
            }
            (other, None) => other.to_string(),
        };
        let text = self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "…"));
        escape(&text).into_owned()
    }
}

impl opentelemetry_sdk::trace::SpanExporter for Told<SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.link.through(self.inner.export(batch)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl PushMetricExporter for Told<MetricExporter> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.link.through(self.inner.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

/// The exporter of spans.
pub(super) fn spans(way: &Way, link: Arc<Link>, host: &Host) -> Result<Told<SpanExporter>, TelemetryError> {
    let builder = SpanExporter::builder();
    let built = match way.protocol {
        Protocol::Grpc => by_grpc(builder.with_tonic(), way, host)?.build(),
        Protocol::Http => by_http(builder.with_http(), way, &link, host)?.build(),
    };
    Ok(Told { inner: built.map_err(failed)?, link })
}

/// The exporter of measurements.
pub(super) fn measurements(
    way: &Way,
    temporality: Temporality,
    link: Arc<Link>,
    host: &Host,
) -> Result<Told<MetricExporter>, TelemetryError> {
    let builder = MetricExporter::builder().with_temporality(temporality);
    let built = match way.protocol {
        Protocol::Grpc => by_grpc(builder.with_tonic(), way, host)?.build(),
        Protocol::Http => by_http(builder.with_http(), way, &link, host)?.build(),
    };
    Ok(Told { inner: built.map_err(failed)?, link })
}

/// The builder of an exporter, of whatever it exports, with what the way says.
fn by_grpc<B: WithTonicConfig + WithExportConfig>(
    builder: B,
    way: &Way,
    host: &Host,
) -> Result<B, TelemetryError> {
    let builder = builder.with_channel(channel(way, host)?).with_metadata(metadata(way)?);
    let builder = if way.gzip { builder.with_compression(Compression::Gzip) } else { builder };
    Ok(builder.with_timeout(way.timeout))
}

/// The same for HTTP.
fn by_http<B: WithHttpConfig + WithExportConfig>(
    builder: B,
    way: &Way,
    link: &Arc<Link>,
    host: &Host,
) -> Result<B, TelemetryError> {
    let client = Web { client: client(way, host)?, link: link.clone() };
    let builder = builder.with_http_client(client).with_headers(headers(way));
    let builder = if way.gzip { builder.with_compression(Compression::Gzip) } else { builder };
    Ok(builder.with_endpoint(&way.endpoint).with_timeout(way.timeout))
}

fn failed(error: ExporterBuildError) -> TelemetryError {
    TelemetryError::Client(error.to_string())
}

fn read(path: &PathBuf, host: &Host) -> Result<Vec<u8>, TelemetryError> {
    std::fs::read(host.cwd.join(path))
        .map_err(|source| TelemetryError::Read { path: path.display().to_string(), source })
}

fn headers(way: &Way) -> HashMap<String, String> {
    way.headers.iter().cloned().collect()
}

/// The headers as gRPC has them. What is none is an error that does not show it.
fn metadata(way: &Way) -> Result<MetadataMap, TelemetryError> {
    let mut map = MetadataMap::new();
    for (name, value) in &way.headers {
        let odd = || TelemetryError::Header { name: name.clone() };
        let key = MetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| odd())?;
        map.insert(key, value.parse().map_err(|_| odd())?);
    }
    Ok(map)
}

fn channel(way: &Way, host: &Host) -> Result<Channel, TelemetryError> {
    let odd = |e: tonic::transport::Error| TelemetryError::Client(innermost(&e));
    let mut endpoint = Endpoint::from_shared(way.endpoint.clone()).map_err(odd)?.connect_timeout(way.timeout);
    if endpoint.uri().scheme_str() == Some("https") {
        let mut tls = ClientTlsConfig::new().with_native_roots();
        if let Some(ca) = &way.ca {
            tls = tls.ca_certificate(tonic::transport::Certificate::from_pem(read(ca, host)?));
        }
        if let Some((certificate, key)) = &way.own {
            tls = tls
                .identity(tonic::transport::Identity::from_pem(read(certificate, host)?, read(key, host)?));
        }
        endpoint = endpoint.tls_config(tls).map_err(odd)?;
    }
    Ok(endpoint.connect_lazy())
}

fn client(way: &Way, host: &Host) -> Result<Client, TelemetryError> {
    // There can be one for the process, and it may be there already.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let odd = |e: reqwest::Error| TelemetryError::Client(innermost(&e.without_url()));
    // Collectors stand beside their services; proxies are for what is outside.
    let mut builder = Client::builder()
        .no_proxy()
        .timeout(way.timeout)
        .user_agent(concat!("protopact/", env!("CARGO_PKG_VERSION")));
    if let Some(ca) = &way.ca {
        for certificate in Certificate::from_pem_bundle(&read(ca, host)?).map_err(odd)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    if let Some((certificate, key)) = &way.own {
        let both = [read(certificate, host)?, b"\n".to_vec(), read(key, host)?].concat();
        builder = builder.identity(Identity::from_pem(&both).map_err(odd)?);
    }
    builder.build().map_err(odd)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// HTTP for the exporters, which keeps the reason when there is no answer.
#[derive(Debug)]
struct Web {
    client: Client,
    link: Arc<Link>,
}

impl HttpClient for Web {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: http::Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let answer = self.send(request).await;
            let why = answer.as_ref().err().map(|e| innermost(e));
            *self.link.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
            Ok(answer?)
        })
    }
}

impl Web {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, reqwest::Error> {
        let plain = |e: reqwest::Error| e.without_url();
        let mut answer = self.client.execute(request.try_into().map_err(plain)?).await.map_err(plain)?;
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(plain)? {
            if body.len() + piece.len() > ANSWER {
                break;
            }
            body.extend_from_slice(&piece);
        }
        *response.body_mut() = body.into();
        Ok(response)
    }
}
