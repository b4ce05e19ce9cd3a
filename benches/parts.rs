//! What the parts of a check cost: compiling, the schema, comparing and judging, on the sample contracts and on a
//! generated tree of 300 files.
//!
//! `cargo bench` runs all; `cargo bench -- diff` those with the word in their name. What the whole program takes on
//! a real repository, beside buf, is told by `ci/bench`.

#![allow(missing_docs, reason = "criterion makes the functions")]

#[path = "../tests/support/files.rs"]
mod files;

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use protopact::compare::Comparison;
use protopact::compile::{Input, Options, compile};
use protopact::diff::{self, Cx};
use protopact::schema::Schema;

use files::input;

/// How many files the generated tree has.
const FILES: usize = 300;

/// The old and the new state of one tree.
struct Pair {
    name: &'static str,
    old: Input,
    new: Input,
}

/// The sample contracts; the new side has another type for every `int32`.
fn contracts() -> Pair {
    let files = files::read(&files::project().join("contracts/proto"));
    let edited: Vec<_> = files.iter().map(|(n, t)| (n.clone(), t.replace(" int32 ", " int64 "))).collect();
    Pair { name: "contracts", old: input("", &files), new: input("", &edited) }
}

/// Files that each import the one before; in the new side every tenth lost a field, changed one and gained one.
fn generated() -> Pair {
    let file = |index: usize, edited: bool| {
        let mut text = format!("syntax = \"proto3\";\n// File {index}.\npackage gen.p{index}.v1;\n");
        if index > 0 {
            let import = index - 1;
            writeln!(text, "import \"gen/p{import}/v1/a.proto\";").expect("a string takes everything");
        }
        for message in 0..10 {
            writeln!(text, "// What message {message} is for.\nmessage M{message} {{").expect("as above");
            for field in 1..=12 {
                let kind = match (field % 4, index > 0) {
                    (0, true) => format!("gen.p{}.v1.M{message}", index - 1),
                    (1, _) => "string".to_owned(),
                    (2, _) if edited && field == 2 => "int64".to_owned(),
                    (2, _) => "int32".to_owned(),
                    _ => "repeated bytes".to_owned(),
                };
                if !(edited && field == 5) {
                    writeln!(text, "  // Field {field}.\n  {kind} f{field} = {field};").expect("as above");
                }
            }
            if edited {
                text.push_str("  bool added = 20;\n");
            }
            text.push_str("}\n");
        }
        text.push_str("enum E { E_UNSPECIFIED = 0; E_ONE = 1; }\n");
        text.push_str("service S {\n  rpc Get(M0) returns (M1);\n  rpc Watch(M2) returns (stream M3);\n}\n");
        (format!("gen/p{index}/v1/a.proto"), text)
    };
    let old: Vec<_> = (0..FILES).map(|i| file(i, false)).collect();
    let new: Vec<_> = (0..FILES).map(|i| file(i, i % 10 == 0)).collect();
    Pair { name: "generated", old: input("", &old), new: input("", &new) }
}

fn parts(criterion: &mut Criterion) {
    for pair in [contracts(), generated()] {
        let mut group = criterion.benchmark_group(pair.name);
        group.sample_size(20);
        let options = Options::default();
        let [old, new] = [&pair.old, &pair.new].map(|side| compile(side, &options).expect("it compiles"));
        group.bench_function("compile", |b| b.iter(|| compile(black_box(&pair.old), &options)));
        group.bench_function("schema", |b| b.iter(|| Schema::build(black_box(&old))));
        let [old, new] = [&old, &new].map(|side| Schema::build(side).expect("it was compiled"));
        let cx = Cx { old: &old, new: &new };
        group.bench_function("diff", |b| b.iter(|| diff::changes(black_box(&cx))));
        assert!(!diff::changes(&cx).is_empty(), "the edits are gone");
        // The whole of it: what the walk costs is above.
        group.bench_function("compare", |b| b.iter(|| Comparison::new(black_box(&old), black_box(&new))));
        group.finish();
    }
}

criterion_group!(benches, parts);
criterion_main!(benches);
