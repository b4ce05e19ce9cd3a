//! A small xDS server: stock clients of gRPC find instances by `xds:///NAME` and spread their calls over them.
//!
//! [`XdsServer::bind`] takes the services of `discovery` and gives a [`Running`] server; [`bootstrap`] is the file that
//! clients need to find it. What is spoken is the third version of xDS, the state of the world on one stream for all
//! kinds of resources (ADS), as gRPC's clients do (gRFC A27). Nothing is secret in it, and it is plain HTTP/2: it belongs
//! on the machine of its clients, or inside of a network.

mod bootstrap;
mod messages;
mod resources;
mod server;
mod state;

pub use bootstrap::bootstrap;
pub use messages::{DiscoveryRequest, DiscoveryResponse, Node, Status};
pub use server::{PATH, Running, XdsError, XdsServer};
