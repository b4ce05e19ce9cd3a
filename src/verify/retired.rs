//! What was given notice: deprecated by the version that writes it, reserved by the one that reads.
//!
//! Whoever still writes it was told, so that it counts for nothing. The verdict says the same.

use crate::schema::{Element, Field, FieldId, MessageId, Schema};
use crate::wire::json::{Json, field_of_key};
use crate::wire::value::field_at;
use crate::words::Lens;

/// Two versions, and what has to be reserved: numbers on the wire, names in JSON.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Who writes.
    pub write: &'a Schema,
    /// Who reads.
    pub read: &'a Schema,
    /// Bytes or JSON.
    pub lens: Lens,
}

impl Notice<'_> {
    fn reserves(&self, element: Element, number: i32, name: &str) -> bool {
        match self.lens {
            Lens::Json => self.read.is_name_reserved(element, name),
            _ => self.read.is_number_reserved(element, number),
        }
    }

    /// Whether a field was given notice; an extension has no number to reserve.
    #[must_use]
    pub fn field(&self, id: FieldId, reader: MessageId) -> bool {
        let field = self.write.field(id);
        let gone = match self.lens {
            Lens::Json => field_of_key(self.read, reader, &self.key(id)).is_none(),
            _ => field_at(self.read, reader, field.number).is_none(),
        };
        let reserved = || self.reserves(Element::Message(reader), field.number, &field.name);
        gone && field.is_deprecated() && (field.extendee.is_some() || reserved())
    }

    fn key(&self, id: FieldId) -> String {
        crate::wire::json::write_key(self.write, id)
    }

    /// Whether the values of a number of an enum were given notice.
    #[must_use]
    pub fn value(&self, of: &str, number: i32) -> bool {
        let (Some(old), Some(new)) = (self.write.enum_by_name(of), self.read.enum_by_name(of)) else {
            return false;
        };
        let named = |v: &&crate::schema::EnumValueId| self.write.value(**v).number == number;
        self.write.enum_(old).values.iter().filter(named).any(|id| {
            let name = &self.write.value(*id).name;
            let gone = match self.lens {
                Lens::Json => self.read.value_by_name(new, name).is_none(),
                _ => self.read.value_by_number(new, number).is_none(),
            };
            let reserved = self.reserves(Element::Enum(new), number, name);
            gone && reserved && self.write.is_deprecated(Element::EnumValue(*id))
        })
    }

    /// A message in JSON without what was given notice; `message` is the writer's.
    #[must_use]
    pub fn strip(&self, message: MessageId, json: &Json) -> Json {
        let full_name = &self.write.message(message).full_name;
        let (Json::Object(members), Some(reader)) = (json, self.read.message_by_name(full_name)) else {
            return json.clone();
        };
        let kept = members.iter().filter_map(|(key, value)| {
            let Some(id) = field_of_key(self.write, message, key) else {
                return Some((key.clone(), value.clone()));
            };
            if self.field(id, reader) {
                return None;
            }
            Some((key.clone(), self.part(self.write.field(id), value)?))
        });
        Json::Object(kept.collect())
    }

    /// What a field holds, without what was given notice; `None` when nothing is left.
    fn part(&self, field: &Field, json: &Json) -> Option<Json> {
        if let Some((_, value)) = self.write.map_entry(field) {
            let Json::Object(entries) = json else { return Some(json.clone()) };
            let value = self.write.field(value);
            let kept = entries.iter().filter_map(|(key, v)| Some((key.clone(), self.part(value, v)?)));
            return Some(Json::Object(kept.collect()));
        }
        if let Json::List(items) = json {
            return Some(Json::List(items.iter().filter_map(|item| self.part(field, item)).collect()));
        }
        if let Some(inner) = self.write.field_message(field) {
            return Some(self.strip(inner, json));
        }
        let value = self.write.field_enum(field).and_then(|id| {
            let Json::String(name) = json else { return None };
            let value = self.write.value_by_name(id, name)?;
            Some((&self.write.enum_(id).full_name, self.write.value(value).number))
        });
        let retired = value.is_some_and(|(of, number)| self.value(of, number));
        (!retired).then(|| json.clone())
    }
}
