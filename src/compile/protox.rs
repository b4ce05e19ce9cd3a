//! A third opinion: the crates protox (its parser) and prost-reflect (its linker).
//!
//! Nothing is read twice from anywhere: the files are in memory, all of them are parsed at once in parallel, and one
//! pool takes all of them. protox's own `Compiler` adds file after file to a pool, which costs the square of their
//! number.

use bytes::Bytes;
use miette::Diagnostic as _;
use protox::file::{FileResolver as _, GoogleFileResolver};
use protox::prost_reflect::{DescriptorError, DescriptorPool};
use rayon::prelude::*;

use super::diagnostic::Diagnostic;
use super::link::Unit;
use super::load::Loaded;
use super::parse::lex::MAX_PROBLEMS;
use super::parse::{MAX_PACKAGE_PARTS, Span};
use super::{CompileError, CompiledFile, Input, builtin, well_known};

/// The release of protox that is built in.
pub const PROTOX: &str = "0.10.0";

/// How deep brackets may stand in each other: messages and the values of options, as deep as the built-in compiler
/// takes them. protox reads both with recursion and bounds only the first.
const MAX_NESTING: usize = 132;

/// The file that describes options.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// Compiles what was loaded.
pub(super) fn compile(loaded: Loaded<'_>, input: &Input) -> Result<Vec<CompiledFile>, CompileError> {
    if let Some((file, edition)) = &loaded.edition {
        let mut diagnostic = Diagnostic::of_file(
            loaded.units[*file as usize].display,
            format!("protox does not know editions, and the file declares `{edition}`"),
        );
        diagnostic.hints.push("compile with protoc".to_owned());
        return Err(CompileError::sources(vec![diagnostic]));
    }
    let mut diagnostics = loaded.diagnostics;
    let unreadable = !diagnostics.is_empty();
    // What is imported from where is settled before anybody compiles, with more to say than a compiler has.
    diagnostics.extend(builtin::diagnose_all(&loaded.units, loaded.imports, input));
    let parsed: Vec<_> = loaded.units.par_iter().map(parse).collect();
    let mut files = Vec::with_capacity(parsed.len());
    for file in parsed {
        match file {
            Ok(file) => files.push(file),
            Err(found) => diagnostics.extend(found),
        }
    }
    if unreadable || !diagnostics.is_empty() {
        return Err(CompileError::sources(diagnostics));
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files)
        .map_err(|error| CompileError::sources(refused(error, &loaded.units)))?;
    let compiled = |&file: &u32| {
        let unit = &loaded.units[file as usize];
        let descriptor = pool.get_file_by_name(unit.name).expect("the pool took every file");
        CompiledFile {
            name: unit.name.into(),
            display: unit.display.into(),
            descriptor: Bytes::from(descriptor.encode_to_vec()),
            target: loaded.targets[file as usize],
            // It takes no edition that has it.
            default_visibility: Some(0),
        }
    };
    Ok(loaded.order.par_iter().map(compiled).collect())
}

fn parse(unit: &Unit<'_>) -> Result<prost_types::FileDescriptorProto, Vec<Diagnostic>> {
    if let Some((at, reason)) = too_deep(unit.text) {
        let span = Span { start: at as u32, end: at as u32 + 1 };
        return Err(vec![Diagnostic::at(unit.display, unit.text, span, reason)]);
    }
    if unit.ast.package.split('.').count() > MAX_PACKAGE_PARTS {
        let message = format!("the name of the package has more than {MAX_PACKAGE_PARTS} parts");
        return Err(vec![Diagnostic::of_file(unit.display, message)]);
    }
    // Its parser reads no options behind an extension range of one number, which today's `descriptor.proto` has. protox
    // brings a copy of its own along as a descriptor, and that is what it has been tried with.
    if unit.name == DESCRIPTOR
        && well_known::text(DESCRIPTOR) == Some(unit.text)
        && let Ok(file) = GoogleFileResolver::new().open_file(DESCRIPTOR)
    {
        return Ok(file.file_descriptor_proto().clone());
    }
    let parsed = protox_parse::parse(unit.name, unit.text).map(|mut file| {
        // Imports by the names that files are known by.
        for (name, import) in file.dependency.iter_mut().zip(&unit.ast.imports) {
            *name = import.path.to_string();
        }
        file
    });
    parsed.map_err(|error| {
        let first = diagnostic(&error, unit);
        let more = error.related().into_iter().flatten();
        let more = more.take(MAX_PROBLEMS - 1).map(|related| diagnostic(related, unit));
        std::iter::once(first).chain(more).collect()
    })
}

/// What the pool holds against the files. It goes on after an error within a step, but says the file only of the
/// first.
fn refused(error: DescriptorError, units: &[Unit<'_>]) -> Vec<Diagnostic> {
    let unit = error.file().and_then(|name| units.iter().find(|unit| unit.name == name));
    let Some(unit) = unit else {
        return vec![Diagnostic::of_file("protox", error.to_string())];
    };
    // Places are known of the errors in this file alone.
    let error = error.with_source_code(unit.text);
    let mut out = vec![diagnostic(&error, unit)];
    let mut elsewhere = 0_usize;
    for related in error.related().into_iter().flatten() {
        if related.labels().is_none_or(|mut labels| labels.next().is_none()) {
            elsewhere += 1;
        } else if out.len() < MAX_PROBLEMS {
            out.push(diagnostic(related, unit));
        }
    }
    if elsewhere > 0 {
        let first = &mut out[0];
        let errors = if elsewhere == 1 { "error" } else { "errors" };
        first.hints.push(format!("protox has {elsewhere} more {errors}, and does not say where"));
    }
    out
}

fn diagnostic(error: &dyn miette::Diagnostic, unit: &Unit<'_>) -> Diagnostic {
    let message = super::shortened(error.to_string());
    let label = error.labels().and_then(|labels| {
        // The last one is where the error is; those before it say what it clashes with.
        labels.last()
    });
    let mut diagnostic = match label {
        Some(label) => {
            let start = boundary(unit.text, label.offset());
            let end = boundary(unit.text, label.offset() + label.len());
            Diagnostic::at(unit.display, unit.text, Span { start, end }, message)
        }
        None if message.ends_with("reached end of file") => {
            let end = unit.text.len() as u32;
            Diagnostic::at(unit.display, unit.text, Span { start: end, end }, message)
        }
        None => Diagnostic::of_file(unit.display, message),
    };
    diagnostic.hints.extend(error.help().map(|help| super::shortened(help.to_string())));
    diagnostic
}

/// The byte, or the one before it that starts a character.
fn boundary(text: &str, at: usize) -> u32 {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at as u32
}

/// Where brackets stand too deep in each other, if they do.
///
/// What is a string and what is a comment is told apart as every compiler does it. Where compilers could come to
/// different ends (a string that its line does not end, a comment in a comment, `#`) nothing is skipped and nothing
/// closes any more, so that no text is deeper than it is counted here.
fn too_deep(text: &str) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut unclear = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' | b'<' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Some((
                        at,
                        format!("brackets are nested too deeply here: {MAX_NESTING} levels at most"),
                    ));
                }
            }
            b'}' | b']' | b'>' if !unclear => depth = depth.saturating_sub(1),
            b'#' => unclear = true,
            quote @ (b'"' | b'\'') if !unclear => match string_end(&bytes[at + 1..], quote) {
                Some(length) => at += length,
                None => unclear = true,
            },
            b'/' if !unclear && bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|&b| b == b'\n').unwrap_or(bytes.len() - at);
            }
            b'/' if !unclear && bytes.get(at + 1) == Some(&b'*') => {
                let inside = &text[at + 2..];
                let length = inside.find("*/").unwrap_or(inside.len());
                if inside[..length].contains("/*") {
                    unclear = true;
                } else {
                    at += length + 3;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The bytes up to the quote that ends a string, that one counted; nothing if the line ends first.
fn string_end(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'\n' | b'\r' => return None,
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => return None,
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NESTING, PROTOX, too_deep};

    #[test]
    fn the_release_is_the_locked_one() {
        let lock = include_str!("../../Cargo.lock");
        for name in ["protox", "protox-parse"] {
            let entry = format!("name = \"{name}\"\nversion = \"{PROTOX}\"\n");
            assert!(lock.contains(&entry), "{name} is locked at another release");
        }
    }

    #[test]
    fn brackets_count_where_they_are_none_of_a_string_or_comment() {
        let open = "{".repeat(MAX_NESTING + 1);
        assert!(too_deep(&open).is_some());
        assert!(too_deep(&open[1..]).is_none());
        assert!(too_deep(&"{}".repeat(1000)).is_none());
        for quiet in
            [format!("// {open}"), format!("/* {open} */"), format!("\"\\\"{open}\""), format!("'{open}'")]
        {
            assert!(too_deep(&quiet).is_none(), "{quiet}");
        }
    }

    #[test]
    fn nothing_hides_brackets() {
        let open = "{".repeat(MAX_NESTING + 1);
        for hidden in [
            format!("\"\n\" {open}\""),
            format!("# \"\n{open}"),
            format!("/* /* */ \"*/ {open}\""),
            format!("\"\\\n\" {open}\""),
        ] {
            assert!(too_deep(&hidden).is_some(), "{hidden}");
        }
    }
}
