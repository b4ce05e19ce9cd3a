//! Whatever somebody types as a source, reading it gives a source or an error, on both sides, and the folder in
//! another repository never leads out of it.
#![no_main]

use std::path::Path;

use protopact::source::{Side, SourceSpec};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for side in [Side::Old, Side::New] {
        // A folder that does not exist: what a text means must not depend on the machine that runs this.
        let Ok(spec) = SourceSpec::parse(text, Path::new("/nonexistent"), side) else { continue };
        if let SourceSpec::Repository { subdir, .. } = &spec {
            let inside = !subdir.starts_with('/') && subdir.split('/').all(|part| part != "..");
            assert!(inside, "`{text}` leads to `{subdir}`");
        }
        std::hint::black_box(spec.ambiguity());
    }
});
