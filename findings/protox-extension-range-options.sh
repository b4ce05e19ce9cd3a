#!/usr/bin/env bash
# protox-parse 0.10.0, the parser of the protox compiler, reads options behind an extension range (`4 to 6 [...]`) and not
# behind a range of one number (`4 [...]`), which is the same rule of the grammar. `google/protobuf/descriptor.proto` has
# such ranges today, so the file that describes all options cannot be parsed as protobuf ships it. protox does not show
# that, for it brings along an older copy of that file as a descriptor.
#
#   findings/protox-extension-range-options.sh
#
# Seen with protox-parse 0.10.0 and the protoc of the crate protoc-bin-vendored 3.3.0: protoc takes all three files, the
# parser the first. Fails if that changes. Needs cargo.
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
cat >range.proto <<'PROTO'
syntax = "proto2";
message Base {
  extensions 4 to 6 [verification = UNVERIFIED];
}
PROTO
sed 's/4 to 6/4/' range.proto >number.proto
cat >src/main.rs <<'RUST'
use std::process::Command;

fn main() {
    let protoc = protoc_bin_vendored::protoc_bin_path().expect("a bundled protoc");
    let include = protoc_bin_vendored::include_path().expect("its files");
    let version = Command::new(&protoc).arg("--version").output().expect("protoc runs");
    print!("{}", String::from_utf8_lossy(&version.stdout));
    let here = std::path::Path::new(".");
    let files = [(here, "range.proto"), (here, "number.proto"), (&include, "google/protobuf/descriptor.proto")];
    for (root, name) in files {
        let taken = Command::new(&protoc)
            .arg(format!("--proto_path={}", root.display()))
            .args(["--descriptor_set_out=/dev/null", name])
            .status()
            .expect("protoc runs")
            .success();
        let text = std::fs::read_to_string(root.join(name)).expect("the file");
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
[ "$(grep -c ': protoc true, protox-parse true$' <<<"$out")" -eq 1 ] &&
    [ "$(grep -c ': protoc true, protox-parse false$' <<<"$out")" -eq 2 ] || {
    printf 'changed: protoc took all three, and protox-parse the first\n'
    exit 1
}
