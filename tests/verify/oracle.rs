//! What counts as a difference: protox and buffa read, nobody else is needed.

use protopact::verify::oracle::{Way, compare, same, same_json};
use protopact::verify::side::Side;
use serde_json::json;

use crate::drivers::side;

fn of(text: &str) -> Side {
    side(&vec![("t.proto".to_owned(), format!("syntax = \"proto3\";\npackage t;\n{text}\n"))], "x")
}

/// Old writes, new reads; what new writes again is what it was given, as it keeps unknown fields.
fn backward(old: &str, new: &str, written: &[u8], again: &[u8]) -> Result<(), String> {
    let (old, new) = (of(old), of(new));
    let way = Way { writer: &old, reader: &new, reader_is_newer: true, prost: false };
    compare(way, ("t.M", "t.M"), written, again).map_err(|d| d.what)
}

fn forward(old: &str, new: &str, written: &[u8], again: &[u8]) -> Result<(), String> {
    let (old, new) = (of(old), of(new));
    let way = Way { writer: &new, reader: &old, reader_is_newer: false, prost: false };
    compare(way, ("t.M", "t.M"), written, again).map_err(|d| d.what)
}

#[test]
fn a_value_that_is_cut_is_seen() {
    let (old, new) = ("message M { int64 n = 1; }", "message M { bool n = 1; }");
    assert_eq!(
        backward(old, new, &[8, 0xac, 2], &[8, 1]).unwrap_err(),
        "`n` was written as 300, the reader sees true"
    );
    assert_eq!(backward(old, new, &[8, 1], &[8, 1]), Ok(()));
    assert_eq!(backward(old, new, &[], &[]), Ok(()));
}

#[test]
fn names_that_change_places_are_seen_and_names_that_change_are_not() {
    let old = "message M { string first = 1; string last = 2; }";
    let swapped = "message M { string last = 1; string first = 2; }";
    let renamed = "message M { string given = 1; string last = 2; }";
    let bytes = [10, 1, b'a'];
    assert_eq!(
        backward(old, swapped, &bytes, &bytes).unwrap_err(),
        "`first` was written as field 1, the reader looks for it as 2"
    );
    assert_eq!(backward(old, renamed, &bytes, &bytes), Ok(()));
}

#[test]
fn a_later_version_has_to_know_what_it_did_not_retire() {
    let old = "message M { string id = 1; string old = 2; }";
    let deprecated = "message M { string id = 1; string old = 2 [deprecated = true]; }";
    let gone = "message M { string id = 1; }";
    let reserved = "message M { string id = 1; reserved 2; }";
    let bytes = [18, 1, b'a'];
    let lost = "`old` was written, the reader does not know field 2";
    assert_eq!(backward(old, gone, &bytes, &bytes).unwrap_err(), lost);
    assert_eq!(backward(deprecated, gone, &bytes, &bytes).unwrap_err(), lost);
    assert_eq!(backward(old, reserved, &bytes, &bytes).unwrap_err(), lost);
    assert_eq!(backward(deprecated, reserved, &bytes, &bytes), Ok(()));
    // An earlier version cannot know it, whether it keeps it or not.
    assert_eq!(forward(gone, old, &bytes, &bytes), Ok(()));
    assert_eq!(forward(gone, old, &bytes, &[]), Ok(()));
}

#[test]
fn names_of_numbers_must_not_move() {
    let old = "enum E { Z = 0; A = 1; B = 2; } message M { E e = 1; }";
    let new = "enum E { Z = 0; B = 1; A = 2; } message M { E e = 1; }";
    let more = "enum E { Z = 0; A = 1; B = 2; C = 3; } message M { E e = 1; }";
    assert_eq!(backward(old, new, &[8, 1], &[8, 1]).unwrap_err(), "`e` was written as A, the reader sees B");
    assert_eq!(forward(old, more, &[8, 3], &[8, 3]), Ok(()));
}

#[test]
fn of_a_list_one_value_is_left() {
    let (old, new) = ("message M { repeated string a = 1; }", "message M { string a = 1; }");
    let two = [10, 1, b'a', 10, 1, b'b'];
    assert!(backward(old, new, &two, &[10, 1, b'b']).unwrap_err().contains("a list of 2"));
    assert_eq!(backward(old, new, &[10, 1, b'a'], &[10, 1, b'a']), Ok(()));
}

#[test]
fn an_entry_with_another_type_of_key_is_told_as_each_language_reads_it() {
    let map = |entry: &str| format!("message I {{ map<{entry}> m = 1; }} message M {{ I i = 1; }}");
    let (old, new) = (map("int32, string"), map("string, string"));
    let inner = |entry: &[u8]| [&[10, 2 + entry.len() as u8, 10, entry.len() as u8], entry].concat();
    let written = inner(&[8, 1, 18, 1, b'a']);
    // Python keeps the entry aside and writes it again as it was; Go and Java file it under the empty key.
    for (again, expected) in [
        (written.clone(), "`i.m` was written as a map of 1 (1: \"a\"), the reader sees nothing"),
        (inner(&[10, 0, 18, 1, b'a']), "`i.m` was written with the key 1, the reader has only \"\""),
    ] {
        assert_eq!(backward(&old, &new, &written, &again).unwrap_err(), expected);
    }
    // The same of a value.
    let (old, new) = (map("int32, int32"), map("int32, string"));
    let written = inner(&[8, 1, 16, 7]);
    for (again, expected) in [
        (written.clone(), "`i.m` was written as a map of 1 (1: 7), the reader sees nothing"),
        (inner(&[8, 1, 18, 0]), "`i.m[1]` was written as 7, the reader sees \"\""),
    ] {
        assert_eq!(backward(&old, &new, &written, &again).unwrap_err(), expected);
    }
}

#[test]
fn what_differs_is_shown_where_it_does() {
    let (old, new) = ("message M { repeated string a = 1; }", "message M { map<string, string> a = 1; }");
    let two = [10, 1, b'a', 10, 1, b'b'];
    assert_eq!(
        backward(old, "message M { string a = 1; }", &two, &[10, 1, b'b']).unwrap_err(),
        "`a` was written as a list of 2 (\"a\", \"b\"), the reader sees \"b\""
    );
    let entry = |key: u8| [10, 6, 10, 1, key, 18, 1, b'x'];
    let (k, both) = (entry(b'k'), [entry(b'k'), entry(b'l')].concat());
    assert_eq!(
        backward(new, new, &k, &both).unwrap_err(),
        "the reader sees \"x\" in `a[\"l\"]`, where nothing was written"
    );
    assert_eq!(
        backward(new, new, &both, &k).unwrap_err(),
        "`a` was written with the key \"l\", the reader has only \"k\""
    );
}

#[test]
fn a_message_that_is_kept_as_bytes_is_whole() {
    let bytes = "message M { bytes i = 1; }";
    let message = "message I { int32 n = 1; string s = 2; } message M { I i = 1; }";
    let whole = [10, 5, 8, 7, 18, 1, b'a'];
    assert_eq!(backward(message, bytes, &whole, &whole), Ok(()));
    assert_eq!(backward(bytes, message, &whole, &whole), Ok(()));
    // Another writer has another order.
    assert_eq!(backward(message, bytes, &whole, &[10, 5, 18, 1, b'a', 8, 7]), Ok(()));
    assert!(backward(message, bytes, &whole, &[10, 5, 8, 9, 18, 1, b'a']).unwrap_err().contains("`i.n`"));
    assert!(backward(message, bytes, &whole, &[10, 2, 8, 7]).unwrap_err().contains("`i.s`"));
    assert!(backward(message, bytes, &whole, &[10, 1, 8]).unwrap_err().contains("`i` was written"));
}

#[test]
fn places_are_told_from_the_outermost_message() {
    let old = "message I { int64 n = 1; } message M { repeated I list = 1; map<string, I> by = 2; }";
    let new = "message I { int32 n = 1; } message M { repeated I list = 1; map<string, I> by = 2; }";
    let written = [10, 6, 8, 0x80, 0x80, 0x80, 0x80, 0x10];
    assert_eq!(
        backward(old, new, &written, &[10, 0]).unwrap_err(),
        "`list[0].n` was written as 4294967296, the reader sees nothing"
    );
    let entry = |inner: &[u8]| {
        let value = [&[10, 1, b'k', 18, inner.len() as u8], inner].concat();
        [&[18, value.len() as u8], &value[..]].concat()
    };
    let (written, again) = (entry(&[8, 7]), entry(&[8, 8]));
    assert_eq!(
        backward(old, new, &written, &again).unwrap_err(),
        "`by[\"k\"].n` was written as 7, the reader sees 8"
    );
}

#[test]
fn a_middleman_that_drops_a_field_is_seen() {
    let new = of("message M { string id = 1; string note = 2; }");
    let (whole, less) = ([10, 1, b'a', 18, 1, b'b'], [10, 1, b'a']);
    assert!(same(&new, "t.M", &whole, &less, false).unwrap_err().what.contains("`note`"));
    assert_eq!(same(&new, "t.M", &whole, &whole, false), Ok(()));
}

#[test]
fn minus_zero_is_nothing_to_some() {
    let side = of("message M { double d = 1; }");
    let minus = [&[9][..], &(-0.0f64).to_le_bytes()].concat();
    assert!(same(&side, "t.M", &minus, &[], false).is_err());
    assert_eq!(same(&side, "t.M", &minus, &[], true), Ok(()));
}

#[test]
fn bytes_that_are_no_message_are_told() {
    let error =
        backward("message M { string a = 1; }", "message M { string a = 1; }", &[10, 5], &[]).unwrap_err();
    assert!(error.starts_with("`t.M` of x cannot be read"), "{error}");
}

#[test]
fn json_is_compared_by_what_it_says() {
    assert!(same_json(&json!({"a": 1.0, "b": [1e3]}), &json!({"b": [1000], "a": 1})));
    assert!(same_json(&json!(0.1f32), &json!(0.1)));
    assert!(!same_json(&json!({"a": "1"}), &json!({"a": 1})));
    assert!(!same_json(&json!({"a": null}), &json!({})));
}
