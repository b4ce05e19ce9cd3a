//! The server takes the bytes that a generated parser takes, and no others. The parser is that of protoc.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::drive::{ITEM, OLD, PROTO, bytes, client, options, start};
use tonic::{Code, Request};

/// The contract in a folder, for protoc.
fn contract() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("shop/v1")).unwrap();
    std::fs::write(folder.path().join("shop/v1/shop.proto"), PROTO).unwrap();
    std::fs::write(folder.path().join("shop/v1/old.proto"), OLD).unwrap();
    folder
}

/// Whether protoc can read bytes as a message.
#[expect(clippy::disallowed_methods, reason = "protoc is the oracle")]
fn readable(folder: &Path, message: &str, bytes: &[u8]) -> bool {
    let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
    let mut command = Command::new(protoc);
    command.arg(format!("--decode={message}")).arg("-I").arg(folder);
    command.arg("-I").arg(protoc_bin_vendored::include_path().unwrap()).arg("shop/v1/shop.proto");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // Missing required fields are a warning there, and the end of the message everywhere else.
    output.status.success() && !said.contains("missing required")
}

/// An `Item` with everything in it.
fn full() -> Vec<u8> {
    let parts: [&[u8]; 9] = [
        ITEM,
        b"\x12\x09\x0a\x05inner\x12\x00",
        b"\x1a\x06\x0a\x02ab\x10\x07",
        b"\x22\x03\x00\xff\x80",
        b"\x2a\x05\x01\xff\xff\x03\x02",
        b"\x32\x08\x01\x00\x00\x00\x02\x00\x00\x00",
        b"\x3a\x03\x01\x00\x01\x38\x01",
        b"\xf8\x07\x96\x01\xfd\x07\x01\x02\x03\x04",
        b"\x93\x3e\x08\x01\x13\x14\x94\x3e",
    ];
    parts.concat()
}

/// An `Old` with everything in it: required fields, a group, extensions.
fn old() -> Vec<u8> {
    let parts: [&[u8]; 6] = [
        b"\x0a\x01x\x10\x05",
        b"\x1a\x09\x09\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x2b\x08\x01\x2c",
        b"\xa8\x06\x07\xaa\x06\x02\x01\x02",
        b"\x20\x96\x01",
        b"\x0a\x02\xc3\x28",
    ];
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_reads_what_a_parser_reads() {
    let folder = contract();
    let running = start(options()).await;
    let client = client(&running).await;
    let mut state = 1u64;
    let mut below = move |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut seen = [0, 0];
    // What is required may come in a later part of the message.
    let parted = |part: &[u8]| [b"\x0a\x01x\x10\x05\x2b\x08\x01\x2c", part].concat();
    for (part, whole) in
        [(&b"\x1a\x00"[..], false), (b"\x1a\x00\x1a\x09\x09\x01\x02\x03\x04\x05\x06\x07\x08", true)]
    {
        let sent = parted(part);
        assert_eq!(readable(folder.path(), "shop.v1.Old", &sent), whole);
        let said = client.unary_with("/shop.v1.Archive/Keep", Request::new(bytes(&sent))).await;
        assert_eq!(said.is_ok(), whole, "{said:?}");
    }
    let kinds =
        [("shop.v1.Item", "/shop.v1.Shop/Same", full()), ("shop.v1.Old", "/shop.v1.Archive/Keep", old())];
    for round in 0..240 {
        let (message, path, whole) = &kinds[round % 2];
        let mut mutated = whole.clone();
        // The first of each kind as it is, then with one edit or more.
        for _ in 0..if round < 2 { 0 } else { 1 + below(3) } {
            let at = below(mutated.len());
            match below(4) {
                0 => mutated[at] = below(256) as u8,
                1 => mutated[at] ^= 1 << below(8),
                2 if mutated.len() > 1 => drop(mutated.remove(at)),
                _ => mutated.truncate(at.max(1)),
            }
        }
        let good = readable(folder.path(), message, &mutated);
        let said = client.unary_with(path, Request::new(bytes(&mutated))).await;
        seen[usize::from(good)] += 1;
        match said {
            Ok(answer) => {
                assert!(good, "{message}: protoc cannot read {mutated:02x?}");
                assert_eq!(answer.into_inner(), mutated);
            }
            Err(status) => {
                assert_eq!(status.code(), Code::Internal);
                assert!(!good, "{message}: protoc reads {mutated:02x?}: {status}");
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 30), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_as_deep_as_a_parser() {
    let folder = contract();
    let running = start(options()).await;
    let client = client(&running).await;
    let messages = |depth: usize| {
        (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut out = Vec::new();
            prost::encoding::bytes::encode(2, &inner, &mut out);
            out
        })
    };
    // Groups that nobody knows.
    let groups = |depth: usize| [b"\x93\x3e".repeat(depth), b"\x94\x3e".repeat(depth)].concat();
    let mut seen = Vec::new();
    for depth in 99..=102 {
        for message in [messages(depth), groups(depth)] {
            let good = readable(folder.path(), "shop.v1.Item", &message);
            let said = client.unary("Same", &message).await;
            assert_eq!(said.is_ok(), good, "{depth}: {said:?}");
            seen.push(good);
        }
    }
    assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
}
