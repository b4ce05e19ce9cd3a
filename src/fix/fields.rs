//! Fields and oneofs as they were.

use std::collections::BTreeSet;
use std::ops::Range;

use super::draft::{Draft, Lifted, Slot};
use super::marks::{deprecated, drop_entries, is_of_type, set_entry, sync_entries};
use super::retired;
use super::sides::{At, Sides, Why};
use super::tree::{Node, What};
use crate::schema::{Cardinality, Element, Field, FieldId, MessageId, Syntax};

/// A field on both sides.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) old: FieldId,
    pub(super) new: FieldId,
}

/// The label that a field needs in a file of the new side.
fn label(field: &Field, syntax: Syntax, in_oneof: bool) -> &'static str {
    match (field.cardinality, syntax) {
        _ if in_oneof => "",
        (Cardinality::Map, _) => "",
        (Cardinality::Repeated, _) => "repeated",
        (_, Syntax::Edition(_)) => "",
        (Cardinality::Required, Syntax::Proto2) => "required",
        (_, Syntax::Proto2) => "optional",
        (Cardinality::Explicit, Syntax::Proto3) if field.proto3_optional || !field.kind.is_message() => {
            "optional"
        }
        (_, Syntax::Proto3) => "",
    }
}

/// The label of a field of the old side in a file of the new side.
fn old_label<'t>(sides: &Sides<'_>, old: At<'t>, id: FieldId, syntax: Syntax, in_oneof: bool) -> &'t str {
    let field = sides.cx.old.field(id);
    let same = sides.cx.old.file(field.file).syntax == syntax && field.oneof.is_none() && !in_oneof;
    if same { old.node.label().map_or("", |piece| old.of(&piece.at)) } else { label(field, syntax, in_oneof) }
}

fn syntax(sides: &Sides<'_>, file: usize) -> Syntax {
    let id = sides.cx.new.file_by_name(&sides.new[file].name);
    id.map_or(Syntax::Proto3, |id| sides.cx.new.file(id).syntax)
}

/// What gives a statement another label.
fn relabel(at: At<'_>, label: &str) -> Option<(Range<usize>, String)> {
    let start = at.node.type_at()?.start;
    match at.node.label() {
        Some(piece) if label.is_empty() => Some((piece.at.start..start, String::new())),
        Some(piece) if piece.text == label => None,
        Some(piece) => Some((piece.at.clone(), label.to_owned())),
        None if label.is_empty() => None,
        None => Some((start..start, format!("{label} "))),
    }
}

/// The type, the label and what goes with them.
pub(super) fn as_declared(draft: &mut Draft, sides: &Sides<'_>, pair: Pair) -> Result<(), Why> {
    let (old, new) = (sides.old(Element::Field(pair.old))?, sides.now(Element::Field(pair.new))?);
    let (was, now) = (sides.cx.old.field(pair.old), sides.cx.new.field(pair.new));
    sides.need_types(draft, new.file, Element::Field(pair.old))?;
    if old.node.body.is_some() || new.node.body.is_some() {
        draft.replace(new.file, new.node.at.clone(), old.of(&old.node.at));
        return Ok(());
    }
    let (Some(from), Some(to)) = (old.node.type_at(), new.node.type_at()) else {
        return Err("the statement cannot be read".to_owned());
    };
    let syntax = syntax(sides, new.file);
    let label = old_label(sides, old, pair.old, syntax, now.oneof.is_some());
    if let Some((at, with)) = relabel(new, label) {
        draft.replace(new.file, at, with);
    }
    let mut written = old.of(&from).to_owned();
    let scope = now.parent.map(|m| &*sides.cx.new.message(m).full_name).unwrap_or_default();
    if let Some((at, with)) = sides.type_reference(scope, old, was, sides.cx.old) {
        written.replace_range(at.start - from.start..at.end - from.start, &with);
    }
    if written != new.of(&to) {
        draft.replace(new.file, to, written);
    }
    if sides.cx.old.file(was.file).syntax == syntax {
        sync_entries(draft, old, new, &is_of_type);
    }
    Ok(())
}

/// Single entries.
pub(super) fn entries(
    draft: &mut Draft,
    sides: &Sides<'_>,
    pair: Pair,
    which: &dyn Fn(&str) -> bool,
) -> Result<(), Why> {
    let (old, new) = (sides.old(Element::Field(pair.old))?, sides.now(Element::Field(pair.new))?);
    sides.need_options(draft, new.file, old)?;
    sync_entries(draft, old, new, which);
    Ok(())
}

/// One entry with a value.
pub(super) fn set(
    draft: &mut Draft,
    sides: &Sides<'_>,
    new: FieldId,
    name: &str,
    value: &str,
) -> Result<(), Why> {
    let at = sides.now(Element::Field(new))?;
    let (range, with) = set_entry(at.node, name, value);
    draft.replace(at.file, range, with);
    Ok(())
}

/// The key in JSON, whatever the name.
pub(super) fn pin(draft: &mut Draft, sides: &Sides<'_>, pair: Pair) -> Result<(), Why> {
    let at = sides.now(Element::Field(pair.new))?;
    let (old, now) = (sides.cx.old.field(pair.old), sides.cx.new.field(pair.new));
    if old.json_name == now.json_name {
        return Err("the key is the same".to_owned());
    }
    if crate::compile::json_name(&now.name) == *old.json_name {
        for (range, with) in drop_entries(at.text, at.node, &|name| name == "json_name") {
            draft.replace(at.file, range, with);
        }
        return Ok(());
    }
    let quoted = format!("\"{}\"", old.json_name.replace('\\', "\\\\").replace('"', "\\\""));
    set(draft, sides, pair.new, "json_name", &quoted)
}

/// The name, and the key with it.
pub(super) fn rename(draft: &mut Draft, sides: &Sides<'_>, pair: Pair) -> Result<(), Why> {
    let (old, new) = (sides.old(Element::Field(pair.old))?, sides.now(Element::Field(pair.new))?);
    if old.node.body.is_some() || new.node.body.is_some() {
        return Err("the name of a group is its type".to_owned());
    }
    let (Some(from), Some(to)) = (old.node.name_at(), new.node.name_at()) else {
        return Err("the statement cannot be read".to_owned());
    };
    draft.replace(new.file, to, old.of(&from));
    sync_entries(draft, old, new, &|name| name == "json_name");
    let now = sides.cx.new.field(pair.new);
    if let Some(parent) = now.parent.filter(|_| !now.is_extension()) {
        let name = sides.cx.old.field(pair.old).name.to_string();
        let holder = sides.now(Element::Message(parent))?;
        retired::free(draft, sides, holder, &[], &[name]);
    }
    Ok(())
}

/// The whole statement.
pub(super) fn verbatim(draft: &mut Draft, sides: &Sides<'_>, pair: Pair) -> Result<(), Why> {
    let (old, new) = (sides.old(Element::Field(pair.old))?, sides.now(Element::Field(pair.new))?);
    sides.need_types(draft, new.file, Element::Field(pair.old))?;
    sides.need_options(draft, new.file, old)?;
    let in_oneof = sides.cx.new.field(pair.new).oneof.is_some();
    let label = old_label(sides, old, pair.old, syntax(sides, new.file), in_oneof);
    let text = stated_as(sides, pair.old, old, label);
    draft.replace(new.file, new.node.at.clone(), text);
    Ok(())
}

/// A field that is gone stands where it stood, in its oneof, and what it needs is there.
pub(super) fn restore(draft: &mut Draft, sides: &Sides<'_>, id: FieldId, marked: bool) -> Result<(), Why> {
    let old = sides.cx.old.field(id);
    let message = old.parent.ok_or("it is in no message")?;
    let full = &sides.cx.old.message(message).full_name;
    let new_message = sides.cx.new.message_by_name(full).ok_or_else(|| format!("`{full}` is gone"))?;
    let moved = sides.cx.new.field_by_name(new_message, &old.name).is_some()
        || sides.cx.new.field_by_number(new_message, old.number).is_some();
    if moved {
        return renumber(draft, sides, full, &[(old.name.to_string(), old.number)], marked);
    }
    put_back(draft, sides, id, new_message, marked)
}

fn put_back(
    draft: &mut Draft,
    sides: &Sides<'_>,
    id: FieldId,
    new_message: MessageId,
    marked: bool,
) -> Result<(), Why> {
    let old = sides.cx.old.field(id);
    let at = sides.old(Element::Field(id))?;
    let old_message = old.parent.ok_or("it is in no message")?;
    let old_holder = sides.old(Element::Message(old_message))?;
    let holder = sides.now(Element::Message(new_message))?;
    retired::free(draft, sides, holder, &[old.number], &[old.name.to_string()]);
    sides.need_types(draft, holder.file, Element::Field(id))?;
    sides.need_options(draft, holder.file, at)?;
    let syntax = syntax(sides, holder.file);
    let mut changes = if marked { deprecated(at) } else { Vec::new() };
    let scope = &sides.cx.old.message(old_message).full_name;
    changes.extend(sides.type_reference(scope, at, old, sides.cx.old));
    changes.extend(relabel(at, old_label(sides, at, id, syntax, old.oneof.is_some())));
    let lifted = Lifted::of(at.text, at.node, changes);
    let Some(oneof) = old.oneof else {
        let slot = sides.slot(old_holder.node, at.node, holder.node);
        draft.insert(sides.new, holder.file, holder.node, slot, &[lifted]);
        return Ok(());
    };
    let old_oneof = sides.cx.old.oneof(oneof);
    // The oneof may have another name now: it is the one that holds the others.
    let others = old_oneof.fields.iter().filter_map(|f| {
        let number = sides.cx.old.field(*f).number;
        sides.cx.new.field(sides.cx.new.field_by_number(new_message, number)?).oneof
    });
    let there = sides.cx.new.oneof_by_name(new_message, &old_oneof.name).or_else(|| others.last());
    let old_block = sides.old(Element::Oneof(oneof))?;
    match there {
        Some(there) => {
            let block = sides.now(Element::Oneof(there))?;
            let slot = sides.slot(old_block.node, at.node, block.node);
            draft.insert(sides.new, block.file, block.node, slot, &[lifted]);
        }
        None => {
            let slot = sides.slot(old_holder.node, old_block.node, holder.node);
            let block = oneof_of(&old_oneof.name, &[lifted], holder);
            draft.insert(sides.new, holder.file, holder.node, slot, &[block]);
        }
    }
    Ok(())
}

/// A oneof with members.
fn oneof_of(name: &str, members: &[Lifted], holder: At<'_>) -> Lifted {
    let outer = holder.text.indent(holder.node.at.start).unwrap_or_default();
    let inner = holder.text.inner_indent(holder.node);
    let unit = inner.strip_prefix(outer).unwrap_or("  ");
    let lines: String = members.iter().map(|m| format!("{unit}{}\n", m.at(unit, "\n"))).collect();
    Lifted::new(format!("oneof {name} {{\n{lines}}}"))
}

/// Gives fields of a message their numbers back, by name and number. What stands there goes back to its own number or, if
/// it is new, to the next one that nobody ever used. What is gone and gave its number to one of them is put back.
pub(super) fn renumber(
    draft: &mut Draft,
    sides: &Sides<'_>,
    message: &str,
    wanted: &[(String, i32)],
    marked: bool,
) -> Result<(), Why> {
    let (old, new) = (sides.cx.old, sides.cx.new);
    let old_id = old.message_by_name(message).ok_or("it was in no message")?;
    let new_id = new.message_by_name(message).ok_or_else(|| format!("`{message}` is gone"))?;
    let holder = sides.now(Element::Message(new_id))?;
    let mut open = wanted.to_vec();
    let (mut seen, mut taken) = (BTreeSet::new(), BTreeSet::new());
    while let Some((name, number)) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let there = new.field_by_name(new_id, &name);
        match there {
            Some(id) if new.field(id).number == number => {}
            Some(id) => {
                let at = sides.now(Element::Field(id))?;
                let range = at.node.number_at().ok_or("the statement cannot be read")?;
                draft.replace(at.file, range, number.to_string());
                retired::free(draft, sides, holder, &[number], &[]);
                // What it pushed aside would be missed as soon as it leaves the place.
                let before = old.field_by_number(old_id, new.field(id).number).map(|id| old.field(id));
                let gone = before.filter(|before| new.field_by_name(new_id, &before.name).is_none());
                open.extend(gone.map(|gone| (gone.name.to_string(), gone.number)));
            }
            None => {
                let id = old.field_by_name(old_id, &name).ok_or("it was never there")?;
                put_back(draft, sides, id, new_id, marked)?;
            }
        }
        let Some(other) = new.field_by_number(new_id, number).map(|id| (id, new.field(id))) else { continue };
        if *other.1.name == *name {
            continue;
        }
        match old.field_by_name(old_id, &other.1.name).map(|id| old.field(id).number) {
            Some(back) if back != number => open.push((other.1.name.to_string(), back)),
            _ => {
                let free = sides.numbers.next(message, false, &taken).ok_or("no number is left")?;
                taken.insert(free);
                let at = sides.now(Element::Field(other.0))?;
                let range = at.node.number_at().ok_or("the statement cannot be read")?;
                draft.replace(at.file, range, free.to_string());
            }
        }
    }
    Ok(())
}

/// Gives a new field a number that nobody ever used, and reserves what it had.
pub(super) fn leave(draft: &mut Draft, sides: &Sides<'_>, id: FieldId, names: &[String]) -> Result<(), Why> {
    let field = sides.cx.new.field(id);
    let parent = field.parent.ok_or("it is in no message")?;
    let full = &sides.cx.new.message(parent).full_name;
    let free = sides.numbers.next(full, false, &BTreeSet::new()).ok_or("no number is left")?;
    let at = sides.now(Element::Field(id))?;
    let range = at.node.number_at().ok_or("the statement cannot be read")?;
    draft.replace(at.file, range, free.to_string());
    let holder = sides.now(Element::Message(parent))?;
    let used = |name: &String| sides.cx.new.field_by_name(parent, name).is_some();
    let names: Vec<String> = names.iter().filter(|name| !used(name)).cloned().collect();
    let number = crate::schema::Range { start: field.number, end: field.number };
    retired::reserve(draft, sides, holder, &[number], &names);
    Ok(())
}

/// Makes a new required field optional.
pub(super) fn relax(draft: &mut Draft, sides: &Sides<'_>, id: FieldId) -> Result<(), Why> {
    let at = sides.now(Element::Field(id))?;
    if let Some(piece) = at.node.label().filter(|piece| piece.text == "required") {
        draft.replace(at.file, piece.at.clone(), "optional");
        return Ok(());
    }
    for (range, with) in drop_entries(at.text, at.node, &|name| name == "features.field_presence") {
        draft.replace(at.file, range, with);
    }
    if draft.is_empty() { Err("what makes it required stands elsewhere".to_owned()) } else { Ok(()) }
}

/// The statement of a new field with its comments, for another place, with a label for that; or the one that it was.
fn lift(sides: &Sides<'_>, pair: Pair, at: At<'_>, in_oneof: bool, as_it_was: bool) -> Result<Lifted, Why> {
    let old = sides.old(Element::Field(pair.old))?;
    let syntax = syntax(sides, at.file);
    let label = old_label(sides, old, pair.old, syntax, in_oneof);
    let stated = if as_it_was { old } else { at };
    if in_oneof && stated.node.type_at().is_some_and(|t| stated.of(&t).starts_with("map")) {
        return Err("a map cannot stand in a oneof".to_owned());
    }
    if !as_it_was {
        return Ok(Lifted::of(at.text, at.node, relabel(at, label).into_iter().collect()));
    }
    let text = stated_as(sides, pair.old, old, label);
    Ok(Lifted::of(at.text, at.node, vec![(at.node.at.clone(), text)]))
}

/// The statement of the old side as the new one writes it, without comments.
fn stated_as(sides: &Sides<'_>, id: FieldId, old: At<'_>, label: &str) -> String {
    let was = sides.cx.old.field(id);
    let mut text = old.of(&old.node.at).to_owned();
    let scope = was.parent.map(|m| &*sides.cx.old.message(m).full_name).unwrap_or_default();
    let start = old.node.at.start;
    if let Some((at, with)) = sides.type_reference(scope, old, was, sides.cx.old) {
        text.replace_range(at.start - start..at.end - start, &with);
    }
    if let Some((at, with)) = relabel(old, label) {
        text.replace_range(at.start - start..at.end - start, &with);
    }
    text
}

/// The oneof that a statement stands in.
fn oneof_around<'t>(sides: &Sides<'t>, id: FieldId) -> Result<Option<At<'t>>, Why> {
    sides.cx.new.field(id).oneof.map(|oneof| sides.now(Element::Oneof(oneof))).transpose()
}

fn members(block: &Node) -> usize {
    block.inner.iter().filter(|n| n.what == What::Field).count()
}

/// Takes a field out of the oneof it was put into.
pub(super) fn leave_oneof(
    draft: &mut Draft,
    sides: &Sides<'_>,
    pair: Pair,
    as_it_was: bool,
) -> Result<(), Why> {
    let at = sides.now(Element::Field(pair.new))?;
    let block = oneof_around(sides, pair.new)?.ok_or("it is in no oneof")?;
    let parent = sides.cx.new.field(pair.new).parent.ok_or("it is in no message")?;
    let holder = sides.now(Element::Message(parent))?;
    let lifted = lift(sides, pair, at, false, as_it_was)?;
    if as_it_was {
        sides.need_types(draft, at.file, Element::Field(pair.old))?;
    }
    if members(block.node) == 1 {
        let indent = block.text.indent(block.node.at.start).unwrap_or_default();
        draft.replace(block.file, block.node.at.clone(), lifted.at(indent, block.text.newline()));
        return Ok(());
    }
    draft.remove(sides.new, at.file, at.node, true);
    draft.insert(sides.new, block.file, holder.node, Slot::After(block.node), &[lifted]);
    Ok(())
}

/// Puts a field back into the oneof it was in.
pub(super) fn join_oneof(
    draft: &mut Draft,
    sides: &Sides<'_>,
    pair: Pair,
    as_it_was: bool,
) -> Result<(), Why> {
    let at = sides.now(Element::Field(pair.new))?;
    let was = sides.cx.old.field(pair.old).oneof.ok_or("it was in no oneof")?;
    let name = &sides.cx.old.oneof(was).name;
    let old_block = sides.old(Element::Oneof(was))?;
    let parent = sides.cx.new.field(pair.new).parent.ok_or("it is in no message")?;
    let lifted = lift(sides, pair, at, true, as_it_was)?;
    if as_it_was {
        sides.need_types(draft, at.file, Element::Field(pair.old))?;
    }
    let around = oneof_around(sides, pair.new)?;
    let there =
        sides.cx.new.oneof_by_name(parent, name).map(|id| sides.now(Element::Oneof(id))).transpose()?;
    let out = |draft: &mut Draft| match around {
        Some(block) if members(block.node) == 1 => draft.remove(sides.new, block.file, block.node, false),
        _ => draft.remove(sides.new, at.file, at.node, true),
    };
    if let Some(block) = there {
        let old = sides.old(Element::Field(pair.old))?;
        out(draft);
        let slot = sides.slot(old_block.node, old.node, block.node);
        draft.insert(sides.new, block.file, block.node, slot, &[lifted]);
        return Ok(());
    }
    let holder = sides.now(Element::Message(parent))?;
    let block = oneof_of(name, &[lifted], holder);
    let place =
        around.filter(|b| members(b.node) == 1).map_or_else(|| at.text.whole(at.node), |b| b.node.at.clone());
    if around.is_none_or(|b| members(b.node) == 1) {
        let indent = at.text.indent(place.start).unwrap_or_default();
        draft.replace(at.file, place, block.at(indent, at.text.newline()));
        return Ok(());
    }
    out(draft);
    let slot = around.map_or(Slot::Last, |b| Slot::After(b.node));
    draft.insert(sides.new, at.file, holder.node, slot, &[block]);
    Ok(())
}

/// A oneof that is gone, with those of its fields that are there and those that are not.
pub(super) fn restore_oneof(
    draft: &mut Draft,
    sides: &Sides<'_>,
    oneof: crate::schema::OneofId,
) -> Result<(), Why> {
    let (old, new) = (sides.cx.old, sides.cx.new);
    let was = old.oneof(oneof);
    let full = &old.message(was.parent).full_name;
    let parent = new.message_by_name(full).ok_or_else(|| format!("`{full}` is gone"))?;
    let holder = sides.now(Element::Message(parent))?;
    let (old_block, old_holder) =
        (sides.old(Element::Oneof(oneof))?, sides.old(Element::Message(was.parent))?);
    let mut inside = Vec::new();
    let mut last = None;
    for &id in &was.fields {
        let field = old.field(id);
        let now = new.field_by_number(parent, field.number);
        match now.filter(|now| new.field(*now).name == field.name) {
            Some(now) if new.field(now).oneof.is_none() => {
                let at = sides.now(Element::Field(now))?;
                inside.push(lift(sides, Pair { old: id, new: now }, at, true, false)?);
                draft.remove(sides.new, at.file, at.node, true);
                last = Some(at);
            }
            Some(_) => {}
            None if now.is_none() && new.field_by_name(parent, &field.name).is_none() => {
                let at = sides.old(Element::Field(id))?;
                retired::free(draft, sides, holder, &[field.number], &[field.name.to_string()]);
                sides.need_types(draft, holder.file, Element::Field(id))?;
                let mut changes = deprecated(at);
                changes.extend(sides.type_reference(full, at, field, old));
                inside.push(Lifted::of(at.text, at.node, changes));
            }
            None => {}
        }
    }
    if inside.is_empty() {
        return Err("none of its fields can be in it".to_owned());
    }
    let block = oneof_of(&was.name, &inside, holder);
    let slot = match last {
        // In the place of the last one that moves into it.
        Some(at) if at.text.line_end(at.node.at.end).is_some() => Slot::After(at.node),
        _ => sides.slot(old_holder.node, old_block.node, holder.node),
    };
    let gone = matches!(slot, Slot::After(node) if last.is_some_and(|at| at.node.at == node.at));
    if gone && let Some(at) = last {
        // It is taken out there: the block takes its line.
        let whole = at.text.whole(at.node);
        draft.splices.retain(|s| {
            !(s.with.is_empty() && s.file == at.file && s.at.start <= whole.start && whole.end <= s.at.end)
        });
        let indent = at.text.indent(whole.start).unwrap_or_default();
        draft.replace(at.file, whole, block.at(indent, at.text.newline()));
    } else {
        draft.insert(sides.new, holder.file, holder.node, slot, &[block]);
    }
    Ok(())
}
