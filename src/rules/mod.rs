//! The catalogue: one rule a file, each a selector over changes.
//!
//! A rule names something teams agree to forbid. It picks the changes it speaks of and says where to point and
//! in which words; it never walks a schema, reads configuration or compares elements. The ids and categories of
//! buf are the field's common language and are kept; rules of our own are named the same way.

mod catalogue;
pub(crate) mod deprecation;
mod describe;
mod enums;
mod extension;
mod field;
mod file;
mod message;
mod name;
mod oneof;
mod option;
mod package;
mod page;
mod place;
mod primary;
mod reserved;
mod rpc;
mod service;
mod types;

pub use catalogue::{Lookup, REMOVED, RULES, Retired, RulesVersion, category, find, near};
pub use describe::describe;
pub use page::page;
pub use place::place;
pub use primary::primary;

use crate::diff::{Change, Cx, Departure, Remedy};
use crate::schema::{Element, FileId, Schema, SourcePath};
pub(crate) use crate::words::{Bump, Level};

/// One named rule.
#[derive(Debug)]
pub struct Rule {
    /// The id: `FIELD_SAME_TYPE`.
    pub id: &'static str,
    /// The categories that contain it.
    pub categories: Categories,
    /// How loud it is by default.
    pub level: Level,
    /// What it does to the next version.
    pub bump: Bump,
    /// Whether it is in use.
    pub status: Status,
    /// What people read about it.
    pub docs: Docs,
    /// What makes it content with a change that it picks.
    pub remedy: fn(&Change, &Cx<'_>) -> Option<Remedy>,
    /// Picks a change.
    pub select: fn(&Change, &Cx<'_>) -> Option<Hit>,
}

/// Whether a rule is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Stable {
        /// The first version of protopact that had it.
        since: &'static str,
    },
    /// Retired; naming it is a warning.
    Removed {
        /// What to name instead.
        use_instead: &'static [&'static str],
    },
}

/// What people read about a rule. The texts are prose without headings; the examples are whole .proto files.
#[derive(Debug)]
pub struct Docs {
    /// What the rule flags.
    pub flags: &'static str,
    /// Who breaks and why.
    pub breaks: &'static str,
    /// The example on the old side.
    pub before: &'static str,
    /// The example on the new side; this rule fires on the pair.
    pub after: &'static str,
    /// The way out.
    pub fix: &'static str,
}

/// A set of categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Categories(u8);

impl Categories {
    /// In no category: named alone, or found by lens.
    pub const NONE: Categories = Categories(0);
    /// Source code that names the file breaks.
    pub const FILE: Categories = Categories(1);
    /// Source code that names the package breaks.
    pub const PACKAGE: Categories = Categories(2);
    /// Binary or JSON data breaks.
    pub const WIRE_JSON: Categories = Categories(4);
    /// Binary data breaks.
    pub const WIRE: Categories = Categories(8);
    /// What a Confluent schema registry would refuse.
    pub const CSR: Categories = Categories(16);

    /// Every category with its name.
    pub const ALL: [(&'static str, Categories); 5] = [
        ("FILE", Categories::FILE),
        ("PACKAGE", Categories::PACKAGE),
        ("WIRE_JSON", Categories::WIRE_JSON),
        ("WIRE", Categories::WIRE),
        ("CSR", Categories::CSR),
    ];

    /// Both sets.
    pub const fn with(self, other: Categories) -> Categories {
        Categories(self.0 | other.0)
    }

    /// Whether every category of `other` is in the set.
    pub const fn contains(self, other: Categories) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set without `other`.
    pub const fn without(self, other: Categories) -> Categories {
        Categories(self.0 & !other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, in the order of [`Categories::ALL`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Categories::ALL.into_iter().filter(move |(_, c)| self.contains(*c)).map(|(name, _)| name)
    }
}

/// Where a rule points and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The place in the new sources. `None` for something that is gone with its file.
    pub new: Option<Anchor>,
    /// The place in the old sources.
    pub old: Option<Anchor>,
    /// One line, no full stop: what changed.
    pub message: String,
}

impl Hit {
    /// The default place and message of a change.
    pub fn of(change: &Change, cx: &Cx<'_>) -> Hit {
        Hit::says(change, cx, describe(change, cx))
    }

    /// The default place of a change with a message of its own.
    pub fn says(change: &Change, cx: &Cx<'_>, message: String) -> Hit {
        let (old, new) = place(change, cx);
        Hit { new, old, message }
    }

    /// A type that left its file, missed where it was, even if it is elsewhere now.
    fn departed(change: &Change, cx: &Cx<'_>, gone: &Departure) -> Hit {
        let (old, _) = place(change, cx);
        Hit { new: place::departed(gone, cx), old, message: describe(change, cx) }
    }
}

/// A place in one schema: a file and descriptor paths to try in order. When none of them has a position in the
/// source the place is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The file.
    pub file: FileId,
    /// Descriptor paths, the best first.
    pub paths: Vec<SourcePath>,
}

impl Anchor {
    /// A file as a whole.
    pub fn file(file: FileId) -> Anchor {
        Anchor { file, paths: Vec::new() }
    }

    /// An element.
    pub fn of(schema: &Schema, element: Element) -> Anchor {
        Anchor::map_field(schema, element)
            .unwrap_or_else(|| Anchor { file: schema.file_of(element), paths: vec![schema.path(element)] })
    }

    /// A part of an element (the descriptor path below it), without falling back to the element.
    pub fn part(schema: &Schema, element: Element, below: &[i32]) -> Anchor {
        Anchor::map_field(schema, element).unwrap_or_else(|| Anchor {
            file: schema.file_of(element),
            paths: vec![below_element(schema, element, below)],
        })
    }

    /// The first of these parts of an element that is written out, or the element where none is.
    pub fn parts_or_whole(schema: &Schema, element: Element, below: &[&[i32]]) -> Anchor {
        Anchor::map_field(schema, element).unwrap_or_else(|| {
            let mut paths: Vec<_> = below.iter().map(|b| below_element(schema, element, b)).collect();
            paths.push(schema.path(element));
            Anchor { file: schema.file_of(element), paths }
        })
    }

    /// A part of an element, or the element where the part is not written out.
    pub fn part_or_whole(schema: &Schema, element: Element, below: &[i32]) -> Anchor {
        Anchor::parts_or_whole(schema, element, &[below])
    }

    /// Nobody wrote the entry message of a map or its two fields: all of them stand at the type of the map
    /// field.
    fn map_field(schema: &Schema, element: Element) -> Option<Anchor> {
        let (map, _) = describe::map_of(schema, element)?;
        let map = Element::Field(map);
        Some(Anchor {
            file: schema.file_of(map),
            // The type name; see FieldDescriptorProto.
            paths: vec![below_element(schema, map, &[6]), schema.path(map)],
        })
    }
}

fn below_element(schema: &Schema, element: Element, below: &[i32]) -> SourcePath {
    let mut path = schema.path(element);
    path.extend_from_slice(below);
    path
}
