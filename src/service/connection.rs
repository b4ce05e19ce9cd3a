//! Connections: accepting them, finding out whether they speak HTTP/2, and turning the others away.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use super::authority::Ordered;
use super::call::LONGEST;
use super::limits::Limits;
use super::log::Log;
use super::metrics::Metrics;
use super::pings::Enforced;
use super::refusals::{Refusal, Watched};
use super::router::Router;
use super::shutdown::Shutdown;
use super::tapped::Tapped;

/// What every HTTP/2 connection starts with (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The answer to HTTP/1: the version is not supported (RFC 9110, section 15.6.6).
const HTTP1_ANSWER: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\n\
    content-type: text/plain\r\ncontent-length: 47\r\nconnection: close\r\n\r\n\
    this is a gRPC server and only speaks HTTP/2.\r\n";

/// The most that is read and thrown away of a request that gets [`HTTP1_ANSWER`], and for how long.
const LINGER: (usize, Duration) = (64 << 10, Duration::from_secs(1));

/// How long to wait when a connection cannot be accepted, which means that something has run out.
const PAUSE: Duration = Duration::from_millis(50);

/// Everything a connection needs.
pub(super) struct Acceptor {
    pub(super) router: Arc<Router>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: Limits,
    pub(super) log: Option<Arc<Log>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) shutdown: Shutdown,
}

/// Why a connection was turned away.
#[derive(Debug, Error)]
enum Refused {
    #[error("too many connections")]
    Full,
    #[error("no HTTP/2 within the time allowed")]
    Slow,
    #[error("closed before it said anything")]
    Closed,
    #[error("HTTP/1")]
    Http1,
    #[error("TLS, where none is spoken")]
    UnexpectedTls,
    #[error("not HTTP/2")]
    NotHttp2,
    #[error("TLS: {0}")]
    Tls(#[source] io::Error),
    #[error("{0}")]
    Io(#[source] io::Error),
}

impl Refused {
    /// The label in the metrics.
    fn label(&self) -> &'static str {
        match self {
            Refused::Full => "full",
            Refused::Slow => "slow",
            Refused::Closed => "closed",
            Refused::Http1 => "http1",
            Refused::UnexpectedTls | Refused::Tls(_) => "tls",
            Refused::NotHttp2 => "not_http2",
            Refused::Io(_) => "io",
        }
    }
}

impl Acceptor {
    /// Accepts until the server drains.
    pub(super) async fn run(self: Arc<Acceptor>, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(self.limits.connections.min(Semaphore::MAX_PERMITS)));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.shutdown.draining.cancelled() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(_) => {
                    // Out of file descriptors, most likely: connections wait in the queue until one is free.
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            match room.clone().try_acquire_owned() {
                Ok(permit) => {
                    let acceptor = self.clone();
                    self.shutdown.tasks.spawn(acceptor.connection(stream, peer, permit));
                }
                Err(_) => self.refuse(peer, &Refused::Full),
            }
        }
    }

    fn refuse(&self, peer: SocketAddr, why: &Refused) {
        self.metrics.refused(why.label());
        // Port checks of load balancers do this all day.
        if !matches!(why, Refused::Closed)
            && let Some(log) = &self.log
        {
            log.refused(peer, &why.to_string());
        }
    }

    async fn connection(
        self: Arc<Acceptor>,
        stream: TcpStream,
        peer: SocketAddr,
        _permit: OwnedSemaphorePermit,
    ) {
        let open = self.metrics.connections.clone();
        open.inc();
        tokio::select! {
            done = self.serve(stream, peer) => {
                if let Err(why) = done {
                    self.refuse(peer, &why);
                }
            }
            () = self.shutdown.stopping.cancelled() => {}
        }
        open.dec();
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr) -> Result<(), Refused> {
        // Without it small messages wait for each other; it only fails on sockets that are gone.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => {
                let stream = self.in_time(preface(stream, false)).await?;
                self.http2(stream, peer).await;
            }
            Some(tls) => {
                let handshake = async {
                    let stream = tls.accept(stream).await.map_err(Refused::Tls)?;
                    preface(stream, true).await
                };
                let stream = self.in_time(handshake).await?;
                self.http2(stream, peer).await;
            }
        }
        Ok(())
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
        tokio::select! {
            done = tokio::time::timeout(self.limits.handshake, work) => done.unwrap_or(Err(Refused::Slow)),
            () = self.shutdown.draining.cancelled() => Err(Refused::Closed),
        }
    }

    /// Serves what comes behind the preface.
    async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, peer: SocketAddr) {
        let limits = &self.limits;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(limits.headers)
            .max_send_buf_size(limits.send_buffer.min(u32::MAX as usize))
            .keep_alive_interval(limits.keepalive.map(|k| k.min(LONGEST)))
            .keep_alive_timeout(limits.keepalive_timeout.min(LONGEST))
            .auto_date_header(false);
        let router = self.router.clone();
        let answer = service_fn(move |request| router.clone().answer(peer, request));
        let log = self.log.clone();
        let enforced = if limits.strict_keepalive {
            let log = log.clone();
            Enforced::strict(move || {
                if let Some(log) = &log {
                    log.odd(peer, "the client pings too often (`too_many_pings`): once in 5 minutes is allowed, without a call once in 2 hours");
                }
            })
        } else {
            Enforced::patient()
        };
        let stream = Tapped::new(stream, enforced);
        let ordered = Ordered::new(PREFACE, move |authority: &str| {
            if let Some(log) = &log {
                log.odd(peer, &format!("the client calls `{authority}`, a list, as if it were one host; other servers may refuse that: set `grpc.default_authority` in its channel"));
            }
        });
        let stream = Tapped::new(stream, ordered);
        let (log, metrics) = (self.log.clone(), self.metrics.clone());
        let watched = Watched::new(move |refusal: Refusal| {
            if let Refusal::Connection(_) = refusal {
                metrics.refused("http2");
            }
            if let Some(log) = &log {
                log.refused(peer, &refusal.reason());
            }
        });
        let stream = Tapped::new(stream, watched);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
        // How a connection ends is the client's business: calls in it have been finished and logged one by one.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.shutdown.draining.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Waits for the first bytes of HTTP/2, and takes them.
async fn preface<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, encrypted: bool) -> Result<S, Refused> {
    let mut first = [0; PREFACE.len()];
    let mut have = 0;
    while have < first.len() {
        let read = stream.read(&mut first[have..]).await.map_err(Refused::Io)?;
        if read == 0 {
            return Err(Refused::Closed);
        }
        have += read;
        if first[..have] != PREFACE[..have] {
            return Err(not_http2(stream, &first[..have], encrypted).await);
        }
    }
    Ok(stream)
}

/// Says no in a way the peer understands, if there is one.
async fn not_http2<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    first: &[u8],
    encrypted: bool,
) -> Refused {
    if first.starts_with(&[0x16, 0x03]) && !encrypted {
        return Refused::UnexpectedTls;
    }
    // The name of a method and a space, as far as can be seen.
    let word = first.split(|b| *b == b' ').next().unwrap_or_default();
    if word.is_empty() || !word.iter().all(u8::is_ascii_uppercase) {
        return Refused::NotHttp2;
    }
    let said = async {
        stream.write_all(HTTP1_ANSWER).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would take the answer back.
        let mut left = LINGER.0;
        let mut sink = [0; 4096];
        while left > 0 {
            match stream.read(&mut sink).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        io::Result::Ok(())
    };
    // Whether the peer listens changes nothing.
    let _ = tokio::time::timeout(LINGER.1, said).await;
    Refused::Http1
}
