//! What messages taught the lenses: each line was once claimed otherwise, and a runtime disagreed.

use protopact::compare::Comparison;
use protopact::wire::text::text;
use protopact::wire::{Prover, Reader, decode};
use protopact::words::{Direction, Lens};

use crate::support;

/// The worst effect of a lens over all changes, backward and forward.
fn judge(old: &str, new: &str, lens: Lens) -> [&'static str; 2] {
    let side = |text: &str| {
        let text = match text.strip_prefix("two ") {
            Some(text) => format!("syntax = \"proto2\";\npackage t;\n{text}"),
            None => format!("syntax = \"proto3\";\npackage t;\n{text}"),
        };
        support::schema(&vec![("a.proto".to_owned(), text.clone())]).unwrap_or_else(|e| panic!("{e}\n{text}"))
    };
    let (old, new) = (side(old), side(new));
    let comparison = Comparison::new(&old, &new);
    [Direction::Backward, Direction::Forward].map(|direction| {
        let effects = comparison.verdicts().iter().map(|v| v.effect(lens, direction));
        effects.max().unwrap_or_default().as_str()
    })
}

#[test]
fn bytes() {
    let message = |fields: &str| format!("message M {{ {fields} }} message S {{ fixed32 a = 1; }}");
    for (old, new, wanted) in [
        // A packed list is length-delimited, and such a field is taken for a packed list.
        ("repeated sfixed64 a = 1;", "bytes a = 1;", ["corrupt", "rejects"]),
        ("repeated int32 a = 1;", "string a = 1;", ["rejects", "rejects"]),
        ("repeated int32 a = 1;", "S a = 1;", ["rejects", "rejects"]),
        ("repeated fixed64 a = 1;", "repeated fixed32 a = 1;", ["corrupt", "rejects"]),
        ("repeated int32 a = 1;", "repeated fixed32 a = 1;", ["rejects", "rejects"]),
        // A oneof matters where it holds another field that the writer may set beside this one.
        ("oneof o { int32 a = 1; }", "int32 a = 1;", ["ok", "ok"]),
        ("oneof o { int32 a = 1; } int32 b = 2;", "int32 a = 1; int32 b = 2;", ["ok", "ok"]),
        ("oneof o { int32 a = 1; int32 b = 2; }", "int32 a = 1; int32 b = 2;", ["ok", "lossy"]),
        ("int32 a = 1; int32 b = 2;", "oneof o { int32 a = 1; int32 b = 2; }", ["lossy", "ok"]),
        (
            "oneof o { int32 a = 1; int32 b = 2; }",
            "oneof p { int32 a = 1; } oneof q { int32 b = 2; }",
            ["ok", "lossy"],
        ),
    ] {
        assert_eq!(judge(&message(old), &message(new), Lens::Wire), wanted, "{old} -> {new}");
    }
}

/// A message where a string is read: its tags and lengths are text as long as all of it is.
#[test]
fn a_message_read_as_text() {
    let side = |ty: &str| {
        let text = format!(
            "syntax = \"proto3\";\npackage t;\nmessage Inner {{ string name = 1; }}\nmessage M {{ {ty} a = 1; }}\n"
        );
        support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
    };
    let (old, new) = (side("Inner"), side("string"));
    let message = new.message_by_name("t.M").unwrap();
    let read = |bytes: &[u8], reader| decode(&new, message, bytes, reader).map(|tree| text(&new, &tree));
    let long = [&[0x0a, 0x83, 0x01, 0x0a, 0x80, 0x01], &[b'h'; 128][..]].concat();
    for reader in Reader::ALL {
        let short = read(&[0x0a, 0x07, 0x0a, 0x05, b'h', b'e', b'l', b'l', b'o'], reader).unwrap();
        assert_eq!(short.trim(), "a: \"\\n\\005hello\"", "{}", reader.name);
        assert!(read(&long, reader).is_err(), "{}", reader.name);
    }
    let comparison = Comparison::new(&old, &new);
    let cell = comparison.verdicts()[0].cell(Lens::Wire, Direction::Backward).unwrap();
    assert_eq!(cell.effect.as_str(), "rejects");
    for part in ["a short message of plain text is read as text", "over 127", "is refused"] {
        assert!(cell.reason.contains(part), "{}", cell.reason);
    }
    let proofs = Prover::new(&comparison.cx(), comparison.changes())
        .prove(&comparison.changes()[0], &comparison.verdicts()[0]);
    assert!(proofs.iter().all(|proof| proof.shown.is_some()), "{proofs:?}");
}

#[test]
fn json() {
    let with = "enum E { ZERO = 0; ONE = 1; } enum F { F_ZERO = 0; F_ONE = 1; F_TWO = 2; } message S { int32 a = 1; } \
                message T { int32 a = 1; int32 b = 2; }";
    let message = |fields: &str| format!("message M {{ {fields} }} {with}");
    for (old, new, wanted) in [
        // What is written as a string is read as text.
        ("int64 a = 1;", "string a = 1;", ["corrupt", "rejects"]),
        ("E a = 1;", "string a = 1;", ["rejects", "rejects"]),
        ("map<int32, int32> a = 1;", "map<string, int32> a = 1;", ["corrupt", "rejects"]),
        ("map<bool, int32> a = 1;", "map<int32, int32> a = 1;", ["rejects", "rejects"]),
        // Keys do not follow numbers.
        ("int32 a = 1;", "int32 a = 2;", ["ok", "ok"]),
        ("int32 a = 1;", "string a = 2;", ["rejects", "rejects"]),
        ("int32 a = 1; int32 b = 2;", "int32 b = 1; int32 a = 2;", ["ok", "ok"]),
        ("int32 a = 1; string b = 2;", "string b = 1; int32 a = 2;", ["ok", "ok"]),
        // What a replaced type has more is refused like any other key.
        ("S a = 1;", "T a = 1;", ["ok", "rejects"]),
        ("oneof o { int32 a = 1; }", "int32 a = 1;", ["ok", "ok"]),
    ] {
        assert_eq!(judge(&message(old), &message(new), Lens::Json), wanted, "{old} -> {new}");
    }
    let enum_ = |values: &str| format!("enum E {{ ZERO = 0; {values} }} message M {{ E e = 1; }}");
    assert_eq!(judge(&enum_("ONE = 1;"), &enum_("ONE = 2;"), Lens::Json), ["ok", "ok"]);
    assert_eq!(judge(&enum_("ONE = 1;"), &enum_("TWO = 1;"), Lens::Json), ["rejects", "rejects"]);
    // A closed enum refuses the numbers that an open one writes.
    let closed = "two enum E { ZERO = 0; } message M { optional E e = 1; }";
    let open = "enum E { ZERO = 0; } message M { optional E e = 1; }";
    assert_eq!(judge(closed, open, Lens::Json), ["ok", "rejects"]);
    let extension = |more: &str| {
        format!("two message M {{ extensions 1 to 9; }} extend M {{ optional int32 a = 1; {more} }}")
    };
    assert_eq!(judge(&extension(""), &extension("optional int32 b = 2;"), Lens::Json), ["ok", "rejects"]);
}

/// An enum that no field holds on both sides is in no bytes and no JSON of the contract: what becomes of its numbers
/// corrupts nothing here, and what others keep of them nobody can tell.
#[test]
fn an_enum_that_no_reachable_field_uses_corrupts_nothing() {
    let no_field = "";
    let other_type = "message M { E held = 1; } => message M { int32 held = 1; }";
    let gone = "message M { E held = 1; } => message N { string name = 1; bytes more = 2; }";
    let reused = ("enum E { NO = 0; RED = 1; BLUE = 2; }", "enum E { NO = 0; RED = 1; GREEN = 2; }");
    let swapped = ("enum E { NO = 0; RED = 1; BLUE = 2; }", "enum E { NO = 0; RED = 2; BLUE = 1; }");
    let of_enum = |old: &str, new: &str, lens: Lens| {
        let side = |text: &str| {
            let text = format!("syntax = \"proto3\";\npackage t;\n{text}\n");
            support::schema(&vec![("a.proto".to_owned(), text.clone())])
                .unwrap_or_else(|e| panic!("{e}\n{text}"))
        };
        let (old, new) = (side(old), side(new));
        let comparison = Comparison::new(&old, &new);
        let cx = comparison.cx();
        let all = comparison.changes().iter().zip(comparison.verdicts());
        let of_values = all.filter(|(change, _)| change.id(&cx).starts_with("enum-value"));
        let effects: Vec<_> = of_values
            .flat_map(|(_, v)| [Direction::Backward, Direction::Forward].map(|d| v.effect(lens, d)))
            .collect();
        assert!(!effects.is_empty(), "the values changed");
        effects.into_iter().max().unwrap_or_default().as_str()
    };
    for (old, new) in [reused, swapped] {
        for fields in [no_field, other_type, gone] {
            let (before, after) = fields.split_once(" => ").unwrap_or((fields, fields));
            for lens in [Lens::Wire, Lens::Json] {
                let (old, new) = (format!("{old} {before}"), format!("{new} {after}"));
                let effect = of_enum(&old, &new, lens);
                // Names that only change their numbers are the same in JSON.
                let harmless = lens == Lens::Json && effect == "ok";
                assert!(effect == "unknown" || harmless, "{lens:?} {effect}: {old} -> {new}");
            }
        }
    }
    // A message that was renamed holds it as before.
    for now in ["message M { E held = 1; }", "message N { E held = 1; }"] {
        let (old, new) =
            (format!("{} message M {{ E held = 1; }}", swapped.0), format!("{} {now}", swapped.1));
        assert_eq!(of_enum(&old, &new, Lens::Wire), "corrupt", "{old} -> {new}");
    }
}
