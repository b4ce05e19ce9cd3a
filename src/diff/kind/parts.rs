//! What kinds of changes are told with.

use semver::Version;

use crate::schema::{Element, FileId, Kind as Type, Label, MessageId, OneofId};
use crate::text::Date;

/// What an earlier published version used a number for that the old side does not use and the new side does.
///
/// Two schemas do not show it: whoever remembers more than two fills it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The newest version that used the number, as it is tagged: `v1.0.0`.
    pub version: Box<str>,
    /// The name at the number then.
    pub name: Box<str>,
    /// The type then as a person writes it (`repeated string`); empty for an enum value.
    pub type_text: Box<str>,
    /// The type then, if it was a scalar.
    pub scalar: Option<Type>,
    /// The label then.
    pub label: Label,
    /// How that compares with what the number is used for now.
    pub comeback: Comeback,
    /// The highest number that any remembered version used in the message or enum.
    pub highest: i32,
}

/// What a memory of every published version knows of the number and the name of an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ever {
    /// Some version used the number.
    pub number: bool,
    /// Some version used the name.
    pub name: bool,
}

/// How the present use of a number compares with one of the past, from harmless to not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comeback {
    /// The same name, type and label: what was gone is back.
    Same,
    /// The same name with another type, or now a list or no longer one.
    OtherType,
    /// Another name: the number means something else.
    OtherName,
}

/// Where a message, enum, service or extension went missing from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The name without the package.
    pub nested_name: Box<str>,
    /// The new file with the import path of the old one, if there is one.
    pub file: Option<FileId>,
    /// [`file`](Self::file) exists and declares nothing of this kind and nested name.
    pub left_file: bool,
    /// The package still exists and declares nothing of this kind and nested name.
    pub left_package: bool,
    /// The nearest enclosing message (by nested name) that [`file`](Self::file) still declares.
    pub anchor: Option<MessageId>,
}

/// What a changed name at one number means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameChange<T> {
    /// The old name is gone and the new name is new: a rename, or a reuse of the number for something else.
    /// The descriptors cannot tell.
    Renamed,
    /// Two numbers exchanged their names. Holds the old element that had the new name.
    Swapped(T),
    /// The new name stood at another number before (`was`, on the old side), or the old name stands at
    /// another number now (`now`, on the new side): the number means something else.
    Reused {
        /// Where the new name was.
        was: Option<T>,
        /// Where the old name is.
        now: Option<T>,
    },
}

/// How two types compare as trees of numbers and types; names of types do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// At least one side is a scalar, or one is a message and the other an enum: there is nothing to compare.
    NotComparable,
    /// The same numbers, names and types all the way down: the bytes and the JSON of either are the other's.
    Identical,
    /// The same numbers and types all the way down with other field names: the same bytes, other JSON.
    SameWire,
    /// Anything else.
    Different,
}

/// Membership in a oneof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneofChange {
    /// Into a oneof with no other field that was there before: the bytes cannot tell.
    JoinedAlone(OneofId),
    /// Into a oneof that holds other old fields: setting one now clears the others.
    JoinedOthers(OneofId),
    /// Out of a oneof.
    Left(OneofId),
    /// From one oneof to another of another name.
    Switched {
        /// On the old side.
        from: OneofId,
        /// On the new side.
        to: OneofId,
        /// Every other member went along: only the name of the oneof changed.
        renamed: bool,
    },
}

/// What an earlier published version had under a name that is new to the old side, where it was something else there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// The newest version that had it so, as it is tagged.
    pub version: Box<str>,
    /// The full name.
    pub symbol: Box<str>,
    /// What it was.
    pub was: Was,
}

/// What a name was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Was {
    /// Something of another kind.
    Kind {
        /// `message`, `enum` or `service`.
        noun: &'static str,
    },
    /// What holds a number that meant something else: a message, an enum, or what an extension extends.
    Holder {
        /// What has the number now.
        now: Element,
        /// The number.
        number: i32,
        /// What it meant.
        past: Box<Past>,
    },
    /// An extension with another number.
    At {
        /// The number.
        number: i32,
    },
    /// A method with other types or streams.
    Call {
        /// As it was: `(shop.v1.Get) returns (stream shop.v1.Item)`.
        signature: Box<str>,
        /// Whether either side streams where it did not, or the other way round.
        streams: bool,
    },
}

/// How long published versions have had as deprecated what is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// As long as is asked for.
    Given,
    /// Not as long.
    Early(Box<Waits>),
}

/// What a removal has to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The first of the published versions that have it as deprecated without a break; `None` where none has.
    pub since: Option<Box<str>>,
    /// How many published versions have it so.
    pub versions: usize,
    /// How many have to have it so before it may go: as many as are asked for, or as there are where these are more.
    pub needed: usize,
    /// The lowest version that may remove it; `None` where nothing was published.
    pub earliest: Option<Version>,
    /// How many days are asked for, and the first day on which there are so many, where that is still to come or not yet
    /// known.
    pub days: Option<(u32, Option<Date>)>,
}
