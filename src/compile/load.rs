//! The files of one compilation: the targets and everything they import, read and parsed.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::diagnostic::Diagnostic;
use super::graph;
use super::link::Unit;
use super::parse::{self, Parsed, Problem, SourceInfo};
use super::{Input, InputFile, well_known};

/// The largest file that is read, in bytes. The largest .proto files in use are a few megabytes; a file beyond
/// this is not a contract but an accident or an attack.
pub const MAX_FILE_SIZE: usize = 64 << 20;

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

/// The units come target by target, sorted by import path, then what they import.
pub(super) struct Loaded<'s> {
    pub(super) units: Vec<Unit<'s>>,
    /// By unit.
    pub(super) infos: Vec<SourceInfo>,
    /// By unit: whether the contract owns the file.
    pub(super) targets: Vec<bool>,
    /// Units in an order where imports come before importers.
    pub(super) order: Vec<u32>,
    /// The first file that declares an edition, and the edition.
    pub(super) edition: Option<(u32, String)>,
    /// Files that are no text.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What is wrong with the syntax, by unit.
    pub(super) syntax: Vec<(u32, Problem)>,
    /// What is wrong with imports, by unit.
    pub(super) imports: Vec<(u32, Problem)>,
}

/// Reads round by round: the targets, what they import, what that imports.
pub(super) fn load(input: &Input) -> Loaded<'_> {
    let by_name: FxHashMap<&str, &InputFile> = input.files.iter().map(|f| (&*f.name, f)).collect();
    let mut loaded = Loaded {
        units: Vec::new(),
        infos: Vec::new(),
        targets: Vec::new(),
        order: Vec::new(),
        edition: None,
        diagnostics: Vec::new(),
        syntax: Vec::new(),
        imports: Vec::new(),
    };
    let mut known: FxHashMap<String, u32> = FxHashMap::default();
    let mut round: Vec<Source<'_>> = input.files.iter().filter(|f| f.target).map(Source::of).collect();
    round.sort_by_key(|s| s.name);
    let targets = round.len();
    while !round.is_empty() {
        let first = loaded.units.len();
        for (i, source) in round.iter().enumerate() {
            known.insert(source.name.to_owned(), (first + i) as u32);
        }
        let read: Vec<_> = round
            .par_iter()
            .map(|source| match source.text() {
                Ok(text) => (text, parse::parse(text), None),
                Err(diagnostic) => ("", parse::parse(""), Some(diagnostic)),
            })
            .collect();
        let mut next = Vec::new();
        for (source, (text, mut parsed, diagnostic)) in round.iter().zip(read) {
            for import in &mut parsed.file.imports {
                if let Some(known) = input.aliases.get(&*import.path) {
                    import.path = known.to_string().into();
                }
            }
            let unreadable = diagnostic.is_some();
            loaded.diagnostics.extend(diagnostic.map(|d| *d));
            for import in &parsed.file.imports {
                if !known.contains_key(&*import.path)
                    && let Some(source) = find(&import.path, &by_name)
                {
                    known.insert(import.path.to_string(), u32::MAX);
                    next.push(source);
                }
            }
            loaded.add(*source, text, parsed, unreadable);
        }
        next.sort_by_key(|s| s.name);
        round = next;
    }
    for unit in &mut loaded.units {
        unit.imports = unit.ast.imports.iter().map(|i| known.get(&*i.path).copied()).collect();
    }
    loaded.order = graph::order(&loaded.units, targets, input, &mut loaded.imports);
    loaded
}

impl<'s> Loaded<'s> {
    fn add(&mut self, source: Source<'s>, text: &'s str, parsed: Parsed<'s>, unreadable: bool) {
        let index = self.units.len() as u32;
        if let Some(edition) = parsed.edition
            && self.edition.is_none()
        {
            self.edition = Some((index, edition));
        }
        self.units.push(Unit {
            name: source.name,
            display: source.display,
            text,
            ast: parsed.file,
            imports: Vec::new(),
            broken: unreadable || !parsed.problems.is_empty(),
            hidden: false,
        });
        self.infos.push(parsed.source_info);
        self.targets.push(source.target);
        self.syntax.extend(parsed.problems.into_iter().map(|p| (index, p)));
    }

    /// Adds `descriptor.proto`, in which options are described, if nobody imports it.
    pub(super) fn add_descriptor(&mut self, input: &'s Input) {
        const NAME: &str = "google/protobuf/descriptor.proto";
        // By whatever path: a tree may keep a copy of its own elsewhere, and two of them would clash.
        let describes_options = |unit: &Unit<'_>| {
            unit.ast.package == "google.protobuf" && unit.ast.messages.iter().any(|m| m.name == "FileOptions")
        };
        if self.units.iter().any(|u| u.name == NAME || describes_options(u)) {
            return;
        }
        let by_name: FxHashMap<&str, &InputFile> =
            input.files.iter().filter(|f| &*f.name == NAME).map(|f| (&*f.name, f)).collect();
        let found = find(NAME, &by_name).and_then(|source| Some((source, source.text().ok()?)));
        if let Some((source, text)) = found {
            let mut parsed = parse::parse(text);
            parsed.problems.clear();
            self.add(source, text, parsed, false);
            let unit = self.units.last_mut().expect("it was just added");
            unit.hidden = true;
            unit.imports = vec![None; unit.ast.imports.len()];
        }
    }
}

/// A file by import path: of the input, or well-known.
fn find<'s>(name: &str, by_name: &FxHashMap<&'s str, &'s InputFile>) -> Option<Source<'s>> {
    if let Some(file) = by_name.get(name) {
        return Some(Source::of(file));
    }
    let name = well_known::names().find(|n| *n == name)?;
    Source::well_known(name)
}
