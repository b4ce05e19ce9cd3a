//! Which file imports which, and the order that follows from it.

use super::Input;
use super::link::Unit;
use super::parse::Problem;
use super::parse::lex::MAX_PROBLEMS;
use super::well_known;

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
    for (file, unit) in units.iter().enumerate() {
        check_imports(file as u32, unit, input, problems);
    }
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

fn check_imports(file: u32, unit: &Unit<'_>, input: &Input, problems: &mut Vec<(u32, Problem)>) {
    let mut seen: rustc_hash::FxHashMap<&str, ()> = rustc_hash::FxHashMap::default();
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
        }
        if target.is_some() {
            continue;
        }
        let mut problem = Problem::new(import.span, format!("import `{path}` is not found"));
        problem = match input.roots.as_slice() {
            [] => problem,
            [root] => problem.hint(format!("looked in `{root}`")),
            roots => {
                let list: Vec<String> = roots.iter().map(|r| format!("`{r}`")).collect();
                problem.hint(format!("looked in {}", list.join(", ")))
            }
        };
        if let Some(near) = nearest(path, input) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        }
        report(problem);
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

/// The existing path that is most like a missing one: one with the same end, or a similar spelling.
fn nearest<'n>(path: &str, input: &'n Input) -> Option<&'n str> {
    let candidates = || {
        let own = input.files.iter().map(|f| &*f.name).chain(input.heads.iter().map(|h| &*h.name));
        let all = own.chain(well_known::names().map(|n| -> &'n str { n }));
        all.filter(|name| *name != path)
    };
    let end = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let same_end = candidates().filter(|name| end(name, path) || end(path, name));
    if let Some(name) = same_end.min_by_key(|name| (name.len().abs_diff(path.len()), *name)) {
        return Some(name);
    }
    let file_name = path.rsplit('/').next().unwrap_or(path);
    candidates()
        .filter_map(|name| {
            let same_file = name.rsplit('/').next() == Some(file_name);
            let score = strsim::normalized_levenshtein(path, name) + if same_file { 0.2 } else { 0.0 };
            (score > 0.7).then_some((score, name))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}
