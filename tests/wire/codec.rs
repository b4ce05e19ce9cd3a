//! The codec against buffa and prost-reflect, which share no code with it.

use buffa_descriptor::reflect::DynamicMessage;
use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use protopact::schema::{MessageId, Schema};
use protopact::wire::json::{self, Json};
use protopact::wire::reader::Utf8;
use protopact::wire::sample::{SampleOptions, Size, one, samples};
use protopact::wire::text::{phrase, text};
use protopact::wire::{Reader, Tree, decode, encode};

use crate::lab::Lab;
use crate::support::truth::known;

/// Reads as prost-reflect does: enums are open, required fields are not asked for.
const OPEN: Reader =
    Reader { closes_enums: false, checks_required: false, utf8: Utf8::Always, ..Reader::SPEC };

fn messages(schema: &Schema) -> Vec<(MessageId, String)> {
    let own = schema.messages().filter(|(_, m)| !m.map_entry && schema.file(m.file).target);
    own.map(|(id, m)| (id, m.full_name.to_string())).collect()
}

fn exhaustive() -> SampleOptions {
    SampleOptions { seed: 7, size: Size::Exhaustive }
}

/// A tag may be filled up with bytes that add nothing, as every varint may: to five bytes everywhere, to ten where no
/// limit is looked at. Python 7.36.2 on upb and the suite of protobuf 36.2 refuse the sixth; prost is asked here.
#[test]
fn a_tag_is_filled_up_to_five_bytes_or_to_ten() {
    let text = "syntax = \"proto3\"; package t; message M { int32 a = 1; }";
    let schema = crate::support::schema(&vec![("t.proto".to_owned(), text.to_owned())]).unwrap();
    let id = schema.message_by_name("t.M").unwrap();
    for length in 2..=11 {
        let mut bytes = vec![0x80; length];
        (bytes[0], bytes[length - 1]) = (0x88, 0);
        bytes.push(5);
        let read = |reader| decode(&schema, id, &bytes, reader).ok().map(|tree| tree.one(1).cloned());
        for reader in Reader::ALL {
            let most = if reader.short_tags { 5 } else { 10 };
            let wanted = (length <= most).then_some(Some(protopact::wire::Value::Int32(5)));
            assert_eq!(read(reader), wanted, "{length} {}", reader.name);
        }
        let prost = <i32 as prost_reflect::prost::Message>::decode(bytes.as_slice()).ok();
        assert_eq!(prost, (length <= 10).then_some(5), "{length}");
    }
}

#[test]
fn samples_parse_everywhere_and_mean_the_same() {
    let lab = Lab::fixtures();
    let schema = &lab.schema;
    let prost = lab.prost();
    let mut seen = 0;
    for (id, name) in messages(schema) {
        for sample in samples(schema, id, &exhaustive()) {
            seen += 1;
            let what = format!("{name} {} {:02x?}", sample.name, sample.bytes);
            let tree =
                decode(schema, id, &sample.bytes, Reader::SPEC).unwrap_or_else(|e| panic!("{what}: {e}"));
            let again = encode(schema, &tree);
            assert_eq!(decode(schema, id, &again, Reader::SPEC).unwrap(), tree, "{what}");
            for reader in Reader::ALL {
                decode(schema, id, &sample.bytes, reader)
                    .unwrap_or_else(|e| panic!("{what} {}: {e}", reader.name));
            }

            let index = lab.buffa.message_index(&name).unwrap();
            let other = DynamicMessage::decode(lab.buffa.clone(), index, &sample.bytes).unwrap();
            let theirs = decode(schema, id, &other.encode_to_vec(), Reader::SPEC).unwrap();
            assert_eq!(known(theirs), known(tree.clone()), "{what}");

            if let Some(descriptor) = prost.get_message_by_name(&name) {
                let other = prost_reflect::DynamicMessage::decode(descriptor, sample.bytes.as_slice());
                let other = other.unwrap_or_else(|e| panic!("{what}: {e}")).encode_to_vec();
                let ours = decode(schema, id, &sample.bytes, OPEN).unwrap();
                // It does not write minus zero where nothing is what zero is.
                let zero = |tree: Tree| text(schema, &known(tree)).replace("-0.0", "0.0");
                let other = decode(schema, id, &other, OPEN).unwrap();
                let drop = |text: String| {
                    let text = text.replace("d: 0.0", "").replace("f: 0.0", "");
                    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("{ }", "{}")
                };
                assert_eq!(drop(zero(other)), drop(zero(ours)), "{what}");
            }
        }
    }
    assert!(seen > 800, "{seen}");
}

#[test]
fn json_is_what_another_library_writes_and_reads() {
    let lab = Lab::fixtures();
    let schema = &lab.schema;
    for (id, name) in messages(schema) {
        for sample in samples(schema, id, &exhaustive()) {
            let what = format!("{name} {} {:02x?}", sample.name, sample.bytes);
            let tree = known(decode(schema, id, &sample.bytes, Reader::SPEC).unwrap());
            let ours = json::write(schema, &tree).unwrap_or_else(|e| panic!("{what}: {e}"));
            let reparsed = Json::parse(&ours.to_string()).unwrap();
            assert_eq!(reparsed, ours, "{what}");
            let read =
                json::read(schema, id, &ours, Reader::SPEC).unwrap_or_else(|e| panic!("{what}: {e}: {ours}"));
            assert_eq!(text(schema, &read), text(schema, &tree), "{what} {ours}");

            let index = lab.buffa.message_index(&name).unwrap();
            let theirs = DynamicMessage::from_json(lab.buffa.clone(), index, &ours.to_string());
            let theirs = theirs.unwrap_or_else(|e| panic!("{what}: {e}: {ours}"));
            let back = decode(schema, id, &theirs.encode_to_vec(), Reader::SPEC).unwrap();
            assert_eq!(text(schema, &back), text(schema, &tree), "{what} {ours}");
            let written = theirs.to_json().unwrap();
            let parsed = json::read(schema, id, &Json::parse(&written).unwrap(), Reader::SPEC).unwrap();
            assert_eq!(text(schema, &parsed), text(schema, &tree), "{what} {written}");
        }
    }
}

#[test]
fn samples_are_the_same_every_time_and_have_names() {
    let lab = Lab::fixtures();
    let again = Lab::fixtures();
    for (id, name) in messages(&lab.schema) {
        let first = samples(&lab.schema, id, &exhaustive());
        let other = again.schema.message_by_name(&name).unwrap();
        assert_eq!(first, samples(&again.schema, other, &exhaustive()));
        let mut names: Vec<&str> = first.iter().map(|s| s.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), first.len(), "{name}");
        let small = samples(&lab.schema, id, &SampleOptions { seed: 7, size: Size::Small });
        assert!((1..=14).contains(&small.len()), "{name} {}", small.len());
        assert!(small.iter().all(|s| first.contains(s)), "{name}");
    }
    let scalars = lab.schema.message_by_name("wire.v1.Scalars").unwrap();
    let all = |seed| (0..20).map(|n| one(&lab.schema, scalars, seed, n)).collect::<Vec<_>>();
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}

fn case(lab: &Lab, message: &str, case: &str) -> Vec<u8> {
    let id = lab.schema.message_by_name(message).unwrap();
    let all = samples(&lab.schema, id, &exhaustive());
    let found = all.iter().find(|s| s.name == case);
    found
        .unwrap_or_else(|| panic!("{case} of {:?}", all.iter().map(|s| &s.name).collect::<Vec<_>>()))
        .bytes
        .clone()
}

fn read(lab: &Lab, message: &str, bytes: &[u8], reader: Reader) -> Result<String, String> {
    let id = lab.schema.message_by_name(message).unwrap();
    match decode(&lab.schema, id, bytes, reader) {
        Ok(tree) => Ok(text(&lab.schema, &tree)),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn readers_differ_where_runtimes_do() {
    let lab = Lab::fixtures();
    let of = |message: &str, bytes: &[u8]| Reader::ALL.map(|r| read(&lab, message, bytes, r));
    let same = |text: &str| [0; 4].map(|_| Ok(text.to_owned()));

    // A number in a field that holds text.
    let wrong = of("wire.v1.Scalars", b"\x70\x05\x18\x01");
    assert_eq!(wrong[..3], vec![Ok("i32: 1 14: 5".to_owned()); 3]);
    assert_eq!(wrong[3], Err("`s`: the wire type is 0, not 2".to_owned()));

    let unlisted = case(&lab, "wire.v1.Enums", "one=unlisted-closed");
    assert_eq!(
        of("wire.v1.Enums", &unlisted),
        ["one: 3", "1: 3", "1: 3", "one: 3"].map(|t| Ok(t.to_owned())),
    );

    let unknown = of("wire.v1.Scalars", b"\xf8\x07\x01");
    assert_eq!(unknown, ["127: 1", "127: 1", "127: 1", ""].map(|t| Ok(t.to_owned())));

    let missing = of("wire.v1.Required", b"\x08\x01");
    assert_eq!(missing[0], Err("`inner`: it is required and not there".to_owned()));
    assert_eq!(missing[1], missing[0]);
    assert_eq!(missing[2..], [Ok("id: 1".to_owned()), Ok("id: 1".to_owned())]);

    // proto2 does not check, prost does.
    let bytes = of("wire.v1.Groups", b"\x13\x0a\x01\xff\x14");
    assert_eq!(bytes[..3], vec![Ok("Many { b: \"\\377\" }".to_owned()); 3]);
    assert_eq!(bytes[3], Err("`many.b`: the string is not UTF-8".to_owned()));
    assert_eq!(
        of("wire.v1.Scalars", b"\x72\x01\xff"),
        [0; 4].map(|_| Err("`s`: the string is not UTF-8".to_owned()))
    );

    // The last one wins, packed or not, and members of a oneof clear each other.
    assert_eq!(of("wire.v1.Scalars", b"\x18\x01\x18\x00"), same(""));
    assert_eq!(of("wire.v1.Lists", b"\x18\x01\x1a\x02\x02\x03"), same("i32: 1 i32: 2 i32: 3"));
    assert_eq!(of("wire.v1.Choice", b"\x08\x01\x12\x01a"), same("text: \"a\""));
    assert_eq!(of("wire.v1.Choice", b"\x1a\x02\x18\x01\x1a\x02\x20\x02"), same("scalars { i32: 1 i64: 2 }"));
}

#[test]
fn nothing_is_read_deeper_than_a_hundred_messages() {
    let lab = Lab::fixtures();
    let nest = |depth: usize| {
        (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut bytes = Vec::new();
            prost::encoding::bytes::encode(3, &inner, &mut bytes);
            bytes
        })
    };
    assert!(read(&lab, "wire.v1.Tree", &nest(99), Reader::SPEC).is_ok());
    let error = read(&lab, "wire.v1.Tree", &nest(150), Reader::SPEC).unwrap_err();
    assert!(error.ends_with("messages are nested more than 100 deep"), "{error}");
    let groups = [b"\x0b".repeat(50_000), b"\x0c".repeat(50_000)].concat();
    assert!(read(&lab, "wire.v1.Groups", &groups, Reader::SPEC).is_err());
}

#[test]
fn phrases_are_short_and_readable() {
    let lab = Lab::fixtures();
    let id = lab.schema.message_by_name("wire.v1.Scalars").unwrap();
    let say = |bytes: &[u8]| phrase(&lab.schema, &decode(&lab.schema, id, bytes, Reader::SPEC).unwrap());
    assert_eq!(say(b""), "an empty message");
    assert_eq!(say(b"\x18\xac\x02\x72\x03a\x1bb"), "i32 = 300, s = \"a\\033b\"");
    assert_eq!(say(b"\xf8\x07\x01"), "unknown field 127 = 1");
    let long = case(&lab, "wire.v1.Scalars", "s=long");
    assert!(say(&long).ends_with("… (1500 bytes)"), "{}", say(&long));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(noise in prop::collection::vec(any::<u8>(), 0..200), index in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
        thread_local! {
            static LAB: Lab = Lab::fixtures();
        }
        LAB.with(|lab| {
            let all = messages(&lab.schema);
            let (id, _) = all[index.index(all.len())];
            // Noise, and a message with one byte broken: noise alone seldom gets far.
            let mut broken = one(&lab.schema, id, u64::from(flip), noise.len() as u64);
            if !broken.is_empty() {
                let at = cut.index(broken.len());
                broken[at] ^= flip;
            }
            for bytes in [noise, broken] {
                for reader in Reader::ALL {
                    if let Ok(tree) = decode(&lab.schema, id, &bytes, reader) {
                        text(&lab.schema, &tree);
                        let again = decode(&lab.schema, id, &encode(&lab.schema, &tree), reader);
                        assert_eq!(again.as_ref(), Ok(&tree));
                        if let Ok(json) = json::write(&lab.schema, &tree) {
                            let _ = json::read(&lab.schema, id, &json, reader);
                        }
                    }
                }
            }
        });
    }

    #[test]
    fn what_is_encoded_is_decoded(seed in any::<u64>(), index in any::<prop::sample::Index>()) {
        thread_local! {
            static LAB: Lab = Lab::fixtures();
        }
        LAB.with(|lab| {
            let all = messages(&lab.schema);
            let (id, _) = all[index.index(all.len())];
            let tree = decode(&lab.schema, id, &one(&lab.schema, id, seed, 0), Reader::SPEC).unwrap();
            assert_eq!(decode(&lab.schema, id, &encode(&lab.schema, &tree), Reader::SPEC).unwrap(), tree);
        });
    }
}
