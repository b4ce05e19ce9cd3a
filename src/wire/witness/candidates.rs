//! The messages that may show what a change does.

use super::Prover;
use crate::diff::{Change, Kind, Shown};
use crate::schema::{Cardinality, Element, EnumId, Field, FieldId, MessageId, Range, Schema};
use crate::wire::sample::Maker;
use crate::wire::value::{Slot, Tree, Value, all_fields};
use crate::words::{Direction, Lens};

/// How many fields of one enum are tried.
const CARRIERS: usize = 12;
/// How many messages are tried where the whole of one is in question.
const TREES: usize = 5000;
/// How deep messages in messages are opened.
const DEPTH: usize = 2;

/// Messages of one type to be written and read.
#[derive(Debug)]
pub(super) struct Trial {
    /// The message of the writer.
    pub(super) write: MessageId,
    /// The message of the reader.
    pub(super) read: MessageId,
    /// Numbers of the outermost fields the change is about; empty for all.
    pub(super) focus: Vec<i32>,
    /// What to write.
    pub(super) trees: Vec<Tree>,
    /// What is said of a field that is not there.
    pub(super) absent: Option<FieldId>,
}

impl Prover<'_> {
    /// The schemas of the writer and the reader.
    pub(super) fn sides(&self, direction: Direction) -> (&Schema, &Schema) {
        match direction {
            Direction::Backward => (self.cx.old, self.cx.new),
            Direction::Forward => (self.cx.new, self.cx.old),
        }
    }

    /// What to try for a change, by direction.
    pub(super) fn trials(&self, change: &Change, lens: Lens, direction: Direction) -> Vec<Trial> {
        let backward = direction == Direction::Backward;
        let (write, read) = self.sides(direction);
        // The fields of the writer and the reader, where both sides have it.
        let fields = || {
            let (old, new) = change.fields()?;
            let (w, r) = if backward { (old, new) } else { (new, old) };
            Some((w, r))
        };
        let trials = match change.kind.facts().shown {
            Shown::Nothing => None,
            Shown::Oneof => fields().and_then(|(w, r)| {
                // JSON goes by the key, whatever its number is.
                let r = match lens {
                    Lens::Json => read.field_by_key(read.field(r).parent?, &write.field(w).json_name)?,
                    _ => r,
                };
                Some(self.oneof(w, r, lens, direction))
            }),
            Shown::FieldAbsent => fields().and_then(|(w, r)| {
                let (a, b) = (holder(write, w)?, holder(read, r)?);
                let focus = vec![write.field(w).number];
                let trees = vec![Maker::new(write, 0, true).minimal(a)];
                Some(vec![Trial { write: a, read: b, focus, trees, absent: Some(w) }])
            }),
            Shown::Field => fields().and_then(|(w, r)| {
                // A key or a value of a map is written with the map.
                let (w, r) = (of_map(write, w).unwrap_or(w), of_map(read, r).unwrap_or(r));
                let (a, b) = (holder(write, w)?, holder(read, r)?);
                let mut trials = self.field(w, a, b, &[read.field(r).number], direction);
                let (w, r) = (write.field(w), read.field(r));
                let maker = Maker::new(write, 0, true);
                for slot in self.deep(w, r, lens, direction) {
                    let mut tree = maker.minimal(a);
                    tree.fields.insert(w.number, slot);
                    trials[0].trees.push(tree);
                }
                if let Some(slot) = self.chain(w, r, direction) {
                    let mut tree = maker.minimal(a);
                    tree.fields.insert(w.number, slot);
                    trials[0].trees.push(tree);
                }
                Some(trials)
            }),
            Shown::FieldRemoved => self.field_removed(change, direction),
            Shown::FieldAdded => self.field_added(change, lens, direction),
            Shown::EnumValue => self.enum_value(change, direction),
            Shown::Enum => match if backward { change.old } else { change.new } {
                Some(Element::Enum(id)) => Some(self.enum_(id, None, direction)),
                _ => None,
            },
            Shown::TypeRemoved => match change.old {
                Some(Element::Field(old)) if backward => self.extension(old, direction),
                Some(Element::Message(old)) if self.cx.successor(change).is_some() => {
                    let now = self.cx.successor(change);
                    now.map(|now| {
                        let (w, r) = if backward { (old, now) } else { (now, old) };
                        self.whole(w, r, direction)
                    })
                }
                Some(Element::Message(id)) if backward => Some(self.carriers(id)),
                _ => None,
            },
            Shown::TypeAdded => match change.new {
                Some(Element::Field(new)) if !backward => self.extension(new, direction),
                _ => None,
            },
            Shown::ExtensionRange => match (&change.kind, change.old) {
                (Kind::ExtensionRangeRemoved { missing, .. }, Some(Element::Message(old))) if backward => {
                    self.extensions(old, missing)
                }
                _ => None,
            },
            Shown::Message => match (change.old, change.new) {
                (Some(Element::Message(old)), Some(Element::Message(new))) => {
                    let (a, b) = if backward { (old, new) } else { (new, old) };
                    Some(self.whole(a, b, direction))
                }
                _ => None,
            },
        };
        let mut trials = trials.unwrap_or_default();
        trials.iter_mut().for_each(|trial| self.complete(trial, direction));
        trials
    }

    /// Adds messages with what the reader requires and the writer does not, for without it they are refused for that.
    fn complete(&self, trial: &mut Trial, direction: Direction) {
        let (write, read) = self.sides(direction);
        let required =
            |id: Option<FieldId>| id.is_some_and(|f| read.field(f).cardinality == Cardinality::Required);
        let needed: Vec<&Field> = write
            .message(trial.write)
            .fields
            .iter()
            .map(|id| write.field(*id))
            .filter(|f| f.cardinality != Cardinality::Required && !trial.focus.contains(&f.number))
            .filter(|f| {
                required(read.field_by_number(trial.read, f.number))
                    || required(read.field_by_key(trial.read, &f.json_name))
            })
            .collect();
        if needed.is_empty() {
            return;
        }
        let maker = Maker::new(write, 0, true);
        let slots: Vec<(&Field, Slot)> =
            needed.into_iter().filter_map(|f| Some((f, maker.typical(f)?))).collect();
        let fill = |tree: &Tree| {
            let mut tree = tree.clone();
            for (field, slot) in &slots {
                let excluded = field.oneof.is_some_and(|oneof| {
                    let others = write.oneof(oneof).fields.iter().map(|f| write.field(*f).number);
                    others.into_iter().any(|n| tree.fields.contains_key(&n))
                });
                if !excluded {
                    tree.fields.entry(field.number).or_insert_with(|| slot.clone());
                }
            }
            tree
        };
        let filled: Vec<Tree> = trial.trees.iter().map(fill).collect();
        trial.trees.extend(filled);
    }

    fn field_removed(&self, change: &Change, direction: Direction) -> Option<Vec<Trial>> {
        let Kind::FieldRemoved { message, renumbered, .. } = &change.kind else { return None };
        let Some(Element::Field(old)) = change.old else { return None };
        let parent = holder(self.cx.old, old)?;
        if direction == Direction::Backward {
            return Some(self.field(old, parent, *message, &[], direction));
        }
        if let Some(new) = *renumbered
            && self.cx.old.field(old).cardinality != Cardinality::Required
        {
            return Some(self.field(new, *message, parent, &[], direction));
        }
        let trees = vec![Maker::new(self.cx.new, 0, true).minimal(*message)];
        let focus = vec![self.cx.old.field(old).number];
        Some(vec![Trial { write: *message, read: parent, focus, trees, absent: None }])
    }

    fn field_added(&self, change: &Change, lens: Lens, direction: Direction) -> Option<Vec<Trial>> {
        let Some(Element::Field(new)) = change.new else { return None };
        let parent = holder(self.cx.new, new)?;
        let old = self.partner(parent, Direction::Forward)?;
        if direction == Direction::Forward {
            return Some(self.field(new, parent, old, &[], direction));
        }
        // JSON does not see that its key had another number.
        let namesake = self.cx.old.field_by_key(old, &self.cx.new.field(new).json_name);
        if let Some(was) = namesake.filter(|_| lens == Lens::Json) {
            return Some(self.field(was, old, parent, &[self.cx.new.field(new).number], direction));
        }
        let trees = vec![Maker::new(self.cx.old, 0, true).minimal(old)];
        let focus = vec![self.cx.new.field(new).number];
        Some(vec![Trial { write: old, read: parent, focus, trees, absent: None }])
    }

    fn enum_value(&self, change: &Change, direction: Direction) -> Option<Vec<Trial>> {
        let backward = direction == Direction::Backward;
        // On whichever side it is; where it is on both, on the writer's.
        let (schema, element) = match (change.old, change.new) {
            (Some(old), new) if backward || new.is_none() => (self.cx.old, Some(old)),
            (_, new) => (self.cx.new, new),
        };
        let Some(Element::EnumValue(value)) = element else { return None };
        let value = schema.value(value);
        let name = &schema.enum_(value.parent).full_name;
        let enum_ = self.sides(direction).0.enum_by_name(name)?;
        Some(self.enum_(enum_, Some(value.number), direction))
    }

    /// An extension that only the writer has.
    fn extension(&self, id: FieldId, direction: Direction) -> Option<Vec<Trial>> {
        let extended = holder(self.sides(direction).0, id)?;
        let read = self.partner(extended, direction)?;
        Some(self.field(id, extended, read, &[], direction))
    }

    /// The extensions of a message of the old side with any of these numbers.
    fn extensions(&self, old: MessageId, numbers: &[Range]) -> Option<Vec<Trial>> {
        let new = self.partner(old, Direction::Backward)?;
        let lost = self.cx.old.extensions_of(&self.cx.old.message(old).full_name).iter();
        let lost = lost.filter(|f| numbers.iter().any(|r| r.contains(self.cx.old.field(**f).number)));
        Some(lost.flat_map(|f| self.field(*f, old, new, &[], Direction::Backward)).collect())
    }

    /// Everything a message can hold, field by field.
    pub(super) fn whole(&self, write: MessageId, read: MessageId, direction: Direction) -> Vec<Trial> {
        let (schema, _) = self.sides(direction);
        let maker = Maker::new(schema, 0, true);
        let mut trees = vec![maker.minimal(write)];
        for id in all_fields(schema, write) {
            trees.extend(with_cases(&maker, schema, write, schema.field(id)));
        }
        // Members of a oneof of the reader, set together.
        let fields = schema.fields_by_number(write);
        for pair in fields.windows(2) {
            if let [a, b] = pair {
                trees.extend(together(&maker, write, a, b));
            }
        }
        trees.truncate(TREES);
        vec![Trial { write, read, focus: Vec::new(), trees, absent: None }]
    }

    /// One field, with all it can hold and without it.
    fn field(
        &self,
        id: FieldId,
        write: MessageId,
        read: MessageId,
        also: &[i32],
        direction: Direction,
    ) -> Vec<Trial> {
        let (schema, _) = self.sides(direction);
        let maker = Maker::new(schema, 0, true);
        let field = schema.field(id);
        let mut trees = with_cases(&maker, schema, write, field);
        if field.cardinality != Cardinality::Required {
            trees.push(maker.minimal(write));
        }
        let mut focus = vec![field.number];
        focus.extend(also);
        vec![Trial { write, read, focus, trees, absent: None }]
    }

    /// A field that may exclude others, each of them set beside it.
    fn oneof(&self, w: FieldId, r: FieldId, lens: Lens, direction: Direction) -> Vec<Trial> {
        let (write, read) = self.sides(direction);
        let (Some(a), Some(b)) = (holder(write, w), holder(read, r)) else { return Vec::new() };
        let Some(oneof) = read.field(r).oneof else { return self.field(w, a, b, &[], direction) };
        let maker = Maker::new(write, 0, true);
        let field = write.field(w);
        let mut focus = vec![field.number];
        let mut trees = Vec::new();
        for member in read.oneof(oneof).fields.iter().map(|f| read.field(*f)) {
            let other = match lens {
                Lens::Json => write.field_by_key(a, &member.json_name),
                _ => write.field_by_number(a, member.number),
            };
            let Some(other) = other.map(|f| write.field(f)) else { continue };
            let excluded = field.oneof.is_some() && field.oneof == other.oneof;
            if other.number == field.number || excluded {
                continue;
            }
            focus.push(other.number);
            trees.extend(together(&maker, a, field, other));
        }
        vec![Trial { write: a, read: b, focus, trees, absent: None }]
    }

    /// The fields that hold an enum; with a number only that one.
    fn enum_(&self, id: EnumId, number: Option<i32>, direction: Direction) -> Vec<Trial> {
        let (schema, _) = self.sides(direction);
        let maker = Maker::new(schema, 0, true);
        let mut carriers: Vec<(FieldId, MessageId)> = Vec::new();
        for (field, f) in schema.fields() {
            let Some(parent) = holder(schema, field) else { continue };
            if schema.field_enum(f) != Some(id) {
                continue;
            }
            if !schema.message(parent).map_entry {
                carriers.push((field, parent));
                continue;
            }
            carriers.extend(of_map(schema, field).zip(schema.message(parent).parent));
        }
        // Required ones first: without the value the whole message is refused.
        carriers.sort_by_key(|(f, _)| {
            let field = schema.field(*f);
            (field.cardinality != Cardinality::Required, schema.full_name(Element::Field(*f)))
        });
        let mut trials = Vec::new();
        for (field, parent) in carriers {
            let Some(read) = self.partner(parent, direction) else { continue };
            let of = schema.field(field);
            let trees = match number {
                None => with_cases(&maker, schema, parent, of),
                Some(number) => with_number(&maker, schema, parent, of, number),
            };
            trials.push(Trial { write: parent, read, focus: vec![of.number], trees, absent: None });
            if trials.len() == CARRIERS {
                break;
            }
        }
        trials
    }

    /// Messages that held a message of the old side, and calls that carried it.
    fn carriers(&self, gone: MessageId) -> Vec<Trial> {
        let (old, new) = (self.cx.old, self.cx.new);
        let mut trials = Vec::new();
        for (id, field) in old.fields().filter(|(_, f)| old.field_message(f) == Some(gone)) {
            let Some(parent) = holder(old, id).filter(|m| !old.message(*m).map_entry) else { continue };
            if let Some(read) = self.partner(parent, Direction::Backward) {
                trials.extend(self.field(id, parent, read, &[field.number], Direction::Backward));
            }
            if trials.len() == CARRIERS {
                return trials;
            }
        }
        for (_, method) in old.methods() {
            let service = new.service_by_name(&old.service(method.parent).full_name);
            let Some(now) = service.and_then(|s| new.method_by_name(s, &method.name)) else { continue };
            let now = new.method(now);
            for (before, after) in [(&method.input, &now.input), (&method.output, &now.output)] {
                if old.message_by_name(before) == Some(gone)
                    && let Some(read) = new.message_by_name(after)
                {
                    trials.extend(self.whole(gone, read, Direction::Backward));
                }
            }
        }
        trials
    }
}

/// The map field whose entries a field is in.
fn of_map(schema: &Schema, id: FieldId) -> Option<FieldId> {
    let entry = holder(schema, id).filter(|m| schema.message(*m).map_entry)?;
    let fields = &schema.message(schema.message(entry).parent?).fields;
    fields.iter().copied().find(|f| schema.field_message(schema.field(*f)) == Some(entry))
}

/// The message a field is in; for an extension the one it extends.
pub(crate) fn holder(schema: &Schema, id: FieldId) -> Option<MessageId> {
    let field = schema.field(id);
    match &field.extendee {
        Some(extendee) => schema.message_by_name(extendee),
        None => field.parent,
    }
}

pub(super) fn with_cases(maker: &Maker<'_>, schema: &Schema, message: MessageId, field: &Field) -> Vec<Tree> {
    let base = maker.minimal(message);
    let cases = maker.cases(field, DEPTH).into_iter();
    cases
        .map(|(_, slot)| {
            let mut tree = base.clone();
            tree.fields.insert(field.number, slot);
            // What is not written is not meant.
            crate::wire::encode::settle(schema, &mut tree);
            tree
        })
        .collect()
}

fn together(maker: &Maker<'_>, message: MessageId, a: &Field, b: &Field) -> Option<Tree> {
    let mut tree = maker.minimal(message);
    tree.fields.insert(a.number, maker.typical(a)?);
    tree.fields.insert(b.number, maker.typical(b)?);
    Some(tree)
}

/// What holds a number of the enum of a field; of an enum with more values than are tried, it alone.
fn with_number(
    maker: &Maker<'_>,
    schema: &Schema,
    message: MessageId,
    field: &Field,
    number: i32,
) -> Vec<Tree> {
    let mut trees = with_cases(maker, schema, message, field);
    trees.retain(|tree| holds(tree, field, number));
    if trees.is_empty()
        && let Some(mut slot) = maker.typical(field)
    {
        match &mut slot {
            Slot::One(value) => *value = Value::Enum(number),
            Slot::List(values) => values.fill(Value::Enum(number)),
            Slot::Map(entries) => entries.values_mut().for_each(|value| *value = Value::Enum(number)),
        }
        let mut tree = maker.minimal(message);
        tree.fields.insert(field.number, slot);
        crate::wire::encode::settle(schema, &mut tree);
        trees.push(tree);
    }
    trees
}

/// Whether a field holds a number of its enum.
fn holds(tree: &Tree, field: &Field, number: i32) -> bool {
    let is = |value: &Value| *value == Value::Enum(number);
    match tree.fields.get(&field.number) {
        Some(Slot::One(value)) => is(value),
        Some(Slot::List(values)) => values.iter().any(is),
        Some(Slot::Map(entries)) => entries.values().any(is),
        None => false,
    }
}
