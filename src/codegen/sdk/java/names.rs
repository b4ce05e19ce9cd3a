//! What a contract must not be called for javac to take what protoc makes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::clash::Claims;
use super::super::lines::line;
use super::super::{PackageError, shared};
use super::room::OLDER;
use super::{LITE, java_package, lite, multiple_files, private};
use crate::codegen::{Contract, Target};
use crate::schema::{Element, Enum, EnumId, Field, FileId, Kind, Message, MessageId, Schema};
use crate::surface::inside;
use crate::surface::java::{self, KEYWORDS, NOT_TYPES, NoClass};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// The first parts of the packages of which generated code of messages writes types out: a type or a variable of that name
/// would hide them.
const ROOTS: [&str; 2] = ["com", "java"];

/// And that of what code of services writes out.
const SERVICES: &str = "io";

/// Extensions that the older line calls so without the `_`.
const NOT_KEPT_APART: [&str; 4] = ["false_", "java_", "null_", "true_"];

/// Variables that the class of a file has by itself, and what its initializer has.
const OF_FILES: [&str; 2] = ["descriptor", "descriptorData"];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A single Java identifier.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_keyword(name)
}

/// The class that a file's descriptor is in: as protoc names it, but for a file that begins with a digit or has no letter
/// in its name, which is told to protoc under another name.
pub(super) fn outer_class(schema: &Schema, id: FileId) -> String {
    let name = java::outer_class(schema, id).0;
    let bare = name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit());
    if bare { format!("X{name}") } else { name }
}

/// How long a constant text may be, in bytes: a class file has room for one more, javac has not.
const CONSTANT: usize = 65_534;

/// How many values fit into the static initializer of an enum, which has 64 KiB and needs at most 19 bytes a value.
const ENUM_VALUES: usize = 3_400;

/// Refuses names that are Java's own, and classes of one package that are one file where upper and lower case are
/// the same.
pub(super) fn check(contract: &Contract<'_>, target: &Target, files: &[FileId], out: &mut Vec<PackageError>) {
    let (schema, group) = (contract.schema, target.get("group"));
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        out.extend(type_name(schema, Element::Message(id), &message.name).err());
    }
    for (id, enum_) in schema.enums().filter(|(_, e)| files.contains(&e.file)) {
        out.extend(type_name(schema, Element::Enum(id), &enum_.name).err());
        for value in &enum_.values {
            let name = &*schema.value(*value).name;
            if is_keyword(name) {
                let what = format!("the enum value `{name}` has the name of a Java keyword");
                let hint = "rename it; values are best written in upper case";
                out.push(shared::refuse(schema, LANGUAGE, Element::EnumValue(*value), &[], what, hint));
            }
        }
        if enum_.values.len() > ENUM_VALUES && !enum_.generators.java_large_enum {
            let what = format!(
                "the enum `{}` has {} values, and a Java enum has room for {ENUM_VALUES}",
                enum_.full_name,
                enum_.values.len()
            );
            let hint = "split it, or set `features.(pb.java).large_enum = true` in edition 2024";
            out.push(shared::refuse(schema, LANGUAGE, Element::Enum(id), &[], what, hint));
        }
    }
    // Defaults of extensions are read from the descriptor, which is written in pieces.
    let messages = schema.messages().filter(|(_, message)| files.contains(&message.file));
    for id in messages.flat_map(|(_, message)| &message.fields) {
        let (field, element) = (schema.field(*id), Element::Field(*id));
        let long = field.default.as_deref().map_or(0, |default| constant(field.kind, default));
        if long > CONSTANT {
            let what = format!(
                "the default of `{}` is a constant of {long} bytes, and a Java class has room for {CONSTANT}",
                schema.full_name(element)
            );
            let hint = "shorten it, or leave it to the programs";
            out.push(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
        }
    }
    let mut packages: BTreeSet<String> = BTreeSet::new();
    for id in files {
        let package = java_package(schema, *id, group);
        let ends = package.match_indices('.').map(|(at, _)| at).chain([package.len()]);
        packages.extend(ends.map(|end| package[..end].to_owned()));
    }
    let mut classes: BTreeMap<String, (String, Element)> = BTreeMap::new();
    for id in files {
        out.extend(check_options(schema, *id).err());
        let package = java_package(schema, *id, group);
        for (class, element) in top_level(schema, *id) {
            let whole = format!("{package}.{class}");
            if packages.contains(&whole) {
                let what = format!(
                    "{} `{}` needs the Java class `{whole}`, and there is a package of that name",
                    schema.noun(element),
                    schema.full_name(element)
                );
                let hint =
                    "rename it, or give one of the files another `java_package` or `java_outer_classname`";
                out.push(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
            }
            if let Some((first, other)) = classes.insert(whole.to_lowercase(), (class.clone(), element)) {
                let what = format!(
                    "{} `{}` needs the Java class `{package}.{class}`, and {} `{}` needs `{package}.{first}`",
                    schema.noun(element),
                    schema.full_name(element),
                    schema.noun(other),
                    schema.full_name(other)
                );
                let hint =
                    "rename one of them, or give its file another `java_package` or `java_outer_classname`";
                out.push(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
            }
        }
    }
    hiding(schema, files, group, out);
    check_names(schema, files, Made::of(target), out);
}

/// The first parts of the Java packages of which code of a file writes types out.
fn roots(schema: &Schema, file: FileId, group: &str) -> BTreeSet<String> {
    let mut roots: BTreeSet<String> = ROOTS.map(str::to_owned).into();
    let (mut todo, mut seen) = (vec![file], BTreeSet::new());
    while let Some(file) = todo.pop() {
        if seen.insert(file) {
            let package = java_package(schema, file, group);
            roots.extend(package.split('.').next().filter(|root| !root.is_empty()).map(str::to_owned));
            todo.extend(schema.file(file).imports.iter().filter_map(|i| schema.file_by_name(&i.path)));
        }
    }
    roots
}

/// Refuses types, values and extensions that hide a package of which generated code writes types out.
fn hiding(schema: &Schema, files: &[FileId], group: &str, out: &mut Vec<PackageError>) {
    // Types of their own files are seen from all files of the package.
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for id in files {
        let package = all.entry(java_package(schema, *id, group)).or_default();
        package.extend(roots(schema, *id, group));
        if !schema.file(*id).services.is_empty() {
            package.insert(SERVICES.to_owned());
        }
    }
    let refuse = |element: Element, name: &str, hint: &str| {
        let what = format!(
            "{} `{}` would be called `{name}` in Java, and hide the package `{name}` from generated code",
            schema.noun(element),
            schema.full_name(element)
        );
        shared::refuse(schema, LANGUAGE, element, &[], what, hint)
    };
    for id in files {
        let package = java_package(schema, *id, group);
        let tops = top_level(schema, *id);
        for (class, element) in &tops {
            if all[&package].contains(class) {
                let hint = match element {
                    Element::File(_) => "give the file another `java_outer_classname`",
                    _ => "rename it; types are best written in CamelCase",
                };
                out.push(refuse(*element, class, hint));
            }
        }
        let roots = roots(schema, *id, group);
        for element in inside(schema, Element::File(*id)) {
            match element {
                Element::Message(_) | Element::Enum(_) if !tops.iter().any(|(_, top)| *top == element) => {
                    let name = schema.nested_name(element);
                    let name = name.rsplit('.').next().unwrap_or_default();
                    if roots.contains(name) {
                        out.push(refuse(element, name, "rename it; types are best written in CamelCase"));
                    }
                }
                Element::Field(extension) => {
                    let name = java::extension_name(&schema.field(extension).name);
                    // The older line has it without a `_`.
                    let name = if name == "java_" { "java" } else { &name };
                    if roots.contains(name) && name != "java" {
                        out.push(refuse(element, name, "rename it"));
                    }
                }
                _ => {}
            }
            let Element::Enum(enum_) = element else { continue };
            for value in &schema.enum_(enum_).values {
                let name = &*schema.value(*value).name;
                if name == ROOTS[0] || Some(name) == package.split('.').next() {
                    let hint = "rename it; values are best written in upper case";
                    out.push(refuse(Element::EnumValue(*value), name, hint));
                }
            }
        }
    }
}

/// How long the constant is that protoc writes for a default: a character for each byte of it, and a class file has
/// those in two bytes that are no ASCII, and the zero. A default of bytes is escaped, with three digits for what is no
/// text.
fn constant(kind: Kind, default: &str) -> usize {
    let long = |byte: u8| if byte == 0 || !byte.is_ascii() { 2 } else { 1 };
    match kind {
        Kind::String => default.bytes().map(long).sum(),
        Kind::Bytes => {
            let (mut sum, mut rest) = (0, default);
            while let Some(c) = rest.chars().next() {
                let digits = rest.get(1..4).filter(|_| c == '\\').map(|digits| u8::from_str_radix(digits, 8));
                let (size, taken) = match digits {
                    Some(Ok(byte)) => (long(byte), 4),
                    _ if c == '\\' => (1, 2.min(rest.len())),
                    _ => (1, c.len_utf8()),
                };
                sum += size;
                rest = rest.get(taken..).unwrap_or_default();
            }
            sum
        }
        _ => 0,
    }
}

/// Which classes are made.
#[derive(Clone, Copy)]
pub(super) struct Made {
    /// Of the line of 3.25.
    pub older: bool,
    /// For the lite runtime.
    pub lite: bool,
}

impl Made {
    /// What a target asks for.
    pub(super) fn of(target: &Target) -> Made {
        Made { older: line(target).name == OLDER, lite: target.has(LITE) }
    }
}

/// Everything inside the classes of a file has to have a name of its own.
fn check_names(schema: &Schema, files: &[FileId], made: Made, out: &mut Vec<PackageError>) {
    let mut claims = Claims::new(schema, LANGUAGE);
    if made.lite {
        claims = claims.without(lite::lacks);
    }
    for id in files {
        let file = &schema.file(*id).name;
        claims.file(file, *id);
        for element in inside(schema, Element::File(*id)) {
            match element {
                Element::File(file) => own_of_file(schema, file, made, &mut claims),
                Element::Message(message) => {
                    nameless(schema, message, &mut claims);
                    own_of_message(schema, message, made, &mut claims);
                    if made.older {
                        values(schema, message, &mut claims);
                    }
                    check_enclosing(schema, *id, element, &schema.message(message).name, &mut claims);
                }
                Element::Enum(enum_) => {
                    own_of_enum(schema, enum_, made, &mut claims);
                    check_enclosing(schema, *id, element, &schema.enum_(enum_).name, &mut claims);
                }
                Element::Field(extension) => {
                    let name = java::extension_name(&schema.field(extension).name);
                    if !is_name(&name) || (made.older && NOT_KEPT_APART.contains(&name.as_str())) {
                        no_name(schema, element, name.trim_end_matches('_'), &mut claims);
                    }
                }
                Element::Service(service) => private::service(schema, service, &mut claims),
                _ => {}
            }
        }
    }
    out.append(&mut claims.refused);
}

/// What the class of an enum has beside its values: a value called so is there twice, or hides it.
fn own_of_enum(schema: &Schema, id: EnumId, made: Made, claims: &mut Claims<'_>) {
    let enum_ = schema.enum_(id);
    let name = schema.nested_name(Element::Enum(id));
    let mut own = vec!["internalValueMap".to_owned(), "value".to_owned()];
    if made.lite {
        own.push(format!("{}Verifier", enum_.name));
    } else {
        own.push("VALUES".to_owned());
        own.extend(has_index(schema, id).then(|| "index".to_owned()));
    }
    own.into_iter().for_each(|own| claims.fixed(format!("{name}.{own}")));
}

/// Whether the class of an enum keeps the positions of its values: where a second name of a number is before others.
fn has_index(schema: &Schema, id: EnumId) -> bool {
    let (mut seen, mut second) = (BTreeSet::new(), false);
    for value in &schema.enum_(id).values {
        let is_first = seen.insert(schema.value(*value).number);
        if second && is_first {
            return true;
        }
        second |= !is_first;
    }
    false
}

/// A name that nothing in Java can have.
fn no_name(schema: &Schema, element: Element, name: &str, claims: &mut Claims<'_>) {
    let what = shared::nothing_left(schema, LANGUAGE, element).unwrap_or_else(|| {
        format!(
            "{} `{}` would be called `{name}` in Java, where nothing can be called so",
            schema.noun(element),
            schema.full_name(element)
        )
    });
    claims.refuse(element, what, "rename it");
}

/// Fields and oneofs of which nothing is left without `_`, and oneofs of which a digit is in front then.
fn nameless(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    for id in &message.fields {
        let name = java::camel(&schema.field(*id).name, true);
        if name.is_empty() {
            no_name(schema, Element::Field(*id), "_", claims);
        }
    }
    for id in &message.oneofs {
        let name = java::camel(&schema.oneof(*id).name, true);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            no_name(schema, Element::Oneof(*id), &format!("{name}Case"), claims);
        }
    }
}

/// Refuses fields that are called like the numbers of an open enum beside them: the older line does not keep these apart.
fn values(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let fields = || schema.message(id).fields.iter().map(|id| (Element::Field(*id), schema.field(*id)));
    for (enum_, field) in fields().filter(|(_, f)| f.kind == Kind::Enum && java::is_open(schema, f)) {
        let name = format!("{}Value", java::plain(schema, field));
        let alike = |other: &Field| {
            // A list has its numbers by their position.
            other.cardinality.is_singular() == field.cardinality.is_singular()
                && java::plain(schema, other) == name
        };
        for (element, _) in fields().filter(|(_, other)| alike(other)) {
            let what = format!(
                "{} `{}` would be called `get{name}` in Java {OLDER}, as is the number of `{}`",
                schema.noun(element),
                schema.full_name(element),
                schema.full_name(enum_)
            );
            claims.refuse(element, what, "rename one of them, or choose another `runtime`");
        }
    }
}

/// The variables of the class of a file.
fn own_of_file(schema: &Schema, id: FileId, made: Made, claims: &mut Claims<'_>) {
    let file = schema.file(id);
    let own = if made.lite { &[][..] } else { &OF_FILES[..] };
    let mut variables: BTreeMap<String, Element> = BTreeMap::new();
    for id in &file.extensions {
        let (element, name) = (Element::Field(*id), java::extension_name(&schema.field(*id).name));
        if own.contains(&name.as_str()) {
            let what = format!(
                "extension `{}` would be called `{name}` in Java, which is there already in generated code",
                schema.full_name(element)
            );
            claims.refuse(element, what, "rename it");
        }
        variables.insert(name, element);
        let name = schema.field(*id).name.to_ascii_uppercase();
        variables.insert(format!("{name}_FIELD_NUMBER"), element);
    }
    variables.extend(own.first().map(|own| ((*own).to_owned(), Element::File(id))));
    let tops = top_level(schema, id);
    let messages = file.messages.iter().map(|id| Element::Message(*id));
    let types = messages.chain(file.enums.iter().map(|id| Element::Enum(*id)));
    let types = types.filter(|element| !tops.iter().any(|(_, top)| top == element));
    private::hides(schema, &variables, types, claims);
}

/// What every message has, as far as an accessor can be called so and protoc does not keep it apart.
fn own_of_message(schema: &Schema, id: MessageId, made: Made, claims: &mut Claims<'_>) {
    let of = Element::Message(id);
    let name = schema.nested_name(of);
    claims.fixed(format!("{name}.getDefaultInstance()"));
    // Of the lite runtime javac takes it, and it is not what merges messages then.
    claims.fixed(format!("{name}.Builder.mergeFrom({})", java::class(schema, of)));
    private::message(schema, id, made, claims);
    if made.lite {
        return;
    }
    for holder in ["", ".Builder"] {
        claims.fixed(format!("{name}{holder}.getDescriptor()"));
    }
    for own in ["getParentForChildren()", "getUnknownFieldSetBuilder()"] {
        claims.fixed(format!("{name}.Builder.{own}"));
    }
    // The descriptors of messages are variables of the file's class, with a `_` for every dot.
    let descriptor = format!("internal_static_{}", schema.full_name(of).replace('.', "_"));
    claims.claim(None, descriptor, of);
}

/// A class cannot be called like one around it; every message has a `Builder` in it.
fn check_enclosing(schema: &Schema, file: FileId, element: Element, name: &str, claims: &mut Claims<'_>) {
    let why = java::no_class(schema, element);
    let file_class = !multiple_files(schema, file) && outer_class(schema, file) == name;
    if matches!(why, Some(NoClass::Around)) || file_class {
        let what = format!(
            "{} `{}` has the name of a class around it, which Java does not take",
            schema.noun(element),
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename one of them");
    } else if matches!(why, Some(NoClass::Builder)) {
        let what = format!(
            "message `{}` has the name of the class `Builder` that every message has in it",
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename it");
    }
}

fn type_name(schema: &Schema, element: Element, name: &str) -> Result<(), PackageError> {
    if !matches!(java::no_class(schema, element), Some(NoClass::Word)) {
        return Ok(());
    }
    let what = format!("no Java class can be called `{name}`");
    Err(shared::refuse(
        schema,
        LANGUAGE,
        element,
        &[],
        what,
        "rename it; types are best written in CamelCase",
    ))
}

fn check_options(schema: &Schema, id: FileId) -> Result<(), PackageError> {
    // `java_package` and `java_outer_classname` are options 1 and 8, of field 8.
    const JAVA_PACKAGE: [i32; 2] = [8, 1];
    const JAVA_OUTER_CLASSNAME: [i32; 2] = [8, 8];
    let options = schema.file(id).options.as_deref();
    let own = options.and_then(|o| o.java_package.as_deref()).filter(|own| !own.is_empty());
    if let Some(own) = own.filter(|own| !is_package(own)) {
        let what = match own.split('.').next() {
            Some("java") => {
                format!("the Java package `{own}` is Java's own, which loads no classes of others")
            }
            _ => format!("`{own}` is no Java package"),
        };
        let hint = "leave the keyword out, or leave `java_package` out and let the package be derived";
        return Err(shared::refuse(schema, LANGUAGE, Element::File(id), &JAVA_PACKAGE, what, hint));
    }
    let own = options.and_then(|o| o.java_outer_classname.as_deref()).filter(|own| !own.is_empty());
    if let Some(own) = own.filter(|own| !is_name(own) || NOT_TYPES.contains(own)) {
        let what = format!("no Java class can be called `{own}`");
        let hint = "give it another name, or leave `java_outer_classname` out and let it be derived";
        return Err(shared::refuse(schema, LANGUAGE, Element::File(id), &JAVA_OUTER_CLASSNAME, what, hint));
    }
    Ok(())
}

/// A package that classes of others than Java itself can be in.
pub(super) fn is_package(name: &str) -> bool {
    name.split('.').all(is_name) && name.split('.').next() != Some("java")
}

/// The classes that get a file of their own.
pub(super) fn top_level(schema: &Schema, id: FileId) -> Vec<(String, Element)> {
    let file = schema.file(id);
    let mut all = vec![(outer_class(schema, id), Element::File(id))];
    if multiple_files(schema, id) {
        for message in &file.messages {
            let Message { name, .. } = schema.message(*message);
            all.push((name.to_string(), Element::Message(*message)));
            all.push((format!("{name}OrBuilder"), Element::Message(*message)));
        }
        for enum_ in &file.enums {
            let Enum { name, .. } = schema.enum_(*enum_);
            all.push((name.to_string(), Element::Enum(*enum_)));
        }
    }
    for service in &file.services {
        all.push((format!("{}Grpc", schema.service(*service).name), Element::Service(*service)));
    }
    all
}
