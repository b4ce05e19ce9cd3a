//! Two texts, whatever they hold, are compiled, compared and judged, or refused with errors.
//!
//! The input is two .proto files with a line of `====` between them; without one, the file is compared with
//! itself, and then nothing may have changed.
#![no_main]

use protopact::compile::{Backend, Input, InputFile, Options, compile};
use protopact::diff::{self, Cx};
use protopact::rules::RULES;
use protopact::schema::Schema;
use protopact::verdict::Judge;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n====\n").unwrap_or((text, text));
    let one = old == new;
    let (Some(old), Some(new)) = (schema(old), schema(new)) else { return };
    for (old, new, same) in [(&old, &new, one), (&new, &old, one), (&old, &old, true)] {
        let cx = Cx { old, new };
        let changes = diff::changes(&cx);
        assert!(!same || changes.is_empty(), "a file differs from itself: {changes:?}");
        let judge = Judge::new(&cx);
        for change in &changes {
            std::hint::black_box(judge.judge(change));
            for rule in RULES {
                std::hint::black_box((rule.select)(change, &cx));
            }
        }
    }
});

/// The model of one file, if it compiles.
fn schema(text: &str) -> Option<Schema> {
    let file = InputFile {
        name: "fuzz.proto".into(),
        display: "fuzz.proto".into(),
        content: bytes::Bytes::copy_from_slice(text.as_bytes()),
        target: true,
    };
    let input = Input { files: vec![file], roots: vec![".".to_owned()] };
    // protoc is an outside program: starting it for every input would fuzz the process table.
    let options = Options { backend: Backend::Protox, ..Options::default() };
    let compiled = compile(&input, &options).ok()?;
    Some(Schema::build(&compiled).expect("descriptors out of a compiler decode"))
}
