//! The services of the sample contract, with everything in memory: what somebody who has the SDK would write.

mod balanced;
mod chat;
mod greeter;
mod orders;
mod telemetry;
mod users;

pub use balanced::balanced;

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;

use acme_contracts::chat::v1::chat_service_server::ChatServiceServer;
use acme_contracts::greeter::v1::greeter_server::GreeterServer;
use acme_contracts::order::v1::order_service_server::OrderServiceServer;
use acme_contracts::telemetry::v1::telemetry_service_server::TelemetryServiceServer;
use acme_contracts::user::v1::user_service_server::UserServiceServer;
use futures_util::Stream;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::transport::Server;

/// The answers of a stream.
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// How many messages wait for a reader who is slow before it is told that it has missed some.
const ROOM: usize = 64;

/// Listens on a free port of this machine; the second part serves until `stop` is done.
pub async fn serve(
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, impl Future<Output = Result<(), tonic::transport::Error>>), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (health, health_server) = tonic_health::server::health_reporter();
    health.set_serving::<GreeterServer<greeter::Greeter>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(acme_contracts::DESCRIPTOR_SET)
        .build_v1()?;
    let serving = Server::builder()
        .add_service(ChatServiceServer::new(chat::Chat::default()))
        .add_service(GreeterServer::new(greeter::Greeter))
        .add_service(OrderServiceServer::new(orders::Orders::default()))
        .add_service(TelemetryServiceServer::new(telemetry::Telemetry::default()))
        .add_service(UserServiceServer::new(users::Users::default()))
        .add_service(health_server)
        .add_service(reflection)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop);
    Ok((address, serving))
}

/// What is missing from a request.
fn missing(what: &str) -> Status {
    Status::invalid_argument(format!("`{what}` is missing"))
}
