//! The models of the readers and the static verdicts over hundreds of random edits at once, with other libraries as
//! witnesses. The languages themselves are asked elsewhere, with the same contracts.

use buffa_descriptor::reflect::DynamicMessage;
use prost_reflect::prost::Message as _;
use protopact::wire::reader::Utf8;
use protopact::wire::sample::Size;
use protopact::wire::text::text;
use protopact::wire::{Reader, decode};
use protopact::words::Direction;

use crate::lab::Lab;
use crate::support::truth::{Prediction, contracts, known, predictions};

/// prost-reflect: as prost, but it keeps what it does not know.
const DYNAMIC: Reader = Reader { keeps_unknown: true, ..Reader::RUST };
/// buffa: what the encoding guide asks for, with every string checked and no look at required fields.
const LENIENT: Reader = Reader { checks_required: false, utf8: Utf8::Always, ..Reader::SPEC };
const SEED: u64 = 20;
const COUNT: usize = 300;

fn labs(editions: bool) -> (Lab, Lab, Vec<Prediction>) {
    let truth = contracts(SEED, COUNT, editions);
    let (old, new) = (Lab::new(&truth.old), Lab::new(&truth.new));
    let predictions = predictions(&old.schema, &new.schema, &truth.cases, Size::Exhaustive);
    (old, new, predictions)
}

#[test]
fn contracts_are_the_same_every_time_and_hold_every_kind_of_edit() {
    let (a, b) = (contracts(SEED, COUNT, true), contracts(SEED, COUNT, true));
    assert_eq!((&a.old, &a.new), (&b.old, &b.new));
    assert_ne!(a.old, contracts(SEED + 1, COUNT, true).old);
    assert_eq!(a.cases.len(), COUNT);
    for words in [
        "renamed",
        "removed",
        "added",
        "packed",
        "renumbered",
        "numbers swapped",
        "the enum",
        "into the oneof",
        "out of the oneof",
    ] {
        assert!(a.cases.iter().any(|c| c.edit == words), "{words}");
    }
    assert!(a.cases.iter().filter(|c| c.edit.contains(" to ")).count() > 50);
}

#[test]
fn dynamic_messages_of_two_libraries_do_what_the_models_predict() {
    let (old, new, predictions) = labs(false);
    let pools = [old.prost(), new.prost()];
    let mut wrong = Vec::new();
    for p in &predictions {
        let (lab, pool) = match p.direction {
            Direction::Backward => (&new, &pools[1]),
            Direction::Forward => (&old, &pools[0]),
        };
        let what = format!("{} {:?} {} {:02x?}", p.message, p.direction, p.sample, p.bytes);
        let id = lab.schema.message_by_name(&p.message).unwrap();
        let show = |bytes: &[u8], reader| match decode(&lab.schema, id, bytes, reader) {
            Ok(tree) => Ok(text(&lab.schema, &known(tree))),
            Err(_) => Err(()),
        };
        // prost does not write minus zero where nothing is what zero is.
        let shorn = |shown: Result<String, ()>| {
            shown.map(|t| {
                let t = t.replace("value: -0.0", "value: 0.0");
                let t = ["a", "subject", "other", "added", "topic"]
                    .iter()
                    .fold(t, |t, f| t.replace(&format!("{f}: -0.0"), ""));
                t.split_whitespace().collect::<Vec<_>>().join(" ").replace("{ }", "{}")
            })
        };
        let descriptor = pool.get_message_by_name(&p.message).unwrap();
        let theirs = match prost_reflect::DynamicMessage::decode(descriptor, p.bytes.as_slice()) {
            Ok(message) => show(&message.encode_to_vec(), Reader { utf8: Utf8::Declared, ..DYNAMIC }),
            Err(_) => Err(()),
        };
        let (ours, theirs) = (shorn(show(&p.bytes, DYNAMIC)), shorn(theirs));
        if theirs != ours {
            wrong.push(format!("prost-reflect {what}\n    {theirs:?}\n    {ours:?}"));
        }
        // It does not look at the wire types inside entries of maps, on which the languages differ too.
        let ours = show(&p.bytes, LENIENT);
        if ours != show(&p.bytes, Reader { whole_entries: true, ..LENIENT }) {
            continue;
        }
        let index = lab.buffa.message_index(&p.message).unwrap();
        let theirs = match DynamicMessage::decode(lab.buffa.clone(), index, &p.bytes) {
            Ok(message) => show(&message.encode_to_vec(), LENIENT),
            Err(_) => Err(()),
        };
        if theirs != ours {
            wrong.push(format!("buffa {what}\n    {theirs:?}\n    {ours:?}"));
        }
    }
    assert!(predictions.len() > 5000, "{}", predictions.len());
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        predictions.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
