//! What repairs are made of: the texts of both sides.

use crate::compile::{Compiled, Input, output, print};
use crate::source::Content;

/// The texts of one side by import path: its sources, or those that its descriptors could have been compiled from. Files of
/// descriptors that declare an edition have none.
pub(super) fn texts(content: &Content, compiled: impl FnOnce() -> Compiled) -> Vec<(String, String)> {
    match content {
        Content::Sources(input) => sources(input),
        Content::Image(..) => printed(compiled()),
    }
}

/// The texts of sources.
pub(super) fn sources(input: &Input) -> Vec<(String, String)> {
    let text = |content: &bytes::Bytes| String::from_utf8_lossy(content).into_owned();
    input.files.iter().map(|f| (f.name.to_string(), text(&f.content))).collect()
}

fn printed(compiled: Compiled) -> Vec<(String, String)> {
    let all = output::SetOptions { include_imports: true, include_source_info: false };
    let files = compiled.files.into_iter().filter_map(|file| {
        let one = Compiled { files: vec![file], ..Compiled::default() };
        print::texts(&output::descriptor_set(&one, all).into()).ok()
    });
    files.flatten().map(|printed| (printed.name, printed.text)).collect()
}
