//! Editions files in the words of proto2 and proto3, for prost, which knows no others.
//!
//! prost reads of a field its label, its type, `proto3_optional`, `packed` and `default`, and of a file whether it is
//! proto2 or proto3; the latter decides only what a field without `proto3_optional` means. So each field can be said
//! exactly, even where one file mixes what proto2 and proto3 keep apart. Which form a file gets:
//!
//! | in the file | form |
//! | --- | --- |
//! | a field with implicit presence | proto3; explicit presence as `optional` |
//! | none | proto2 |
//!
//! The result is equal in everything that reaches the wire: presence, packing, delimited messages (groups), required
//! fields, defaults. prost keeps unknown numbers of an enum in the field, closed or not, and takes only UTF-8 into a
//! string; that is so for plain proto2 too. The lowered descriptor is for prost alone and goes into no package.
//!
//! Not taken: editions that this version does not know, since their defaults are not known either.

use buffa_descriptor::generated::descriptor as pb;
use pb::field_descriptor_proto::{Label, Type};
use thiserror::Error;

use crate::codegen::plugin::spec::EDITION_2026;
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, FileId, Kind, MessageId, Schema, ServiceId, Span, Syntax,
};

/// A file that has no form in proto2 or proto3.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}: `{file}` has no equal form in proto2 or proto3: {reason}", place(.display, .span))]
pub struct LowerError {
    /// The import path.
    pub file: String,
    /// Where a person finds the file.
    pub display: String,
    /// What has no form.
    pub span: Option<Span>,
    /// Why.
    pub reason: String,
}

fn place(display: &str, span: &Option<Span>) -> String {
    match span {
        Some(span) => format!("{display}:{}:{}", span.start_line, span.start_column),
        None => display.to_owned(),
    }
}

/// The newest edition whose features are known. What 2026 brought is nothing to prost: limits, names, who may use a type,
/// and what is written in JSON for an enum value, of which serde says so itself.
const NEWEST: i32 = EDITION_2026;
/// `edition` in `FileDescriptorProto`.
const EDITION: i32 = 14;

/// Rewrites one file; gives whether anything changed. Proto2 and proto3 files get their packing written out, which
/// prost takes from the syntax only while a field has no options at all.
///
/// # Errors
///
/// An edition that is not known.
pub fn lower(schema: &Schema, id: FileId, file: &mut pb::FileDescriptorProto) -> Result<bool, LowerError> {
    let model = schema.file(id);
    let edition = match model.syntax {
        Syntax::Edition(edition) => edition,
        Syntax::Proto2 | Syntax::Proto3 => return Ok(Lowering { schema, form: None }.file(id, file)),
    };
    if edition > NEWEST {
        return Err(LowerError {
            file: model.name.to_string(),
            display: model.display.to_string(),
            span: schema.span(id, &[EDITION]),
            reason: format!("the defaults of {} are not known", model.syntax),
        });
    }
    let implicit = schema.fields().any(|(_, f)| f.file == id && is_implicit(f));
    let form = if implicit { Form::Proto3 } else { Form::Proto2 };
    Lowering { schema, form: Some(form) }.file(id, file);
    Ok(true)
}

fn is_implicit(field: &Field) -> bool {
    field.cardinality == Cardinality::Implicit && !field.is_extension() && !field.kind.is_message()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Proto2,
    Proto3,
}

struct Lowering<'a> {
    schema: &'a Schema,
    /// `None` where only the packing is written out.
    form: Option<Form>,
}

impl Lowering<'_> {
    fn file(&self, id: FileId, file: &mut pb::FileDescriptorProto) -> bool {
        let model = self.schema.file(id);
        let mut changed = false;
        for (message, id) in file.message_type.iter_mut().zip(&model.messages) {
            changed |= self.message(*id, message);
        }
        for (field, id) in file.extension.iter_mut().zip(&model.extensions) {
            changed |= self.field(*id, field);
        }
        let Some(form) = self.form else { return changed };
        for (enum_, id) in file.enum_type.iter_mut().zip(&model.enums) {
            self.enum_(*id, enum_);
        }
        for (service, id) in file.service.iter_mut().zip(&model.services) {
            self.service(*id, service);
        }
        if let Some(options) = file.options.as_option_mut() {
            options.features.take();
        }
        file.edition = None;
        file.option_dependency.clear();
        file.syntax = Some(if form == Form::Proto3 { "proto3" } else { "proto2" }.to_owned());
        true
    }

    fn message(&self, id: MessageId, message: &mut pb::DescriptorProto) -> bool {
        let model = self.schema.message(id);
        let mut changed = false;
        for (field, id) in message.field.iter_mut().zip(&model.fields) {
            changed |= self.field(*id, field);
        }
        for (field, id) in message.extension.iter_mut().zip(&model.extensions) {
            changed |= self.field(*id, field);
        }
        for (nested, id) in message.nested_type.iter_mut().zip(&model.messages) {
            changed |= self.message(*id, nested);
        }
        let Some(form) = self.form else { return changed };
        for (enum_, id) in message.enum_type.iter_mut().zip(&model.enums) {
            self.enum_(*id, enum_);
        }
        if form == Form::Proto3 {
            for field in message.field.iter_mut().filter(|f| f.proto3_optional == Some(true)) {
                // Every proto3 `optional` is the only member of a oneof that the compiler makes up.
                field.oneof_index = Some(message.oneof_decl.len() as i32);
                let name = format!("_{}", field.name.as_deref().unwrap_or_default());
                message.oneof_decl.push(pb::OneofDescriptorProto { name: Some(name), ..Default::default() });
            }
        }
        for oneof in &mut message.oneof_decl {
            if let Some(options) = oneof.options.as_option_mut() {
                options.features.take();
            }
        }
        for range in &mut message.extension_range {
            if let Some(options) = range.options.as_option_mut() {
                options.features.take();
            }
        }
        if let Some(options) = message.options.as_option_mut() {
            options.features.take();
        }
        message.visibility = None;
        true
    }

    fn field(&self, id: FieldId, field: &mut pb::FieldDescriptorProto) -> bool {
        let model = self.schema.field(id);
        let mut changed = false;
        if model.takes_packed() {
            let options = field.options.get_or_insert_default();
            changed = options.packed != Some(model.packed);
            options.packed = Some(model.packed);
        }
        changed |= self.default(model, field);
        let Some(form) = self.form else { return changed };
        if let Some(options) = field.options.as_option_mut() {
            options.features.take();
        }
        if model.cardinality == Cardinality::Required {
            field.label = Some(Label::LABEL_REQUIRED);
        }
        if model.kind == Kind::Group {
            field.r#type = Some(Type::TYPE_GROUP);
        }
        let explicit = model.cardinality == Cardinality::Explicit && model.oneof.is_none();
        if form == Form::Proto3 && explicit && model.kind != Kind::Message && !model.is_extension() {
            field.proto3_optional = Some(true);
        }
        true
    }

    /// Of the names that a number of an enum has, prost writes the first, and a default has to be called so.
    fn default(&self, model: &Field, field: &mut pb::FieldDescriptorProto) -> bool {
        let (Some(name), Kind::Enum) = (&field.default_value, model.kind) else { return false };
        let Some(id) = model.type_name.as_deref().and_then(|name| self.schema.enum_by_name(name)) else {
            return false;
        };
        let values = || self.schema.enum_(id).values.iter().map(|value| self.schema.value(*value));
        let Some(said) = values().find(|value| *value.name == **name) else { return false };
        let Some(first) = values().find(|value| value.number == said.number) else { return false };
        let changed = first.name != said.name;
        if changed {
            field.default_value = Some(first.name.to_string());
        }
        changed
    }

    fn enum_(&self, id: EnumId, enum_: &mut pb::EnumDescriptorProto) {
        debug_assert_eq!(enum_.value.len(), self.schema.enum_(id).values.len());
        for value in &mut enum_.value {
            if let Some(options) = value.options.as_option_mut() {
                options.features.take();
            }
        }
        if let Some(options) = enum_.options.as_option_mut() {
            options.features.take();
        }
        enum_.visibility = None;
    }

    fn service(&self, id: ServiceId, service: &mut pb::ServiceDescriptorProto) {
        debug_assert_eq!(service.method.len(), self.schema.service(id).methods.len());
        for method in &mut service.method {
            if let Some(options) = method.options.as_option_mut() {
                options.features.take();
            }
        }
        if let Some(options) = service.options.as_option_mut() {
            options.features.take();
        }
    }
}

/// The singular delimited fields of `files` that lead back to their own message: prost boxes what is recursive, but
/// does not see it through a group. Given as prost paths: `.package.Message.field`, with the oneof before the field.
pub fn recursive_groups(schema: &Schema, files: &[FileId]) -> Vec<(FieldId, String)> {
    let mut paths = Vec::new();
    for (id, field) in schema.fields().filter(|(_, f)| files.contains(&f.file)) {
        let (Some(parent), Some(target)) = (field.parent, schema.field_message(field)) else { continue };
        if field.kind != Kind::Group || !field.cardinality.is_singular() || field.is_extension() {
            continue;
        }
        if reaches(schema, target, parent) {
            let message = &schema.message(parent).full_name;
            let path = match field.oneof {
                Some(oneof) => format!(".{message}.{}.{}", schema.oneof(oneof).name, field.name),
                None => format!(".{}", schema.full_name(Element::Field(id))),
            };
            paths.push((id, path));
        }
    }
    paths
}

fn reaches(schema: &Schema, from: MessageId, to: MessageId) -> bool {
    let mut seen = std::collections::BTreeSet::from([from]);
    let mut todo = vec![from];
    while let Some(message) = todo.pop() {
        if message == to {
            return true;
        }
        for field in schema.message(message).fields.iter().map(|f| schema.field(*f)) {
            let next = schema.field_message(field).filter(|_| field.cardinality.is_singular());
            todo.extend(next.filter(|m| seen.insert(*m)));
        }
    }
    false
}
