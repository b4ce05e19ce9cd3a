//! From the path of a request to whoever answers it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::Service as _;
use tonic::server::{Grpc, StreamingService};
use tonic::{Status, Streaming};

use super::Gzip;
use super::call::{self, Call, Guard, Reported, RequestBody, ResponseBody};
use super::codec::Raw;
use super::health::Health;
use super::limits::Limits;
use super::log::Log;
use super::metrics::{self, MethodMetrics, Metrics};
use super::reflection::{self, Reflection};
use super::trace::{Ids, TraceContext};
use crate::telemetry::Telemetry;

/// The answers of one call.
pub(super) type Replies = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// A call at work.
pub(super) type Working = Pin<Box<dyn Future<Output = Result<tonic::Response<Replies>, Status>> + Send>>;

/// Answers the calls of one method, of whatever kind: each takes a stream and gives one.
pub(super) trait Handler: Send + Sync + 'static {
    /// Starts a call.
    fn call(&self, request: tonic::Request<Streaming<Bytes>>) -> Working;
}

/// The address of the peer, among the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

enum Target {
    Handler(Arc<dyn Handler>),
    Reflection,
    Health,
    Nobody,
}

struct Route {
    target: Target,
    kind: &'static str,
    service: Box<str>,
    method: Box<str>,
    metrics: OnceLock<Arc<MethodMetrics>>,
}

/// Everything that answers.
pub(super) struct Router {
    routes: FxHashMap<Box<str>, Route>,
    /// Full names of all services, to tell an unknown method from an unknown service.
    services: FxHashSet<Box<str>>,
    unknown: Route,
    metrics: Arc<Metrics>,
    log: Option<Arc<Log>>,
    telemetry: Option<Arc<Telemetry>>,
    /// Where the server listens.
    address: SocketAddr,
    limits: Limits,
    gzip: Gzip,
    ids: Ids,
    health: Health,
    reflection: Reflection,
    /// Ends streams that would outlive the server.
    draining: CancellationToken,
}

/// What a router is made of, besides its routes.
pub(super) struct Around {
    pub(super) address: SocketAddr,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Option<Arc<Log>>,
    pub(super) telemetry: Option<Arc<Telemetry>>,
    pub(super) limits: Limits,
    pub(super) gzip: Gzip,
    pub(super) health: Health,
    pub(super) reflection: Reflection,
    pub(super) draining: CancellationToken,
}

impl Router {
    pub(super) fn new(around: Around) -> Router {
        let Around { address, metrics, log, telemetry, limits, gzip, health, reflection, draining } = around;
        let mut router = Router {
            routes: FxHashMap::default(),
            services: FxHashSet::default(),
            unknown: Route::new(Target::Nobody, "unary", "unknown", "unknown"),
            metrics,
            log: log.filter(|l| l.is_on()),
            telemetry,
            address,
            limits,
            gzip,
            ids: Ids::new(),
            health,
            reflection,
            draining,
        };
        for service in [reflection::V1, reflection::V1ALPHA] {
            router.route(Target::Reflection, "bidi_stream", service, reflection::METHOD);
        }
        router.route(Target::Health, "unary", super::health::SERVICE, "Check");
        router.route(Target::Health, "server_stream", super::health::SERVICE, "Watch");
        router
    }

    fn route(&mut self, target: Target, kind: &'static str, service: &str, method: &str) {
        let path = format!("/{service}/{method}");
        // Those that come first stay: a contract may hold a copy of the health service.
        self.routes.entry(path.into()).or_insert_with(|| Route::new(target, kind, service, method));
        self.services.insert(service.into());
    }

    /// Adds a method of the contract.
    pub(super) fn add(&mut self, method: &super::contract::Method, handler: Arc<dyn Handler>) {
        let kind = metrics::kind(method.client_streaming, method.server_streaming);
        self.route(Target::Handler(handler), kind, &method.service, &method.name);
    }

    /// Answers one request. Every request gets an answer.
    pub(super) async fn answer(
        self: Arc<Router>,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let route = self.routes.get(request.uri().path()).unwrap_or(&self.unknown);
        let mut trace = TraceContext::of(request.headers(), &self.ids);
        let known = !matches!(route.target, Target::Nobody);
        let reported = self.telemetry.as_ref().and_then(|telemetry| {
            trace.flags = telemetry.flags(&trace.trace_id, trace.parent_id.is_some(), trace.flags);
            let to = telemetry.clone();
            trace.is_sampled().then_some(Reported { to, server: self.address, known })
        });
        let metrics = route.metrics.get_or_init(|| Arc::new(self.measured(route, known)));
        let path = request.uri().path();
        let call = Call::new(path, peer, trace.clone(), metrics.clone(), self.log.clone(), reported);
        let mut guard = Guard(Some(call.clone()));
        let respond = |response, deadline, stop, guard: &mut Guard| {
            guard.0 = None;
            Ok(call.clone().respond(response, deadline, stop))
        };
        if let Some(refused) = not_grpc(&request) {
            return respond(refused, None, None, &mut guard);
        }
        let deadline = match call::deadline(request.headers(), self.limits.call) {
            Ok(deadline) => deadline,
            Err(status) => return respond(status.into_http(), None, None, &mut guard),
        };
        let mut request = request.map(|body| RequestBody::new(body, call.clone()));
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(trace);
        let working = self.dispatch(&route.target, request);
        let response = match deadline {
            None => working.await,
            Some(at) => match tokio::time::timeout_at(at, working).await {
                Ok(response) => response,
                Err(_) => call::too_late().into_http(),
            },
        };
        let stop = match route.target {
            Target::Health | Target::Reflection => Some(self.draining.clone()),
            Target::Handler(_) | Target::Nobody => None,
        };
        respond(response, deadline, stop, &mut guard)
    }

    /// The metrics of a route.
    fn measured(&self, route: &Route, known: bool) -> MethodMetrics {
        let name = || format!("{}/{}", route.service, route.method);
        let meter = self.telemetry.as_ref().and_then(|telemetry| telemetry.method(known.then(name)));
        self.metrics.method(route.kind, &route.service, &route.method, meter)
    }

    async fn dispatch(&self, target: &Target, mut request: Request<RequestBody>) -> Response<Body> {
        match target {
            Target::Handler(handler) => {
                let mut grpc = Grpc::new(Raw)
                    .max_decoding_message_size(self.limits.receive)
                    .max_encoding_message_size(usize::MAX);
                if self.gzip != Gzip::Never {
                    grpc = grpc.accept_compressed(CompressionEncoding::Gzip);
                    if self.gzip == Gzip::Always || is_gzip(request.headers()) {
                        grpc = grpc.send_compressed(CompressionEncoding::Gzip);
                    }
                }
                grpc.streaming(Calling(handler.clone()), request).await
            }
            Target::Reflection => {
                reflection::as_v1(&mut request);
                let mut server = self.reflection.server(&self.limits);
                let Ok(response) = server.call(request).await;
                response
            }
            Target::Health => {
                let mut server = self.health.server(&self.limits);
                let Ok(mut response) = server.call(request).await;
                // As everywhere else here: too large is RESOURCE_EXHAUSTED.
                if response.headers().get(Status::GRPC_STATUS).is_some_and(|code| code == "11") {
                    response.headers_mut().insert(Status::GRPC_STATUS, HeaderValue::from_static("8"));
                }
                response
            }
            Target::Nobody => self.unimplemented(request.uri().path()).into_http(),
        }
    }

    fn unimplemented(&self, path: &str) -> Status {
        let service = path.strip_prefix('/').and_then(|p| p.rsplit_once('/'));
        match service {
            Some((service, method)) if self.services.contains(service) => {
                Status::unimplemented(format!("service `{service}` has no method `{method}`"))
            }
            Some((service, _)) => Status::unimplemented(format!("unknown service `{service}`")),
            None => Status::unimplemented("the path is not `/package.Service/Method`"),
        }
    }
}

impl Route {
    fn new(target: Target, kind: &'static str, service: &str, method: &str) -> Route {
        Route { target, kind, service: service.into(), method: method.into(), metrics: OnceLock::new() }
    }
}

/// A handler as tonic calls it.
struct Calling(Arc<dyn Handler>);

impl StreamingService<Bytes> for Calling {
    type Response = Bytes;
    type ResponseStream = Replies;
    type Future = Working;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Working {
        self.0.call(request)
    }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    headers.get("grpc-encoding").is_some_and(|v| v == "gzip")
}

/// The answer to what is HTTP/2 but not gRPC
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Requests").
fn not_grpc<B>(request: &Request<B>) -> Option<Response<Body>> {
    let refuse = |status| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response
    };
    if request.method() != http::Method::POST {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Some(response);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let rest = kind.strip_prefix(b"application/grpc");
    if !rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';'))) {
        return Some(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    None
}
