//! Messages as code: what the programs that time messages are given to build them.

use protopact::bench::subject::Subject;
use protopact::codegen::{FileTree, Target};
use protopact::verify::driver::{self, Purpose, measuring};
use protopact::verify::side::Side;
use protopact::words::Language;

use crate::drivers::side;
use crate::support::Files;

const PROTO: &str = "syntax = \"proto3\";
package t.v1;
import \"google/protobuf/timestamp.proto\";
import \"google/protobuf/wrappers.proto\";
enum Kind { KIND_UNSPECIFIED = 0; KIND_BOOK = 1; }
message M {
  string name = 1; optional int32 maybe = 2; uint64 large = 3; double d = 4; bytes raw = 5; Kind kind = 6;
  repeated Kind kinds = 7; repeated Part parts = 8; map<string, Part> by_name = 9;
  oneof of { string text = 10; Part part = 11; }
  google.protobuf.Timestamp at = 12; google.protobuf.Int64Value wrapped = 13; M self = 14; string type = 15;
  optional Kind maybe_kind = 16;
  message Part { oneof inner { int32 id = 1; M m = 2; } }
}
";
const DATA: &str = r#"{"name": "a\"\\\n\u00e9", "maybe": 0, "large": "18446744073709551615", "d": 1.5, "raw": "AP8=",
  "kind": 1, "kinds": [1, 7], "parts": [{"id": -1}], "byName": {"k": {"m": {"name": "b"}}}, "part": {"id": 2},
  "at": "1970-01-01T00:00:01Z", "wrapped": "5", "self": {"type": "c"}, "maybeKind": 0}"#;

fn lab() -> Side {
    side(&Files::from([("t/v1/t.proto".to_owned(), PROTO.to_owned())]), "v1")
}

fn subject(side: &Side, json: &str) -> driver::Subject {
    let message = side.schema.message_by_name("t.v1.M").unwrap();
    let subject = Subject::data(side, message, "data", json.as_bytes(), false).unwrap();
    driver::Subject { tree: subject.tree }
}

fn written(target: &Target, package: &[(&str, &str)], path: &str, json: &str) -> String {
    let mut tree = FileTree::new();
    for (path, text) in package {
        tree.add(path, text.as_bytes().to_vec()).unwrap();
    }
    let side = lab();
    let made = measuring(&side, target, &tree, &[subject(&side, json)]).unwrap();
    assert_eq!(made.purpose, Purpose::Timing);
    String::from_utf8(made.files.get(path).unwrap().to_vec()).unwrap()
}

fn go(json: &str) -> String {
    let target = Target::new(Language::Go, &[("module", "example.com/m")]);
    let package = [
        ("go.mod", "module example.com/m\n"),
        ("t/v1/t.pb.go", "// Code generated.\n// source: t/v1/t.proto\n\npackage tv1\n"),
    ];
    written(&target, &package, "driver/builders.go", json)
}

#[test]
fn go_has_a_struct_with_its_fields() {
    let text = go(DATA);
    let built = r#"build: func() proto.Message { return &b0.M{Name: "a\"\\\x0a\xc3\xa9", Maybe: pointer[int32](0), Large: 18446744073709551615, D: 1.5e0, Raw: []byte("\x00\xff"), Kind: b0.Kind(1), Kinds: []b0.Kind{b0.Kind(1), b0.Kind(7)}, Parts: []*b0.M_Part{&b0.M_Part{Inner: &b0.M_Part_Id{Id: -1}, }}, ByName: map[string]*b0.M_Part{"k": &b0.M_Part{Inner: &b0.M_Part_M{M: &b0.M{Name: "b", }}, }, }, Of: &b0.M_Part_{Part: &b0.M_Part{Inner: &b0.M_Part_Id{Id: 2}, }}, At: &b1.Timestamp{Seconds: 1, }, Wrapped: &b2.Int64Value{Value: 5, }, Self: &b0.M{Type: "c", }, MaybeKind: pointer[b0.Kind](b0.Kind(0)), } },"#;
    assert!(text.contains(built), "{text}");
    for import in [
        "b0 \"example.com/m/t/v1\"",
        "b1 \"google.golang.org/protobuf/types/known/timestamppb\"",
        "b2 \"google.golang.org/protobuf/types/known/wrapperspb\"",
        "empty: func() proto.Message { return new(b0.M) },",
    ] {
        assert!(text.contains(import), "{text}");
    }
}

/// What is not a number has no literal; then nothing is imported that only the code would have named.
#[test]
fn what_has_no_code_is_timed_without() {
    let text = go(r#"{"at": "1970-01-01T00:00:01Z", "self": {"d": "NaN"}}"#);
    assert!(text.contains("new(b0.M)") && !text.contains("build:"), "{text}");
    assert!(!text.contains("timestamppb"), "{text}");
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(5000));
    assert!(!go(&large).contains("build:"));
}

#[test]
fn java_has_a_chain_of_setters() {
    let target = Target::new(Language::Java, &[("group", "g"), ("artifact", "a")]);
    let text = written(&target, &[], "driver/src/main/java/Builders.java", DATA);
    let built = r#"return g.t.v1.M.newBuilder().setName("a\"\\\012\u00e9").setMaybe(0).setLarge(-1L).setD(1.5e0d).setRaw(com.google.protobuf.ByteString.copyFrom(new byte[] {0,-1})).setKind(g.t.v1.Kind.KIND_BOOK).addKinds(g.t.v1.Kind.KIND_BOOK).addKindsValue(7).addParts(g.t.v1.M.Part.newBuilder().setId(-1).build()).putByName("k", g.t.v1.M.Part.newBuilder().setM(g.t.v1.M.newBuilder().setName("b").build()).build()).setPart(g.t.v1.M.Part.newBuilder().setId(2).build()).setAt(com.google.protobuf.Timestamp.newBuilder().setSeconds(1L).build()).setWrapped(com.google.protobuf.Int64Value.newBuilder().setValue(5L).build()).setSelf(g.t.v1.M.newBuilder().setType("c").build()).setMaybeKind(g.t.v1.Kind.KIND_UNSPECIFIED).build();"#;
    assert!(text.contains(built), "{text}");
}

#[test]
fn rust_has_a_struct_with_its_fields() {
    let target = Target::new(Language::Rust, &[("crate", "k")]);
    let text = written(&target, &[], "driver/src/builders.rs", DATA);
    for part in [
        "\"t.v1.M\" => Some(crate::bench::message::<sdk::t::v1::M>(Some(b1), request)),",
        r#"name: "a\"\\\né".to_owned(), maybe: Some(0), large: 18446744073709551615, d: 1.5, raw: b"\x00\xff".to_vec(), kind: 1, kinds: vec![1, 7]"#,
        "parts: vec![sdk::t::v1::m::Part { inner: Some(sdk::t::v1::m::part::Inner::Id(-1)), }]",
        "of: Some(sdk::t::v1::m::Of::Part(From::from(sdk::t::v1::m::Part { inner: Some(sdk::t::v1::m::part::Inner::Id(2)), })))",
        "at: Some(From::from(prost_types::Timestamp { seconds: 1, ..Default::default() })), wrapped: Some(5), \
         self_: Some(From::from(sdk::t::v1::M { r#type: \"c\".to_owned(), ..Default::default() })), maybe_kind: Some(0), ..Default::default() }",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let manifest = written(&target, &[], "driver/Cargo.toml", DATA);
    assert!(manifest.contains("default = [\"bench\"]"), "{manifest}");
}
