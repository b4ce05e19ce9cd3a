//! The types that fields, extensions and methods name.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Unit;
use super::symbols::{Id, Miss, Scope, Symbol, Symbols, defined_at};
use crate::compile::parse::lex::MAX_PROBLEMS;
use crate::compile::parse::{Problem, Span};
use crate::text::likeness;

/// What a type name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ref {
    /// The field has a scalar type.
    Scalar,
    Message(Id),
    Enum(Id),
    /// Not found, and reported.
    Missing,
}

/// The references of one file.
#[derive(Debug, Default)]
pub(super) struct FileTypes {
    /// By field of the file.
    pub(super) fields: Vec<Ref>,
    /// By service, by method: input and output.
    pub(super) methods: Vec<Vec<(Ref, Ref)>>,
    /// The message that each extension extends.
    pub(super) extendees: FxHashMap<u32, Id>,
}

/// The references of all files.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) files: Vec<FileTypes>,
    /// The files where a missing name may be the fault of a file that could not be read.
    pub(super) tainted: FxHashSet<u32>,
}

impl Types {
    pub(super) fn field(&self, id: Id) -> Ref {
        self.files[id.file as usize].fields[id.index as usize]
    }
}

pub(super) fn resolve(
    units: &[Unit<'_>],
    symbols: &Symbols<'_>,
    problems: &mut Vec<(u32, Problem)>,
) -> Types {
    let tainted = tainted(units);
    let results: Vec<(FileTypes, Vec<Problem>)> = (0..units.len())
        .into_par_iter()
        .map(|file| {
            let tainted = tainted.contains(&(file as u32));
            let mut resolver = Resolver { units, symbols, file: file as u32, tainted, problems: Vec::new() };
            let types = resolver.file();
            (types, resolver.problems)
        })
        .collect();
    let mut files = Vec::with_capacity(units.len());
    for (file, (types, found)) in results.into_iter().enumerate() {
        files.push(types);
        problems.extend(found.into_iter().map(|p| (file as u32, p)));
    }
    Types { files, tainted }
}

/// The files where a missing name may be the fault of a file that could not be read.
pub(in crate::compile) fn tainted(units: &[Unit<'_>]) -> FxHashSet<u32> {
    let unreadable = |f: usize| units[f].broken || units[f].imports.iter().any(Option::is_none);
    let mut importers: Vec<Vec<u32>> = vec![Vec::new(); units.len()];
    for (file, unit) in units.iter().enumerate() {
        for import in unit.imports.iter().flatten() {
            importers[*import as usize].push(file as u32);
        }
    }
    let mut todo: Vec<u32> = (0..units.len()).filter(|&f| unreadable(f)).map(|f| f as u32).collect();
    let mut tainted = FxHashSet::default();
    while let Some(file) = todo.pop() {
        if tainted.insert(file) {
            todo.extend(&importers[file as usize]);
        }
    }
    tainted
}

struct Resolver<'a, 's> {
    units: &'a [Unit<'s>],
    symbols: &'a Symbols<'a>,
    file: u32,
    tainted: bool,
    problems: Vec<Problem>,
}

impl Resolver<'_, '_> {
    fn file(&mut self) -> FileTypes {
        let ast = &self.units[self.file as usize].ast;
        let mut types = FileTypes::default();
        types.fields.reserve_exact(ast.fields.len());
        for (i, field) in ast.fields.iter().enumerate() {
            if self.problems.len() >= MAX_PROBLEMS {
                // Whatever follows would not be shown.
                types.fields.resize(ast.fields.len(), Ref::Missing);
                break;
            }
            let scope = self.symbols.scope_of(self.file, field.parent);
            types.fields.push(if field.type_name.is_empty() {
                Ref::Scalar
            } else {
                self.reference(scope, &field.type_name, field.type_span, true)
            });
            if let Some((name, span)) = field.extendee() {
                match self.reference(scope, name, *span, false) {
                    Ref::Message(id) => {
                        types.extendees.insert(i as u32, id);
                    }
                    Ref::Enum(_) => self.problems.push(Problem::new(
                        *span,
                        format!("`{name}` is an enum: only messages are extended"),
                    )),
                    Ref::Scalar | Ref::Missing => {}
                }
            }
        }
        let scope = self.symbols.package_scope(self.file);
        for service in &ast.services {
            let mut methods = Vec::with_capacity(service.methods.len());
            for method in &service.methods {
                let mut one = |(name, span): &(std::borrow::Cow<'_, str>, Span)| {
                    let found = self.reference(scope, name, *span, false);
                    if let Ref::Enum(_) = found {
                        let message = format!("`{name}` is an enum: methods take and return messages");
                        self.problems.push(Problem::new(*span, message));
                    }
                    found
                };
                methods.push((one(&method.input), one(&method.output)));
            }
            types.methods.push(methods);
        }
        types
    }

    /// Only the types of fields pass over things that are no types and look further out.
    fn reference(&mut self, scope: Scope, name: &str, span: Span, types_only: bool) -> Ref {
        match self.symbols.resolve(self.file, scope, name, types_only) {
            Ok(Symbol::Message(id)) => Ref::Message(id),
            Ok(Symbol::Enum(id)) => Ref::Enum(id),
            Ok(other) => {
                let message = format!("`{name}` is {}, not a type", other.word());
                self.problems.push(Problem::new(span, message).hint(defined_at(self.units, other)));
                Ref::Missing
            }
            Err(miss) => {
                // What may be in a file that is not there follows from that.
                let follows = !matches!(miss, Miss::Hidden(symbol) if !matches!(symbol, Symbol::Package(..)));
                if !(self.tainted && follows) && name != "." {
                    let problem = missing(self.units, name, span, &miss, "type");
                    self.problems.push(problem);
                }
                Ref::Missing
            }
        }
    }
}

/// The problem of a name that was not found, with what helps to find it.
pub(super) fn missing(units: &[Unit<'_>], name: &str, span: Span, miss: &Miss, what: &str) -> Problem {
    match miss {
        Miss::Hidden(symbol) => {
            let unit = &units[symbol.file() as usize];
            if let Symbol::Package(..) = symbol {
                let mut problem = Problem::new(span, format!("{what} `{name}` is not defined"));
                problem.missing_type = Some(name.to_owned());
                return problem;
            }
            Problem::new(span, format!("{what} `{name}` is defined in a file that is not imported"))
                .hint(format!("add `import \"{}\";`", unit.name))
        }
        Miss::Inner(full) => Problem::new(
            span,
            format!("{what} `{name}` is not defined: it is taken for `{full}`, which does not exist"),
        )
        .hint(format!("the innermost scope wins; write `.{name}` to start from the outermost")),
        Miss::Unknown => {
            let problem = Problem::new(span, format!("{what} `{name}` is not defined"));
            if what != "type" {
                return problem;
            }
            let mut problem = problem;
            problem.missing_type = Some(name.to_owned());
            problem
        }
    }
}

/// The existing type that is most like a missing one: its full name and where it is.
pub(super) fn near(units: &[Unit<'_>], symbols: &Symbols<'_>, name: &str) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let scored =
        symbols.types().map(|(candidate, symbol)| ((likeness(last, candidate) * 1000.0) as u32, symbol));
    let best = scored.filter(|(score, _)| *score > 900).map(|(score, symbol)| {
        (std::cmp::Reverse(score), full_type_name(units, symbol), units[symbol.file() as usize].display)
    });
    best.min().map(|(_, full, display)| format!("there is `{full}` in {display}"))
}

/// The full name of a message or enum, without leading dot.
pub(super) fn full_type_name(units: &[Unit<'_>], symbol: Symbol) -> String {
    let mut out = String::new();
    match symbol {
        Symbol::Message(id) => write_message_name(units, id, &mut out),
        Symbol::Enum(id) => {
            let unit = &units[id.file as usize];
            let enum_ = &unit.ast.enums[id.index as usize];
            write_parent(units, id.file, enum_.parent, &mut out);
            out += enum_.name;
        }
        _ => {}
    }
    out
}

fn write_parent(units: &[Unit<'_>], file: u32, parent: Option<u32>, out: &mut String) {
    match parent {
        Some(index) => {
            write_message_name(units, Id { file, index }, out);
            out.push('.');
        }
        None if units[file as usize].ast.package.is_empty() => {}
        None => {
            *out += &units[file as usize].ast.package;
            out.push('.');
        }
    }
}

pub(super) fn write_message_name(units: &[Unit<'_>], id: Id, out: &mut String) {
    let message = &units[id.file as usize].ast.messages[id.index as usize];
    write_parent(units, id.file, message.parent, out);
    *out += &message.name;
}
