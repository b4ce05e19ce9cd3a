//! The reference service: a gRPC server for any version of a contract, from its descriptors alone.
//!
//! [`Server::bind`] takes [`Options`] and gives a [`Running`] server; `protopact serve` is that with a command line
//! around it. tonic does gRPC's framing, compression and statuses, hyper does HTTP/2; what is here is what a contract
//! makes of them ([`Contract`] says which methods there are), and what a server needs beside its methods: reflection,
//! health, limits, metrics, a log, and an end.
//!
//! A connection goes through `connection` (limits, TLS, is it HTTP/2 at all), each call in it through `router` and
//! `call` (deadline, trace, counting, log), and ends in `dynamic`, `interop`, `reflection` or `health`.

mod authority;
mod call;
mod codec;
mod connection;
mod contract;
mod dynamic;
mod given;
mod health;
mod interop;
mod limits;
mod log;
mod metrics;
mod pings;
mod record;
mod reflection;
mod refusals;
mod replay;
mod router;
mod shutdown;
mod tapped;
mod tls;
mod trace;
mod valid;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

pub use codec::Raw;
pub use contract::Contract;
pub use given::{Given, GivenError};
pub use interop::contract as interop_contract;
pub use limits::Limits;
pub use log::{Log, LogEnd, LogFormat};
pub use record::{Received, write_all};
pub use shutdown::Ended;
pub use tls::{Peer, SelfSigned, Tls, TlsError, peers};
pub use trace::TraceContext;

use crate::schema::MessageId;
use crate::telemetry::Telemetry;
use crate::wire::sample;

/// What the answers are made from that a client asks for by their number.
const SEED: u64 = 0;

/// Gives the answer of a method that does not answer with the type it takes: a message of this type, by its index in
/// the answers of the call.
pub type Answers = Arc<dyn Fn(MessageId, u64) -> Bytes + Send + Sync>;

/// When answers are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Gzip {
    /// When the request was, and the client takes it
    #[default]
    Mirror,
    /// Whenever the client takes it
    Always,
    /// Never, and compressed requests are refused
    Never,
}

/// What to serve, and how.
#[derive(Clone)]
pub struct Options {
    /// The contract.
    pub contract: Arc<Contract>,
    /// Where to listen; port 0 is any that is free.
    pub address: SocketAddr,
    /// Where to give metrics; nowhere when it is left out.
    pub metrics: Option<SocketAddr>,
    /// Answers that are no echo; `None` answers with small messages that have something in every field.
    pub answers: Option<Answers>,
    /// Answers of single methods, echoes or not, that go before all others but those that a client asks for.
    pub given: Given,
    /// How many messages a server stream answers with.
    pub stream_messages: u64,
    /// Where received messages go. A receiver that is slow holds the clients up, one that is gone gets nothing.
    pub record: Option<mpsc::Sender<Received>>,
    /// When answers are compressed.
    pub gzip: Gzip,
    /// TLS, and whether clients show certificates.
    pub tls: Option<Tls>,
    /// The log.
    pub log: Option<Arc<Log>>,
    /// Where spans and measurements of the calls go.
    pub telemetry: Option<Arc<Telemetry>>,
    /// What is refused.
    pub limits: Limits,
    /// How long calls in flight may go on after the server was asked to stop.
    pub grace: Duration,
    /// Whether the methods of grpc.testing.TestService do what gRPC's interoperability tests expect of them, instead
    /// of what those of any other contract do. The contract is then [`interop_contract`].
    pub interop: bool,
}

impl Options {
    /// A contract on a free port of this machine, with nothing else.
    pub fn new(contract: Contract) -> Options {
        Options {
            contract: Arc::new(contract),
            address: ([127, 0, 0, 1], 0).into(),
            metrics: None,
            answers: None,
            given: Given::default(),
            stream_messages: 3,
            record: None,
            gzip: Gzip::default(),
            tls: None,
            log: None,
            telemetry: None,
            limits: Limits::default(),
            grace: Duration::from_secs(10),
            interop: false,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A server that cannot start.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// Which one.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificates cannot be used.
    #[error("cannot set TLS up")]
    Tls(#[from] TlsError),
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that is listening. Dropping it stops it at once.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it gives metrics.
    pub metrics: Option<SocketAddr>,
    grace: Duration,
    health: health::Health,
    shutdown: shutdown::Shutdown,
}

impl Server {
    /// Starts listening; calls are answered from when this returns. Needs a tokio runtime around it.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on, certificates that cannot be used.
    pub async fn bind(options: Options) -> Result<Running, ServiceError> {
        let Options { contract, limits, .. } = options;
        let tls = options.tls.as_ref().map(Tls::config).transpose()?;
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let (listener, address) = listen(options.address).await?;
        let metrics_at = match options.metrics {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let shutdown = shutdown::Shutdown::default();
        let metrics = Arc::new(metrics::Metrics::new());
        let health = health::Health::new(&contract.services()).await;
        if let Some(telemetry) = &options.telemetry {
            let open = metrics.connections.clone();
            telemetry.connections(move || open.get());
        }
        let mut router = router::Router::new(router::Around {
            address,
            metrics: metrics.clone(),
            log: options.log.clone(),
            telemetry: options.telemetry,
            limits: limits.clone(),
            gzip: options.gzip,
            health: health.clone(),
            reflection: reflection::Reflection::new(&contract),
            draining: shutdown.draining.clone(),
        });
        let answers = options.answers.unwrap_or_else(|| {
            let contract = contract.clone();
            Arc::new(move |message, _| sample::tame(&contract.schema, message).into())
        });
        let shared = Arc::new(dynamic::Shared {
            contract: contract.clone(),
            answers,
            samples: {
                let contract = contract.clone();
                Arc::new(move |message, index| sample::one(&contract.schema, message, SEED, index).into())
            },
            record: options.record,
            stream_messages: options.stream_messages,
            send: limits.send,
            calls: AtomicU64::new(0),
        });
        for method in contract.methods() {
            let handler: Arc<dyn router::Handler> = match interop::handler(&method, limits.send) {
                Some(handler) if options.interop => Arc::new(handler),
                _ => {
                    let given = options.given.of(&method.path);
                    Arc::new(dynamic::Dynamic::new(method.clone(), given, shared.clone()))
                }
            };
            router.add(&method, handler);
        }
        let acceptor = Arc::new(connection::Acceptor {
            router: Arc::new(router),
            tls,
            limits,
            log: options.log,
            metrics: metrics.clone(),
            shutdown: shutdown.clone(),
        });
        shutdown.tasks.spawn(acceptor.run(listener));
        let metrics_address = metrics_at.map(|(listener, address)| {
            tokio::spawn(metrics::serve(listener, metrics, shutdown.stopping.clone()));
            address
        });
        Ok(Running { address, metrics: metrics_address, grace: options.grace, health, shutdown })
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServiceError> {
    let failed = |source| ServiceError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

impl Running {
    /// Says NOT_SERVING, takes no new calls, lets those in flight finish as long as [`Options::grace`] allows, and
    /// closes every connection.
    pub async fn shutdown(self) -> Ended {
        self.health.stop().await;
        self.shutdown.run(self.grace).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.draining.cancel();
        self.shutdown.stopping.cancel();
    }
}
