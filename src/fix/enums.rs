//! Enum values as they were.

use std::collections::BTreeSet;

use super::draft::{Draft, Lifted, Slot};
use super::marks::deprecated;
use super::retired;
use super::sides::{At, Sides, Why};
use super::tree::{Node, What};
use crate::schema::{Element, EnumId, EnumValueId, Range};

/// Both declarations of an enum.
fn both(sides: &Sides<'_>, full: &str) -> Result<(EnumId, EnumId), Why> {
    let old = sides.cx.old.enum_by_name(full).ok_or_else(|| format!("`{full}` was not there"))?;
    let new = sides.cx.new.enum_by_name(full).ok_or_else(|| format!("`{full}` is gone"))?;
    Ok((old, new))
}

/// Allows several names for one number.
fn allow_alias(draft: &mut Draft, sides: &Sides<'_>, holder: At<'_>) {
    match holder.node.find(What::Option, "allow_alias").and_then(Node::value_at) {
        Some(at) if holder.of(&at) == "true" => {}
        Some(at) => draft.replace(holder.file, at, "true"),
        None => {
            let option = Lifted::new("option allow_alias = true;");
            draft.insert(sides.new, holder.file, holder.node, Slot::First, &[option]);
        }
    }
}

/// Declares names of a number again.
pub(super) fn restore(
    draft: &mut Draft,
    sides: &Sides<'_>,
    full: &str,
    names: &[Box<str>],
    number: i32,
) -> Result<(), Why> {
    let (old, new) = both(sides, full)?;
    let holder = sides.now(Element::Enum(new))?;
    let old_holder = sides.old(Element::Enum(old))?;
    // Those that stand at another number now go back, and what stands here goes away.
    let wanted: Vec<(String, i32)> = names.iter().map(|n| (n.to_string(), number)).collect();
    let there = names.iter().any(|n| sides.cx.new.value_by_name(new, n).is_some());
    if there {
        return renumber(draft, sides, full, &wanted);
    }
    let owned: Vec<String> = names.iter().map(ToString::to_string).collect();
    retired::free(draft, sides, holder, &[number], &owned);
    let mut statements = Vec::new();
    let mut slot = None;
    // In the order they were declared in: the first one is what JSON writes.
    for &id in &sides.cx.old.enum_(old).values {
        let value = sides.cx.old.value(id);
        if !names.contains(&value.name) {
            continue;
        }
        let at = sides.old(Element::EnumValue(id))?;
        sides.need_options(draft, holder.file, at)?;
        slot.get_or_insert_with(|| sides.slot(old_holder.node, at.node, holder.node));
        statements.push(Lifted::of(at.text, at.node, deprecated(at)));
    }
    if statements.len() > 1 {
        allow_alias(draft, sides, holder);
    }
    let slot = slot.ok_or("it was never there")?;
    draft.insert(sides.new, holder.file, holder.node, slot, &statements);
    Ok(())
}

/// Puts old names of a number in front of the one that took their place, or behind the one that stood in front of them.
pub(super) fn alias(
    draft: &mut Draft,
    sides: &Sides<'_>,
    full: &str,
    names: &[Box<str>],
    (number, behind): (i32, Option<&str>),
) -> Result<(), Why> {
    let (old, new) = both(sides, full)?;
    let holder = sides.now(Element::Enum(new))?;
    let first = match behind {
        Some(name) => sides.cx.new.value_by_name(new, name),
        None => sides.cx.new.value_by_number(new, number),
    };
    let first = sides.now(Element::EnumValue(first.ok_or("the number is gone")?))?;
    let mut statements = Vec::new();
    let owned: Vec<String> = names.iter().map(ToString::to_string).collect();
    for &id in &sides.cx.old.enum_(old).values {
        let value = sides.cx.old.value(id);
        if !names.contains(&value.name) {
            continue;
        }
        if sides.cx.new.value_by_name(new, &value.name).is_some() {
            return Err(format!("`{}` is another number now", value.name));
        }
        let at = sides.old(Element::EnumValue(id))?;
        sides.need_options(draft, holder.file, at)?;
        statements.push(Lifted::of(at.text, at.node, Vec::new()));
    }
    retired::free(draft, sides, holder, &[], &owned);
    allow_alias(draft, sides, holder);
    let slot = if behind.is_some() { Slot::After(first.node) } else { Slot::Before(first.node) };
    draft.insert(sides.new, holder.file, holder.node, slot, &statements);
    Ok(())
}

/// Gives a value its name back.
pub(super) fn rename(
    draft: &mut Draft,
    sides: &Sides<'_>,
    old: EnumValueId,
    new: EnumValueId,
) -> Result<(), Why> {
    let name = sides.cx.old.value(old).name.to_string();
    let at = sides.now(Element::EnumValue(new))?;
    let range = at.node.name_at().ok_or("the statement cannot be read")?;
    draft.replace(at.file, range, name.clone());
    let holder = sides.now(Element::Enum(sides.cx.new.value(new).parent))?;
    retired::free(draft, sides, holder, &[], &[name]);
    Ok(())
}

/// Gives names their numbers back. What stands there goes back to its own number or, if it is new, to the next one that
/// nobody ever used. What is gone and gave its number to one of them is put back.
pub(super) fn renumber(
    draft: &mut Draft,
    sides: &Sides<'_>,
    full: &str,
    wanted: &[(String, i32)],
) -> Result<(), Why> {
    let (old_id, new_id) = both(sides, full)?;
    let (old, new) = (sides.cx.old, sides.cx.new);
    let holder = sides.now(Element::Enum(new_id))?;
    let mut open = wanted.to_vec();
    let (mut seen, mut taken) = (BTreeSet::new(), BTreeSet::new());
    let numbers_of = |name: &str| old.value_by_name(old_id, name).map(|id| old.value(id).number);
    while let Some((name, number)) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        match new.value_by_name(new_id, &name) {
            Some(id) if new.value(id).number == number => {}
            Some(id) => {
                let at = sides.now(Element::EnumValue(id))?;
                let range = at.node.number_at().ok_or("the statement cannot be read")?;
                draft.replace(at.file, range, number.to_string());
                retired::free(draft, sides, holder, &[number], &[]);
                // What it pushed aside would be missed as soon as it leaves the place.
                let left = new.value(id).number;
                let before =
                    old.enum_(old_id).values.iter().map(|id| old.value(*id)).filter(|v| v.number == left);
                let gone = before.filter(|before| new.value_by_name(new_id, &before.name).is_none());
                open.extend(gone.map(|gone| (gone.name.to_string(), gone.number)));
            }
            None => {
                let id = old.value_by_name(old_id, &name).ok_or("it was never there")?;
                let at = sides.old(Element::EnumValue(id))?;
                let old_holder = sides.old(Element::Enum(old_id))?;
                retired::free(draft, sides, holder, &[number], std::slice::from_ref(&name));
                let slot = sides.slot(old_holder.node, at.node, holder.node);
                let statement = Lifted::of(at.text, at.node, deprecated(at));
                draft.insert(sides.new, holder.file, holder.node, slot, &[statement]);
            }
        }
        for &other in &new.enum_(new_id).values {
            let value = new.value(other);
            let own = numbers_of(&value.name);
            if value.number != number || own == Some(number) || seen.contains(&*value.name) {
                continue;
            }
            match own {
                Some(back) => open.push((value.name.to_string(), back)),
                None => {
                    let free = sides.numbers.next(full, true, &taken).ok_or("no number is left")?;
                    taken.insert(free);
                    let at = sides.now(Element::EnumValue(other))?;
                    let range = at.node.number_at().ok_or("the statement cannot be read")?;
                    draft.replace(at.file, range, free.to_string());
                    seen.insert(value.name.to_string());
                }
            }
        }
    }
    Ok(())
}

/// Gives a new value a number that nobody ever used, and reserves what it had.
pub(super) fn leave(
    draft: &mut Draft,
    sides: &Sides<'_>,
    id: EnumValueId,
    names: &[String],
) -> Result<(), Why> {
    let value = sides.cx.new.value(id);
    let full = &sides.cx.new.enum_(value.parent).full_name;
    let free = sides.numbers.next(full, true, &BTreeSet::new()).ok_or("no number is left")?;
    let at = sides.now(Element::EnumValue(id))?;
    let range = at.node.number_at().ok_or("the statement cannot be read")?;
    draft.replace(at.file, range, free.to_string());
    let holder = sides.now(Element::Enum(value.parent))?;
    let used = |name: &String| sides.cx.new.value_by_name(value.parent, name).is_some();
    let names: Vec<String> = names.iter().filter(|name| !used(name)).cloned().collect();
    let number = Range { start: value.number, end: value.number };
    retired::reserve(draft, sides, holder, &[number], &names);
    Ok(())
}

/// Puts a new name of a number behind the others: the first one is what JSON writes.
pub(super) fn behind(draft: &mut Draft, sides: &Sides<'_>, id: EnumValueId) -> Result<(), Why> {
    let value = sides.cx.new.value(id);
    let new = sides.cx.new;
    let others = new.enum_(value.parent).values.iter().filter(|other| **other != id);
    let last = others.filter(|other| new.value(**other).number == value.number).last();
    let last = sides.now(Element::EnumValue(*last.ok_or("it is the only name")?))?;
    let at = sides.now(Element::EnumValue(id))?;
    let holder = sides.now(Element::Enum(value.parent))?;
    let lifted = Lifted::of(at.text, at.node, Vec::new());
    draft.remove(sides.new, at.file, at.node, true);
    draft.insert(sides.new, holder.file, holder.node, Slot::After(last.node), &[lifted]);
    Ok(())
}
