#!/usr/bin/env bash
# A repeated number in options, of an extension that says `[packed = false]`, is written packed by protox, where protoc
# writes one field a value. Readers of descriptors that look at the bytes (a plugin with its own parser, a hash over
# descriptors) see another content: every file of googleapis with `(google.api.field_behavior)` differs.
#
#   findings/protox-packs-options.sh
#
# Seen with protox 0.10.0, and protoc 36.2 (the crate protoc-bin-vendored 3.3.0). Fails if that changes. Needs cargo.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "seen"
version = "0.0.0"
edition = "2021"

[dependencies]
protox = "=0.10.0"
prost = "0.14"
protoc-bin-vendored = "=3.3.0"
TOML
cat >rule.proto <<'PROTO'
syntax = "proto3";
package rule;
import "google/protobuf/descriptor.proto";
enum Kind { UNSET = 0; ONE = 1; TWO = 2; }
extend google.protobuf.FieldOptions { repeated Kind kind = 50000 [packed = false]; }
PROTO
cat >use.proto <<'PROTO'
syntax = "proto3";
import "rule.proto";
message M { int32 a = 1 [(rule.kind) = ONE, (rule.kind) = TWO]; }
PROTO
cat >src/main.rs <<'RUST'
use prost::Message as _;

/// Whether bytes hold the two values as two fields, or as one.
fn form(set: &[u8]) -> &'static str {
    let holds = |part: &[u8]| set.windows(part.len()).any(|window| window == part);
    // Field 50000: tag 0x61a80 with wire type 0, or 2.
    match (holds(&[0x80, 0xb5, 0x18, 1, 0x80, 0xb5, 0x18, 2]), holds(&[0x82, 0xb5, 0x18, 2, 1, 2])) {
        (true, false) => "one field a value",
        (false, true) => "packed",
        _ => "something else",
    }
}

fn main() {
    let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
    let ran = std::process::Command::new(protoc).args(["-I.", "--descriptor_set_out=set", "use.proto"]).status();
    assert!(ran.unwrap().success());
    println!("protoc: {}", form(&std::fs::read("set").unwrap()));
    let mut compiler = protox::Compiler::new(["."]).unwrap();
    compiler.open_file("use.proto").unwrap();
    let own = compiler.encode_file_descriptor_set();
    println!("protox: {}", form(&own));
    assert!(!protox::compile(["use.proto"], ["."]).unwrap().encode_to_vec().is_empty());
}
RUST
cargo run --quiet | tee seen
printf 'protoc: one field a value\nprotox: packed\n' | diff - seen || {
    printf 'changed: protoc wrote one field a value, protox a packed one\n'
    exit 1
}
