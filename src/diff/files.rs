//! Files by import path, and packages.

use super::{Differ, FileOption, Kind};
use crate::schema::{Element, FileId};

pub(super) fn diff(differ: &mut Differ<'_>) {
    let cx = differ.cx;
    for (old_id, old) in cx.old.files() {
        match cx.new.file_by_name(&old.name) {
            Some(new_id) => pair(differ, old_id, new_id),
            None => differ.push(Kind::FileRemoved, Some(Element::File(old_id)), None),
        }
    }
    for (new_id, new) in cx.new.files() {
        if cx.old.file_by_name(&new.name).is_none() {
            differ.push(Kind::FileAdded, None, Some(Element::File(new_id)));
        }
    }
    for (package, files) in cx.old.packages() {
        if !cx.new.has_package(package) {
            let first = files.iter().copied().min_by_key(|f| &*cx.old.file(*f).name);
            differ.push(Kind::PackageRemoved { package: package.into() }, first.map(Element::File), None);
        }
    }
    for (package, files) in cx.new.packages() {
        if !cx.old.has_package(package) {
            let first = files.iter().copied().min_by_key(|f| &*cx.new.file(*f).name);
            differ.push(Kind::PackageAdded { package: package.into() }, None, first.map(Element::File));
        }
    }
}

fn pair(differ: &mut Differ<'_>, old_id: FileId, new_id: FileId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.file(old_id), cx.new.file(new_id));
    let (old_element, new_element) = (Element::File(old_id), Element::File(new_id));
    let mut push = |kind| differ.push(kind, Some(old_element), Some(new_element));
    if old.package != new.package {
        push(Kind::FilePackageChanged);
    }
    if old.syntax != new.syntax {
        push(Kind::FileSyntaxChanged);
    }
    if old.options != new.options {
        for option in FileOption::ALL {
            if option.value(cx.old, old_id) != option.value(cx.new, new_id) {
                push(Kind::FileOptionChanged(option));
            }
        }
    }
    for import in &old.imports {
        let now = cx.new.import_index(new_id, &import.path).map(|i| &new.imports[i]);
        if now.is_none() || (import.public && now.is_some_and(|i| !i.public)) {
            push(Kind::ImportRemoved { path: import.path.clone(), public: import.public });
        }
    }
    for import in &new.imports {
        if cx.old.import_index(old_id, &import.path).is_none() {
            push(Kind::ImportAdded { path: import.path.clone() });
        }
    }
    // Another edition has other defaults: that is said of the edition.
    if old.syntax == new.syntax {
        differ.generator_features(old_element, new_element, None);
    }
    visibility(differ, old_id, new_id);
    differ.options(old_element, new_element);
}

/// Types that say nothing about it themselves, and can be used by files of others on one side only.
fn visibility(differ: &mut Differ<'_>, old_id: FileId, new_id: FileId) {
    let cx = differ.cx;
    let (was, now) = (cx.old.file(old_id).default_visibility, cx.new.file(new_id).default_visibility);
    if was.is_none() || now.is_none() || was == now {
        return;
    }
    let (mut hidden, mut shown) = (Vec::new(), Vec::new());
    for (name, new) in cx.new.types_of(new_id) {
        let Some(old) = cx.old.by_name(name).filter(|old| cx.old.file_of(*old) == old_id) else { continue };
        let (Some(before), Some(after)) = (cx.old.visibility(old), cx.new.visibility(new)) else { continue };
        if before.written != after.written {
            // Whoever wrote that is told so.
        } else if before.exported && !after.exported {
            hidden.push(name.into());
        } else if !before.exported && after.exported {
            shown.push(name.into());
        }
    }
    if !hidden.is_empty() || !shown.is_empty() {
        hidden.sort();
        shown.sort();
        let kind = Kind::VisibilityChanged { hidden, shown };
        differ.push(kind, Some(Element::File(old_id)), Some(Element::File(new_id)));
    }
}
