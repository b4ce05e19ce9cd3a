//! A running server as a source: what it says of itself by reflection.
//!
//! Both versions of the service are asked, v1 first: their messages are the same. A server tells its files by the symbols
//! in them, so what comes are the files of its services and all that those import, with neither comments nor positions
//! where the server's own programs have dropped them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::uri::PathAndQuery;
use thiserror::Error;
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::compile::{encode, is_well_known, wire};
use crate::deps::Known;

/// How long a server may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// How large one answer may be, in bytes.
const MAX_ANSWER: usize = 64 << 20;
/// How large all descriptors may be, in bytes.
const MAX_BYTES: usize = 512 << 20;
/// How many files a server may have.
const MAX_FILES: usize = 100_000;

/// The versions of the service, the newest first.
const METHODS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// What servers have besides their contract.
const OWN: [&str; 3] = ["grpc.reflection.", "grpc.health.", "grpc.channelz."];

/// A server, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `HOST:PORT`.
    pub authority: String,
    /// How the connection is secured, if it is.
    pub tls: Option<ServerTls>,
}

/// The files for a connection with TLS, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTls {
    /// The roots that the server's certificate has to lead to; those of the system when nothing is said.
    pub ca: Option<PathBuf>,
    /// The certificate to show, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Why a server could not be asked.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A file for TLS cannot be read.
    #[error("cannot read `{}`", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// There is no connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// It took too long.
    #[error("it did not answer within {0:?}")]
    Slow(Duration),
    /// It has neither version of the service.
    #[error("it has no reflection")]
    NoReflection,
    /// It answered with an error.
    #[error("it answered {}: {message}", .code.description())]
    Status {
        /// The code.
        code: Code,
        /// What it said.
        message: String,
    },
    /// What it says of itself does not hold together.
    #[error("{0}")]
    Strange(String),
    /// There is no way to ask at all.
    #[error("cannot start")]
    Start(#[source] std::io::Error),
}

impl From<Status> for ServerError {
    fn from(status: Status) -> ServerError {
        match status.code() {
            Code::Unimplemented => ServerError::NoReflection,
            code => ServerError::Status { code, message: status.message().to_owned() },
        }
    }
}

impl ServerError {
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            ServerError::NoReflection => {
                "switch reflection on in the server, or name a descriptor set of its contract".to_owned()
            }
            ServerError::Connect(_) => {
                "`grpc://` is without TLS, `grpcs://` with it; `#tls_ca=FILE` names the roots to trust"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

impl Server {
    /// Asks the server for its files, and gives them as a descriptor set: those of its services are its own, and those
    /// that others publish are marked as imported. Sorted by name.
    ///
    /// # Errors
    ///
    /// It cannot be reached, has no reflection, or is hostile.
    pub(super) fn descriptors(&self, cwd: &Path) -> Result<Bytes, ServerError> {
        self.descriptors_within(cwd, PATIENCE)
    }

    fn descriptors_within(&self, cwd: &Path, patience: Duration) -> Result<Bytes, ServerError> {
        let endpoint = self.endpoint(cwd)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ServerError::Start)?;
        let files = runtime.block_on(async {
            tokio::time::timeout(patience, ask(&endpoint)).await.map_err(|_| ServerError::Slow(patience))
        });
        // A name that is being looked up must not hold the end up.
        runtime.shutdown_background();
        Ok(set(&files??))
    }

    fn endpoint(&self, cwd: &Path) -> Result<Endpoint, ServerError> {
        let fail = |e: tonic::transport::Error| ServerError::Connect(told(&e));
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.authority)).map_err(fail)?;
        let Some(tls) = &self.tls else { return Ok(endpoint) };
        let read = |path: &PathBuf| {
            fs::read(cwd.join(path)).map_err(|source| ServerError::File { path: path.clone(), source })
        };
        let mut config = match &tls.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some((certificate, key)) = &tls.identity {
            config = config.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        endpoint.tls_config(config).map_err(fail)
    }
}

/// An error with all that is below it.
fn told(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut below = error.source();
    while let Some(error) = below {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        below = error.source();
    }
    parts.join(": ")
}

#[derive(Debug, Default)]
struct Files {
    by_name: BTreeMap<String, Bytes>,
    /// Those that declare services.
    own: BTreeSet<String>,
    /// What they import, as far as nobody has looked yet.
    wanted: BTreeSet<String>,
}

async fn ask(endpoint: &Endpoint) -> Result<Files, ServerError> {
    let channel = endpoint.connect().await.map_err(|e| ServerError::Connect(told(&e)))?;
    for method in METHODS {
        match Talk::start(channel.clone(), method).await {
            Err(ServerError::NoReflection) => {}
            Err(error) => return Err(error),
            Ok((talk, services)) => return talk.files(services).await,
        }
    }
    Err(ServerError::NoReflection)
}

/// One stream of requests and answers.
struct Talk {
    requests: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

fn request(request: MessageRequest) -> ServerReflectionRequest {
    ServerReflectionRequest { host: String::new(), message_request: Some(request) }
}

impl Talk {
    /// Asks for the services: some servers say nothing before they have a first request.
    async fn start(channel: Channel, method: &'static str) -> Result<(Talk, Vec<String>), ServerError> {
        let (requests, mut queue) = mpsc::channel(1);
        let first = request(MessageRequest::ListServices(String::new()));
        requests.send(first).await.map_err(|_| ServerError::NoReflection)?;
        let mut client = Grpc::new(channel).max_decoding_message_size(MAX_ANSWER);
        client.ready().await.map_err(|e| ServerError::Connect(told(&e)))?;
        let stream = stream::poll_fn(move |context| queue.poll_recv(context));
        let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
        let path = PathAndQuery::from_static(method);
        let answers = client.streaming(Request::new(stream), path, codec).await?.into_inner();
        let mut talk = Talk { requests, answers };
        match talk.answer().await? {
            MessageResponse::ListServicesResponse(list) => {
                Ok((talk, list.service.into_iter().map(|service| service.name).collect()))
            }
            _ => Err(ServerError::Strange("asked for its services, it said something else".to_owned())),
        }
    }

    async fn answer(&mut self) -> Result<MessageResponse, ServerError> {
        let answer = self.answers.message().await?.and_then(|answer| answer.message_response);
        answer.ok_or_else(|| ServerError::Strange("it ended the call before it had answered".to_owned()))
    }

    /// The files that hold something, and those that it sent along.
    async fn find(&mut self, what: MessageRequest) -> Result<Vec<Bytes>, ServerError> {
        if self.requests.send(request(what)).await.is_err() {
            // The answer says why.
            self.answer().await?;
        }
        match self.answer().await? {
            MessageResponse::FileDescriptorResponse(found) => {
                Ok(found.file_descriptor_proto.into_iter().map(Bytes::from).collect())
            }
            MessageResponse::ErrorResponse(error) => {
                let code = Code::from_i32(error.error_code);
                Err(ServerError::Status { code, message: error.error_message })
            }
            _ => Err(ServerError::Strange("asked for a file, it said something else".to_owned())),
        }
    }

    async fn files(mut self, services: Vec<String>) -> Result<Files, ServerError> {
        let mut files = Files::default();
        let mut size = 0;
        let services = services.into_iter().filter(|name| !OWN.iter().any(|own| name.starts_with(own)));
        for service in services.collect::<BTreeSet<_>>() {
            let found = self.find(MessageRequest::FileContainingSymbol(service.clone())).await?;
            // The first is the one that was asked for.
            let own = found.first().and_then(|file| wire::file_name(file));
            let own = own.ok_or_else(|| ServerError::Strange(format!("it has no file for `{service}`")))?;
            files.own.insert(own.to_owned());
            files.add(found, &mut size)?;
        }
        if files.own.is_empty() {
            return Err(ServerError::Strange(
                "it has no services but those that every server has".to_owned(),
            ));
        }
        let mut asked: BTreeSet<String> = BTreeSet::new();
        while let Some(import) = files.wanted.pop_first() {
            let here = files.by_name.contains_key(&import) || is_well_known(&import);
            if here || !asked.insert(import.clone()) {
                continue;
            }
            match self.find(MessageRequest::FileByFilename(import)).await {
                // What is missing is told with who wants it.
                Err(ServerError::Status { code: Code::NotFound, .. }) => {}
                found => files.add(found?, &mut size)?,
            }
        }
        Ok(files)
    }
}

impl Files {
    fn add(&mut self, found: Vec<Bytes>, size: &mut usize) -> Result<(), ServerError> {
        for file in found {
            let name = wire::file_name(&file).map(str::to_owned);
            let name = name.ok_or_else(|| ServerError::Strange("a file of it has no name".to_owned()))?;
            *size += file.len();
            if *size > MAX_BYTES || self.by_name.len() >= MAX_FILES {
                let most = format!("it has more than {MAX_FILES} files or {MAX_BYTES} bytes of them");
                return Err(ServerError::Strange(most));
            }
            self.wanted.extend(imports(&file));
            self.by_name.entry(name).or_insert(file);
        }
        Ok(())
    }
}

fn imports(file: &Bytes) -> impl Iterator<Item = String> {
    let fields = wire::fields(file).flatten().filter(|field| field.number == wire::DEPENDENCY);
    fields.filter_map(|field| String::from_utf8(field.bytes()?.to_vec()).ok())
}

fn set(files: &Files) -> Bytes {
    let mut out = Vec::new();
    for (name, file) in &files.by_name {
        let theirs = is_well_known(name) || Known::of_import(name, &[]).is_some();
        encode::nested(&mut out, 1, |out| {
            out.extend_from_slice(file);
            if theirs && !files.own.contains(name) {
                encode::nested(out, wire::BUF_EXTENSION, |out| encode::bool_field(out, 1, true));
            }
        });
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_never_answers_is_left_alone() {
        // The system accepts for it, and nobody reads.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server { authority: listener.local_addr().unwrap().to_string(), tls: None };
        let error = server.descriptors_within(Path::new("."), Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.to_string(), "it did not answer within 20ms");
    }

    #[test]
    fn a_server_that_is_not_there_or_speaks_otherwise_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server { authority: listener.local_addr().unwrap().to_string(), tls: None };
        let other = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let error = server.descriptors(Path::new(".")).unwrap_err();
        assert!(matches!(error, ServerError::Connect(_) | ServerError::Status { .. }), "{error:?}");
        other.join().unwrap();
        let error = server.descriptors(Path::new(".")).unwrap_err();
        assert!(error.hint().unwrap().contains("grpcs://"), "{error:?}");
        let tls = Some(ServerTls { ca: Some("no/such.pem".into()), identity: None });
        let error = Server { tls, ..server }.descriptors(Path::new(".")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read `no/such.pem`");
    }
}
