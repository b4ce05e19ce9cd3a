//! Which types files of others may use: `export` and `local` in front of a type, and
//! `features.default_symbol_visibility` where nothing stands there (google/protobuf/descriptor.proto,
//! `SymbolVisibility` and `FeatureSet.VisibilityFeature`).

use buffa_descriptor::generated::descriptor as pb;

use super::model::{Element, FileId};
use super::tables::Schema;

/// What holds for the types of a file that say nothing themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefaultVisibility {
    /// All are exported: the default up to edition 2023.
    ExportAll,
    /// Those at the top of the file are exported: the default in edition 2024.
    ExportTopLevel,
    /// None is exported.
    LocalAll,
    /// None is exported, and what is nested cannot be: the default from edition 2026 on.
    Strict,
}

impl DefaultVisibility {
    /// By the number or the name that descriptor.proto gives it.
    pub(super) fn of(number: i32) -> Option<DefaultVisibility> {
        Some(match number {
            1 => DefaultVisibility::ExportAll,
            2 => DefaultVisibility::ExportTopLevel,
            3 => DefaultVisibility::LocalAll,
            4 => DefaultVisibility::Strict,
            _ => return None,
        })
    }

    /// Where a file says nothing.
    pub(super) fn of_edition(edition: i32) -> DefaultVisibility {
        match edition {
            ..=1000 => DefaultVisibility::ExportAll,
            1001 => DefaultVisibility::ExportTopLevel,
            _ => DefaultVisibility::Strict,
        }
    }

    /// The name in descriptor.proto.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DefaultVisibility::ExportAll => "EXPORT_ALL",
            DefaultVisibility::ExportTopLevel => "EXPORT_TOP_LEVEL",
            DefaultVisibility::LocalAll => "LOCAL_ALL",
            DefaultVisibility::Strict => "STRICT",
        }
    }
}

/// Whether files of others may use a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Visibility {
    /// `export` or `local` in front of the type, where one of them stands there.
    pub written: Option<Keyword>,
    /// What follows from that and from the file.
    pub exported: bool,
}

/// A word in front of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// Files of others may use the type.
    Export,
    /// Only its own file may.
    Local,
}

impl Keyword {
    /// As written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Keyword::Export => "export",
            Keyword::Local => "local",
        }
    }
}

impl Schema {
    /// Whether files of others may use a type; `None` for what is no type.
    pub fn visibility(&self, element: Element) -> Option<Visibility> {
        match element {
            Element::Message(id) => Some(self.message(id).visibility),
            Element::Enum(id) => Some(self.enum_(id).visibility),
            _ => None,
        }
    }

    /// The messages and enums of a file by their full names, those that the compiler made for maps excepted.
    pub fn types_of(&self, file: FileId) -> impl Iterator<Item = (&str, Element)> {
        let messages = self.messages().filter(move |(_, m)| m.file == file && !m.map_entry);
        let enums = self.enums().filter(move |(_, e)| e.file == file);
        let messages = messages.map(|(id, m)| (&*m.full_name, Element::Message(id)));
        messages.chain(enums.map(|(id, e)| (&*e.full_name, Element::Enum(id))))
    }
}

impl Visibility {
    pub(super) fn new(
        written: Option<pb::SymbolVisibility>,
        default: DefaultVisibility,
        nested: bool,
    ) -> Visibility {
        let written = match written {
            Some(pb::SymbolVisibility::VISIBILITY_EXPORT) => Some(Keyword::Export),
            Some(pb::SymbolVisibility::VISIBILITY_LOCAL) => Some(Keyword::Local),
            _ => None,
        };
        let exported = match written {
            Some(keyword) => keyword == Keyword::Export,
            None => match default {
                DefaultVisibility::ExportAll => true,
                DefaultVisibility::ExportTopLevel => !nested,
                DefaultVisibility::LocalAll | DefaultVisibility::Strict => false,
            },
        };
        Visibility { written, exported }
    }
}
