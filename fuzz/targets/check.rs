//! Two texts, whatever they hold, are compiled, compared, judged, decided on and reported in every format, or
//! refused with errors.
//!
//! The input is two .proto files with a line of `====` between them; without one, the file is compared with
//! itself, and then nothing may have changed.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use protopact::compile::{Backend, Input, InputFile, Options, compile};
use protopact::diff::{self, Change, Cx};
use protopact::git::TagPattern;
use protopact::policy::{Decision, LensPolicy, PolicySet, RuleConfig, RulePolicy, decide, record};
use protopact::report::{DiffFormat, Format, Report};
use protopact::rules::RULES;
use protopact::schema::Schema;
use protopact::source::Name;
use protopact::text::View;
use protopact::verdict::Judge;
use protopact::words::LensSelector;

/// Every lens, and every rule.
static POLICIES: LazyLock<[PolicySet; 2]> = LazyLock::new(|| {
    let words = ["wire", "json", "rpc", "source"];
    let deny = words.iter().flat_map(|word| LensSelector::parse(word).expect("there are such lenses"));
    let all = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    let config = RuleConfig { use_: all, ..RuleConfig::default() };
    let (rules, _) = RulePolicy::new(&config).expect("there are such rules");
    [PolicySet::Lenses(LensPolicy { deny: deny.collect() }), PolicySet::Rules(rules)]
});

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n====\n").unwrap_or((text, text));
    let one = old == new;
    let (Some(old), Some(new)) = (schema(old), schema(new)) else { return };
    for (old, new, same) in [(&old, &new, one), (&new, &old, one), (&old, &old, true)] {
        let cx = Cx { old, new };
        let changes = diff::changes(&cx);
        assert!(!same || changes.is_empty(), "a file differs from itself: {changes:?}");
        report(cx, &changes);
    }
});

/// Decides by every policy, and writes every format.
fn report(cx: Cx<'_>, changes: &[Change]) {
    let judge = Judge::new(&cx);
    let verdicts: Vec<_> = changes.iter().map(|change| judge.judge(change)).collect();
    let echoes = diff::echoes(changes, &cx);
    let decision =
        Decision { cx, changes, verdicts: &verdicts, echoes: &echoes, judge: &judge, prover: None };
    for policy in &*POLICIES {
        let report = Report {
            old: Name::Tag {
                tag: "v1.2.0".to_owned(),
                version: TagPattern::default().version_of("v1.2.0"),
                commit: None,
            },
            new: Name::WorkingTree,
            findings: decide(&decision, &|_| policy),
            changes: record(&decision, &|_| policy),
            notes: Vec::new(),
            bump: None,
            tabbed: BTreeMap::new(),
        };
        for view in [View { colour: true, width: Some(40) }, View { colour: false, width: None }] {
            let sink = &mut std::io::sink();
            for format in [Format::Text, Format::Json, Format::BufJson, Format::BufText] {
                format.reporter().write(&report, &view, sink).expect("a sink takes everything");
            }
            for format in [DiffFormat::Text, DiffFormat::Json] {
                format.reporter().write(&report, &view, sink).expect("a sink takes everything");
            }
        }
    }
}

/// The model of one file, if it compiles.
fn schema(text: &str) -> Option<Schema> {
    let file = InputFile {
        name: "fuzz.proto".into(),
        display: "fuzz.proto".into(),
        content: bytes::Bytes::copy_from_slice(text.as_bytes()),
        target: true,
    };
    let input = Input { files: vec![file], roots: vec![".".to_owned()], ..Input::default() };
    // protoc is an outside program: starting it for every input would fuzz the process table.
    let options = Options { backend: Backend::Builtin, ..Options::default() };
    let compiled = compile(&input, &options).ok()?;
    Some(Schema::build(&compiled).expect("descriptors out of a compiler decode"))
}
