//! Answers out of a folder of JSON.

use std::path::Path;

use bytes::Bytes;
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
