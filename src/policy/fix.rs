//! The way out of one very case, with its numbers and names.

use crate::diff::{Change, Comeback, Cx, Kind, NameChange, OneofChange, Past, Structure};
use crate::schema::{Cardinality, Element, Field, Label, Range, Schema};

/// What to do about a change, in one sentence; `None` where there is nothing short to say. The page of the rule
/// has the long form.
pub fn fix(change: &Change, cx: &Cx<'_>) -> Option<String> {
    let old_name = || change.old.map(|e| cx.old.full_name(e)).unwrap_or_default();
    let new_name = || change.new.map(|e| cx.new.full_name(e)).unwrap_or_default();
    Some(match &change.kind {
        Kind::FileRemoved => {
            format!("keep `{}`; if its types moved, let it `import public` the new file", old_name())
        }
        Kind::FilePackageChanged => match change.old.map(|e| cx.old.package_of(e)) {
            Some("") => {
                "take the `package` line out again, and put the new package into a new file".to_owned()
            }
            Some(package) => {
                format!("keep `package {package};`, and put the new package into a new file beside it")
            }
            None => return None,
        },
        Kind::FileOptionChanged(option) => {
            let value = change.old.map(|e| option.value(cx.old, cx.old.file_of(e))).unwrap_or_default();
            if value.is_empty() {
                format!("leave `{}` unset", option.name())
            } else {
                format!("set `{}` back to `{value}`", option.name())
            }
        }
        Kind::ImportRemoved { path, public: true } => format!("write `import public \"{path}\";`"),
        Kind::PackageRemoved { package } => {
            format!("keep package `{package}` and mark what is in it deprecated")
        }

        Kind::TypeRemoved(_) => match change.old? {
            Element::Field(id) => format!(
                "keep extension `{}` with `[deprecated = true]`; its number {} must not come back",
                old_name(),
                cx.old.field(id).number
            ),
            element => format!(
                "keep {} `{}` with `option deprecated = true;` until nobody uses it",
                cx.old.noun(element),
                old_name()
            ),
        },
        Kind::TypeMoved(_) => {
            let file = |schema: &Schema, e: Element| schema.file(schema.file_of(e)).name.to_string();
            format!(
                "add `import public \"{}\";` to `{}`",
                file(cx.new, change.new?),
                file(cx.old, change.old?)
            )
        }
        Kind::TypeRenamed(_) => match change.old? {
            Element::Service(_) => {
                format!("keep `{}` and serve both from the same code", old_name())
            }
            _ => format!("keep the name `{}`, or keep it beside `{}` as deprecated", old_name(), new_name()),
        },

        Kind::FieldAdded { .. } | Kind::EnumValueAdded { .. } if change.reused().is_some() => {
            reused(change, cx)?
        }
        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            let Element::Field(id) = change.new? else { return None };
            let field = cx.new.field(id);
            match (free_number(cx, field), number_was_reserved, name_was_reserved) {
                _ if field.cardinality == Cardinality::Required => {
                    format!("make `{}` optional and check it in code", field.name)
                }
                (Some(free), true, false) => {
                    format!("give `{}` a number that was never used, such as {free}", field.name)
                }
                (Some(free), true, true) => {
                    format!("take a name and a number that were never used, such as {free}")
                }
                (_, false, true) => "take a name that was never used".to_owned(),
                _ => format!("update readers first, then start to write `{}`", field.name),
            }
        }
        Kind::FieldRemoved { renumbered: Some(now), .. } => {
            let Element::Field(id) = change.old? else { return None };
            let (old, now) = (cx.old.field(id), cx.new.field(*now));
            format!("give `{}` its number {} back (it is {} now)", old.name, old.number, now.number)
        }
        Kind::FieldRemoved { number_reserved, name_reserved, .. } => {
            let Element::Field(id) = change.old? else { return None };
            let field = cx.old.field(id);
            let message = field.parent.map(|m| cx.old.message(m).full_name.to_string()).unwrap_or_default();
            if field.cardinality == Cardinality::Required {
                format!("make `{}` optional first, and remove it when no reader requires it", field.name)
            } else {
                match (number_reserved, name_reserved) {
                    (true, true) => {
                        format!("restore `{}` with `[deprecated = true]` for a version", field.name)
                    }
                    (false, true) => format!("add `reserved {};` to `{message}`", field.number),
                    (true, false) => format!("add `reserved \"{}\";` to `{message}`", field.name),
                    (false, false) => format!(
                        "add `reserved {}; reserved \"{}\";` to `{message}`",
                        field.number, field.name
                    ),
                }
            }
        }
        Kind::FieldNameChanged(how) => field_name(change, cx, how)?,
        Kind::FieldTypeChanged(structure) => {
            let (old, new) = fields(change, cx)?;
            match structure {
                Structure::Identical | Structure::SameWire => {
                    format!("keep the type `{}`", old.type_text())
                }
                Structure::NotComparable | Structure::Different => {
                    let number = free_number(cx, new).map_or(String::new(), |n| format!(" with number {n}"));
                    format!(
                        "keep `{}` as `{}` and add a field of type `{}`{number}",
                        old.name,
                        old.type_text(),
                        new.type_text()
                    )
                }
            }
        }
        Kind::FieldCardinalityChanged => {
            let (old, new) = fields(change, cx)?;
            let number = free_number(cx, new).map_or(String::new(), |n| format!(" with number {n}"));
            format!("keep `{}` {} and add another field{number}", old.name, old.cardinality.as_str())
        }
        Kind::FieldRequiredRespelled { .. } => {
            let (old, _) = fields(change, cx)?;
            if old.label == Label::Required {
                format!("keep the `required` keyword on `{}`", old.name)
            } else {
                format!("keep the feature on `{}`", old.name)
            }
        }
        Kind::FieldJsonNameChanged => {
            let (old, new) = fields(change, cx)?;
            format!("pin the key: `{} = {} [json_name = \"{}\"]`", new.name, new.number, old.json_name)
        }
        Kind::FieldDefaultChanged { old, .. } => {
            let (field, _) = fields(change, cx)?;
            if field.default.is_some() {
                format!("keep `[default = {old}]` on `{}`", field.name)
            } else {
                format!("keep `{}` without a default of its own", field.name)
            }
        }
        Kind::FieldOneofChanged(how) => {
            let (old, new) = fields(change, cx)?;
            match *how {
                OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_) => {
                    let number = free_number(cx, new).map_or(String::new(), |n| format!(" with number {n}"));
                    format!("leave `{}` outside, and put a new field{number} into the oneof", old.name)
                }
                OneofChange::Left(o) | OneofChange::Switched { from: o, .. } => {
                    format!("leave `{}` in oneof `{}`", old.name, cx.old.oneof(o).name)
                }
            }
        }
        Kind::FieldPackedChanged => {
            let (old, _) = fields(change, cx)?;
            format!("write `[packed = {}]` on `{}`", old.packed, old.name)
        }

        Kind::OneofRemoved { renamed: Some(_), .. } => {
            let Element::Oneof(id) = change.old? else { return None };
            format!("keep the name `{}`", cx.old.oneof(id).name)
        }
        Kind::OneofRemoved { renamed: None, .. } => format!("keep oneof `{}`", old_name()),

        Kind::ReservedRangeRemoved { missing, .. } => {
            format!("add `reserved {};` to `{}`", ranges(change, missing), old_name())
        }
        Kind::ReservedNameRemoved { name } => format!("add `reserved \"{name}\";` to `{}`", old_name()),
        Kind::ExtensionRangeRemoved { missing, .. } => {
            format!("add `extensions {};` to `{}`", ranges(change, missing), old_name())
        }

        Kind::EnumValueAdded { .. } => {
            let Element::EnumValue(id) = change.new? else { return None };
            format!("update readers first, then start to write `{}`", cx.new.value(id).name)
        }
        Kind::EnumValueRemoved { names, number_reserved, names_reserved } => {
            let Element::EnumValue(id) = change.old? else { return None };
            let value = cx.old.value(id);
            let holder = &cx.old.enum_(value.parent).full_name;
            let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
            let quoted = quoted.join(", ");
            match (number_reserved, names_reserved) {
                (true, true) => format!("restore `{}` with `[deprecated = true]` for a version", value.name),
                (false, true) => format!("add `reserved {};` to `{holder}`", value.number),
                (true, false) => format!("add `reserved {quoted};` to `{holder}`"),
                (false, false) => {
                    format!("add `reserved {}; reserved {quoted};` to `{holder}`", value.number)
                }
            }
        }
        Kind::EnumValueNameChanged { old_names, new_names, how } => {
            let Element::EnumValue(id) = change.old? else { return None };
            let number = cx.old.value(id).number;
            let lost: Vec<String> = old_names
                .iter()
                .filter(|n| new_names.binary_search(n).is_err())
                .take(20)
                .map(|n| format!("`{n} = {number};`"))
                .collect();
            match how {
                NameChange::Renamed => {
                    format!(
                        "keep {} beside the new name, under `option allow_alias = true;`",
                        lost.join(", ")
                    )
                }
                NameChange::Swapped(_) | NameChange::Reused { .. } => {
                    format!("give every name its number back: {}", lost.join(", "))
                }
            }
        }
        Kind::EnumClosednessChanged => {
            let Element::Enum(id) = change.old? else { return None };
            let kind = if cx.old.enum_(id).is_closed() { "CLOSED" } else { "OPEN" };
            format!("keep the enum as it was; an edition says `option features.enum_type = {kind};`")
        }

        Kind::MethodRemoved => {
            format!("keep `{}` with `option deprecated = true;` until nobody calls it", old_name())
        }
        Kind::MethodRequestTypeChanged(_)
        | Kind::MethodResponseTypeChanged(_)
        | Kind::MethodClientStreamingChanged
        | Kind::MethodServerStreamingChanged => {
            format!("keep `{}` as it was and add a method beside it", old_name())
        }
        Kind::MethodIdempotencyChanged => {
            let Element::Method(id) = change.old? else { return None };
            let level = crate::rules::idempotency(cx.old.method(id));
            format!("set `option idempotency_level = {level};` again")
        }

        Kind::FileSyntaxChanged
        | Kind::FieldUtf8ValidationChanged
        | Kind::FieldJavaUtf8Changed
        | Kind::FieldCppStringTypeChanged
        | Kind::FieldJsTypeChanged
        | Kind::MessageSetChanged
        | Kind::DescriptorAccessorRemoved
        | Kind::JsonFormatChanged
        | Kind::OptionChanged { .. }
        | Kind::ImportRemoved { public: false, .. }
        | Kind::FileAdded
        | Kind::ImportAdded { .. }
        | Kind::PackageAdded { .. }
        | Kind::TypeAdded
        | Kind::OneofAdded
        | Kind::ReservedRangeAdded { .. }
        | Kind::ReservedNameAdded { .. }
        | Kind::ExtensionRangeAdded { .. }
        | Kind::MethodAdded
        | Kind::DeprecationChanged { .. } => return None,
    })
}

fn field_name(change: &Change, cx: &Cx<'_>, how: &NameChange<crate::schema::FieldId>) -> Option<String> {
    let (old, new) = fields(change, cx)?;
    if old.is_extension() {
        let name = cx.old.full_name(change.old?);
        return Some(format!("keep the name `{name}`"));
    }
    Some(match how {
        NameChange::Renamed => {
            format!(
                "keep the name `{}`, or at least its key: `[json_name = \"{}\"]`",
                old.name, old.json_name
            )
        }
        NameChange::Swapped(other) => {
            let other = cx.old.field(*other);
            format!(
                "give the names their numbers back: `{} = {}`, `{} = {}`",
                old.name, old.number, other.name, other.number
            )
        }
        NameChange::Reused { .. } => {
            let number = free_number(cx, new).map_or("a new number".to_owned(), |n| format!("{n}"));
            format!("keep `{} = {}`, and put what is new at {number}", old.name, old.number)
        }
    })
}

/// The way out for a number that an earlier published version used for something else.
fn reused(change: &Change, cx: &Cx<'_>) -> Option<String> {
    let past = change.reused()?;
    let (name, number, holder, next) = match change.new? {
        Element::Field(id) => {
            let field = cx.new.field(id);
            let holder = &cx.new.message(field.parent?).full_name;
            (
                &field.name,
                field.number,
                holder,
                free_number(cx, field).and_then(|n| legal(n.max(above(past)?))),
            )
        }
        Element::EnumValue(id) => {
            let value = cx.new.value(id);
            let holder = &cx.new.enum_(value.parent).full_name;
            let highest = |schema: &Schema| {
                let holder = schema.enum_(schema.enum_by_name(holder)?);
                let values = holder.values.iter().map(|v| schema.value(*v).number);
                values.chain(holder.reserved_ranges.iter().map(|r| r.end)).max()
            };
            let known = highest(cx.old).max(highest(cx.new)).unwrap_or(0);
            (&value.name, value.number, holder, known.checked_add(1).and_then(|n| Some(n.max(above(past)?))))
        }
        _ => return None,
    };
    let next = next.map_or("a number that was never used".to_owned(), |n| format!("the number {n}"));
    Some(if past.comeback == Comeback::OtherType {
        // The name is the same, so that reserving it would forbid the field itself.
        format!(
            "make `{name}` `{}` again, or take another name and {next} and add `reserved {number}; reserved \"{}\";` to `{holder}`",
            past.type_text, past.name
        )
    } else {
        format!(
            "give `{name}` {next}, and add `reserved {number}; reserved \"{}\";` to `{holder}`",
            past.name
        )
    })
}

/// The first number above every one that a remembered version used.
fn above(past: &Past) -> Option<i32> {
    past.highest.checked_add(1)
}

/// A field number as it is, unless there is none so high; the numbers that implementations keep are passed over.
fn legal(number: i32) -> Option<i32> {
    const HIGHEST: i32 = 536_870_911;
    const KEPT: Range = Range { start: 19_000, end: 19_999 };
    let number = if KEPT.contains(number) { KEPT.end + 1 } else { number };
    (number <= HIGHEST).then_some(number)
}

fn fields<'a>(change: &Change, cx: &Cx<'a>) -> Option<(&'a Field, &'a Field)> {
    let (old, new) = change.fields()?;
    Some((cx.old.field(old), cx.new.field(new)))
}

fn ranges(change: &Change, list: &[Range]) -> String {
    list.iter().map(|r| crate::rules::range_text(change, *r)).collect::<Vec<_>>().join(", ")
}

/// The first number above every number the message of a field ever had on either side, if it is a legal one.
fn free_number(cx: &Cx<'_>, field: &Field) -> Option<i32> {
    if field.is_extension() {
        return None;
    }
    let message = &cx.new.message(field.parent?).full_name;
    let highest = |schema: &Schema| schema.message_by_name(message).map_or(0, |id| schema.highest_number(id));
    legal(highest(cx.old).max(highest(cx.new)).checked_add(1)?)
}
