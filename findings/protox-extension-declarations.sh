#!/usr/bin/env bash
# protox-parse 0.10.0, the parser of the protox compiler, does not read declarations in extension ranges, which
# protobuf's language guide describes. `google/protobuf/descriptor.proto` has such declarations today, so the file that
# describes all options cannot be parsed as protobuf ships it. protox does not show that, for it brings along an older
# copy of that file as a descriptor.
#
#   findings/protox-extension-declarations.sh
#
# Seen with protox-parse 0.10.0 and the protoc of the crate protoc-bin-vendored 3.3.0: protoc takes both files, the parser
# gives an error for both. Fails if that changes. Needs cargo.
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
protoc-bin-vendored = "=3.3.0"
protox-parse = "=0.10.0"
TOML
cat >declared.proto <<'PROTO'
syntax = "proto2";
message Base {
  extensions 4 to 6 [declaration = { number: 4, full_name: ".note", type: "string" }];
}
PROTO
cat >src/main.rs <<'RUST'
use std::process::Command;

fn main() {
    let protoc = protoc_bin_vendored::protoc_bin_path().expect("a bundled protoc");
    let include = protoc_bin_vendored::include_path().expect("its files");
    let version = Command::new(&protoc).arg("--version").output().expect("protoc runs");
    print!("{}", String::from_utf8_lossy(&version.stdout));
    let known = include.join("google/protobuf/descriptor.proto");
    for (root, name) in [(std::path::Path::new("."), "declared.proto"), (&include, "google/protobuf/descriptor.proto")] {
        let taken = Command::new(&protoc)
            .arg(format!("--proto_path={}", root.display()))
            .args(["--descriptor_set_out=/dev/null", name])
            .status()
            .expect("protoc runs")
            .success();
        let path = if name == "declared.proto" { name.into() } else { known.clone() };
        let text = std::fs::read_to_string(path).expect("the file");
        let parsed = protox_parse::parse(name, &text);
        println!("{name}: protoc {taken}, protox-parse {}", parsed.is_ok());
        if let Err(error) = parsed {
            println!("  {error}");
        }
    }
}
RUST
out=$(cargo run --quiet 2>&1)
printf '%s\n' "$out"
[ "$(grep -c ': protoc true, protox-parse false$' <<<"$out")" -eq 2 ] || {
    printf 'changed: both files were taken by protoc and refused by protox-parse\n'
    exit 1
}
