//! The built-in compiler: proto2 and proto3, all files in one batch.

use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::diagnostic::Diagnostic;
use super::link::{self, Linked, Unit};
use super::load::Loaded;
use super::parse::Problem;
use super::parse::lex::MAX_PROBLEMS;
use super::{CompileError, CompiledFile, Input, well_known};

/// Compiles what was loaded; warnings come with it.
pub(super) fn compile<'s>(
    mut loaded: Loaded<'s>,
    input: &'s Input,
) -> Result<(Vec<CompiledFile>, Vec<Diagnostic>), CompileError> {
    if let Some((file, edition)) = &loaded.edition {
        let mut diagnostic = Diagnostic::of_file(
            loaded.units[*file as usize].display,
            format!("the built-in compiler does not know editions, and the file declares `{edition}`"),
        );
        diagnostic.hints.push("compile with protoc".to_owned());
        return Err(CompileError::sources(vec![diagnostic]));
    }
    loaded.add_descriptor(input);
    let mut problems = loaded.syntax;
    problems.extend(loaded.imports);
    let units = loaded.units;
    let Linked { mut descriptors, mut warnings } = match link::link(&units, loaded.infos) {
        Ok(linked) => linked,
        Err(found) => {
            problems.extend(found);
            Linked { descriptors: Vec::new(), warnings: Vec::new() }
        }
    };
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(diagnose_all(&units, problems, input));
    if !diagnostics.is_empty() {
        return Err(CompileError::sources(diagnostics));
    }
    warnings.retain(|(file, _)| loaded.targets[*file as usize]);
    let warnings = diagnose_all(&units, warnings, input).into_iter().map(Diagnostic::warning).collect();
    let files = loaded
        .order
        .into_iter()
        .map(|file| {
            let unit = &units[file as usize];
            CompiledFile {
                name: unit.name.into(),
                display: unit.display.into(),
                descriptor: Bytes::from(std::mem::take(&mut descriptors[file as usize])),
                target: loaded.targets[file as usize],
                default_visibility: Some(0),
            }
        })
        .collect();
    Ok((files, warnings))
}

/// The diagnostics of problems, of each file no more than anybody reads.
pub(super) fn diagnose_all(
    units: &[Unit<'_>],
    mut problems: Vec<(u32, Problem)>,
    input: &Input,
) -> Vec<Diagnostic> {
    problems.sort_by(|a, b| (a.0, a.1.span, &a.1.message).cmp(&(b.0, b.1.span, &b.1.message)));
    let mut out = Vec::new();
    let mut declaring = Declaring { input, known: FxHashMap::default() };
    for list in problems.chunk_by(|a, b| a.0 == b.0) {
        let unit = &units[list[0].0 as usize];
        for (_, problem) in list.iter().take(MAX_PROBLEMS) {
            let mut diagnostic = match problem.span {
                Some(span) => Diagnostic::at(unit.display, unit.text, span, &*problem.message),
                None => Diagnostic::of_file(unit.display, &*problem.message),
            };
            diagnostic.hints.clone_from(&problem.hints);
            if let Some(file) = problem.missing_type.as_deref().and_then(|name| declaring.file(name)) {
                diagnostic.hints.push(format!("add `import \"{file}\";`"));
            }
            out.push(diagnostic);
        }
        if list.len() >= MAX_PROBLEMS {
            let message = format!("only the first {MAX_PROBLEMS} errors of this file are shown");
            out.push(Diagnostic {
                position: Some((u32::MAX, 0)),
                ..Diagnostic::of_file(unit.display, message)
            });
        }
    }
    out
}

/// Finds files that nobody imports, so that they were not read, and that seem to declare a type.
struct Declaring<'i> {
    input: &'i Input,
    /// By type; looking means going through all the text.
    known: FxHashMap<String, Option<&'i str>>,
}

impl<'i> Declaring<'i> {
    /// How many types are looked for.
    const MAX: usize = 20;

    fn file(&mut self, name: &str) -> Option<&'i str> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        if self.known.len() >= Self::MAX {
            return None;
        }
        let found = declaring_file(name, self.input);
        self.known.insert(name.to_owned(), found);
        found
    }
}

fn declaring_file<'i>(name: &str, input: &'i Input) -> Option<&'i str> {
    let (package, last) = name.trim_start_matches('.').rsplit_once('.').unwrap_or(("", name));
    let declares = |text: &str| {
        text.lines().any(|line| {
            let mut words = line.split_ascii_whitespace();
            matches!(words.next(), Some("message" | "enum"))
                && words.next().is_some_and(|w| w.trim_end_matches('{') == last)
        })
    };
    let in_package = |text: &str| {
        package.is_empty()
            || text.lines().any(|line| {
                line.strip_prefix("package ").is_some_and(|p| {
                    let p = p.trim().trim_end_matches(';').trim();
                    p == package || p.ends_with(&format!(".{package}"))
                })
            })
    };
    let well_known = well_known::names().filter_map(|n| Some((n, well_known::text(n)?)));
    let unread = input.files.iter().filter(|f| !f.target);
    let unread = unread.filter_map(|f| Some((&*f.name, std::str::from_utf8(&f.content).ok()?)));
    let mut all = well_known.map(|(n, t)| -> (&'i str, &str) { (n, t) }).chain(unread);
    let found = all.find(|(_, text)| declares(text) && in_package(text)).map(|(name, _)| name);
    found.or_else(|| {
        let of_package = |p: &str| package.is_empty() || p == package || p.ends_with(&format!(".{package}"));
        let mut left_out = input.left_out.files.iter();
        let (name, _) =
            left_out.find(|(_, look)| look.types.iter().any(|t| t == last) && of_package(look.package()))?;
        Some(&**name)
    })
}
