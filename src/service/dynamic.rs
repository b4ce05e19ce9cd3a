//! The calls of a contract that nobody has generated code for.
//!
//! Where a method answers with the type it takes, it gives back what it got: a unary call its message, a server stream
//! its message several times, a client stream the last of its messages, a bidirectional stream each message as it
//! comes. Other methods answer with samples: small ones, or arbitrary ones where the client asks for those. Where somebody
//! wrote answers down for a method, it gives those. Answers are made when they are sent, so a reader that is slow makes
//! the call wait, and nothing piles up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status, Streaming};

use super::call::Trailing;
use super::contract::{Contract, Method};
use super::record::Received;
use super::router::{Handler, Peer, Replies, Working};
use super::{Answers, valid};

/// What all methods of one server share.
pub(super) struct Shared {
    pub(super) contract: Arc<Contract>,
    pub(super) answers: Answers,
    /// Arbitrary messages by their number, the same every time: what a client has to be able to read.
    pub(super) samples: Answers,
    pub(super) record: Option<mpsc::Sender<Received>>,
    /// How many messages a server stream answers with.
    pub(super) stream_messages: u64,
    /// The largest message that is sent.
    pub(super) send: usize,
    /// Counts calls.
    pub(super) calls: AtomicU64,
}

/// Answers one method of the contract.
#[derive(Clone)]
pub(super) struct Dynamic {
    method: Arc<Method>,
    path: Arc<str>,
    /// The answers that somebody wrote down for it, at least one.
    given: Option<Arc<[Bytes]>>,
    shared: Arc<Shared>,
}

impl Dynamic {
    pub(super) fn new(method: Method, given: Option<Arc<[Bytes]>>, shared: Arc<Shared>) -> Dynamic {
        Dynamic { path: method.path.as_str().into(), method: Arc::new(method), given, shared }
    }

    /// An answer: the sample that was asked for, counted on by the index, or the one that was written down (after the
    /// last comes the first), or what was received, or an answer of this index.
    fn answer(&self, received: Option<Bytes>, index: u64, sample: Option<u64>) -> Result<Bytes, Status> {
        if let Some(first) = sample {
            let asked = (self.shared.samples)(self.method.output, first.saturating_add(index));
            return sendable(asked, self.shared.send);
        }
        if let Some(given) = &self.given {
            let turn = usize::try_from(index % given.len() as u64).unwrap_or(0);
            return sendable(given[turn].clone(), self.shared.send);
        }
        let echoed = received.filter(|_| self.method.input == self.method.output);
        let answer = echoed.unwrap_or_else(|| (self.shared.answers)(self.method.output, index));
        sendable(answer, self.shared.send)
    }
}

/// The message, if it is not too large to be sent.
pub(super) fn sendable(message: Bytes, limit: usize) -> Result<Bytes, Status> {
    if message.len() > limit {
        let length = message.len();
        return Err(Status::resource_exhausted(format!(
            "the answer has {length} bytes, {limit} may be sent"
        )));
    }
    Ok(message)
}

/// What tonic says about messages that are too large, with the code that gRPC has for it.
pub(super) fn refused(status: Status) -> Status {
    match status.code() {
        Code::OutOfRange => Status::resource_exhausted(status.message()),
        _ => status,
    }
}

/// The messages of one call as they arrive.
struct Messages {
    stream: Streaming<Bytes>,
    dynamic: Dynamic,
    peer: Peer,
    call: u64,
    index: u64,
}

impl Messages {
    /// The next message, looked at and recorded.
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(bytes) = self.stream.message().await.map_err(refused)? else { return Ok(None) };
        let shared = &self.dynamic.shared;
        // INTERNAL is what the servers of all languages answer when a request cannot be parsed.
        valid::check(&shared.contract.schema, self.dynamic.method.input, &bytes).map_err(|e| {
            let name = &shared.contract.schema.message(self.dynamic.method.input).full_name;
            Status::internal(format!("the request is no `{name}`: {e}"))
        })?;
        if let Some(record) = &shared.record {
            let received = Received {
                method: self.dynamic.path.clone(),
                peer: self.peer.0,
                call: self.call,
                index: self.index,
                bytes: bytes.clone(),
            };
            // A recorder that is slow makes the client wait; one that is gone has seen enough.
            let _ = record.send(received).await;
        }
        self.index += 1;
        Ok(Some(bytes))
    }

    /// The message of a call that takes exactly one.
    async fn only(&mut self) -> Result<Bytes, Status> {
        let first = self.next().await?.ok_or_else(|| Status::internal("the call ended without a request"))?;
        match self.next().await? {
            None => Ok(first),
            Some(_) => Err(Status::internal("the call takes one request and got more")),
        }
    }
}

impl Handler for Dynamic {
    fn call(&self, request: tonic::Request<Streaming<Bytes>>) -> Working {
        let dynamic = self.clone();
        Box::pin(async move {
            let wishes = Wishes::of(request.metadata())?;
            let peer = request.extensions().get::<Peer>().copied();
            let mut messages = Messages {
                peer: peer.unwrap_or(Peer(([0, 0, 0, 0], 0).into())),
                call: dynamic.shared.calls.fetch_add(1, Ordering::Relaxed),
                index: 0,
                stream: request.into_inner(),
                dynamic: dynamic.clone(),
            };
            let method = dynamic.method.clone();
            let answers: Replies = match (method.client_streaming, method.server_streaming) {
                (false, false) => {
                    let message = messages.only().await?;
                    wishes.wait().await;
                    wishes.end()?;
                    Box::pin(stream::iter([dynamic.answer(Some(message), 0, wishes.sample)]))
                }
                (true, false) => {
                    let mut last = None;
                    while let Some(message) = messages.next().await? {
                        last = Some(message);
                    }
                    wishes.wait().await;
                    wishes.end()?;
                    Box::pin(stream::iter([dynamic.answer(last, 0, wishes.sample)]))
                }
                (false, true) => {
                    let message = messages.only().await?;
                    wishes.wait().await;
                    many(dynamic, message, &wishes)
                }
                (true, true) => {
                    wishes.wait().await;
                    each(messages, &wishes)
                }
            };
            let mut response = tonic::Response::new(answers);
            wishes.write(&mut response);
            Ok(response)
        })
    }
}

/// The answers of a server stream.
fn many(dynamic: Dynamic, message: Bytes, wishes: &Wishes) -> Replies {
    let given = dynamic.given.as_ref().map(|given| given.len() as u64);
    let count = wishes.answers.or(given).unwrap_or(dynamic.shared.stream_messages);
    let (end, sample) = (wishes.status.clone(), wishes.sample);
    Box::pin(stream::unfold(
        (dynamic, message, 0, end),
        move |(dynamic, message, index, mut end)| async move {
            if index >= count {
                return end.take().map(|status| (Err(status), (dynamic, message, index, None)));
            }
            let answer = dynamic.answer(Some(message.clone()), index, sample);
            // Gives way now and then: a stream that is always ready would keep its thread.
            tokio::task::coop::consume_budget().await;
            let index = if answer.is_ok() { index + 1 } else { count };
            Some((answer, (dynamic, message, index, end)))
        },
    ))
}

/// The answers of a bidirectional stream.
fn each(messages: Messages, wishes: &Wishes) -> Replies {
    let (end, sample) = (wishes.status.clone(), wishes.sample);
    Box::pin(stream::unfold(Some((messages, end)), move |state| async move {
        let (mut messages, mut end) = state?;
        let index = messages.index;
        match messages.next().await {
            Ok(Some(message)) => match messages.dynamic.answer(Some(message), index, sample) {
                Ok(answer) => Some((Ok(answer), Some((messages, end)))),
                Err(status) => Some((Err(status), None)),
            },
            Ok(None) => end.take().map(|status| (Err(status), None)),
            Err(status) => Some((Err(status), None)),
        }
    }))
}

/// What a client may ask of a call in its metadata, to see how it copes.
#[derive(Debug, Default)]
struct Wishes {
    /// `protopact-delay-ms`: how long to wait before the first answer.
    delay: Option<Duration>,
    /// `protopact-status` with `protopact-message`: how to end the call.
    status: Option<Status>,
    /// `protopact-answers`: how many messages a server stream has.
    answers: Option<u64>,
    /// `protopact-sample`: which arbitrary message the first answer is; the next ones follow.
    sample: Option<u64>,
    /// `protopact-instance`: whether the server says which one it is.
    instance: bool,
    /// `protopact-echo` comes back at the start, `protopact-echo-bin` at the end.
    start: Option<HeaderValue>,
    end: Option<HeaderValue>,
}

const INSTANCE: HeaderName = HeaderName::from_static("protopact-instance");
const ECHO: HeaderName = HeaderName::from_static("protopact-echo");
const ECHO_BIN: HeaderName = HeaderName::from_static("protopact-echo-bin");

impl Wishes {
    fn of(metadata: &MetadataMap) -> Result<Wishes, Status> {
        let number = |name: &str| {
            let Some(value) = metadata.get(name) else { return Ok(None) };
            let number = value.to_str().ok().and_then(|t| t.parse::<u32>().ok());
            number.map(Some).ok_or_else(|| Status::invalid_argument(format!("`{name}` is not a number")))
        };
        let headers: &HeaderMap = metadata.as_ref();
        let status = number("protopact-status")?.filter(|code| *code != 0).map(|code| {
            let message = metadata.get("protopact-message").and_then(|m| m.to_str().ok());
            Status::new(Code::from_i32(code as i32), message.unwrap_or("as asked for"))
        });
        Ok(Wishes {
            delay: number("protopact-delay-ms")?.map(|ms| Duration::from_millis(u64::from(ms))),
            status,
            answers: number("protopact-answers")?.map(u64::from),
            sample: number("protopact-sample")?.map(u64::from),
            instance: headers.contains_key(INSTANCE),
            start: headers.get(ECHO).cloned(),
            end: headers.get(ECHO_BIN).cloned(),
        })
    }

    async fn wait(&self) {
        if let Some(delay) = self.delay {
            tokio::time::sleep(delay).await;
        }
    }

    /// The end of a call with one answer, which has none if it fails.
    fn end(&self) -> Result<(), Status> {
        self.status.clone().map_or(Ok(()), Err)
    }

    fn write(&self, response: &mut tonic::Response<Replies>) {
        if self.instance {
            response.metadata_mut().as_mut().insert(INSTANCE, HeaderValue::from(std::process::id()));
        }
        if let Some(value) = &self.start {
            response.metadata_mut().as_mut().insert(ECHO, value.clone());
        }
        if let Some(value) = &self.end {
            let trailing = HeaderMap::from_iter([(ECHO_BIN, value.clone())]);
            response.extensions_mut().insert(Trailing(trailing));
        }
    }
}
