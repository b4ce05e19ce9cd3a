//! What verdicts claim, held against messages that are written and read.
//!
//! Where every change that a message can feel is `ok` in a direction, no sample of it may be read as anything but
//! what was written. That what is claimed to break is shown by a witness is held in `witnesses.rs`.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protopact::compare::Comparison;
use protopact::diff::{Change, Cx, Kind};
use protopact::schema::{Element, MessageId, Schema};
use protopact::verdict::Verdict;
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::witness::refute;
use protopact::wire::{Prover, Shown};
use protopact::words::{Direction, Lens};

use crate::spec;
use crate::support;
use crate::witnesses::{pairs, with_pair};

const CELLS: [(Lens, Direction); 4] = [
    (Lens::Wire, Direction::Backward),
    (Lens::Wire, Direction::Forward),
    (Lens::Json, Direction::Backward),
    (Lens::Json, Direction::Forward),
];

/// Every message and enum that a message leads to, itself among them.
fn reach(schema: &Schema, from: MessageId) -> BTreeSet<Element> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(message) = open.pop() {
        if !found.insert(Element::Message(message)) {
            continue;
        }
        let name = &schema.message(message).full_name;
        let fields = schema.message(message).fields.iter().chain(schema.extensions_of(name));
        for field in fields.map(|f| schema.field(*f)) {
            open.extend(schema.field_message(field));
            found.extend(schema.field_enum(field).map(Element::Enum));
        }
    }
    found
}

/// The message or enum that an element is part of.
fn whole(schema: &Schema, element: Element) -> Option<Element> {
    Some(match element {
        Element::Field(id) => {
            let field = schema.field(id);
            Element::Message(match &field.extendee {
                Some(name) => schema.message_by_name(name)?,
                None => field.parent?,
            })
        }
        Element::Oneof(id) => Element::Message(schema.oneof(id).parent),
        Element::EnumValue(id) => Element::Enum(schema.value(id).parent),
        Element::Message(_) | Element::Enum(_) => element,
        _ => return None,
    })
}

/// Whether a removal is what the guide describes: data that still holds it is a promise nobody keeps.
fn is_retirement(cx: &Cx<'_>, change: &Change) -> bool {
    matches!(change.kind, Kind::FieldRemoved { .. } | Kind::EnumValueRemoved { .. } | Kind::TypeRemoved(_))
        && change.old.is_some_and(|e| cx.old.is_deprecated(e))
}

/// What refutes an `ok`, in words.
fn refutations(comparison: &Comparison<'_>, size: Size) -> Vec<String> {
    let (cx, changes, verdicts) = (comparison.cx(), comparison.changes(), comparison.verdicts());
    let mut wrong = Vec::new();
    let own = cx.old.messages().filter(|(_, m)| !m.map_entry && cx.old.file(m.file).target);
    for (old, message) in own {
        let renamed = changes.iter().find_map(|c| match (&c.kind, c.old, c.new) {
            (Kind::TypeRenamed(_), Some(Element::Message(o)), Some(Element::Message(n))) if o == old => {
                Some(n)
            }
            _ => None,
        });
        let Some(new) = cx.new.message_by_name(&message.full_name).or(renamed) else { continue };
        let (before, after) = (reach(cx.old, old), reach(cx.new, new));
        let felt: Vec<(&Change, &Verdict)> = changes
            .iter()
            .zip(verdicts)
            .filter(|(c, _)| {
                let side = |schema, element: Option<Element>, reach: &BTreeSet<Element>| {
                    element.and_then(|e| whole(schema, e)).is_some_and(|e| reach.contains(&e))
                };
                side(cx.old, c.old, &before) || side(cx.new, c.new, &after)
            })
            .collect();
        if felt.is_empty() || felt.iter().any(|(c, _)| is_retirement(&cx, c)) {
            continue;
        }
        for (lens, direction) in CELLS {
            if felt.iter().any(|(_, v)| !v.effect(lens, direction).is_ok()) {
                continue;
            }
            let (write, w, read, r) = match direction {
                Direction::Backward => (cx.old, old, cx.new, new),
                Direction::Forward => (cx.new, new, cx.old, old),
            };
            for sample in samples(write, w, &SampleOptions { seed: 3, size }) {
                if let Some(why) = refute((write, w), (read, r), &sample.bytes, lens, direction) {
                    let told: Vec<String> =
                        felt.iter().map(|(c, _)| format!("{} {}", c.id(&cx), c.symbol(&cx))).collect();
                    wrong.push(format!(
                        "{} {} is ok for {}, but {}: {why}\n    changes: {}",
                        lens.as_str(),
                        direction.as_str(),
                        message.full_name,
                        sample.name,
                        told.join(", ")
                    ));
                    break;
                }
            }
        }
    }
    wrong
}

#[test]
fn no_sample_of_the_fixtures_refutes_an_ok() {
    let mut wrong = Vec::new();
    for (name, folder) in pairs() {
        let found = with_pair(&folder, |comparison| refutations(comparison, Size::Exhaustive));
        wrong.extend(found.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(wrong.is_empty(), "{} refuted\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_breaks_in_the_fixtures_has_a_witness() {
    let mut missing = Vec::new();
    let mut shown = 0;
    for (name, folder) in pairs() {
        with_pair(&folder, |comparison| {
            let prover = Prover::new(&comparison.cx(), comparison.changes());
            for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
                for proof in prover.prove(change, verdict) {
                    match proof.shown {
                        Some(Shown::Bytes { reads, .. } | Shown::Json { reads, .. }) => {
                            assert!(!reads.is_empty());
                            shown += 1;
                        }
                        Some(Shown::Call { .. }) => shown += 1,
                        None => missing.push(format!(
                            "{name}: {} {} {} {} {}",
                            change.id(&comparison.cx()),
                            change.symbol(&comparison.cx()),
                            proof.lens.as_str(),
                            proof.direction.as_str(),
                            proof.effect.as_str()
                        )),
                    }
                }
            }
        });
    }
    missing.sort();
    let text = missing.join("\n");
    insta::assert_snapshot!("unconfirmed", format!("{shown} shown, {} not:\n{text}", missing.len()));
}

#[test]
fn no_sample_of_the_truth_contracts_refutes_an_ok() {
    let mut wrong = Vec::new();
    let truth = support::truth::contracts(5, 400, true);
    let (old, new) = (support::schema(&truth.old).unwrap(), support::schema(&truth.new).unwrap());
    let comparison = Comparison::new(&old, &new);
    wrong.extend(refutations(&comparison, Size::Exhaustive));
    let told = |wrong: &[String]| {
        wrong
            .iter()
            .map(|w| {
                let case = truth.cases.iter().find(|c| {
                    w.contains(&format!("{} ", c.message))
                        || w.contains(&format!("{}.", c.message))
                        || w.contains(&format!("{},", c.message))
                });
                case.map_or(w.clone(), |c| format!("{w}\n{}\n{}", c.old, c.new))
            })
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(wrong.is_empty(), "{} refuted\n{}", wrong.len(), told(&wrong));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_sample_of_random_edits_refutes_an_ok(spec in spec::spec(), edits in spec::edits()) {
        let mut edited = spec.clone();
        edits.iter().for_each(|e| edited.apply(e));
        let file = |text: String| vec![("a.proto".to_owned(), text)];
        let (before, after) = (spec.render(), edited.render());
        let old = support::schema(&file(before.clone())).unwrap();
        let new = support::schema(&file(after.clone())).unwrap();
        let wrong = refutations(&Comparison::new(&old, &new), Size::Exhaustive);
        prop_assert!(wrong.is_empty(), "{}\n--- old\n{before}\n--- new\n{after}", wrong.join("\n"));
    }
}
