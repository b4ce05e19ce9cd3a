//! Which file imports which, and the order that follows from it.

use rustc_hash::FxHashMap;

use super::Input;
use super::link::Unit;
use super::parse::lex::MAX_PROBLEMS;
use super::parse::{Problem, Span};
use super::well_known;
use crate::text::{best, overlap};

/// Files in an order where imports come before importers: depth first over the first `targets` units, imports as
/// they stand in the file. Reports imports that lead nowhere, lead back, or are written twice.
pub(super) fn order(
    units: &[Unit<'_>],
    targets: usize,
    input: &Input,
    problems: &mut Vec<(u32, Problem)>,
) -> Vec<u32> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut absent = Absent::default();
    for (file, unit) in units.iter().enumerate() {
        check_imports(file as u32, unit, &mut absent, problems);
    }
    absent.tell(units, input, problems);
    let mut states = vec![State::New; units.len()];
    let mut order = Vec::with_capacity(units.len());
    // Chains of imports can be longer than the stack is deep.
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for target in 0..targets as u32 {
        if states[target as usize] != State::New {
            continue;
        }
        states[target as usize] = State::Open;
        stack.push((target, 0));
        while let Some((file, next)) = stack.last_mut() {
            let file = *file;
            let unit = &units[file as usize];
            let Some(import) = unit.imports.get(*next) else {
                states[file as usize] = State::Done;
                order.push(file);
                stack.pop();
                continue;
            };
            let index = *next;
            *next += 1;
            let Some(import) = *import else { continue };
            match states[import as usize] {
                State::New => {
                    states[import as usize] = State::Open;
                    stack.push((import, 0));
                }
                State::Done => {}
                State::Open if import == file => {
                    let span = unit.ast.imports[index].span;
                    problems.push((file, Problem::new(span, "the file imports itself")));
                }
                State::Open => {
                    let from = stack.iter().position(|(f, _)| *f == import).unwrap_or_default();
                    let mut names: Vec<&str> =
                        stack[from..].iter().map(|(f, _)| units[*f as usize].name).collect();
                    names.push(units[import as usize].name);
                    let shown = if names.len() > 12 {
                        let more = names.len() - 11;
                        let last = names[names.len() - 1];
                        format!("{} -> … {more} more … -> {last}", names[..10].join(" -> "))
                    } else {
                        names.join(" -> ")
                    };
                    let span = unit.ast.imports[index].span;
                    problems.push((file, Problem::new(span, format!("imports go in a circle: {shown}"))));
                }
            }
        }
    }
    order
}

fn check_imports<'u>(
    file: u32,
    unit: &'u Unit<'_>,
    absent: &mut Absent<'u>,
    problems: &mut Vec<(u32, Problem)>,
) {
    let mut seen: FxHashMap<&str, ()> = FxHashMap::default();
    let before = problems.len();
    for (import, target) in unit.ast.imports.iter().zip(&unit.imports) {
        if problems.len() - before >= MAX_PROBLEMS {
            return;
        }
        let path = &*import.path;
        let mut report = |problem: Problem| problems.push((file, problem));
        if let Some(reason) = malformed(path) {
            report(
                Problem::new(import.span, format!("import `{path}` {reason}"))
                    .hint("an import path is relative to an import root and written with `/`"),
            );
            continue;
        }
        if seen.insert(path, ()).is_some() {
            report(Problem::new(import.span, format!("`{path}` is imported twice")));
        } else if target.is_none() {
            absent.at(path, file, import.span);
        }
    }
}

/// Imports that lead nowhere: each file that is not there is told once, however many want it.
#[derive(Default)]
struct Absent<'u> {
    /// In the order they were met.
    paths: Vec<&'u str>,
    places: FxHashMap<&'u str, Vec<(u32, Span)>>,
}

impl<'u> Absent<'u> {
    /// For how many a file of a similar name is looked for: every one means going through all names.
    const MOST_ALIKE: usize = 20;

    fn at(&mut self, path: &'u str, file: u32, span: Span) {
        let places = self.places.entry(path).or_default();
        if places.is_empty() {
            self.paths.push(path);
        }
        places.push((file, span));
    }

    fn tell(self, units: &[Unit<'_>], input: &Input, problems: &mut Vec<(u32, Problem)>) {
        if self.paths.is_empty() {
            return;
        }
        let names = Names::new(input);
        for (index, path) in self.paths.iter().enumerate() {
            let places = &self.places[path];
            let (file, span) = places[0];
            let message = match places.len() {
                1 => format!("import `{path}` is not found"),
                n => format!("import `{path}` is not found, which {n} files import"),
            };
            let mut problem = Problem::new(span, message);
            let why = input.absent.get(*path);
            for hint in why.into_iter().flatten() {
                problem = problem.hint(hint.as_str());
            }
            let explained = !why.is_none_or(Vec::is_empty);
            if !explained || index == 0 && input.found_roots {
                let found = if input.found_roots { " (found from the imports)" } else { "" };
                if !input.roots.is_empty() {
                    problem = problem.hint(format!("looked in {}{found}", input.roots.join(", ")));
                }
            }
            if !explained {
                let importer = |name: &str| places.iter().any(|(f, _)| units[*f as usize].name == name);
                if let Some(near) = names.nearest(path, index < Self::MOST_ALIKE, &importer) {
                    problem = problem.hint(format!("did you mean `{near}`?"));
                }
            }
            problems.push((file, problem));
        }
    }
}

/// Why a path cannot be imported, if it cannot.
pub(super) fn malformed(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("is empty")
    } else if path.contains('\\') {
        Some("has a backslash in it")
    } else if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        Some("is absolute")
    } else if path.split('/').any(|part| part == "..") {
        Some("leaves its root with `..`")
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        Some("has an empty or `.` part in it")
    } else if path.chars().any(char::is_control) {
        Some("has a control character in it")
    } else {
        None
    }
}

/// The import paths that there are, by the name of the file.
struct Names<'n> {
    by_file: FxHashMap<&'n str, Vec<&'n str>>,
}

impl<'n> Names<'n> {
    fn new(input: &'n Input) -> Names<'n> {
        let own = input.files.iter().map(|f| &*f.name);
        let own = own.chain(input.left_out.files.iter().map(|(name, _)| &**name));
        let mut by_file: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for name in own.chain(well_known::names().map(|n| -> &'n str { n })) {
            by_file.entry(file_name(name)).or_default().push(name);
        }
        Names { by_file }
    }

    /// The existing path that is most like a missing one: one with the same end, or a similar spelling. The name of the
    /// file alone makes no two paths alike.
    fn nearest(&self, path: &str, alike: bool, importer: &dyn Fn(&str) -> bool) -> Option<&'n str> {
        let end = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let same_name = self.by_file.get(file_name(path)).into_iter().flatten().copied();
        let same_name = same_name.filter(|name| *name != path && !importer(name));
        let same_end = same_name.filter(|name| end(name, path) || name.contains('/') && end(path, name));
        if let Some(name) = same_end.min_by_key(|name| (name.len().abs_diff(path.len()), *name)) {
            return Some(name);
        }
        if !alike {
            return None;
        }
        let all = self.by_file.values().flatten().copied().filter(|name| *name != path && !importer(name));
        let scored = all.filter_map(|name| {
            let same_file = file_name(name) == file_name(path);
            let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
            if same_file && overlap(&folder(path)?, &folder(name)?) < 0.5 {
                return None;
            }
            let score = overlap(path, name) + if same_file { 0.2 } else { 0.0 };
            Some((score, name))
        });
        best(scored, 0.7)
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
