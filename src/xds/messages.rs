//! The few messages of the protocol that gRPC's clients read, under the names and numbers of Envoy's public definitions
//! (<https://www.envoyproxy.io/docs/envoy/latest/api-v3/api>).
//!
//! Whole sets of them have several hundred files, of which a client of gRPC looks at these fields.

use prost::Message;
use prost_types::Any;

/// Gives messages the address of their type.
pub(super) trait Typed: Message + Sized {
    /// What stands behind `type.googleapis.com/`.
    const NAME: &'static str;

    /// The message in an envelope.
    fn any(&self) -> Any {
        Any { type_url: url(Self::NAME), value: self.encode_to_vec() }
    }
}

/// The address of a type.
pub(super) fn url(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}

/// What a client asks for, takes or refuses.
#[derive(Clone, PartialEq, Message)]
pub struct DiscoveryRequest {
    /// The version that it has.
    #[prost(string, tag = "1")]
    pub version_info: String,
    /// Who asks.
    #[prost(message, optional, tag = "2")]
    pub node: Option<Node>,
    /// The names that it asks for, all of them each time.
    #[prost(string, repeated, tag = "3")]
    pub resource_names: Vec<String>,
    /// The type of what it asks for.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// The answer that it has seen last.
    #[prost(string, tag = "5")]
    pub response_nonce: String,
    /// Why it refuses that answer.
    #[prost(message, optional, tag = "6")]
    pub error_detail: Option<Status>,
}

/// What the server says.
#[derive(Clone, PartialEq, Message)]
pub struct DiscoveryResponse {
    /// The version of the resources.
    #[prost(string, tag = "1")]
    pub version_info: String,
    /// The resources.
    #[prost(message, repeated, tag = "2")]
    pub resources: Vec<Any>,
    /// Their type.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// What the client calls the answer by.
    #[prost(string, tag = "5")]
    pub nonce: String,
}

/// A client.
#[derive(Clone, PartialEq, Message)]
pub struct Node {
    /// What it is called in its bootstrap file.
    #[prost(string, tag = "1")]
    pub id: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// One of gRPC's codes.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// For people.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// What a name stands for: a route that is asked for in turn.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Listener {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "19")]
    pub(super) api_listener: Option<ApiListener>,
}

impl Typed for Listener {
    const NAME: &'static str = "envoy.config.listener.v3.Listener";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ApiListener {
    /// An [`HttpConnectionManager`].
    #[prost(message, optional, tag = "1")]
    pub(super) api_listener: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HttpConnectionManager {
    #[prost(string, tag = "2")]
    pub(super) stat_prefix: String,
    #[prost(message, optional, tag = "3")]
    pub(super) rds: Option<Rds>,
    /// The last one has to be [`Router`].
    #[prost(message, repeated, tag = "5")]
    pub(super) http_filters: Vec<HttpFilter>,
}

impl Typed for HttpConnectionManager {
    const NAME: &'static str =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Rds {
    #[prost(message, optional, tag = "1")]
    pub(super) config_source: Option<ConfigSource>,
    #[prost(string, tag = "2")]
    pub(super) route_config_name: String,
}

/// Where something is asked for.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigSource {
    /// On the stream that this came on.
    #[prost(message, optional, tag = "3")]
    pub(super) ads: Option<Empty>,
    /// `V3` is 2.
    #[prost(int32, tag = "6")]
    pub(super) resource_api_version: i32,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HttpFilter {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "4")]
    pub(super) typed_config: Option<Any>,
}

/// The filter that sends calls on. Nothing is to be said of it.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Router {}

impl Typed for Router {
    const NAME: &'static str = "envoy.extensions.filters.http.router.v3.Router";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RouteConfiguration {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) virtual_hosts: Vec<VirtualHost>,
}

impl Typed for RouteConfiguration {
    const NAME: &'static str = "envoy.config.route.v3.RouteConfiguration";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct VirtualHost {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, repeated, tag = "2")]
    pub(super) domains: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub(super) routes: Vec<Route>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Route {
    #[prost(message, optional, tag = "1")]
    pub(super) r#match: Option<RouteMatch>,
    #[prost(message, optional, tag = "2")]
    pub(super) route: Option<RouteAction>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RouteMatch {
    /// An empty one has to be said: it is all paths.
    #[prost(string, optional, tag = "1")]
    pub(super) prefix: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RouteAction {
    #[prost(string, optional, tag = "1")]
    pub(super) cluster: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Cluster {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    /// `EDS` is 3.
    #[prost(int32, optional, tag = "2")]
    pub(super) r#type: Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub(super) eds_cluster_config: Option<EdsClusterConfig>,
    /// `ROUND_ROBIN` is 0.
    #[prost(int32, tag = "6")]
    pub(super) lb_policy: i32,
}

impl Typed for Cluster {
    const NAME: &'static str = "envoy.config.cluster.v3.Cluster";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct EdsClusterConfig {
    #[prost(message, optional, tag = "1")]
    pub(super) eds_config: Option<ConfigSource>,
    #[prost(string, tag = "2")]
    pub(super) service_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ClusterLoadAssignment {
    #[prost(string, tag = "1")]
    pub(super) cluster_name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) endpoints: Vec<LocalityLbEndpoints>,
}

impl Typed for ClusterLoadAssignment {
    const NAME: &'static str = "envoy.config.endpoint.v3.ClusterLoadAssignment";
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LocalityLbEndpoints {
    #[prost(message, optional, tag = "1")]
    pub(super) locality: Option<Locality>,
    #[prost(message, repeated, tag = "2")]
    pub(super) lb_endpoints: Vec<LbEndpoint>,
    #[prost(message, optional, tag = "3")]
    pub(super) load_balancing_weight: Option<u32>,
    #[prost(uint32, tag = "5")]
    pub(super) priority: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Locality {
    #[prost(string, tag = "2")]
    pub(super) zone: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LbEndpoint {
    #[prost(message, optional, tag = "1")]
    pub(super) endpoint: Option<Endpoint>,
    /// `HEALTHY` is 1, `UNHEALTHY` 2, `DRAINING` 3.
    #[prost(int32, tag = "2")]
    pub(super) health_status: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Endpoint {
    #[prost(message, optional, tag = "1")]
    pub(super) address: Option<Address>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Address {
    #[prost(message, optional, tag = "1")]
    pub(super) socket_address: Option<SocketAddress>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SocketAddress {
    #[prost(string, tag = "2")]
    pub(super) address: String,
    #[prost(uint32, optional, tag = "3")]
    pub(super) port_value: Option<u32>,
}
