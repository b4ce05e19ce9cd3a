//! Rust with prost and tonic, after <https://docs.rs/prost/latest/prost/#generated-output>.

use super::{common, optional, renamed, retyped};
use crate::diff::{Change, Cx, Kind, OneofChange};
use crate::schema::{Cardinality, Element, Field, Kind as Type};
use crate::verdict::Loss;

pub(super) fn judge(change: &Change, cx: &Cx<'_>) -> Loss {
    if let Some(loss) = common(change, cx) {
        return loss;
    }
    match &change.kind {
        // Modules follow packages; files do not show.
        Kind::FilePackageChanged => Loss::rejects("the generated module follows the package"),
        Kind::TypeRenamed(_) => Loss::rejects("the generated type has another name, or is in another module"),
        Kind::FieldNameChanged(_) => {
            renamed(change, cx, snake, |now| format!("the struct field is now called `{now}`"))
        }
        Kind::FieldTypeChanged(_) => {
            let Some((old, new)) = change.fields() else { return Loss::none() };
            // An enum field is an i32 with accessors on top.
            if class(cx.old.field(old).kind) == "i32" && cx.new.field(new).kind == Type::Enum {
                return Loss::none();
            }
            retyped(change, cx, class, "the struct field has another type")
        }
        Kind::FieldCardinalityChanged => {
            let Some((old, new)) = change.fields() else { return Loss::none() };
            let (old, new) = (cx.old.field(old), cx.new.field(new));
            if is_option(old) == is_option(new) {
                Loss::none()
            } else {
                Loss::rejects("a struct field with presence is an Option, one without is a plain value")
            }
        }
        Kind::FieldOneofChanged(how) => match how {
            OneofChange::Switched { renamed: true, .. } => Loss::none(),
            _ => Loss::rejects("members of a oneof are variants of an enum, not struct fields"),
        },
        Kind::FieldAdded { .. } => match change.new {
            Some(Element::Field(id)) if cx.new.field(id).oneof.is_some() => {
                Loss::unknown("an exhaustive match on the oneof lacks the new variant")
            }
            Some(Element::Field(id)) if cx.new.field(id).is_extension() => Loss::none(),
            _ => Loss::unknown("a struct literal without `..Default::default()` lacks the new field"),
        },
        Kind::OneofAdded => {
            Loss::unknown("a struct literal without `..Default::default()` lacks the new field")
        }
        Kind::EnumValueAdded { alias: false, .. } => {
            Loss::unknown("an exhaustive match on the enum lacks the new variant")
        }
        Kind::MethodAdded => Loss::rejects("servers have to implement the new method of the generated trait"),
        _ => Loss::none(),
    }
}

fn is_option(field: &Field) -> bool {
    field.kind.is_message() && field.cardinality != Cardinality::Required || optional(field)
}

fn class(kind: Type) -> &'static str {
    match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => "i32",
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => "i64",
        Type::Uint32 | Type::Fixed32 => "u32",
        Type::Uint64 | Type::Fixed64 => "u64",
        other => other.as_str(),
    }
}

/// prost names fields in snake case.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut lower_before = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower_before {
            out.push('_');
        }
        lower_before = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}
