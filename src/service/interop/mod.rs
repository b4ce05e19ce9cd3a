//! grpc.testing.TestService, which the interoperability tests of gRPC's own languages call
//! (<https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>, "Server").

mod messages;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName};
use prost::Message;
use tonic::{Code, Status, Streaming};

use self::messages::{
    EchoStatus, Payload, ResponseParameters, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse,
};
use super::call::Trailing;
use super::contract::{Contract, Method};
use super::dynamic::{refused, sendable};
use super::router::{Handler, Replies, Working};
use crate::compile::{self, Input, InputFile};

const SERVICE: &str = "grpc.testing.TestService";
const PROTO: &str = include_str!("test_service.proto");

/// Metadata that comes back at the start of a call, and at its end.
const ECHO_INITIAL: HeaderName = HeaderName::from_static("x-grpc-test-echo-initial");
const ECHO_TRAILING: HeaderName = HeaderName::from_static("x-grpc-test-echo-trailing-bin");

/// The most requests of a HalfDuplexCall, which are kept until the last one has come.
const MOST_KEPT: usize = 10_000;

/// The largest payload that is made: what a client may ask for with four bytes.
const LARGEST: usize = 64 << 20;

/// The contract of grpc.testing.TestService.
pub fn contract() -> Contract {
    let name = "grpc/testing/test.proto";
    let file = InputFile { name: name.into(), display: name.into(), content: PROTO.into(), target: true };
    let input = Input { files: vec![file], ..Input::default() };
    let compiled =
        compile::compile(&input, &compile::Options::default()).expect("the built-in file compiles");
    Contract::new(&compiled).expect("the built-in file holds together")
}

/// Who answers a method, if it is one of the test service.
pub(super) fn handler(method: &Method, send: usize) -> Option<Interop> {
    let call = match (&*method.service, &*method.name) {
        (SERVICE, "EmptyCall") => Which::Empty,
        (SERVICE, "UnaryCall" | "CacheableUnaryCall") => Which::Unary,
        (SERVICE, "StreamingOutputCall") => Which::Output,
        (SERVICE, "StreamingInputCall") => Which::Input,
        (SERVICE, "FullDuplexCall") => Which::FullDuplex,
        (SERVICE, "HalfDuplexCall") => Which::HalfDuplex,
        (SERVICE, "UnimplementedCall") => Which::Unimplemented,
        _ => return None,
    };
    Some(Interop { call, send: send.min(LARGEST) })
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Empty,
    Unary,
    Output,
    Input,
    FullDuplex,
    HalfDuplex,
    Unimplemented,
}

/// One method of the test service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interop {
    call: Which,
    send: usize,
}

impl Handler for Interop {
    fn call(&self, request: tonic::Request<Streaming<Bytes>>) -> Working {
        let Interop { call, send } = *self;
        Box::pin(async move {
            let headers: &HeaderMap = request.metadata().as_ref();
            let initial = headers.get(ECHO_INITIAL).cloned();
            let trailing = headers.get(ECHO_TRAILING).cloned();
            let trailing = HeaderMap::from_iter(trailing.map(|value| (ECHO_TRAILING, value)));
            let mut requests = request.into_inner();
            let one = |answer: Result<Bytes, Status>| -> Result<Replies, Status> {
                Ok(Box::pin(stream::iter([Ok(answer?)])))
            };
            let answers = match call {
                Which::Empty => one(only::<()>(&mut requests).await.map(|()| Bytes::new())),
                Which::Unary => one(unary(&only(&mut requests).await?, send)),
                Which::Input => one(input(&mut requests).await),
                Which::Output => Ok(parameters(only(&mut requests).await?, send)),
                Which::FullDuplex => Ok(full_duplex(requests, send)),
                Which::HalfDuplex => half_duplex(requests, send).await,
                Which::Unimplemented => Err(Status::unimplemented("this method is never implemented")),
            };
            let mut response = tonic::Response::new(answers.map_err(|status| at_end(status, &trailing))?);
            if let Some(value) = initial {
                response.metadata_mut().as_mut().insert(ECHO_INITIAL, value);
            }
            response.extensions_mut().insert(Trailing(trailing));
            Ok(response)
        })
    }
}

/// Metadata at the end of a call that fails.
fn at_end(mut status: Status, trailing: &HeaderMap) -> Status {
    status.metadata_mut().as_mut().extend(trailing.clone());
    status
}

async fn next<M: Message + Default>(requests: &mut Streaming<Bytes>) -> Result<Option<M>, Status> {
    let Some(bytes) = requests.message().await.map_err(refused)? else { return Ok(None) };
    M::decode(bytes).map(Some).map_err(|e| Status::internal(format!("the request cannot be read: {e}")))
}

async fn only<M: Message + Default>(requests: &mut Streaming<Bytes>) -> Result<M, Status> {
    let first = next(requests).await?.ok_or_else(|| Status::internal("the call ended without a request"))?;
    match requests.message().await.map_err(refused)? {
        None => Ok(first),
        Some(_) => Err(Status::internal("the call takes one request and got more")),
    }
}

fn wanted(status: Option<&EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(Status::new(Code::from_i32(status.code), &status.message)),
        _ => Ok(()),
    }
}

fn payload(size: i32, send: usize) -> Result<Option<Payload>, Status> {
    let size = usize::try_from(size).map_err(|_| Status::invalid_argument("a payload of negative size"))?;
    if size > send {
        return Err(Status::resource_exhausted(format!("a payload of {size} bytes, {send} may be sent")));
    }
    Ok(Some(Payload { r#type: 0, body: vec![0; size].into() }))
}

fn unary(request: &SimpleRequest, send: usize) -> Result<Bytes, Status> {
    wanted(request.response_status.as_ref())?;
    let payload = if request.response_size == 0 { None } else { payload(request.response_size, send)? };
    sendable(SimpleResponse { payload }.encode_to_vec().into(), send)
}

async fn input(requests: &mut Streaming<Bytes>) -> Result<Bytes, Status> {
    let mut size = 0usize;
    while let Some(request) = next::<StreamingInputCallRequest>(requests).await? {
        size = size.saturating_add(request.payload.map_or(0, |p| p.body.len()));
    }
    let aggregated_payload_size = i32::try_from(size).unwrap_or(i32::MAX);
    Ok(StreamingInputCallResponse { aggregated_payload_size }.encode_to_vec().into())
}

/// The answers one request wants, each made when it is its turn.
fn parameters(request: StreamingOutputCallRequest, send: usize) -> Replies {
    let end = wanted(request.response_status.as_ref()).err().map(Err);
    let answers =
        stream::iter(request.response_parameters).then(move |wanted: ResponseParameters| async move {
            if let Ok(wait @ 1..) = u64::try_from(wanted.interval_us) {
                tokio::time::sleep(Duration::from_micros(wait)).await;
            }
            let response = StreamingOutputCallResponse { payload: payload(wanted.size, send)? };
            sendable(response.encode_to_vec().into(), send)
        });
    Box::pin(answers.chain(stream::iter(end)))
}

fn full_duplex(requests: Streaming<Bytes>, send: usize) -> Replies {
    let answers = stream::unfold(Some(requests), move |requests| async move {
        let mut requests = requests?;
        match next::<StreamingOutputCallRequest>(&mut requests).await {
            Ok(Some(request)) => Some((parameters(request, send), Some(requests))),
            Ok(None) => None,
            Err(status) => Some((Box::pin(stream::iter([Err(status)])) as Replies, None)),
        }
    });
    Box::pin(answers.flatten())
}

async fn half_duplex(mut requests: Streaming<Bytes>, send: usize) -> Result<Replies, Status> {
    let mut all = Vec::new();
    while let Some(request) = next::<StreamingOutputCallRequest>(&mut requests).await? {
        if all.len() == MOST_KEPT {
            return Err(Status::resource_exhausted(format!("more than {MOST_KEPT} requests")));
        }
        // What is not needed for the answers is not kept.
        all.push(StreamingOutputCallRequest { payload: None, ..request });
    }
    Ok(Box::pin(stream::iter(all).map(move |request| parameters(request, send)).flatten()))
}
