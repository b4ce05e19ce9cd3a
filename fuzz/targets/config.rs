//! Whatever a configuration file holds, reading it gives settings or an error.
#![no_main]

use protopact::config::{Found, Overrides, buf, file, merge};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(file) = file::parse(text, "protopact.toml") {
        let found = Found { protopact: Some(("protopact.toml".into(), file)), ..Found::default() };
        let _ = merge(found, &Overrides::default());
    }
    if let Ok(workspace) = buf::parse(text, "buf.yaml") {
        let found = Found { buf: Some((vec!["buf.yaml".into()], workspace)), ..Found::default() };
        let _ = merge(found, &Overrides::default());
    }
    let _ = buf::parse_work(text, "buf.work.yaml");
});
