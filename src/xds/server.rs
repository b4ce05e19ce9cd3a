//! The service: one call, `StreamAggregatedResources`, in which a client asks and is told for as long as it lives.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codegen::{Body, BoxFuture, Service, StdError};
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use super::messages::{DiscoveryRequest, DiscoveryResponse};
use super::state::Subscriptions;
use crate::discovery::{Say, Services};

const SERVICE: &str = "envoy.service.discovery.v3.AggregatedDiscoveryService";

/// The path of the call.
pub const PATH: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

/// How long a client may be silent before it is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);

/// The most streams of one connection. A client needs one.
const STREAMS: u32 = 100;

/// How long connections may take to close at the end.
const PARTING: Duration = Duration::from_secs(2);

/// A server that cannot start.
#[derive(Debug, Error)]
pub enum XdsError {
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// Which one.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Starts servers.
#[derive(Debug)]
pub struct XdsServer;

/// A server that is listening. Dropping it stops it at once.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stopping: CancellationToken,
    task: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl XdsServer {
    /// Starts listening, and tells clients of `services` as they change. `say` is told what clients do not take. Needs
    /// a tokio runtime around it.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on.
    pub async fn bind(
        address: SocketAddr,
        services: watch::Receiver<Arc<Services>>,
        say: Say,
    ) -> Result<Running, XdsError> {
        let failed = |source| XdsError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stopping = CancellationToken::new();
        let ads = Ads { services, say, stopping: stopping.clone() };
        let serving = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(PING))
            .http2_keepalive_timeout(Some(PONG))
            .max_concurrent_streams(STREAMS)
            .add_service(ads)
            .serve_with_incoming_shutdown(
                TcpIncoming::from(listener).with_nodelay(Some(true)),
                stopping.clone().cancelled_owned(),
            );
        Ok(Running { address, stopping, task: tokio::spawn(serving) })
    }
}

impl Running {
    /// Takes no new clients, ends the streams of those that are there, and closes every connection. Clients keep what
    /// they were told, and ask again elsewhere or later.
    pub async fn shutdown(mut self) {
        self.stopping.cancel();
        let _ = tokio::time::timeout(PARTING, &mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.task.abort();
    }
}

#[derive(Clone)]
struct Ads {
    services: watch::Receiver<Arc<Services>>,
    say: Say,
    stopping: CancellationToken,
}

impl NamedService for Ads {
    const NAME: &'static str = SERVICE;
}

impl<B> Service<http::Request<B>> for Ads
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() != PATH {
            // Clients of gRPC ask for the state of the world, and not for what is different.
            let refusal = Status::unimplemented("only StreamAggregatedResources is there").into_http();
            return Box::pin(ready(Ok(refusal)));
        }
        let ads = self.clone();
        Box::pin(async move {
            let codec: ProstCodec<DiscoveryResponse, DiscoveryRequest> = ProstCodec::default();
            Ok(Grpc::new(codec).streaming(ads, request).await)
        })
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<DiscoveryResponse, Status>> + Send>>;

impl StreamingService<DiscoveryRequest> for Ads {
    type Response = DiscoveryResponse;
    type ResponseStream = Answers;
    type Future = Ready<Result<Response<Answers>, Status>>;

    fn call(&mut self, request: Request<Streaming<DiscoveryRequest>>) -> Self::Future {
        let peer = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let peer = peer.map_or_else(|| "a client".to_owned(), |peer| peer.to_string());
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(self.clone().converse(peer, request.into_inner(), sender));
        let answers = futures_util::stream::unfold(receiver, |mut receiver| async move {
            let answer = receiver.recv().await?;
            Some((answer, receiver))
        });
        ready(Ok(Response::new(Box::pin(answers))))
    }
}

impl Ads {
    async fn converse(
        self,
        peer: String,
        mut requests: Streaming<DiscoveryRequest>,
        answers: mpsc::Sender<Result<DiscoveryResponse, Status>>,
    ) {
        let Ads { mut services, say, stopping } = self;
        let mut subscriptions = Subscriptions::default();
        let talk = async {
            loop {
                let said = tokio::select! {
                    request = requests.message() => {
                        let Ok(Some(request)) = request else { return };
                        let now = services.borrow().clone();
                        let taken = subscriptions.take(&request, &now);
                        if let Some(refused) = taken.refused {
                            let (kind, version) = (refused.kind.name(), refused.version);
                            let what = format!("does not take the {kind} of version {version}: {}", refused.why);
                            say(&peer, &what);
                        }
                        taken.answer.into_iter().collect()
                    }
                    changed = services.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let now = services.borrow_and_update().clone();
                        subscriptions.change(&now)
                    }
                };
                for answer in said {
                    if answers.send(Ok(answer)).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = talk => {}
            () = stopping.cancelled() => {
                let _ = answers.try_send(Err(Status::unavailable("the server is stopping")));
            }
        }
    }
}
