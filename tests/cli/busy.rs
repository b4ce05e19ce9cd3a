//! A registry of OCI artefacts that is busy, slow or breaks down in the middle of a release.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::publish::{Repo, one_line, script};
use crate::server::{Answer, Request, Server};

/// What a registry has: blobs by digest, manifests by tag.
pub(crate) type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

static UPLOADS: AtomicU32 = AtomicU32::new(0);

/// A registry, as far as a release asks one; `before` may answer in its place.
pub(crate) fn registry(
    before: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
) -> (Server, Kept) {
    serve(move |request, kept| before(request).unwrap_or_else(|| answer(request, kept)))
}

/// The same where a test says itself how everything is answered.
pub(crate) fn serve(answers: impl Fn(&Request, &Kept) -> Answer + Send + Sync + 'static) -> (Server, Kept) {
    let kept = Kept::default();
    let mine = Arc::clone(&kept);
    (Server::start(move |request| answers(request, &mine)), kept)
}

/// What a registry answers that is well.
pub(crate) fn answer(request: &Request, kept: &Kept) -> Answer {
    let mut kept = kept.lock().unwrap();
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    match &*request.method {
        // Many may send at the same time.
        "POST" if path.ends_with("/blobs/uploads/") => {
            let number = UPLOADS.fetch_add(1, Ordering::Relaxed);
            Answer::status(202).header("location", format!("/v2/acme/pay/blobs/uploads/upload-{number}"))
        }
        "PATCH" => {
            kept.insert(name.to_owned(), request.body.clone());
            Answer::status(202).header("location", path)
        }
        "PUT" if path.contains("/blobs/uploads/") => {
            let sent = kept.remove(name).unwrap_or_default();
            let content = if request.body.is_empty() { sent } else { request.body.clone() };
            let digest = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&content)));
            assert!(query.replace("%3A", ":").contains(&digest), "{query}");
            kept.insert(digest, content);
            Answer::status(201).header("location", "/v2/acme/pay/blobs/x")
        }
        "PUT" => {
            kept.insert(name.to_owned(), request.body.clone());
            Answer::status(201).header("location", "/v2/acme/pay/manifests/x")
        }
        "HEAD" if kept.contains_key(name) => Answer::status(200),
        "GET" if path == "/v2/" => Answer::status(200),
        "GET" => kept.get(name).map_or(Answer::status(404), |content| {
            Answer::ok(content.clone()).header("content-type", "application/vnd.oci.image.manifest.v1+json")
        }),
        _ => Answer::status(404),
    }
}

/// Releases 1.0.0 there, and gives what came of it.
fn release(repo: &Repo, server: &Server) -> crate::env::Output {
    let place = format!("oci://{}/acme/pay", server.url().trim_start_matches("http://"));
    repo.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", &place])
}

#[test]
fn a_registry_that_is_busy_breaks_down_once_or_is_slow_gets_the_version() {
    let seen = Mutex::new(BTreeMap::<String, u32>::new());
    let (server, kept) = registry(move |request| {
        let what = format!("{} {}", request.method, request.path.split('/').nth(4).unwrap_or_default());
        let mut seen = seen.lock().unwrap();
        let times = seen.entry(what.clone()).or_default();
        *times += 1;
        match (&*what, *times) {
            ("POST blobs", 1) => Some(Answer::status(429)),
            ("PUT manifests", 1) => Some(Answer::status(500)),
            // As Debian's does where twenty send it the same files at once.
            ("PUT manifests", 2) => {
                let said =
                    r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
                Some(Answer::said(400, said.into()))
            }
            ("GET manifests", 1) => {
                std::thread::sleep(Duration::from_millis(700));
                None
            }
            _ => None,
        }
    });
    let repo = Repo::new();
    let output = release(&repo, &server);
    assert_eq!(output.code, 0, "{output}");
    assert!(kept.lock().unwrap().contains_key("1.0.0"));
    assert!(repo.remote().contains_key("refs/tags/v1.0.0"));
}

#[test]
fn a_registry_that_breaks_down_before_the_push_stops_it_and_after_it_is_written_by_the_next_run() {
    // Files are written before anything is decided.
    let (server, kept) = registry(|request| (request.method == "POST").then(|| Answer::status(503)));
    let repo = Repo::new();
    let output = release(&repo, &server);
    assert_eq!(output.code, 4, "{output}");
    assert_eq!((repo.remote().len(), kept.lock().unwrap().len()), (1, 0), "nothing is published");
    // The tag of the artefact comes after the push.
    let broken = Arc::new(Mutex::new(true));
    let is_broken = Arc::clone(&broken);
    let (server, kept) = registry(move |request| {
        let refused =
            *is_broken.lock().unwrap() && request.method == "PUT" && request.path.contains("/manifests/");
        refused.then(|| Answer::status(500))
    });
    let output = release(&repo, &server);
    assert_eq!(output.code, 4, "{output}");
    assert!(one_line(&output.err).contains("is published, but not in every place yet"), "{output}");
    assert!(repo.remote().contains_key("refs/tags/v1.0.0") && !kept.lock().unwrap().contains_key("1.0.0"));
    *broken.lock().unwrap() = false;
    let output = release(&repo, &server);
    assert!(
        output.code == 0 && output.out.contains("which an earlier run has begun, is finished"),
        "{output}"
    );
    assert!(kept.lock().unwrap().contains_key("1.0.0"));
}

#[test]
fn a_helper_of_docker_signs_in_and_its_secret_is_never_told() {
    // `me:s3cret`
    let (server, kept) = registry(|request| {
        let known = request.header("authorization") == Some("Basic bWU6czNjcmV0");
        (!known).then(|| Answer::status(401).header("www-authenticate", "Basic realm=\"x\""))
    });
    let repo = Repo::new();
    let around = repo.around();
    let at = server.url().trim_start_matches("http://").to_owned();
    fs::create_dir_all(around.join("bin")).unwrap();
    fs::create_dir_all(around.join("home/.docker")).unwrap();
    let helper = |secret: &str| {
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = get ] || exit 1\ncat >'{}'\necho '{{\"Username\": \"me\", \"Secret\": \"{secret}\"}}'\n",
            around.join("asked").display()
        );
        script(&around.join("bin/docker-credential-ours"), &text);
    };
    let configure = |text: String| fs::write(around.join("home/.docker/config.json"), text).unwrap();
    let mut environment = repo.environment();
    let path = environment[OsStr::new("PATH")].clone();
    environment.insert("PATH".into(), [around.join("bin").into_os_string(), path].join(&OsString::from(":")));
    let run = |args: &[&str]| {
        let environment = environment.clone();
        let output = repo.env.run_with(args, |io| (io.env, io.now) = (environment, SystemTime::now()));
        let told = format!("{output}");
        assert!(!told.contains("s3cret") && !told.contains("bWU6"), "{told}");
        output
    };
    let place = format!("oci://{at}/acme/pay");
    let release = || run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", &place]);
    // Who is not known, or gives the wrong password, gets nothing there.
    for (secret, config) in
        [("s3cret", "{}".to_owned()), ("s3cret2", "{\"credsStore\": \"ours\"}".to_owned())]
    {
        helper(secret);
        configure(config);
        let output = release();
        assert_eq!(output.code, 4, "{output}");
        let said = one_line(&output.err);
        assert!(said.contains(&format!("sign in as somebody who may: `docker login {at}`")), "{output}");
        assert_eq!((repo.remote().len(), kept.lock().unwrap().len()), (1, 0), "nothing is published");
    }
    helper("s3cret");
    configure(format!("{{\"credHelpers\": {{\"{at}\": \"ours\"}}}}"));
    let output = release();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(fs::read_to_string(around.join("asked")).unwrap(), at);
    configure("{\"credsStore\": \"ours\"}".to_owned());
    let output = run(&["release", "--from", "v1.0.0", "--to", &place]);
    assert!(output.code == 0 && output.out.contains("has it already"), "{output}");
    let output = run(&["check", "--against", &format!("{place}:1.0.0")]);
    assert!(output.code == 0 && output.out.contains("0 changes"), "{output}");
    // What is kept of the release has no secret either.
    for content in kept.lock().unwrap().values() {
        assert!(!content.windows(6).any(|word| word == b"s3cret"));
    }
}
