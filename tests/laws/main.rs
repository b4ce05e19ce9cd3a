//! What must hold for every pair of schemas, tried on random ones.
//!
//! The big law: where every verdict on the wire is `ok` in a direction, random messages written under one
//! schema and read under the other lose and change nothing. Messages are dynamic ones of prost-reflect, which
//! shares no code with the judging side.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/files.rs"]
mod files;
mod fuzzed;
mod schemas;
mod sketch;
mod surfaces;
mod values;

// What the fuzz targets ask the fuzzer's crate for, they get here: a target becomes a function.
extern crate self as libfuzzer_sys;

macro_rules! fuzz_target {
    (|$input:ident: &str| $body:block) => {
        pub(super) fn target($input: &str) $body
    };
}
pub(crate) use fuzz_target;

use proptest::prelude::*;
use protopact::compile;
use protopact::diff::{self, Change, Cx, Kind};
use protopact::schema::Schema;
use protopact::verdict::Judge;
use protopact::words::{Direction, Lens};

use schemas::{Edit, Spec, edits, plain_edits, plain_spec, spec};

fn build(files: &[(&str, String)]) -> Schema {
    let compiled = compile::compile(&files::input("", files), &compile::Options::default())
        .unwrap_or_else(|e| panic!("{e:?}\n{files:#?}"));
    Schema::build(&compiled).unwrap()
}

fn describe(cx: &Cx<'_>, changes: &[Change]) -> Vec<String> {
    let judge = Judge::new(cx);
    changes.iter().map(|c| format!("{} {} {:?}", c.id(cx), c.symbol(cx), judge.judge(c))).collect()
}

/// Whether nothing that could touch the bytes is judged anything but ok.
fn wire_is_ok(cx: &Cx<'_>, changes: &[Change], direction: Direction) -> bool {
    let judge = Judge::new(cx);
    changes.iter().all(|c| judge.judge(c).effect(Lens::Wire, direction).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_schema_does_not_differ_from_itself(spec in spec()) {
        let text = spec.render();
        let (old, new) = (build(&[("a.proto", text.clone())]), build(&[("a.proto", text)]));
        let changes = diff::changes(&Cx { old: &old, new: &new });
        prop_assert_eq!(changes, vec![]);
    }

    #[test]
    fn the_order_of_declarations_and_files_changes_nothing(spec in spec(), edits in edits(), seed in any::<u64>()) {
        let mut edited = spec.clone();
        edits.iter().for_each(|e| edited.apply(e));
        let straight = {
            let (old, new) = (build(&spec.split()), build(&edited.split()));
            let cx = Cx { old: &old, new: &new };
            describe(&cx, &diff::changes(&cx))
        };
        let shuffled = {
            let turn = |s: &Spec| {
                let mut files = s.shuffled(seed).split();
                files.reverse();
                files
            };
            let (old, new) = (build(&turn(&spec)), build(&turn(&edited)));
            let cx = Cx { old: &old, new: &new };
            describe(&cx, &diff::changes(&cx))
        };
        prop_assert_eq!(straight, shuffled);
    }

    #[test]
    fn going_back_undoes_what_came_and_went(spec in spec(), edits in edits()) {
        let mut edited = spec.clone();
        edits.iter().for_each(|e| edited.apply(e));
        let (old, new) = (build(&spec.split()), build(&edited.split()));
        let (there, back) = (Cx { old: &old, new: &new }, Cx { old: &new, new: &old });
        let forth: Vec<String> = diff::changes(&there).iter().map(|c| c.id(&there)).collect();
        let home: Vec<String> = diff::changes(&back).iter().map(|c| c.id(&back)).collect();
        for (came, went) in [("message-added", "message-removed"), ("field-added", "field-removed"),
            ("enum-value-added", "enum-value-removed"), ("method-added", "method-removed")] {
            let count = |list: &[String], id: &str| list.iter().filter(|i| *i == id).count();
            // A type inside a new type is part of it, but goes missing by itself.
            if came != "message-added" {
                prop_assert_eq!(count(&forth, came), count(&home, went), "{} {:?} {:?}", came, forth, home);
            }
        }
        prop_assert_eq!(forth.is_empty(), home.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn ok_on_the_wire_backward_means_old_bytes_read_the_same(spec in plain_spec(), edit in plain_edits(), seed in any::<u64>()) {
        check_direction(&spec, &edit, seed, Direction::Backward)?;
    }

    #[test]
    fn ok_on_the_wire_forward_means_new_bytes_read_the_same(spec in plain_spec(), edit in plain_edits(), seed in any::<u64>()) {
        check_direction(&spec, &edit, seed, Direction::Forward)?;
    }
}

fn check_direction(
    spec: &Spec,
    edits: &[Edit],
    seed: u64,
    direction: Direction,
) -> Result<(), TestCaseError> {
    let mut edited = spec.clone();
    edits.iter().for_each(|e| edited.apply(e));
    let (before, after) = (spec.render(), edited.render());
    let (old, new) = (build(&[("a.proto", before.clone())]), build(&[("a.proto", after.clone())]));
    let cx = Cx { old: &old, new: &new };
    let changes = diff::changes(&cx);
    if !wire_is_ok(&cx, &changes, direction) {
        return Ok(());
    }
    let (old_pool, new_pool) = (values::pool(&before), values::pool(&after));
    // What only the writer knows is an addition, which an old reader keeps without seeing it.
    let (writer, reader, additions) = match direction {
        Direction::Backward => (&old_pool, &new_pool, false),
        Direction::Forward => (&new_pool, &old_pool, true),
    };
    for (written, read) in partners(&cx, &changes, direction) {
        let (Some(w), Some(r)) = (writer.get_message_by_name(&written), reader.get_message_by_name(&read))
        else {
            continue;
        };
        if let Err(why) = values::survives(&w, &r, seed, additions) {
            let verdicts = describe(&cx, &changes);
            prop_assert!(
                false,
                "{direction:?} {written}: {why}\n{verdicts:#?}\n--- old\n{before}\n--- new\n{after}"
            );
        }
    }
    Ok(())
}

/// Messages of the writer with the reader's name for them: those that kept their name, and those the diff
/// recognised under another one. A type that vanished while another appeared is nobody's partner.
fn partners(cx: &Cx<'_>, changes: &[Change], direction: Direction) -> Vec<(String, String)> {
    let kept =
        cx.old.messages().filter(|(_, m)| !m.map_entry && cx.new.message_by_name(&m.full_name).is_some());
    let mut pairs: Vec<(String, String)> =
        kept.map(|(_, m)| (m.full_name.to_string(), m.full_name.to_string())).collect();
    for change in changes {
        if let (Kind::TypeRenamed(_), Some(old), Some(new)) = (&change.kind, change.old, change.new) {
            pairs.push((cx.old.full_name(old), cx.new.full_name(new)));
        }
    }
    if direction == Direction::Forward {
        pairs.iter_mut().for_each(|(a, b)| std::mem::swap(a, b));
    }
    pairs
}
