//! Kinds of changes of files, their imports and packages.

use super::facts::{Facts, Id, Place, Shown, no_more, no_remedy, no_rule, once};
use super::wording::{added, either, old, old_name, removed};
use super::{FileOption, Kind};
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, File, Schema};
use crate::words::Nature;

pub(super) static ADDED: Facts = Facts {
    id: Id::Is("file-added"),
    nature: Nature::Added,
    place: |_| Place::Files,
    says: added,
    among: once,
    apart: no_more,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static REMOVED: Facts = Facts {
    id: Id::Is("file-removed"),
    nature: Nature::Removed,
    place: |_| Place::Files,
    says: removed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FILE_NO_DELETE"),
    remedy: |change, cx| Some(Remedy::KeepFile { file: old_name(change, cx) }),
    shown: Shown::Nothing,
};

pub(super) static PACKAGE_CHANGED: Facts = Facts {
    id: Id::Is("file-package-changed"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[2]),
    says: |change, cx| {
        let (a, b) = files(change, cx);
        let file = old(change, cx);
        match (&*a.package, &*b.package) {
            ("", b) => format!("{file} had no package, is now in package `{b}`"),
            (a, "") => format!("{file} was in package `{a}`, is now in none"),
            (a, b) => format!("{file} was in package `{a}`, is now in package `{b}`"),
        }
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FILE_SAME_PACKAGE"),
    remedy: |change, cx| {
        let package = cx.old.package_of(change.old?).to_owned();
        Some(Remedy::KeepPackageLine { file: old_name(change, cx), package })
    },
    shown: Shown::Nothing,
};

pub(super) static SYNTAX_CHANGED: Facts = Facts {
    id: Id::Is("file-syntax-changed"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[12]),
    says: |change, cx| {
        let (a, b) = files(change, cx);
        format!("{} was `{}`, is now `{}`", old(change, cx), a.syntax, b.syntax)
    },
    among: once,
    apart: |change, cx| {
        let syntax = |schema: &Schema, element: Option<Element>| {
            element.map(|e| schema.file(schema.file_of(e)).syntax.to_string()).unwrap_or_default()
        };
        format!("{} {}", syntax(cx.old, change.old), syntax(cx.new, change.new))
    },
    whole: false,
    rule: |_, _| Some("FILE_SAME_SYNTAX"),
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static OPTION_CHANGED: Facts = Facts {
    id: Id::Is("file-option-changed"),
    nature: Nature::Changed,
    place: |change| option(&change.kind).map_or(Place::Files, Place::Option),
    says: |change, cx| {
        let (name, a, b) = values(change, cx);
        let file = old(change, cx);
        match (&*a, &*b) {
            ("", b) => format!("{file} had no `{name}`, has now `{b}`"),
            (a, "") => format!("{file} had the `{name}` `{a}`, has now none"),
            (a, b) => format!("{file} had the `{name}` `{a}`, has now `{b}`"),
        }
    },
    among: |kind| option(kind).map(|o| o.name().to_owned()),
    apart: |change, cx| {
        let (name, a, b) = values(change, cx);
        format!("{name} {a:?} {b:?}")
    },
    whole: false,
    rule: |change, _| option(&change.kind).map(FileOption::rule),
    remedy: |change, cx| {
        let (option, value, _) = values(change, cx);
        let value = (!value.is_empty()).then_some(value);
        Some(Remedy::FileOption { file: old_name(change, cx), option, value })
    },
    shown: Shown::Nothing,
};

pub(super) static IMPORT_ADDED: Facts = Facts {
    id: Id::Is("import-added"),
    // Nothing more can be used: what it brings along is other files'.
    nature: Nature::Changed,
    place: |change| Place::Import(import(&change.kind)),
    says: |change, cx| format!("{} now imports `{}`", either(change, cx), import(&change.kind)),
    among: |kind| Some(import(kind).to_owned()),
    apart: |change, _| import(&change.kind).to_owned(),
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static IMPORT_REMOVED: Facts = Facts {
    id: Id::Is("import-removed"),
    nature: Nature::Removed,
    place: |change| Place::Import(import(&change.kind)),
    says: |change, cx| format!("{} no longer imports `{}`", either(change, cx), import(&change.kind)),
    among: |kind| Some(import(kind).to_owned()),
    apart: |change, _| import(&change.kind).to_owned(),
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static PUBLIC_IMPORT_REMOVED: Facts = Facts {
    id: Id::Is("import-removed"),
    nature: Nature::Removed,
    place: |change| Place::Import(import(&change.kind)),
    says: |change, cx| {
        format!("{} no longer imports `{}` publicly", either(change, cx), import(&change.kind))
    },
    among: |kind| Some(import(kind).to_owned()),
    apart: |change, _| import(&change.kind).to_owned(),
    whole: false,
    rule: |_, _| Some("IMPORT_PUBLIC_NO_DELETE"),
    remedy: |change, cx| {
        Some(Remedy::RestorePublicImport {
            file: old_name(change, cx),
            path: import(&change.kind).to_owned(),
        })
    },
    shown: Shown::Nothing,
};

pub(super) static PACKAGE_ADDED: Facts = Facts {
    id: Id::Is("package-added"),
    nature: Nature::Added,
    place: |_| Place::Files,
    says: |change, _| format!("package `{}` was added", package(&change.kind)),
    among: once,
    apart: no_more,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static PACKAGE_REMOVED: Facts = Facts {
    id: Id::Is("package-removed"),
    nature: Nature::Removed,
    place: |_| Place::Files,
    says: |change, _| format!("package `{}` was removed", package(&change.kind)),
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("PACKAGE_NO_DELETE"),
    remedy: |change, _| Some(Remedy::KeepPackage { package: package(&change.kind).to_owned() }),
    shown: Shown::Nothing,
};

fn option(kind: &Kind) -> Option<FileOption> {
    if let Kind::FileOptionChanged(option) = kind { Some(*option) } else { None }
}

fn import(kind: &Kind) -> &str {
    if let Kind::ImportAdded { path } | Kind::ImportRemoved { path, .. } = kind { path } else { "" }
}

fn package(kind: &Kind) -> &str {
    if let Kind::PackageAdded { package } | Kind::PackageRemoved { package } = kind { package } else { "" }
}

/// The name of a changed file option, and its value on both sides.
fn values(change: &Change, cx: &Cx<'_>) -> (&'static str, String, String) {
    let Some(option) = option(&change.kind) else { return ("", String::new(), String::new()) };
    let value = |schema: &Schema, element: Option<Element>| {
        element.map(|e| option.value(schema, schema.file_of(e))).unwrap_or_default()
    };
    (option.name(), value(cx.old, change.old), value(cx.new, change.new))
}

fn files<'a>(change: &Change, cx: &Cx<'a>) -> (&'a File, &'a File) {
    match (change.old, change.new) {
        (Some(old), Some(new)) => (cx.old.file(cx.old.file_of(old)), cx.new.file(cx.new.file_of(new))),
        (Some(old), None) => (cx.old.file(cx.old.file_of(old)), cx.old.file(cx.old.file_of(old))),
        (None, Some(new)) => (cx.new.file(cx.new.file_of(new)), cx.new.file(cx.new.file_of(new))),
        (None, None) => unreachable!("a change of a file has a file"),
    }
}
