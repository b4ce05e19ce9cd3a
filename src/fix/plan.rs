//! From a change and its remedy to edits: what is tried, in order. Which of it holds is found out afterwards.

use super::draft::{Draft, Lifted, Slot};
use super::fields::{self, Pair};
use super::sides::{Sides, Why};
use super::tree::What;
use super::{enums, retired, types};
use crate::diff::{Change, Kind, Remedy};
use crate::schema::{Cardinality, Element, FieldId, MessageId, Schema, Syntax};

type Made = Result<(), Why>;

/// What may repair a change, the smallest edit first.
pub(super) fn drafts(sides: &Sides<'_>, change: &Change, remedy: Option<&Remedy>) -> Vec<Result<Draft, Why>> {
    let mut plan = Plan { out: Vec::new() };
    if let Some(remedy) = remedy {
        advised(&mut plan, sides, change, remedy);
    }
    by_kind(&mut plan, sides, change);
    let mut out: Vec<Result<Draft, Why>> = Vec::new();
    for draft in plan.out {
        if !out.contains(&draft) {
            out.push(draft);
        }
    }
    out
}

/// The first edit that a remedy stands for.
pub(super) fn advised_draft(sides: &Sides<'_>, change: &Change, remedy: &Remedy) -> Option<Draft> {
    let mut plan = Plan { out: Vec::new() };
    advised(&mut plan, sides, change, remedy);
    plan.out.into_iter().find_map(Result::ok)
}

struct Plan {
    out: Vec<Result<Draft, Why>>,
}

impl Plan {
    fn attempt(&mut self, make: impl FnOnce(&mut Draft) -> Made) {
        let mut draft = Draft::default();
        self.out.push(match make(&mut draft) {
            Ok(()) if draft.is_empty() => Err("the text has nothing to change for it".to_owned()),
            Ok(()) => Ok(draft),
            Err(why) => Err(why),
        });
    }
}

/// The field on both sides. The key and the value of a map are the map's.
fn pair(sides: &Sides<'_>, change: &Change) -> Result<Pair, Why> {
    let (old, new) = change.fields().ok_or("it is no field")?;
    Ok(Pair { old: whole(sides.cx.old, old), new: whole(sides.cx.new, new) })
}

fn whole(schema: &Schema, id: FieldId) -> FieldId {
    schema.field(id).parent.and_then(|entry| map_of(schema, entry)).unwrap_or(id)
}

/// The field that a message is the entry of.
fn map_of(schema: &Schema, entry: MessageId) -> Option<FieldId> {
    let message = schema.message(entry);
    let outer = schema.message(message.parent.filter(|_| message.map_entry)?);
    outer.fields.iter().copied().find(|f| schema.field(*f).type_name.as_deref() == Some(&*message.full_name))
}

fn new_field(change: &Change) -> Result<FieldId, Why> {
    match change.new {
        Some(Element::Field(id)) => Ok(id),
        _ => Err("it is no field".to_owned()),
    }
}

/// What the remedy says.
fn advised(plan: &mut Plan, sides: &Sides<'_>, change: &Change, remedy: &Remedy) {
    let strings = |names: &[Box<str>]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    match remedy {
        Remedy::Reserve { holder, numbers, names } => {
            plan.attempt(|d| {
                retired::reserve(d, sides, sides.new_holder(&holder.name)?, numbers, &strings(names));
                Ok(())
            });
        }
        Remedy::Extensions { holder, numbers } => {
            plan.attempt(|d| types::extensions(d, sides, &holder.name, numbers))
        }
        Remedy::Restore { element, names, number, .. } => match change.old {
            Some(Element::Field(id)) => plan.attempt(|d| fields::restore(d, sides, id, true)),
            _ => {
                let enum_ = element.rsplit_once('.').map_or("", |(enum_, _)| enum_);
                plan.attempt(|d| enums::restore(d, sides, enum_, names, *number));
            }
        },
        Remedy::KeepDeprecated { .. } => match change.old {
            Some(Element::Method(id)) => plan.attempt(|d| types::restore_method(d, sides, id)),
            Some(element) => plan.attempt(|d| types::restore(d, sides, element)),
            None => {}
        },
        Remedy::KeepExtension { .. } => {
            if let Some(Element::Field(id)) = change.old {
                plan.attempt(|d| types::restore_extension(d, sides, id));
            }
        }
        Remedy::KeepFile { file } => plan.attempt(|d| types::restore_file(d, sides, file)),
        Remedy::KeepPackage { package } => {
            if let Some(Element::File(id)) = change.old {
                let file = &sides.cx.old.file(id).name;
                plan.attempt(|d| match sides.cx.new.file_by_name(file) {
                    Some(_) => types::package(d, sides, file, package),
                    None => types::restore_file(d, sides, file),
                });
            }
        }
        Remedy::KeepPackageLine { file, package } => {
            plan.attempt(|d| types::package(d, sides, file, package))
        }
        Remedy::FileOption { file, option, .. } => {
            plan.attempt(|d| types::file_option(d, sides, file, file, &|name| name == *option));
        }
        Remedy::RestorePublicImport { file, path } => {
            plan.attempt(|d| types::public_import(d, sides, file, path));
        }
        Remedy::KeepName { .. } => named(plan, sides, change),
        Remedy::KeepTypeName { .. } | Remedy::ServeBoth { .. } => {
            if let (Some(old), Some(new)) = (change.old, change.new) {
                let beside = matches!(remedy, Remedy::ServeBoth { .. });
                if beside {
                    plan.attempt(|d| types::restore(d, sides, old));
                }
                plan.attempt(|d| types::rename(d, sides, old, new));
                if !beside {
                    plan.attempt(|d| types::restore(d, sides, old));
                }
            }
        }
        Remedy::KeepFieldName { .. } => {
            plan.attempt(|d| fields::pin(d, sides, pair(sides, change)?));
            plan.attempt(|d| fields::rename(d, sides, pair(sides, change)?));
        }
        Remedy::KeepJsonName { .. } => plan.attempt(|d| fields::pin(d, sides, pair(sides, change)?)),
        Remedy::KeepAliases { enum_, names, number, behind } => {
            plan.attempt(|d| enums::alias(d, sides, enum_, names, (*number, behind.as_deref())));
            if let (Some(Element::EnumValue(old)), Some(Element::EnumValue(new))) = (change.old, change.new) {
                plan.attempt(|d| enums::rename(d, sides, old, new));
            }
        }
        Remedy::KeepOneof { .. } => {
            if let Some(Element::Oneof(id)) = change.old {
                plan.attempt(|d| fields::restore_oneof(d, sides, id));
            }
        }
        Remedy::Renumber { message, name, number, .. } => {
            plan.attempt(|d| fields::renumber(d, sides, message, &[(name.clone(), *number)], true));
        }
        Remedy::SwapBack { message, one, other } => {
            plan.attempt(|d| fields::renumber(d, sides, message, &[one.clone(), other.clone()], true));
        }
        Remedy::MoveAway { message, old_name, number, .. } => {
            plan.attempt(|d| fields::renumber(d, sides, message, &[(old_name.clone(), *number)], true));
        }
        Remedy::RenumberValues { enum_, names, number } => {
            let wanted: Vec<(String, i32)> = names.iter().map(|n| (n.to_string(), *number)).collect();
            plan.attempt(|d| enums::renumber(d, sides, enum_, &wanted));
        }
        Remedy::TakeNumber { .. } => plan.attempt(|d| fields::leave(d, sides, new_field(change)?, &[])),
        Remedy::TakeNameAndNumber { name, .. } => {
            plan.attempt(|_| {
                Err(format!("`{name}` needs a name that was never used, which is yours to choose"))
            });
        }
        Remedy::LeaveNumber { old_name, .. } | Remedy::RestoreType { old_name, .. } => {
            let names = [old_name.to_string()];
            match change.new {
                Some(Element::Field(id)) => plan.attempt(|d| fields::leave(d, sides, id, &names)),
                Some(Element::EnumValue(id)) => plan.attempt(|d| enums::leave(d, sides, id, &names)),
                _ => {}
            }
        }
        Remedy::KeepType { .. }
        | Remedy::AddFieldOfType { .. }
        | Remedy::KeepCardinality { .. }
        | Remedy::KeepRequired { .. } => {
            plan.attempt(|d| fields::as_declared(d, sides, pair(sides, change)?))
        }
        Remedy::KeepDefault { value, .. } => {
            plan.attempt(|d| fields::entries(d, sides, pair(sides, change)?, &|name| name == "default"));
            if let Some(value) = value {
                plan.attempt(|d| fields::set(d, sides, new_field(change)?, "default", value));
            }
        }
        Remedy::LeaveOutside { .. } => {
            plan.attempt(|d| fields::leave_oneof(d, sides, pair(sides, change)?, false))
        }
        Remedy::LeaveInOneof { .. } => {
            plan.attempt(|d| fields::join_oneof(d, sides, pair(sides, change)?, false))
        }
        Remedy::Packed { packed, .. } => {
            plan.attempt(|d| {
                fields::entries(d, sides, pair(sides, change)?, &|name| {
                    name == "packed" || name == "features.repeated_field_encoding"
                })
            });
            plan.attempt(|d| {
                let id = new_field(change)?;
                let new = sides.cx.new;
                match (new.file(new.field(id).file).syntax, packed) {
                    (Syntax::Edition(_), true) => {
                        fields::set(d, sides, id, "features.repeated_field_encoding", "PACKED")
                    }
                    (Syntax::Edition(_), false) => {
                        fields::set(d, sides, id, "features.repeated_field_encoding", "EXPANDED")
                    }
                    (_, packed) => fields::set(d, sides, id, "packed", &packed.to_string()),
                }
            });
        }
        Remedy::KeepEnumType { closed, .. } => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return };
            plan.attempt(|d| types::options(d, sides, old, new, &|name| name.starts_with("features")));
            let value = if *closed { "CLOSED" } else { "OPEN" };
            // Elsewhere the syntax of the file says it.
            let new_file = sides.cx.new.file(sides.cx.new.file_of(new));
            if !matches!(new_file.syntax, Syntax::Edition(_)) {
                return;
            }
            plan.attempt(|d| set_option(d, sides, new, "features.enum_type", value));
        }
        Remedy::AddMethodBeside { .. } => {
            if let (Some(Element::Method(old)), Some(Element::Method(new))) = (change.old, change.new) {
                plan.attempt(|d| types::as_called(d, sides, old, new));
            }
        }
        Remedy::Idempotency { .. } => {
            if let (Some(old), Some(new)) = (change.old, change.new) {
                plan.attempt(|d| types::options(d, sides, old, new, &|name| name == "idempotency_level"));
            }
        }
        Remedy::Advice(_) => {}
    }
}

/// A name of an element that others refer to by it.
fn named(plan: &mut Plan, sides: &Sides<'_>, change: &Change) {
    match (change.old, change.new) {
        (Some(Element::Field(old)), Some(Element::Field(new))) => {
            plan.attempt(|d| fields::rename(d, sides, Pair { old, new }));
        }
        (Some(Element::Oneof(id)), _) => {
            let renamed = match &change.kind {
                Kind::OneofRemoved { renamed, .. } => *renamed,
                _ => None,
            };
            if let Some(now) = renamed {
                plan.attempt(|d| {
                    let at = sides.now(Element::Oneof(now))?;
                    let range = at.node.name_at().ok_or("the statement cannot be read")?;
                    d.replace(at.file, range, &*sides.cx.old.oneof(id).name);
                    Ok(())
                });
            }
            plan.attempt(|d| fields::restore_oneof(d, sides, id));
        }
        _ => {}
    }
}

/// What undoes a change, whatever is advised.
fn by_kind(plan: &mut Plan, sides: &Sides<'_>, change: &Change) {
    let (old, new) = (sides.cx.old, sides.cx.new);
    match (&change.kind, change.old, change.new) {
        (Kind::FieldRemoved { .. }, Some(Element::Field(id)), _) => {
            let required = old.field(id).cardinality == Cardinality::Required;
            plan.attempt(|d| fields::restore(d, sides, id, !required));
        }
        (Kind::EnumValueRemoved { names, .. }, Some(Element::EnumValue(id)), _) => {
            let value = old.value(id);
            let enum_ = &old.enum_(value.parent).full_name;
            plan.attempt(|d| enums::restore(d, sides, enum_, names, value.number));
        }
        (Kind::FieldAdded { .. }, _, Some(Element::Field(id)))
            if new.field(id).cardinality == Cardinality::Required =>
        {
            plan.attempt(|d| fields::relax(d, sides, id));
        }
        (Kind::EnumValueAdded { alias: true, .. }, _, Some(Element::EnumValue(id))) => {
            plan.attempt(|d| enums::behind(d, sides, id));
        }
        (Kind::EnumValueAdded { was_reserved: true, .. }, _, Some(Element::EnumValue(id))) => {
            plan.attempt(|d| enums::leave(d, sides, id, &[]));
        }
        (Kind::ReservedRangeRemoved { missing, .. }, _, Some(holder)) => {
            plan.attempt(|d| vacate(d, sides, holder, missing));
        }
        (Kind::ReservedNameRemoved { name }, ..) => {
            plan.attempt(|_| Err(format!("`{name}` is in use, and another name for it is yours to choose")))
        }
        (Kind::OptionChanged { option, .. }, Some(was), Some(now)) => {
            options(plan, sides, option, was, now);
        }
        (Kind::FileSyntaxChanged, Some(Element::File(id)), _) => {
            plan.attempt(|d| types::syntax(d, sides, &old.file(id).name));
        }
        (Kind::TypeRemoved(_), Some(element), _) => gone(plan, sides, element),
        (Kind::TypeMoved(_), Some(was), Some(now)) => {
            plan.attempt(|d| types::move_back(d, sides, was, now));
            plan.attempt(|d| types::restore_file(d, sides, &old.file(old.file_of(was)).name));
        }
        (Kind::TypeRenamed(_), Some(was), _) => {
            plan.attempt(|d| types::restore_file(d, sides, &old.file(old.file_of(was)).name));
        }
        (
            Kind::JsonFormatChanged
            | Kind::MessageSetChanged
            | Kind::DescriptorAccessorRemoved
            | Kind::EnumClosednessChanged
            | Kind::GeneratorFeaturesChanged
            | Kind::ExtensionRangeRemoved { .. },
            Some(was),
            Some(now),
        ) => {
            plan.attempt(|d| types::options(d, sides, was, now, &is_of_block));
            of_file(plan, sides, was);
        }
        (_, Some(Element::Field(_)), Some(Element::Field(_))) => field(plan, sides, change),
        _ => {}
    }
}

/// Everything that makes a field what it was, the smallest edit first.
fn field(plan: &mut Plan, sides: &Sides<'_>, change: &Change) {
    let Ok(pair) = pair(sides, change) else { return };
    let (was, now) = (sides.cx.old.field(pair.old), sides.cx.new.field(pair.new));
    plan.attempt(|d| fields::as_declared(d, sides, pair));
    for as_it_was in [false, true] {
        match (was.oneof, now.oneof) {
            (Some(_), _) => plan.attempt(|d| fields::join_oneof(d, sides, pair, as_it_was)),
            (None, Some(_)) => plan.attempt(|d| fields::leave_oneof(d, sides, pair, as_it_was)),
            (None, None) => {}
        }
    }
    if was.name != now.name {
        plan.attempt(|d| fields::rename(d, sides, pair));
        let message = was.parent.filter(|_| !was.is_extension());
        if let Some(message) = message.map(|m| &sides.cx.old.message(m).full_name) {
            let wanted = [(was.name.to_string(), was.number)];
            plan.attempt(|d| fields::renumber(d, sides, message, &wanted, true));
        }
    }
    plan.attempt(|d| fields::verbatim(d, sides, pair));
    of_file(plan, sides, Element::Field(pair.old));
}

/// What a file says about all that is in it.
fn of_file(plan: &mut Plan, sides: &Sides<'_>, element: Element) {
    let name = &sides.cx.old.file(sides.cx.old.file_of(element)).name;
    plan.attempt(|d| {
        let said = |option: &str| option.starts_with("features") || option == "java_string_check_utf8";
        types::file_option(d, sides, name, name, &said)
    });
    plan.attempt(|d| types::syntax(d, sides, name));
}

/// Options of messages and enums that make them what they are.
fn is_of_block(name: &str) -> bool {
    name.starts_with("features")
        || matches!(
            name,
            "message_set_wire_format"
                | "no_standard_descriptor_accessor"
                | "deprecated_legacy_json_field_conflicts"
        )
}

/// A declaration that is gone in a way of its own.
fn gone(plan: &mut Plan, sides: &Sides<'_>, element: Element) {
    let (old, new) = (sides.cx.old, sides.cx.new);
    match element {
        Element::Message(entry) if old.message(entry).map_entry => {
            let Some(was) = map_of(old, entry) else { return };
            let field = old.field(was);
            let message = field.parent.map(|m| &old.message(m).full_name);
            let now = message
                .and_then(|m| new.message_by_name(m))
                .and_then(|m| new.field_by_number(m, field.number));
            match now {
                Some(now) => {
                    let pair = Pair { old: was, new: now };
                    plan.attempt(|d| fields::as_declared(d, sides, pair));
                    if new.field(now).oneof.is_some() {
                        plan.attempt(|d| fields::leave_oneof(d, sides, pair, true));
                    }
                    plan.attempt(|d| fields::verbatim(d, sides, pair));
                }
                None => plan.attempt(|d| fields::restore(d, sides, was, true)),
            }
        }
        Element::Field(id) => {
            let extension = old.field(id);
            let other = extension.extendee.as_deref().and_then(|e| new.extension(e, extension.number));
            if let Some(other) = other {
                plan.attempt(|d| fields::rename(d, sides, Pair { old: id, new: other }));
            }
        }
        element => plan.attempt(|d| types::restore_file(d, sides, &old.file(old.file_of(element)).name)),
    }
}

/// Custom options and those of the language, by the name in the change or a nearer spelling of it.
fn options(plan: &mut Plan, sides: &Sides<'_>, option: &str, was: Element, now: Element) {
    plan.attempt(|d| {
        types::options(d, sides, was, now, &|name| {
            name == option || name.strip_prefix(option).is_some_and(|rest| rest.starts_with('.'))
        })
    });
    let last = option.rsplit('.').next().unwrap_or_default().trim_matches(['(', ')']);
    plan.attempt(|d| {
        types::options(d, sides, was, now, &|name| {
            let first = name.split(')').next().unwrap_or_default();
            first.starts_with('(') && first.rsplit(['.', '(']).next() == Some(last)
        })
    });
}

/// Has whoever took reserved numbers take others, and reserves them again.
fn vacate(draft: &mut Draft, sides: &Sides<'_>, holder: Element, missing: &[crate::schema::Range]) -> Made {
    let new = sides.cx.new;
    let at = sides.now(holder)?;
    let mut taken = std::collections::BTreeSet::new();
    let (full, users): (_, Vec<(Element, i32)>) = match holder {
        Element::Message(id) => {
            let message = new.message(id);
            (
                &message.full_name,
                message.fields.iter().map(|f| (Element::Field(*f), new.field(*f).number)).collect(),
            )
        }
        Element::Enum(id) => {
            let enum_ = new.enum_(id);
            (
                &enum_.full_name,
                enum_.values.iter().map(|v| (Element::EnumValue(*v), new.value(*v).number)).collect(),
            )
        }
        _ => return Err("it holds no numbers".to_owned()),
    };
    let is_enum = matches!(holder, Element::Enum(_));
    for (element, _) in users.into_iter().filter(|(_, n)| missing.iter().any(|r| r.contains(*n))) {
        let free = sides.numbers.next(full, is_enum, &taken).ok_or("no number is left")?;
        taken.insert(free);
        let user = sides.now(element)?;
        draft.replace(
            user.file,
            user.node.number_at().ok_or("the statement cannot be read")?,
            free.to_string(),
        );
    }
    retired::reserve(draft, sides, at, missing, &[]);
    Ok(())
}

fn set_option(draft: &mut Draft, sides: &Sides<'_>, element: Element, name: &str, value: &str) -> Made {
    let at = sides.now(element)?;
    match at.node.find(What::Option, name).and_then(super::tree::Node::value_at) {
        Some(range) => draft.replace(at.file, range, value),
        None => {
            let option = Lifted::new(format!("option {name} = {value};"));
            draft.insert(sides.new, at.file, at.node, Slot::First, &[option]);
        }
    }
    Ok(())
}
