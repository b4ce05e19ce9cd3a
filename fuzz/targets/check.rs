//! Two texts, whatever they hold, are compiled, compared and judged, or refused with errors.
//!
//! The input is two .proto files with a line of `====` between them; without one, the file is compared with
//! itself, and then nothing may have changed.
#![no_main]

use protopact::compile::{Backend, Compiled, Input, InputFile, Options, compile};
use protopact::schema::Schema;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (old, new) = text.split_once("\n====\n").unwrap_or((text, text));
    let (Some(old), Some(new)) = (schema(old), schema(new)) else { return };
    // ADAPT: protopact::diff and what follows it: changes, verdicts, findings of all rules; and, when both texts
    // are one, that there are no changes.
    std::hint::black_box((old, new));
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
    let compiled: Compiled = compile(&input, &options).ok()?;
    Some(Schema::build(&compiled).expect("descriptors out of a compiler decode"))
}
