//! Kinds of changes of messages, enums, services and extensions as wholes.

use super::facts::{Facts, Id, Place, Shown, no_more, once};
use super::wording::{added, as_it_was, map_of, new_name, old, old_name, removed, was_otherwise};
use super::{Departure, Kind};
use crate::diff::Remedy;
use crate::schema::{Element, Schema};
use crate::words::Nature;

pub(super) static ADDED: Facts = Facts {
    id: Id::OfNoun("added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: added,
    among: once,
    apart: was_otherwise,
    whole: false,
    rule: |change, _| match change.new? {
        _ if !change.otherwise.is_empty() => Some("NAME_NO_REUSE"),
        Element::Service(_) => Some("SERVICE_NO_ADD"),
        Element::Field(_) => Some("EXTENSION_NO_ADD"),
        Element::Message(_) => Some("MESSAGE_NO_ADD"),
        Element::Enum(_) => Some("ENUM_NO_ADD"),
        _ => None,
    },
    remedy: as_it_was,
    shown: Shown::TypeAdded,
};

pub(super) static REMOVED: Facts = Facts {
    id: Id::OfNoun("removed"),
    nature: Nature::Removed,
    place: |change| departure(&change.kind).map_or(Place::Elements, Place::Departed),
    says: removed,
    among: once,
    apart: no_more,
    whole: true,
    rule: |change, _| {
        Some(match change.old? {
            Element::Enum(_) => "ENUM_NO_DELETE",
            Element::Service(_) => "SERVICE_NO_DELETE",
            Element::Field(_) => "EXTENSION_NO_DELETE",
            _ => "MESSAGE_NO_DELETE",
        })
    },
    remedy: |change, cx| {
        let name = old_name(change, cx);
        // The entry of a map comes and goes with the map, and nobody can write it.
        if let Some((map, _)) = map_of(cx.old, change.old?) {
            let map = cx.old.full_name(Element::Field(map));
            return Some(Remedy::Advice(format!("keep `{map}` the map that it was")));
        }
        // Two cannot have one name.
        if let Some(now) = cx.new.by_name(&name) {
            let (was, now) = (cx.old.noun(change.old?), cx.new.noun(now));
            return Some(Remedy::Advice(format!(
                "leave `{name}` the {was} that it was, and give the {now} a name that was never used"
            )));
        }
        Some(match change.old? {
            Element::Field(id) => {
                let field = cx.old.field(id);
                let taken = field.extendee.as_deref().and_then(|e| cx.new.extension(e, field.number));
                match taken.map(|now| cx.new.full_name(Element::Field(now))).filter(|now| *now != name) {
                    // Two cannot have one number.
                    Some(now) => Remedy::Advice(format!("give `{now}` the name `{name}` back")),
                    None => Remedy::KeepExtension { name, number: field.number },
                }
            }
            element => Remedy::KeepDeprecated { noun: cx.old.noun(element), name },
        })
    },
    shown: Shown::TypeRemoved,
};

pub(super) static MOVED: Facts = Facts {
    id: Id::OfNoun("moved"),
    nature: Nature::Moved,
    place: |_| Place::Elements,
    says: |change, cx| {
        let file = |schema: &Schema, element: Option<Element>| {
            element.map(|e| schema.file(schema.file_of(e)).name.to_string()).unwrap_or_default()
        };
        format!(
            "{} moved from `{}` to `{}`",
            old(change, cx),
            file(cx.old, change.old),
            file(cx.new, change.new)
        )
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |change, _| {
        Some(match change.old? {
            Element::Enum(_) => "ENUM_NO_MOVE",
            Element::Service(_) => "SERVICE_NO_MOVE",
            Element::Field(_) => "EXTENSION_NO_MOVE",
            _ => "MESSAGE_NO_MOVE",
        })
    },
    remedy: |change, cx| {
        let file = |schema: &Schema, e: Element| schema.file(schema.file_of(e)).name.to_string();
        let (name, was, is) = (old_name(change, cx), file(cx.old, change.old?), file(cx.new, change.new?));
        // With an import that is public nobody's .proto files break, but generated code has it in another place.
        Some(Remedy::Advice(format!("move `{name}` back to `{was}`, and let `{is}` import it from there")))
    },
    shown: Shown::Nothing,
};

pub(super) static RENAMED: Facts = Facts {
    id: Id::OfNoun("renamed"),
    nature: Nature::Renamed,
    place: |_| Place::Elements,
    says: |change, cx| {
        format!("{} is gone, and `{}` has the same shape", old(change, cx), new_name(change, cx))
    },
    among: once,
    apart: no_more,
    whole: true,
    rule: |change, _| {
        Some(match change.old? {
            Element::Enum(_) => "ENUM_NO_RENAME",
            Element::Service(_) => "SERVICE_NO_RENAME",
            _ => "MESSAGE_NO_RENAME",
        })
    },
    remedy: |change, cx| {
        let (old, new) = (old_name(change, cx), new_name(change, cx));
        Some(match change.old? {
            Element::Service(_) => Remedy::ServeBoth { old, new },
            _ => Remedy::KeepTypeName { old, new },
        })
    },
    shown: Shown::Nothing,
};

fn departure(kind: &Kind) -> Option<&Departure> {
    if let Kind::TypeRemoved(departure) = kind { Some(departure) } else { None }
}
