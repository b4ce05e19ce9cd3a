//! A registry of OCI artefacts that is busy, slow or breaks down in the middle of a release.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::publish::{Repo, one_line};
use crate::server::{Answer, Request, Server};

/// What a registry has: blobs by digest, manifests by tag.
type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A registry, as far as a release asks one; `before` may answer in its place.
fn registry(before: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) -> (Server, Kept) {
    let kept = Kept::default();
    let mine = Arc::clone(&kept);
    let server = Server::start(move |request| before(request).unwrap_or_else(|| answer(request, &mine)));
    (server, kept)
}

fn answer(request: &Request, kept: &Kept) -> Answer {
    let mut kept = kept.lock().unwrap();
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    match &*request.method {
        "POST" if path.ends_with("/blobs/uploads/") => {
            Answer::status(202).header("location", "/v2/acme/pay/blobs/uploads/1")
        }
        "PATCH" => {
            kept.insert("upload".to_owned(), request.body.clone());
            Answer::status(202).header("location", "/v2/acme/pay/blobs/uploads/1")
        }
        "PUT" if path.contains("/blobs/uploads/") => {
            let sent = kept.remove("upload").unwrap_or_default();
            let content = if request.body.is_empty() { sent } else { request.body.clone() };
            let digest = format!("sha256:{}", hex::encode(Sha256::digest(&content)));
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
