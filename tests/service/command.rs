//! `protopact serve` as a process: how it says that it is ready, what it writes, how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request};

use crate::drive::{Client, ITEM, bytes, client_of};

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
message Item { string name = 1; }
service Shop { rpc Same(Item) returns (Item); rpc Talk(stream Item) returns (stream Item); }
"#;

/// A server that ends with the test.
pub(crate) struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    first: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("proto/shop/v1")).unwrap();
    std::fs::write(dir.path().join("proto/shop/v1/shop.proto"), PROTO).unwrap();
    std::fs::write(dir.path().join("protopact.toml"), "[contract]\nroots = [\"proto\"]\n").unwrap();
    dir
}

fn command(dir: &Path, args: &[&str]) -> Command {
    program(dir, &[&["serve"], args].concat())
}

#[expect(clippy::disallowed_methods, reason = "this is about the process")]
pub(crate) fn program(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
    command.args(args).current_dir(dir).env_clear().stdin(Stdio::null());
    command
}

pub(crate) fn serve(dir: &Path, args: &[&str]) -> Serving {
    serve_in(dir, args, &[])
}

/// The same with something in its environment.
pub(crate) fn serve_in(dir: &Path, args: &[&str], env: &[(&str, String)]) -> Serving {
    let env = env.iter().map(|(name, value)| (name, value));
    let mut serve = command(dir, args);
    serve.envs(env);
    start(serve)
}

/// Starts what says in its first line that it is ready.
pub(crate) fn start(mut command: Command) -> Serving {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    if first.is_empty() {
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        panic!("it does not start: {said}");
    }
    Serving { child, out, first }
}

impl Serving {
    pub(crate) fn first(&self) -> &str {
        self.first.trim_end()
    }

    pub(crate) fn address(&self) -> &str {
        self.first.trim_end().strip_prefix("listening on ").unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        client_of(
            Endpoint::from_shared(format!("http://{}", self.address())).unwrap().connect().await.unwrap(),
        )
    }

    /// Ends it; gives the rest of its output, its errors and its code.
    pub(crate) fn end(mut self, signal: Signal) -> (String, String, ExitStatus) {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (out, err, self.child.wait().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_line_says_where_and_a_signal_ends_it() {
    let dir = folder();
    for signal in [Signal::TERM, Signal::INT] {
        let serving = serve(dir.path(), &["--log", "off"]);
        assert!(serving.address().starts_with("127.0.0.1:"), "{}", serving.first);
        assert_eq!(serving.client().await.unary("Same", ITEM).await.unwrap(), ITEM);
        let (out, err, status) = serving.end(signal);
        assert_eq!((&*out, status.code()), ("", Some(0)), "{signal:?}: {err}");
        assert!(!err.contains("Same"), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_says_more() {
    let dir = folder();
    let serving = serve(dir.path(), &["--format", "json", "--metrics", "127.0.0.1:0", "--log", "json", "-q"]);
    let ready: serde_json::Value = serde_json::from_str(&serving.first).unwrap();
    assert_eq!((ready["event"].as_str(), ready["tls"].as_bool()), (Some("listening"), Some(false)));
    assert!(ready["metrics"].as_str().unwrap().starts_with("127.0.0.1:"));
    let address = ready["address"].as_str().unwrap().to_owned();
    let client =
        client_of(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap());
    client.unary("Same", ITEM).await.unwrap();
    let (_, err, status) = serving.end(Signal::TERM);
    assert_eq!(status.code(), Some(0));
    let line: serde_json::Value = serde_json::from_str(err.lines().next().unwrap()).unwrap();
    assert_eq!((line["method"].as_str(), line["code"].as_str()), (Some("/shop.v1.Shop/Same"), Some("OK")));
}

/// A log that nobody reads: the pipe is full after 64 KiB, and lines of five hundred bytes fill it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_holds_nothing_up() {
    let dir = folder();
    let mut serving = serve(dir.path(), &["--log", "json", "-q"]);
    let client = serving.client().await;
    let gone = "Gone".repeat(50);
    for _ in 0..200 {
        assert_eq!(client.unary(&gone, ITEM).await.unwrap_err().code(), Code::Unimplemented);
    }
    rustix::process::kill_process(Pid::from_child(&serving.child), Signal::TERM).unwrap();
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_reader_has_gone_holds_nothing_up() {
    let dir = folder();
    let mut serving = serve(dir.path(), &["-q"]);
    drop(serving.child.stderr.take());
    let client = serving.client().await;
    for _ in 0..3 {
        assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
    }
    rustix::process::kill_process(Pid::from_child(&serving.child), Signal::TERM).unwrap();
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[test]
fn json_says_which_version_is_served() {
    let dir = folder();
    let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let repo = git2::Repository::init(dir.path()).unwrap();
    let mut index = repo.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
    let commit = repo.commit(Some("HEAD"), &who, &who, "one", &tree, &[]).unwrap();
    repo.tag("v1.2.0", &repo.find_object(commit, None).unwrap(), &who, "", false).unwrap();
    let hash = commit.to_string();
    for name in ["v1.2.0", "refs/tags/v1.2.0", &hash] {
        for args in [&["--from", name][..], &[name]] {
            let serving = serve(dir.path(), &[args, &["--format", "json"]].concat());
            let ready: serde_json::Value = serde_json::from_str(&serving.first).unwrap();
            assert_eq!(ready["version"], "1.2.0", "{args:?}");
        }
    }
    let serving = serve(dir.path(), &["--format", "json"]);
    let ready: serde_json::Value = serde_json::from_str(&serving.first).unwrap();
    assert_eq!(ready["version"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_is_in_the_file_when_the_server_has_ended() {
    let dir = folder();
    let serving = serve(dir.path(), &["--record", "calls.jsonl"]);
    let client = serving.client().await;
    client.unary("Same", ITEM).await.unwrap();
    client.all("Talk", &[ITEM, ITEM]).await.1.unwrap();
    drop(client);
    let (_, err, status) = serving.end(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{err}");
    let text = std::fs::read_to_string(dir.path().join("calls.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let seen: Vec<_> = lines
        .iter()
        .map(|l| (l["method"].as_str().unwrap(), l["call"].as_u64().unwrap(), l["index"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [("/shop.v1.Shop/Same", 0, 0), ("/shop.v1.Shop/Talk", 1, 0), ("/shop.v1.Shop/Talk", 1, 1)]
    );
    assert!(lines.iter().all(|l| l["bytes"] == "0a03746561"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_from_a_folder_or_the_server_does_not_start() {
    let dir = folder();
    let answers = dir.path().join("answers/shop.v1.Shop");
    std::fs::create_dir_all(&answers).unwrap();
    std::fs::write(answers.join("Same.json"), r#"{"name": "cake"}"#).unwrap();
    let serving = serve(dir.path(), &["--answers", "answers"]);
    assert_eq!(serving.client().await.unary("Same", ITEM).await.unwrap(), &b"\x0a\x04cake"[..]);
    std::fs::rename(answers.join("Same.json"), answers.join("Smae.json")).unwrap();
    let refused = command(dir.path(), &["--answers", "answers"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("`answers/shop.v1.Shop/Smae.json` answers no method of the contract"), "{said}");
    assert!(said.contains("did you mean `shop.v1.Shop/Same`?"), "{said}");
    let refused = command(dir.path(), &["--answers", "nowhere"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("cannot read `nowhere`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_made_and_written() {
    let dir = folder();
    let serving = serve(dir.path(), &["--tls-self-signed", "certs/here", "--mutual-tls"]);
    let read = |name: &str| std::fs::read(dir.path().join("certs/here").join(name)).unwrap();
    let tls =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("ca.pem"))).domain_name("localhost");
    let with = tls.clone().identity(Identity::from_pem(read("client.pem"), read("client.key")));
    let endpoint = Endpoint::from_shared(format!("https://{}", serving.address())).unwrap();
    let client = client_of(endpoint.clone().tls_config(with).unwrap().connect().await.unwrap());
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
    // The same files by hand.
    let args = ["--tls-cert", "certs/here/server.pem", "--tls-key", "certs/here/server.key"];
    let serving = serve(dir.path(), &args);
    let endpoint = Endpoint::from_shared(format!("https://{}", serving.address())).unwrap();
    let client = client_of(endpoint.tls_config(tls).unwrap().connect().await.unwrap());
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.path().join("certs/here/server.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "keys are for their owner");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_service_is_there_when_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serve(dir.path(), &["--interop"]);
    let client = serving.client().await;
    let call = |method: &str, message: &'static [u8]| {
        let (client, path) = (client.clone(), format!("/grpc.testing.TestService/{method}"));
        async move { client.unary_with(&path, Request::new(bytes(message))).await }
    };
    assert_eq!(call("EmptyCall", b"").await.unwrap().into_inner(), "");
    // response_size = 3
    assert_eq!(call("UnaryCall", b"\x10\x03").await.unwrap().into_inner(), &b"\x0a\x05\x12\x03\0\0\0"[..]);
    // response_status = { code: 5 message: "x" }
    let status = call("UnaryCall", b"\x3a\x05\x08\x05\x12\x01x").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "x"));
    assert_eq!(
        call("UnaryCall", b"\x10\xff\xff\xff\xff\x07").await.unwrap_err().code(),
        Code::ResourceExhausted
    );
    assert_eq!(call("UnimplementedCall", b"").await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_flight_is_finished_and_a_second_signal_cuts_it() {
    let dir = folder();
    for cut in [false, true] {
        let mut serving = serve(dir.path(), &["--grace", "600"]);
        let client = serving.client().await;
        let (send, receive) = tokio::sync::mpsc::channel(1);
        let requests = Request::new(tokio_stream::wrappers::ReceiverStream::new(receive));
        let mut answers = client.stream("Talk", requests).await.unwrap().into_inner();
        send.send(bytes(ITEM)).await.unwrap();
        answers.message().await.unwrap().unwrap();
        let pid = Pid::from_child(&serving.child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        // It is ending when nobody can come in any more.
        while tokio::net::TcpStream::connect(serving.address()).await.is_ok() {}
        if cut {
            rustix::process::kill_process(pid, Signal::INT).unwrap();
            assert!(answers.message().await.is_err());
        } else {
            send.send(bytes(ITEM)).await.unwrap();
            assert_eq!(answers.message().await.unwrap().unwrap(), ITEM);
            assert!(serving.child.try_wait().unwrap().is_none());
            drop(send);
            assert_eq!(answers.message().await.unwrap(), None);
        }
        assert_eq!(serving.child.wait().unwrap().code(), Some(0));
        let mut err = String::new();
        serving.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err.contains("second signal"), cut, "{err}");
    }
}

#[test]
fn what_cannot_be_served_is_told() {
    let dir = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::fs::create_dir(dir.path().join("other")).unwrap();
    std::fs::write(dir.path().join("other/broken.proto"), "message {").unwrap();
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--listen", &address], 4, "cannot listen on"),
        (&["--register", "consul://me:s3cret@h:1/pay"], 2, "come from the environment"),
        (&["--listen", "here"], 2, "invalid"),
        (&["--from", "v9"], 2, "v9"),
        (&["other"], 3, "broken.proto"),
        (&["--tls-cert", "gone.pem", "--tls-key", "gone.key"], 4, "cannot read `gone.pem`"),
        (
            &["--tls-cert", "protopact.toml", "--tls-key", "protopact.toml"],
            2,
            "the certificate holds no certificate",
        ),
    ];
    for (args, code, text) in cases {
        let output = command(dir.path(), args).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(code), &b""[..]), "{args:?}: {err}");
        assert!(err.contains(text) && !err.contains("s3cret"), "{args:?}: {err}");
    }
}
