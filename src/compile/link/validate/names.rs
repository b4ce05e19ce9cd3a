//! Names are unique where they are declared.
//!
//! Types, extensions and enum values are in the table of symbols, which finds their clashes itself; here are the
//! names that are not in it: fields, oneofs and methods.

use rustc_hash::FxHashMap;

use super::Check;
use crate::compile::link::symbols::{Id, defined_at};
use crate::compile::parse::ast::Service;
use crate::compile::parse::{Problem, Span};

impl Check<'_, '_, '_> {
    pub(super) fn message_names(&mut self, index: u32) {
        let message = &self.ast.messages[index as usize];
        let scope = self.context.symbols.message_scope(Id { file: self.file, index });
        let fields = message.fields.iter().map(|&f| {
            let field = &self.ast.fields[f as usize];
            (&*field.name, field.name_span)
        });
        // A proto3 `optional` field makes a oneof, with a name that clashes with no field; but it may clash with
        // something else.
        let oneofs = message.oneofs.iter().map(|o| (&*o.name, o.name_span));
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        seen.reserve(message.fields.len());
        for (name, span) in fields.chain(oneofs) {
            if self.full() {
                return;
            }
            if let Some(&first) = seen.get(name) {
                let (first, second) = if first < span { (first, span) } else { (span, first) };
                let problem =
                    Problem::new(second, format!("`{name}` is already defined in `{}`", message.name))
                        .hint(format!("the first one is at {}", self.place(first)));
                self.problems.push(problem);
            } else if let Some(symbol) = self.context.symbols.get(scope, name) {
                let problem =
                    Problem::new(span, format!("`{name}` is already defined in `{}`", message.name))
                        .hint(defined_at(self.context.units, symbol));
                self.problems.push(problem);
            }
            seen.entry(name).or_insert(span);
        }
    }

    pub(super) fn method_names(&mut self, service: &Service<'_>) {
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for method in &service.methods {
            if self.full() {
                return;
            }
            if let Some(&first) = seen.get(method.name) {
                let message = format!("`{}` is already defined in `{}`", method.name, service.name);
                let problem = Problem::new(method.name_span, message)
                    .hint(format!("the first one is at {}", self.place(first)));
                self.problems.push(problem);
            }
            seen.entry(method.name).or_insert(method.name_span);
        }
        // A method hides types of its name, since the innermost scope wins.
        for method in &service.methods {
            for (name, span) in [&method.input, &method.output] {
                if let Some(&hiding) = seen.get(&**name) {
                    let own = self.ast.messages.iter().any(|m| m.parent.is_none() && m.name == **name);
                    let full = match &*self.ast.package {
                        _ if !own => String::new(),
                        "" => format!(": `.{name}`"),
                        package => format!(": `.{package}.{name}`"),
                    };
                    let problem = Problem::new(*span, format!("`{name}` is a method, not a message"))
                        .hint(format!("the method is at {}", self.place(hiding)))
                        .hint(format!("write the full name of the message, starting with a dot{full}"));
                    self.problems.push(problem);
                }
            }
        }
    }
}
