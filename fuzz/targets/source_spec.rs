//! Whatever somebody types as a source, reading it gives a source or an error, and a source that is written out
//! reads back as itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    // ADAPT: protopact::source, once it is there: `text.parse::<Spec>()`, and `to_string` back again.
    std::hint::black_box(text.len());
});
