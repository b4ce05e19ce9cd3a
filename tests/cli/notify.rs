//! Servers that are told of published versions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::dying::everywhere;
use crate::env::Output;
use crate::publish::{Repo, one_line};
use crate::server::{Answer, Server};

/// What a server was sent: signature, key, body.
type Got = Arc<Mutex<Vec<(String, String, String)>>>;

/// A contract whose versions a server is told of; `answer` gets the number of the request.
fn told(answer: impl Fn(u32) -> Answer + Send + Sync + 'static) -> (Repo, Server, Got) {
    let got = Got::default();
    let (kept, times) = (Arc::clone(&got), AtomicU32::new(0));
    let server = Server::start(move |request| {
        let header = |name| request.header(name).unwrap_or_default().to_owned();
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert_eq!(request.path, "/hooks/t0ken?x=1");
        kept.lock().unwrap().push((header("x-protopact-signature"), header("idempotency-key"), body));
        answer(times.fetch_add(1, Ordering::SeqCst))
    });
    let repo = Repo::new();
    configure(&repo, &server.url());
    (repo, server, got)
}

fn configure(repo: &Repo, url: &str) {
    let config = repo.env.read("protopact.toml");
    let config = config.split("\n[[").next().unwrap();
    let hook = format!("\n[[release.notify]]\nurl = \"{url}/hooks/t0ken?x=1\"\nsecret = \"HOOK_SECRET\"\n");
    repo.env.write("protopact.toml", &format!("{}\n{hook}", config.trim_end()));
    repo.push("notify");
}

fn run(repo: &Repo, args: &[&str]) -> Output {
    let mut environment = repo.environment();
    environment.insert("HOOK_SECRET".into(), "s3cret".into());
    let output = repo.env.run_with(args, |io| {
        io.env = environment;
        io.now = SystemTime::now();
    });
    assert!(!format!("{output}").contains("s3cret") && !format!("{output}").contains("t0ken"), "{output}");
    output
}

/// HMAC-SHA256 of a text with `s3cret`, by its definition.
fn signed(text: &str) -> String {
    let pad = |with: u8| {
        let mut block = [with; 64];
        b"s3cret".iter().zip(&mut block).for_each(|(key, byte)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    format!(
        "sha256={}",
        HEXLOWER.encode(&Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
    )
}

#[test]
fn a_server_is_told_once_it_takes_it() {
    let (repo, server, got) =
        told(|n| Answer::status(if n == 0 { 500 } else { 200 }).header("retry-after", "0"));
    let planned = run(&repo, &["release", "--declare", "1.0.0", "--dry-run"]);
    assert!(planned.out.contains(&format!("notice to `{}`", server.url())), "{planned}");
    let output = run(&repo, &["release", "--declare", "1.0.0"]);
    assert!(output.code == 0 && output.out.contains(&format!(" told `{}`\n", server.url())), "{output}");
    let first = std::mem::take(&mut *got.lock().unwrap());
    assert_eq!(first.len(), 2);
    assert_eq!(first[0], first[1], "it is the same notice, with the same key");
    repo.adds();
    let output = run(&repo, &["release", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    let notices = serde_json::json!([{ "server": server.url(), "taken": true, "error": null }]);
    assert_eq!(said["published"]["notices"], notices, "{output}");
    let (signature, key, body) = got.lock().unwrap()[0].clone();
    assert_eq!(signature, signed(&body));
    assert!(key.len() == 64 && key != first[0].1, "{key}");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    for (name, value) in [
        ("event", "release.published"),
        ("contract", "acme/pay"),
        ("version", "1.1.0"),
        ("previous", "1.0.0"),
        ("tag", "v1.1.0"),
        ("bump", "minor"),
    ] {
        assert_eq!(body[name], value, "{body}");
    }
    assert_eq!((&body["breaks"], &body["commit"]), (&false.into(), &repo.env.head().into()), "{body}");
    assert_eq!(body["changes"][0]["symbol"], "pay.v1.Charge.note", "{body}");
    assert!(body["notes"].as_str().unwrap().contains("### Added"), "{body}");
    // Everything is published by then.
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
    let _ = run(&repo, &["release", "--quiet"]);
    assert_eq!(got.lock().unwrap().len(), 1, "it is told once");
}

#[test]
fn what_to_upgrade_to_is_told_in_each_language() {
    let got = Got::default();
    let kept = Arc::clone(&got);
    let server = Server::start(move |request| {
        let body = String::from_utf8(request.body.clone()).unwrap();
        kept.lock().unwrap().push((String::new(), String::new(), body));
        Answer::status(200)
    });
    let all = everywhere();
    let config = all.repo.env.read("protopact.toml");
    let hook = format!("\n[[release.notify]]\nurl = \"{}/hook\"\n", server.url());
    all.repo.env.write("protopact.toml", &format!("{}\n{hook}", config.trim_end()));
    all.repo.adds();
    let _ = all.ok(&["release", "--pre", "rc"]);
    all.repo.edit("int32 amount", "string amount");
    let _ = all.ok(&["release", "--declare", "2.0.0"]);
    let told = |number: usize| -> serde_json::Value {
        serde_json::from_str(&got.lock().unwrap()[number].2).unwrap()
    };
    let row = |language: &str, from: &str, to: &str, package: &str| serde_json::json!({"language": language, "from": from, "to": to, "package": package});
    assert_eq!(
        told(0)["upgrade"],
        serde_json::json!([
            row("go", "v1.0.0", "v1.1.0-rc.1", "example.com/acme/pay-go@v1.1.0-rc.1"),
            row("java", "1.0.0", "1.1.0-rc.1", "com.acme.pay:acme-pay:1.1.0-rc.1"),
            row("python", "1.0.0", "1.1.0rc1", "acme-pay==1.1.0rc1"),
            row("rust", "1.0.0", "1.1.0-rc.1", "acme-pay@1.1.0-rc.1"),
        ])
    );
    assert_eq!(
        told(1)["upgrade"],
        serde_json::json!([
            row("go", "v1.0.0", "v2.0.0", "example.com/acme/pay-go/v2@v2.0.0"),
            row("java", "1.0.0", "2.0.0", "com.acme.pay:acme-pay:2.0.0"),
            row("python", "1.0.0", "2.0.0", "acme-pay==2.0.0"),
            row("rust", "1.0.0", "2.0.0", "acme-pay@2.0.0"),
        ])
    );
    // The same rows are those of the notes.
    assert!(told(1)["notes"].as_str().unwrap().contains("### Upgrading"), "{}", told(1));
}

#[test]
fn a_server_that_is_down_takes_nothing_back_and_is_told_by_the_next_run() {
    let (repo, server, got) = told(|_| Answer::status(204));
    let url = server.url();
    // Nobody listens there any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    configure(&repo, &format!("http://127.0.0.1:{port}"));
    let output = run(&repo, &["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    let said = one_line(&output.err);
    let warned = format!("warning: the notice to `http://127.0.0.1:{port}` is not taken, and waits");
    assert!(said.contains(&warned) && said.contains("does not answer"), "{output}");
    assert_eq!((repo.folder().len(), repo.remote().len()), (1, 2), "it is published all the same");
    // It is there again, where it was: what waits knows its address.
    let waiting = std::fs::read_dir(repo.env.work().join(".git/protopact")).unwrap();
    let waiting =
        waiting.map(|e| e.unwrap().path()).find(|p| p.to_string_lossy().contains("notices-")).unwrap();
    let kept = std::fs::read_to_string(&waiting).unwrap();
    assert!(!kept.contains("s3cret"), "{kept}");
    std::fs::write(&waiting, kept.replace(&format!("http://127.0.0.1:{port}"), &url)).unwrap();
    configure(&repo, &url);
    let output = run(&repo, &["release", "--quiet"]);
    assert_eq!((output.code, &*output.out), (0, "nothing changed since 1.0.0: no release\n"), "{output}");
    assert_eq!(got.lock().unwrap().len(), 1);
    assert!(got.lock().unwrap()[0].2.contains("\"version\":\"1.0.0\""));
    assert!(!waiting.exists());
}

#[test]
fn an_address_that_is_secret_stays_in_the_environment() {
    let (repo, server, got) = told(|_| Answer::status(200));
    let text = repo.env.read("protopact.toml");
    let (before, _) = text.split_once("\n[[").unwrap();
    repo.env.write("protopact.toml", &format!("{before}\n[[release.notify]]\nurl-env = \"HOOK_URL\"\n"));
    repo.push("an address of the environment");
    let with = |url: Option<&str>, args: &[&str]| {
        let mut environment = repo.environment();
        environment.extend(url.map(|url| ("HOOK_URL".into(), url.into())));
        let output = repo.env.run_with(args, |io| {
            io.env = environment;
            io.now = SystemTime::now();
        });
        assert!(!format!("{output}").contains("t0ken"), "{output}");
        output
    };
    for (url, why) in [
        (None, "variable `HOOK_URL`, which says where notices go, is not set"),
        (Some("https://me:t0ken@host/x"), "holds no address that notices can be sent to"),
    ] {
        let output = with(url, &["release", "--declare", "1.0.0"]);
        assert!(output.code == 2 && one_line(&output.err).contains(why), "{output}");
    }
    assert!(repo.folder().is_empty());
    // One that is down: what waits has the name of the variable alone, and nobody else may read it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let down = format!("http://127.0.0.1:{port}/hooks/t0ken?x=1");
    let output = with(Some(&down), &["release", "--declare", "1.0.0"]);
    assert!(
        output.code == 0 && one_line(&output.err).contains("the notice to `$HOOK_URL` is not taken"),
        "{output}"
    );
    let mut kept = 0;
    for file in std::fs::read_dir(repo.env.work().join(".git/protopact")).unwrap() {
        let path = file.unwrap().path();
        let content = std::fs::read_to_string(&path).unwrap();
        assert!(!content.contains("t0ken"), "{}: {content}", path.display());
        if path.extension().is_some_and(|ending| ending == "json") {
            kept += 1;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
    }
    assert_eq!(kept, 1);
    let there = format!("{}/hooks/t0ken?x=1", server.url());
    assert_eq!(with(Some(&there), &["release", "--quiet"]).code, 0);
    assert_eq!(got.lock().unwrap().len(), 1);
    // In the configuration, which is published, such an address has no place.
    for url in ["https://h/x?token=t0ken", "https://h/x?t0ken0123456789012345", "https://h/x?a=1&X-Sig=t0ken"]
    {
        repo.env.write("protopact.toml", &format!("{before}\n[[release.notify]]\nurl = \"{url}\"\n"));
        let output = with(None, &["release", "--dry-run"]);
        let said = one_line(&output.err);
        assert!(output.code == 2 && said.contains("this file is published"), "{output}");
        assert!(said.contains("`url-env = \"CONTRACTS_HOOK_URL\"`"), "{output}");
    }
}

#[test]
fn a_notice_whose_server_is_no_longer_told_is_told_of() {
    let (repo, server, got) = told(|_| Answer::status(200));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = format!("http://127.0.0.1:{port}");
    configure(&repo, &gone);
    assert_eq!(run(&repo, &["release", "--declare", "1.0.0"]).code, 0);
    configure(&repo, &server.url());
    let output = run(&repo, &["release", "--quiet"]);
    let told = format!(
        "warning: the notice that waited for `{gone}` is not sent: `[[release.notify]]` has its address no more"
    );
    assert!(output.code == 0 && one_line(&output.err).contains(&told), "{output}");
    assert_eq!(got.lock().unwrap().len(), 0);
    assert!(run(&repo, &["release", "--quiet"]).err.is_empty(), "it is told once");
}

#[test]
fn what_a_notice_says_of_a_version_that_was_declared_is_what_its_number_says() {
    let (repo, _server, got) = told(|_| Answer::status(200));
    for version in ["1.0.0", "2.0.0"] {
        let output = run(&repo, &["release", "--declare", version]);
        assert_eq!(output.code, 0, "{output}");
    }
    let body: serde_json::Value = serde_json::from_str(&got.lock().unwrap()[1].2).unwrap();
    assert_eq!((&body["bump"], &body["version"]), (&"major".into(), &"2.0.0".into()), "{body}");
}

#[test]
fn a_slow_server_is_waited_for_and_one_that_refuses_is_told_of() {
    let (repo, _server, got) = told(|n| {
        std::thread::sleep(Duration::from_millis(300));
        Answer::status(if n == 0 { 200 } else { 302 }).header("location", "/elsewhere")
    });
    let output = run(&repo, &["release", "--declare", "1.0.0"]);
    assert!(output.code == 0 && output.err.is_empty(), "{output}");
    repo.adds();
    let output = run(&repo, &["release"]);
    assert!(output.code == 0 && one_line(&output.err).contains("answers with status 302"), "{output}");
    assert_eq!(got.lock().unwrap().len(), 2, "a redirect is followed nowhere");
}

#[test]
fn a_notice_that_cannot_be_signed_stops_the_release_before_it_begins() {
    let (repo, _server, got) = told(|_| Answer::status(200));
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(one_line(&output.err).contains("variable `HOOK_SECRET`, with which notices to"), "{output}");
    assert_eq!((repo.folder().len(), got.lock().unwrap().len()), (0, 0));
    let text = repo.env.read("protopact.toml");
    for (from, to, why) in [
        ("http://", "http://me:s3cret@", "`url` is no address"),
        ("http://", "ftp://", "`url` is no address"),
        ("HOOK_SECRET", "s3cret value", "`secret` is not the name of a variable"),
    ] {
        repo.env.write("protopact.toml", &text.replace(from, to));
        let output = repo.run(&["release", "--dry-run"]);
        assert!(output.code == 2 && one_line(&output.err).contains(why), "{output}");
        assert!(to == "s3cret value" || !output.err.contains("s3cret"), "{output}");
    }
}
