//! The built-in compiler: proto2 and proto3, all files in one batch.

use bytes::Bytes;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::diagnostic::Diagnostic;
use super::graph;
use super::link::{self, Unit};
use super::parse::{self, Parsed, Problem, SourceInfo};
use super::{CompileError, Compiled, CompiledFile, Input, InputFile, well_known};

/// The largest file that is read, in bytes. The largest .proto files in use are a few megabytes; a file beyond
/// this is not a contract but an accident or an attack.
pub const MAX_FILE_SIZE: usize = 64 << 20;

/// What the built-in compiler made of its input.
pub(super) enum Outcome {
    Compiled(Compiled),
    /// A file declares an edition, which this compiler does not know.
    NeedsProtoc,
}

/// A file that takes part, wherever it comes from.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) name: &'s str,
    pub(super) display: &'s str,
    pub(super) content: &'s [u8],
    pub(super) target: bool,
}

impl<'s> Source<'s> {
    fn of(file: &'s InputFile) -> Source<'s> {
        Source { name: &file.name, display: &file.display, content: &file.content, target: file.target }
    }

    fn well_known(name: &'s str) -> Option<Source<'s>> {
        let text = well_known::text(name)?;
        Some(Source { name, display: name, content: text.as_bytes(), target: false })
    }

    /// The text, unless the bytes are none.
    pub(super) fn text(&self) -> Result<&'s str, Box<Diagnostic>> {
        if self.content.len() > MAX_FILE_SIZE {
            return Err(Box::new(Diagnostic::of_file(
                self.display,
                format!(
                    "the file is too large: {} bytes, and {} at most are read",
                    self.content.len(),
                    MAX_FILE_SIZE
                ),
            )));
        }
        let text = std::str::from_utf8(self.content).map_err(|e| {
            let at = e.valid_up_to();
            let good = String::from_utf8_lossy(&self.content[..at]);
            let span = parse::Span { start: at as u32, end: at as u32 };
            let message =
                format!("the file is not valid UTF-8: byte 0x{:02x} at offset {at}", self.content[at]);
            Box::new(Diagnostic::at(self.display, &good, span, message))
        })?;
        if let Some(at) = self.content.iter().position(|&b| b == 0) {
            let span = parse::Span { start: at as u32, end: at as u32 + 1 };
            let message = format!("the file contains a NUL byte at offset {at}: it is not a text file");
            return Err(Box::new(Diagnostic::at(self.display, text, span, message)));
        }
        Ok(text)
    }
}

/// One file, read and parsed.
struct Read<'s> {
    source: Source<'s>,
    text: &'s str,
    parsed: Parsed<'s>,
}

/// Compiles; `editions` says whether meeting an edition ends it, or is an error.
pub(super) fn compile(input: &Input, editions: bool) -> Result<Outcome, CompileError> {
    let by_name: FxHashMap<&str, &InputFile> = input.files.iter().map(|f| (&*f.name, f)).collect();

    // Round by round: the targets, what they import, what that imports.
    let mut reads: Vec<Read<'_>> = Vec::new();
    let mut known: FxHashMap<String, u32> = FxHashMap::default();
    let mut diagnostics = Vec::new();
    let mut round: Vec<Source<'_>> = input.files.iter().filter(|f| f.target).map(Source::of).collect();
    round.sort_by_key(|s| s.name);
    let targets = round.len();
    while !round.is_empty() {
        for (i, source) in round.iter().enumerate() {
            known.insert(source.name.to_owned(), (reads.len() + i) as u32);
        }
        let parsed: Vec<_> = round
            .par_iter()
            .map(|source| match source.text() {
                Ok(text) => Ok(Read { source: *source, text, parsed: parse::parse(text) }),
                Err(diagnostic) => Err((*source, diagnostic)),
            })
            .collect();
        let first = reads.len();
        for result in parsed {
            reads.push(match result {
                Ok(read) => read,
                Err((source, diagnostic)) => {
                    diagnostics.push(*diagnostic);
                    let mut parsed = parse::parse("");
                    parsed.unreadable = true;
                    Read { source, text: "", parsed }
                }
            });
        }
        let mut next = Vec::new();
        for read in &reads[first..] {
            for import in &read.parsed.file.imports {
                if !known.contains_key(&*import.path)
                    && let Some(source) = input_source(&import.path, &by_name)
                {
                    known.insert(import.path.to_string(), u32::MAX);
                    next.push(source);
                }
            }
        }
        next.sort_by_key(|s| s.name);
        round = next;
    }

    if let Some(read) = reads.iter().find(|r| r.parsed.edition.is_some()) {
        if editions {
            return Ok(Outcome::NeedsProtoc);
        }
        let edition = read.parsed.edition.as_deref().unwrap_or_default();
        let mut diagnostic = Diagnostic::of_file(
            read.source.display,
            format!("the built-in compiler does not know editions, and the file declares `{edition}`"),
        );
        diagnostic.hints.push("compile with protoc".to_owned());
        return Err(CompileError::Sources(vec![diagnostic]));
    }

    let mut problems: Vec<(u32, Problem)> = Vec::new();
    let mut units = Vec::with_capacity(reads.len() + 1);
    let mut infos = Vec::with_capacity(reads.len() + 1);
    let mut is_target = Vec::with_capacity(reads.len());
    for (i, read) in reads.into_iter().enumerate() {
        let Parsed { file, source_info, problems: found, unreadable, .. } = read.parsed;
        is_target.push(read.source.target);
        units.push(Unit {
            name: read.source.name,
            display: read.source.display,
            text: read.text,
            imports: file.imports.iter().map(|i| known.get(&*i.path).copied()).collect(),
            ast: file,
            broken: unreadable || !found.is_empty(),
            hidden: false,
        });
        infos.push(source_info);
        problems.extend(found.into_iter().map(|p| (i as u32, p)));
    }
    let order = graph::order(&units, targets, input, &mut problems);
    if !known.contains_key(DESCRIPTOR) {
        // Options are described there, whether somebody imports it or not.
        let source = input_source(DESCRIPTOR, &by_name);
        if let Some((source, text)) = source.and_then(|s| Some((s, s.text().ok()?))) {
            let parsed = parse::parse(text);
            units.push(Unit {
                name: source.name,
                display: source.display,
                text,
                imports: vec![None; parsed.file.imports.len()],
                ast: parsed.file,
                broken: false,
                hidden: true,
            });
            infos.push(SourceInfo::default());
        }
    }
    let mut descriptors = match link::link(&units, infos) {
        Ok(descriptors) => descriptors,
        Err(found) => {
            problems.extend(found);
            Vec::new()
        }
    };
    diagnostics.extend(problems.into_iter().map(|(file, problem)| {
        let unit = &units[file as usize];
        let mut diagnostic = match problem.span {
            Some(span) => Diagnostic::at(unit.display, unit.text, span, problem.message),
            None => Diagnostic::of_file(unit.display, problem.message),
        };
        diagnostic.hints = problem.hints;
        diagnostic
    }));
    if !diagnostics.is_empty() {
        return Err(CompileError::sources(diagnostics));
    }
    let files = order
        .into_iter()
        .map(|file| {
            let unit = &units[file as usize];
            CompiledFile {
                name: unit.name.into(),
                display: unit.display.into(),
                descriptor: Bytes::from(std::mem::take(&mut descriptors[file as usize])),
                target: is_target[file as usize],
            }
        })
        .collect();
    Ok(Outcome::Compiled(Compiled { files }))
}

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// A file by import path: of the input, or well-known.
fn input_source<'s>(name: &str, by_name: &FxHashMap<&'s str, &'s InputFile>) -> Option<Source<'s>> {
    if let Some(file) = by_name.get(name) {
        return Some(Source::of(file));
    }
    let name = well_known::names().find(|n| *n == name)?;
    Source::well_known(name)
}
