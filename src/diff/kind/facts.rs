//! What is to know about a kind of change, as one entry.

use super::{Departure, FileOption, Kind};
use crate::diff::{Change, Cx, Remedy};
use crate::schema::MessageId;
use crate::words::Nature;

/// Everything that the parts above need to know about a kind of change and that is not a lens's to say. There is no
/// default: an entry answers every question.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The name in JSON, fingerprints and documentation.
    pub(crate) id: Id,
    /// What sort of edit it is.
    pub(crate) nature: Nature,
    /// Where it stands in the sources.
    pub(crate) place: fn(&Change) -> Place<'_>,
    /// One line about it, as [`wording`](super::wording) says it.
    pub(crate) says: fn(&Change, &Cx<'_>) -> String,
    /// What tells several changes of this kind and one element apart, for the order of a list; `None` where an element
    /// has one at most.
    pub(crate) among: fn(&Kind) -> Option<String>,
    /// What tells this answer from another one to the same question, for a fingerprint: nothing that a rebase or a new
    /// tag changes.
    pub(crate) apart: fn(&Change, &Cx<'_>) -> String,
    /// Whether the element counts with all its parts in a fingerprint: what is gone as a whole is told apart from
    /// another thing of the same name that goes later.
    pub(crate) whole: bool,
    /// The rule whose id and page stand for it where nobody named rules; `None` for what harms nobody in any lens.
    pub(crate) rule: fn(&Change, &Cx<'_>) -> Option<&'static str>,
    /// The way out, where there is a short one.
    pub(crate) remedy: fn(&Change, &Cx<'_>) -> Option<Remedy>,
    /// The data that may show what it does.
    pub(crate) shown: Shown,
}

/// The name of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// The same for every element.
    Is(&'static str),
    /// After the noun of the element: `removed` of a message is `message-removed`.
    OfNoun(&'static str),
}

/// Where a change stands: which part of its elements. Paths below an element are field numbers of descriptor.proto.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'c> {
    /// The elements themselves.
    Elements,
    /// The files as wholes.
    Files,
    /// A part of each element, written out or not.
    Part(&'static [i32]),
    /// The first of these parts that is written out, else the element.
    Written(&'static [&'static [i32]]),
    /// The same for a change that messages and enums share.
    WrittenOf {
        /// Of a message.
        message: &'static [&'static [i32]],
        /// Of an enum.
        enum_: &'static [&'static [i32]],
    },
    /// A file option.
    Option(FileOption),
    /// The import line of a path.
    Import(&'c str),
    /// The type of a field.
    FieldType,
    /// The `required` keyword; the message where there is none.
    Keyword(MessageId),
    /// Java's switch for UTF-8, of the file or the field.
    JavaUtf8,
    /// The old element, and the message that it is missed in.
    MissedIn(MessageId),
    /// The old element, and what is left of where it was.
    Departed(&'c Departure),
    /// The old element, and the enum or service of the same full name that it was removed from.
    Parent,
}

/// Which data may show what a change does to bytes and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// None.
    Nothing,
    /// What the field can hold, on both sides.
    Field,
    /// A message without the field.
    FieldAbsent,
    /// The field beside those that a oneof excludes.
    Oneof,
    /// What the field can hold, for a side that does not have it.
    FieldAdded,
    /// The same the other way round.
    FieldRemoved,
    /// A field that holds the value.
    EnumValue,
    /// A field that holds any value of the enum.
    Enum,
    /// What the extension can hold, or whatever carries the message.
    TypeAdded,
    /// The same the other way round.
    TypeRemoved,
    /// Extensions with the numbers that are missing.
    ExtensionRange,
    /// Everything the message can hold.
    Message,
}

/// For kinds that an element has once at most.
pub(super) fn once(_: &Kind) -> Option<String> {
    None
}

/// For kinds whose elements say everything.
pub(super) fn no_more(_: &Change, _: &Cx<'_>) -> String {
    String::new()
}

/// For kinds that harm nobody.
pub(super) fn no_rule(_: &Change, _: &Cx<'_>) -> Option<&'static str> {
    None
}

/// For kinds with nothing short to say about a way out.
pub(super) fn no_remedy(_: &Change, _: &Cx<'_>) -> Option<Remedy> {
    None
}
