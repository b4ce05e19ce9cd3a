//! Server reflection, v1 and v1alpha.
//!
//! Files are handed out as they came out of the compiler, byte by byte: custom options, editions and source positions
//! are all there. The two versions of the service differ in their package only, so one answers for both.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::Request;
use rustc_hash::FxHashMap;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{ServerReflection, ServerReflectionServer};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

use super::contract::Contract;
use super::dynamic::refused;
use super::limits::Limits;
use crate::compile::{Compiled, CompiledFile, wire};
use crate::schema::Element;

/// The service's full name.
pub(super) const V1: &str = "grpc.reflection.v1.ServerReflection";
/// The full name of the service that most clients still ask.
pub(super) const V1ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";
/// The only method of both.
pub(super) const METHOD: &str = "ServerReflectionInfo";

/// Sends a request for either version to v1.
pub(super) fn as_v1<B>(request: &mut Request<B>) {
    *request.uri_mut() = http::Uri::from_static("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
}

/// Everything that can be asked for.
#[derive(Clone, Debug)]
pub(super) struct Reflection(Arc<Index>);

#[derive(Debug, Default)]
struct Index {
    files: Vec<File>,
    names: FxHashMap<Box<str>, usize>,
    symbols: FxHashMap<Box<str>, usize>,
    /// By extended message and number.
    extensions: FxHashMap<(Box<str>, i32), usize>,
    services: BTreeSet<Box<str>>,
}

#[derive(Debug)]
struct File {
    bytes: Bytes,
    imports: Vec<Box<str>>,
}

impl Reflection {
    /// Of a contract and of the services that every server has.
    pub(super) fn new(contract: &Contract) -> Reflection {
        let mut index = Index::default();
        index.add(contract);
        for set in [
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
        ] {
            if let Some(own) = own(set) {
                index.add(&own);
            }
        }
        Reflection(Arc::new(index))
    }

    pub(super) fn server(&self, limits: &Limits) -> ServerReflectionServer<Reflection> {
        ServerReflectionServer::new(self.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(limits.receive)
    }
}

/// The descriptors of a service that is not the contract's.
fn own(set: &'static [u8]) -> Option<Contract> {
    let files = wire::fields(set).flatten().filter_map(|f| f.bytes()).filter_map(|bytes| {
        let name: Box<str> = wire::file_name(bytes)?.into();
        Some(CompiledFile {
            display: name.clone(),
            name,
            descriptor: Bytes::from_static(bytes),
            target: true,
            default_visibility: None,
        })
    });
    Contract::new(&Compiled { files: files.collect(), ..Compiled::default() }).ok()
}

impl Index {
    /// What is already there stays: the contract comes first.
    fn add(&mut self, contract: &Contract) {
        let schema = &contract.schema;
        let first = self.files.len();
        for (name, bytes) in &contract.files {
            let imports = schema.file_by_name(name).map(|f| &schema.file(f).imports);
            let imports = imports.into_iter().flatten().map(|i| i.path.clone()).collect();
            self.names.entry(name.clone()).or_insert(self.files.len());
            self.files.push(File { bytes: bytes.clone(), imports });
        }
        let positions: FxHashMap<&str, usize> =
            contract.files.iter().enumerate().map(|(at, (name, _))| (&**name, first + at)).collect();
        let elements = schema
            .messages()
            .map(|(id, _)| Element::Message(id))
            .chain(schema.fields().map(|(id, _)| Element::Field(id)))
            .chain(schema.oneofs().map(|(id, _)| Element::Oneof(id)))
            .chain(schema.enums().map(|(id, _)| Element::Enum(id)))
            .chain(schema.values().map(|(id, _)| Element::EnumValue(id)))
            .chain(schema.services().map(|(id, _)| Element::Service(id)))
            .chain(schema.methods().map(|(id, _)| Element::Method(id)));
        for element in elements {
            let file = &schema.file(schema.file_of(element)).name;
            let Some(&at) = positions.get(&**file) else { continue };
            let name = schema.full_name(element);
            if let Element::EnumValue(_) = element
                && let Some((enum_, value)) = name.rsplit_once('.')
                && let Some((scope, _)) = enum_.rsplit_once('.')
            {
                // Values belong to the scope around their enum.
                self.symbols.entry(format!("{scope}.{value}").into()).or_insert(at);
            }
            self.symbols.entry(name.into()).or_insert(at);
            if let Element::Service(id) = element {
                self.services.insert(schema.service(id).full_name.clone());
            }
        }
        for (id, field) in schema.all_extensions() {
            let file = &schema.file(schema.file_of(Element::Field(id))).name;
            if let (Some(extendee), Some(&at)) = (&field.extendee, positions.get(&**file)) {
                self.extensions.entry((extendee.clone(), field.number)).or_insert(at);
            }
        }
    }

    /// A file with everything it imports that this stream has not given yet.
    fn file(&self, at: Option<usize>, sent: &mut BTreeSet<usize>) -> Option<MessageResponse> {
        let first = at?;
        let mut out = vec![first];
        let mut next = 0;
        let mut seen = BTreeSet::from([first]);
        while let Some(&at) = out.get(next) {
            next += 1;
            for import in &self.files[at].imports {
                if let Some(&import) = self.names.get(import)
                    && seen.insert(import)
                    && !sent.contains(&import)
                {
                    out.push(import);
                }
            }
        }
        sent.extend(&out);
        let file_descriptor_proto = out.into_iter().map(|at| self.files[at].bytes.to_vec()).collect();
        Some(MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto }))
    }

    fn extension_numbers(&self, name: &str) -> Option<MessageResponse> {
        let known = self.symbols.contains_key(name);
        let mut numbers: Vec<i32> =
            self.extensions.keys().filter(|(extendee, _)| &**extendee == name).map(|(_, n)| *n).collect();
        numbers.sort_unstable();
        let response = ExtensionNumberResponse { base_type_name: name.to_owned(), extension_number: numbers };
        known.then_some(MessageResponse::AllExtensionNumbersResponse(response))
    }

    fn answer(&self, request: &MessageRequest, sent: &mut BTreeSet<usize>) -> MessageResponse {
        let plain = |name: &str| name.strip_prefix('.').unwrap_or(name).to_owned();
        let (found, what) = match request {
            MessageRequest::FileByFilename(name) => {
                (self.file(self.names.get(&**name).copied(), sent), format!("file `{name}`"))
            }
            MessageRequest::FileContainingSymbol(name) => {
                let at = self.symbols.get(&*plain(name)).copied();
                (self.file(at, sent), format!("symbol `{name}`"))
            }
            MessageRequest::FileContainingExtension(wanted) => {
                let key = (plain(&wanted.containing_type).into(), wanted.extension_number);
                let what = format!("extension {} of `{}`", wanted.extension_number, wanted.containing_type);
                (self.file(self.extensions.get(&key).copied(), sent), what)
            }
            MessageRequest::AllExtensionNumbersOfType(name) => {
                (self.extension_numbers(&plain(name)), format!("type `{name}`"))
            }
            MessageRequest::ListServices(_) => {
                let service = self.services.iter().map(|s| ServiceResponse { name: s.to_string() }).collect();
                (Some(MessageResponse::ListServicesResponse(ListServiceResponse { service })), String::new())
            }
        };
        found.unwrap_or_else(|| error(Code::NotFound, &format!("no {what}")))
    }
}

fn error(code: Code, message: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: code as i32,
        error_message: message.to_owned(),
    })
}

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream =
        Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        request: tonic::Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let state = (self.0.clone(), request.into_inner(), BTreeSet::new());
        let answers = stream::unfold(state, |(index, mut requests, mut sent)| async move {
            let request = match requests.message().await {
                Ok(request) => request?,
                Err(status) => return Some((Err(refused(status)), (index, requests, sent))),
            };
            let answer = match &request.message_request {
                Some(message) => index.answer(message, &mut sent),
                None => error(Code::InvalidArgument, "the request asks for nothing"),
            };
            let answer = ServerReflectionResponse {
                valid_host: request.host.clone(),
                original_request: Some(request),
                message_response: Some(answer),
            };
            Some((Ok(answer), (index, requests, sent)))
        });
        Ok(Response::new(Box::pin(answers)))
    }
}
