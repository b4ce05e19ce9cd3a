//! Java: protoc with its full runtime, and protoc-gen-grpc-java.
//!
//! Paths are those of classes, with what stands in brackets for the types that tell overloads apart; types are written
//! as javap writes them, `.` in place of `$`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Name, Names, Surface, entry};
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, FileId, JavaNesting, Kind, MessageId, OneofId, Schema,
    ServiceId, Syntax,
};

pub(super) struct Java;

/// The shape of what a `case` takes.
const CONSTANT: &str = "constant";

/// A name as a compiled program looks for it, without what only the compiler knows (Java Language Specification 13.1 and
/// 13.4): types in brackets are erased, and constants are copied. `None` where it looks for nothing.
pub(crate) fn linked(schema: &Schema, name: &Name) -> Option<Name> {
    let number = name.shape == "int" && !name.path.ends_with(')');
    if number || name.shape == CONSTANT {
        return None;
    }
    // The type of what an extension holds stands in brackets.
    if matches!(name.of, Element::Field(id) if schema.field(id).is_extension()) {
        return Some(Name { shape: String::new(), ..name.clone() });
    }
    Some(Name { path: erased(&name.path), shape: erased(&name.shape), ..name.clone() })
}

/// A type, or a path with types, without what stands in `<>`.
fn erased(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Keywords and literals (Java Language Specification 3.9, 3.10.3, 3.10.8).
pub(crate) const KEYWORDS: [&str; 54] = [
    "_",
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];

/// `UnderscoresToCamelCase`: a letter after a digit, or after anything that is neither letter nor digit, is written
/// large.
pub(crate) fn camel(name: &str, first_large: bool) -> String {
    let mut out = String::with_capacity(name.len() + 1);
    let mut large = first_large;
    for (i, c) in name.char_indices() {
        match c {
            'a'..='z' => {
                out.push(if large { c.to_ascii_uppercase() } else { c });
                large = false;
            }
            'A'..='Z' => {
                out.push(if i == 0 && !first_large { c.to_ascii_lowercase() } else { c });
                large = false;
            }
            '0'..='9' => {
                out.push(c);
                large = true;
            }
            _ => large = true,
        }
    }
    out
}

/// Getters that every message has by itself, as fields of the name would have them.
const OWN: [&str; 9] = [
    "AllFields",
    "CachedSize",
    "Class",
    "DefaultInstanceForType",
    "DescriptorForType",
    "InitializationErrorString",
    "ParserForType",
    "SerializedSize",
    "UnknownFields",
];

/// The name of a field as it stands in its accessors, before it is kept apart from others.
pub(crate) fn plain(schema: &Schema, field: &Field) -> String {
    let own = match group(schema, field) {
        Some(name) => camel(name, true),
        None => camel(&field.name, true),
    };
    if OWN.contains(&own.as_str()) { format!("{own}_") } else { own }
}

/// The name of the message of a group, which is written as the field's (`IsGroupLike`).
fn group<'s>(schema: &'s Schema, field: &Field) -> Option<&'s str> {
    if field.kind != Kind::Group {
        return None;
    }
    let message = schema.message(schema.message_by_name(field.type_name.as_deref()?)?);
    let alike = *message.name.to_ascii_lowercase() == *field.name
        && message.file == field.file
        && message.parent == field.parent;
    alike.then_some(&*message.name)
}

/// What the fields of a message are called in accessors, with the field beside which one is not called plainly
/// (`Context::InitializeFieldGeneratorInfoForFields`), for the fields that matter.
fn fields(schema: &Schema, id: MessageId, out: &Names<'_>) -> FxHashMap<FieldId, (String, Option<Element>)> {
    let all: Vec<(FieldId, &Field, String)> = schema
        .message(id)
        .fields
        .iter()
        .filter(|id| out.sees(Element::Field(**id)))
        .map(|id| (*id, schema.field(*id), plain(schema, schema.field(*id))))
        .collect();
    let mut beside: Vec<Option<FieldId>> = vec![None; all.len()];
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, (_, _, name)) in all.iter().enumerate() {
        by_name.entry(name).or_default().push(i);
    }
    let mut clash = |i: usize, j: usize| {
        beside[i] = beside[i].or(Some(all[j].0));
        beside[j] = beside[j].or(Some(all[i].0));
    };
    for same in by_name.values() {
        if let [first, rest @ ..] = same.as_slice() {
            rest.iter().for_each(|other| clash(*first, *other));
        }
    }
    // A list makes `get…Count` and `get…List`, which another field may be called that is none, and an open enum
    // `get…Value`.
    for (i, (_, field, name)) in all.iter().enumerate() {
        let list = !field.cardinality.is_singular();
        let open = field.kind == Kind::Enum && is_open(schema, field);
        let endings = [("Count", list), ("List", list), ("Value", open)];
        for (ending, _) in endings.iter().filter(|(_, made)| *made) {
            for other in by_name.get(format!("{name}{ending}").as_str()).into_iter().flatten() {
                if *ending == "Value" || all[*other].1.cardinality.is_singular() {
                    clash(i, *other);
                }
            }
        }
    }
    all.iter()
        .zip(&beside)
        .map(|((id, field, name), beside)| {
            let name = match beside {
                Some(_) => format!("{name}{}", field.number),
                None => name.clone(),
            };
            (*id, (name, beside.map(Element::Field)))
        })
        .collect()
}

/// What accessors call each field of a message, after their verb, and what its variable is called before the `_`.
pub(crate) fn field_names(schema: &Schema, id: MessageId) -> BTreeMap<FieldId, (String, String)> {
    let names = fields(schema, id, &Names::default()).into_iter().map(|(id, (called, _))| {
        let field = schema.field(id);
        let variable = camel(group(schema, field).unwrap_or(&field.name), false);
        // Both end with what keeps them apart from others.
        let variable = format!("{variable}{}", called.get(variable.len()..).unwrap_or_default());
        (id, (called, variable))
    });
    names.collect()
}

/// What accessors call each field of a message, after their verb.
pub(crate) fn accessor_names(schema: &Schema, id: MessageId) -> BTreeMap<FieldId, String> {
    let fields = fields(schema, id, &Names::default());
    fields.into_iter().map(|(id, (name, _))| (id, name)).collect()
}

/// Whether Java takes unknown numbers of the field's enum into it.
pub(crate) fn is_open(schema: &Schema, field: &Field) -> bool {
    schema.field_enum(field).is_some_and(|e| !field.java_closes_enums && !schema.enum_(e).is_closed())
}

/// The variable of an extension (`UnderscoresToCamelCaseCheckReserved`).
pub(crate) fn extension_name(name: &str) -> String {
    let mut name = camel(name, false);
    // `java` is the package of which most of generated code is.
    if KEYWORDS.contains(&name.as_str()) || name == "java" {
        name.push('_');
    }
    name
}

/// The Java package of a file, as protoc alone gives it: as set, or the proto package.
fn package(schema: &Schema, id: FileId) -> &str {
    let file = schema.file(id);
    let own = file.options.as_deref().and_then(|o| o.java_package.as_deref());
    own.filter(|own| !own.is_empty()).unwrap_or(&file.package)
}

/// The class of a file, with the element beside which it is not called after the file.
pub(crate) fn outer_class(schema: &Schema, id: FileId) -> (String, Option<Element>) {
    schema.file(id).java_class.get_or_init(|| find_outer_class(schema, id)).clone()
}

fn find_outer_class(schema: &Schema, id: FileId) -> (String, Option<Element>) {
    let file = schema.file(id);
    let own = file.options.as_deref().and_then(|o| o.java_outer_classname.as_deref());
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        return (own.to_owned(), None);
    }
    let base = file.name.rsplit('/').next().unwrap_or_default();
    let name = camel(base.strip_suffix(".proto").unwrap_or(base), true);
    if matches!(file.syntax, Syntax::Edition(n) if n > 1000) {
        return (if name.ends_with("Proto") { name } else { format!("{name}Proto") }, None);
    }
    let mut types = super::inside(schema, Element::File(id)).into_iter();
    let taken = types.find(|element| match *element {
        Element::Message(id) => *schema.message(id).name == *name,
        Element::Enum(id) => *schema.enum_(id).name == *name,
        Element::Service(id) => *schema.service(id).name == *name,
        _ => false,
    });
    (if taken.is_some() { format!("{name}OuterClass") } else { name }, taken)
}

/// Whether the class of a type at the top of its file is inside the class of the file.
fn is_inside(schema: &Schema, element: Element) -> bool {
    let nesting = match element {
        Element::Message(id) => schema.message(id).generators.java_nesting,
        Element::Enum(id) => schema.enum_(id).generators.java_nesting,
        _ => return false,
    };
    let options = schema.file(schema.file_of(element)).options.as_deref();
    match nesting {
        JavaNesting::Apart => false,
        JavaNesting::Inside => true,
        JavaNesting::Option => options.and_then(|o| o.java_multiple_files) != Some(true),
    }
}

/// The type at the top of its file that an element is in, or is.
fn top(schema: &Schema, element: Element) -> Element {
    let parent = match element {
        Element::Message(id) => schema.message(id).parent,
        Element::Enum(id) => schema.enum_(id).parent,
        Element::Field(id) => schema.field(id).parent,
        _ => None,
    };
    match parent {
        Some(parent) => top(schema, Element::Message(parent)),
        None => element,
    }
}

/// Words that no type may be called (Java Language Specification 3.9, restricted identifiers).
pub(crate) const NOT_TYPES: [&str; 5] = ["permits", "record", "sealed", "var", "yield"];

/// Why there can be no class with the name that a type has.
pub(crate) enum NoClass {
    /// It is a word of the language.
    Word,
    /// A class around it has that name.
    Around,
    /// It has a class of that name in it.
    Builder,
}

/// What javac has against the class of a message or an enum, whatever else there is.
pub(crate) fn no_class(schema: &Schema, element: Element) -> Option<NoClass> {
    let nested = schema.nested_name(element);
    let (around, name) = nested.rsplit_once('.').unwrap_or(("", &nested));
    if KEYWORDS.contains(&name) || NOT_TYPES.contains(&name) {
        Some(NoClass::Word)
    } else if around.split('.').any(|outer| outer == name) {
        Some(NoClass::Around)
    } else if name == "Builder" && around.is_empty() && matches!(element, Element::Message(_)) {
        Some(NoClass::Builder)
    } else {
        None
    }
}

/// A class by its full name.
pub(crate) fn class(schema: &Schema, element: Element) -> String {
    let container = Java.container(schema, element);
    let nested = schema.nested_name(element);
    if container.is_empty() { nested } else { format!("{container}.{nested}") }
}

/// The class of the type that a field names.
fn named(schema: &Schema, field: &Field) -> String {
    match field.type_name.as_deref().and_then(|name| schema.by_name(name)) {
        Some(element) => class(schema, element),
        None => field.type_text().to_owned(),
    }
}

/// The type of one value, and the same as an object.
fn value_type(schema: &Schema, field: &Field) -> (String, String) {
    let (plain, boxed) = match field.kind {
        Kind::Int32 | Kind::Uint32 | Kind::Sint32 | Kind::Fixed32 | Kind::Sfixed32 => ("int", "Integer"),
        Kind::Int64 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64 => ("long", "Long"),
        Kind::Float => ("float", "Float"),
        Kind::Double => ("double", "Double"),
        Kind::Bool => ("boolean", "Boolean"),
        Kind::String => ("java.lang.String", "String"),
        Kind::Bytes => (BYTES, BYTES),
        Kind::Enum | Kind::Message | Kind::Group => {
            let name = named(schema, field);
            return (name.clone(), name);
        }
    };
    let boxed = if boxed.contains('.') { boxed.to_owned() } else { format!("java.lang.{boxed}") };
    (plain.to_owned(), boxed)
}

const BYTES: &str = "com.google.protobuf.ByteString";
const LIST: &str = "java.util.List";

impl Surface for Java {
    fn container(&self, schema: &Schema, element: Element) -> String {
        let file = schema.file_of(element);
        let package = package(schema, file);
        let outer =
            if self.in_file_class(schema, element) { outer_class(schema, file).0 } else { String::new() };
        [package, outer.as_str()].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".")
    }

    fn in_file_class(&self, schema: &Schema, element: Element) -> bool {
        match top(schema, element) {
            Element::Field(_) => true,
            top => is_inside(schema, top),
        }
    }

    fn keeps_apart(&self, owner: Element) -> bool {
        matches!(owner, Element::Message(_) | Element::File(_))
    }

    fn tops(&self, schema: &Schema, element: Element, out: &mut Names<'_>) {
        match element {
            Element::File(id) => self.file(schema, id, out),
            Element::Message(id) if schema.message(id).parent.is_none() => {
                let name = &schema.message(id).name;
                out.add(element, None, name.to_string(), "class");
                out.add(element, None, format!("{name}OrBuilder"), "interface");
            }
            Element::Enum(id) if schema.enum_(id).parent.is_none() => {
                out.add(element, None, schema.enum_(id).name.to_string(), "enum");
            }
            Element::Field(id) if schema.field(id).parent.is_none() => self.extension(schema, id, out),
            Element::Service(id) => {
                out.add(element, None, format!("{}Grpc", schema.service(id).name), "class");
            }
            _ => {}
        }
    }

    fn file(&self, schema: &Schema, id: FileId, out: &mut Names<'_>) {
        let (name, beside) = outer_class(schema, id);
        out.add(Element::File(id), beside, name, "class");
    }

    fn message(&self, schema: &Schema, id: MessageId, out: &mut Names<'_>) {
        let of = Element::Message(id);
        let name = schema.nested_name(of);
        let message = schema.message(id);
        out.add(of, None, name.clone(), "class");
        out.add(of, None, format!("{name}OrBuilder"), "interface");
        out.add(of, None, format!("{name}.Builder"), "class");
        let fields = fields(schema, id, out);
        for id in &message.fields {
            if !out.wants(Element::Field(*id)) {
                continue;
            }
            let (called, beside) = &fields[id];
            let upper = schema.field(*id).name.to_ascii_uppercase();
            out.add(Element::Field(*id), None, format!("{name}.{upper}_FIELD_NUMBER"), "int");
            let mut accessors = Accessors {
                called,
                of: Element::Field(*id),
                beside: *beside,
                message: &name,
                builder: format!("{}.Builder", class(schema, of)),
                out,
            };
            accessors.field(schema, schema.field(*id));
        }
        for oneof in &message.oneofs {
            self.oneof(schema, &name, &class(schema, of), *oneof, out);
        }
    }

    fn enum_(&self, schema: &Schema, id: EnumId, out: &mut Names<'_>) {
        let of = Element::Enum(id);
        let name = schema.nested_name(of);
        let enum_ = schema.enum_(id);
        out.add(of, None, name.clone(), if enum_.generators.java_large_enum { "large enum" } else { "enum" });
        if !enum_.is_closed() {
            out.add(of, None, format!("{name}.UNRECOGNIZED"), class(schema, of));
        }
        for id in &enum_.values {
            if !out.wants(Element::EnumValue(*id)) {
                continue;
            }
            let schema_value = schema.value(*id);
            let (value, path) = (Element::EnumValue(*id), format!("{name}.{}", schema_value.name));
            // A second name of a number is a field, and so are all of an enum that is none in Java: no `case` takes them.
            let first = schema.value_by_number(schema_value.parent, schema_value.number) == Some(*id);
            if first && !enum_.generators.java_large_enum {
                out.add(value, None, path.clone(), CONSTANT);
            }
            out.add(value, None, format!("{path}_VALUE"), "int");
            out.add(value, None, path, class(schema, of));
        }
    }

    fn extension(&self, schema: &Schema, id: FieldId, out: &mut Names<'_>) {
        let (of, field) = (Element::Field(id), schema.field(id));
        let front = match field.parent {
            Some(parent) => format!("{}.", schema.nested_name(Element::Message(parent))),
            None => String::new(),
        };
        let upper = field.name.to_ascii_uppercase();
        let name = extension_name(&field.name);
        let boxed = value_type(schema, field).1;
        let shape =
            if field.cardinality == Cardinality::Repeated { format!("{LIST}<{boxed}>") } else { boxed };
        out.add(of, None, format!("{front}{upper}_FIELD_NUMBER"), "int");
        out.add(of, None, format!("{front}{name}"), shape);
    }

    fn service(&self, schema: &Schema, id: ServiceId, out: &mut Names<'_>) {
        let service = schema.service(id);
        let (of, name) = (Element::Service(id), &service.name);
        let class = format!("{name}Grpc");
        out.add(of, None, class.clone(), "class");
        let stubs = ["", "BlockingV2", "Blocking", "Future"];
        for stub in stubs {
            out.add(of, None, format!("{class}.{name}{stub}Stub"), "class");
            let new = if stub.is_empty() { "newStub".to_owned() } else { format!("new{stub}Stub") };
            out.add(of, None, format!("{class}.{new}(io.grpc.Channel)"), "stub");
        }
        out.add(of, None, format!("{class}.AsyncService"), "interface");
        out.add(of, None, format!("{class}.{name}ImplBase"), "class");
        for id in &service.methods {
            let method = schema.method(*id);
            let message = |name: &str| match schema.message_by_name(name) {
                Some(id) => self::class(schema, Element::Message(id)),
                None => name.to_owned(),
            };
            let (input, output) = (message(&method.input), message(&method.output));
            let called = method_name(&method.name);
            let getter = mixed_lower(&format!("get_{}_method", method.name));
            let of = Element::Method(*id);
            let descriptor = format!("io.grpc.MethodDescriptor<{input}, {output}>");
            out.add(of, None, format!("{class}.{getter}()"), descriptor);
            let observer = |of: &str| format!("io.grpc.stub.StreamObserver<{of}>");
            let answers = observer(&output);
            let (params, gives) = if method.client_streaming {
                (answers.clone(), observer(&input))
            } else {
                (format!("{input}, {answers}"), "void".to_owned())
            };
            for side in ["AsyncService", &format!("{name}Stub")] {
                out.add(of, None, format!("{class}.{side}.{called}({params})"), gives.clone());
            }
            let blocking = format!("{class}.{name}BlockingV2Stub.{called}");
            let call = |input: &str| format!("io.grpc.stub.BlockingClientCall<{input}, {output}>");
            match (method.client_streaming, method.server_streaming) {
                (false, false) => {
                    out.add(of, None, format!("{blocking}({input})"), output.clone());
                    let old = format!("{class}.{name}BlockingStub.{called}({input})");
                    out.add(of, None, old, output.clone());
                    let future = format!("com.google.common.util.concurrent.ListenableFuture<{output}>");
                    out.add(of, None, format!("{class}.{name}FutureStub.{called}({input})"), future);
                }
                (false, true) => {
                    out.add(of, None, format!("{blocking}({input})"), call("?"));
                    let old = format!("{class}.{name}BlockingStub.{called}({input})");
                    out.add(of, None, old, format!("java.util.Iterator<{output}>"));
                }
                (true, _) => {
                    let end = if OF_OBJECTS.contains(&called.as_str()) { "_" } else { "" };
                    out.add(of, None, format!("{blocking}{end}()"), call(&input));
                }
            }
        }
    }
}

/// As grpc-java names methods (`MixedLower`), which knows most keywords: what it does not know is no name in Java.
pub(crate) fn method_name(name: &str) -> String {
    let mut out = mixed_lower(name);
    if KEYWORDS.contains(&out.as_str()) && !NOT_GRPC.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// Keywords that grpc-java does not know.
const NOT_GRPC: [&str; 2] = ["_", "null"];

/// Methods without arguments that every object has: grpc-java keeps its own apart from them.
const OF_OBJECTS: [&str; 8] =
    ["clone", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait"];

/// The first letter small, and large what follows a `_`, which goes but for one in front.
fn mixed_lower(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 1);
    let mut large = false;
    for (at, c) in word.char_indices() {
        match c {
            _ if at == 0 => out.push(c.to_ascii_lowercase()),
            '_' => large = true,
            _ => out.push(if std::mem::take(&mut large) { c.to_ascii_uppercase() } else { c }),
        }
    }
    out
}

/// What the constant for the number of a method has behind `METHODID_` (`ToAllUpperCase`).
pub(crate) fn method_constant(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c.to_ascii_uppercase());
        if c.is_ascii_lowercase() && chars.peek().is_some_and(char::is_ascii_uppercase) {
            out.push('_');
        }
    }
    out
}

impl Java {
    fn oneof(&self, schema: &Schema, message: &str, class: &str, id: OneofId, out: &mut Names<'_>) {
        let (oneof, of) = (schema.oneof(id), Element::Oneof(id));
        let name = camel(&oneof.name, true);
        let case = format!("{class}.{name}Case");
        if out.wants(of) {
            for holder in ["", "OrBuilder", ".Builder"] {
                out.add(of, None, format!("{message}{holder}.get{name}Case()"), case.clone());
            }
            out.add(of, None, format!("{message}.Builder.clear{name}()"), format!("{class}.Builder"));
            out.add(of, None, format!("{message}.{name}Case"), "enum");
            let none = camel(&oneof.name, false).to_ascii_uppercase();
            out.add(of, None, format!("{message}.{name}Case.{none}_NOT_SET"), case.clone());
        }
        for member in &oneof.fields {
            if !out.wants(Element::Field(*member)) {
                continue;
            }
            let constant = schema.field(*member).name.to_ascii_uppercase();
            out.add(Element::Field(*member), None, format!("{message}.{name}Case.{constant}"), case.clone());
        }
    }
}

/// The accessors of one field.
struct Accessors<'a, 'v> {
    called: &'a str,
    of: Element,
    beside: Option<Element>,
    /// The class of the message, below its container.
    message: &'a str,
    /// The class of its builder.
    builder: String,
    out: &'a mut Names<'v>,
}

impl Accessors<'_, '_> {
    /// Something that reads, which the message, its builder and what they share have; `@` stands for the field.
    fn read(&mut self, method: &str, shape: &str) {
        for holder in ["", "OrBuilder", ".Builder"] {
            let path = format!("{}{holder}.{}", self.message, method.replace('@', self.called));
            self.out.add(self.of, self.beside, path, shape);
        }
    }

    /// Something that the builder alone has.
    fn build(&mut self, method: &str, shape: &str) {
        let path = format!("{}.Builder.{}", self.message, method.replace('@', self.called));
        self.out.add(self.of, self.beside, path, shape);
    }

    /// Something that changes the builder and gives it back.
    fn write(&mut self, method: &str) {
        let builder = self.builder.clone();
        self.build(method, &builder);
    }

    fn field(&mut self, schema: &Schema, field: &Field) {
        match field.cardinality {
            Cardinality::Map => self.map(schema, field),
            Cardinality::Repeated => self.list(schema, field),
            _ => self.single(schema, field),
        }
    }

    fn single(&mut self, schema: &Schema, field: &Field) {
        let (t, _) = value_type(schema, field);
        if field.cardinality != Cardinality::Implicit {
            self.read("has@()", "boolean");
        }
        self.read("get@()", &t);
        self.write(&format!("set@({t})"));
        self.write("clear@()");
        match field.kind {
            Kind::String => {
                self.read("get@Bytes()", BYTES);
                self.write(&format!("set@Bytes({BYTES})"));
            }
            Kind::Enum if is_open(schema, field) => {
                self.read("get@Value()", "int");
                self.write("set@Value(int)");
            }
            Kind::Message | Kind::Group => {
                self.read("get@OrBuilder()", &format!("{t}OrBuilder"));
                self.write(&format!("set@({t}.Builder)"));
                self.write(&format!("merge@({t})"));
                self.build("get@Builder()", &format!("{t}.Builder"));
            }
            _ => {}
        }
    }

    fn list(&mut self, schema: &Schema, field: &Field) {
        let (t, boxed) = value_type(schema, field);
        self.read("get@Count()", "int");
        self.read("get@(int)", &t);
        self.read("get@List()", &format!("{LIST}<{boxed}>"));
        self.write(&format!("set@(int, {t})"));
        self.write(&format!("add@({t})"));
        self.write("addAll@(java.lang.Iterable)");
        self.write("clear@()");
        match field.kind {
            Kind::String => {
                self.read("get@Bytes(int)", BYTES);
                self.write(&format!("add@Bytes({BYTES})"));
            }
            Kind::Enum if is_open(schema, field) => {
                self.read("get@ValueList()", &format!("{LIST}<java.lang.Integer>"));
                self.read("get@Value(int)", "int");
                self.write("set@Value(int, int)");
                self.write("add@Value(int)");
                self.write("addAll@Value(java.lang.Iterable)");
            }
            Kind::Message | Kind::Group => {
                self.read("get@OrBuilder(int)", &format!("{t}OrBuilder"));
                self.read("get@OrBuilderList()", &format!("{LIST}<? extends {t}OrBuilder>"));
                self.write(&format!("set@(int, {t}.Builder)"));
                self.write(&format!("add@(int, {t})"));
                self.write(&format!("add@({t}.Builder)"));
                self.write(&format!("add@(int, {t}.Builder)"));
                self.write("remove@(int)");
                self.build("get@Builder(int)", &format!("{t}.Builder"));
                self.build("add@Builder()", &format!("{t}.Builder"));
                self.build("add@Builder(int)", &format!("{t}.Builder"));
                self.build("get@BuilderList()", &format!("{LIST}<{t}.Builder>"));
            }
            _ => {}
        }
    }

    fn map(&mut self, schema: &Schema, field: &Field) {
        let Some((key, value)) = entry(schema, field) else { return };
        let ((k, boxed_key), (v, boxed)) = (value_type(schema, key), value_type(schema, value));
        let map = format!("java.util.Map<{boxed_key}, {boxed}>");
        self.read("get@Count()", "int");
        self.read(&format!("contains@({k})"), "boolean");
        self.read("get@()", &map);
        self.read("get@Map()", &map);
        self.read(&format!("get@OrDefault({k}, {v})"), &v);
        self.read(&format!("get@OrThrow({k})"), &v);
        self.write("clear@()");
        self.write(&format!("remove@({k})"));
        self.build("getMutable@()", &map);
        self.write(&format!("put@({k}, {v})"));
        self.write("putAll@(java.util.Map)");
        if value.kind.is_message() {
            self.build(&format!("put@BuilderIfAbsent({k})"), &format!("{v}.Builder"));
        }
        if value.kind == Kind::Enum && is_open(schema, value) {
            let map = format!("java.util.Map<{boxed_key}, java.lang.Integer>");
            self.read("get@Value()", &map);
            self.read("get@ValueMap()", &map);
            self.read(&format!("get@ValueOrDefault({k}, int)"), "int");
            self.read(&format!("get@ValueOrThrow({k})"), "int");
            self.build("getMutable@Value()", &map);
            self.write(&format!("put@Value({k}, int)"));
            self.write("putAll@Value(java.util.Map)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_protoc() {
        for (proto, java) in [
            ("foo_bar", "FooBar"),
            ("foo2bar", "Foo2Bar"),
            ("fooBAR", "FooBAR"),
            ("_foo", "Foo"),
            ("foo-bar.baz", "FooBarBaz"),
        ] {
            assert_eq!(camel(proto, true), java, "{proto}");
        }
        assert_eq!(camel("Foo_bar", false), "fooBar");
        for (rpc, java) in [
            ("get_user", "getUser"),
            ("New", "new_"),
            ("_foo", "_foo"),
            ("foo_", "foo"),
            ("__", "_"),
            ("Null", "null"),
        ] {
            assert_eq!(method_name(rpc), java);
        }
        for (rpc, constant) in [("GetURL", "GET_URL"), ("GetUrl", "GET_URL"), ("ABc", "ABC"), ("a_b", "A_B")]
        {
            assert_eq!(method_constant(rpc), constant);
        }
    }
}
