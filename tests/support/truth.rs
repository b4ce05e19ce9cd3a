//! One old and one new contract with hundreds of messages, each of which differs by one random edit.
//!
//! SDKs of both are made once and tell the truth about every edit at once. Beside the contracts there are the messages
//! that either side writes and what the models of the readers make of them on the other side.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fmt::Write as _;

use protopact::schema::{MessageId, Schema};
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::{Reader, Slot, Tree, Value, decode, json};
use protopact::words::Direction;

use super::Files;

/// An old and a new contract.
pub(crate) struct Truth {
    pub(crate) old: Files,
    pub(crate) new: Files,
    /// In the order of the messages' numbers.
    pub(crate) cases: Vec<Case>,
}

/// One edited message.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The full name, the same on both sides.
    pub(crate) message: String,
    /// What was done to it, in words.
    pub(crate) edit: String,
    /// As it was and as it is, to look at.
    pub(crate) old: String,
    pub(crate) new: String,
}

/// What one message becomes on the other side.
#[derive(Clone, Debug)]
pub(crate) struct Prediction {
    /// The full name of the message.
    pub(crate) message: String,
    /// Who wrote it: backward is the old side.
    pub(crate) direction: Direction,
    /// The name of the sample.
    pub(crate) sample: String,
    /// What is read.
    pub(crate) bytes: Vec<u8>,
    /// For each language in the order of [`Reader::ALL`].
    pub(crate) reads: Vec<(&'static str, Outcome)>,
}

/// What a reader makes of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It refuses them.
    Rejected(String),
    /// It reads them; the JSON of what it sees, unless that has none (a string that is not UTF-8).
    Read(Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Two,
    Three,
    Edition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    /// Singular: implicit in proto3, explicit elsewhere.
    Plain,
    /// `optional` in proto3, implicit by feature in editions; elsewhere as plain.
    Other,
    Required,
    Repeated,
    Map,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    number: i32,
    kind: &'static str,
    label: Label,
    in_oneof: bool,
    packed: Option<bool>,
    json_name: Option<String>,
    default: Option<&'static str>,
    delimited: bool,
    unchecked: bool,
}

#[derive(Clone, Debug)]
struct Message {
    syntax: Syntax,
    name: String,
    fields: Vec<Field>,
    /// Fields of the nested `Sub`.
    sub: Vec<Field>,
    /// Values of the nested `E` beside its zero.
    values: Vec<(i32, String)>,
    closed: bool,
}

const NUMBERS: [&str; 13] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "float", "double",
];
const OTHERS: [&str; 5] = ["string", "bytes", "E", "Sub", "Twin"];
const KEYS: [&str; 4] = ["int32", "string", "bool", "sint64"];

/// splitmix64: the same everywhere.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn kind(&mut self) -> &'static str {
        if self.below(3) > 0 { self.pick(&NUMBERS) } else { self.pick(&OTHERS) }
    }
}

fn is_number(kind: &str) -> bool {
    NUMBERS.contains(&kind) || kind == "E"
}

fn is_message(kind: &str) -> bool {
    matches!(kind, "Sub" | "Twin")
}

impl Field {
    fn new(name: &str, number: i32, kind: &'static str) -> Field {
        Field {
            name: name.to_owned(),
            number,
            kind,
            label: Label::Plain,
            in_oneof: false,
            packed: None,
            json_name: None,
            default: None,
            delimited: false,
            unchecked: false,
        }
    }

    /// Takes away what the syntax or the other choices do not allow.
    fn settle(&mut self, syntax: Syntax) {
        let message = is_message(self.kind);
        if self.in_oneof {
            self.label = Label::Plain;
        }
        match syntax {
            Syntax::Three if self.label == Label::Required => self.label = Label::Plain,
            Syntax::Edition if self.label == Label::Other && (message || self.kind == "E") => {
                self.label = Label::Plain;
            }
            _ => {}
        }
        if self.label != Label::Repeated || !is_number(self.kind) {
            self.packed = None;
        }
        self.delimited &= message && syntax == Syntax::Edition && self.label != Label::Map;
        self.unchecked &= self.kind == "string" && syntax == Syntax::Edition && self.label != Label::Map;
        let plain = self.label == Label::Plain && syntax != Syntax::Three && !self.in_oneof;
        if !plain || !matches!(self.kind, "int32" | "int64" | "sint32") {
            self.default = None;
        }
    }

    fn render(&self, out: &mut String, syntax: Syntax) {
        let mut options = Vec::new();
        if let Some(packed) = self.packed {
            options.push(match (syntax, packed) {
                (Syntax::Edition, true) => "features.repeated_field_encoding = PACKED".to_owned(),
                (Syntax::Edition, false) => "features.repeated_field_encoding = EXPANDED".to_owned(),
                (_, packed) => format!("packed = {packed}"),
            });
        }
        if let Some(name) = &self.json_name {
            options.push(format!("json_name = \"{name}\""));
        }
        if let Some(default) = self.default {
            options.push(format!("default = {default}"));
        }
        if self.delimited {
            options.push("features.message_encoding = DELIMITED".to_owned());
        }
        if self.unchecked {
            options.push("features.utf8_validation = NONE".to_owned());
        }
        let mut kind = self.kind.to_owned();
        let label = match (self.label, syntax) {
            _ if self.in_oneof => "",
            (Label::Repeated, _) => "repeated ",
            (Label::Map, _) => {
                let key = KEYS[self.number as usize % KEYS.len()];
                kind = format!("map<{key}, {kind}>");
                ""
            }
            (Label::Required, Syntax::Two) => "required ",
            (Label::Required, _) => {
                options.push("features.field_presence = LEGACY_REQUIRED".to_owned());
                ""
            }
            (Label::Other, Syntax::Edition) => {
                options.push("features.field_presence = IMPLICIT".to_owned());
                ""
            }
            (Label::Other, _) | (_, Syntax::Two) => "optional ",
            (Label::Plain, _) => "",
        };
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        writeln!(out, "    {label}{kind} {} = {}{options};", self.name, self.number).unwrap();
    }
}

impl Message {
    fn random(rng: &mut Rng, syntax: Syntax, name: String) -> Message {
        let mut subject = Field::new("subject", 1, rng.kind());
        subject.label = rng.pick(&[
            Label::Plain,
            Label::Plain,
            Label::Plain,
            Label::Other,
            Label::Repeated,
            Label::Repeated,
            Label::Map,
        ]);
        if rng.below(4) == 0 {
            subject.packed = Some(rng.below(2) == 0);
        }
        subject.delimited = rng.below(2) == 0;
        subject.in_oneof = rng.below(5) == 0;
        let mut other = Field::new("other", 2, rng.pick(&["string", "int32", "Sub", "bytes"]));
        other.in_oneof = rng.below(3) == 0;
        let mut message = Message {
            syntax,
            name,
            fields: vec![subject, other, Field::new("kept", 15, "int32")],
            sub: vec![Field::new("a", 1, rng.pick(&NUMBERS)), Field::new("b", 2, "string")],
            values: vec![(1, "ONE".to_owned()), (2, "TWO".to_owned()), (-1, "BELOW".to_owned())],
            closed: rng.below(2) == 0,
        };
        message.settle();
        message
    }

    fn settle(&mut self) {
        let syntax = self.syntax;
        self.fields.iter_mut().chain(&mut self.sub).for_each(|f| f.settle(syntax));
        self.closed &= syntax != Syntax::Three;
        if syntax == Syntax::Two {
            self.closed = true;
        }
    }

    fn render(&self) -> String {
        let mut out = format!("message {} {{\n", self.name);
        let closed = self.syntax == Syntax::Edition && self.closed;
        out.push_str("  enum E {\n");
        if closed {
            out.push_str("    option features.enum_type = CLOSED;\n");
        }
        out.push_str("    ZERO = 0;\n");
        for (number, name) in &self.values {
            writeln!(out, "    {name} = {number};").unwrap();
        }
        out.push_str("  }\n  message Sub {\n");
        self.sub.iter().for_each(|f| f.render(&mut out, self.syntax));
        out.push_str("  }\n  message Twin {\n");
        let mut twin = Field::new("a", 1, "int32");
        twin.settle(self.syntax);
        twin.render(&mut out, self.syntax);
        out.push_str("  }\n");
        self.fields.iter().filter(|f| !f.in_oneof).for_each(|f| f.render(&mut out, self.syntax));
        if self.fields.iter().any(|f| f.in_oneof) {
            out.push_str("  oneof choice {\n");
            self.fields.iter().filter(|f| f.in_oneof).for_each(|f| f.render(&mut out, self.syntax));
            out.push_str("  }\n");
        }
        out.push_str("}\n");
        out
    }

    /// Makes one edit; the words for it, or nothing where it would change nothing.
    fn edit(&mut self, rng: &mut Rng) -> String {
        let before = self.render();
        let words = self.try_edit(rng);
        self.settle();
        if self.render() == before { String::new() } else { words }
    }

    fn try_edit(&mut self, rng: &mut Rng) -> String {
        let subject = &mut self.fields[0];
        match rng.below(22) {
            0..=6 => {
                let kind = rng.kind();
                let words = format!("{} to {kind}", subject.kind);
                subject.kind = kind;
                words
            }
            7..=9 => {
                let label =
                    rng.pick(&[Label::Plain, Label::Other, Label::Repeated, Label::Map, Label::Required]);
                let words = format!("{:?} to {label:?}", subject.label);
                subject.label = label;
                subject.in_oneof = false;
                words
            }
            10 => {
                subject.packed = Some(!subject.packed.unwrap_or(self.syntax != Syntax::Two));
                "packed".to_owned()
            }
            11 | 12 => {
                subject.in_oneof = !subject.in_oneof;
                if subject.in_oneof { "into the oneof".to_owned() } else { "out of the oneof".to_owned() }
            }
            13 => {
                subject.number = 3;
                "renumbered".to_owned()
            }
            14 => {
                self.fields.remove(0);
                "removed".to_owned()
            }
            15 => {
                let mut added = Field::new("added", 4, rng.kind());
                added.label = rng.pick(&[Label::Plain, Label::Repeated, Label::Map, Label::Required]);
                self.fields.push(added);
                "added".to_owned()
            }
            16 => {
                subject.name = "topic".to_owned();
                "renamed".to_owned()
            }
            17 => {
                subject.json_name = Some("theme".to_owned());
                "another JSON name".to_owned()
            }
            18 => {
                let (a, b) = (self.fields[0].number, self.fields[1].number);
                (self.fields[0].number, self.fields[1].number) = (b, a);
                "numbers swapped".to_owned()
            }
            19 => {
                // An enum that nothing holds shows nothing.
                subject.kind = "E";
                match rng.below(5) {
                    0 => self.values.push((7, "SEVEN".to_owned())),
                    1 => drop(self.values.remove(0)),
                    2 => self.values[1].1 = "DEUX".to_owned(),
                    3 => self.values[1].0 = 9,
                    _ => self.closed = !self.closed,
                }
                "the enum".to_owned()
            }
            20 => {
                subject.delimited = !subject.delimited;
                subject.unchecked = !subject.unchecked;
                subject.default = Some("5");
                "a feature or default".to_owned()
            }
            _ => {
                subject.kind = "Sub";
                self.sub[0].kind = rng.pick(&NUMBERS);
                "inside the nested message".to_owned()
            }
        }
    }
}

/// Contracts with `count` messages, `M0` to `Mn`, in a file for each syntax: `three.proto`, `two.proto` and, where
/// `editions` are wanted, `edition.proto`.
pub(crate) fn contracts(seed: u64, count: usize, editions: bool) -> Truth {
    let mut rng = Rng(seed);
    let syntaxes = [Syntax::Three, Syntax::Two, Syntax::Edition];
    let syntaxes = if editions { &syntaxes[..] } else { &syntaxes[..2] };
    let header = |syntax: Syntax| match syntax {
        Syntax::Three => "syntax = \"proto3\";\npackage truth.three;\n\n",
        Syntax::Two => "syntax = \"proto2\";\npackage truth.two;\n\n",
        Syntax::Edition => "edition = \"2023\";\npackage truth.edition;\n\n",
    };
    let name = |syntax: Syntax| match syntax {
        Syntax::Three => "three",
        Syntax::Two => "two",
        Syntax::Edition => "edition",
    };
    let files = || {
        syntaxes
            .iter()
            .map(|s| (format!("truth/{}.proto", name(*s)), header(*s).to_owned()))
            .collect::<Files>()
    };
    let (mut old, mut new, mut cases) = (files(), files(), Vec::new());
    while cases.len() < count {
        let which = rng.below(syntaxes.len());
        let syntax = syntaxes[which];
        let mut message = Message::random(&mut rng, syntax, format!("M{}", cases.len()));
        let mut edited = message.clone();
        let edit = edited.edit(&mut rng);
        if edit.is_empty() {
            continue;
        }
        // What the edit is about is there before.
        if matches!(edit.as_str(), "the enum" | "inside the nested message") {
            message.fields[0].kind = edited.fields[0].kind;
            message.settle();
        }
        let (before, after) = (message.render(), edited.render());
        if before == after {
            continue;
        }
        writeln!(old[which].1, "{before}").unwrap();
        writeln!(new[which].1, "{after}").unwrap();
        let message = format!("truth.{}.{}", name(syntax), message.name);
        cases.push(Case { message, edit, old: before, new: after });
    }
    Truth { old, new, cases }
}

/// What either side writes of every case, and what the other makes of it.
pub(crate) fn predictions(old: &Schema, new: &Schema, cases: &[Case], size: Size) -> Vec<Prediction> {
    let mut all = Vec::new();
    for case in cases {
        let id = |schema: &Schema| schema.message_by_name(&case.message).unwrap();
        for direction in [Direction::Backward, Direction::Forward] {
            let (write, read) = match direction {
                Direction::Backward => (old, new),
                Direction::Forward => (new, old),
            };
            for sample in samples(write, id(write), &SampleOptions { seed: 11, size }) {
                let reads = Reader::ALL.iter();
                let reads = reads.map(|r| (r.name, outcome(read, id(read), &sample.bytes, *r))).collect();
                all.push(Prediction {
                    message: case.message.clone(),
                    direction,
                    sample: sample.name,
                    bytes: sample.bytes,
                    reads,
                });
            }
        }
    }
    all
}

/// What one reader makes of bytes.
pub(crate) fn outcome(schema: &Schema, message: MessageId, bytes: &[u8], reader: Reader) -> Outcome {
    match decode(schema, message, bytes, reader) {
        Err(error) => Outcome::Rejected(error.to_string()),
        Ok(tree) => Outcome::Read(json::write(schema, &known(tree)).ok().map(|json| json.to_string())),
    }
}

/// A message without what its schema does not know.
pub(crate) fn known(mut tree: Tree) -> Tree {
    tree.unknown.clear();
    let clear = |value: &mut Value| {
        if let Value::Message(inner) = value {
            *inner = known(std::mem::replace(inner, Tree::new(inner.message)));
        }
    };
    for slot in tree.fields.values_mut() {
        match slot {
            Slot::One(value) => clear(value),
            Slot::List(values) => values.iter_mut().for_each(clear),
            Slot::Map(entries) => entries.values_mut().for_each(clear),
        }
    }
    tree
}
