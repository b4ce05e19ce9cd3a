//! Two texts, whatever they hold, are compiled, compared, judged, decided on and reported in every format, or
//! refused with errors.
//!
//! The input is two .proto files with a line of `====` between them; without one, the file is compared with
//! itself, and then nothing may have changed.
#![no_main]

use std::sync::LazyLock;

use protopact::compare::Comparison;
use protopact::compile::{Backend, Input, InputFile, Options, compile};
use protopact::findings::Report;
use protopact::git::TagPattern;
use protopact::policy::{Decided, LensPolicy, Policies, PolicySet, RuleConfig, RulePolicy, decide};
use protopact::present::{Choice, Formats};
use protopact::report::{OfCheck, OfDiff};
use protopact::rules::RULES;
use protopact::schema::Schema;
use protopact::source::Name;
use protopact::text::View;
use protopact::words::{Lens, LensSelector};

/// Every lens, and every rule.
static POLICIES: LazyLock<[PolicySet; 2]> = LazyLock::new(|| {
    let deny = Lens::ALL.map(|lens| LensSelector { lens, direction: None }).to_vec();
    let all = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    let config = RuleConfig { use_: all, ..RuleConfig::default() };
    let (rules, _) = RulePolicy::new(&config).expect("there are such rules");
    [LensPolicy { deny }.into(), rules.into()]
});

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n====\n").unwrap_or((text, text));
    let one = old == new;
    let (Some(old), Some(new)) = (schema(old), schema(new)) else { return };
    for (old, new, same) in [(&old, &new, one), (&new, &old, one), (&old, &old, true)] {
        let comparison = Comparison::new(old, new);
        let changes = comparison.changes();
        assert!(!same || changes.is_empty(), "a file differs from itself: {changes:?}");
        report(&comparison);
    }
});

/// Decides by every policy, and writes every format.
fn report(comparison: &Comparison<'_>) {
    let tag = "v1.2.0";
    let version = TagPattern::default().version_of(tag);
    for policy in &*POLICIES {
        let Decided { findings, changes, bump, .. } = decide(comparison, &Policies::uniform(policy.clone()));
        let report = Report {
            old: Name::Tag { tag: tag.to_owned(), version: version.clone(), commit: None },
            new: Name::WorkingTree,
            findings,
            changes,
            bump,
            ..Report::default()
        };
        for view in [View { colour: true, width: Some(40) }, View { colour: false, width: None }] {
            let sink = &mut std::io::sink();
            for name in ["text", "json", "buf-json", "buf-text"] {
                let format = Choice::<OfCheck>::of(name).expect("a format of check");
                format.write(&report, &view, sink).expect("a sink takes everything");
            }
            for format in OfDiff::ALL {
                (format.write)(&report, &view, sink).expect("a sink takes everything");
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
