//! What Apicurio Registry 3.3.3 did with the edits that it was asked about. It looks at fields of messages, at values of
//! enums and at calls, by name, and at nothing else: options and extensions are nothing to it, nor is the syntax, nor a
//! type without fields.

use super::field;
use crate::diff::{Change, Cx, Kind};
use crate::schema::{Cardinality, Element, Kind as Type, MessageId, Schema, Syntax};

/// Whether it refuses an edit; `None` where it was not asked.
pub(super) fn refuses(change: &Change, cx: &Cx<'_>) -> Option<bool> {
    let fields = [(cx.old, change.old), (cx.new, change.new)].map(|(schema, of)| field(schema, of));
    if fields.iter().flatten().any(|field| field.extendee.is_some()) {
        return Some(false);
    }
    if fields.iter().flatten().any(|field| field.kind == Type::Group) {
        return None;
    }
    Some(match &change.kind {
        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            *number_was_reserved || *name_was_reserved || fields[1]?.cardinality == Cardinality::Required
        }
        Kind::FieldRemoved { number_reserved, name_reserved, renumbered, .. } => {
            renumbered.is_some() || !(*number_reserved && *name_reserved)
        }
        Kind::FieldCardinalityChanged => {
            let [Some(old), Some(new)] = fields else { return None };
            // Into a oneof and out of it everything may go.
            old.oneof.is_some() == new.oneof.is_some()
        }
        Kind::FieldNameChanged(_)
        | Kind::FieldTypeChanged(_)
        | Kind::EnumValueAdded { alias: true, .. }
        | Kind::EnumValueRemoved { .. }
        | Kind::EnumValueNameChanged { .. }
        | Kind::MethodRemoved
        | Kind::MethodRequestTypeChanged(_)
        | Kind::MethodResponseTypeChanged(_)
        | Kind::MethodClientStreamingChanged
        | Kind::MethodServerStreamingChanged => true,
        Kind::FieldDefaultChanged { .. }
        | Kind::FieldJsonNameChanged
        | Kind::MessageFieldsReordered
        | Kind::OneofAdded
        | Kind::OneofRemoved { .. }
        | Kind::ReservedRangeAdded { .. }
        | Kind::ReservedNameAdded { .. }
        | Kind::MethodAdded
        | Kind::PackageAdded { .. }
        | Kind::FilePackageChanged
        | Kind::FieldPackedChanged
        | Kind::FieldUtf8ValidationChanged
        | Kind::FieldJavaEnumTypeChanged
        | Kind::FieldCppStringTypeChanged
        | Kind::FieldJsTypeChanged
        | Kind::FieldOneofChanged(_)
        | Kind::ExtensionRangeAdded { .. }
        | Kind::ExtensionRangeRemoved { .. }
        | Kind::MessageSetChanged
        | Kind::DescriptorAccessorRemoved
        | Kind::JsonFormatChanged
        | Kind::EnumClosednessChanged
        | Kind::EnumValueAdded { alias: false, .. }
        | Kind::MethodIdempotencyChanged
        | Kind::TypeAdded
        | Kind::DeprecationChanged { .. }
        | Kind::OptionChanged { .. }
        | Kind::FileOptionChanged(_)
        | Kind::ImportAdded { .. }
        | Kind::ImportRemoved { public: false, .. } => false,
        // It reads no editions.
        Kind::FileSyntaxChanged => {
            let known = |schema: &Schema, of| match of {
                Some(Element::File(id)) => matches!(schema.file(id).syntax, Syntax::Proto2 | Syntax::Proto3),
                _ => false,
            };
            return (known(cx.old, change.old) && known(cx.new, change.new)).then_some(false);
        }
        Kind::TypeRemoved(_) | Kind::TypeRenamed(_) => match change.old? {
            Element::Message(id) => has_fields(cx.old, id),
            Element::Service(id) => !cx.old.service(id).methods.is_empty(),
            Element::Enum(_) => false,
            _ => return None,
        },
        // Those of enums are nothing to it.
        Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. } => {
            !matches!(change.old?, Element::Enum(_))
        }
        _ => return None,
    })
}

/// Whether a message, or one in it, has fields.
fn has_fields(schema: &Schema, id: MessageId) -> bool {
    let message = schema.message(id);
    !message.fields.is_empty() || message.messages.iter().any(|inner| has_fields(schema, *inner))
}
