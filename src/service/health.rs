//! Health checking (grpc.health.v1): the server as a whole and every service of the contract.

use tonic::codec::CompressionEncoding;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use super::limits::Limits;

/// The service's full name.
pub(super) const SERVICE: &str = "grpc.health.v1.Health";

/// Who is well.
#[derive(Clone, Debug)]
pub(super) struct Health {
    reporter: HealthReporter,
    /// All services; the empty name is the server.
    services: Vec<Box<str>>,
}

impl Health {
    /// Everybody is well.
    pub(super) async fn new(services: &[&str]) -> Health {
        let services: Vec<Box<str>> =
            std::iter::once("").chain(services.iter().copied()).map(Into::into).collect();
        let health = Health { reporter: HealthReporter::new(), services };
        health.set(ServingStatus::Serving).await;
        health
    }

    /// Nobody takes new calls.
    pub(super) async fn stop(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for service in &self.services {
            self.reporter.set_service_status(service, status).await;
        }
    }

    pub(super) fn server(&self, limits: &Limits) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(limits.receive)
    }
}
