//! What surrounds every call, whoever answers it: counting, deadline, trace context, and one line in the log.
//!
//! A call is finished when its trailers are on their way, or when its response is dropped: then the peer has gone.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use hyper::body::Incoming;
use percent_encoding::percent_decode;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::body::Body;
use tonic::{Code, Status};

use super::log::{CallLine, Log};
use super::metrics::MethodMetrics;
use super::trace::TraceContext;
use crate::telemetry::{Span, Telemetry};

/// The longest timeout that is kept; timers cannot count further, and nobody waits that long.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Trailing metadata that a handler leaves among the extensions of its response.
#[derive(Clone, Debug, Default)]
pub(super) struct Trailing(pub(super) HeaderMap);

/// Where the span of a call goes.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) to: Arc<Telemetry>,
    pub(super) server: SocketAddr,
    /// Whether the contract has the method.
    pub(super) known: bool,
}

/// A call from its request to its trailers.
#[derive(Debug)]
pub(super) struct Call {
    path: Box<str>,
    peer: SocketAddr,
    started: Instant,
    pub(super) trace: TraceContext,
    metrics: Arc<MethodMetrics>,
    log: Option<Arc<Log>>,
    reported: Option<Reported>,
    received: AtomicU64,
    sent: AtomicU64,
    /// The peer took its request back.
    reset: AtomicBool,
    finished: AtomicBool,
}

impl Call {
    pub(super) fn new(
        path: &str,
        peer: SocketAddr,
        trace: TraceContext,
        metrics: Arc<MethodMetrics>,
        log: Option<Arc<Log>>,
        reported: Option<Reported>,
    ) -> Arc<Call> {
        metrics.started.inc();
        Arc::new(Call {
            path: path.into(),
            peer,
            started: Instant::now(),
            trace,
            metrics,
            log,
            reported,
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            reset: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        })
    }

    /// Counts and logs, once.
    fn finish(&self, code: Code, message: &str) {
        if self.finished.swap(true, Ordering::AcqRel) {
            return;
        }
        let code = if self.reset.load(Ordering::Acquire) { Code::Cancelled } else { code };
        let duration = self.started.elapsed();
        self.metrics.finish(code, duration);
        if let Some(log) = &self.log {
            log.call(&CallLine {
                path: &self.path,
                peer: self.peer,
                code,
                message,
                duration,
                received: self.received.load(Ordering::Relaxed),
                sent: self.sent.load(Ordering::Relaxed),
                trace: &self.trace,
            });
        }
        if let Some(reported) = &self.reported {
            reported.to.span(&Span {
                method: reported.known.then(|| self.path.trim_start_matches('/')),
                path: &self.path,
                trace_id: &self.trace.trace_id,
                parent_id: self.trace.parent_id.as_deref(),
                span_id: &self.trace.span_id,
                flags: self.trace.flags,
                state: self.trace.state.as_ref().map(HeaderValue::as_bytes),
                code,
                message,
                duration,
                peer: self.peer,
                server: reported.server,
            });
        }
    }

    fn finish_with(&self, trailers: &HeaderMap) {
        let code = trailers.get("grpc-status").map_or(Code::Unknown, |v| Code::from_bytes(v.as_bytes()));
        // In headers it is percent-encoded UTF-8 (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
        let message = trailers.get("grpc-message").map_or(&b""[..], HeaderValue::as_bytes);
        self.finish(code, &percent_decode(message).decode_utf8_lossy());
    }

    /// Gives the response its trace, its watch over time and its end.
    pub(super) fn respond(
        self: Arc<Call>,
        mut response: http::Response<Body>,
        deadline: Option<tokio::time::Instant>,
        stop: Option<CancellationToken>,
    ) -> http::Response<ResponseBody> {
        self.trace.write(response.headers_mut());
        let Trailing(trailing) = response.extensions_mut().remove().unwrap_or_default();
        let response_has_status = response.headers().contains_key("grpc-status");
        if response_has_status {
            // The headers are the trailers, and nothing comes after them.
            response.headers_mut().extend(trailing.clone());
            self.finish_with(response.headers());
        } else if response.status() != http::StatusCode::OK {
            self.finish(Code::Unknown, response.status().as_str());
        }
        response.map(|inner| ResponseBody {
            inner,
            deadline: deadline.map(|at| Box::pin(tokio::time::sleep_until(at))),
            stop: stop.map(|s| Box::pin(s.cancelled_owned())),
            trailing,
            frames: Frames::default(),
            ended: false,
            call: self,
        })
    }
}

/// When a call has to be over, by `grpc-timeout` and by what the server allows.
///
/// # Errors
///
/// INTERNAL for a timeout that is none, as grpc-go and grpc-java answer it.
pub(super) fn deadline(
    headers: &HeaderMap,
    most: Option<Duration>,
) -> Result<Option<tokio::time::Instant>, Status> {
    let asked = match headers.get("grpc-timeout") {
        None => None,
        Some(value) => Some(timeout(value).ok_or_else(|| {
            Status::internal("malformed `grpc-timeout`: not one to eight digits and a unit")
        })?),
    };
    let shortest = asked.into_iter().chain(most).min();
    Ok(shortest.map(|d| tokio::time::Instant::now() + d.min(LONGEST)))
}

/// One to eight digits and a unit
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Timeout").
fn timeout(value: &HeaderValue) -> Option<Duration> {
    let (unit, digits) = value.as_bytes().split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(count * 3600),
        b'M' => Duration::from_secs(count * 60),
        b'S' => Duration::from_secs(count),
        b'm' => Duration::from_millis(count),
        b'u' => Duration::from_micros(count),
        b'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

/// The status of a call whose time is over.
pub(super) fn too_late() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

/// Counts the messages that go by, by their five bytes of framing.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes of the header at hand.
    header: [u8; 5],
    have: usize,
    /// Bytes of the message that are still to come.
    rest: usize,
}

impl Frames {
    /// How many messages begin in these bytes.
    fn pass(&mut self, mut bytes: &[u8]) -> u64 {
        let mut count = 0;
        while !bytes.is_empty() {
            if self.rest > 0 {
                let step = self.rest.min(bytes.len());
                self.rest -= step;
                bytes = &bytes[step..];
                continue;
            }
            let step = (5 - self.have).min(bytes.len());
            self.header[self.have..self.have + step].copy_from_slice(&bytes[..step]);
            self.have += step;
            bytes = &bytes[step..];
            if self.have == 5 {
                let [_, length @ ..] = self.header;
                self.rest = u32::from_be_bytes(length) as usize;
                self.have = 0;
                count += 1;
            }
        }
        count
    }
}

/// The request of a call.
#[derive(Debug)]
pub(super) struct RequestBody {
    inner: Incoming,
    frames: Frames,
    call: Arc<Call>,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, call: Arc<Call>) -> RequestBody {
        RequestBody { inner, frames: Frames::default(), call }
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    let count = self.frames.pass(data);
                    if count > 0 {
                        self.call.received.fetch_add(count, Ordering::Relaxed);
                        self.call.metrics.received.inc_by(count);
                    }
                }
            }
            Poll::Ready(Some(Err(_))) => self.call.reset.store(true, Ordering::Release),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

/// The response of a call.
#[derive(Debug)]
pub(super) struct ResponseBody {
    inner: Body,
    deadline: Option<Pin<Box<Sleep>>>,
    /// Ends a response that would otherwise outlive the server.
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    trailing: HeaderMap,
    frames: Frames,
    ended: bool,
    call: Arc<Call>,
}

impl ResponseBody {
    fn end_with(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.ended = true;
        // The handler stops here, and with it whatever it was waiting for.
        self.inner = Body::empty();
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            return Poll::Ready(None);
        }
        self.call.finish(status.code(), status.message());
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        // Before the message, not only when there is none: a stream that never waits has a deadline too.
        if self.deadline.as_mut().is_some_and(|d| d.as_mut().poll(cx).is_ready()) {
            return self.end_with(&too_late());
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => match frame.into_trailers() {
                Ok(mut trailers) => {
                    self.ended = true;
                    trailers.extend(std::mem::take(&mut self.trailing));
                    self.call.finish_with(&trailers);
                    Poll::Ready(Some(Ok(Frame::trailers(trailers))))
                }
                Err(frame) => {
                    if let Some(data) = frame.data_ref() {
                        let count = self.frames.pass(data);
                        if count > 0 {
                            self.call.sent.fetch_add(count, Ordering::Relaxed);
                            self.call.metrics.sent.inc_by(count);
                        }
                    }
                    Poll::Ready(Some(Ok(frame)))
                }
            },
            Poll::Pending => {
                if self.stop.as_mut().is_some_and(|s| s.as_mut().poll(cx).is_ready()) {
                    return self.end_with(&Status::unavailable("the server is shutting down"));
                }
                Poll::Pending
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.call.finish(Code::Cancelled, "");
    }
}

/// Finishes a call whose handler is dropped before it answers.
pub(super) struct Guard(pub(super) Option<Arc<Call>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call.finish(Code::Cancelled, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts() {
        let of = |text: &str| timeout(&HeaderValue::from_str(text).unwrap());
        assert_eq!(of("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(of("99999999M"), Some(Duration::from_secs(99_999_999 * 60)));
        assert_eq!(of("250m"), Some(Duration::from_millis(250)));
        assert_eq!(of("0n"), Some(Duration::ZERO));
        for text in ["", "1", "S", "123456789S", "-1S", "1.5S", "1 S", "1s"] {
            assert_eq!(of(text), None, "{text:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", HeaderValue::from_static("99999999H"));
        assert!(deadline(&headers, None).unwrap().is_some());
        headers.insert("grpc-timeout", HeaderValue::from_static("soon"));
        assert_eq!(deadline(&headers, None).unwrap_err().code(), Code::Internal);
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let stream = [&[0, 0, 0, 0, 3, 1, 2, 3][..], &[0; 5], &[1, 0, 0, 0, 1, 9]].concat();
        for size in 1..=stream.len() {
            let mut frames = Frames::default();
            let count: u64 = stream.chunks(size).map(|c| frames.pass(c)).sum();
            assert_eq!(count, 3, "in pieces of {size}");
        }
    }
}
