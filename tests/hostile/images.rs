//! Compiled inputs.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::lab::Lab;

/// What compares the good contract with a bad image.
const CHECK: [&str; 4] = ["check", "good", "--against", "bad.binpb"];

/// The descriptor set of the good contract.
fn good(lab: &Lab) -> Vec<u8> {
    lab.run(&["build", "good", "-o", "good.binpb"]).ends(0);
    fs::read(lab.path("good.binpb")).unwrap()
}

/// A field of a message.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    varint(&mut out, u64::from(number) << 3 | 2);
    varint(&mut out, content.len() as u64);
    out.extend_from_slice(content);
    out
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A set of one file with this content.
fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    field(1, &parts.concat())
}

fn named(name: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    set(&[&[field(1, name.as_bytes())], parts].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Whatever comes of it, on either side.
fn anything(lab: &Lab, image: &str) {
    for ran in lab.everywhere(image) {
        assert!(matches!(ran.code, Some(0..=3)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
    }
}

#[test]
fn cut_off_at_every_byte() {
    let lab = Lab::new();
    let whole = good(&lab);
    for upto in 0..whole.len() {
        lab.write("bad.binpb", &whole[..upto]);
        let ran = lab.within(&CHECK);
        assert!(matches!(ran.code, Some(0 | 1 | 3)), "{upto}: {:?}\n{}", ran.code, ran.err);
    }
    lab.write("bad.binpb", &whole[..whole.len() - 1]);
    lab.run(&CHECK).ends(3);
    let zipped = gzip(&whole);
    for upto in [0, 1, 2, 5, 10, zipped.len() / 2, zipped.len() - 1] {
        lab.write("bad.binpb.gz", &zipped[..upto]);
        lab.refused("bad.binpb.gz", 4, &["bad.binpb.gz"]);
    }
    let mut more = zipped;
    more.extend_from_slice(b"and more");
    lab.write("bad.binpb.gz", more);
    lab.run(&["build", "bad.binpb.gz"]).is_decent();
}

#[test]
fn every_byte_another() {
    let lab = Lab::new();
    let whole = good(&lab);
    for at in 0..whole.len() {
        for with in [0x00, 0xff, whole[at] ^ 0x08] {
            let mut bytes = whole.clone();
            bytes[at] = with;
            lab.write("bad.binpb", bytes);
            let ran = lab.within(&CHECK);
            assert!(matches!(ran.code, Some(0 | 1 | 3)), "{at}: {:?}\n{}", ran.code, ran.err);
        }
    }
    // The length of the file, which now is more than there is.
    let mut bytes = whole;
    bytes[1] = 0xff;
    lab.write("bad.binpb", bytes);
    lab.run(&CHECK).ends(3);
}

#[test]
fn bytes_that_mean_nothing() {
    let lab = Lab::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as u8
    })
    .take(1 << 20)
    .collect();
    for bytes in [
        &noise[..],
        b"not a descriptor set",
        b"{}",
        b"\n",
        b"PK\x03\x04",
        b"\x7fELF",
        b"syntax = \"proto3\";",
    ] {
        lab.write("bad.binpb", bytes);
        lab.refused("bad.binpb", 3, &["bad.binpb"]);
    }
    lab.write("bad.binpb", b"");
    anything(&lab, "bad.binpb");
}

#[test]
fn a_hundred_megabytes_of_nothing() {
    let lab = Lab::new();
    fs::File::create(lab.path("bad.binpb")).unwrap().set_len(100 << 20).unwrap();
    let ran = lab.run(&["check", "good", "--against", "bad.binpb"]);
    ran.ends(3);
    ran.says(&["bad.binpb"]);
    fs::File::create(lab.path("bad.json")).unwrap().set_len(100 << 20).unwrap();
    lab.run(&["check", "good", "--against", "bad.json"]).ends(3);
    // Three gigabytes that take three megabytes.
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let chunk = vec![0; 1 << 20];
    for _ in 0..300 {
        out.write_all(&chunk).unwrap();
    }
    let member = out.finish().unwrap();
    for name in ["bomb.binpb.gz", "bomb.binpb"] {
        lab.write(name, member.repeat(10));
        let ran = lab.run(&["check", "good", "--against", name]);
        assert!(matches!(ran.code, Some(3 | 4)), "{:?}: {}", ran.code, ran.err);
        ran.says(&[name]);
    }
}

#[test]
fn nesting_without_end() {
    let lab = Lab::new();
    let mut message = field(1, b"M");
    for _ in 0..10_000 {
        message = [field(1, b"M"), field(3, &message)].concat();
    }
    lab.write("bad.binpb", named("a.proto", &[field(4, &message)]));
    lab.refused("bad.binpb", 3, &["bad.binpb"]);
    let mut json = String::from("{\"file\":[{\"name\":\"a.proto\",\"messageType\":[");
    json += &"{\"name\":\"M\",\"nestedType\":[".repeat(10_000);
    lab.write("bad.json", &json);
    lab.refused("bad.json", 3, &["bad.json"]);
    json += &"]}".repeat(10_000);
    lab.write("bad.json", json + "]}]}");
    lab.refused("bad.json", 3, &["bad.json"]);
    lab.write("bad.json", "[".repeat(1_000_000));
    lab.refused("bad.json", 3, &["bad.json"]);
}

#[test]
fn groups_and_lengths_that_lie() {
    let lab = Lab::new();
    for bytes in [
        vec![0x0b; 1 << 20],
        vec![0x0c],
        [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f].to_vec(),
        [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01].to_vec(),
        vec![0x80; 100],
        vec![0x0d, 1, 2],
        vec![0x09, 1],
        vec![0x00, 0x00],
        vec![0x0f],
        [[0x0a, 0x04].as_slice(), &[0x0a, 0xff, 0xff, 0xff]].concat(),
    ] {
        lab.write("bad.binpb", bytes);
        lab.refused("bad.binpb", 3, &["bad.binpb"]);
    }
}

#[test]
fn descriptors_that_do_not_hold_together() {
    let lab = Lab::new();
    let text = |number: u32, text: &str| field(number, text.as_bytes());
    let number = |field: u32, n: u64| {
        let mut out = Vec::new();
        varint(&mut out, u64::from(field) << 3);
        varint(&mut out, n);
        out
    };
    let hostile = "\u{1b}[2J\u{202e}\n";
    let message = |parts: &[Vec<u8>]| field(4, &parts.concat());
    let a_field = |parts: &[Vec<u8>]| field(2, &parts.concat());
    let sets = [
        // No name, two files of one name, a name that leads out, a name for nobody's terminal.
        set(&[]),
        [named("a.proto", &[]), named("a.proto", &[])].concat(),
        named("../../etc/passwd", &[]),
        named("/etc/passwd", &[]),
        named(
            hostile,
            &[message(&[
                text(1, hostile),
                a_field(&[text(1, hostile), number(3, 1), number(4, 1), number(5, 9)]),
            ])],
        ),
        named(&"x".repeat(1 << 20), &[]),
        // Imports of itself, in a circle, of nothing.
        named("a.proto", &[text(3, "a.proto")]),
        [named("a.proto", &[text(3, "b.proto")]), named("b.proto", &[text(3, "a.proto")])].concat(),
        named("a.proto", &[text(3, "gone.proto")]),
        named("a.proto", &[text(3, hostile)]),
        named("a.proto", &[number(10, 99), number(11, u64::MAX)]),
        // The same thing twice, types that are not there, oneofs that are not there, map entries that are none.
        named("a.proto", &[message(&[text(1, "M")]), message(&[text(1, "M")])]),
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                a_field(&[text(1, "f"), number(3, 1), number(5, 11), text(6, ".Gone")]),
            ])],
        ),
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                a_field(&[text(1, "f"), number(3, 1), number(5, 11), text(6, ".M"), number(9, 7)]),
            ])],
        ),
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                field(7, &number(7, 1)),
                a_field(&[text(1, "f"), number(3, 1), number(5, 11), text(6, ".M")]),
            ])],
        ),
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                a_field(&[text(1, "f"), number(3, u64::MAX), number(4, 99), number(5, 99)]),
            ])],
        ),
        named("a.proto", &[message(&[])]),
        named("a.proto", &[message(&[text(1, "M"), a_field(&[number(5, 14), text(6, ".M")])])]),
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                a_field(&[text(1, "f"), number(3, 1)]),
                a_field(&[text(1, "f"), number(3, 1)]),
            ])],
        ),
        // Ranges that end before they begin.
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                field(9, &[number(1, 10), number(2, 5)].concat()),
                field(5, &[number(1, u64::MAX), number(2, 1 << 31)].concat()),
            ])],
        ),
        // An edition nobody knows, and none.
        named("a.proto", &[text(12, "editions")]),
        named("a.proto", &[text(12, "editions"), number(14, 99_999)]),
        named("a.proto", &[text(12, hostile)]),
        // Text that is none.
        named("a.proto", &[field(2, b"\xff\xfe")]),
        // A default that is no number, a service of types that are not there.
        named(
            "a.proto",
            &[message(&[
                text(1, "M"),
                a_field(&[text(1, "f"), number(3, 1), number(5, 5), text(7, hostile)]),
            ])],
        ),
        named(
            "a.proto",
            &[field(
                6,
                &[text(1, "S"), field(2, &[text(1, "C"), text(2, ".Gone"), text(3, "")].concat())].concat(),
            )],
        ),
        // Source positions of things that are not there.
        named(
            "a.proto",
            &[
                message(&[text(1, "M")]),
                field(9, &field(1, &[field(1, &[4, 99, 2, 99]), field(2, &[255, 255, 255, 127])].concat())),
            ],
        ),
        named("a.proto", &[field(9, b"\xff\xff\xff")]),
    ];
    for (index, bytes) in sets.into_iter().enumerate() {
        lab.write("bad.binpb", &bytes);
        for ran in lab.everywhere("bad.binpb") {
            assert!(matches!(ran.code, Some(0..=3)), "{index}: {}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
        // With itself: all that is wrong is the same on both sides.
        let ran = lab.run(&["check", "bad.binpb", "--against", "bad.binpb", "--use", "FILE"]);
        assert!(matches!(ran.code, Some(0 | 3)), "{index}: {:?}\n{}{}", ran.code, ran.err, ran.text());
        lab.run(&["build", "bad.binpb", "-o", "again.json"]).is_decent();
        let _ = fs::remove_file(lab.path("again.json"));
    }
}

#[test]
fn json_that_is_no_descriptor_set() {
    let lab = Lab::new();
    for text in [
        "",
        "null",
        "[]",
        "{",
        "{\"file\":{}}",
        "{\"file\":[1]}",
        "{\"file\":[{\"nmae\":\"a.proto\"}]}",
        "{\"flie\":[]}",
        "{\"file\":[{\"name\":\"a.proto\",\"messageType\":[{\"name\":5}]}]}",
        "{\"file\":[{\"name\":\"a.proto\",\"messageType\":[{\"field\":[{\"number\":99999999999}]}]}]}",
        "{\"file\":[{\"name\":\"\\ud800\"}]}",
        "{\"\\u001b[2J\":1}",
        "{\"file\":[{\"name\":\"a.proto\",\"\\u202e\":1}]}",
        "\u{feff}{}",
    ] {
        lab.write("bad.json", text);
        for ran in lab.everywhere("bad.json") {
            assert!(matches!(ran.code, Some(0..=3)), "{text}: {}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
    }
    lab.write("bad.json", "{\"file\":[{\"nmae\":\"a.proto\"}]}");
    lab.refused("bad.json", 3, &["bad.json"]);
}

#[test]
fn names_that_promise_something_else() {
    let lab = Lab::new();
    let whole = good(&lab);
    lab.write("binary.json", &whole);
    lab.refused("binary.json", 3, &["binary.json"]);
    lab.run(&["build", "good", "-o", "text.json"]).ends(0);
    fs::copy(lab.path("text.json"), lab.path("text.binpb")).unwrap();
    lab.refused("text.binpb", 3, &["text.binpb"]);
    lab.write("plain.binpb.gz", &whole);
    lab.refused("plain.binpb.gz", 4, &["plain.binpb.gz"]);
    lab.write("zipped.binpb", gzip(&whole));
    lab.taken("zipped.binpb");
    lab.folder("folder.binpb");
    for ran in lab.everywhere("folder.binpb") {
        assert!(matches!(ran.code, Some(0 | 2..=4)), "{}: {:?}", ran.what, ran.code);
    }
    for path in [
        "/dev/zero#format=binpb",
        "/dev/null#format=binpb",
        "/dev/urandom#format=json",
        "gone.binpb",
        "-",
        "-#format=json",
    ] {
        let ran = lab.run(&["check", "good", "--against", path]);
        assert!(matches!(ran.code, Some(0 | 2..=4)), "{path}: {:?}\n{}", ran.code, ran.err);
    }
}

#[test]
fn standard_input() {
    let lab = Lab::new();
    let whole = good(&lab);
    for (bytes, code) in [(whole, 0), (b"nothing".to_vec(), 3), (gzip(&vec![0; 1 << 24]), 3)] {
        let args = ["check", "good", "--against", "-"];
        let mut command = lab.command(&args);
        lab.write("stdin", bytes);
        command.stdin(Stdio::from(fs::File::open(lab.path("stdin")).unwrap()));
        let ran = lab.raw(command, &args);
        ran.is_decent();
        ran.ends(code);
    }
    let ran = lab.run(&["check", "-", "--against", "-"]);
    ran.ends(2);
    ran.says(&["standard input", "hint"]);
}
