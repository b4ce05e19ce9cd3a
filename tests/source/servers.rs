//! Running servers as sources.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::mpsc;

use prost::Message as _;
use prost_types::{FieldDescriptorProto, FileDescriptorProto};
use protopact::source::{Loaded, Side};
use tokio_stream::StreamExt as _;
use tonic::{Request, Response, Status, Streaming};
use tonic_reflection::pb::v1alpha::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1alpha::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1alpha::server_reflection_server::{ServerReflection, ServerReflectionServer};
use tonic_reflection::pb::v1alpha::{
    ErrorResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionRequest,
    ServerReflectionResponse, ServiceResponse,
};

use crate::lab::{explain, open};

/// A server that has only the old version of the service, and gives one file an answer.
#[derive(Clone)]
struct Old {
    services: Vec<&'static str>,
    files: Vec<FileDescriptorProto>,
}

impl Old {
    fn answer(&self, request: &MessageRequest) -> MessageResponse {
        let file = match request {
            MessageRequest::ListServices(_) => {
                let service = self.services.iter().map(|name| ServiceResponse { name: (*name).to_owned() });
                return MessageResponse::ListServicesResponse(ListServiceResponse {
                    service: service.collect(),
                });
            }
            MessageRequest::FileByFilename(name) => self.files.iter().find(|f| f.name() == name),
            MessageRequest::FileContainingSymbol(symbol) => self
                .files
                .iter()
                .find(|f| f.service.iter().any(|s| format!("{}.{}", f.package(), s.name()) == *symbol)),
            _ => None,
        };
        match file {
            Some(file) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
                file_descriptor_proto: vec![file.encode_to_vec()],
            }),
            None => MessageResponse::ErrorResponse(ErrorResponse {
                error_code: tonic::Code::NotFound.into(),
                error_message: "not here".to_owned(),
            }),
        }
    }

    /// Starts it; it ends with the test.
    fn serve(self) -> SocketAddr {
        let (ready, address) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                let incoming = tonic::transport::server::TcpIncoming::from(listener);
                let service = ServerReflectionServer::new(self);
                let server = tonic::transport::Server::builder().add_service(service);
                server.serve_with_incoming(incoming).await.unwrap();
            });
        });
        address.recv().unwrap()
    }
}

#[tonic::async_trait]
impl ServerReflection for Old {
    type ServerReflectionInfoStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        requests: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let own = self.clone();
        let answers = requests.into_inner().map(move |request| {
            let request = request?;
            let answer = own.answer(request.message_request.as_ref().unwrap());
            Ok(ServerReflectionResponse {
                message_response: Some(answer),
                ..ServerReflectionResponse::default()
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

fn files(message: &str) -> Vec<FileDescriptorProto> {
    let field = FieldDescriptorProto { name: Some("id".into()), number: Some(1), ..Default::default() };
    let ty = prost_types::DescriptorProto {
        name: Some(message.to_owned()),
        field: vec![field],
        ..Default::default()
    };
    let method = prost_types::MethodDescriptorProto {
        name: Some("Get".into()),
        input_type: Some(".a.v1.M".into()),
        output_type: Some(".a.v1.M".into()),
        ..Default::default()
    };
    let service = prost_types::ServiceDescriptorProto {
        name: Some("S".into()),
        method: vec![method],
        ..Default::default()
    };
    let file = |name: &str| FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("a.v1".to_owned()),
        ..Default::default()
    };
    vec![
        FileDescriptorProto { message_type: vec![ty], ..file("a/v1/m.proto") },
        FileDescriptorProto {
            dependency: vec!["a/v1/m.proto".into(), "google/protobuf/any.proto".into()],
            service: vec![service],
            ..file("a/v1/s.proto")
        },
    ]
}

#[test]
fn a_server_with_the_old_version_of_reflection_tells_all_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let address =
        Old { services: vec!["a.v1.S", "grpc.reflection.v1alpha.ServerReflection"], files: files("M") };
    let address = address.serve();
    for side in [Side::Old, Side::New] {
        let loaded = open(dir.path(), &format!("grpc://{address}"), side).unwrap();
        let Loaded::Image(image) = loaded else { panic!("{loaded:?}") };
        assert_eq!(image.name.to_string(), format!("server `grpc://{address}`"));
        let compiled = protopact::compile::image::read(&image.bytes, image.format).unwrap();
        let names: Vec<_> = compiled.files.iter().map(|f| (&*f.name, f.target)).collect();
        let any = ("google/protobuf/any.proto", false);
        assert_eq!(names, [("a/v1/m.proto", true), any, ("a/v1/s.proto", true)]);
    }
}

#[test]
fn a_server_that_hides_something_is_told_which() {
    let dir = tempfile::tempdir().unwrap();
    let said = |old: Old| {
        let address = old.serve();
        let error = open(dir.path(), &format!("grpc://{address}"), Side::New);
        error.map(|_| ()).map_err(|e| explain(&e).replace(&address.to_string(), "ADDRESS"))
    };
    let files = files("M");
    let known = Old { services: vec!["a.v1.S"], files: files[1..].to_vec() };
    // What is missing is told when the image is read, with who wants it.
    assert_eq!(said(known), Ok(()));
    assert_eq!(
        said(Old { services: vec!["a.v1.Other"], files: files.clone() }).unwrap_err(),
        "cannot ask server `grpc://ADDRESS` for its contract\nit answered Some requested entity was not found: not here"
    );
    assert_eq!(
        said(Old { services: vec!["grpc.health.v1.Health"], files }).unwrap_err(),
        "cannot ask server `grpc://ADDRESS` for its contract\n\
         it has no services but those that every server has"
    );
}
