//! What releases that a team still has read otherwise: how it shows in verdicts and witnesses.

use crate::support;
use protopact::compare::Comparison;
use protopact::schema::Schema;
use protopact::wire::value::{Slot, Tree, Value};
use protopact::wire::{Reader, Shown, UnknownData, decode, json, runtimes};
use protopact::words::{Direction, Effect, Lens, Pinned};

fn side(text: &str) -> Schema {
    support::schema(&vec![("a.proto".to_owned(), text.to_owned())]).unwrap()
}

fn readers(text: &str) -> Vec<Reader> {
    Pinned::list(text).unwrap().into_iter().map(|p| runtimes::reader(p).unwrap()).collect()
}

fn closed(values: &str) -> Schema {
    side(&format!(
        "syntax = \"proto2\"; package t; enum E {{ A = 0; {values} }}
         message M {{ optional E one = 1; map<string, E> map = 2; repeated E list = 3;
         oneof o {{ E e = 4; int32 n = 5; }} optional int32 i = 6; optional string s = 7; optional double d = 8; }}"
    ))
}

/// The effect on data of the first change, with its reason.
fn effect(ages: &[Reader], lens: Lens, direction: Direction) -> (Effect, String) {
    let (old, new) = (closed("B = 1;"), closed("B = 1; C = 2;"));
    let comparison = Comparison::new(&old, &new).reading(ages);
    let cell = comparison.verdicts()[0].cell(lens, direction).unwrap();
    (cell.effect, cell.reason.to_string())
}

#[test]
fn an_entry_that_one_release_writes_as_zero_is_corrupt_where_it_is_declared() {
    let newest = effect(&[], Lens::Wire, Direction::Forward);
    assert_eq!(newest.0, Effect::Lossy, "{}", newest.1);
    // The same release with its compiled part keeps the entry aside.
    assert_eq!(effect(&readers("python=4.25.8,7.36.2"), Lens::Wire, Direction::Forward), newest);
    let (worst, why) = effect(&readers("python=7.36.2+pure"), Lens::Wire, Direction::Forward);
    assert_eq!(worst, Effect::Corrupt, "{why}");
    let told = r#"Python 7.36 pure reads map = {"a": C} as map = {"a": A}"#;
    assert_eq!(why, format!("{}; {told}", newest.1));
}

#[test]
fn a_release_that_refuses_new_names_in_every_setting_is_named() {
    let newest = effect(&[], Lens::Json, Direction::Forward);
    assert_eq!(newest.0, Effect::Rejects);
    assert_eq!(effect(&readers("python=5.29.5,6.33.0"), Lens::Json, Direction::Forward), newest);
    let (worst, why) = effect(&readers("python=4.25.8,5.29.5"), Lens::Json, Direction::Forward);
    assert_eq!(worst, Effect::Rejects);
    let told = "; Python 4.25 refuses it also when it is told to pass over what it does not know";
    assert_eq!(why, format!("{}{told}", newest.1));
}

#[test]
fn a_declared_release_is_a_reader_of_every_witness() {
    let (old, new) = (closed("B = 1;"), closed("B = 1; C = 2;"));
    let ages = readers("python=4.25.8,7.36.2+pure");
    let comparison = Comparison::new(&old, &new).reading(&ages).proving();
    let proofs = comparison.proofs(0).unwrap();
    let proof = proofs.iter().find(|p| (p.lens, p.direction) == (Lens::Wire, Direction::Forward)).unwrap();
    let Some(Shown::Bytes { reads, .. }) = &proof.shown else { panic!("{proof:?}") };
    let named: Vec<&str> = reads.iter().flat_map(|r| &r.readers).map(String::as_str).collect();
    for reader in ["Python", "Python 4.25", "Python 7.36 pure"] {
        assert!(named.contains(&reader), "{named:?}");
    }
    let pure = reads.iter().find(|r| r.readers.contains(&"Python 7.36 pure".to_owned())).unwrap();
    assert_eq!(pure.readers.len(), 1, "{reads:?}");
}

fn read(reader: &str, bytes: &[u8]) -> Tree {
    let schema = closed("B = 1;");
    let message = schema.message_by_name("t.M").unwrap();
    decode(&schema, message, bytes, readers(reader)[0]).unwrap()
}

fn parse(reader: &str, text: &str, lenient: bool) -> Result<Tree, String> {
    let schema = closed("B = 1;");
    let message = schema.message_by_name("t.M").unwrap();
    let text = json::Json::parse(text).unwrap();
    let read = if lenient { json::read_lenient } else { json::read };
    read(&schema, message, &text, readers(reader)[0]).map_err(|e| e.to_string())
}

#[test]
fn numbers_that_a_closed_enum_does_not_list() {
    // -1 in ten bytes.
    let minus = [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
    for (reader, kept) in [("python=6.32.1", 0xffff_ffff), ("python=6.33.0", u64::MAX)] {
        assert_eq!(read(reader, &minus).unknown[0].data, UnknownData::Varint(kept), "{reader}");
    }
    // `n: 7`, and then a number of the oneof's enum.
    let oneof = [5 << 3, 7, 4 << 3, 5];
    assert_eq!(read("python=7.36.2", &oneof).one(5), Some(&Value::Int32(7)));
    assert_eq!(read("python=7.36.2+pure", &oneof).one(5), None);
    let entry = [2 << 3 | 2, 5, 10, 1, b'a', 16, 5];
    let pure = read("python=7.36.2+pure", &entry);
    assert!(pure.unknown.is_empty() && matches!(pure.fields.get(&2), Some(Slot::Map(map)) if map.len() == 1));
    assert!(read("python=7.36.2", &entry).fields.is_empty());
    // Under a closed enum with `NEW` in a list, in a map, alone.
    for text in [r#"{"one":"NEW"}"#, r#"{"list":["A","NEW"]}"#, r#"{"map":{"a":"NEW"}}"#] {
        for reader in ["python=5.29.5", "python=7.36.2+pure"] {
            assert!(parse(reader, text, false).is_err(), "{reader} {text}");
            assert!(parse(reader, text, true).is_ok(), "{reader} {text}");
        }
        for reader in ["python=4.25.8", "python=3.20.3+pure"] {
            assert!(parse(reader, text, true).is_err(), "{reader} {text}");
        }
    }
    // Keys are passed over by all.
    assert!(parse("python=4.25.8", r#"{"nope":1}"#, true).is_ok());
}

#[test]
fn whole_numbers_in_quotes() {
    for text in [r#"{"i":"1e3"}"#, r#"{"i":"1.0"}"#] {
        for reader in ["python=5.29.5", "python=4.25.8", "python=5.29.5+pure"] {
            assert!(parse(reader, text, false).is_err(), "{reader} {text}");
        }
        for reader in ["python=6.33.0", "python=7.36.2+pure"] {
            assert!(parse(reader, text, false).is_ok(), "{reader} {text}");
        }
    }
    // Without quotes all take them, as they do digits in quotes.
    assert!(parse("python=4.25.8", r#"{"i":1e3}"#, false).is_ok());
    assert!(parse("python=4.25.8", r#"{"i":"12"}"#, false).is_ok());
}

#[test]
fn minus_zero_and_strings_that_are_none() {
    let schema = side("syntax = \"proto3\"; package t; message M { double d = 1; optional double o = 2; }");
    let message = schema.message_by_name("t.M").unwrap();
    let bytes = [9, 0, 0, 0, 0, 0, 0, 0, 0x80, 17, 0, 0, 0, 0, 0, 0, 0, 0x80];
    let fields = |reader: &str| {
        let tree = decode(&schema, message, &bytes, readers(reader)[0]).unwrap();
        tree.fields.keys().copied().collect::<Vec<_>>()
    };
    assert_eq!(fields("python=3.20.3+pure"), [2]);
    assert_eq!(fields("python=6.30.0+pure"), [1, 2]);
    assert_eq!(fields("python=4.25.8"), [1, 2]);
    let schema = closed("B = 1;");
    let message = schema.message_by_name("t.M").unwrap();
    let bad = [7 << 3 | 2, 1, 0xff];
    assert!(decode(&schema, message, &bad, readers("python=7.36.2+pure")[0]).is_err());
    assert!(decode(&schema, message, &bad, readers("python=4.25.8")[0]).is_ok());
}
