//! `discover`: what registries are asked and what is made of their answers; the protocol of xDS, played against the
//! program.

use std::path::Path;
use std::sync::{Arc, Mutex};

use prost::Message;
use protopact::discovery::{Access, Followed, Found, Health, Place, Source, follow};
use protopact::xds::{DiscoveryRequest, DiscoveryResponse, PATH, Status};
use rustix::process::Signal;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Request, Streaming};

use crate::command::{Serving, program, start};
use crate::drive::PATIENCE;
use crate::registries::{Registry, plain};

const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const ROUTE: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const ENDPOINTS: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

type Told = Arc<Mutex<Vec<String>>>;

fn look(place: &str, access: &Access) -> (Followed, Told) {
    let told = Told::default();
    let told_too = told.clone();
    let say: protopact::discovery::Say =
        Arc::new(move |place, what| told_too.lock().unwrap().push(format!("{place}: {what}")));
    let source = Source::Registry(Place::parse_to_look(place).unwrap());
    (follow(vec![source], access, &say).unwrap(), told)
}

/// What is known of `pay` once that is `count` instances.
async fn until(followed: &mut Followed, count: usize) -> Vec<Found> {
    let enough = followed
        .services
        .wait_for(|services| services["pay"].as_ref().is_some_and(|found| found.len() == count));
    let services = tokio::time::timeout(PATIENCE, enough).await.expect("it is found").unwrap();
    services["pay"].clone().unwrap()
}

fn short(found: &[Found]) -> Vec<(String, Health, Option<&str>)> {
    found.iter().map(|f| (f.address.to_string(), f.health, f.version.as_deref())).collect()
}

const CONSUL: &str = r#"[
  {"Node": {"Node": "n", "Address": "127.0.0.1"},
   "Service": {"ID": "pay-1", "Service": "pay", "Tags": ["version=1.4.0", "grpc"], "Address": "127.0.0.1", "Port": 5001,
     "Meta": {"protocol": "grpc", "tls": "false", "version": "1.4.0"}, "Weights": {"Passing": 1, "Warning": 1}},
   "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "service:pay-1", "Status": "warning"}]},
  {"Node": {"Node": "n", "Address": "127.0.0.9"},
   "Service": {"ID": "pay-2", "Service": "pay", "Tags": null, "Address": "", "Port": 5002, "Meta": null},
   "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "service:pay-2", "Status": "critical"}]},
  {"Node": {"Node": "n", "Address": "127.0.0.1"},
   "Service": {"ID": "pay-3", "Service": "pay", "Address": "127.0.0.1", "Port": 5003, "Meta": {}},
   "Checks": [{"CheckID": "_service_maintenance:pay-3", "Status": "critical"}]},
  {"Node": {"Node": "n", "Address": "127.0.0.1"},
   "Service": {"ID": "pay-4", "Service": "pay", "Address": "pay.example", "Port": 5004, "Meta": {}}, "Checks": []}]"#;

#[tokio::test(flavor = "multi_thread")]
async fn consul_is_asked_once_and_then_for_changes() {
    let registry = Registry::start(
        "127.0.0.1:0",
        &[
            ("GET", "200 OK\r\nX-Consul-Index: 41", CONSUL),
            ("GET", "500 Internal Server Error", "No cluster leader"),
            ("GET", "200 OK\r\nX-Consul-Index: 42", "[]"),
        ],
    );
    let access = Access { consul_token: Some("t0p-s3cret".to_owned()), ..Access::default() };
    let (mut followed, told) = look(&format!("consul://{}/pay?dc=eu", registry.address), &access);
    let asked = registry.next();
    assert_eq!(asked.line, "GET /v1/health/service/pay?dc=eu HTTP/1.1");
    assert!(asked.headers.contains("x-consul-token: t0p-s3cret"), "{}", asked.headers);
    let found = until(&mut followed, 3).await;
    assert_eq!(
        short(&found),
        [
            ("127.0.0.1:5001".to_owned(), Health::Healthy, Some("1.4.0")),
            ("127.0.0.1:5003".to_owned(), Health::Draining, None),
            ("127.0.0.9:5002".to_owned(), Health::Unhealthy, None),
        ]
    );
    assert_eq!(registry.next().line, "GET /v1/health/service/pay?dc=eu&index=41&wait=8s HTTP/1.1");
    // It was refused, which changes nothing, and asked anew.
    assert_eq!(registry.next().line, "GET /v1/health/service/pay?dc=eu HTTP/1.1");
    assert_eq!(until(&mut followed, 0).await, []);
    let told = told.lock().unwrap().join("\n");
    for said in [
        "`pay.example:5004` is no IP:PORT",
        "3 instances, 1 healthy, of 1.4.0",
        "what it said last stays",
        "it answers again",
        "0 instances",
    ] {
        assert_eq!(told.matches(said).count(), 1, "{said}: {told}");
    }
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_is_asked_for_the_keys_below_the_name() {
    use base64::Engine as _;
    let b64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let pair =
        |key: &str, value: &str| json!({"key": b64(key), "value": b64(value), "version": "1", "lease": "75"});
    let answer = json!({"header": {"revision": "5"}, "count": "3", "kvs": [
        pair("pay/127.0.0.1:5001", r#"{"Op":0,"Addr":"127.0.0.1:5001","Metadata":{"version":"1.4.0"}}"#),
        pair("pay/127.0.0.1:5002", r#"{"Op":0,"Addr":"127.0.0.1:5002","Metadata":null}"#),
        pair("pay/config", "on"),
    ]})
    .to_string();
    let answer: &'static str = answer.leak();
    let registry = Registry::start(
        "127.0.0.1:0",
        &[("POST /v3/auth", "200 OK", r#"{"token":"first"}"#), ("POST /v3/kv/range", "200 OK", answer)],
    );
    let access = Access { etcd_user: Some(("me".to_owned(), "s3cret".to_owned())), ..Access::default() };
    let (mut followed, told) = look(&format!("etcd://{}/pay", registry.address), &access);
    assert!(registry.next().line.starts_with("POST /v3/auth/authenticate"));
    let asked = registry.next();
    assert!(asked.headers.contains("authorization: first"), "{}", asked.headers);
    assert_eq!((plain(&asked.body["key"]), plain(&asked.body["range_end"])), ("pay/".into(), "pay0".into()));
    let found = until(&mut followed, 2).await;
    assert_eq!(
        short(&found),
        [
            ("127.0.0.1:5001".to_owned(), Health::Healthy, Some("1.4.0")),
            ("127.0.0.1:5002".to_owned(), Health::Healthy, None)
        ]
    );
    let told = told.lock().unwrap().join("\n");
    assert!(told.contains("the value of `pay/config` is no JSON") && !told.contains("s3cret"), "{told}");
}

const NACOS: &str = r#"{"name":"G@@pay","groupName":"G","clusters":"","cacheMillis":10000,"hosts":[
  {"instanceId":"a","ip":"127.0.0.1","port":5001,"weight":1.0,"healthy":true,"enabled":true,"ephemeral":true,
   "clusterName":"DEFAULT","serviceName":"G@@pay","metadata":{"version":"1.4.0","protocol":"grpc"}},
  {"instanceId":"b","ip":"127.0.0.1","port":5002,"weight":1.0,"healthy":false,"enabled":true,"metadata":{}},
  {"instanceId":"c","ip":"127.0.0.1","port":5003,"weight":1.0,"healthy":true,"enabled":false,"metadata":{}},
  {"instanceId":"d","ip":"127.0.0.1","port":5004,"weight":0.0,"healthy":true,"enabled":true,"metadata":{}}],
  "lastRefTime":1700000000000,"checksum":"","allIPs":false,"reachProtectionThreshold":false,"valid":true}"#;

#[tokio::test(flavor = "multi_thread")]
async fn nacos_lists_the_ill_as_well() {
    let registry = Registry::start(
        "127.0.0.1:0",
        &[
            ("POST /nacos/v1/auth/login", "200 OK", r#"{"accessToken":"t0ken","tokenTtl":18000}"#),
            ("GET", "200 OK", NACOS),
        ],
    );
    let access = Access { nacos_user: Some(("nacos".to_owned(), "p".to_owned())), ..Access::default() };
    let (mut followed, told) = look(&format!("nacos://{}/pay?group=G&cluster=A", registry.address), &access);
    registry.next();
    assert_eq!(
        registry.next().line,
        "GET /nacos/v1/ns/instance/list?serviceName=pay&healthyOnly=false&groupName=G&clusters=A&accessToken=t0ken HTTP/1.1"
    );
    let health: Vec<_> = until(&mut followed, 4).await.iter().map(|found| found.health).collect();
    assert_eq!(health, [Health::Healthy, Health::Unhealthy, Health::Draining, Health::Draining]);
    assert!(!told.lock().unwrap().concat().contains("t0ken"));
}

/// A client that plays the protocol.
struct Client {
    requests: mpsc::Sender<DiscoveryRequest>,
    answers: Streaming<DiscoveryResponse>,
}

impl Client {
    async fn to(address: &str) -> Client {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let (requests, receiver) = mpsc::channel(8);
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.unwrap();
        let codec: tonic_prost::ProstCodec<DiscoveryRequest, DiscoveryResponse> = Default::default();
        let stream = Request::new(ReceiverStream::new(receiver));
        let answers = grpc.streaming(stream, PathAndQuery::from_static(PATH), codec).await.unwrap();
        Client { requests, answers: answers.into_inner() }
    }

    async fn say(
        &self,
        type_url: &str,
        names: &[&str],
        seen: Option<&DiscoveryResponse>,
        error: Option<&str>,
    ) {
        let request = DiscoveryRequest {
            type_url: type_url.to_owned(),
            resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
            version_info: seen.map(|seen| seen.version_info.clone()).unwrap_or_default(),
            response_nonce: seen.map(|seen| seen.nonce.clone()).unwrap_or_default(),
            error_detail: error.map(|why| Status { code: 3, message: why.to_owned() }),
            ..DiscoveryRequest::default()
        };
        self.requests.send(request).await.unwrap();
    }

    async fn next(&mut self) -> DiscoveryResponse {
        let next = tokio::time::timeout(PATIENCE, self.answers.message());
        next.await.expect("there is an answer").unwrap().expect("the stream goes on")
    }

    /// Asks for a name, and takes the answer.
    async fn get(&mut self, type_url: &str, name: &str) -> DiscoveryResponse {
        self.say(type_url, &[name], None, None).await;
        let answer = self.next().await;
        assert_eq!((&*answer.type_url, answer.resources.len()), (type_url, 1));
        assert!(answer.resources.iter().all(|any| any.type_url == type_url));
        self.say(type_url, &[name], Some(&answer), None).await;
        answer
    }
}

/// The numbers of the fields once more, as far as this looks at them.
mod fields {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Assignment {
        #[prost(string, tag = "1")]
        pub(super) cluster: String,
        #[prost(message, repeated, tag = "2")]
        pub(super) zones: Vec<Zone>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Zone {
        #[prost(message, repeated, tag = "2")]
        pub(super) endpoints: Vec<Health>,
        #[prost(message, optional, tag = "3")]
        pub(super) weight: Option<u32>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Health {
        #[prost(message, optional, tag = "1")]
        pub(super) endpoint: Option<Endpoint>,
        #[prost(int32, tag = "2")]
        pub(super) status: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Endpoint {
        #[prost(message, optional, tag = "1")]
        pub(super) address: Option<Socket>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Socket {
        #[prost(message, optional, tag = "1")]
        pub(super) inner: Option<Address>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Address {
        #[prost(string, tag = "2")]
        pub(super) ip: String,
        #[prost(uint32, tag = "3")]
        pub(super) port: u32,
    }
}

/// The addresses and states of the endpoints in an answer.
fn endpoints(answer: &DiscoveryResponse) -> Vec<(String, i32)> {
    let assignment = fields::Assignment::decode(&*answer.resources[0].value).unwrap();
    assert_eq!(assignment.cluster, "pay");
    let of = |health: fields::Health| {
        let address = health.endpoint.unwrap().address.unwrap().inner.unwrap();
        (format!("{}:{}", address.ip, address.port), health.status)
    };
    assignment.zones.into_iter().flat_map(|zone| zone.endpoints).map(of).collect()
}

/// A new file in place of the old one, at once.
fn put(dir: &Path, text: &str) {
    std::fs::write(dir.join("new"), text).unwrap();
    std::fs::rename(dir.join("new"), dir.join("services.toml")).unwrap();
}

fn discover(dir: &Path, args: &[&str]) -> Serving {
    start(program(dir, &[&["discover", "--xds", "127.0.0.1:0"], args].concat()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_when_the_file_changes() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "[services]\npay = [\"127.0.0.1:5001\", \"127.0.0.1:5002\"]\n");
    let serving = discover(dir.path(), &["--from", "services.toml", "--bootstrap", "xds.json"]);
    let bootstrap: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("xds.json")).unwrap()).unwrap();
    assert_eq!(bootstrap["xds_servers"][0]["server_uri"], serving.address());
    let mut client = Client::to(serving.address()).await;
    for type_url in [LISTENER, ROUTE, CLUSTER] {
        client.get(type_url, "pay").await;
    }
    let first = client.get(ENDPOINTS, "pay").await;
    assert_eq!(endpoints(&first), [("127.0.0.1:5001".to_owned(), 1), ("127.0.0.1:5002".to_owned(), 1)]);
    // What is no list leaves everybody where they are.
    put(dir.path(), "[services]\npay = [\"localhost\"]\n");
    put(
        dir.path(),
        "[services]\nshop = []\npay = [\"127.0.0.1:5003\", { address = \"127.0.0.1:5002\", health = \"draining\" }]\n",
    );
    let second = client.next().await;
    assert_eq!(endpoints(&second), [("127.0.0.1:5002".to_owned(), 3), ("127.0.0.1:5003".to_owned(), 1)]);
    assert_ne!((&second.version_info, &second.nonce), (&first.version_info, &first.nonce));
    // What the client does not take does not come again; what follows does.
    client.say(ENDPOINTS, &["pay"], Some(&second), Some("no\u{1b}[31m such port")).await;
    client.say("type.googleapis.com/example.Unknown", &["pay"], None, None).await;
    client.say(ENDPOINTS, &["pay"], Some(&second), Some("no such port")).await;
    client.get(LISTENER, "shop").await;
    put(dir.path(), "[services]\npay = [\"127.0.0.1:5004\"]\n");
    // `shop` is gone: of listeners an answer says all, of endpoints only what there is.
    let third = client.next().await;
    assert_eq!((&*third.type_url, endpoints(&third)), (ENDPOINTS, vec![("127.0.0.1:5004".to_owned(), 1)]));
    let gone = client.next().await;
    assert_eq!((&*gone.type_url, gone.resources.len()), (LISTENER, 0));
    let (out, err, status) = serving.end(Signal::TERM);
    assert_eq!((&*out, status.code()), ("", Some(0)), "{err}");
    assert_eq!(err.matches("does not take the endpoints").count(), 1, "{err}");
    assert!(err.contains("`pay`: 2 instances, 1 healthy") && !err.contains('\u{1b}'), "{err}");
    assert!(client.answers.message().await.is_err(), "the stream ends with the server");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bootstrap_file_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("services.json"), r#"{"services": {"pay": []}}"#).unwrap();
    let serving =
        discover(dir.path(), &["--from", "services.json", "--advertise", "xds.internal:0", "--log", "off"]);
    let bootstrap: serde_json::Value = serde_json::from_str(serving.first()).unwrap();
    let server = &bootstrap["xds_servers"][0];
    assert_eq!(
        (&server["channel_creds"][0]["type"], &server["server_features"][0]),
        (&json!("insecure"), &json!("xds_v3"))
    );
    let address = server["server_uri"].as_str().unwrap();
    let port = address.strip_prefix("xds.internal:").unwrap();
    // That nobody is there is an answer.
    let mut client = Client::to(&format!("127.0.0.1:{port}")).await;
    assert_eq!(endpoints(&client.get(ENDPOINTS, "pay").await), []);
    let (_, err, status) = serving.end(Signal::INT);
    assert_eq!((&*err, status.code()), ("", Some(0)));
}

#[test]
fn what_cannot_be_discovered_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    std::fs::write(dir.path().join("fine.toml"), "[services]\npay = []\n").unwrap();
    std::fs::write(dir.path().join("odd.toml"), "[services]\npay = [\"localhost:1\"]\n").unwrap();
    let free = "127.0.0.1:0";
    let cases: [(&[&str], i32, &str); 8] = [
        (&["--xds", free], 2, "--from"),
        (&["--xds", free, "--from", "zookeeper://h:1/pay"], 2, "the registries are `consul`"),
        (&["--xds", free, "--from", "consul://me:s3cret@h:1/pay"], 2, "come from the environment"),
        (&["--xds", free, "--from", "gone.toml"], 4, "cannot read `gone.toml`"),
        (&["--xds", free, "--from", "odd.toml"], 2, "odd.toml:2:"),
        (&["--xds", free, "--from", "fine.toml", "--from", "consul://127.0.0.1:1/pay"], 2, "in two sources"),
        (&["--xds", "0.0.0.0:0", "--from", "fine.toml"], 2, "--advertise HOST:PORT"),
        (&["--xds", &taken, "--from", "fine.toml"], 4, "cannot listen on"),
    ];
    for (args, code, text) in cases {
        let output = program(dir.path(), &[&["discover"], args].concat()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(code), &b""[..]), "{args:?}: {err}");
        assert!(err.contains(text) && !err.contains("s3cret"), "{args:?}: {err}");
    }
}
