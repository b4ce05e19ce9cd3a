//! What the official suite found out about runtimes: `ci/conformance --runtimes` asks them, this asks the models.

use protopact::schema::Schema;
use protopact::wire::json::{self, Json};
use protopact::wire::{Reader, Tree, Value, decode, runtimes};
use protopact::words::Pinned;

use crate::support;

fn schema(text: &str) -> Schema {
    support::schema(&vec![("t.proto".to_owned(), text.to_owned())]).unwrap()
}

fn release(text: &str) -> Reader {
    runtimes::reader(Pinned::list(text).unwrap()[0]).unwrap()
}

fn parsed(schema: &Schema, text: &str, reader: Reader) -> Option<Tree> {
    let id = schema.message_by_name("t.M").unwrap();
    json::read(schema, id, &Json::parse(text).unwrap(), reader).ok()
}

/// The same, written again.
fn again(schema: &Schema, text: &str, reader: Reader) -> Option<String> {
    parsed(schema, text, reader).map(|tree| json::write(schema, &tree).unwrap().to_string())
}

/// What Python 4.25.8 and 7.36.2 print of them, in either back end.
#[test]
fn python_reads_a_field_under_both_of_its_keys() {
    let schema = schema(
        "syntax = \"proto3\"; package t; message In { int32 a = 1; int32 b = 2; }
         message M { int32 an_int = 1; In in_ner = 2; repeated int32 li_st = 3;
         oneof o { int32 on_e = 4; int32 tw_o = 5; } optional int32 op_t = 6; }",
    );
    for (text, read) in [
        (r#"{"anInt":1,"an_int":2}"#, Some(r#"{"anInt":2}"#)),
        (r#"{"anInt":1,"an_int":0}"#, Some("{}")),
        (r#"{"anInt":1,"an_int":null}"#, Some("{}")),
        (r#"{"inNer":{"a":1,"b":1},"in_ner":{"b":2}}"#, Some(r#"{"inNer":{"a":1,"b":2}}"#)),
        (r#"{"inNer":{"a":1,"b":1},"in_ner":{"b":0}}"#, Some(r#"{"inNer":{"a":1}}"#)),
        (r#"{"inNer":{"a":1},"in_ner":""}"#, Some(r#"{"inNer":{"a":1}}"#)),
        (r#"{"liSt":[1],"li_st":[2]}"#, Some(r#"{"liSt":[2]}"#)),
        (r#"{"liSt":[1],"li_st":[]}"#, Some("{}")),
        (r#"{"onE":1,"on_e":2}"#, None),
        (r#"{"onE":1,"on_e":null}"#, Some("{}")),
        (r#"{"opT":1,"op_t":2}"#, None),
        (r#"{"opT":1,"op_t":null}"#, Some("{}")),
        (r#"{"opT":null,"op_t":2}"#, Some(r#"{"opT":2}"#)),
        (r#"{"an_int":1,"an_int":2}"#, None),
        (r#"{"onE":1,"twO":2}"#, None),
    ] {
        for reader in [Reader::PYTHON, release("python=4.25.8+pure")] {
            assert_eq!(again(&schema, text, reader).as_deref(), read, "{text} {}", reader.title());
        }
    }
    for reader in [Reader::SPEC, Reader::GO, Reader::JAVA] {
        assert_eq!(again(&schema, r#"{"anInt":1,"an_int":2}"#, reader), None, "{}", reader.name);
    }
}

/// What JsonFormat 4.26.1 and 4.36.2 print of them, and that protojson 1.31.0 and 1.36.12 refuse them all.
#[test]
fn java_reads_a_field_again_that_holds_nothing() {
    let schema = schema(
        "syntax = \"proto3\"; package t;
         message M { int32 an_int = 1; repeated int32 li_st = 2; oneof o { int32 on_e = 3; } }",
    );
    for (text, read) in [
        (r#"{"anInt":0,"an_int":2}"#, Some(r#"{"anInt":2}"#)),
        (r#"{"anInt":null,"an_int":2}"#, Some(r#"{"anInt":2}"#)),
        (r#"{"anInt":2,"an_int":null}"#, None),
        (r#"{"liSt":[],"li_st":[2]}"#, Some(r#"{"liSt":[2]}"#)),
        (r#"{"onE":null,"on_e":2}"#, Some(r#"{"onE":2}"#)),
        (r#"{"onE":2,"on_e":null}"#, None),
    ] {
        assert_eq!(again(&schema, text, Reader::JAVA).as_deref(), read, "{text}");
        assert_eq!(again(&schema, text, Reader::GO), None, "{text}");
    }
}

/// What Go 1.34.2 and 1.36.11 made of the first three, and 1.36.12 of all.
#[test]
fn go_read_the_first_number_of_text() {
    let schema = schema(
        "syntax = \"proto3\"; package t; message M { int32 i = 1; double d = 2; map<int32, string> m = 3; }",
    );
    let old = release("go=1.36.11");
    for (text, read) in [
        (r#"{"i":"12,34"}"#, Some(r#"{"i":12}"#)),
        (r#"{"d":"12 34"}"#, Some(r#"{"d":12.0}"#)),
        (r#"{"i":"12谷34"}"#, Some(r#"{"i":12}"#)),
        (r#"{"i":"-1e2;"}"#, Some(r#"{"i":-100}"#)),
        (r#"{"i":"12-34"}"#, None),
        (r#"{"i":"12a"}"#, None),
        (r#"{"i":" 12,34"}"#, None),
        (r#"{"d":"NaN,"}"#, None),
        (r#"{"d":"-Infinity,"}"#, None),
        (r#"{"m":{"1,2":"a"}}"#, None),
    ] {
        assert_eq!(again(&schema, text, old).as_deref(), read, "{text}");
        assert_eq!(again(&schema, text, Reader::GO), None, "{text}");
        assert_eq!(again(&schema, text, release("go=1.36.12")), None, "{text}");
    }
}

/// Go printed `value` until 1.36.12, asked for it until 1.35.2, and takes it still. Nobody else does.
#[test]
fn an_empty_in_an_any_was_a_value_to_go() {
    let schema = schema(
        "syntax = \"proto3\"; package t; import \"google/protobuf/any.proto\"; import \"google/protobuf/empty.proto\";
         message M { google.protobuf.Any any = 1; google.protobuf.Empty empty = 2; }",
    );
    let bare = r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Empty"}}"#;
    let value = r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Empty","value":{}}}"#;
    let reads =
        |reader: Reader| [bare, value].map(|text| again(&schema, text, reader).as_deref() == Some(bare));
    assert_eq!(reads(release("go=1.34.2")), [false, true]);
    assert_eq!(reads(release("go=1.31.0")), [false, true]);
    assert_eq!(reads(release("go=1.35.2")), [true, true]);
    assert_eq!(reads(Reader::GO), [true, true]);
    for reader in [Reader::SPEC, Reader::JAVA, Reader::PYTHON] {
        assert_eq!(reads(reader), [true, false], "{}", reader.name);
    }
}

/// Go 1.36.12, as all before that know editions: of extensions only those of proto3 are looked at.
#[test]
fn go_does_not_look_at_strings_of_extensions_in_editions() {
    let of = |head: &str, message: &str| {
        let files = [
            (
                "m.proto".to_owned(),
                "syntax = \"proto2\"; package t; message M { extensions 1 to 9; }".to_owned(),
            ),
            ("t.proto".to_owned(), format!("{head} package t; import \"m.proto\"; {message}")),
        ];
        support::schema(&files.to_vec()).unwrap()
    };
    let extension = of("edition = \"2023\";", "extend M { string s = 1; }");
    let reads = |schema: &Schema, name: &str, reader| {
        let id = schema.message_by_name(name).unwrap();
        decode(schema, id, b"\x0a\x01\xff", reader)
            .is_ok_and(|t| t.one(1) == Some(&Value::String(vec![0xff])))
    };
    assert!(reads(&extension, "t.M", Reader::GO));
    assert!(!reads(&extension, "t.M", Reader::SPEC));
    assert!(!reads(&extension, "t.M", Reader::PYTHON));
    let field = of("edition = \"2023\";", "message F { string s = 1; }");
    assert!(!reads(&field, "t.F", Reader::GO));
    let older = of("syntax = \"proto2\";", "extend M { optional string s = 1; }");
    assert!(reads(&older, "t.M", Reader::GO));
}
