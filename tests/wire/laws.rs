//! What verdicts claim, held against messages that are written and read.
//!
//! Where every change that a message can feel is `ok` in a direction, no sample of it may be read as anything but
//! what was written. And what is claimed to break is shown by a witness, but for what needs data that neither
//! version writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use protopact::compare::Comparison;
use protopact::diff::{Change, Cx, Kind};
use protopact::schema::{Element, MessageId, Schema};
use protopact::verdict::Verdict;
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::witness::refute;
use protopact::wire::{Prover, Shown};
use protopact::words::{Direction, Lens};

use crate::history;
use crate::spec;
use crate::support;

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

/// Why a claim may be without a witness; `docs/design/wire.md` has the same list.
fn is_beyond_witnesses(cx: &Cx<'_>, change: &Change) -> bool {
    // Zero is on the wire what nothing is: a reader of another type takes it.
    let only_zero = |schema: &Schema, element: Option<Element>| match element {
        Some(Element::Field(id)) => {
            schema.field_enum(schema.field(id)).is_some_and(|e| schema.enum_(e).values.len() == 1)
        }
        _ => false,
    };
    if only_zero(cx.old, change.old) || only_zero(cx.new, change.new) {
        return true;
    }
    match change.kind {
        // Only data from before the reservation shows it, and neither version wrote that.
        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            number_was_reserved || name_was_reserved
        }
        Kind::EnumValueAdded { was_reserved, .. } => was_reserved,
        // The readers here do not write message sets.
        Kind::MessageSetChanged => true,
        _ => false,
    }
}

/// The claims of a comparison that nothing shows, and how many there are.
fn unconfirmed(comparison: &Comparison<'_>) -> (Vec<String>, usize) {
    let cx = comparison.cx();
    let prover = Prover::new(&cx, comparison.changes());
    let (mut missing, mut claims) = (Vec::new(), 0);
    for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
        for proof in prover.prove(change, verdict) {
            claims += 1;
            if proof.shown.is_none() && !is_beyond_witnesses(&cx, change) {
                let cell = verdict.cell(proof.lens, proof.direction).unwrap();
                let (lens, direction) = (cell.lens.as_str(), cell.direction.as_str());
                let (id, symbol, effect) = (change.id(&cx), change.symbol(&cx), cell.effect.as_str());
                missing.push(format!("{id} {symbol} {lens} {direction} {effect}: {}", cell.reason));
            }
        }
    }
    (missing, claims)
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

fn pairs() -> Vec<(String, PathBuf)> {
    let mut pairs: Vec<_> = support::pairs().into_iter().map(|(_, name, folder)| (name, folder)).collect();
    pairs.sort();
    pairs
}

fn with_pair<T>(folder: &Path, then: impl FnOnce(&Comparison<'_>) -> T) -> T {
    let side = |name: &str| support::schema(&support::read(&folder.join(name))).unwrap();
    let (old, new) = (side("old"), side("new"));
    then(&Comparison::new(&old, &new))
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

/// The versions of each history, the files of each under the paths that importers write.
fn histories() -> Vec<(String, Vec<support::Files>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history");
    let mut cases: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    cases.sort();
    let lay = |case: String| {
        let folder = tempfile::tempdir().unwrap();
        let laid = history::lay(&case, folder.path());
        let repo = git2::Repository::open(&laid.dir).unwrap();
        let files = |id| {
            let mut files = support::Files::new();
            let tree = repo.find_commit(id).unwrap().tree().unwrap();
            tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
                let path = format!("{folder}{}", entry.name().unwrap());
                if let Some(name) =
                    path.split_once('/').map(|(_, rest)| rest).filter(|p| p.ends_with(".proto"))
                {
                    let blob = repo.find_blob(entry.id()).unwrap();
                    files.push((name.to_owned(), String::from_utf8(blob.content().to_vec()).unwrap()));
                }
                git2::TreeWalkResult::Ok
            })
            .unwrap();
            files
        };
        let versions = laid.commits.iter().map(|commit| files(commit.id)).collect();
        (case, versions)
    };
    cases.into_iter().map(lay).collect()
}

#[test]
fn a_key_of_two_fields_has_a_witness_in_both_directions() {
    let one = "package pay.v1; message Pay { optional int32 camId = 1; }";
    let two = "package pay.v1; message Pay { optional int32 camId = 1; optional int32 cam_id = 2; }";
    let side = |text: &str| support::model("", &[("pay.proto".to_owned(), text.to_owned())]).1;
    let (old, new) = (side(one), side(two));
    let comparison = Comparison::new(&old, &new);
    let prover = Prover::new(&comparison.cx(), comparison.changes());
    let proofs = prover.prove(&comparison.changes()[0], &comparison.verdicts()[0]);
    for direction in [Direction::Backward, Direction::Forward] {
        let proof = proofs.iter().find(|p| p.lens == Lens::Json && p.direction == direction).unwrap();
        let Some(Shown::Json { json, reads, .. }) = &proof.shown else { panic!("{direction:?}: {proof:?}") };
        assert!(json.starts_with("{\"camId\":"), "{json}");
        assert!(!reads.is_empty());
    }
    assert_eq!(unconfirmed(&comparison).0, [""; 0]);
}

#[test]
fn no_claim_of_the_fixtures_is_without_a_witness() {
    let (mut missing, mut claims) = (Vec::new(), 0);
    let mut add = |name: &str, comparison: &Comparison<'_>| {
        let (found, of) = unconfirmed(comparison);
        missing.extend(found.into_iter().map(|m| format!("{name}: {m}")));
        claims += of;
    };
    for (name, folder) in pairs() {
        with_pair(&folder, |comparison| add(&name, comparison));
    }
    for (name, versions) in histories() {
        let versions: Vec<Schema> = versions.iter().map(|files| support::schema(files).unwrap()).collect();
        for pair in versions.windows(2) {
            add(&name, &Comparison::new(&pair[0], &pair[1]));
            add(&name, &Comparison::new(&pair[1], &pair[0]));
        }
    }
    assert!(claims > 300, "{claims}");
    assert!(missing.is_empty(), "{} of {claims} unconfirmed\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn no_sample_of_the_truth_contracts_refutes_an_ok() {
    let mut wrong = Vec::new();
    let mut unshown = Vec::new();
    let mut claims = 0;
    let truth = support::truth::contracts(5, 400, true);
    let (old, new) = (support::schema(&truth.old).unwrap(), support::schema(&truth.new).unwrap());
    let comparison = Comparison::new(&old, &new);
    wrong.extend(refutations(&comparison, Size::Exhaustive));
    let prover = Prover::new(&comparison.cx(), comparison.changes());
    for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
        for proof in prover.prove(change, verdict) {
            claims += 1;
            if proof.shown.is_none() && !is_beyond_witnesses(&comparison.cx(), change) {
                let cell = verdict.cell(proof.lens, proof.direction).unwrap();
                let (lens, direction) = (cell.lens.as_str(), cell.direction.as_str());
                unshown.push(format!(
                    "{} {} {lens} {direction} {}: {}",
                    change.id(&comparison.cx()),
                    change.symbol(&comparison.cx()),
                    cell.effect.as_str(),
                    cell.reason
                ));
            }
        }
    }
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
    assert!(unshown.is_empty(), "{} of {claims} unconfirmed\n{}", unshown.len(), told(&unshown));
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

/// Of what is claimed about fields nothing is without a witness but what is listed.
#[test]
fn what_breaks_in_random_edits_has_a_witness() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut missing: Vec<String> = Vec::new();
    let mut total = 0;
    for _ in 0..400 {
        let spec = spec::spec().new_tree(&mut runner).unwrap().current();
        let edits = spec::edits().new_tree(&mut runner).unwrap().current();
        let mut edited = spec.clone();
        edits.iter().for_each(|e| edited.apply(e));
        let file = |text: String| vec![("a.proto".to_owned(), text)];
        let old = support::schema(&file(spec.render())).unwrap();
        let new = support::schema(&file(edited.render())).unwrap();
        let comparison = Comparison::new(&old, &new);
        let prover = Prover::new(&comparison.cx(), comparison.changes());
        for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
            let about = change.symbol(&comparison.cx());
            let id = change.id(&comparison.cx());
            for proof in prover.prove(change, verdict).iter().filter(|_| id.starts_with("field")) {
                total += 1;
                let cell = verdict.cell(proof.lens, proof.direction).unwrap();
                assert_eq!(cell.effect, proof.effect);
                if proof.shown.is_none() && !is_beyond_witnesses(&comparison.cx(), change) {
                    let (lens, direction) = (cell.lens.as_str(), cell.direction.as_str());
                    let effect = cell.effect.as_str();
                    let texts = format!("{}\n---\n{}", spec.render(), edited.render());
                    missing
                        .push(format!("{id} {about} {lens} {direction} {effect}: {}\n{texts}", cell.reason));
                }
            }
        }
    }
    assert!(total > 500, "{total}");
    assert!(missing.is_empty(), "{} of {total}\n{}", missing.len(), missing.join("\n"));
}
