//! What a change is called: one line for each, in one voice.
//!
//! A message starts with the noun of the element, names numbers, names and types, and has no full stop. Names of
//! elements are in full, so that a line can stand alone in a log.

use crate::diff::{Change, Comeback, Cx, Kind, NameChange, OneofChange, Past, Structure};
use crate::names::few;
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, JavaUtf8, JsonFormat, Kind as Type, Label, MessageId,
    Range, Schema, Utf8Validation,
};

/// One line about a change, harmless ones included.
pub fn describe(change: &Change, cx: &Cx<'_>) -> String {
    let old = || change.old.map(|e| text(cx.old, e)).unwrap_or_default();
    let new = || change.new.map(|e| text(cx.new, e)).unwrap_or_default();
    // The name of the element itself; the old one, as long as there is one.
    let either = || if change.old.is_some() { old() } else { new() };
    match &change.kind {
        Kind::FileAdded => format!("{} was added", new()),
        Kind::FileRemoved => format!("{} was removed", old()),
        Kind::FilePackageChanged => {
            let (a, b) = files(change, cx);
            match (&*a.package, &*b.package) {
                ("", b) => format!("{} had no package, is now in package `{b}`", old()),
                (a, "") => format!("{} was in package `{a}`, is now in none", old()),
                (a, b) => format!("{} was in package `{a}`, is now in package `{b}`", old()),
            }
        }
        Kind::FileSyntaxChanged => {
            let (a, b) = files(change, cx);
            format!("{} was `{}`, is now `{}`", old(), a.syntax, b.syntax)
        }
        Kind::FileOptionChanged(option) => {
            let value = |schema: &Schema, element: Option<Element>| {
                element.map(|e| option.value(schema, schema.file_of(e))).unwrap_or_default()
            };
            let (a, b) = (value(cx.old, change.old), value(cx.new, change.new));
            match (&*a, &*b) {
                ("", b) => format!("{} had no `{}`, has now `{b}`", old(), option.name()),
                (a, "") => format!("{} had the `{}` `{a}`, has now none", old(), option.name()),
                (a, b) => format!("{} had the `{}` `{a}`, has now `{b}`", old(), option.name()),
            }
        }
        Kind::ImportAdded { path } => format!("{} now imports `{path}`", either()),
        Kind::ImportRemoved { path, public: true } => {
            format!("{} no longer imports `{path}` publicly", either())
        }
        Kind::ImportRemoved { path, public: false } => format!("{} no longer imports `{path}`", either()),
        Kind::PackageAdded { package } => format!("package `{package}` was added"),
        Kind::PackageRemoved { package } => format!("package `{package}` was removed"),

        Kind::TypeAdded => format!("{} was added", new()),
        Kind::TypeRemoved(_) => format!("{} was removed", old()),
        Kind::TypeMoved(_) => {
            let file = |schema: &Schema, element: Option<Element>| {
                element.map(|e| schema.file(schema.file_of(e)).name.to_string()).unwrap_or_default()
            };
            format!("{} moved from `{}` to `{}`", old(), file(cx.old, change.old), file(cx.new, change.new))
        }
        Kind::TypeRenamed(_) => {
            let name = change.new.map(|e| cx.new.full_name(e)).unwrap_or_default();
            format!("{} is gone, and `{name}` has the same shape", old())
        }

        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            let required = match change.new {
                Some(Element::Field(id)) if cx.new.field(id).cardinality == Cardinality::Required => {
                    " as required"
                }
                _ => "",
            };
            let reserved = match (number_was_reserved, name_was_reserved) {
                (true, true) => ", though the number and the name were reserved",
                (true, false) => ", though the number was reserved",
                (false, true) => ", though the name was reserved",
                (false, false) => "",
            };
            format!("{} {}{required}{reserved}{}", new(), came(change), used(change))
        }
        Kind::FieldRemoved { renumbered: Some(now), .. } => {
            format!("{} now has the number {}", old(), cx.new.field(*now).number)
        }
        Kind::FieldRemoved { renumbered: None, .. } => format!("{} was removed", old()),
        Kind::FieldNameChanged(how) => field_name(change, cx, how),
        Kind::FieldTypeChanged(structure) => {
            let (a, b) = (type_text(cx.old, change.old), type_text(cx.new, change.new));
            if a == b {
                let encoding = |schema: &Schema, element: Option<Element>| match element {
                    Some(Element::Field(id)) => encoding(schema.field(id).kind),
                    _ => "",
                };
                let (a, b) = (encoding(cx.old, change.old), encoding(cx.new, change.new));
                return format!("{} was encoded {a}, is now encoded {b}", old());
            }
            format!("{} was `{a}`, is now `{b}`{}", old(), shape_note(*structure))
        }
        Kind::FieldCardinalityChanged => match fields(change, cx) {
            Some((a, b)) => {
                format!("{} was {}, is now {}", old(), a.cardinality.as_str(), b.cardinality.as_str())
            }
            None => old(),
        },
        Kind::FieldRequiredRespelled { .. } => {
            let now =
                matches!(change.new, Some(Element::Field(id)) if cx.new.field(id).label == Label::Required);
            let [a, b] = ["with the keyword", "with a feature"];
            let (a, b) = if now { (b, a) } else { (a, b) };
            format!("{} was required {a}, is now required {b}", old())
        }
        Kind::FieldJsonNameChanged => match fields(change, cx) {
            Some((a, b)) => {
                format!("{} had the JSON name `{}`, has now `{}`", old(), a.json_name, b.json_name)
            }
            None => old(),
        },
        Kind::FieldDefaultChanged { old: a, new: b } => {
            let shown = |text: &str| match text {
                "" => "an empty default".to_owned(),
                text => format!("the default `{}`", short(text)),
            };
            format!("{} had {}, has now {}", old(), shown(a), shown(b))
        }
        Kind::FieldOneofChanged(how) => {
            let name = |schema: &Schema, id| schema.oneof(id).name.to_string();
            match *how {
                OneofChange::JoinedAlone(o) => format!("{} moved into oneof `{}`", old(), name(cx.new, o)),
                OneofChange::JoinedOthers(o) => {
                    format!("{} moved into oneof `{}`, which holds other old fields", old(), name(cx.new, o))
                }
                OneofChange::Left(o) => format!("{} moved out of oneof `{}`", old(), name(cx.old, o)),
                OneofChange::Switched { from, to, .. } => {
                    format!(
                        "{} was in oneof `{}`, is now in `{}`",
                        old(),
                        name(cx.old, from),
                        name(cx.new, to)
                    )
                }
            }
        }
        Kind::FieldPackedChanged => {
            let now = matches!(change.new, Some(Element::Field(id)) if cx.new.field(id).packed);
            if now {
                format!("{} was written expanded, is now packed", old())
            } else {
                format!("{} was written packed, is now expanded", old())
            }
        }
        Kind::FieldUtf8ValidationChanged => {
            let now = matches!(change.new, Some(Element::Field(id))
                if cx.new.field(id).features.utf8_validation == Utf8Validation::Verify);
            checked(&old(), "checked to be UTF-8", now)
        }
        Kind::FieldJavaUtf8Changed => {
            let now = matches!(change.new, Some(Element::Field(id))
                if cx.new.field(id).java_utf8 == JavaUtf8::Verify);
            checked(&old(), "checked to be UTF-8 by Java", now)
        }
        Kind::FieldCppStringTypeChanged => match fields(change, cx) {
            Some((a, b)) => format!(
                "{} had the C++ string type `{}`, has now `{}`",
                old(),
                a.cpp_string_type.as_str(),
                b.cpp_string_type.as_str()
            ),
            None => old(),
        },
        Kind::FieldJsTypeChanged => match fields(change, cx) {
            Some((a, b)) => format!("{} had the `jstype` `{}`, has now `{}`", old(), jstype(a), jstype(b)),
            None => old(),
        },

        Kind::OneofAdded => format!("{} was added", new()),
        Kind::OneofRemoved { renamed: Some(now), .. } => {
            format!("{} is now called `{}`", old(), cx.new.oneof(*now).name)
        }
        Kind::OneofRemoved { renamed: None, .. } => format!("{} was removed", old()),

        Kind::ReservedRangeRemoved { range, missing } => {
            format!("{} no longer reserves {}", old(), lost(change, *range, missing))
        }
        Kind::ReservedNameRemoved { name } => format!("{} no longer reserves the name `{name}`", old()),
        Kind::ReservedRangeAdded { range } => {
            format!("{} now reserves {}", new(), range_text(change, *range))
        }
        Kind::ReservedNameAdded { name } => format!("{} now reserves the name `{name}`", new()),
        Kind::ExtensionRangeRemoved { range, missing, in_use } => {
            let mut message =
                format!("{} no longer has the extension numbers {}", old(), lost(change, *range, missing));
            if !in_use.is_empty() {
                message.push_str(&format!(", in use by {}", names(in_use)));
            }
            message
        }
        Kind::ExtensionRangeAdded { range } => {
            format!("{} has the new extension numbers {}", new(), range_text(change, *range))
        }
        Kind::MessageSetChanged => {
            let now = matches!(change.new, Some(Element::Message(id))
                if cx.new.message(id).options.as_deref().and_then(|o| o.message_set_wire_format) == Some(true));
            format!("{} had `message_set_wire_format` {}, has now {}", old(), !now, now)
        }
        Kind::DescriptorAccessorRemoved => {
            format!("{} had `no_standard_descriptor_accessor` false, has now true", old())
        }
        Kind::JsonFormatChanged => {
            let format = |schema: &Schema, element: Option<Element>| match element {
                Some(Element::Message(id)) => json_format(schema.message(id).features.json_format),
                Some(Element::Enum(id)) => json_format(schema.enum_(id).features.json_format),
                _ => "",
            };
            let (a, b) = (format(cx.old, change.old), format(cx.new, change.new));
            format!("{} had the JSON format `{a}`, has now `{b}`", old())
        }

        Kind::EnumClosednessChanged => {
            let now = matches!(change.new, Some(Element::Enum(id)) if cx.new.enum_(id).is_closed());
            let [a, b] = if now { ["open", "closed"] } else { ["closed", "open"] };
            format!("{} was {a}, is now {b}", old())
        }
        Kind::EnumValueAdded { alias, was_reserved, .. } => {
            let note = match (alias, was_reserved) {
                (_, true) => ", though its number or name was reserved",
                (true, false) => " as another name of its number",
                (false, false) => "",
            };
            format!("{} {}{note}{}", new(), came(change), used(change))
        }
        Kind::EnumValueRemoved { names: all, .. } => match change.old {
            Some(Element::EnumValue(id)) => {
                let value = cx.old.value(id);
                let holder = &cx.old.enum_(value.parent).full_name;
                format!("enum value {} ({}) of `{holder}` was removed", value.number, names(all))
            }
            _ => format!("{} was removed", old()),
        },
        Kind::EnumValueNameChanged { old_names, new_names, how } => {
            enum_value_name(change, cx, old_names, new_names, how)
        }

        Kind::MethodAdded => format!("{} was added", new()),
        Kind::MethodRemoved => format!("{} was removed", old()),
        Kind::MethodRequestTypeChanged(structure) => {
            let (a, b) = methods(change, cx, |m| m.input.to_string());
            format!("{} took `{a}`, now takes `{b}`{}", old(), shape_note(*structure))
        }
        Kind::MethodResponseTypeChanged(structure) => {
            let (a, b) = methods(change, cx, |m| m.output.to_string());
            format!("{} returned `{a}`, now returns `{b}`{}", old(), shape_note(*structure))
        }
        Kind::MethodClientStreamingChanged => {
            let (_, now) = methods(change, cx, |m| m.client_streaming.to_string());
            match now.as_str() {
                "true" => format!("{} took one request, now takes a stream of them", old()),
                _ => format!("{} took a stream of requests, now takes one", old()),
            }
        }
        Kind::MethodServerStreamingChanged => {
            let (_, now) = methods(change, cx, |m| m.server_streaming.to_string());
            match now.as_str() {
                "true" => format!("{} returned one response, now returns a stream of them", old()),
                _ => format!("{} returned a stream of responses, now returns one", old()),
            }
        }
        Kind::MethodIdempotencyChanged => {
            let (a, b) = methods(change, cx, idempotency);
            format!("{} had the `idempotency_level` `{a}`, has now `{b}`", old())
        }

        Kind::DeprecationChanged { now: true } => format!("{} is now deprecated", either()),
        Kind::DeprecationChanged { now: false } => format!("{} is no longer deprecated", either()),
        Kind::OptionChanged { option, old: a, new: b } => match (a, b) {
            (None, Some(b)) => format!("{} had no option `{option}`, has now `{}`", either(), short(b)),
            (Some(a), None) => format!("{} had the option `{option}` `{}`, has now none", either(), short(a)),
            (Some(a), Some(b)) => {
                format!("{} had the option `{option}` `{}`, has now `{}`", either(), short(a), short(b))
            }
            (None, None) => format!("{} has another option `{option}`", either()),
        },
    }
}

/// How an addition came: most are new, some are back.
fn came(change: &Change) -> &'static str {
    match change.published() {
        Some(past) if past.comeback == Comeback::Same => "is back",
        _ => "was added",
    }
}

/// What an earlier published version used the number of an addition for.
fn used(change: &Change) -> String {
    let Some(past) = change.published() else { return String::new() };
    let Past { version, name, type_text, comeback, .. } = past;
    match (comeback, &**type_text) {
        (Comeback::Same, _) => format!(", as it was in {version}"),
        (_, "") => format!(", though {version} used the number for `{name}`"),
        (_, type_text) => format!(", though {version} used the number for `{name}` (`{type_text}`)"),
    }
}

/// An element as messages name it: ``field 3 (`amount`) of `pay.v1.Charge` ``.
pub(super) fn text(schema: &Schema, element: Element) -> String {
    match element {
        Element::Field(id) => {
            let field = schema.field(id);
            if let Some((map, Some(part))) = map_of(schema, element) {
                let map = schema.full_name(Element::Field(map));
                return format!("field {} (`{part}`) of map `{map}`", field.number);
            }
            format!(
                "{} {} (`{}`) of `{}`",
                schema.noun(element),
                field.number,
                field_name_of(schema, id),
                holder(schema, field)
            )
        }
        Element::EnumValue(id) => {
            let value = schema.value(id);
            let holder = &schema.enum_(value.parent).full_name;
            format!("enum value {} (`{}`) of `{holder}`", value.number, value.name)
        }
        other => format!("{} `{}`", schema.noun(other), schema.full_name(other)),
    }
}

/// The map field that an entry message or one of its fields belongs to, and which of the two fields it is.
pub(super) fn map_of(schema: &Schema, element: Element) -> Option<(FieldId, Option<&'static str>)> {
    let (entry, part) = match element {
        Element::Message(id) => (id, None),
        Element::Field(id) => {
            let field = schema.field(id);
            if field.is_extension() {
                return None;
            }
            (field.parent?, Some(if field.number == 1 { "key" } else { "value" }))
        }
        _ => return None,
    };
    let message = schema.message(entry);
    if !message.map_entry {
        return None;
    }
    let map = schema.field_by_type(message.parent?, &message.full_name)?;
    Some((map, part))
}

/// Whether a field is the key or value that the compiler made for a map.
pub(super) fn in_map_entry(schema: &Schema, field: &Field) -> bool {
    !field.is_extension() && field.parent.is_some_and(|p: MessageId| schema.message(p).map_entry)
}

/// The fields on both sides of a change.
pub(super) fn fields<'a>(change: &Change, cx: &Cx<'a>) -> Option<(&'a Field, &'a Field)> {
    let (old, new) = change.fields()?;
    Some((cx.old.field(old), cx.new.field(new)))
}

/// The type of a field as a person writes it, maps included.
pub(super) fn type_text(schema: &Schema, element: Option<Element>) -> String {
    let Some(Element::Field(id)) = element else { return String::new() };
    let field = schema.field(id);
    match schema.map_entry(field) {
        Some((key, value)) => {
            format!("map<{}, {}>", schema.field(key).type_text(), schema.field(value).type_text())
        }
        None => field.type_text().to_owned(),
    }
}

/// Names in backticks, with commas.
pub(super) fn names(list: &[Box<str>]) -> String {
    format!("`{}`", few(list, "`, `"))
}

/// Numbers as in a `reserved` line.
pub(crate) fn range_text(change: &Change, range: Range) -> String {
    let last = match change.old.or(change.new) {
        Some(Element::Enum(_)) => i32::MAX,
        // The highest field number.
        _ => 536_870_911,
    };
    match (range.start, range.end) {
        (start, end) if start == end => start.to_string(),
        (start, end) if end >= last => format!("{start} to max"),
        (start, end) => format!("{start} to {end}"),
    }
}

/// The value of `idempotency_level`.
pub(crate) fn idempotency(method: &crate::schema::Method) -> String {
    use buffa_descriptor::generated::descriptor::method_options::IdempotencyLevel;
    match method.options.as_deref().and_then(|o| o.idempotency_level) {
        None | Some(IdempotencyLevel::IDEMPOTENCY_UNKNOWN) => "IDEMPOTENCY_UNKNOWN",
        Some(IdempotencyLevel::NO_SIDE_EFFECTS) => "NO_SIDE_EFFECTS",
        Some(IdempotencyLevel::IDEMPOTENT) => "IDEMPOTENT",
    }
    .to_owned()
}

/// The value of `jstype`.
fn jstype(field: &Field) -> &'static str {
    use buffa_descriptor::generated::descriptor::field_options::JSType;
    match field.options.as_deref().and_then(|o| o.jstype) {
        None | Some(JSType::JS_NORMAL) => "JS_NORMAL",
        Some(JSType::JS_STRING) => "JS_STRING",
        Some(JSType::JS_NUMBER) => "JS_NUMBER",
    }
}

fn json_format(format: JsonFormat) -> &'static str {
    match format {
        JsonFormat::Allow => "ALLOW",
        _ => "LEGACY_BEST_EFFORT",
    }
}

fn checked(what: &str, how: &str, now: bool) -> String {
    if now { format!("{what} was not {how}, now is") } else { format!("{what} was {how}, is no longer") }
}

fn encoding(kind: Type) -> &'static str {
    if kind == Type::Group { "as a group" } else { "with its length" }
}

fn shape_note(structure: Structure) -> &'static str {
    match structure {
        Structure::Identical => ", which has the same shape",
        Structure::SameWire => ", which has the same numbers and types under other names",
        Structure::NotComparable | Structure::Different => "",
    }
}

fn field_name(change: &Change, cx: &Cx<'_>, how: &NameChange<FieldId>) -> String {
    let Some((old_id, new_id)) = change.fields() else { return String::new() };
    let a = cx.old.field(old_id);
    let noun = cx.old.noun(Element::Field(old_id));
    let was = field_name_of(cx.old, old_id);
    let mut message = format!(
        "{noun} {} of `{}` was `{was}`, is now `{}`",
        a.number,
        holder(cx.old, a),
        field_name_of(cx.new, new_id)
    );
    match how {
        NameChange::Renamed => {}
        NameChange::Swapped(other) => {
            message.push_str(&format!(", and {} the other way round", cx.old.field(*other).number));
        }
        NameChange::Reused { was: from, now: to } => {
            if let Some(from) = from {
                message.push_str(&format!(", which was {}", cx.old.field(*from).number));
            }
            if let Some(to) = to {
                message.push_str(&format!("; `{was}` is now {}", cx.new.field(*to).number));
            }
        }
    }
    message
}

fn enum_value_name(
    change: &Change,
    cx: &Cx<'_>,
    old_names: &[Box<str>],
    new_names: &[Box<str>],
    how: &NameChange<i32>,
) -> String {
    let (number, holder): (i32, EnumId) = match change.old {
        Some(Element::EnumValue(id)) => (cx.old.value(id).number, cx.old.value(id).parent),
        _ => return String::new(),
    };
    let mut message = format!(
        "enum value {number} of `{}` was {}, is now {}",
        cx.old.enum_(holder).full_name,
        names(old_names),
        names(new_names)
    );
    match how {
        NameChange::Renamed => {}
        NameChange::Swapped(other) => message.push_str(&format!(", and {other} the other way round")),
        NameChange::Reused { was, now } => {
            if let Some(was) = was {
                message.push_str(&format!(", which was {was}"));
            }
            if let Some(now) = now {
                message.push_str(&format!("; the old name is now {now}"));
            }
        }
    }
    message
}

fn lost(change: &Change, range: Range, missing: &[Range]) -> String {
    let list: Vec<String> = missing.iter().map(|r| range_text(change, *r)).collect();
    let whole = range_text(change, range);
    let list = list.join(", ");
    if list == whole { list } else { format!("{list} (of {whole})") }
}

/// The simple name of a field, the full name of an extension.
fn field_name_of(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() { schema.full_name(Element::Field(id)) } else { field.name.to_string() }
}

/// The message a field belongs to; for an extension the one it extends.
fn holder<'a>(schema: &'a Schema, field: &'a Field) -> &'a str {
    match (&field.extendee, field.parent) {
        (Some(extendee), _) => extendee,
        (None, Some(parent)) => &schema.message(parent).full_name,
        (None, None) => "",
    }
}

fn files<'a>(change: &Change, cx: &Cx<'a>) -> (&'a crate::schema::File, &'a crate::schema::File) {
    match (change.old, change.new) {
        (Some(old), Some(new)) => (cx.old.file(cx.old.file_of(old)), cx.new.file(cx.new.file_of(new))),
        (Some(old), None) => (cx.old.file(cx.old.file_of(old)), cx.old.file(cx.old.file_of(old))),
        (None, Some(new)) => (cx.new.file(cx.new.file_of(new)), cx.new.file(cx.new.file_of(new))),
        (None, None) => unreachable!("a change of a file has a file"),
    }
}

fn methods(change: &Change, cx: &Cx<'_>, get: impl Fn(&crate::schema::Method) -> String) -> (String, String) {
    let value = |schema: &Schema, element: Option<Element>| match element {
        Some(Element::Method(id)) => get(schema.method(id)),
        _ => String::new(),
    };
    (value(cx.old, change.old), value(cx.new, change.new))
}

/// A text that fits on the line: option values may be whole documents.
fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST).collect();
    cut.push('…');
    cut
}
