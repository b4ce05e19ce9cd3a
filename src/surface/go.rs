//! Go: protoc-gen-go and protoc-gen-go-grpc, after `compiler/protogen` and `cmd/protoc-gen-go/internal_gengo` of
//! google.golang.org/protobuf.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Name, Names, Surface, View, entry};
use crate::schema::{
    Cardinality, Element, EnumId, EnumValueId, Field, FieldId, FileId, GoApi, GoEnumPrefix, Kind, Message,
    MessageId, MethodId, OneofId, Schema, ServiceId,
};

pub(super) struct Go;

/// The keywords of Go.
pub(crate) const KEYWORDS: [&str; 25] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// The name that protoc-gen-go gives: a dot is `_` unless a lower-case letter follows, `_x` is `X`
/// (google.golang.org/protobuf/internal/strs, `GoCamelCase`).
pub(crate) fn camel(name: &str) -> String {
    let bytes = name.as_bytes();
    let lower = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_lowercase);
    let mut out = String::with_capacity(name.len());
    let mut i = 0;
    while i < bytes.len() {
        let c = bytes[i];
        if c == b'.' && lower(i + 1) {
            // The next letter is made upper-case in its own turn.
        } else if c == b'.' {
            out.push('_');
        } else if c == b'_' && (i == 0 || bytes[i - 1] == b'.') {
            out.push('X');
        } else if c == b'_' && lower(i + 1) {
            // As above.
        } else if c.is_ascii_digit() {
            out.push(char::from(c));
        } else {
            out.push(char::from(c.to_ascii_uppercase()));
            while lower(i + 1) {
                i += 1;
                out.push(char::from(bytes[i]));
            }
        }
        i += 1;
    }
    out
}

/// The type of a message or an enum.
pub(crate) fn type_name(schema: &Schema, element: Element) -> String {
    camel(&schema.nested_name(element))
}

/// The constants of an enum value: the name to use, and the old one where both are made
/// (`newEnumValue`, `TrimEnumPrefix`).
pub(crate) fn value_names(schema: &Schema, id: EnumValueId) -> (String, Option<String>) {
    let value = schema.value(id);
    let enum_ = schema.enum_(value.parent);
    let front = match enum_.parent {
        Some(parent) => type_name(schema, Element::Message(parent)),
        None => type_name(schema, Element::Enum(value.parent)),
    };
    let kept = format!("{front}_{}", value.name);
    let trimmed = || format!("{front}_{}", trimmed(&value.name, &enum_.name));
    match value.go_prefix {
        GoEnumPrefix::Keep => (kept, None),
        GoEnumPrefix::Strip => (trimmed(), None),
        GoEnumPrefix::Both => {
            let name = trimmed();
            let old = (kept != name).then_some(kept);
            (name, old)
        }
    }
}

/// The name of a value without that of its enum in front, however both are written; as it is where nothing would be
/// left of it.
pub(super) fn trimmed<'n>(value: &'n str, enum_: &str) -> &'n str {
    let prefix = enum_.to_ascii_lowercase().replace('_', "");
    let (mut prefix, mut rest) = (prefix.as_str(), value);
    while let Some(p) = prefix.chars().next() {
        let Some(c) = rest.chars().next() else { return value };
        if c == '_' {
            rest = &rest[1..];
            continue;
        }
        if c.to_ascii_lowercase() != p {
            return value;
        }
        rest = &rest[c.len_utf8()..];
        prefix = &prefix[p.len_utf8()..];
    }
    let rest = rest.trim_start_matches('_');
    if rest.is_empty() { value } else { rest }
}

/// The Go package of a file: its import path and its name, as far as the file says so.
fn package(schema: &Schema, id: FileId) -> String {
    let file = schema.file(id);
    match file.options.as_deref().and_then(|o| o.go_package.as_deref()).filter(|own| !own.is_empty()) {
        Some(own) => {
            let (path, name) = own.split_once(';').unwrap_or((own, ""));
            let name = if name.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { name };
            format!("{path};{}", clean(name))
        }
        // Whoever generates says it by hand; packages made here follow the proto package.
        None => file.package.to_string(),
    }
}

/// What other Go packages get of a file that is imported publicly: aliases for all that its messages, enums and
/// extensions have at the top (`genImport` of protoc-gen-go). What is an alias itself is left out.
pub(crate) fn forwarded(schema: &Schema, id: FileId, parts: Option<&View>) -> Vec<Name> {
    let mut all = Vec::new();
    for element in super::inside(schema, Element::File(id)) {
        if matches!(element, Element::Message(_) | Element::Enum(_) | Element::Field(_)) {
            let names = super::names_of(crate::words::Language::Go, schema, element, parts).into_iter();
            all.extend(names.filter(|name| !name.path.contains(['.', '('])));
        }
    }
    all
}

/// The variable with the descriptor of a file.
pub(crate) fn descriptor(file: &str) -> String {
    format!("File_{}", clean(file))
}

/// `GoSanitized`.
pub(crate) fn clean(name: &str) -> String {
    let out: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if KEYWORDS.contains(&out.as_str()) || !out.starts_with(char::is_alphabetic) {
        format!("_{out}")
    } else {
        out
    }
}

/// What the parts of a message are called.
struct Called {
    fields: BTreeMap<FieldId, Part>,
    oneofs: BTreeMap<OneofId, Part>,
}

#[derive(Clone)]
struct Part {
    /// In the open API.
    go: String,
    /// The wrapper of a member of a oneof.
    wrapper: String,
    /// In names of methods of the other APIs.
    camel: String,
    /// Whether methods of the hybrid API have a `_` after the verb.
    infix: bool,
    /// The element beside which it is called so.
    beside: Option<Element>,
    /// The type beside which the wrapper is called so.
    wrapper_beside: Option<Element>,
}

impl Part {
    fn new(go: String, beside: Option<Element>, name: &str) -> Part {
        Part { go, beside, wrapper: String::new(), wrapper_beside: None, camel: camel(name), infix: false }
    }
}

/// Methods of every message.
const METHODS: [&str; 8] = [
    "Reset",
    "String",
    "ProtoMessage",
    "Marshal",
    "Unmarshal",
    "ExtensionRangeArray",
    "ExtensionMap",
    "Descriptor",
];

/// Names given one by one, each apart from those before it (`makeNameUnique`).
struct Used(FxHashMap<String, (bool, Option<Element>)>);

impl Used {
    fn take(&mut self, mut name: String, getter: bool, of: Element) -> (String, Option<Element>) {
        let mut beside = None;
        let taken = |used: &FxHashMap<String, (bool, Option<Element>)>, name: &str| {
            used.get(name).filter(|(is, _)| *is).map(|(_, of)| *of)
        };
        loop {
            let other = taken(&self.0, &name)
                .or_else(|| getter.then(|| taken(&self.0, &format!("Get{name}"))).flatten());
            let Some(other) = other else { break };
            beside = beside.or(other);
            name.push('_');
        }
        self.0.insert(name.clone(), (true, Some(of)));
        self.0.insert(format!("Get{name}"), (getter, Some(of)));
        (name, beside)
    }
}

impl Called {
    /// `newMessage` and `opaqueNewMessageHook` of protogen, for the parts that matter.
    fn new(schema: &Schema, id: MessageId, sees: impl Fn(Element) -> bool) -> Called {
        let message = schema.message(id);
        let fixed = METHODS.iter().map(|m| ((*m).to_owned(), (true, None)));
        let mut used = Used(fixed.collect());
        let mut called = Called { fields: BTreeMap::new(), oneofs: BTreeMap::new() };
        let fields = message.fields.iter().filter(|id| sees(Element::Field(**id)));
        for id in fields.clone() {
            let field = schema.field(*id);
            let of = Element::Field(*id);
            let (go, beside) = used.take(camel(&field.name), true, of);
            called.fields.insert(*id, Part::new(go, beside, &field.name));
            if let Some(oneof) = field.oneof.filter(|o| schema.oneof(*o).fields.first() == Some(id)) {
                let name = &schema.oneof(oneof).name;
                let (go, beside) = used.take(camel(name), false, Element::Oneof(oneof));
                called.oneofs.insert(oneof, Part::new(go, beside, name));
            } else if field.proto3_optional {
                // The compiler puts it into a oneof of its own, which is called `_name`.
                used.take(camel(&format!("_{}", field.name)), false, of);
            }
        }
        called.wrappers(schema, id, message);
        called.accessors(schema, message, fields);
        called
    }

    fn wrappers(&mut self, schema: &Schema, id: MessageId, message: &Message) {
        let front = type_name(schema, Element::Message(id));
        let types = message.messages.iter().map(|m| Element::Message(*m));
        let types = types.chain(message.enums.iter().map(|e| Element::Enum(*e)));
        let mut members =
            self.fields.iter_mut().filter(|(id, _)| schema.field(**id).oneof.is_some()).peekable();
        if members.peek().is_none() {
            return;
        }
        let types: FxHashMap<String, Element> = types.map(|e| (type_name(schema, e), e)).collect();
        for (_, part) in members {
            part.wrapper = format!("{front}_{}", part.go);
            while let Some(other) = types.get(&part.wrapper) {
                part.wrapper_beside = part.wrapper_beside.or(Some(*other));
                part.wrapper.push('_');
            }
        }
    }

    /// What names accessors of the hybrid and the opaque API.
    fn accessors<'s>(
        &mut self,
        schema: &Schema,
        message: &Message,
        fields: impl Iterator<Item = &'s FieldId> + Clone,
    ) {
        if message.generators.go_api == GoApi::Open {
            return;
        }
        let mut first: BTreeMap<String, FieldId> = BTreeMap::new();
        for id in fields.clone() {
            let part = self.fields.get_mut(id).expect("every field has its part");
            if part.camel == "Build" {
                part.camel.push('_');
            }
        }
        for id in fields {
            let camel = self.fields[id].camel.clone();
            match first.get(&camel) {
                Some(other) => {
                    for (one, beside) in [(*other, *id), (*id, *other)] {
                        let field = schema.field(one);
                        let suffix = format!("_{}", field.number);
                        let part = self.fields.get_mut(&one).expect("every field has its part");
                        part.camel.push_str(&suffix);
                        part.beside = part.beside.or(Some(Element::Field(beside)));
                        if let Some(oneof) = field.oneof.and_then(|o| self.oneofs.get_mut(&o)) {
                            oneof.camel.push_str(&suffix);
                        }
                    }
                }
                None => {
                    first.insert(camel, *id);
                }
            }
        }
        let fields = self.fields.iter().map(|(id, p)| (p.camel.clone(), Element::Field(*id)));
        let oneofs = self.oneofs.iter().map(|(id, p)| (p.camel.clone(), Element::Oneof(*id)));
        let all: FxHashMap<String, Element> = fields.chain(oneofs).collect();
        for (id, part) in &mut self.fields {
            let presence = has_presence(schema.field(*id));
            let verbs: &[&str] = if presence { &["Set", "Get", "Has", "Clear"] } else { &["Set", "Get"] };
            part.clash(verbs, &all);
        }
        self.oneofs.values_mut().for_each(|part| part.clash(&["Has", "Clear", "Which"], &all));
    }
}

impl Part {
    fn clash(&mut self, verbs: &[&str], all: &FxHashMap<String, Element>) {
        if let Some(other) = verbs.iter().find_map(|verb| all.get(&format!("{verb}{}", self.camel))) {
            self.infix = true;
            self.beside = self.beside.or(Some(*other));
        }
    }

    /// A method of the hybrid or the opaque API.
    fn method(&self, verb: &str, api: GoApi) -> String {
        let infix = if self.infix && api == GoApi::Hybrid { "_" } else { "" };
        format!("{verb}{infix}{}", self.camel)
    }
}

fn has_presence(field: &Field) -> bool {
    matches!(field.cardinality, Cardinality::Explicit | Cardinality::Required)
}

/// What Go calls each field of a message, by its number and its name, and each oneof, which has the number zero here.
pub(crate) fn member_names(schema: &Schema, id: MessageId) -> BTreeMap<(i32, &str), String> {
    let called = Called::new(schema, id, |_| true);
    let fields = called.fields.into_iter().map(|(id, part)| {
        let field = schema.field(id);
        ((field.number, &*field.name), part.go)
    });
    let oneofs = called.oneofs.into_iter().map(|(id, part)| ((0, &*schema.oneof(id).name), part.go));
    fields.chain(oneofs).collect()
}

/// What a field is in the struct of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StructField {
    /// The field of the struct; of a member of a oneof that of its wrapper.
    pub(crate) name: String,
    /// The oneof's field of the struct, and the wrapper that it takes, of a member of one.
    pub(crate) wrapped: Option<(String, String)>,
    /// Whether it is a pointer to a number, a text or a flag, so that it can be absent.
    pub(crate) pointer: bool,
}

/// The fields of the struct of a message, where it has any that can be named: not with the opaque API.
pub(crate) fn struct_fields(schema: &Schema, id: MessageId) -> Option<BTreeMap<FieldId, StructField>> {
    if schema.message(id).generators.go_api == GoApi::Opaque {
        return None;
    }
    let called = Called::new(schema, id, |_| true);
    let of = |(id, part): (&FieldId, &Part)| {
        let field = schema.field(*id);
        let oneof = field.oneof.and_then(|oneof| called.oneofs.get(&oneof));
        let wrapped = oneof.map(|oneof| (oneof.go.clone(), part.wrapper.clone()));
        let pointer = wrapped.is_none() && is_pointer(field);
        (*id, StructField { name: part.go.clone(), wrapped, pointer })
    };
    Some(called.fields.iter().map(of).collect())
}

/// The type of one value, and of a field in a struct where absence shows.
fn value_type(schema: &Schema, field: &Field, from: FileId) -> String {
    let named = || {
        let Some(element) = field.type_name.as_deref().and_then(|n| schema.by_name(n)) else {
            return field.type_text().to_owned();
        };
        let file = schema.file_of(element);
        let name = type_name(schema, element);
        // A type of another Go package is told apart by where that is.
        if package(schema, file) == package(schema, from) {
            name
        } else {
            format!("{{{}}}.{name}", package(schema, file))
        }
    };
    match field.kind {
        Kind::Bool => "bool".to_owned(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "int32".to_owned(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "int64".to_owned(),
        Kind::Uint32 | Kind::Fixed32 => "uint32".to_owned(),
        Kind::Uint64 | Kind::Fixed64 => "uint64".to_owned(),
        Kind::Float => "float32".to_owned(),
        Kind::Double => "float64".to_owned(),
        Kind::String => "string".to_owned(),
        Kind::Bytes => "[]byte".to_owned(),
        Kind::Enum => named(),
        Kind::Message | Kind::Group => format!("*{}", named()),
    }
}

/// What a getter gives.
fn got(schema: &Schema, field: &Field) -> String {
    match field.cardinality {
        Cardinality::Map => match entry(schema, field) {
            Some((key, value)) => format!(
                "map[{}]{}",
                value_type(schema, key, field.file),
                value_type(schema, value, field.file)
            ),
            None => "map".to_owned(),
        },
        Cardinality::Repeated => format!("[]{}", value_type(schema, field, field.file)),
        _ => value_type(schema, field, field.file),
    }
}

/// What a struct holds.
fn held(schema: &Schema, field: &Field) -> String {
    format!("{}{}", if is_pointer(field) { "*" } else { "" }, got(schema, field))
}

/// Numbers, strings and enums that can be absent are pointers.
fn is_pointer(field: &Field) -> bool {
    has_presence(field) && !matches!(field.kind, Kind::Bytes | Kind::Message | Kind::Group)
}

impl Surface for Go {
    fn container(&self, schema: &Schema, element: Element) -> String {
        package(schema, schema.file_of(element))
    }

    fn tops(&self, schema: &Schema, element: Element, out: &mut Names<'_>) {
        if let Element::Message(id) = element {
            let message = schema.message(id);
            let plain = message.oneofs.is_empty()
                && message.generators.go_api == GoApi::Open
                && message.fields.iter().all(|f| schema.field(*f).default.is_none());
            if plain {
                return out.add(element, None, type_name(schema, element), "struct");
            }
        }
        let all = super::names_of(crate::words::Language::Go, schema, element, out.1).into_iter();
        out.0.extend(all.filter(|name| !name.path.contains('.')));
    }

    fn keeps_apart(&self, owner: Element) -> bool {
        matches!(owner, Element::Message(_))
    }

    fn file(&self, schema: &Schema, id: FileId, out: &mut Names<'_>) {
        // A public import of another package makes aliases for everything that stands at its top.
        for import in schema.file(id).imports.iter().filter(|import| import.public) {
            let Some(other) = schema.file_by_name(&import.path) else { continue };
            if package(schema, other) == package(schema, id) {
                continue;
            }
            for name in forwarded(schema, other, out.1) {
                out.add(Element::File(id), None, name.path, name.shape);
            }
        }
        out.add(Element::File(id), None, descriptor(&schema.file(id).name), "var");
    }

    fn message(&self, schema: &Schema, id: MessageId, out: &mut Names<'_>) {
        let message = schema.message(id);
        let of = Element::Message(id);
        let name = type_name(schema, of);
        let called = Called::new(schema, id, |part| out.sees(part));
        let api = message.generators.go_api;
        out.add(of, None, name.clone(), "struct");
        if api != GoApi::Open {
            out.add(of, None, format!("{name}_builder"), "struct");
            out.add(of, None, format!("{name}_builder.Build()"), format!("*{name}"));
        }
        for field in &message.fields {
            if !out.wants(Element::Field(*field)) {
                continue;
            }
            self.field(schema, &name, api, *field, &called, out);
        }
        for oneof in message.oneofs.iter().filter(|o| called.oneofs.contains_key(o)) {
            if !out.wants(Element::Oneof(*oneof)) {
                continue;
            }
            self.oneof(schema, &name, api, *oneof, &called.oneofs[oneof], out);
        }
    }

    fn enum_(&self, schema: &Schema, id: EnumId, out: &mut Names<'_>) {
        let of = Element::Enum(id);
        let name = type_name(schema, of);
        out.add(of, None, format!("{name}_name"), "map[int32]string");
        out.add(of, None, format!("{name}_value"), "map[string]int32");
        for value in &schema.enum_(id).values {
            if !out.wants(Element::EnumValue(*value)) {
                continue;
            }
            let (used, old) = value_names(schema, *value);
            out.add(Element::EnumValue(*value), None, used, name.clone());
            if let Some(old) = old {
                out.add(Element::EnumValue(*value), None, old, name.clone());
            }
        }
        let file = schema.file(schema.enum_(id).file);
        if schema.enum_(id).generators.go_enum_json && file.generators.go_api == GoApi::Open {
            out.add(of, None, format!("{name}.UnmarshalJSON()"), "error");
        }
        out.add(of, None, name, "int32");
    }

    fn extension(&self, schema: &Schema, id: FieldId, out: &mut Names<'_>) {
        let (of, field) = (Element::Field(id), schema.field(id));
        let front = field.parent.map(|p| format!("{}_", type_name(schema, Element::Message(p))));
        let name = format!("E_{}{}", front.unwrap_or_default(), camel(&field.name));
        out.add(of, None, name, got(schema, field));
    }

    fn service(&self, schema: &Schema, id: ServiceId, out: &mut Names<'_>) {
        let service = schema.service(id);
        let of = Element::Service(id);
        let name = camel(&service.name);
        for (path, shape) in [
            (format!("{name}Client"), "interface"),
            (format!("New{name}Client()"), "func"),
            (format!("{name}Server"), "interface"),
            (format!("Unimplemented{name}Server"), "struct"),
            (format!("Unsafe{name}Server"), "interface"),
            (format!("Register{name}Server()"), "func"),
            (format!("{name}_ServiceDesc"), "var"),
        ] {
            out.add(of, None, path, shape);
        }
        for method in &service.methods {
            self.method(schema, &name, *method, out);
        }
    }
}

impl Go {
    fn field(
        &self,
        schema: &Schema,
        name: &str,
        api: GoApi,
        id: FieldId,
        called: &Called,
        out: &mut Names<'_>,
    ) {
        let (field, part, of) = (schema.field(id), &called.fields[&id], Element::Field(id));
        let got = got(schema, field);
        if api != GoApi::Opaque {
            if field.oneof.is_some() {
                // A wrapper is what its oneof takes, whatever it is called.
                let taken = field.oneof.and_then(|o| called.oneofs.get(&o)).map_or("", |o| o.go.as_str());
                out.add(of, part.wrapper_beside, part.wrapper.clone(), format!("struct for {taken}"));
                out.add(of, part.beside, format!("{}.{}", part.wrapper, part.go), got.clone());
            } else {
                out.add(of, part.beside, format!("{name}.{}", part.go), held(schema, field));
            }
            out.add(of, part.beside, format!("{name}.Get{}()", part.go), got.clone());
        }
        if field.default.is_some() {
            out.add(of, part.beside, format!("Default_{name}_{}", part.go), "value");
        }
        if api == GoApi::Open {
            return;
        }
        let mut method = |verb: &str, shape: &str| {
            out.add(of, part.beside, format!("{name}.{}()", part.method(verb, api)), shape);
        };
        // A hybrid getter may be called as in the open API, and is the same then.
        if api == GoApi::Opaque || part.method("Get", api) != format!("Get{}", part.go) {
            method("Get", &got);
        }
        method("Set", &got);
        if has_presence(field) {
            method("Has", "bool");
            method("Clear", "");
        }
        out.add(of, part.beside, format!("{name}_builder.{}", part.camel), held(schema, field));
        if field.oneof.is_some() {
            out.add(of, part.beside, format!("{name}_{}_case", part.go), "case");
        }
    }

    fn oneof(&self, schema: &Schema, name: &str, api: GoApi, id: OneofId, part: &Part, out: &mut Names<'_>) {
        let of = Element::Oneof(id);
        let _ = schema;
        if api != GoApi::Opaque {
            out.add(of, part.beside, format!("{name}.{}", part.go), "oneof");
            out.add(of, part.beside, format!("{name}.Get{}()", part.go), "oneof");
        }
        if api != GoApi::Open {
            for (verb, shape) in [("Has", "bool"), ("Clear", ""), ("Which", "case")] {
                out.add(of, part.beside, format!("{name}.{}()", part.method(verb, api)), shape);
            }
            out.add(of, part.beside, format!("{name}_{}_not_set_case", part.go), "case");
        }
    }

    fn method(&self, schema: &Schema, service: &str, id: MethodId, out: &mut Names<'_>) {
        let method = schema.method(id);
        let of = Element::Method(id);
        let name = camel(&method.name);
        let shape = shape_of_call(schema, id);
        out.add(of, None, format!("{service}_{name}_FullMethodName"), "string");
        out.add(of, None, format!("{service}Client.{name}()"), shape.clone());
        out.add(of, None, format!("{service}Server.{name}()"), shape.clone());
        out.add(of, None, format!("Unimplemented{service}Server.{name}()"), shape.clone());
        if method.client_streaming || method.server_streaming {
            out.add(of, None, format!("{service}_{name}Client"), shape.clone());
            out.add(of, None, format!("{service}_{name}Server"), shape);
        }
    }
}

/// What a call takes and gives.
fn shape_of_call(schema: &Schema, id: MethodId) -> String {
    let method = schema.method(id);
    let from = schema.service(method.parent).file;
    let message = |name: &str| match schema.message_by_name(name) {
        Some(id) => {
            let file = schema.message(id).file;
            let called = type_name(schema, Element::Message(id));
            if package(schema, file) == package(schema, from) {
                called
            } else {
                format!("{{{}}}.{called}", package(schema, file))
            }
        }
        None => name.to_owned(),
    };
    let stream = |yes: bool| if yes { "stream " } else { "" };
    format!(
        "{}{} -> {}{}",
        stream(method.client_streaming),
        message(&method.input),
        stream(method.server_streaming),
        message(&method.output)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_protoc_gen_go() {
        for (proto, go) in [
            ("Order.Line", "Order_Line"),
            ("order.line", "OrderLine"),
            ("foo_bar", "FooBar"),
            ("_foo", "XFoo"),
            ("foo_", "Foo_"),
            ("foo_2", "Foo_2"),
            ("Foo_Bar", "Foo_Bar"),
            ("SCREAM_x", "SCREAMX"),
        ] {
            assert_eq!(camel(proto), go, "{proto}");
        }
    }

    #[test]
    fn the_name_of_an_enum_is_left_out_of_values() {
        for (enum_, value, rest) in [
            ("Color", "COLOR_RED", "RED"),
            ("PayKind", "PAY_KIND_CARD", "CARD"),
            ("Color", "COLOR", "COLOR"),
            ("Color", "COLORED", "ED"),
            ("Color", "COLOR_2", "2"),
            ("Color", "RED", "RED"),
        ] {
            assert_eq!(trimmed(value, enum_), rest, "{enum_} {value}");
        }
    }
}
