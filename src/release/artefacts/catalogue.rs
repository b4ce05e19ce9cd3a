//! What a version has for whoever looks for it in a catalogue: its packages with their services and types, the first
//! sentence of what each says of itself, and how to depend on it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Material;
use crate::schema::{Comments, Element, MessageId, Schema};
use crate::text::first_sentence;

/// The contract's own packages by name, and what to depend on in each language.
pub(super) fn catalogue(material: &Material<'_>) -> Value {
    let schema = material.schema;
    let mut packages: BTreeMap<&str, Entry> = BTreeMap::new();
    for (name, files) in schema.packages() {
        for file in files.iter().filter(|file| schema.file(**file).target) {
            let said = Said { schema, comments: schema.comments(*file) };
            let file_of = schema.file(*file);
            let entry = packages.entry(name).or_default();
            if entry.summary.is_empty() {
                entry.summary = said.summary(Element::File(*file));
            }
            entry.files.push(file_of.name.to_string());
            entry.services.extend(file_of.services.iter().map(|service| {
                let of = schema.service(*service);
                let methods = of.methods.iter().map(|id| {
                    let method = schema.method(*id);
                    let about = json!({
                        "call": schema.call_path(*id),
                        "kind": method.call_kind().as_str(),
                        "request": method.input,
                        "response": method.output,
                        "summary": said.summary(Element::Method(*id)),
                        "deprecated": schema.is_deprecated(Element::Method(*id)),
                    });
                    (method.name.to_string(), about)
                });
                let about = json!({
                    "summary": said.summary(Element::Service(*service)),
                    "deprecated": schema.is_deprecated(Element::Service(*service)),
                    "methods": methods.collect::<BTreeMap<_, _>>(),
                });
                (of.full_name.to_string(), about)
            }));
            file_of.messages.iter().for_each(|message| said.message(*message, entry));
            entry.enums.extend(file_of.enums.iter().map(|id| said.named(Element::Enum(*id))));
        }
    }
    json!({
        "format": 1,
        "contract": material.contract,
        "version": material.version.to_string(),
        "repository": material.repository,
        "licence": material.licence,
        "depend": material.depend(),
        "packages": packages.into_iter().map(|(name, entry)| (name, entry.told())).collect::<BTreeMap<_, _>>(),
    })
}

/// A package, of all its files.
#[derive(Default)]
struct Entry {
    summary: String,
    files: Vec<String>,
    services: BTreeMap<String, Value>,
    messages: BTreeMap<String, Value>,
    enums: BTreeMap<String, Value>,
}

impl Entry {
    fn told(self) -> Value {
        let Entry { summary, files, services, messages, enums } = self;
        json!({ "summary": summary, "files": files, "services": services, "messages": messages, "enums": enums })
    }
}

/// What the source of a file says.
struct Said<'s> {
    schema: &'s Schema,
    comments: Comments,
}

impl Said<'_> {
    fn summary(&self, element: Element) -> String {
        first_sentence(self.comments.of(self.schema, element))
    }

    fn named(&self, element: Element) -> (String, Value) {
        let about =
            json!({ "summary": self.summary(element), "deprecated": self.schema.is_deprecated(element) });
        (self.schema.full_name(element), about)
    }

    fn message(&self, id: MessageId, entry: &mut Entry) {
        let message = self.schema.message(id);
        if message.map_entry {
            return;
        }
        entry.messages.extend([self.named(Element::Message(id))]);
        message.messages.iter().for_each(|nested| self.message(*nested, entry));
        entry.enums.extend(message.enums.iter().map(|id| self.named(Element::Enum(*id))));
    }
}
