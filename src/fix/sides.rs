//! Both sides with their texts: where elements stand, what names mean, what a declaration needs.

use std::collections::BTreeSet;
use std::ops::Range;

use super::draft::{Draft, Lifted, Slot, Text, Texts};
use super::free::Numbers;
use super::tree::{Node, What, named};
use crate::diff::Cx;
use crate::schema::{Element, Field, Schema};

/// Why there is no edit, for people.
pub(super) type Why = String;

/// Everything that a repair is made of.
pub(super) struct Sides<'a> {
    pub(super) cx: Cx<'a>,
    pub(super) old: &'a Texts,
    pub(super) new: &'a Texts,
    pub(super) numbers: Numbers<'a>,
}

/// How many types one repair brings back at most. Who removed more has another plan than one that a repair could undo, and a
/// chain of thousands would be walked once for each finding about it.
const MOST_TYPES: usize = 20;

/// A statement with the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct At<'t> {
    pub(super) file: usize,
    pub(super) text: &'t Text,
    pub(super) node: &'t Node,
}

impl<'t> At<'t> {
    pub(super) fn of(&self, range: &Range<usize>) -> &'t str {
        self.text.of(range)
    }

    fn with(self, node: &'t Node) -> At<'t> {
        At { node, ..self }
    }
}

/// The statement that declares an element.
fn place<'t>(schema: &Schema, texts: &'t Texts, element: Element) -> Option<At<'t>> {
    let (index, text) = texts.find(&schema.file(schema.file_of(element)).name)?;
    let holder = |element| {
        let node = text.tree().holder(&schema.nested_name(element))?;
        Some(At { file: index, text, node })
    };
    match element {
        Element::File(_) => None,
        Element::Message(_) | Element::Enum(_) | Element::Service(_) => holder(element),
        Element::Field(id) => {
            let field = schema.field(id);
            if field.is_extension() {
                let inner = match field.parent {
                    Some(parent) => &holder(Element::Message(parent))?.node.inner,
                    None => &text.tree().inner,
                };
                let blocks = inner.iter().filter(|node| node.what == What::Extend);
                let found = blocks.flat_map(|block| &block.inner).find(|node| node.name == *field.name);
                return found.map(|node| At { file: index, text, node });
            }
            let message = holder(Element::Message(field.parent?))?;
            message.node.field(&field.name).map(|node| message.with(node))
        }
        Element::Oneof(id) => {
            let message = holder(Element::Message(schema.oneof(id).parent))?;
            message.node.find(What::Oneof, &schema.oneof(id).name).map(|node| message.with(node))
        }
        Element::EnumValue(id) => {
            let value = schema.value(id);
            let enum_ = holder(Element::Enum(value.parent))?;
            enum_.node.find(What::Value, &value.name).map(|node| enum_.with(node))
        }
        Element::Method(id) => {
            let method = schema.method(id);
            let service = holder(Element::Service(method.parent))?;
            service.node.find(What::Method, &method.name).map(|node| service.with(node))
        }
    }
}

impl<'a> Sides<'a> {
    /// Where the old side declares an element.
    pub(super) fn old(&self, element: Element) -> Result<At<'a>, Why> {
        place(self.cx.old, self.old, element).ok_or_else(|| {
            format!("the text of `{}` as it was is not at hand", self.cx.old.full_name(element))
        })
    }

    /// Where the new side declares an element, in a file that may be edited.
    pub(super) fn now(&self, element: Element) -> Result<At<'a>, Why> {
        let name = || self.cx.new.full_name(element);
        let at = place(self.cx.new, self.new, element)
            .ok_or_else(|| format!("`{}` stands in no file at hand", name()))?;
        match at.text.locked {
            None => Ok(at),
            Some(why) => Err(format!("`{}`, which declares `{}`, {why}", at.text.name, name())),
        }
    }

    /// The message, enum or service with a full name on the new side.
    pub(super) fn new_holder(&self, full_name: &str) -> Result<At<'a>, Why> {
        let element = self.cx.new.by_name(full_name).ok_or_else(|| format!("`{full_name}` is gone"))?;
        self.now(element)
    }

    /// A file of the new side that may be edited, by its import path.
    pub(super) fn new_file(&self, name: &str) -> Result<(usize, &'a Text), Why> {
        let (index, text) = self.new.find(name).ok_or_else(|| format!("the file `{name}` is gone"))?;
        text.locked.map_or(Ok((index, text)), |why| Err(format!("`{name}` {why}")))
    }

    pub(super) fn old_file(&self, name: &str) -> Result<&'a Text, Why> {
        self.old
            .find(name)
            .map(|(_, text)| text)
            .ok_or_else(|| format!("the text of `{name}` as it was is not at hand"))
    }

    /// Where in a block a statement of the old side belongs: beside what it stood beside.
    pub(super) fn slot<'n>(&self, old_holder: &Node, old: &Node, new_holder: &'n Node) -> Slot<'n> {
        // Looked up and not searched for: of thousands of statements none may be left.
        let named = named(new_holder.inner.iter());
        let find = |node: &Node| named.get(&(node.what, &*node.name)).copied();
        let of = |n: &Node| n.at.start <= old.at.start && old.at.end <= n.at.end;
        let here = old_holder.inner.iter().position(of).unwrap_or(old_holder.inner.len());
        if let Some(before) = old_holder.inner[..here].iter().rev().find_map(find) {
            return Slot::After(before);
        }
        match old_holder.inner.iter().skip(here + 1).find_map(find) {
            Some(behind) => Slot::Before(behind),
            None => Slot::Last,
        }
    }

    /// What a name in a scope of the new side means.
    fn meant(&self, scope: &str, written: &str) -> Option<String> {
        if let Some(full) = written.strip_prefix('.') {
            return Some(full.to_owned());
        }
        let new = self.cx.new;
        let first = written.split('.').next().unwrap_or_default();
        let mut scope = scope;
        loop {
            let at = |name: &str| crate::schema::qualify(scope, name);
            let begun = at(first);
            let known = match new.by_name(&begun) {
                Some(Element::Message(_) | Element::Enum(_)) => true,
                Some(_) => false,
                None => {
                    let inside =
                        |p: &str| p == begun || p.strip_prefix(&*begun).is_some_and(|r| r.starts_with('.'));
                    new.packages().iter().any(|(package, _)| inside(package))
                }
            };
            if known && (first != written || new.by_name(&begun).is_some()) {
                return Some(at(written));
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// How the new side writes a type in a scope that the old side wrote in a way.
    pub(super) fn reference(&self, scope: &str, written: &str, full: &str) -> String {
        let squeezed: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        if self.meant(scope, &squeezed).as_deref() == Some(full) {
            written.to_owned()
        } else {
            format!(".{full}")
        }
    }

    /// The part of a field's type that names a message or an enum, with how the new side writes it.
    pub(super) fn type_reference(
        &self,
        scope: &str,
        at: At<'_>,
        field: &Field,
        schema: &Schema,
    ) -> Option<(Range<usize>, String)> {
        let range = at.node.type_at()?;
        let (range, full) = match schema.map_entry(field) {
            Some((_, value)) => {
                let comma = range.start + at.of(&range).find(',')? + 1;
                let close = range.start + at.of(&range).rfind('>')?;
                let inner = at.of(&(comma..close));
                let blank = inner.len() - inner.trim_start().len();
                (comma + blank..comma + inner.trim_end().len(), schema.field(value).type_name.clone()?)
            }
            None => (range, field.type_name.clone()?),
        };
        if at.node.body.is_some() {
            return None;
        }
        let written = self.reference(scope, at.of(&range), &full);
        Some((range, written))
    }

    /// Sees to it that a type of the old side is there for a file of the new side.
    pub(super) fn need_type(
        &self,
        draft: &mut Draft,
        user: usize,
        full: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), Why> {
        if !seen.insert(full.to_owned()) {
            return Ok(());
        }
        match self.cx.new.by_name(full) {
            Some(element @ (Element::Message(_) | Element::Enum(_))) => {
                let home = &self.cx.new.file(self.cx.new.file_of(element)).name;
                self.need_import(draft, user, home)
            }
            Some(_) => Err(format!("`{full}` is something else now")),
            None => {
                let element = self.cx.old.by_name(full).ok_or_else(|| format!("`{full}` was never there"))?;
                let home = self.restore_type(draft, element, seen)?;
                self.need_import(draft, user, &self.new[home].name.clone())
            }
        }
    }

    /// Sees to it that a file of the new side sees another one.
    pub(super) fn need_import(&self, draft: &mut Draft, user: usize, path: &str) -> Result<(), Why> {
        let text = &self.new[user];
        if text.name == path {
            return Ok(());
        }
        let new = self.cx.new;
        let mut open: Vec<&str> =
            text.tree().inner.iter().filter(|n| n.what == What::Import).map(|n| &*n.name).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if name == path {
                return Ok(());
            }
            if seen.insert(name)
                && let Some(id) = new.file_by_name(name)
            {
                open.extend(new.file(id).imports.iter().filter(|i| i.public).map(|i| &*i.path));
            }
        }
        self.import(draft, user, path, "import");
        Ok(())
    }

    /// Writes an import line.
    pub(super) fn import(&self, draft: &mut Draft, user: usize, path: &str, keyword: &str) {
        let inner = &self.new[user].tree().inner;
        let last = |what| inner.iter().rfind(|n| n.what == what);
        let after = last(What::Import).or_else(|| last(What::Package)).or_else(|| last(What::Syntax));
        let quoted = path.replace('\\', "\\\\").replace('"', "\\\"");
        draft.line(self.new, user, after, &format!("{keyword} \"{quoted}\";"));
    }

    /// Declares a message, an enum or a service again, as deprecated, where it stood; gives the file.
    pub(super) fn restore_type(
        &self,
        draft: &mut Draft,
        element: Element,
        seen: &mut BTreeSet<String>,
    ) -> Result<usize, Why> {
        let old = self.cx.old;
        // What holds it may be gone as well.
        let mut element = element;
        loop {
            let outer = match element {
                Element::Message(id) => old.message(id).parent,
                Element::Enum(id) => old.enum_(id).parent,
                _ => None,
            };
            let Some(outer) = outer.map(Element::Message) else { break };
            if self.cx.new.by_name(&old.full_name(outer)).is_some() {
                break;
            }
            element = outer;
        }
        let full = old.full_name(element);
        if seen.len() >= MOST_TYPES {
            return Err(format!(
                "more than {MOST_TYPES} types that are gone would have to come back with it"
            ));
        }
        seen.insert(full.clone());
        let at = self.old(element)?;
        if at.node.what == What::Field {
            return Err(format!("`{full}` was a group: its field has to come back"));
        }
        let mut changes = super::marks::deprecated(at);
        let scope_of = |element| old.full_name(element);
        let mut uses = Vec::new();
        self.uses(element, &mut uses);
        let outer = full.rsplit_once('.').map(|(outer, _)| outer);
        let home = match outer.and_then(|outer| self.cx.new.message_by_name(outer)) {
            Some(message) => {
                let holder = self.now(Element::Message(message))?;
                let old_holder = outer
                    .and_then(|o| old.message_by_name(o))
                    .map(|m| self.old(Element::Message(m)))
                    .transpose()?;
                let slot = old_holder.map_or(Slot::Last, |o| self.slot(o.node, at.node, holder.node));
                for (used, user) in uses {
                    self.need_used(draft, holder.file, &used, &full, seen)?;
                    changes.extend(self.respelled(user, &scope_of(element)));
                }
                draft.insert(
                    self.new,
                    holder.file,
                    holder.node,
                    slot,
                    &[Lifted::of(at.text, at.node, changes)],
                );
                holder.file
            }
            None => {
                let (index, text) = self.new_file(&at.text.name)?;
                let package = text.tree().first(What::Package).map_or("", |n| &*n.name);
                if package != old.package_of(element) {
                    return Err(format!("`{}` is in another package now", text.name));
                }
                for (used, user) in uses {
                    self.need_used(draft, index, &used, &full, seen)?;
                    changes.extend(self.respelled(user, &scope_of(element)));
                }
                let siblings = at.text.tree().inner.iter().take_while(|n| n.at != at.node.at);
                let named = named(text.tree().inner.iter().filter(|m| m.body.is_some()));
                let there = |n: &Node| named.get(&(n.what, &*n.name)).copied();
                let after = siblings.filter(|n| n.body.is_some()).filter_map(there).last();
                draft.declare(self.new, index, after, &Lifted::of(at.text, at.node, changes));
                index
            }
        };
        self.need_options(draft, home, at)?;
        Ok(home)
    }

    fn need_used(
        &self,
        draft: &mut Draft,
        user: usize,
        used: &str,
        full: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), Why> {
        let own = used == full || used.strip_prefix(full).is_some_and(|rest| rest.starts_with('.'));
        if own { Ok(()) } else { self.need_type(draft, user, used, seen) }
    }

    /// Names in what comes back are written so that they mean what they meant.
    fn respelled(&self, user: Element, inside: &str) -> Vec<(Range<usize>, String)> {
        let Ok(at) = self.old(user) else { return Vec::new() };
        let kept = |full: &str| {
            full == inside || full.strip_prefix(inside).is_some_and(|rest| rest.starts_with('.'))
        };
        match user {
            Element::Field(id) => {
                let field = self.cx.old.field(id);
                let full = match self.cx.old.map_entry(field) {
                    Some((_, value)) => self.cx.old.field(value).type_name.clone(),
                    None => field.type_name.clone(),
                };
                let full = full.unwrap_or_default();
                if kept(&full) || self.cx.new.by_name(&full).is_none() {
                    return Vec::new();
                }
                let scope = field.parent.map(|m| &*self.cx.old.message(m).full_name).unwrap_or_default();
                self.type_reference(scope, at, field, self.cx.old).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The types that a declaration names, with who names them.
    fn uses(&self, element: Element, out: &mut Vec<(String, Element)>) {
        let old = self.cx.old;
        match element {
            Element::Message(id) => {
                let message = old.message(id);
                for &field in message.fields.iter().chain(&message.extensions) {
                    self.uses(Element::Field(field), out);
                }
                for &inner in &message.messages {
                    self.uses(Element::Message(inner), out);
                }
            }
            Element::Field(id) => {
                let field = old.field(id);
                let name = match old.map_entry(field) {
                    Some((_, value)) => old.field(value).type_name.clone(),
                    None => field.type_name.clone(),
                };
                let name = name.into_iter().chain(field.extendee.clone());
                out.extend(name.map(|name| (name.to_string(), element)));
            }
            Element::Service(id) => {
                old.service(id).methods.iter().for_each(|m| self.uses(Element::Method(*m), out))
            }
            Element::Method(id) => {
                let method = old.method(id);
                out.extend([&method.input, &method.output].map(|name| (name.to_string(), element)));
            }
            _ => {}
        }
    }

    /// Sees to it that the types of a field or a method are there.
    pub(super) fn need_types(&self, draft: &mut Draft, user: usize, element: Element) -> Result<(), Why> {
        let mut uses = Vec::new();
        self.uses(element, &mut uses);
        let mut seen = BTreeSet::new();
        uses.iter().try_for_each(|(full, _)| self.need_type(draft, user, full, &mut seen))
    }

    /// Sees to it that custom options which a statement sets are known: their files are imported.
    pub(super) fn need_options(&self, draft: &mut Draft, user: usize, at: At<'_>) -> Result<(), Why> {
        if !at.of(&at.node.at).contains('(') {
            return Ok(());
        }
        let words: BTreeSet<&str> =
            at.of(&at.node.at).split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).collect();
        let old = self.cx.old;
        for import in at.text.tree().inner.iter().filter(|n| n.what == What::Import) {
            let Some(id) = old.file_by_name(&import.name) else { continue };
            let defines = |schema: &Schema, id| {
                schema.file(id).extensions.iter().any(|e| {
                    let extension = schema.field(*e);
                    words.contains(&*extension.name)
                        && extension
                            .extendee
                            .as_deref()
                            .is_some_and(|e| e.starts_with("google.protobuf.") && e.ends_with("Options"))
                })
            };
            if defines(old, id) && self.cx.new.file_by_name(&import.name).is_some() {
                self.need_import(draft, user, &import.name)?;
            }
        }
        Ok(())
    }
}
