//! The rules of the language that a file can break although every name in it is known.
//!
//! What is refused here is what protoc refuses (its `DescriptorBuilder`); the language specifications for
//! [proto2](https://protobuf.dev/reference/protobuf/proto2-spec/) and
//! [proto3](https://protobuf.dev/reference/protobuf/proto3-spec/) and the
//! [language guides](https://protobuf.dev/programming-guides/proto3/) name most of it.

mod declarations;
mod enums;
mod fields;
mod json;
mod names;
mod ranges;

use std::borrow::Cow;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use declarations::Declaration;

use super::Context;
use super::symbols::Id;
use super::value::{flag, word};
use crate::compile::diagnostic;
use crate::compile::parse::ast::{File, Syntax};
use crate::compile::parse::lex::MAX_PROBLEMS;
use crate::compile::parse::{Problem, Span};

/// The largest field number (<https://protobuf.dev/programming-guides/proto3/#assigning>).
const MAX_FIELD_NUMBER: i32 = 536_870_911;

/// The rules that need more than one file: extension numbers are used once.
pub(super) fn across(context: &Context<'_, '_>, problems: &mut Vec<(u32, Problem)>) {
    let mut used: FxHashMap<(Id, i32), Id> = FxHashMap::default();
    for (file, unit) in context.units.iter().enumerate() {
        let before = problems.len();
        let nested = unit.ast.messages.iter().flat_map(|m| &m.extensions);
        for &index in unit.ast.top_extensions.iter().chain(nested) {
            if problems.len() - before >= MAX_PROBLEMS {
                break;
            }
            let Some(extendee) = context.types.files[file].extendees.get(&index) else { continue };
            let field = &unit.ast.fields[index as usize];
            let id = Id { file: file as u32, index };
            if let Some(old) = used.insert((*extendee, field.number), id) {
                let of = &context.units[old.file as usize];
                let first = &of.ast.fields[old.index as usize];
                let (line, column) = diagnostic::position(of.text, first.number_span.start);
                let problem = Problem::new(
                    field.number_span,
                    format!(
                        "extension number {} of `{}` is already taken by `{}`",
                        field.number,
                        super::options::message_name(context, *extendee),
                        first.name
                    ),
                );
                problems
                    .push((file as u32, problem.hint(format!("it is at {}:{line}:{column}", of.display))));
            }
        }
    }
}

/// The rules of one file. Warnings are worded as protoc words them.
pub(super) fn file(
    context: &Context<'_, '_>,
    file: u32,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    let mut check = Check {
        context,
        file,
        ast: &context.units[file as usize].ast,
        problems,
        warnings,
        declarations: FxHashMap::default(),
        extension_ranges: FxHashMap::default(),
    };
    check.imports();
    check.generic_services();
    for index in 0..check.ast.messages.len() {
        if check.full() {
            return;
        }
        check.message_names(index as u32);
        check.message_ranges(index as u32);
        check.message(index as u32);
        check.declarations(index as u32);
        check.json_names(index as u32);
    }
    for index in 0..check.ast.fields.len() {
        if check.full() {
            return;
        }
        check.field(index as u32);
    }
    for index in 0..check.ast.enums.len() {
        if check.full() {
            return;
        }
        check.enum_(index as u32);
    }
    for service in &check.ast.services {
        check.method_names(service);
    }
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

struct Check<'a, 's, 'p> {
    context: &'a Context<'a, 's>,
    file: u32,
    ast: &'a File<'s>,
    problems: &'p mut Vec<Problem>,
    warnings: &'p mut Vec<Problem>,
    /// What `extensions` statements declare, by message and statement; sorted by number.
    declarations: FxHashMap<(Id, u32), Rc<[Declaration]>>,
    /// The extension ranges of messages: first number, the number behind the last, which range; sorted.
    extension_ranges: FxHashMap<Id, Vec<(i32, i32, u32)>>,
}

impl Check<'_, '_, '_> {
    fn proto3(&self) -> bool {
        self.ast.syntax == Syntax::Proto3
    }

    /// Whether enough is wrong: more would not be shown, and finding it is not free.
    fn full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn report(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(span, message));
    }

    /// Warns of reserved names that no field or value can have.
    fn reserved_names(&mut self, names: &[(Cow<'_, str>, Span)]) {
        for (name, span) in names.iter().filter(|(name, _)| !is_identifier(name)) {
            if self.warnings.len() < MAX_PROBLEMS {
                let message = format!("Reserved name \"{name}\" is not a valid identifier");
                self.warnings.push(Problem::new(*span, message));
            }
        }
    }

    /// Says where something else in this file is.
    fn place(&self, span: Span) -> String {
        let unit = &self.context.units[self.file as usize];
        let (line, column) = diagnostic::position(unit.text, span.start);
        format!("{}:{line}:{column}", unit.display)
    }

    /// Code for the full runtime cannot use code for the lite one.
    fn imports(&mut self) {
        let lite = |ast: &File<'_>| word(&ast.options, "optimize_for") == Some("LITE_RUNTIME");
        if lite(self.ast) {
            return;
        }
        let unit = &self.context.units[self.file as usize];
        for (import, target) in unit.ast.imports.iter().zip(&unit.imports) {
            if let Some(target) = target
                && lite(&self.context.units[*target as usize].ast)
            {
                self.report(
                    import.span,
                    format!(
                        "`{}` is for the lite runtime and can only be imported by files that set \
                         `optimize_for = LITE_RUNTIME` too",
                        import.path
                    ),
                );
            }
        }
    }

    /// Warns of services that protoc's own generators make, which are going to be removed.
    fn generic_services(&mut self) {
        const ALL: [&str; 3] = ["cc_generic_services", "java_generic_services", "py_generic_services"];
        if ALL.iter().any(|name| flag(&self.ast.options, name) == Some(true)) {
            let message = "Generic services (cc_generic_services, java_generic_services, and py_generic_services) are \
                deprecated in favor of using plugins that generate code specific to your particular RPC system. \
                Additional code generator options may be required to enable generic services and total removal of these \
                options is planned in future breaking releases";
            let of_file = Problem { span: None, ..Problem::new(Span::default(), message) };
            self.warnings.push(of_file);
        }
    }

    fn message(&mut self, index: u32) {
        let message = &self.ast.messages[index as usize];
        if let Some(option) = message
            .options
            .iter()
            .find(|o| matches!(o.name.as_slice(), [p] if !p.extension && p.name == "map_entry"))
        {
            self.problems.push(
                Problem::new(option.name_span, "`map_entry` is set by the compiler")
                    .hint("write `map<key, value>`"),
            );
        }
        if flag(&message.options, "message_set_wire_format") == Some(true) {
            if self.proto3() {
                self.report(message.name_span, "proto3 has no message sets");
            }
            if let Some(&field) = message.fields.first() {
                let span = self.ast.fields[field as usize].name_span;
                self.report(span, "a message set has extensions only, and no fields");
            }
        }
        if self.proto3()
            && let Some(range) = message.extension_ranges.first()
        {
            self.report(range.range.span, "proto3 has no extension ranges");
        }
        let mut has_field = vec![false; message.oneofs.len()];
        for oneof in message.fields.iter().filter_map(|&f| self.ast.fields[f as usize].oneof) {
            has_field[oneof as usize] = true;
        }
        for (oneof, has_field) in message.oneofs.iter().zip(has_field) {
            if !has_field {
                let message = format!("oneof `{}` needs a field", oneof.name);
                self.report(oneof.name_span, message);
            }
        }
    }
}
