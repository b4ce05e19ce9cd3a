//! The lens for JSON over all ordered pairs of types, held against messages that are written and parsed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use protopact::compare::Comparison;
use protopact::schema::Schema;
use protopact::wire::Prover;
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::witness::refute;
use protopact::words::{Direction, Effect, Lens};

use crate::support;

/// Every sort of type that a field can have.
pub(crate) const TYPES: [&str; 53] = [
    "int32",
    "int64",
    "uint32",
    "uint64",
    "sint32",
    "sint64",
    "fixed32",
    "fixed64",
    "sfixed32",
    "sfixed64",
    "bool",
    "float",
    "double",
    "string",
    "bytes",
    "Open",
    "Other",
    "Closed",
    "google.protobuf.DoubleValue",
    "google.protobuf.FloatValue",
    "google.protobuf.Int64Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Int32Value",
    "google.protobuf.UInt32Value",
    "google.protobuf.BoolValue",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.protobuf.ListValue",
    "google.protobuf.Any",
    "google.protobuf.Empty",
    "google.protobuf.NullValue",
    "One",
    "Two",
    "None",
    "repeated int32",
    "repeated int64",
    "repeated string",
    "repeated Open",
    "repeated One",
    "repeated google.protobuf.Value",
    "repeated google.protobuf.Int32Value",
    "repeated google.protobuf.Struct",
    "map<string, int32>",
    "map<string, string>",
    "map<int32, string>",
    "map<string, One>",
    "map<string, google.protobuf.Value>",
    "map<string, google.protobuf.Int64Value>",
];

fn contract(side: impl Fn(usize, usize) -> usize) -> Schema {
    let mut text = String::from("edition = \"2023\";\npackage t;\n");
    for file in ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"] {
        let _ = writeln!(text, "import \"google/protobuf/{file}.proto\";");
    }
    text.push_str(
        "enum Open { OPEN_ZERO = 0; OPEN_ONE = 1; }\nenum Other { OTHER_ZERO = 0; OTHER_ONE = 1; }\n\
         enum Closed { option features.enum_type = CLOSED; CLOSED_ZERO = 0; CLOSED_ONE = 1; }\n\
         message One { int32 a = 1; }\nmessage Two { int32 a = 1; string b = 2; }\nmessage None {}\n",
    );
    for w in 0..TYPES.len() {
        for r in 0..TYPES.len() {
            let _ = writeln!(text, "message P{w}x{r} {{ {} a = 1; }}", TYPES[side(w, r)]);
        }
    }
    support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
}

#[test]
fn every_pair_of_types_is_parsed_as_the_lens_says() {
    let (old, new) = (contract(|w, _| w), contract(|_, r| r));
    let comparison = Comparison::new(&old, &new);
    let cx = comparison.cx();
    let mut changes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, change) in comparison.changes().iter().enumerate() {
        let symbol = change.symbol(&cx);
        let message = symbol.split('.').nth(1).unwrap_or_default().to_owned();
        changes.entry(message).or_default().push(index);
    }
    let prover = Prover::new(&cx, comparison.changes());
    let mut wrong = Vec::new();
    for (w, written) in TYPES.iter().enumerate() {
        for (r, read) in TYPES.iter().enumerate() {
            let name = format!("P{w}x{r}");
            let of = changes.get(&name).map_or(&[][..], Vec::as_slice);
            let cells = of.iter().filter_map(|i| {
                comparison.verdicts()[*i].cell(Lens::Json, Direction::Backward).map(|cell| (*i, cell))
            });
            let worst = cells.max_by_key(|(_, cell)| cell.effect);
            let (a, b) = (
                old.message_by_name(&format!("t.{name}")).unwrap(),
                new.message_by_name(&format!("t.{name}")).unwrap(),
            );
            let mut says = |what: String| wrong.push(format!("{written} -> {read}: {what}"));
            let Some((index, cell)) = worst else {
                for sample in samples(&old, a, &SampleOptions { seed: 3, size: Size::Exhaustive }) {
                    if let Some(why) =
                        refute((&old, a), (&new, b), &sample.bytes, Lens::Json, Direction::Backward)
                    {
                        says(format!("is ok, but {}: {why}", sample.name));
                        break;
                    }
                }
                continue;
            };
            if cell.effect == Effect::Unknown {
                says(format!("is unknown: {}", cell.reason));
                continue;
            }
            let proofs = prover.prove(&comparison.changes()[index], &comparison.verdicts()[index]);
            let shown = proofs
                .iter()
                .any(|p| p.lens == Lens::Json && p.direction == Direction::Backward && p.shown.is_some());
            if !shown {
                says(format!("nothing shows {}: {}", cell.effect.as_str(), cell.reason));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
