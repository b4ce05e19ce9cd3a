//! What a version uses numbers and names for: its page of the memory.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::schema::{Element, Range, Schema};

/// Messages and enums by full name, each with its numbers in order, and what it has reserved.
pub(super) fn numbers(schema: &Schema) -> Value {
    let own = |file| schema.file(file).target;
    let mut messages = BTreeMap::new();
    for (id, message) in schema.messages().filter(|(_, m)| own(m.file) && !m.map_entry) {
        let mut fields = schema.fields_by_number(id);
        fields.sort_by_key(|field| field.number);
        let fields = fields.iter().map(|field| {
            json!({"number": field.number, "name": field.name, "json": field.json_name, "type": field.type_text()})
        });
        let page = page("fields", fields.collect(), &message.reserved_ranges, &message.reserved_names);
        messages.insert(message.full_name.to_string(), page);
    }
    let mut enums = BTreeMap::new();
    for (_, enum_) in schema.enums().filter(|(_, e)| own(e.file)) {
        let mut values: Vec<_> = enum_.values.iter().map(|id| schema.value(*id)).collect();
        values.sort_by_key(|value| value.number);
        let values = values.iter().map(|value| json!({"number": value.number, "name": value.name}));
        let page = page("values", values.collect(), &enum_.reserved_ranges, &enum_.reserved_names);
        enums.insert(enum_.full_name.to_string(), page);
    }
    let mut services = BTreeMap::new();
    for (_, service) in schema.services().filter(|(_, s)| own(s.file)) {
        let streams = |is: bool| if is { "stream " } else { "" };
        let calls = service.methods.iter().map(|id| schema.method(*id)).map(|m| {
            let (request, response) = (streams(m.client_streaming), streams(m.server_streaming));
            json!({"name": m.name, "request": format!("{request}{}", m.input), "response": format!("{response}{}", m.output)})
        });
        services.insert(service.full_name.to_string(), json!({"methods": calls.collect::<Vec<_>>()}));
    }
    // By what they extend, which may be others' messages.
    let mut extensions: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (id, field) in schema.all_extensions().filter(|(_, field)| own(field.file)) {
        let Some(extended) = field.extendee.as_deref() else { continue };
        let name = schema.full_name(Element::Field(id));
        let one =
            json!({"number": field.number, "name": name, "json": field.json_name, "type": field.type_text()});
        extensions.entry(extended).or_default().push(one);
    }
    extensions.values_mut().for_each(|all| all.sort_by_key(|one| one["number"].as_i64()));
    json!({"format": 1, "messages": messages, "enums": enums, "services": services, "extensions": extensions})
}

fn page(members: &str, all: Vec<Value>, ranges: &[Range], names: &[Box<str>]) -> Value {
    let mut ranges = ranges.to_vec();
    ranges.sort_unstable();
    let ranges: Vec<_> = ranges.iter().map(|range| json!([range.start, range.end])).collect();
    json!({ members: all, "reserved": ranges, "reserved_names": names })
}
