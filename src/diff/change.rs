//! The change: what happened, to which elements.

use super::kind::{
    Comeback, Departure, Id, Kind, NameChange, Notice, Otherwise, Past, keep_key, reserve_field,
    reserve_value,
};
use super::remedy::Remedy;
use crate::schema::{Cardinality, Element, FieldId, Meaning, MessageId, Schema, options, qualify};
use crate::words::Nature;

/// The two schemas a change speaks of.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// The old side.
    pub old: &'a Schema,
    /// The new side.
    pub new: &'a Schema,
}

impl Cx<'_> {
    /// The field of the new side that has the number of an extension of the old side, in the message it extended: the
    /// updating guide calls that the same thing (<https://protobuf.dev/programming-guides/proto2/#updating>).
    pub(crate) fn field_for_extension(&self, extension: FieldId) -> Option<FieldId> {
        let old = self.old.field(extension);
        let message = self.new.message_by_name(old.extendee.as_deref()?)?;
        self.new.field_by_number(message, old.number)
    }

    /// The same the other way round.
    pub(crate) fn extension_for_field(&self, field: FieldId) -> Option<FieldId> {
        let old = self.old.field(field);
        let message = self.old.message(old.parent.filter(|_| !old.is_extension())?);
        self.new.extension(&message.full_name, old.number)
    }

    /// The message that a file which is in another package now declares in the place of one that is gone.
    pub(crate) fn successor(&self, change: &Change) -> Option<MessageId> {
        let Kind::TypeRemoved(Departure { file: Some(file), nested_name, left_file: false, .. }) =
            &change.kind
        else {
            return None;
        };
        let Some(Element::Message(_)) = change.old else { return None };
        self.new.message_by_name(&qualify(&self.new.file(*file).package, nested_name))
    }
}

/// One edit between two schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The element on the old side, in the old schema.
    pub old: Option<Element>,
    /// The element on the new side, in the new schema.
    pub new: Option<Element>,
    /// Of a removal: how long published versions have had the element deprecated, where somebody has looked.
    pub notice: Notice,
    /// Of a type, extension, service or method that came: what published versions had under its name that was something else,
    /// as far as anybody remembers.
    pub otherwise: Vec<Otherwise>,
}

impl Change {
    /// The full name of the element on the old side, or on the new side when there is no old one.
    pub fn symbol(&self, cx: &Cx<'_>) -> String {
        match (&self.kind, self.old, self.new) {
            (Kind::PackageAdded { package } | Kind::PackageRemoved { package }, ..) => package.to_string(),
            (_, Some(old), _) => cx.old.full_name(old),
            (_, None, Some(new)) => cx.new.full_name(new),
            (_, None, None) => String::new(),
        }
    }

    /// The word for the element: `field`, `extension`, `package`.
    pub fn noun(&self, cx: &Cx<'_>) -> &'static str {
        match (&self.kind, self.old, self.new) {
            (Kind::PackageAdded { .. } | Kind::PackageRemoved { .. }, ..) => "package",
            (_, Some(old), _) => cx.old.noun(old),
            (_, None, Some(new)) => cx.new.noun(new),
            (_, None, None) => "contract",
        }
    }

    /// The name of the kind in JSON, fingerprints and documentation: `field-type-changed`,
    /// `message-removed`.
    pub fn id(&self, cx: &Cx<'_>) -> String {
        match self.kind.facts().id {
            Id::Is(id) => id.to_owned(),
            Id::OfNoun(what) => format!("{}-{what}", self.noun(cx).replace(' ', "-")),
        }
    }

    /// What sort of edit it is.
    pub fn nature(&self) -> Nature {
        self.kind.facts().nature
    }

    /// What satisfies a rule that lets go what is reserved.
    pub fn reservation(&self, cx: &Cx<'_>) -> Option<Remedy> {
        let reserved = match &self.kind {
            Kind::FieldRemoved { .. } => reserve_field(self, cx),
            Kind::EnumValueRemoved { .. } => reserve_value(self, cx),
            _ => None,
        };
        reserved.or_else(|| self.remedy(cx))
    }

    /// What data and calls need, and code does not: what was deprecated may go if it is reserved (of anything else somebody may
    /// still write), and a field may have another name if it keeps its key.
    pub fn data_remedy(&self, cx: &Cx<'_>) -> Option<Remedy> {
        let needed = match self.old {
            Some(Element::Field(id)) => cx.old.field(id).cardinality == Cardinality::Required,
            _ => false,
        };
        let told = self.old.is_some_and(|old| cx.old.is_deprecated(old));
        match &self.kind {
            Kind::FieldNameChanged(NameChange::Renamed) => keep_key(self, cx).or_else(|| self.remedy(cx)),
            _ if told && !needed => self.reservation(cx),
            _ => self.remedy(cx),
        }
    }

    /// The way out, where there is a short one: what makes up for the change for everybody.
    pub fn remedy(&self, cx: &Cx<'_>) -> Option<Remedy> {
        (self.kind.facts().remedy)(self, cx)
    }

    /// What an earlier published version used the number for, for a number that came back.
    pub fn published(&self) -> Option<&Past> {
        match &self.kind {
            Kind::FieldAdded { published, .. } | Kind::EnumValueAdded { published, .. } => {
                published.as_deref()
            }
            _ => None,
        }
    }

    /// The same for a number that came back as something else.
    pub fn reused(&self) -> Option<&Past> {
        self.published().filter(|past| past.comeback != Comeback::Same)
    }

    /// What the changed option is about, if that is known; `None` for every other kind of change.
    pub fn meaning(&self) -> Option<Meaning> {
        let Kind::OptionChanged { option, .. } = &self.kind else { return None };
        options::meaning(self.new.or(self.old)?, option)
    }

    /// The element that is gone, where nothing took its place: no rename, no field that has another number now, and no type
    /// of a file that is in another package now. What goes with the message around it is no removal of its own, nor are the
    /// messages that maps are made of.
    pub fn gone(&self, cx: &Cx<'_>) -> Option<Element> {
        let gone = match &self.kind {
            Kind::FieldRemoved { renumbered: None, .. } | Kind::EnumValueRemoved { .. } => true,
            Kind::MethodRemoved => true,
            Kind::TypeRemoved(gone) => gone.left_file || gone.file.is_none(),
            _ => false,
        };
        let old = self.old.filter(|_| gone)?;
        let outer = match old {
            Element::Message(id) if cx.old.message(id).map_entry => return None,
            Element::Message(id) => cx.old.message(id).parent,
            Element::Enum(id) => cx.old.enum_(id).parent,
            Element::Field(id) if cx.old.field(id).is_extension() => cx.old.field(id).parent,
            _ => None,
        };
        let stays = |id| cx.new.message_by_name(&cx.old.message(id).full_name).is_some();
        outer.is_none_or(stays).then_some(old)
    }

    /// The field on both sides, for changes of a field that is there on both.
    pub fn fields(&self) -> Option<(FieldId, FieldId)> {
        match (self.old, self.new) {
            (Some(Element::Field(old)), Some(Element::Field(new))) => Some((old, new)),
            _ => None,
        }
    }
}

impl Change {
    /// What tells two changes of one kind and symbol apart, for a total order: never ids, which follow the
    /// order of declarations.
    pub(super) fn kind_detail(&self, cx: &Cx<'_>) -> String {
        (self.kind.facts().among)(&self.kind).unwrap_or_else(|| match (self.old, self.new) {
            (Some(old), _) => cx.old.file(cx.old.file_of(old)).name.to_string(),
            (None, Some(new)) => cx.new.file(cx.new.file_of(new)).name.to_string(),
            (None, None) => String::new(),
        })
    }
}
