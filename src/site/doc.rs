//! One version as it stands on its pages.

use std::collections::BTreeMap;

use minijinja::Value;
use serde::Serialize;

use super::names::file_name;
use super::prose::prose;
use crate::schema::{
    Cardinality, Comments, Element, EnumId, Field, FieldId, FileId, MessageId, Method, Range, Reach, Role,
    Schema, ServiceId, SpanTable, assignment, options,
};
use crate::text::{first_sentence, plural};
use crate::words::CallKind;

/// How many calls are named at one type.
const CALLS: usize = 24;

/// A package.
#[derive(Debug, Default, Serialize)]
pub(super) struct Package {
    pub(super) name: String,
    /// The name of its page, without a folder.
    pub(super) page: String,
    /// What is said at the `package` line of its files.
    pub(super) comment: Value,
    /// The first sentence of that.
    pub(super) summary: String,
    pub(super) files: Vec<String>,
    pub(super) services: Vec<Service>,
    pub(super) types: Vec<Type>,
    pub(super) extensions: Vec<FieldDoc>,
}

/// A service.
#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) head: Head,
    pub(super) methods: Vec<MethodDoc>,
}

/// What every element has.
#[derive(Debug, Serialize)]
pub(super) struct Head {
    pub(super) full_name: String,
    /// Without the package.
    pub(super) name: String,
    /// Without whatever it is in.
    pub(super) last: String,
    pub(super) comment: Value,
    pub(super) deprecated: bool,
    pub(super) options: Vec<String>,
    /// Where it is declared: `pay/v1/pay.proto:12`.
    pub(super) place: String,
}

/// A message or an enum.
#[derive(Debug, Serialize)]
pub(super) struct Type {
    pub(super) head: Head,
    pub(super) noun: &'static str,
    pub(super) fields: Vec<FieldDoc>,
    pub(super) values: Vec<ValueDoc>,
    pub(super) reserved: String,
    /// Only its own file may use it.
    pub(super) local: bool,
    pub(super) calls: Vec<Call>,
    pub(super) more_calls: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct FieldDoc {
    pub(super) head: Head,
    pub(super) number: i32,
    pub(super) label: &'static str,
    pub(super) parts: Vec<Part>,
    pub(super) oneof: String,
    /// The message that an extension extends.
    pub(super) extends: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub(super) struct ValueDoc {
    pub(super) head: Head,
    pub(super) number: i32,
}

#[derive(Debug, Serialize)]
pub(super) struct MethodDoc {
    pub(super) head: Head,
    pub(super) kind: &'static str,
    pub(super) request: Vec<Part>,
    pub(super) response: Vec<Part>,
}

/// A piece of text, which may lead somewhere.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) href: Option<String>,
}

/// A call that carries a type.
#[derive(Debug, Serialize)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) href: Option<String>,
    pub(super) role: &'static str,
}

/// What is kept of a package when it has its page.
#[derive(Debug)]
pub(super) struct Brief {
    pub(super) page: String,
    pub(super) summary: String,
    pub(super) counts: String,
    pub(super) wholes: Vec<Whole>,
}

/// A service, a message or an enum.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) full_name: String,
    /// Without the package.
    pub(super) name: String,
    pub(super) noun: &'static str,
}

/// The packages of the contract's own files, each of which is read when it is asked for.
pub(super) struct Packages<'a> {
    reader: Reader<'a>,
    /// The files of each, by its name.
    files: BTreeMap<&'a str, Vec<FileId>>,
}

impl<'a> Packages<'a> {
    /// Those of a schema.
    pub(super) fn of(schema: &'a Schema) -> Packages<'a> {
        let mut all: Vec<_> = schema.files().filter(|(_, file)| file.target).collect();
        all.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        let mut files: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
        for (id, file) in all {
            files.entry(&file.package).or_default().push(id);
        }
        Packages { reader: Reader { schema, reach: Reach::new(schema) }, files }
    }

    /// Their names, sorted.
    pub(super) fn names(&self) -> Vec<&'a str> {
        self.files.keys().copied().collect()
    }

    /// Reads one.
    pub(super) fn read(&self, name: &str) -> Package {
        let mut package = Package { name: name.to_owned(), page: page(name), ..Package::default() };
        for id in self.files.get(name).into_iter().flatten() {
            self.reader.file(*id, &mut package);
        }
        package
    }
}

/// The page of a package, in the folder of a version.
pub(super) fn page(package: &str) -> String {
    format!("{}.html", file_name(package))
}

/// What the source of a file says, as long as its elements are read.
struct Said {
    comments: Comments,
    spans: SpanTable,
}

struct Reader<'a> {
    schema: &'a Schema,
    reach: Reach,
}

impl Reader<'_> {
    fn file(&self, id: FileId, package: &mut Package) {
        let schema = self.schema;
        let said = Said { comments: schema.comments(id), spans: schema.spans(id) };
        let file = schema.file(id);
        package.files.push(file.name.to_string());
        let about = said.comments.of(schema, Element::File(id));
        if package.summary.is_empty() && !about.is_empty() {
            package.comment = self.prose(about);
            package.summary = first_sentence(about);
        }
        package.services.extend(file.services.iter().map(|service| self.service(*service, &said)));
        for message in &file.messages {
            self.message(*message, &said, &mut package.types);
        }
        package.types.extend(file.enums.iter().map(|id| self.enum_(*id, &said)));
        package.extensions.extend(file.extensions.iter().map(|id| self.field(*id, &said)));
    }

    fn head(&self, element: Element, said: &Said) -> Head {
        let schema = self.schema;
        let file = schema.file_of(element);
        let line = said.spans.get(&schema.path(element)).map(|span| format!(":{}", span.start_line));
        let options =
            options::options(schema, element).into_iter().filter(|option| option.name != "deprecated");
        let full_name = schema.full_name(element);
        Head {
            last: full_name.rsplit('.').next().unwrap_or_default().to_owned(),
            full_name,
            name: schema.nested_name(element),
            comment: self.prose(said.comments.of(schema, element)),
            deprecated: schema.is_deprecated(element),
            options: options.map(|option| assignment(schema, element, &option)).collect(),
            place: format!("{}{}", schema.file(file).name, line.unwrap_or_default()),
        }
    }

    fn prose(&self, comment: &str) -> Value {
        Value::from_safe_string(prose(comment, &|name| self.address(name.trim_start_matches('.'))))
    }

    /// Where an element of the contract stands, by its full name or that of the type it is in.
    fn address(&self, full_name: &str) -> Option<String> {
        let mut name = full_name;
        loop {
            if let Some(element) = self.schema.by_name(name) {
                let file = self.schema.file(self.schema.file_of(element));
                return file.target.then(|| format!("{}#{full_name}", page(&file.package)));
            }
            // A field, a value or a method: the schema knows what it is in.
            if name != full_name {
                return None;
            }
            name = name.rsplit_once('.')?.0;
        }
    }

    /// A type as somebody in a file names it: without the package, where that is the same.
    fn named(&self, full_name: &str, from: FileId) -> Part {
        let element = self.schema.by_name(full_name);
        let package = &self.schema.file(from).package;
        let near = element.filter(|element| self.schema.package_of(*element) == &**package);
        Part {
            text: near.map_or_else(|| full_name.to_owned(), |element| self.schema.nested_name(element)),
            href: element.and_then(|_| self.address(full_name)),
        }
    }

    fn service(&self, id: ServiceId, said: &Said) -> Service {
        let service = self.schema.service(id);
        let methods = service.methods.iter().map(|id| {
            let method = self.schema.method(*id);
            MethodDoc {
                head: self.head(Element::Method(*id), said),
                kind: kind(method),
                request: vec![self.named(&method.input, service.file)],
                response: vec![self.named(&method.output, service.file)],
            }
        });
        Service { methods: methods.collect(), head: self.head(Element::Service(id), said) }
    }

    fn message(&self, id: MessageId, said: &Said, types: &mut Vec<Type>) {
        let message = self.schema.message(id);
        if message.map_entry {
            return;
        }
        let (calls, more_calls) = self.calls(Element::Message(id));
        let extensions = message.extension_ranges.iter().map(|e| e.range).collect::<Vec<_>>();
        let mut reserved = ranges("reserved", &message.reserved_ranges, &message.reserved_names);
        if !extensions.is_empty() {
            let open = ranges("for extensions", &extensions, &[]);
            reserved = if reserved.is_empty() { open } else { format!("{reserved}; {open}") };
        }
        types.push(Type {
            noun: "message",
            fields: message.fields.iter().map(|id| self.field(*id, said)).collect(),
            values: Vec::new(),
            reserved,
            local: !message.visibility.exported,
            calls,
            more_calls,
            head: self.head(Element::Message(id), said),
        });
        for nested in &message.messages {
            self.message(*nested, said, types);
        }
        types.extend(message.enums.iter().map(|id| self.enum_(*id, said)));
    }

    fn enum_(&self, id: EnumId, said: &Said) -> Type {
        let enum_ = self.schema.enum_(id);
        let (calls, more_calls) = self.calls(Element::Enum(id));
        let value = |id: &crate::schema::EnumValueId| ValueDoc {
            head: self.head(Element::EnumValue(*id), said),
            number: self.schema.value(*id).number,
        };
        Type {
            noun: "enum",
            fields: Vec::new(),
            values: enum_.values.iter().map(value).collect(),
            reserved: ranges("reserved", &enum_.reserved_ranges, &enum_.reserved_names),
            local: !enum_.visibility.exported,
            calls,
            more_calls,
            head: self.head(Element::Enum(id), said),
        }
    }

    fn field(&self, id: FieldId, said: &Said) -> FieldDoc {
        let field = self.schema.field(id);
        let mut head = self.head(Element::Field(id), said);
        if let Some(default) = &field.default {
            head.options.insert(0, format!("default = {default}"));
        }
        FieldDoc {
            number: field.number,
            label: match field.cardinality {
                Cardinality::Repeated => "repeated",
                Cardinality::Required => "required",
                Cardinality::Explicit if field.oneof.is_none() && !field.kind.is_message() => "optional",
                Cardinality::Explicit | Cardinality::Implicit | Cardinality::Map => "",
            },
            parts: self.type_of(field),
            oneof: field.oneof.map(|oneof| self.schema.oneof(oneof).name.to_string()).unwrap_or_default(),
            extends: field.extendee.iter().map(|extendee| self.named(extendee, field.file)).collect(),
            head,
        }
    }

    fn type_of(&self, field: &Field) -> Vec<Part> {
        let one = |field: &Field| match &field.type_name {
            Some(name) => self.named(name, field.file),
            None => Part { text: field.kind.as_str().to_owned(), href: None },
        };
        let plain = |text: &str| Part { text: text.to_owned(), href: None };
        match self.schema.map_entry(field) {
            Some((key, value)) => vec![
                plain("map<"),
                one(self.schema.field(key)),
                plain(", "),
                one(self.schema.field(value)),
                plain(">"),
            ],
            None => vec![one(field)],
        }
    }

    fn calls(&self, element: Element) -> (Vec<Call>, usize) {
        let uses = self.reach.uses(self.schema, element);
        let call = |one: &crate::schema::Use| {
            let name = self.schema.full_name(Element::Method(one.method));
            Call {
                href: self.address(&name),
                name,
                role: match one.role {
                    Role::Request => "request",
                    Role::Response => "response",
                },
            }
        };
        (uses.iter().take(CALLS).map(call).collect(), uses.len().saturating_sub(CALLS))
    }
}

fn kind(method: &Method) -> &'static str {
    match method.call_kind() {
        CallKind::Unary => "one request, one response",
        CallKind::Server => "one request, a stream of responses",
        CallKind::Client => "a stream of requests, one response",
        CallKind::Bidi => "streams both ways",
    }
}

/// `reserved: 4, 9 to 11, old_name`; empty where there is nothing.
fn ranges(word: &str, numbers: &[Range], names: &[Box<str>]) -> String {
    let range = |range: &Range| match range.end - range.start {
        0 => range.start.to_string(),
        _ if range.end >= 536_870_911 => format!("{} to max", range.start),
        _ => format!("{} to {}", range.start, range.end),
    };
    let all: Vec<String> =
        numbers.iter().map(range).chain(names.iter().map(|name| name.to_string())).collect();
    if all.is_empty() { String::new() } else { format!("{word}: {}", all.join(", ")) }
}

impl Package {
    /// `3 services, 12 messages, 2 enums`.
    pub(super) fn counts(&self) -> String {
        let of = |noun: &str| self.types.iter().filter(|t| t.noun == noun).count();
        let counts = [(self.services.len(), "service"), (of("message"), "message"), (of("enum"), "enum")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, noun)| plural(count, noun)).collect::<Vec<_>>().join(", ")
    }

    /// What is kept of it.
    pub(super) fn brief(&self) -> Brief {
        let whole = |(head, noun): (&Head, &'static str)| Whole {
            full_name: head.full_name.clone(),
            name: head.name.clone(),
            noun,
        };
        Brief {
            page: self.page.clone(),
            summary: self.summary.clone(),
            counts: self.counts(),
            wholes: self.wholes().map(whole).collect(),
        }
    }

    /// Services, messages and enums, with the word for each.
    fn wholes(&self) -> impl Iterator<Item = (&Head, &'static str)> {
        let services = self.services.iter().map(|service| (&service.head, "service"));
        services.chain(self.types.iter().map(|t| (&t.head, t.noun)))
    }

    /// Everything that has an address on the page of the package.
    pub(super) fn heads(&self) -> impl Iterator<Item = &Head> {
        let methods = self.services.iter().flat_map(|service| &service.methods).map(|method| &method.head);
        let fields =
            self.types.iter().flat_map(|t| &t.fields).chain(&self.extensions).map(|field| &field.head);
        let values = self.types.iter().flat_map(|t| &t.values).map(|value| &value.head);
        self.wholes().map(|(head, _)| head).chain(methods).chain(fields).chain(values)
    }
}
