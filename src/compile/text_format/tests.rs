use super::*;
use crate::compile::image::{self, Format};
use crate::compile::output::{SetOptions, descriptor_set};
use crate::compile::{Input, InputFile, Options, compile};

const OPTIONS: &str = r#"edition = "2023";
package o;
import "google/protobuf/any.proto";
import "google/protobuf/descriptor.proto";
message Opt {
  string no = 1; bytes raw = 2; repeated double ds = 3; map<string, int32> m = 4; float f = 5;
  Opt in = 6 [features.message_encoding = DELIMITED]; uint64 big = 7; E e = 8; sint32 s = 9; fixed64 x = 10;
  google.protobuf.Any any = 11; map<int64, Opt> by = 12; repeated E es = 13; bool on = 14; int32 n = 15;
}
enum E { NO = 0; YES = 1; }
extend google.protobuf.FileOptions { Opt opt = 50001; }
"#;

/// A set of [`OPTIONS`], a file that uses them, and what they import.
fn set(file: &str) -> Vec<u8> {
    let one = |name: &str, text: &str| InputFile {
        name: name.into(),
        display: name.into(),
        content: text.as_bytes().to_vec().into(),
        target: true,
    };
    let files = vec![one("a.proto", file), one("o.proto", OPTIONS)];
    let compiled = compile(&Input { files, ..Input::default() }, &Options::default());
    let compiled = compiled.unwrap_or_else(|e| panic!("{e:?}"));
    descriptor_set(&compiled, SetOptions { include_imports: true, include_source_info: false })
}

/// What an option is on the wire, when it stands in the text of a set whose other files are `base`.
fn read(option: &str) -> Result<Vec<u8>, TextError> {
    let base = set("syntax = \"proto3\"; import \"o.proto\";");
    let pool = DescriptorPool::decode(&base).unwrap();
    let message = pool.message_index("o.Opt").unwrap();
    to_wire(option, &pool, message, false)
}

#[test]
fn every_kind_of_value_is_what_the_compiler_makes_of_it() {
    for option in [
        "no: 'it\\'s' raw: \"\\001\\xff'\" ds: [1.5, inf, -inf] f: -0.5",
        "no: \"\\u00fc \\U0001f600 \\n\\t\\\\\" raw: 'a' \"b\"",
        "m { key: \"a\" value: 3 } m < key: 'b' value: -4 >, big: 18446744073709551615; e: YES",
        "s: -3 x: 0xff n: -1 on: true es: [NO, YES] es: YES",
        "# said here\nby { key: -1 value { no: 'deep' e: NO } }",
        "in { n: 0 } n: 010",
        "any { [type.googleapis.com/o.Opt] { n: 7 } }",
    ] {
        let file = format!("syntax = \"proto3\"; import \"o.proto\"; option (o.opt) = {{ {option} }};");
        let whole = image::read(&set(&file), Format::Binary).unwrap();
        let a = whole.files.iter().find(|f| &*f.name == "a.proto").unwrap();
        let options = crate::compile::wire::fields(&a.descriptor).flatten().find(|f| f.number == 8).unwrap();
        let opt =
            crate::compile::wire::fields(options.bytes().unwrap()).flatten().find(|f| f.number == 50001);
        let want = sorted(opt.unwrap().bytes().unwrap());
        let found = read(option).unwrap_or_else(|e| panic!("{option}: {e}"));
        assert_eq!(sorted(&found), want, "{option}");
    }
}

/// The fields of a message by their numbers; their order in a text is free.
fn sorted(message: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let fields = crate::compile::wire::fields(message).flatten();
    let mut fields: Vec<_> = fields.map(|f| (f.number, f.whole.to_vec())).collect();
    fields.sort_by_key(|(number, _)| *number);
    fields
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (option, said) in [
        ("\n  nothing: 1", "2:3: `o.Opt` has no field `nothing`"),
        ("n: 2147483648", "1:1: `n` does not take this value"),
        ("n: 1 n: 2", "1:6: `n` takes one value"),
        ("n: 1.5", "1:1: `n` does not take this value"),
        ("big: -1", "1:1: `big` does not take this value"),
        ("on: maybe", "1:1: `on` does not take this value"),
        ("e: MAYBE", "1:1: a value of `o.E` is expected"),
        ("no: 'a", "1:7: the text ends inside a string"),
        ("no: '\\xff'", "1:1: `no` is not valid UTF-8"),
        ("in { n: 1", "1:10: the text ends inside a message"),
        ("in: 1", "1:1: `in` is a message"),
        ("n { }", "1:1: `n` is no message"),
        ("7: 1", "1:1: field `7` has only its number here, and its name is needed"),
        ("[o.none]: 1", "1:1: `o.Opt` has no extension `o.none`"),
        ("m: 3", "1:1: `m` takes entries with `key` and `value`"),
        ("n 1", "1:3: `:` or a message is expected after the name of a field"),
    ] {
        assert_eq!(read(option).unwrap_err().to_string(), said, "{option}");
    }
    let deep = "in { ".repeat(5000);
    assert!(read(&deep).unwrap_err().to_string().contains("more than 100 deep"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9 :{}<>\\[\\]'\"\\\\.,;#/-]{0,60}") {
        let _ = parse::parse(&text);
    }
}
