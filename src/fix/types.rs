//! Types, methods and the lines of a file as they were.

use std::collections::BTreeSet;

use super::draft::{Draft, Lifted, Slot};
use super::marks::{deprecated, sync_options};
use super::sides::{Sides, Why};
use super::tree::{Node, What};
use crate::diff::missing;
use crate::diff::wording::range_text;
use crate::schema::{Element, Field, FieldId, MethodId, Range, Schema};

/// Declares a message, an enum or a service again.
pub(super) fn restore(draft: &mut Draft, sides: &Sides<'_>, element: Element) -> Result<(), Why> {
    sides.restore_type(draft, element, &mut BTreeSet::new()).map(drop)
}

/// Gives a type its name back, wherever it is named.
pub(super) fn rename(draft: &mut Draft, sides: &Sides<'_>, old: Element, new: Element) -> Result<(), Why> {
    let (was, now) = (sides.cx.old.full_name(old), sides.cx.new.full_name(new));
    let split = |full: &str| {
        full.rsplit_once('.').map_or((String::new(), full.to_owned()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    let ((old_scope, old_name), (new_scope, new_name)) = (split(&was), split(&now));
    if old_scope != new_scope {
        return Err("it stands somewhere else now".to_owned());
    }
    let at = sides.now(new)?;
    draft.replace(at.file, at.node.name_at().ok_or("the statement cannot be read")?, &*old_name);
    let depth = now.split('.').count();
    let schema = sides.cx.new;
    let mut fix = |user: Element, range: std::ops::Range<usize>, full: &str| -> Result<(), Why> {
        let inside = full == now || full.strip_prefix(&*now).is_some_and(|rest| rest.starts_with('.'));
        if !inside {
            return Ok(());
        }
        let at = sides.now(user)?;
        // Counted from the right: what is left out on the left is the scope.
        let behind = full.split('.').count() - depth;
        let text = at.of(&range);
        let end = text.rmatch_indices('.').nth(behind.wrapping_sub(1)).map_or(text.len(), |(n, _)| n);
        let end = if behind == 0 { text.len() } else { end };
        let start = text[..end].rfind('.').map_or(0, |n| n + 1);
        if text[start..end].trim() == new_name {
            draft.replace(at.file, range.start + start..range.start + end, &*old_name);
        }
        Ok(())
    };
    for (id, field) in schema.fields() {
        if field.parent.is_some_and(|m| schema.message(m).map_entry) {
            continue;
        }
        let element = Element::Field(id);
        let full = match schema.map_entry(field) {
            Some((_, value)) => schema.field(value).type_name.clone(),
            None => field.type_name.clone(),
        };
        let named = |name: &str| name == now || name.strip_prefix(&*now).is_some_and(|r| r.starts_with('.'));
        let Some(full) = full.filter(|full| named(full)) else { continue };
        let at = sides.now(element)?;
        if let Some((range, _)) = sides.type_reference("", at, field, schema) {
            fix(element, range, &full)?;
        }
    }
    for (id, method) in schema.methods() {
        let element = Element::Method(id);
        for (side, full) in [&method.input, &method.output].into_iter().enumerate() {
            if !full.starts_with(&*now) {
                continue;
            }
            let at = sides.now(element)?;
            let range = at.node.sides().into_iter().nth(side).ok_or("the statement cannot be read")?;
            let text = at.of(&range);
            let from = text
                .rfind(char::is_whitespace)
                .filter(|_| !text.ends_with(char::is_whitespace))
                .map_or(0, |n| n + 1);
            fix(element, range.start + from..range.end, full)?;
        }
    }
    Ok(())
}

/// Declares an extension again.
pub(super) fn restore_extension(draft: &mut Draft, sides: &Sides<'_>, id: FieldId) -> Result<(), Why> {
    let old = sides.cx.old.field(id);
    let at = sides.old(Element::Field(id))?;
    let file = &sides.cx.old.file(old.file).name;
    let (index, text) = sides.new_file(file)?;
    sides.need_types(draft, index, Element::Field(id))?;
    sides.need_options(draft, index, at)?;
    keep_number(draft, sides, old)?;
    let scope = sides.cx.old.full_name(Element::Field(id));
    let scope = scope.rsplit_once('.').map_or("", |(scope, _)| scope);
    let mut changes = deprecated(at);
    changes.extend(sides.type_reference(scope, at, old, sides.cx.old));
    let field = Lifted::of(at.text, at.node, changes);
    let is_block = |n: &&Node| n.what == What::Extend && n.inner.iter().any(|f| f.at == at.node.at);
    let blocks = at.text.tree().all();
    let block = blocks.into_iter().find(is_block).ok_or("the statement cannot be read")?;
    let extendee = sides.reference(scope, &block.name, old.extendee.as_deref().unwrap_or_default());
    let whole = |unit: &str| Lifted::new(format!("extend {extendee} {{\n{unit}{}\n}}", field.at(unit, "\n")));
    let same = |n: &&Node| n.what == What::Extend && n.name == block.name;
    match old.parent {
        Some(parent) => {
            let holder = sides.new_holder(&sides.cx.old.message(parent).full_name)?;
            match holder.node.inner.iter().rfind(same) {
                Some(there) => draft.insert(sides.new, index, there, Slot::Last, &[field]),
                None => draft.insert(sides.new, index, holder.node, Slot::Last, &[whole("  ")]),
            }
        }
        None => match text.tree().inner.iter().rfind(same) {
            Some(there) => draft.insert(sides.new, index, there, Slot::Last, &[field]),
            None => draft.declare(sides.new, index, None, &whole("  ")),
        },
    }
    Ok(())
}

/// Has the message declare the number of an extension again, with the range that it lay in.
fn keep_number(draft: &mut Draft, sides: &Sides<'_>, extension: &Field) -> Result<(), Why> {
    let extendee = extension.extendee.as_deref().unwrap_or_default();
    let ranges = |schema: &Schema| -> Vec<Range> {
        let message = schema.message_by_name(extendee).map(|id| schema.message(id));
        message.into_iter().flat_map(|m| &m.extension_ranges).map(|e| e.range).collect()
    };
    let now = Range::merged(&ranges(sides.cx.new));
    if now.iter().any(|range| range.contains(extension.number))
        || sides.cx.new.message_by_name(extendee).is_none()
    {
        return Ok(());
    }
    let before = ranges(sides.cx.old).into_iter().find(|range| range.contains(extension.number));
    before.map_or(Ok(()), |range| extensions(draft, sides, extendee, &missing(range, &now)))
}

/// Keeps numbers of a message for extensions again.
pub(super) fn extensions(
    draft: &mut Draft,
    sides: &Sides<'_>,
    message: &str,
    numbers: &[Range],
) -> Result<(), Why> {
    let at = sides.new_holder(message)?;
    let list: Vec<String> = numbers.iter().map(|r| range_text(false, *r)).collect();
    let slot = at.node.inner.iter().rfind(|n| n.what == What::Extensions).map_or(Slot::Last, Slot::After);
    let statement = Lifted::new(format!("extensions {};", list.join(", ")));
    draft.insert(sides.new, at.file, at.node, slot, &[statement]);
    Ok(())
}

/// Puts a call back.
pub(super) fn restore_method(draft: &mut Draft, sides: &Sides<'_>, id: MethodId) -> Result<(), Why> {
    let method = sides.cx.old.method(id);
    let service = &sides.cx.old.service(method.parent).full_name;
    let holder = sides.new_holder(service)?;
    let at = sides.old(Element::Method(id))?;
    let old_holder = sides.old(Element::Service(method.parent))?;
    sides.need_types(draft, holder.file, Element::Method(id))?;
    sides.need_options(draft, holder.file, at)?;
    let mut changes = deprecated(at);
    for ((range, written), full) in sides_of(sides, id)?.into_iter().zip([&method.input, &method.output]) {
        let (stream, name) = streamed(&written);
        let referred = sides.reference(service, name, full);
        if referred != name {
            changes.push((range, format!("{stream}{referred}")));
        }
    }
    let slot = sides.slot(old_holder.node, at.node, holder.node);
    draft.insert(sides.new, holder.file, holder.node, slot, &[Lifted::of(at.text, at.node, changes)]);
    Ok(())
}

/// `stream ` and the name.
fn streamed(written: &str) -> (&str, &str) {
    let rest =
        written.trim_start().strip_prefix("stream").filter(|rest| rest.starts_with(char::is_whitespace));
    match rest {
        Some(rest) => ("stream ", rest.trim()),
        None => ("", written.trim()),
    }
}

/// What stands between the parentheses of an old method.
fn sides_of(sides: &Sides<'_>, id: MethodId) -> Result<Vec<(std::ops::Range<usize>, String)>, Why> {
    let at = sides.old(Element::Method(id))?;
    Ok(at.node.sides().into_iter().map(|range| (range.clone(), at.of(&range).to_owned())).collect())
}

/// Gives a method its request, its response and its streams back.
pub(super) fn as_called(
    draft: &mut Draft,
    sides: &Sides<'_>,
    old: MethodId,
    new: MethodId,
) -> Result<(), Why> {
    let (was, now) = (sides.cx.old.method(old), sides.cx.new.method(new));
    let at = sides.now(Element::Method(new))?;
    let service = &sides.cx.new.service(now.parent).full_name;
    let differs = [
        (&was.input, was.client_streaming) != (&now.input, now.client_streaming),
        (&was.output, was.server_streaming) != (&now.output, now.server_streaming),
    ];
    let written = sides_of(sides, old)?;
    for (((range, (_, text)), full), differs) in
        at.node.sides().into_iter().zip(written).zip([&was.input, &was.output]).zip(differs)
    {
        if differs {
            sides.need_type(draft, at.file, full, &mut BTreeSet::new())?;
            let (stream, name) = streamed(&text);
            draft.replace(at.file, range, format!("{stream}{}", sides.reference(service, name, full)));
        }
    }
    Ok(())
}

/// Options of any element as they were.
pub(super) fn options(
    draft: &mut Draft,
    sides: &Sides<'_>,
    old: Element,
    new: Element,
    which: &dyn Fn(&str) -> bool,
) -> Result<(), Why> {
    if let (Element::File(was), Element::File(now)) = (old, new) {
        return file_option(draft, sides, &sides.cx.old.file(was).name, &sides.cx.new.file(now).name, which);
    }
    let (was, now) = (sides.old(old)?, sides.now(new)?);
    sides.need_options(draft, now.file, was)?;
    match now.node.what {
        What::Field | What::Value => super::marks::sync_entries(draft, was, now, which),
        _ => sync_options(draft, sides.new, was, now, which),
    }
    Ok(())
}

/// An option of a file as it was.
pub(super) fn file_option(
    draft: &mut Draft,
    sides: &Sides<'_>,
    old: &str,
    new: &str,
    which: &dyn Fn(&str) -> bool,
) -> Result<(), Why> {
    let was = sides.old_file(old)?;
    let (index, now) = sides.new_file(new)?;
    fn option<'n>(tree: &'n [Node], which: &dyn Fn(&str) -> bool) -> Vec<&'n Node> {
        tree.iter().filter(|n| n.what == What::Option && which(&n.name)).collect()
    }
    let (olds, news) = (option(&was.tree().inner, which), option(&now.tree().inner, which));
    for there in &news {
        match olds.iter().find(|o| o.name == there.name).and_then(|o| o.value_at()).zip(there.value_at()) {
            Some((from, to)) if was.of(&from) != now.of(&to) => draft.replace(index, to, was.of(&from)),
            Some(_) => {}
            None => draft.remove(sides.new, index, there, false),
        }
    }
    let last = |what| now.tree().inner.iter().rfind(|n| n.what == what);
    let after = last(What::Option)
        .or_else(|| last(What::Import))
        .or_else(|| last(What::Package))
        .or_else(|| last(What::Syntax));
    for missing in olds.iter().filter(|o| !news.iter().any(|n| n.name == o.name)) {
        draft.line(sides.new, index, after, was.of(&missing.at));
    }
    Ok(())
}

/// The `package` line as it was.
pub(super) fn package(draft: &mut Draft, sides: &Sides<'_>, file: &str, package: &str) -> Result<(), Why> {
    let (index, text) = sides.new_file(file)?;
    match (text.tree().first(What::Package), package) {
        (Some(line), "") => draft.remove(sides.new, index, line, false),
        (Some(line), package) => {
            let names = line.head.get(1).zip(line.head.last());
            let (first, last) = names.ok_or("the statement cannot be read")?;
            draft.replace(index, first.at.start..last.at.end, package);
        }
        (None, "") => {}
        (None, package) => {
            draft.line(sides.new, index, text.tree().first(What::Syntax), &format!("package {package};"));
        }
    }
    Ok(())
}

/// A public import.
pub(super) fn public_import(draft: &mut Draft, sides: &Sides<'_>, file: &str, path: &str) -> Result<(), Why> {
    let (index, text) = sides.new_file(file)?;
    if sides.cx.new.file_by_name(path).is_none() && !crate::compile::is_well_known(path) {
        return Err(format!("the file `{path}` is gone"));
    }
    match text.tree().inner.iter().find(|n| n.what == What::Import && n.name == path) {
        Some(line) => {
            let at = line.head.first().map(|p| p.at.end).ok_or("the statement cannot be read")?;
            let weak = line.head.get(1).filter(|p| !p.is_string);
            match weak {
                Some(word) => draft.replace(index, word.at.clone(), "public"),
                None => draft.replace(index, at..at, " public"),
            }
        }
        None => sides.import(draft, index, path, "import public"),
    }
    Ok(())
}

/// The `syntax` or `edition` line as it was.
pub(super) fn syntax(draft: &mut Draft, sides: &Sides<'_>, file: &str) -> Result<(), Why> {
    let was = sides.old_file(file)?;
    let (index, text) = sides.new_file(file)?;
    match (was.tree().first(What::Syntax), text.tree().first(What::Syntax)) {
        (Some(old), Some(new)) => draft.replace(index, new.at.clone(), was.of(&old.at)),
        (Some(old), None) => draft.line(sides.new, index, None, was.of(&old.at)),
        (None, Some(new)) => draft.remove(sides.new, index, new, false),
        (None, None) => {}
    }
    Ok(())
}

/// A file that is gone stands there again, deprecated as a whole. What it declared and others declare now, it imports
/// publicly.
pub(super) fn restore_file(draft: &mut Draft, sides: &Sides<'_>, name: &str) -> Result<(), Why> {
    if sides.cx.new.file_by_name(name).is_some() {
        return Err(format!("`{name}` is there"));
    }
    let was = sides.old_file(name)?;
    let package = was.tree().first(What::Package).map_or("", |n| &*n.name);
    let mut work = Draft::default();
    let texts = std::slice::from_ref(was);
    let mut homes: BTreeSet<String> = BTreeSet::new();
    for node in was.tree().inner.iter().filter(|n| n.body.is_some()) {
        let named = matches!(node.what, What::Message | What::Enum | What::Service);
        let full = crate::schema::qualify(package, &node.name);
        if let Some(there) = sides.cx.new.by_name(&full).filter(|_| named) {
            homes.insert(sides.cx.new.file(sides.cx.new.file_of(there)).name.to_string());
            work.remove(texts, 0, node, true);
        }
    }
    let imports: Vec<&Node> = was.tree().inner.iter().filter(|n| n.what == What::Import).collect();
    for node in &imports {
        let there =
            sides.cx.new.file_by_name(&node.name).is_some() || crate::compile::is_well_known(&node.name);
        if !there {
            work.remove(texts, 0, node, false);
        }
        homes.remove(&node.name);
    }
    let head = |what| was.tree().inner.iter().rfind(|n| n.what == what);
    let after = head(What::Import).or_else(|| head(What::Package)).or_else(|| head(What::Syntax));
    for home in &homes {
        work.line(texts, 0, after, &format!("import public \"{home}\";"));
    }
    if was.tree().inner.iter().all(|n| n.what != What::Option || n.name != "deprecated") {
        let after = head(What::Option).or(after);
        work.line(texts, 0, after, "option deprecated = true;");
    }
    let text = match work.applied(texts).as_deref() {
        Some([(_, text)]) => text.clone(),
        Some([]) => was.text.clone(),
        _ => return Err("the text cannot be read".to_owned()),
    };
    draft.files.push((name.to_owned(), text));
    Ok(())
}

/// Takes a declaration back into the file it was declared in.
pub(super) fn move_back(draft: &mut Draft, sides: &Sides<'_>, old: Element, new: Element) -> Result<(), Why> {
    let home = sides.cx.old.file(sides.cx.old.file_of(old)).name.clone();
    let (index, _) = sides.new_file(&home)?;
    let at = sides.now(new)?;
    if at.file == index {
        return Err("it is there".to_owned());
    }
    let schema = sides.cx.new;
    let full = schema.full_name(new);
    let own =
        |name: &str| name == full || name.strip_prefix(&*full).is_some_and(|rest| rest.starts_with('.'));
    let package = &schema.file(schema.file_by_name(&home).ok_or("the file is gone")?).package;
    if **package != *schema.package_of(new) {
        return Err(format!("`{home}` is in another package now"));
    }
    // What it uses, and who uses it.
    let scoped = |user: &str| own(user);
    let mut link = |user: Element, used: &str| -> Result<(), Why> {
        let name = schema.full_name(user);
        let Some(there) = schema.by_name(used) else { return Ok(()) };
        match (scoped(&name), own(used)) {
            (true, false) => sides.need_import(draft, index, &schema.file(schema.file_of(there)).name),
            (false, true) => sides.need_import(draft, sides.now(user)?.file, &home),
            _ => Ok(()),
        }
    };
    for (id, field) in schema.fields() {
        for used in [&field.type_name, &field.extendee].into_iter().flatten() {
            let entry = field.parent.is_some_and(|m| schema.message(m).map_entry);
            if !entry || !own(used) {
                link(Element::Field(id), used)?;
            }
        }
    }
    for (id, method) in schema.methods() {
        link(Element::Method(id), &method.input)?;
        link(Element::Method(id), &method.output)?;
    }
    let lifted = Lifted::of(at.text, at.node, Vec::new());
    draft.remove(sides.new, at.file, at.node, true);
    draft.declare(sides.new, index, None, &lifted);
    Ok(())
}
