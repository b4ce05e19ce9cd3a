//! Whatever a configuration file holds, reading it gives settings or an error.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    // ADAPT: protopact::config, once it is there: `protopact.toml` as written, then as decided; `buf.yaml` too.
    std::hint::black_box(text.len());
});
