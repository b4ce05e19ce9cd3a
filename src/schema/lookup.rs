//! Finding things inside one element by name: indexes made when something first asks.
//!
//! Most elements never change, so most indexes are never made. Those that are keep a comparison linear where a
//! message has a hundred thousand fields.

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{
    Element, EnumId, EnumValueId, FieldId, FileId, MessageId, MethodId, OneofId, Range, ServiceId,
};
use super::tables::Schema;

/// Numbers and names that were retired.
#[derive(Debug, Default)]
struct Retired {
    /// Sorted, apart from each other.
    ranges: Vec<Range>,
    names: FxHashSet<Box<str>>,
}

impl Retired {
    fn new(ranges: &[Range], names: &[Box<str>]) -> Retired {
        Retired { ranges: Range::merged(ranges), names: names.iter().cloned().collect() }
    }

    fn number(&self, number: i32) -> bool {
        let at = self.ranges.partition_point(|r| r.end < number);
        self.ranges.get(at).is_some_and(|r| r.contains(number))
    }
}

/// The index of a message.
#[derive(Debug)]
pub(super) struct MessageLookup {
    names: FxHashMap<Box<str>, FieldId>,
    /// By JSON name and by name: what a JSON parser takes as a key.
    keys: FxHashMap<Box<str>, FieldId>,
    /// The first field of each message type.
    types: FxHashMap<Box<str>, FieldId>,
    oneofs: FxHashMap<Box<str>, OneofId>,
    /// Fields with the JSON name of another one: each with that other.
    namesakes: FxHashMap<FieldId, FieldId>,
    retired: Retired,
    highest: i32,
}

/// The index of an enum.
#[derive(Debug)]
pub(super) struct EnumLookup {
    names: FxHashMap<Box<str>, EnumValueId>,
    /// The first value of each number.
    numbers: FxHashMap<i32, EnumValueId>,
    retired: Retired,
}

impl Range {
    /// The same numbers as sorted ranges that neither overlap nor touch.
    pub(crate) fn merged(ranges: &[Range]) -> Vec<Range> {
        let mut sorted: Vec<Range> = ranges.iter().copied().filter(|r| r.start <= r.end).collect();
        sorted.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                Some(last) if i64::from(range.start) <= i64::from(last.end) + 1 => {
                    last.end = last.end.max(range.end)
                }
                _ => merged.push(range),
            }
        }
        merged
    }
}

impl Schema {
    fn message_lookup(&self, id: MessageId) -> &MessageLookup {
        let message = self.message(id);
        message.lookup.get_or_init(|| {
            let mut lookup = MessageLookup {
                names: FxHashMap::default(),
                keys: FxHashMap::default(),
                types: FxHashMap::default(),
                oneofs: FxHashMap::default(),
                namesakes: FxHashMap::default(),
                retired: Retired::new(&message.reserved_ranges, &message.reserved_names),
                highest: 0,
            };
            for &id in &message.fields {
                let field = self.field(id);
                lookup.names.entry(field.name.clone()).or_insert(id);
                let first = *lookup.keys.entry(field.json_name.clone()).or_insert(id);
                if first != id && self.field(first).json_name == field.json_name {
                    lookup.namesakes.insert(id, first);
                    lookup.namesakes.entry(first).or_insert(id);
                }
                lookup.keys.entry(field.name.clone()).or_insert(id);
                if let Some(name) = field.type_name.as_ref().filter(|_| field.kind.is_message()) {
                    lookup.types.entry(name.clone()).or_insert(id);
                }
            }
            for &id in &message.oneofs {
                lookup.oneofs.entry(self.oneof(id).name.clone()).or_insert(id);
            }
            let fields = message.fields.iter().map(|f| self.field(*f).number);
            let reserved = message.reserved_ranges.iter().map(|r| r.end);
            let extensions = message.extension_ranges.iter().map(|r| r.range.end);
            lookup.highest = fields.chain(reserved).chain(extensions).max().unwrap_or(0);
            Box::new(lookup)
        })
    }

    fn enum_lookup(&self, id: EnumId) -> &EnumLookup {
        let enum_ = self.enum_(id);
        enum_.lookup.get_or_init(|| {
            let mut lookup = EnumLookup {
                names: FxHashMap::default(),
                numbers: FxHashMap::default(),
                retired: Retired::new(&enum_.reserved_ranges, &enum_.reserved_names),
            };
            for &id in &enum_.values {
                let value = self.value(id);
                lookup.names.entry(value.name.clone()).or_insert(id);
                lookup.numbers.entry(value.number).or_insert(id);
            }
            Box::new(lookup)
        })
    }

    /// The field of `message` with this name; extensions are not looked at.
    pub fn field_by_name(&self, message: MessageId, name: &str) -> Option<FieldId> {
        self.message_lookup(message).names.get(name).copied()
    }

    /// The first field of `message` that a JSON parser takes this key for: its JSON name or its own name.
    pub fn field_by_key(&self, message: MessageId, key: &str) -> Option<FieldId> {
        self.message_lookup(message).keys.get(key).copied()
    }

    /// Another field of the message with the JSON name of this one, which proto2 allows; of an extension none.
    pub fn json_namesake(&self, field: FieldId) -> Option<FieldId> {
        let message = self.field(field).parent.filter(|_| !self.field(field).is_extension())?;
        self.message_lookup(message).namesakes.get(&field).copied()
    }

    /// The first field of `message` that holds this message type (full name without a leading dot).
    pub fn field_by_type(&self, message: MessageId, full_name: &str) -> Option<FieldId> {
        self.message_lookup(message).types.get(full_name).copied()
    }

    /// The oneof of `message` with this name.
    pub fn oneof_by_name(&self, message: MessageId, name: &str) -> Option<OneofId> {
        self.message_lookup(message).oneofs.get(name).copied()
    }

    /// The highest number that a field, a reserved range or an extension range of `message` has; 0 without any.
    pub fn highest_number(&self, message: MessageId) -> i32 {
        self.message_lookup(message).highest
    }

    /// The value of `enum_` with this name.
    pub fn value_by_name(&self, enum_: EnumId, name: &str) -> Option<EnumValueId> {
        self.enum_lookup(enum_).names.get(name).copied()
    }

    /// The value of `enum_` that a JSON parser takes a text for: the one that is written so, else the one with this
    /// name.
    pub fn value_by_json(&self, enum_: EnumId, text: &str) -> Option<EnumValueId> {
        let own = |id: &EnumValueId| self.value(*id).json_name.as_deref() == Some(text);
        self.enum_(enum_).values.iter().copied().find(own).or_else(|| self.value_by_name(enum_, text))
    }

    /// The first value of `enum_` with this number.
    pub fn value_by_number(&self, enum_: EnumId, number: i32) -> Option<EnumValueId> {
        self.enum_lookup(enum_).numbers.get(&number).copied()
    }

    /// The method of `service` with this name.
    pub fn method_by_name(&self, service: ServiceId, name: &str) -> Option<MethodId> {
        let service = self.service(service);
        let names = service.lookup.get_or_init(|| {
            let mut names = FxHashMap::default();
            for &id in &service.methods {
                names.entry(self.method(id).name.clone()).or_insert(id);
            }
            names
        });
        names.get(name).copied()
    }

    /// Which `import` line of `file` names a path, counted from zero.
    pub fn import_index(&self, file: FileId, path: &str) -> Option<usize> {
        let file = self.file(file);
        let paths = file.lookup.get_or_init(|| {
            let mut paths = FxHashMap::default();
            for (index, import) in file.imports.iter().enumerate() {
                paths.entry(import.path.clone()).or_insert(index);
            }
            paths
        });
        paths.get(path).copied()
    }

    /// The extensions of `extendee` (full name) in the order of their numbers.
    pub fn extensions_of(&self, extendee: &str) -> &[FieldId] {
        let lists = self.by_extendee.get_or_init(|| {
            let mut lists: FxHashMap<Box<str>, Vec<FieldId>> = FxHashMap::default();
            for (id, field) in self.fields() {
                if let Some(extendee) = &field.extendee {
                    lists.entry(extendee.clone()).or_default().push(id);
                }
            }
            lists.values_mut().for_each(|list| list.sort_by_key(|id| self.field(*id).number));
            lists
        });
        lists.get(extendee).map_or(&[], Vec::as_slice)
    }

    /// Whether a message or an enum retired a number.
    pub fn is_number_reserved(&self, element: Element, number: i32) -> bool {
        self.retired(element).is_some_and(|r| r.number(number))
    }

    /// Whether a message or an enum retired a name.
    pub fn is_name_reserved(&self, element: Element, name: &str) -> bool {
        self.retired(element).is_some_and(|r| r.names.contains(name))
    }

    fn retired(&self, element: Element) -> Option<&Retired> {
        match element {
            Element::Message(id) => Some(&self.message_lookup(id).retired),
            Element::Enum(id) => Some(&self.enum_lookup(id).retired),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_ranges_hold_the_same_numbers() {
        let r = |start, end| Range { start, end };
        assert_eq!(
            Range::merged(&[r(5, 6), r(1, 2), r(3, 3), r(8, i32::MAX), r(9, 10), r(4, 3)]),
            [r(1, 3), r(5, 6), r(8, i32::MAX)]
        );
        let retired = Retired::new(&[r(5, 6), r(1, 2)], &[]);
        let held: Vec<i32> = (0..9).filter(|n| retired.number(*n)).collect();
        assert_eq!(held, [1, 2, 5, 6]);
    }
}
