//! The lenses that read options of others: HTTP bindings and validation rules, one edit a line.

use crate::support;
use protopact::compare::Comparison;
use protopact::words::{Direction, Lens};

const HTTP: &str =
    include_str!("../../fixtures/probes/20-http-path-changed/old/google/api/annotations.proto");

const VALIDATE: &str = r#"syntax = "proto2";
package buf.validate;
import "google/protobuf/descriptor.proto";
import "google/protobuf/duration.proto";
extend google.protobuf.FieldOptions { optional FieldRules field = 1159; }
extend google.protobuf.MessageOptions { optional MessageRules message = 1159; }
extend google.protobuf.OneofOptions { optional OneofRules oneof = 1159; }
message MessageRules { repeated Rule cel = 3; repeated MessageOneofRule oneof = 4; }
message MessageOneofRule { repeated string fields = 1; optional bool required = 2; }
message OneofRules { optional bool required = 1; }
message Rule { optional string id = 1; optional string message = 2; optional string expression = 3; }
enum Ignore { IGNORE_UNSPECIFIED = 0; IGNORE_IF_ZERO_VALUE = 1; IGNORE_ALWAYS = 3; }
message FieldRules {
  repeated Rule cel = 23;
  optional bool required = 25;
  optional Ignore ignore = 27;
  oneof type {
    FloatRules float = 1;
    Int32Rules int32 = 3;
    BoolRules bool = 13;
    Sint rules_sint64 = 8;
    StringRules string = 14;
    BytesRules bytes = 15;
    EnumRules enum = 16;
    RepeatedRules repeated = 18;
    MapRules map = 19;
    DurationRules duration = 21;
  }
}
message FloatRules { optional float lt = 2; optional float lte = 3; optional float gt = 4; optional bool finite = 8; repeated float example = 9; }
message Int32Rules { optional int32 lt = 2; optional int32 gt = 4; }
message BoolRules { optional bool const = 1; }
message Sint { repeated sint64 in = 6 [packed = true]; repeated sint64 not_in = 7; }
message StringRules {
  optional uint64 min_len = 2; optional uint64 max_len = 3; optional string pattern = 6; optional string prefix = 7;
  optional string contains = 9; repeated string in = 10; optional bool email = 12; optional bool ip = 14; optional bool ipv4 = 15; optional bool uuid = 22;
  optional int32 later = 99;
}
message BytesRules { optional uint64 len = 13; }
message EnumRules { optional bool defined_only = 2; repeated int32 in = 3; repeated int32 not_in = 4; }
message RepeatedRules { optional uint64 min_items = 1; optional uint64 max_items = 2; optional bool unique = 3; optional FieldRules items = 4; }
message MapRules { optional uint64 max_pairs = 2; optional FieldRules keys = 4; optional FieldRules values = 5; }
message DurationRules { optional google.protobuf.Duration lte = 4; }
"#;

const PGV: &str = r#"syntax = "proto3";
package validate;
import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { FieldRules rules = 1071; }
message FieldRules { MessageRules message = 17; StringRules string = 14; }
message MessageRules { bool skip = 1; bool required = 2; }
message StringRules { optional uint64 max_len = 3; bool uuid = 22; bool ignore_empty = 26; }
"#;

/// The worst cells of a lens over all changes: `ok` or `effect: reason` for each direction.
fn judge(old: &str, new: &str, lens: Lens) -> [String; 2] {
    let side = |text: &str| {
        support::schema(&vec![
            ("a.proto".to_owned(), text.to_owned()),
            ("google/api/annotations.proto".to_owned(), HTTP.to_owned()),
            ("buf/validate/validate.proto".to_owned(), VALIDATE.to_owned()),
            ("validate/validate.proto".to_owned(), PGV.to_owned()),
        ])
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
    };
    let (old, new) = (side(old), side(new));
    let comparison = Comparison::new(&old, &new);
    [Direction::Backward, Direction::Forward].map(|direction| {
        let cells = comparison.verdicts().iter().filter_map(|v| v.cell(lens, direction));
        let worst = cells.max_by_key(|c| c.effect);
        worst.map_or("ok".to_owned(), |c| format!("{}: {}", c.effect.as_str(), c.reason))
    })
}

/// `got` begins with `wanted`, or has it as its reason.
fn is(got: &[String; 2], wanted: [&str; 2]) -> bool {
    got.iter().zip(wanted).all(|(g, w)| g == w || (w != "ok" && g.contains(w)))
}

fn field(field: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage t;\nimport \"buf/validate/validate.proto\";\nimport \"validate/validate.proto\";\n\
         import \"google/protobuf/duration.proto\";\n\
         enum Color {{ NONE = 0; RED = 1; }}\nmessage M {{ {field} }}\nservice S {{ rpc Call(M) returns (M); }}\n"
    )
}

#[test]
fn validation_rules_are_compared_by_what_they_accept() {
    const V: &str = "(buf.validate.field)";
    // The field with old and new options, and what old and new writers may send that the other side refuses.
    #[rustfmt::skip] // one case a line
    let cases: &[(&str, &str, &str, [&str; 2])] = &[
        ("float f = 1", "V.float.lte = 1.5", "V.float.lt = 1.5", ["the value 1.5", "ok"]),
        ("float f = 1", "V.float.lt = 2", "V.float.finite = true", ["rejects", "rejects"]),
        ("float f = 1", "V.float.lt = 2", "V.float = {lt: 2, example: 1}", ["ok", "ok"]),
        ("float f = 1", "", "V.float = {gt: -1, lt: 1}", ["the value 1,", "ok"]),
        ("float f = 1", "V.float = {gt: 1, lt: -1}", "V.float = {gt: -1, lt: 1}", ["rejects", "rejects"]),
        (
            "sint64 f = 1",
            "V.rules_sint64 = {in: [-3, 0, 3]}",
            "V.rules_sint64 = {in: [0, 3]}",
            ["the value -3", "ok"],
        ),
        ("sint64 f = 1", "V.rules_sint64.in = 3", "V.rules_sint64 = {in: 3, not_in: 7}", ["ok", "ok"]),
        ("string f = 1", "V.string.max_len = 8", "V.string.max_len = 256", ["ok", "a text of 9 characters"]),
        ("string f = 1", "", "V.string.pattern = \"a+\"", ["a message without it", "ok"]),
        ("string f = 1", "V.string.pattern = \"a+\"", "V.string.pattern = \"a*\"", ["unknown", "a message without it"]),
        ("string f = 1", "V.string.uuid = true", "V.string = {uuid: true, max_len: 36}", ["unknown", "ok"]),
        ("string f = 1", "V.string.ipv4 = true", "V.string.ip = true", ["ok", "not of the format `ipv4`"]),
        (
            "string f = 1",
            "V.string.prefix = \"ab\"",
            "V.string.prefix = \"a\"",
            ["ok", "does not begin with `ab`"],
        ),
        ("string f = 1", "V.string.in = \"a\"", "V.string = {in: [\"a\", \"b\"]}", ["ok", "`b`"]),
        ("string f = 1", "", "V.string.later = 1", ["one that protopact does not know", "ok"]),
        (
            "string f = 1",
            "V.cel = {id: \"a\", expression: \"x\"}",
            "V.cel = {id: \"b\", expression: \"x\"}",
            ["ok", "ok"],
        ),
        (
            "string f = 1",
            "V.cel = {id: \"a\", expression: \"x\"}",
            "V.cel = {id: \"a\", expression: \"y\"}",
            ["unknown", "unknown"],
        ),
        ("string f = 1", "V.string.min_len = 1", "V.required = true", ["ok", "ok"]),
        // What the writer's own pattern, expression or list size keeps out is no example of anything.
        (
            "string f = 1",
            "V.string = {max_len: 10, pattern: \"^[a-z]{3}$\"}",
            "V.string = {max_len: 5, pattern: \"^[a-z]{3}$\"}",
            ["unknown", "ok"],
        ),
        (
            "float f = 1",
            "V.cel = {id: \"a\", expression: \"this < 1.0\"}",
            "V = {cel: {id: \"a\", expression: \"this < 1.0\"}, float: {lt: 1}}",
            ["ok", "ok"],
        ),
        // Expressions are evaluated where they can be, and read as rules where they say what a rule could say.
        (
            "int32 f = 1",
            "V.cel = {id: \"a\", expression: \"this % 2 == 0\"}",
            "V.int32.lt = 10",
            ["the value 10", "the value 1"],
        ),
        (
            "int32 f = 1",
            "V.cel = {id: \"a\", expression: \"this > 3 && this < 9\"}",
            "V.int32.gt = 3",
            ["ok", "the value 9"],
        ),
        (
            "string f = 1",
            "V.cel = {id: \"a\", expression: \"this.startsWith('ab') ? '' : 'no'\"}",
            "V.string.prefix = \"a\"",
            ["ok", "does not begin with `ab`"],
        ),
        (
            "string f = 1",
            "V.cel = {id: \"a\", expression: \"this == '' || this.isEmail()\"}",
            "V.string.email = true",
            ["a message without it", "unknown"],
        ),
        (
            "repeated int32 f = 1",
            "V.repeated.max_items = 3",
            "V = {repeated: {max_items: 3}, cel: {id: \"a\", expression: \"this.all(x, x > 0)\"}}",
            ["a list of the value 0", "ok"],
        ),
        (
            "bool f = 1",
            "V.cel = {id: \"a\", expression: \"this\"}",
            "V = {bool: {const: true}, required: true}",
            ["ok", "ok"],
        ),
        (
            "repeated string f = 1",
            "V.repeated.max_items = 0",
            "V.repeated = {max_items: 0, items: {string: {max_len: 3}}}",
            ["ok", "ok"],
        ),
        // A pattern that the text matches all the same is no example either, and one that it does not match is.
        ("string f = 1", "V.string.max_len = 3", "V.string = {max_len: 3, pattern: \"^(?s).*$\"}", ["unknown", "ok"]),
        ("string f = 1", "V.string.max_len = 3", "V.string = {max_len: 3, pattern: \"^.*$\"}", ["that does not match `^.*$`", "ok"]),
        // Digits are those of ASCII to RE2.
        ("string f = 1", "V.string.pattern = \"^\\\\d$\"", "V.string.pattern = \"^[0-9]$\"", ["ok", "ok"]),
        (
            "string f = 1",
            "V.string = {max_len: 3, prefix: \"ab\"}",
            "V.string = {max_len: 3, pattern: \"^ab\"}",
            ["unknown", "does not begin with `ab`"],
        ),
        ("string f = 1", "V.string.pattern = \"^a+$\"", "V.string = {pattern: \"^a+$\", max_len: 5}", ["of 6 characters", "ok"]),
        (
            "string f = 1",
            "V.string = {contains: \"ab\", max_len: 2}",
            "V.string = {prefix: \"ab\", max_len: 2}",
            ["unknown", "ok"],
        ),
        // There are two booleans, and of what refuses everything there is no list.
        (
            "repeated bool f = 1",
            "V.repeated = {unique: true, max_items: 5}",
            "V.repeated = {unique: true, max_items: 4}",
            ["ok", "ok"],
        ),
        (
            "repeated string f = 1",
            "V.repeated = {max_items: 3, items: {string: {pattern: \"a^\"}}}",
            "V.repeated = {max_items: 2, items: {string: {pattern: \"a^\"}}}",
            ["unknown", "ok"],
        ),
        ("optional string f = 1", "", "V.required = true", ["a message without it", "ok"]),
        ("optional string f = 1", "", "V.string.min_len = 1", ["an empty value", "ok"]),
        (
            "string f = 1",
            "V.string.min_len = 3",
            "V = {ignore: IGNORE_IF_ZERO_VALUE, string: {min_len: 3}}",
            ["ok", "a message without it"],
        ),
        (
            "string f = 1",
            "V.string.min_len = 3",
            "V = {ignore: IGNORE_ALWAYS, string: {min_len: 3}}",
            ["ok", "rejects"],
        ),
        ("bytes f = 1", "V.bytes.len = 4", "V.bytes.len = 5", ["rejects", "rejects"]),
        ("Color f = 1", "", "V.enum.defined_only = true", ["the value -1", "ok"]),
        ("Color f = 1", "V.enum.defined_only = true", "V.enum = {in: [0, 1]}", ["ok", "ok"]),
        ("repeated string f = 1", "", "V.repeated.min_items = 1", ["a message without it", "ok"]),
        ("repeated string f = 1", "", "V.repeated.unique = true", ["two equal items", "ok"]),
        (
            "repeated string f = 1",
            "",
            "V.repeated.items.string.max_len = 1",
            ["of 2 characters in a list", "ok"],
        ),
        ("map<string, Color> f = 1", "V.map.max_pairs = 4", "V.map.max_pairs = 3", ["4 pairs", "ok"]),
        (
            "map<string, Color> f = 1",
            "",
            "V.map.values.enum.defined_only = true",
            ["as a value of a map", "ok"],
        ),
        ("map<string, Color> f = 1", "", "V.map.keys.string.min_len = 2", ["as a key", "ok"]),
        (
            "google.protobuf.Duration f = 1",
            "V.duration.lte = {seconds: 5}",
            "V.duration.lte = {seconds: 1, nanos: 500000000}",
            ["1.500000001s", "ok"],
        ),
        ("M f = 1", "V.ignore = IGNORE_ALWAYS", "", ["inside of the message apply again", "ok"]),
        ("M f = 1", "(validate.rules).message.required = true", "V.required = true", ["ok", "ok"]),
        ("string f = 1", "(validate.rules).string.max_len = 8", "V.string.max_len = 8", ["ok", "ok"]),
        ("string f = 1", "(validate.rules).string.max_len = 8", "V.string.max_len = 4", ["rejects", "ok"]),
        (
            "string f = 1",
            "(validate.rules).string.uuid = true",
            "V.string.uuid = true",
            ["unknown", "unknown"],
        ),
    ];
    let mut wrong = Vec::new();
    for (what, old, new, wanted) in cases {
        let side = |options: &str| match options {
            "" => field(&format!("{what};")),
            options => field(&format!(
                "{what} [{}];",
                options.replace("V.", &format!("{V}.")).replace("V =", &format!("{V} ="))
            )),
        };
        let got = judge(&side(old), &side(new), Lens::Validation);
        if !is(&got, *wanted) {
            wrong.push(format!("{what}: {old} -> {new}: {got:#?}, expected {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn json_of_enum_values_is_what_their_option_says() {
    let red = |json: &str| {
        let option = if json.is_empty() {
            String::new()
        } else {
            format!(" [(pb.enumvalue.json).string = \"{json}\"]")
        };
        format!(
            "edition = \"2026\"; package p; import option \"google/protobuf/json_options.proto\"; \
             export message M {{ E e = 1; }} export enum E {{ E_NO = 0; E_RED = 1{option}; E_BLUE = 2 [(pb.enumvalue.json).string = \"blue\"]; }}"
        )
    };
    let json = |old: &str, new: &str| judge(&red(old), &red(new), Lens::Json);
    for (old, new, wanted) in [
        // Parsers take the name of a value beside what is written for it.
        ("", "red", ["ok", "rejects: an old parser does not know the value `red`"]),
        ("red", "", ["rejects: a new parser does not know the value `red`", "ok"]),
        (
            "red",
            "rouge",
            [
                "rejects: a new parser does not know the value `red`",
                "rejects: an old parser does not know the value `rouge`",
            ],
        ),
        ("E_RED", "", ["ok", "ok"]),
        ("red", "red", ["ok", "ok"]),
    ] {
        let got = json(old, new);
        assert!(is(&got, wanted), "`{old}` to `{new}`: {got:?}");
    }
    // A new name behind the old word is no news.
    let renamed = red("red").replace("E_RED", "E_ROUGE");
    assert!(is(&judge(&red("red"), &renamed, Lens::Json), ["ok", "ok"]));
    let swapped = red("blue").replace(
        "E_BLUE = 2 [(pb.enumvalue.json).string = \"blue\"]",
        "E_BLUE = 2 [(pb.enumvalue.json).string = \"red\"]",
    );
    let got = judge(&red("red"), &swapped, Lens::Json);
    assert!(got.iter().all(|cell| cell.starts_with("corrupt: ")), "{got:?}");
}

#[test]
fn validation_follows_what_the_rules_are_about() {
    // A required field that old writers do not send; one that new writers leave out.
    let none = field("string a = 1;");
    let added = field("string a = 1; string b = 2 [(buf.validate.field).required = true];");
    assert!(is(
        &judge(&none, &added, Lens::Validation),
        ["rejects: old writers may send a message without it", "ok"]
    ));
    assert!(is(
        &judge(&added, &none, Lens::Validation),
        ["ok", "rejects: new writers may send a message without it"]
    ));
    // The same rules around a field that can now be absent.
    let implicit = field("string a = 1 [(buf.validate.field).string.min_len = 1];");
    let explicit = field("optional string a = 1 [(buf.validate.field).string.min_len = 1];");
    assert!(is(&judge(&implicit, &explicit, Lens::Validation), ["ok", "a message without it"]));
    // The rule did not change, the enum did.
    let few = field("Color c = 1 [(buf.validate.field).enum.defined_only = true];");
    let more = few.replace("RED = 1;", "RED = 1; BLUE = 2;");
    assert!(is(&judge(&few, &more, Lens::Validation), ["ok", "rejects: new writers may send the value 2"]));
    assert!(is(&judge(&more, &few, Lens::Validation), ["rejects: old writers may send the value 2", "ok"]));
    // What the writer's own rules keep out is no matter of the enum; an expression of its own may.
    let own = |rules: &str| more.replace("enum.defined_only = true", rules);
    let both = |rules: &str| few.replace("enum.defined_only = true", rules);
    let narrow = "enum = {defined_only: true, not_in: [2]}";
    assert!(is(&judge(&own(narrow), &both(narrow), Lens::Validation), ["ok", "ok"]));
    let says = "cel = {id: \"a\", expression: \"this != 2\"}, (buf.validate.field).enum.defined_only = true";
    assert!(is(&judge(&own(says), &both(says), Lens::Validation), ["ok", "ok"]));
    let asks = says.replace("this != 2", "string(this) != '2'");
    assert!(is(&judge(&own(&asks), &both(&asks), Lens::Validation), ["unknown", "ok"]));
    // Nobody is known to carry it.
    let stored = |text: String| text.replace("rpc Call(M) returns (M);", "");
    let got = judge(&stored(none), &stored(added), Lens::Validation);
    assert!(is(&got, ["unknown: old writers may send a message without it", "ok"]), "{got:?}");
}

/// What is said of one field is in a message that keeps to all the rules of its writer.
#[test]
fn validation_holds_whole_messages_against_their_writers_rules() {
    const HEAD: &str = "syntax = \"proto3\";\npackage t;\nimport \"buf/validate/validate.proto\";\n";
    let says =
        |text: &str| format!("option (buf.validate.message).cel = {{id: \"x\", expression: \"{text}\"}};");
    let oneof = "option (buf.validate.message).oneof = {fields: [\"a\", \"b\"]};";
    let one = "oneof o { int32 a = 1 [(buf.validate.field).required = true]; string b = 2; }";
    let must = one.replace("oneof o {", "oneof o { option (buf.validate.oneof).required = true;");
    let field = |a: &str| format!("int32 a = 1{a}; int32 b = 2;");
    let (free, small) = (field(""), field(" [(buf.validate.field).int32.lt = 5]"));
    let below = says("this.a < this.b && this.b < 5");
    let several = says("this.a == 0 || this.b != 0");
    #[rustfmt::skip] // one case a line
    let cases: Vec<(String, String, [&str; 2])> = vec![
        // An expression of the message keeps out what the field's new rule refuses.
        (format!("{below} {free}"), format!("{below} {small}"), ["unknown", "ok"]),
        (format!("{several} {free}"), format!("{several} {small}"), ["rejects: old writers may send the value 5", "ok"]),
        (free.clone(), format!("{several} {free}"), ["a message of which `this.a == 0 || this.b != 0` does not hold", "ok"]),
        (format!("{} {free}", says("this.a == 0")), format!("{several} {free}"), ["unknown", "rejects"]),
        // What a rule of the message has as one of several is looked at where it is set.
        (format!("{oneof} {small}"), small.clone(), ["ok", "with more than one of `a`, `b`"]),
        (format!("{oneof} {}", field(" [(buf.validate.field).int32.gt = 0]")), field(" [(buf.validate.field).int32.gt = 0]"), ["a message without `a`", "more than one"]),
        // The writer's own rule has one of them set.
        (one.to_owned(), must.clone(), ["unknown", "ok"]),
        (one.replace(" [(buf.validate.field).required = true]", ""), must, ["a message with none of its fields", "ok"]),
    ];
    let side =
        |text: &str| format!("{HEAD}message M {{ {text} }}\nservice S {{ rpc Call(M) returns (M); }}\n");
    let mut wrong = Vec::new();
    for (old, new, wanted) in &cases {
        let got = judge(&side(old), &side(new), Lens::Validation);
        if !is(&got, *wanted) {
            wrong.push(format!("{old} -> {new}: {got:#?}, expected {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn http_bindings_are_compared_by_what_reaches_them() {
    let cases: &[(&str, &str, [&str; 2])] = &[
        ("{get: \"/a/{x}\"}", "{get: \"/a/{x=*}\"}", ["ok", "ok"]),
        // Another field is filled.
        ("{get: \"/a/{x}\"}", "{get: \"/a/{y}\"}", ["unknown", "unknown"]),
        ("{get: \"/a/{x=b/*}\"}", "{get: \"/a/b/{x}\"}", ["unknown", "unknown"]),
        // A wider template serves what a narrower one did.
        ("{get: \"/v1/{x=a/*}\"}", "{get: \"/v1/{x=a/**}\"}", ["ok", "which an old server does not serve"]),
        (
            "{get: \"/v1/{x=a/**}\", additional_bindings {get: \"/v1/{x=a/*}\"}}",
            "{get: \"/v1/{x=a/**}\"}",
            ["ok", "ok"],
        ),
        ("{get: \"/v1/{x=a/**}:go\"}", "{get: \"/v1/{x=a/**}\"}", ["rejects", "rejects"]),
        ("{get: \"/v1/{x=a/*}\"}", "{get: \"/v1/{y=a/**}\"}", ["unknown", "rejects"]),
        ("{get: \"/a\"}", "{post: \"/a\"}", ["serves `POST /a`", "serves `GET /a`"]),
        ("{get: \"/a\"}", "{get: \"/b\", additional_bindings {get: \"/a\"}}", ["ok", "calls `GET /b`"]),
        ("{get: \"/a\", additional_bindings {get: \"/b\"}}", "{get: \"/a\"}", ["calls `GET /b`", "ok"]),
        ("{get: \"/a\"}", "{custom {kind: \"*\", path: \"/a\"}}", ["ok", "rejects"]),
        (
            "{post: \"/a\", body: \"*\"}",
            "{post: \"/a\", body: \"x\"}",
            ["reads the field `x`", "sends the field `x`"],
        ),
        ("{post: \"/a\"}", "{post: \"/a\", body: \"*\"}", ["sends no body", "reads none"]),
        ("{get: \"/a\"}", "{get: \"/a\", response_body: \"x\"}", ["rejects", "rejects"]),
        ("{get: \"/a\"}", "", ["rejects", "ok"]),
        ("", "{get: \"/a\"}", ["ok", "rejects"]),
    ];
    let text = |rpcs: &str| {
        format!(
            "syntax = \"proto3\";\npackage t;\nimport \"google/api/annotations.proto\";\n\
             message M {{ string x = 1; string y = 2; }}\nmessage N {{}}\nservice S {{ {rpcs} }}\n"
        )
    };
    let rpc = |name: &str, option: &str| match option {
        "" => format!("rpc {name}(M) returns (M);"),
        option => format!("rpc {name}(M) returns (M) {{ option (google.api.http) = {option}; }}"),
    };
    let mut wrong = Vec::new();
    for (old, new, wanted) in cases {
        let got = judge(&text(&rpc("Call", old)), &text(&rpc("Call", new)), Lens::Http);
        if !is(&got, *wanted) {
            wrong.push(format!("{old} -> {new}: {got:#?}, expected {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let old = text(&rpc("Call", "{get: \"/a/{x}\"}"));
    // The name of a method or service is no part of a URL; nor is that of a field.
    let other_method = text(&rpc("Other", "{get: \"/a/{x}\"}"));
    assert!(is(&judge(&old, &other_method, Lens::Http), ["ok", "ok"]));
    let other_service = old.replace("service S", "service T");
    assert!(is(&judge(&old, &other_service, Lens::Http), ["ok", "ok"]));
    let other_field = old.replace("string x = 1", "string z = 1").replace("{x}", "{z}");
    assert!(is(&judge(&old, &other_field, Lens::Http), ["ok", "ok"]));
    let other_message = other_method.replace("returns (M)", "returns (N)");
    assert!(is(&judge(&old, &other_message, Lens::Http), ["served by `t.S.Other`", "served by `t.S.Call`"]));
    assert!(is(&judge(&old, &text(""), Lens::Http), ["rejects", "ok"]));
    assert!(is(&judge(&text(""), &old, Lens::Http), ["ok", "rejects"]));
}

#[test]
fn what_a_url_holds_is_asked_of_a_request_of_another_type_too() {
    const OLD: &str = "syntax = \"proto3\";\npackage t;\nimport \"google/api/annotations.proto\";\n\
        enum Color { NONE = 0; RED = 1; }\nmessage In { string a = 1; string b = 2; }\n\
        message Ask { Color c = 1; In in = 2; string name = 3; }\nmessage Other { Color c = 1; In in = 2; string name = 3; }\n\
        service S { rpc Get(Ask) returns (In) { option (google.api.http) = {get: \"/v1/{name}\"}; } }\n";
    let cases = [
        ("Color", "Color", ["ok", "ok"]),
        ("RED", "GREEN", ["writes `RED` for `c`", "writes `GREEN` for `c`"]),
        (
            "{ string a = 1; string b = 2; }",
            "{ oneof o { string a = 1; string b = 2; } }",
            ["beside another of one oneof is refused", "ok"],
        ),
        // What the field itself says.
        ("Other { Color c = 1;", "Other { string c = 1;", ["ok", "rejects"]),
        (
            "Other { Color c = 1; In in = 2; string name",
            "Other { Color c = 1; In in = 2; int32 name",
            ["a text for `string` is read as one for `int32`", "ok"],
        ),
    ];
    let mut wrong = Vec::new();
    for (from, to, wanted) in cases {
        assert!(OLD.contains(from), "{from}");
        let new = OLD.replace("Get(Ask)", "Get(Other)").replace(from, to);
        let got = judge(OLD, &new, Lens::Http);
        if !is(&got, wanted) {
            wrong.push(format!("{to}: {got:#?}, expected {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
