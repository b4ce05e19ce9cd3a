//! Every name of one compilation, and how a name in a file is resolved.
//!
//! A name is kept under the scope that declares it, so a qualified name is never put together: resolving walks
//! from scope to scope. Fields, oneofs and methods are no part of the table: they can only clash with their
//! neighbours, and no reference but an option ever leads to one.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::Unit;
use super::visible::{self, Visible};
use crate::compile::parse::ast;
use crate::compile::parse::lex::MAX_PROBLEMS;
use crate::compile::parse::{Problem, Span};

/// A message or enum by file and index in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) file: u32,
    pub(super) index: u32,
}

/// A package or message, as something that holds names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Scope(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// The first file that declares the package.
    Package(Scope, u32),
    Message(Id),
    Enum(Id),
    Service(Id),
    /// Index among the fields of the file.
    Extension(Id),
    /// Index of the enum, index of the value.
    EnumValue(Id, u32),
}

impl Symbol {
    pub(super) fn file(self) -> u32 {
        match self {
            Symbol::Package(_, file) => file,
            Symbol::Message(id) | Symbol::Enum(id) | Symbol::Service(id) => id.file,
            Symbol::Extension(id) | Symbol::EnumValue(id, _) => id.file,
        }
    }

    /// The word for messages to people, with its article.
    pub(super) fn word(self) -> &'static str {
        match self {
            Symbol::Package(..) => "a package",
            Symbol::Message(_) => "a message",
            Symbol::Enum(_) => "an enum",
            Symbol::Service(_) => "a service",
            Symbol::Extension(_) => "an extension",
            Symbol::EnumValue(..) => "an enum value",
        }
    }

    fn is_type(self) -> bool {
        matches!(self, Symbol::Message(_) | Symbol::Enum(_))
    }
}

/// Why a name leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// No scope has it.
    Unknown,
    /// It exists in a file that is not imported.
    Hidden(Symbol),
    /// The first part was found in an inner scope, the rest is not in there; this is the name as resolved.
    Inner(String),
}

pub(super) struct Symbols<'a> {
    table: FxHashMap<(Scope, &'a str), Symbol>,
    parents: Vec<Scope>,
    /// Scope of the first message of each file; the others follow.
    bases: Vec<u32>,
    packages: Vec<Scope>,
    root: Scope,
    /// What each file sees: itself, its imports and what these import publicly.
    visible: Vec<Visible>,
    /// The packages of these files and all that hold them; sorted.
    visible_packages: Vec<Vec<Scope>>,
}

impl<'a> Symbols<'a> {
    /// Enters every name; a name that is already there is a problem of the file that comes second.
    pub(super) fn build(units: &'a [Unit<'_>], problems: &mut Vec<(u32, Problem)>) -> Symbols<'a> {
        let mut bases = Vec::with_capacity(units.len());
        let mut count = 0;
        for unit in units {
            bases.push(count);
            count += unit.ast.messages.len() as u32;
        }
        let root = Scope(count);
        let mut symbols = Symbols {
            table: FxHashMap::default(),
            parents: vec![root; count as usize + 1],
            bases,
            packages: vec![root; units.len()],
            root,
            visible: Vec::new(),
            visible_packages: Vec::new(),
        };
        symbols.table.reserve(count as usize * 3);
        // What nobody asked for comes last, so that it gives way.
        let order = |hidden| (0..units.len()).filter(move |&f| units[f].hidden == hidden);
        for file in order(false).chain(order(true)) {
            symbols.enter_file(units, file as u32, problems);
        }
        symbols.visible = visible::files(units, problems);
        // Which file a package was last put on a list for.
        let mut entered = vec![u32::MAX; symbols.parents.len()];
        symbols.visible_packages = (0..units.len() as u32)
            .map(|from| {
                let mut scopes: Vec<Scope> = Vec::new();
                let mut enter = |file: u32| {
                    let mut scope = symbols.packages[file as usize];
                    // What holds a package that was entered was entered with it.
                    while scope != root && std::mem::replace(&mut entered[scope.0 as usize], from) != from {
                        scopes.push(scope);
                        scope = symbols.parents[scope.0 as usize];
                    }
                };
                symbols.visible[from as usize].each(units.len() as u32, &mut enter);
                scopes.sort_unstable();
                scopes
            })
            .collect();
        symbols
    }

    fn enter_file(&mut self, units: &'a [Unit<'_>], file: u32, problems: &mut Vec<(u32, Problem)>) {
        let ast = &units[file as usize].ast;
        let mut package = self.root;
        if !ast.package.is_empty() {
            let mut from = 0;
            let name: &'a str = &ast.package;
            for part in name.split('.') {
                let upto = from + part.len();
                package = match self.table.get(&(package, &name[from..upto])) {
                    Some(&Symbol::Package(scope, _)) => scope,
                    Some(&other) => {
                        if !units[file as usize].hidden {
                            let problem = Problem::new(
                                ast.package_span,
                                format!("package `{}` has the name of {}", &name[..upto], other.word()),
                            );
                            problems.push((file, problem.hint(defined_at(units, other))));
                        }
                        return;
                    }
                    None => {
                        let scope = Scope(self.parents.len() as u32);
                        self.parents.push(package);
                        self.table.insert((package, &name[from..upto]), Symbol::Package(scope, file));
                        scope
                    }
                };
                from = upto + 1;
            }
        }
        self.packages[file as usize] = package;
        let mut reported = 0;
        let mut enter = |this: &mut Self, scope: Scope, name: &'a str, span: Span, symbol: Symbol| {
            use std::collections::hash_map::Entry;
            match this.table.entry((scope, name)) {
                Entry::Vacant(slot) => {
                    slot.insert(symbol);
                }
                Entry::Occupied(_) if units[file as usize].hidden => {}
                Entry::Occupied(_) if reported >= MAX_PROBLEMS => {}
                Entry::Occupied(slot) => {
                    let old = *slot.get();
                    let mut problem = Problem::new(span, format!("`{name}` is already defined"))
                        .hint(defined_at(units, old));
                    if let (Symbol::EnumValue(..), _) | (_, Symbol::EnumValue(..)) = (symbol, old) {
                        problem = problem.hint(
                            "enum values are named beside their enum, not inside it: the name must be unique \
                             in the whole package or message",
                        );
                    }
                    problems.push((file, problem));
                    reported += 1;
                }
            }
        };
        let id = |index: usize| Id { file, index: index as u32 };
        for (i, message) in ast.messages.iter().enumerate() {
            let parent = message.parent.map_or(package, |p| self.message_scope(id(p as usize)));
            let own = self.message_scope(id(i));
            self.parents[own.0 as usize] = parent;
            enter(self, parent, &message.name, message.name_span, Symbol::Message(id(i)));
        }
        for (i, enum_) in ast.enums.iter().enumerate() {
            let parent = enum_.parent.map_or(package, |p| self.message_scope(id(p as usize)));
            enter(self, parent, enum_.name, enum_.name_span, Symbol::Enum(id(i)));
            for (n, value) in enum_.values.iter().enumerate() {
                enter(self, parent, value.name, value.name_span, Symbol::EnumValue(id(i), n as u32));
            }
        }
        for (i, service) in ast.services.iter().enumerate() {
            enter(self, package, service.name, service.name_span, Symbol::Service(id(i)));
        }
        let nested = ast.messages.iter().flat_map(|m| &m.extensions);
        for &i in ast.top_extensions.iter().chain(nested) {
            let field = &ast.fields[i as usize];
            let parent = field.parent.map_or(package, |p| self.message_scope(id(p as usize)));
            enter(self, parent, &field.name, field.name_span, Symbol::Extension(id(i as usize)));
        }
    }

    /// The place of a value in its enum, by name.
    pub(super) fn enum_value(&self, enum_: &ast::Enum<'_>, id: Id, name: &str) -> Option<u32> {
        let scope = self.scope_of(id.file, enum_.parent);
        match self.get(scope, name) {
            Some(Symbol::EnumValue(of, index)) if of == id => Some(index),
            // Something else took the name, which is an error elsewhere.
            _ => enum_.values.iter().position(|v| v.name == name).map(|index| index as u32),
        }
    }

    pub(super) fn message_scope(&self, id: Id) -> Scope {
        Scope(self.bases[id.file as usize] + id.index)
    }

    pub(super) fn package_scope(&self, file: u32) -> Scope {
        self.packages[file as usize]
    }

    pub(super) fn parent(&self, scope: Scope) -> Scope {
        self.parents[scope.0 as usize]
    }

    /// The scope of a message, or of the file.
    pub(super) fn scope_of(&self, file: u32, message: Option<u32>) -> Scope {
        match message {
            Some(index) => self.message_scope(Id { file, index }),
            None => self.package_scope(file),
        }
    }

    pub(super) fn get(&self, scope: Scope, name: &str) -> Option<Symbol> {
        self.table.get(&(scope, name)).copied()
    }

    /// Walks down a dotted name.
    fn descend(&self, scope: Scope, name: &str) -> Option<Symbol> {
        let (mut scope, mut name) = (scope, name);
        while let Some((first, rest)) = name.split_once('.') {
            scope = match self.get(scope, first)? {
                Symbol::Package(inner, _) => inner,
                Symbol::Message(id) => self.message_scope(id),
                _ => return None,
            };
            name = rest;
        }
        self.get(scope, name)
    }

    /// A full name without leading dot, seen from nowhere.
    pub(super) fn absolute(&self, name: &str) -> Option<Symbol> {
        self.descend(self.root, name)
    }

    fn sees(&self, from: u32, symbol: Symbol) -> bool {
        match symbol {
            Symbol::Package(scope, _) => self.visible_packages[from as usize].binary_search(&scope).is_ok(),
            other => self.visible[from as usize].contains(other.file()),
        }
    }

    /// Resolves a name as written in a file, the innermost scope first, as in C++: the first scope that has the
    /// first part decides.
    pub(super) fn resolve(
        &self,
        from: u32,
        mut scope: Scope,
        name: &str,
        types_only: bool,
    ) -> Result<Symbol, Miss> {
        let mut hidden = None;
        let mut look = |symbol: Option<Symbol>| match symbol {
            Some(symbol) if self.sees(from, symbol) => Some(symbol),
            Some(symbol) => {
                hidden = Some(symbol);
                None
            }
            None => None,
        };
        if let Some(full) = name.strip_prefix('.') {
            return look(self.absolute(full)).ok_or_else(|| hidden.map_or(Miss::Unknown, Miss::Hidden));
        }
        let (first, rest) = match name.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (name, None),
        };
        loop {
            if let Some(found) = look(self.get(scope, first)) {
                match (rest, found) {
                    (None, _) if !types_only || found.is_type() || scope == self.root => return Ok(found),
                    (None, _) => {}
                    (Some(rest), Symbol::Package(..) | Symbol::Message(_)) => {
                        let inner = match found {
                            Symbol::Package(inner, _) => inner,
                            Symbol::Message(id) => self.message_scope(id),
                            _ => self.root,
                        };
                        // At the outermost scope protoc looks for the whole name at once.
                        let symbol = self.descend(inner, rest);
                        return match look(symbol) {
                            Some(symbol) => Ok(symbol),
                            None => Err(match symbol {
                                Some(symbol) => Miss::Hidden(symbol),
                                None if scope == self.root => Miss::Unknown,
                                None => Miss::Inner(self.join(scope, name)),
                            }),
                        };
                    }
                    (Some(_), Symbol::Enum(_) | Symbol::Service(_)) if scope != self.root => {
                        return Err(Miss::Inner(self.join(scope, name)));
                    }
                    (Some(_), _) => {}
                }
            } else if scope == self.root
                && let Some(rest) = rest
                && let Some(Symbol::Package(inner, _)) = self.get(scope, first)
                && let Some(symbol) = look(self.descend(inner, rest))
            {
                return Ok(symbol);
            }
            if scope == self.root {
                return Err(hidden.map_or(Miss::Unknown, Miss::Hidden));
            }
            scope = self.parent(scope);
        }
    }

    fn join(&self, scope: Scope, name: &str) -> String {
        let mut full = self.scope_name(scope).into_owned();
        if !full.is_empty() {
            full.push('.');
        }
        full + name
    }

    /// The full name of a scope; slow, for messages to people.
    fn scope_name(&self, scope: Scope) -> Cow<'a, str> {
        if scope == self.root {
            return Cow::Borrowed("");
        }
        let parent = self.parent(scope);
        let own = self.table.iter().find_map(|(&(within, name), &symbol)| {
            let is_it = match symbol {
                Symbol::Package(s, _) => s == scope,
                Symbol::Message(id) => self.message_scope(id) == scope,
                _ => false,
            };
            (within == parent && is_it).then_some(name)
        });
        let own = own.unwrap_or_default();
        match self.scope_name(parent) {
            outer if outer.is_empty() => Cow::Borrowed(own),
            outer => Cow::Owned(format!("{outer}.{own}")),
        }
    }

    /// Every type by its last name part, for near matches; slow, for messages to people.
    pub(super) fn types(&self) -> impl Iterator<Item = (&'a str, Symbol)> {
        self.table.iter().filter(|(_, s)| s.is_type()).map(|(&(_, name), &symbol)| (name, symbol))
    }
}

/// Says where a symbol is defined.
pub(super) fn defined_at(units: &[Unit<'_>], symbol: Symbol) -> String {
    let unit = &units[symbol.file() as usize];
    let span = match symbol {
        Symbol::Package(..) => unit.ast.package_span,
        Symbol::Message(id) => unit.ast.messages[id.index as usize].name_span,
        Symbol::Enum(id) => unit.ast.enums[id.index as usize].name_span,
        Symbol::Service(id) => unit.ast.services[id.index as usize].name_span,
        Symbol::Extension(id) => unit.ast.fields[id.index as usize].name_span,
        Symbol::EnumValue(id, n) => unit.ast.enums[id.index as usize].values[n as usize].name_span,
    };
    let (line, column) = crate::compile::diagnostic::position(unit.text, span.start);
    format!("{} of this name is defined at {}:{line}:{column}", symbol.word(), unit.display)
}
