//! Answers out of a folder of JSON.

use std::path::Path;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use protopact::service::{Given, GivenError, Options, Running};
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::drive::{ITEM, client, options, start};

/// Reads a folder with these files, which people know as `answers`.
fn read(files: &[(&str, &[u8])]) -> Result<Given, GivenError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Given::read(&options().contract, dir.path(), "answers")
}

async fn with(files: &[(&str, &[u8])]) -> Running {
    start(Options { given: read(files).unwrap(), ..options() }).await
}

const TEA: &[u8] = b"\x0a\x03tea";
const CAKE: &[u8] = b"\x0a\x04cake";

#[tokio::test]
async fn methods_of_all_kinds_answer_with_what_is_written() {
    let running = with(&[
        ("README.md", b"not for the server"),
        ("shop.v1.Shop/Buy.json", b"\xef\xbb\xbf{\n  \"items\": [{\"name\": \"tea\"}]\n}\n"),
        ("shop.v1.Shop/Same.json", br#"{"name": "cake"}"#),
        ("shop.v1.Shop/Upload.jsonl", b"{\"name\": \"cake\"}\n{\"name\": \"tea\"}\n"),
        ("shop.v1.Shop/Watch.jsonl", b"{\"name\": \"tea\"}\r\n\r\n{\"name\": \"cake\"}\r\n"),
        ("shop.v1.Shop/Talk.jsonl", b"{\"name\": \"cake\"}\n{\"name\": \"tea\"}"),
    ])
    .await;
    let client = client(&running).await;
    assert_eq!(client.unary("Buy", ITEM).await.unwrap(), &b"\x0a\x05\x0a\x03tea"[..]);
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), CAKE, "no echo");
    let all = async |method, messages: &[&[u8]]| {
        let (answers, end) = client.all(method, messages).await;
        end.unwrap();
        answers
    };
    assert_eq!(all("Upload", &[ITEM, ITEM]).await, [CAKE], "a call with one answer gets the first");
    assert_eq!(all("Watch", &[ITEM]).await, [TEA, CAKE]);
    assert_eq!(all("Talk", &[ITEM; 3]).await, [CAKE, TEA, CAKE], "after the last comes the first");
    assert_eq!(all("Count", &[ITEM]).await.len(), 1, "others answer as before");
}

#[tokio::test]
async fn what_a_client_asks_for_goes_first() {
    let running = with(&[
        ("shop.v1.Shop/Same.json", br#"{"name": "cake"}"#),
        ("shop.v1.Shop/Watch.json", br#"{"name": "cake"}"#),
    ])
    .await;
    let client = client(&running).await;
    let asked = |key: &'static str, value: &'static str| {
        let mut request = Request::new(Bytes::from_static(ITEM));
        request.metadata_mut().insert(key, MetadataValue::from_static(value));
        request
    };
    let sample = client.unary_with("/shop.v1.Shop/Same", asked("protopact-sample", "0")).await.unwrap();
    assert_ne!(sample.into_inner(), CAKE);
    let status = client.unary_with("/shop.v1.Shop/Same", asked("protopact-status", "5")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    let (answers, end) = client.all("Watch", &[ITEM]).await;
    end.unwrap();
    assert_eq!(answers, [CAKE]);
}

#[test]
fn what_answers_nothing_is_refused() {
    let said = |files: &[(&str, &[u8])]| {
        let error = read(files).unwrap_err();
        match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    };
    assert_eq!(
        said(&[("shop.v1.Shop/Byu.json", b"{}")]),
        "`answers/shop.v1.Shop/Byu.json` answers no method of the contract"
    );
    assert_eq!(said(&[("Buy.json", b"{}")]), "`answers/Buy.json` answers no method of the contract");
    assert_eq!(
        said(&[("shop.v1.Shop/Talk.jsonl", b"\n \n")]),
        "`answers/shop.v1.Shop/Talk.jsonl` has no answer"
    );
    assert_eq!(
        said(&[("shop.v1.Shop/Talk.json", b"{}"), ("shop.v1.Shop/Talk.jsonl", b"{}")]),
        "`answers/shop.v1.Shop/Talk.jsonl`: the method has its answers in another file too"
    );
    assert_eq!(
        said(&[("shop.v1.Shop/Buy.json", br#"{"items": [{"nmae": "tea"}]}"#)]),
        "`answers/shop.v1.Shop/Buy.json` is no `shop.v1.Order`: `items.nmae`: the key is not known"
    );
    assert_eq!(
        said(&[("shop.v1.Shop/Talk.jsonl", b"{}\n\n{\"name\": 1}")]).split_once(": ").unwrap().0,
        "`answers/shop.v1.Shop/Talk.jsonl:3` is no `shop.v1.Item`"
    );
    assert!(said(&[("shop.v1.Shop/Older.json", b"{}")]).contains("required"));
    for text in [&b""[..], b"{", b"[]", b"{} {}"] {
        assert!(matches!(read(&[("shop.v1.Shop/Buy.json", text)]), Err(GivenError::Json { .. })), "{text:?}");
    }
    assert!(matches!(read(&[("shop.v1.Shop/Buy.json", b"\xff")]), Err(GivenError::Read { .. })));
    // A file is no folder either, whatever it is called.
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    for path in [Path::new("/nowhere/at/all"), file.path()] {
        let refused = Given::read(&options().contract, path, "answers").unwrap_err();
        assert_eq!(refused.to_string(), "cannot read `answers`");
    }
}

/// Reads what a server recorded, which people know as `calls.jsonl`.
fn replay(text: &str) -> Result<Given, GivenError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Given::replay(&options().contract, file.path(), "calls.jsonl")
}

#[tokio::test]
async fn what_clients_sent_is_what_others_read() {
    let (send, recorded) = tokio::sync::mpsc::channel(100);
    let running = start(Options { record: Some(send), ..options() }).await;
    let first = client(&running).await;
    for item in [TEA, CAKE] {
        first.unary("Same", item).await.unwrap();
    }
    running.shutdown().await;
    let mut text = Vec::new();
    let text = tokio::task::spawn_blocking(move || {
        protopact::service::write_all(recorded, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    });
    let text = text.await.unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    // A method that gives back what it takes still does, and nobody sent an order or anything old.
    assert!(replay(&text).unwrap().is_empty());
    assert!(replay("").unwrap().is_empty());
    let order =
        r#"{"bytes":"0a050a03746561","call":0,"index":0,"method":"/shop.v1.Desk/Put","peer":"[::1]:1"}"#;
    assert!(matches!(replay(order), Err(GivenError::Record { .. })));
}

#[tokio::test]
async fn recorded_messages_answer_the_methods_of_their_type() {
    let old = HEXLOWER.encode(b"\x0a\x01a\x10\x03\x1a\x09\x09\x01\0\0\0\0\0\0\0\x2b\x08\x01\x2c");
    let line = |bytes: &str, method: &str| {
        format!(r#"{{"bytes":"{bytes}","call":0,"index":0,"method":"{method}","peer":"[::1]:1"}}"#)
    };
    let text = format!("{}\n\n{}\n", line(&old, "/shop.v1.Archive/Keep"), line("", "/shop.v1.Shop/Same"));
    let given = replay(&text).unwrap();
    let running = start(Options { given: given.clone(), ..options() }).await;
    let client = client(&running).await;
    assert_eq!(HEXLOWER.encode(&client.unary("Older", ITEM).await.unwrap()), old);
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM, "an echo stays one");
    // What somebody wrote down goes first.
    let written = read(&[("shop.v1.Shop/Buy.json", b"{}")]).unwrap();
    assert_ne!(written.clone().or(given.clone()), written);
    assert_eq!(given.clone().or(given.clone()), given);
    for (wrong, what) in [
        ("{", "calls.jsonl:1"),
        ("{\"method\": 1}", "calls.jsonl:1"),
        (&*line("0", "/shop.v1.Shop/Same"), "`bytes`: "),
        (&*line("0a", "/shop.v1.Shop/Same"), "it is no `shop.v1.Item`: truncated at byte"),
        (&*line("", "/shop.v1.Archive/Keep"), "it is no `shop.v1.Old`: required field `id` is missing"),
        (&*format!("\n{}", line("", "/shop.v1.Shop/Smae")), "calls.jsonl:2"),
    ] {
        let error = replay(wrong).unwrap_err();
        assert!(error.to_string().contains(what), "{wrong}: {error}");
    }
}
