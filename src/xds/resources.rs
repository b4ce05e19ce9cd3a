//! What a service is in the words of xDS: four resources of its name, each of which leads to the next
//! (gRFC A27, <https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md>).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use prost_types::Any;

use super::messages::{
    Address, ApiListener, Cluster, ClusterLoadAssignment, ConfigSource, EdsClusterConfig, Empty, Endpoint,
    HttpConnectionManager, HttpFilter, LbEndpoint, Listener, Locality, LocalityLbEndpoints, Rds, Route,
    RouteAction, RouteConfiguration, RouteMatch, Router, SocketAddress, Typed, VirtualHost, url,
};
use crate::discovery::{Found, Health, Services};

/// The kinds of resources, in the order in which changes are told: what is named first is there first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// CDS.
    Cluster,
    /// EDS.
    Endpoints,
    /// LDS.
    Listener,
    /// RDS.
    Route,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Cluster, Kind::Endpoints, Kind::Listener, Kind::Route];

    /// The kind with this address of its type.
    pub(super) fn of(type_url: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.url() == type_url)
    }

    pub(super) fn url(self) -> String {
        url(match self {
            Kind::Cluster => Cluster::NAME,
            Kind::Endpoints => ClusterLoadAssignment::NAME,
            Kind::Listener => Listener::NAME,
            Kind::Route => RouteConfiguration::NAME,
        })
    }

    /// What it is called when it is refused.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Cluster => "cluster",
            Kind::Endpoints => "endpoints",
            Kind::Listener => "listener",
            Kind::Route => "route",
        }
    }

    /// Whether an answer holds all that there is: what is not in it is gone. It may also be asked for without a name.
    pub(super) const fn whole(self) -> bool {
        matches!(self, Kind::Cluster | Kind::Listener)
    }

    /// The resource of this kind that a service has; none where nothing is known yet.
    pub(super) fn resource(self, name: &str, services: &Services) -> Option<Any> {
        let found = services.get(name)?;
        Some(match self {
            Kind::Cluster => cluster(name).any(),
            Kind::Endpoints => endpoints(name, found.as_ref()?).any(),
            Kind::Listener => listener(name).any(),
            Kind::Route => route(name).any(),
        })
    }
}

/// "On this stream", in the third version.
fn here() -> Option<ConfigSource> {
    Some(ConfigSource { ads: Some(Empty {}), resource_api_version: 2 })
}

fn listener(name: &str) -> Listener {
    let manager = HttpConnectionManager {
        stat_prefix: name.to_owned(),
        rds: Some(Rds { config_source: here(), route_config_name: name.to_owned() }),
        http_filters: vec![HttpFilter { name: "router".to_owned(), typed_config: Some(Router {}.any()) }],
    };
    let api_listener = Some(ApiListener { api_listener: Some(manager.any()) });
    Listener { name: name.to_owned(), api_listener }
}

fn route(name: &str) -> RouteConfiguration {
    let every = Route {
        r#match: Some(RouteMatch { prefix: Some(String::new()) }),
        route: Some(RouteAction { cluster: Some(name.to_owned()) }),
    };
    let host = VirtualHost { name: name.to_owned(), domains: vec!["*".to_owned()], routes: vec![every] };
    RouteConfiguration { name: name.to_owned(), virtual_hosts: vec![host] }
}

fn cluster(name: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        r#type: Some(3),
        eds_cluster_config: Some(EdsClusterConfig { eds_config: here(), service_name: name.to_owned() }),
        lb_policy: 0,
    }
}

/// The instances of a service, by priority and zone.
///
/// A zone has as much weight as it has healthy instances, so that all instances are called equally often. Clients refuse
/// a list whose priorities leave a number out and pass over zones without weight, so zones in which nobody is healthy are
/// left out and the priorities of the others are numbered anew.
fn endpoints(name: &str, found: &[Found]) -> ClusterLoadAssignment {
    let mut priorities: BTreeMap<u8, BTreeMap<&str, Vec<&Found>>> = BTreeMap::new();
    for one in found {
        priorities.entry(one.priority).or_default().entry(&one.zone).or_default().push(one);
    }
    let mut endpoints = Vec::new();
    let mut priority = 0;
    for zones in priorities.into_values() {
        let before = endpoints.len();
        for (zone, found) in zones {
            let healthy = found.iter().filter(|one| one.health == Health::Healthy).count();
            if healthy == 0 {
                continue;
            }
            endpoints.push(LocalityLbEndpoints {
                locality: Some(Locality { zone: zone.to_owned() }),
                lb_endpoints: found.into_iter().map(|one| endpoint(one.address, one.health)).collect(),
                load_balancing_weight: u32::try_from(healthy).ok(),
                priority,
            });
        }
        priority += u32::from(endpoints.len() > before);
    }
    ClusterLoadAssignment { cluster_name: name.to_owned(), endpoints }
}

fn endpoint(address: SocketAddr, health: Health) -> LbEndpoint {
    let socket_address =
        SocketAddress { address: address.ip().to_string(), port_value: Some(address.port().into()) };
    LbEndpoint {
        endpoint: Some(Endpoint { address: Some(Address { socket_address: Some(socket_address) }) }),
        health_status: match health {
            Health::Healthy => 1,
            Health::Unhealthy => 2,
            Health::Draining => 3,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(port: u16, health: Health, zone: &str, priority: u8) -> Found {
        let address = ([10, 0, 0, 1], port).into();
        Found { address, health, version: None, zone: zone.to_owned(), priority }
    }

    #[test]
    fn priorities_leave_no_number_out_and_zones_weigh_what_they_have() {
        let all = [
            found(1, Health::Unhealthy, "a", 0),
            found(2, Health::Healthy, "a", 3),
            found(3, Health::Healthy, "a", 3),
            found(4, Health::Draining, "a", 3),
            found(5, Health::Healthy, "b", 3),
            found(6, Health::Healthy, "", 9),
        ];
        let said: Vec<_> = endpoints("pay", &all)
            .endpoints
            .into_iter()
            .map(|l| (l.priority, l.locality.unwrap().zone, l.load_balancing_weight, l.lb_endpoints.len()))
            .collect();
        assert_eq!(
            said,
            [
                (0, "a".to_owned(), Some(2), 3),
                (0, "b".to_owned(), Some(1), 1),
                (1, String::new(), Some(1), 1)
            ]
        );
    }
}
