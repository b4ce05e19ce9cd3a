//! The built-in compiler: proto2 and proto3, all files in one batch.

use bytes::Bytes;

use super::diagnostic::Diagnostic;
use super::load::Loaded;
use super::parse::Problem;
use super::{CompileError, Compiled, CompiledFile, Input, link, well_known};

/// Compiles what was loaded.
pub(super) fn compile<'s>(mut loaded: Loaded<'s>, input: &'s Input) -> Result<Compiled, CompileError> {
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
    let mut descriptors = match link::link(&units, loaded.infos) {
        Ok(descriptors) => descriptors,
        Err(found) => {
            problems.extend(found);
            Vec::new()
        }
    };
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(problems.into_iter().map(|(file, problem)| {
        let unit = &units[file as usize];
        diagnose(unit.display, unit.text, problem, input)
    }));
    if !diagnostics.is_empty() {
        return Err(CompileError::sources(diagnostics));
    }
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
            }
        })
        .collect();
    Ok(Compiled { files })
}

/// The diagnostic of a problem.
pub(super) fn diagnose(display: &str, text: &str, problem: Problem, input: &Input) -> Diagnostic {
    let mut diagnostic = match problem.span {
        Some(span) => Diagnostic::at(display, text, span, problem.message),
        None => Diagnostic::of_file(display, problem.message),
    };
    diagnostic.hints = problem.hints;
    if let Some(name) = problem.missing_type
        && let Some(file) = declaring_file(&name, input)
    {
        diagnostic.hints.push(format!("add `import \"{file}\";`"));
    }
    diagnostic
}

/// A file that was not read because nobody imports it, and that seems to declare a type.
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
    all.find(|(_, text)| declares(text) && in_package(text)).map(|(name, _)| name)
}
