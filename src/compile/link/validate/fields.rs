//! Fields and extensions, one by one.

use super::{Check, MAX_FIELD_NUMBER};
use crate::compile::link::options::message_name;
use crate::compile::link::resolve::Ref;
use crate::compile::link::symbols::Id;
use crate::compile::link::value::{flag, word};
use crate::compile::names::camel_name;
use crate::compile::parse::Problem;
use crate::compile::parse::ast::{Default, Field, Label, Syntax, Type};

/// The messages that proto3 files may extend.
const OPTIONS: [&str; 10] = [
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "OneofOptions",
    "ExtensionRangeOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
    "StreamOptions",
];

impl<'s> Check<'_, 's, '_> {
    pub(super) fn field(&mut self, index: u32) {
        let field = &self.ast.fields[index as usize];
        let reference = self.context.types.files[self.file as usize].fields[index as usize];
        let in_entry = field.extendee().is_none()
            && field.parent.is_some_and(|p| self.ast.messages[p as usize].map_entry);
        if in_entry {
            return self.entry_field(field, reference);
        }
        self.number(field, index);
        if self.proto3() {
            if field.label == Label::Required {
                self.report(field.type_span, "proto3 has no required fields");
            }
            if field.ty == Some(Type::Group) {
                self.report(field.type_span, "proto3 has no groups: declare a message and a field of it");
            }
            if let Some((_, span)) = field.default() {
                self.report(*span, "proto3 has no default values");
            }
            if field.extendee().is_none() {
                self.open_enum(field, reference);
            }
        }
        if field.extendee().is_some() {
            self.extension(field, index);
        }
        if let Some((name, span)) = field.json_name() {
            if name.contains('\0') {
                self.report(*span, "a JSON name cannot contain a NUL character");
            } else if name.starts_with('[') && name.ends_with(']') {
                self.report(*span, "JSON names in brackets are for extensions");
            }
        }
        self.map_entry(field, reference);
        self.field_options(field, reference);
        self.default(field, reference);
    }

    /// The message that a map field stands for is no type to name: protoc takes it for the field it made it of, and
    /// for nothing else (`ValidateMapEntry` of its descriptor builder).
    fn map_entry(&mut self, field: &Field<'s>, reference: Ref) {
        let Ref::Message(id) = reference else { return };
        let entry = &self.context.units[id.file as usize].ast.messages[id.index as usize];
        let made_of_it = || {
            field.label == Label::Repeated
                && field.extendee().is_none()
                && id.file == self.file
                && entry.parent == field.parent
                && *entry.name == *(camel_name(&field.name) + "Entry")
        };
        if entry.map_entry && !made_of_it() {
            let name = message_name(self.context, id);
            let problem = Problem::new(
                field.type_span,
                format!("`{name}` is the entry of a map, which only the map field itself can hold"),
            );
            self.problems.push(problem.hint("write `map<KEY, VALUE>`, or declare a message of your own"));
        }
    }

    fn number(&mut self, field: &Field<'s>, index: u32) {
        let extendee = self.context.types.files[self.file as usize].extendees.get(&index);
        let in_message_set = extendee.is_some_and(|id| self.is_message_set(*id));
        if field.number < 1 {
            self.report(field.number_span, "field numbers start at 1");
        } else if field.number > MAX_FIELD_NUMBER && !in_message_set {
            self.report(field.number_span, format!("field numbers are {MAX_FIELD_NUMBER} at most"));
        } else if (19_000..20_000).contains(&field.number) {
            self.report(
                field.number_span,
                "the numbers 19000 to 19999 are reserved for the protobuf implementation",
            );
        }
    }

    fn is_message_set(&self, id: Id) -> bool {
        let message = &self.context.units[id.file as usize].ast.messages[id.index as usize];
        flag(&message.options, "message_set_wire_format") == Some(true)
    }

    /// Readers of proto3 keep unknown enum values; a proto2 enum cannot hold them.
    fn open_enum(&mut self, field: &Field<'s>, reference: Ref) {
        if let Ref::Enum(id) = reference
            && self.context.units[id.file as usize].ast.syntax == Syntax::Proto2
        {
            let problem = Problem::new(
                field.type_span,
                format!("`{}` is a proto2 enum and cannot be used in a proto3 message", field.type_name),
            );
            self.problems
                .push(problem.hint("move the enum to a proto3 file, or this message to a proto2 one"));
        }
    }

    fn entry_field(&mut self, field: &Field<'s>, reference: Ref) {
        if field.name == "key" {
            let wrong = match (field.ty, reference) {
                (Some(Type::Float | Type::Double | Type::Bytes | Type::Group), _) => true,
                (Some(_), _) | (None, Ref::Missing) => false,
                (None, _) => true,
            };
            if wrong {
                self.report(field.type_span, "a map key is an integer, a boolean or a string");
            }
            return;
        }
        if field.ty == Some(Type::Group) {
            self.report(field.type_span, "a map value cannot be a group");
        }
        self.map_entry(field, reference);
        if let Ref::Enum(id) = reference {
            if self.proto3() {
                self.open_enum(field, reference);
            }
            let enum_ = &self.context.units[id.file as usize].ast.enums[id.index as usize];
            if enum_.values.first().is_some_and(|v| v.number != 0) {
                self.report(field.type_span, "an enum in a map must have zero as its first value");
            }
        }
    }

    fn extension(&mut self, field: &Field<'s>, index: u32) {
        if field.label == Label::Required {
            self.report(field.name_span, "an extension cannot be required");
        }
        if let Some((_, span)) = field.json_name() {
            self.report(*span, "an extension cannot have a `json_name`");
        }
        let Some(&extendee) = self.context.types.files[self.file as usize].extendees.get(&index) else {
            return;
        };
        let full = message_name(self.context, extendee);
        if self.proto3() {
            let options = full.strip_prefix("google.protobuf.").is_some_and(|n| OPTIONS.contains(&n));
            let span = field.extendee().map_or(field.name_span, |e| e.1);
            if !options {
                let problem = Problem::new(span, format!("`{full}` cannot be extended in proto3"));
                self.problems.push(problem.hint("proto3 extends the options of `google.protobuf` only"));
                return;
            }
        }
        if self.extension_range(extendee, field.number).is_none() {
            let message = &self.context.units[extendee.file as usize].ast.messages[extendee.index as usize];
            let ranges: Vec<String> = message
                .extension_ranges
                .iter()
                .take(5)
                .map(|r| format!("{} to {}", r.range.start, r.range.end - 1))
                .collect();
            let problem = Problem::new(
                field.number_span,
                format!("`{full}` does not declare {} as an extension number", field.number),
            );
            self.problems.push(if ranges.is_empty() {
                problem.hint("it declares none")
            } else {
                problem.hint(format!("it declares {}", ranges.join(", ")))
            });
        }
        self.declared(field, index, extendee);
        if self.is_message_set(extendee) {
            let message = matches!(
                self.context.types.files[self.file as usize].fields[index as usize],
                Ref::Message(_) | Ref::Missing
            );
            if !message || field.label != Label::Optional || field.ty == Some(Type::Group) {
                self.report(field.name_span, "an extension of a message set is an optional message");
            }
        }
    }

    fn field_options(&mut self, field: &Field<'s>, reference: Ref) {
        let span = |name: &str| {
            let is_it = |o: &&crate::compile::parse::ast::Opt<'_>| matches!(o.name.as_slice(), [part] if !part.extension && part.name == name);
            field.options.iter().find(is_it).map_or(field.name_span, |o| o.name_span)
        };
        let message = matches!(reference, Ref::Message(_));
        let enum_ = matches!(reference, Ref::Enum(_));
        let packable = enum_ || field.ty.is_some_and(Type::packable);
        if flag(&field.options, "packed") == Some(true)
            && !(field.label == Label::Repeated && packable)
            && reference != Ref::Missing
        {
            self.report(span("packed"), "only repeated fields of numbers, booleans and enums can be packed");
        }
        for name in ["lazy", "unverified_lazy"] {
            if flag(&field.options, name) == Some(true) && !message && reference != Ref::Missing {
                self.report(span(name), format!("only message fields can be `{name}`"));
            }
        }
        let sixty_four = matches!(
            field.ty,
            Some(Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64)
        );
        if word(&field.options, "jstype").is_some_and(|w| w != "JS_NORMAL") && !sixty_four {
            self.report(span("jstype"), "`jstype` is for 64-bit integers");
        }
    }

    fn default(&mut self, field: &Field<'s>, reference: Ref) {
        let Some((default, span)) = field.default() else { return };
        if field.label == Label::Repeated {
            return self.report(*span, "a repeated field has no default value");
        }
        match (default, reference) {
            (_, Ref::Message(_)) => self.report(*span, "messages have no default value"),
            (Default::Name(name), Ref::Enum(id)) => {
                let enum_ = &self.context.units[id.file as usize].ast.enums[id.index as usize];
                if self.context.symbols.enum_value(enum_, id, name).is_none() {
                    let message = format!("enum `{}` has no value `{name}`", enum_.name);
                    self.report(*span, message);
                }
            }
            (Default::Bytes(bytes), _)
                if field.ty == Some(Type::String) && std::str::from_utf8(bytes).is_err() =>
            {
                self.report(*span, "the default value of a string field must be valid UTF-8");
            }
            _ => {}
        }
    }
}
