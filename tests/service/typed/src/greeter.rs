//! Greets.

use acme_contracts::greeter::v1::{SayHelloRequest, SayHelloResponse, greeter_server};
use tonic::{Request, Response, Status};

/// Knows nobody and greets everybody.
pub struct Greeter;

#[tonic::async_trait]
impl greeter_server::Greeter for Greeter {
    async fn say_hello(&self, request: Request<SayHelloRequest>) -> Result<Response<SayHelloResponse>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(crate::missing("name"));
        }
        Ok(Response::new(SayHelloResponse { message: format!("Hello, {name}!") }))
    }
}
