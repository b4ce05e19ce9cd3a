#!/usr/bin/env bash
# prost derives Copy, Eq and Hash for a message when its fields allow it, which nobody has asked for and nothing in the
# .proto says. A message of numbers is Copy until somebody adds a string, and Eq and Hash until somebody adds a double,
# and so is each message that holds it. Adding a field, which harms no byte, ends the build of those who copied a value or
# used one as a key.
#
#   findings/prost-derives-follow-fields.sh
#
# Seen with prost-build 0.14.6 over descriptors of protox 0.10.0. Fails if that changes. Needs cargo.
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
prost-build = "=0.14.6"
protox = { version = "=0.10.0", default-features = false }
TOML
cat >src/main.rs <<'RUST'
fn main() {
    for (name, added) in [("as it was", ""), ("string added", "string note = 2;"), ("double added", "double mass = 2;")] {
        let text = format!(
            "syntax = \"proto3\"; package p; message Size {{ int32 wide = 1; {added} }} message Box {{ Size size = 1; }}"
        );
        std::fs::write("p.proto", text).expect("a file");
        let set = protox::compile(["p.proto"], ["."]).expect("it compiles");
        std::fs::create_dir_all("out").expect("a folder");
        prost_build::Config::new().out_dir("out").compile_fds(set).expect("it generates");
        let made = std::fs::read_to_string("out/p.rs").expect("the code");
        let derives: Vec<&str> = made.lines().filter(|line| line.starts_with("#[derive")).collect();
        let has = |line: &str, what| line.contains(what);
        for (message, line) in ["Size", "Box"].iter().zip(derives) {
            println!("{name}: {message} Copy {} Eq+Hash {}", has(line, "Copy"), has(line, "Eq, Hash"));
        }
    }
}
RUST
cargo run --quiet | tee seen
cat >expected <<'OUT'
as it was: Size Copy true Eq+Hash true
as it was: Box Copy true Eq+Hash true
string added: Size Copy false Eq+Hash true
string added: Box Copy false Eq+Hash true
double added: Size Copy true Eq+Hash false
double added: Box Copy true Eq+Hash false
OUT
diff expected seen || {
    printf 'changed: what was derived followed the fields, in the message that holds it too\n'
    exit 1
}
