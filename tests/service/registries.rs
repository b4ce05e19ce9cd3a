//! `serve` among other services: what registries are told, and when, also where they do not answer.
//!
//! The registries here only keep what they are asked.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protopact::discovery::{Access, Entry, Instance, Place, enter};
use serde_json::{Value, json};

/// What a registry was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: Value,
}

/// A registry that gives the answers that it was given, or `200` and an empty object when there are none left.
pub(crate) struct Registry {
    pub(crate) address: SocketAddr,
    asked: Receiver<Asked>,
}

type Answers = Arc<Mutex<VecDeque<(&'static str, &'static str, &'static str)>>>;

impl Registry {
    /// `answers` are looked through from the front for the first one whose request line begins like that.
    pub(crate) fn start(at: &str, answers: &[(&'static str, &'static str, &'static str)]) -> Registry {
        let listener = TcpListener::bind(at).unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (answers, sender) = (answers.clone(), sender.clone());
                std::thread::spawn(move || answer(stream, &answers, &sender));
            }
        });
        Registry { address, asked }
    }

    pub(crate) fn next(&self) -> Asked {
        self.asked.recv_timeout(Duration::from_secs(30)).expect("the registry is asked")
    }
}

fn answer(stream: std::net::TcpStream, answers: &Answers, sender: &Sender<Asked>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        let lower = header.to_ascii_lowercase();
        length = lower.strip_prefix("content-length:").map_or(length, |n| n.trim().parse().unwrap());
        headers.push_str(&lower);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut left = answers.lock().unwrap();
    let at = left.iter().position(|(start, _, _)| line.starts_with(start));
    let (_, status, text) = at.and_then(|at| left.remove(at)).unwrap_or(("", "200 OK", "{}"));
    drop(left);
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    sender.send(Asked { line: line.trim_end().to_owned(), headers, body }).ok()?;
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", text.len());
    (&stream).write_all(format!("{head}{text}").as_bytes()).ok()
}

type Told = Arc<Mutex<Vec<String>>>;

fn instance() -> Instance {
    let facts = [("protocol", "grpc"), ("version", "1.4.0")];
    Instance {
        address: "127.0.0.1:50051".parse().unwrap(),
        tls: false,
        facts: facts.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
    }
}

fn begin(place: &str, access: &Access) -> (Entry, Told) {
    let told = Told::default();
    let told_too = told.clone();
    let tell =
        Arc::new(move |place: &Place, what: &str| told_too.lock().unwrap().push(format!("{place}: {what}")));
    (enter(&Place::parse(place).unwrap(), instance(), access, tell).unwrap(), told)
}

/// The body of a form of base64 inside of JSON.
pub(crate) fn plain(text: &Value) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn consul_is_told_how_to_look_after_the_instance() {
    let registry = Registry::start("127.0.0.1:0", &[("GET", "404 Not Found", "unknown service ID")]);
    let access = Access { consul_token: Some("t0p-s3cret".to_owned()), ..Access::default() };
    let (entry, told) = begin(&format!("consul://{}/acme-pay?dc=eu", registry.address), &access);
    let asked = registry.next();
    assert_eq!(asked.line, "PUT /v1/agent/service/register?dc=eu&replace-existing-checks=true HTTP/1.1");
    assert!(asked.headers.contains("x-consul-token: t0p-s3cret"), "{}", asked.headers);
    let check = &asked.body["Check"];
    assert_eq!(
        (&asked.body["Name"], &asked.body["Address"], &asked.body["Port"], &asked.body["Meta"]["version"]),
        (&json!("acme-pay"), &json!("127.0.0.1"), &json!(50051), &json!("1.4.0"))
    );
    assert_eq!((&check["GRPC"], &check["GRPCUseTLS"]), (&json!("127.0.0.1:50051"), &json!(false)));
    // An agent that was started anew knows nothing of it, and is told again.
    assert!(registry.next().line.starts_with("GET /v1/agent/service/acme-pay-127.0.0.1:50051?"));
    assert!(registry.next().line.starts_with("PUT /v1/agent/service/register?"));
    entry.leave().await;
    assert!(registry.next().line.starts_with("PUT /v1/agent/service/deregister/acme-pay-127.0.0.1:50051?"));
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with("127.0.0.1:50051 is registered"), "{told:?}");
    assert!(told[1].ends_with("127.0.0.1:50051 is taken out"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_stand_for_checks_where_consul_cannot_call() {
    let registry = Registry::start("127.0.0.1:0", &[]);
    let (entry, _) = begin(&format!("consul://{}/pay?check=ttl", registry.address), &Access::default());
    assert_eq!(registry.next().body["Check"]["TTL"], "15s");
    assert!(registry.next().line.starts_with("PUT /v1/agent/check/pass/service:pay-127.0.0.1:50051 "));
    entry.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_has_a_key_under_a_lease() {
    let registry = Registry::start(
        "127.0.0.1:0",
        &[
            ("POST /v3/auth", "200 OK", r#"{"token":"first"}"#),
            ("POST /v3/lease/grant", "200 OK", r#"{"ID":"7587","TTL":"3"}"#),
            // The token has run out.
            ("POST /v3/kv/put", "401 Unauthorized", "etcdserver: invalid auth token"),
            ("POST /v3/auth", "200 OK", r#"{"token":"second"}"#),
            ("POST /v3/lease/keepalive", "200 OK", r#"{"result":{"ID":"7587","TTL":"3"}}"#),
            // The lease was lost, with all that was under it.
            ("POST /v3/lease/keepalive", "200 OK", r#"{"result":{"ID":"7587"}}"#),
            ("POST /v3/lease/grant", "200 OK", r#"{"ID":"7588","TTL":"3"}"#),
        ],
    );
    let access = Access { etcd_user: Some(("me".to_owned(), "s3cret".to_owned())), ..Access::default() };
    let (entry, told) = begin(&format!("etcd://{}/services/pay?ttl=3", registry.address), &access);
    let asked = || {
        let asked = registry.next();
        (asked.line.split(' ').nth(1).unwrap().to_owned(), asked)
    };
    let (path, login) = asked();
    assert_eq!(
        (&*path, &login.body),
        ("/v3/auth/authenticate", &json!({"name": "me", "password": "s3cret"}))
    );
    assert_eq!(asked().1.body, json!({"TTL": "3"}));
    assert_eq!(asked().0, "/v3/kv/put");
    assert_eq!(asked().0, "/v3/auth/authenticate");
    let (path, put) = asked();
    assert_eq!((&*path, &put.body["lease"]), ("/v3/kv/put", &json!("7587")));
    assert!(put.headers.contains("authorization: second"), "{}", put.headers);
    assert_eq!(plain(&put.body["key"]), "services/pay/127.0.0.1:50051");
    let value: Value = serde_json::from_str(&plain(&put.body["value"])).unwrap();
    assert_eq!((&value["Op"], &value["Addr"]), (&json!(0), &json!("127.0.0.1:50051")));
    for expected in ["/v3/lease/keepalive", "/v3/lease/keepalive", "/v3/lease/grant", "/v3/kv/put"] {
        assert_eq!(asked().0, expected);
    }
    entry.leave().await;
    let (path, revoke) = asked();
    assert_eq!((&*path, &revoke.body), ("/v3/lease/revoke", &json!({"ID": "7588"})));
    assert!(!told.lock().unwrap().concat().contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nacos_wants_beats() {
    let registry = Registry::start(
        "127.0.0.1:0",
        &[
            ("POST /nacos/v1/auth/login", "200 OK", r#"{"accessToken":"t0ken","tokenTtl":18000}"#),
            ("POST /nacos/v1/ns/instance", "200 OK", "ok"),
            ("POST /nacos/v1/ns/instance", "200 OK", "ok"),
            ("PUT", "200 OK", r#"{"clientBeatInterval":50,"code":10200,"lightBeatEnabled":true}"#),
            // The server was started anew.
            ("PUT", "200 OK", r#"{"clientBeatInterval":50,"code":20404,"lightBeatEnabled":true}"#),
        ],
    );
    let access = Access { nacos_user: Some(("nacos".to_owned(), "p&ss=x".to_owned())), ..Access::default() };
    let (entry, told) = begin(&format!("nacos://{}/pay?group=G&namespace=dev", registry.address), &access);
    let login = registry.next();
    assert_eq!(login.body, json!("username=nacos&password=p%26ss%3Dx"));
    let entered = registry.next().line;
    assert!(
        entered.starts_with("POST /nacos/v1/ns/instance?serviceName=pay&ip=127.0.0.1&port=50051&ephemeral=true&groupName=G&namespaceId=dev&accessToken=t0ken&metadata="),
        "{entered}"
    );
    assert!(registry.next().line.starts_with("PUT /nacos/v1/ns/instance/beat?"));
    assert!(registry.next().line.starts_with("PUT /nacos/v1/ns/instance/beat?"));
    assert!(registry.next().line.starts_with("POST /nacos/v1/ns/instance?"));
    entry.leave().await;
    let last = std::iter::from_fn(|| registry.asked.try_recv().ok()).last().unwrap().line;
    assert!(last.starts_with("DELETE /nacos/v1/ns/instance?"), "{last}");
    assert!(!told.lock().unwrap().concat().contains("t0ken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_down_is_told_once_and_asked_again() {
    // The address of one that was there.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (entry, told) = begin(&format!("consul://{gone}/pay"), &Access::default());
    let wait = |count: usize| {
        let told = told.clone();
        async move {
            while told.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        }
    };
    wait(1).await;
    let registry = Registry::start(
        &gone.to_string(),
        &[("PUT /v1/agent/service/register", "403 Forbidden", "Permission denied: token\nwith ID 'x'")],
    );
    assert!(registry.next().line.contains("/register"), "it refuses first");
    assert!(registry.next().line.contains("/register"));
    wait(2).await;
    entry.leave().await;
    let told = told.lock().unwrap();
    let words = ["cannot register 127.0.0.1:50051: no answer", "is registered", "is taken out"];
    assert_eq!(told.len(), words.len(), "told once, not for every failure: {told:?}");
    assert!(told.iter().zip(words).all(|(told, word)| told.contains(word)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_is_told_with_what_it_says() {
    let registry =
        Registry::start("127.0.0.1:0", &[("PUT", "403 Forbidden", "Permission denied: no \u{1b}[31mtoken")]);
    let (entry, told) = begin(&format!("consul://{}/pay", registry.address), &Access::default());
    registry.next();
    registry.next();
    entry.leave().await;
    let told = told.lock().unwrap();
    assert!(
        told[0].contains("it answers 403 Forbidden: Permission denied: no") && !told[0].contains('\u{1b}'),
        "{told:?}"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_leaves_its_registries_before_it_refuses_calls() {
    use rustix::process::Signal;

    let registry = Registry::start("127.0.0.1:0", &[]);
    let dir = crate::command::folder();
    let place = format!("consul://{}/pay", registry.address);
    let serving = crate::command::serve(
        dir.path(),
        &["--register", &place, "--drain-delay", "0", "--listen", "0.0.0.0:0", "--advertise", "127.0.0.9:0"],
    );
    let asked = registry.next();
    let port = serving.address().rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    assert_eq!((&asked.body["Address"], &asked.body["Port"]), (&json!("127.0.0.9"), &json!(port)));
    let (_, err, status) = serving.end(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{err}");
    let last = std::iter::from_fn(|| registry.asked.try_recv().ok()).last().unwrap().line;
    assert!(last.contains("/v1/agent/service/deregister/pay-127.0.0.9:"), "{last}");
    // Whether it had the answer of the registry before the signal came is another matter.
    assert!(err.contains(&format!("registry  {place}  127.0.0.9:{port} is taken out")), "{err}");
    // Another address than the one that is listened on is found by itself.
    let serving = crate::command::serve(
        dir.path(),
        &["--register", &place, "--drain-delay", "0", "--listen", "0.0.0.0:0"],
    );
    assert_eq!(registry.next().body["Address"], "127.0.0.1");
    drop(serving);
}
