//! Packages for the lite runtime, in which messages have no descriptors.

use buffa_descriptor::generated::descriptor as pb;

use super::super::common::{self, Home};
use super::super::{PackageError, shared};
use crate::codegen::Contract;
use crate::schema::{Element, Field, FileId, Schema};
use crate::surface::{Name, java};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Files whose types describe others: the lite runtime has none of them.
const DESCRIBING: [&str; 3] = [
    "google/protobuf/descriptor.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/java_features.proto",
];

/// What the package has itself. Nobody publishes `google/api` and its like for this runtime, so it has its own copies.
pub(super) fn generated(contract: &Contract<'_>) -> Vec<FileId> {
    let files = shared::in_code(contract);
    files.filter(|(_, f)| common::home(LANGUAGE, &f.name) != Some(Home::Runtime)).map(|(id, _)| id).collect()
}

/// Refuses what says something in types that describe others.
pub(super) fn check(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    let describing = |name: Option<&str>| {
        let element = schema.by_name(name?)?;
        DESCRIBING.contains(&&*schema.file(schema.file_of(element)).name).then_some(element)
    };
    let mut refuse = |at: Element, of: Element| {
        let what = format!(
            "{} `{}` is of `{}`, and the lite runtime describes nothing",
            schema.noun(at),
            schema.full_name(at),
            schema.full_name(of)
        );
        let way = "take it out of the contract, or leave out `lite`";
        out.push(shared::refuse(schema, LANGUAGE, at, &[], what, way));
    };
    for (_, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        for field in &message.fields {
            let named = of_map(schema, schema.field(*field)).type_name.as_deref();
            if let Some(of) = describing(named) {
                refuse(Element::Field(*field), of);
            }
        }
    }
    for (_, service) in schema.services().filter(|(_, s)| files.contains(&s.file)) {
        for id in &service.methods {
            let method = schema.method(*id);
            if let Some(of) = describing(Some(&method.input)).or_else(|| describing(Some(&method.output))) {
                refuse(Element::Method(*id), of);
            }
        }
    }
}

/// Whether a name of the full runtime is none in the lite one: there are no builders inside of builders, and those who
/// read a list of messages as their interfaces find that in the message alone.
pub(super) fn lacks(schema: &Schema, name: &Name) -> bool {
    let Element::Field(id) = name.of else { return false };
    let field = schema.field(id);
    let Some(message) = field.parent.filter(|_| !field.is_extension()) else { return false };
    let path = name.path.split('(').next().unwrap_or_default();
    let Some((holder, method)) = path.rsplit_once('.') else { return false };
    // What accessors call it, which is its name, or its name and its number.
    let called = java::plain(schema, field);
    let is = |front: &str, behind: &str| {
        let rest = method.strip_prefix(front).and_then(|rest| rest.strip_suffix(behind));
        let rest = rest.and_then(|rest| rest.strip_prefix(&*called));
        rest.is_some_and(|rest| rest.is_empty() || rest == field.number.to_string())
    };
    if schema.map_entry(field).is_some() {
        return is("put", "BuilderIfAbsent") || is("getMutable", "") || is("getMutable", "Value");
    }
    if !field.kind.is_message() {
        return false;
    }
    let of_lists = is("get", "OrBuilder") || is("get", "OrBuilderList");
    let is_list = !field.cardinality.is_singular();
    if of_lists && is_list {
        return holder != schema.nested_name(Element::Message(message));
    }
    of_lists || is("get", "Builder") || is("add", "Builder") || is("get", "BuilderList")
}

/// The value of a map, or the field itself.
fn of_map<'s>(schema: &'s Schema, field: &'s Field) -> &'s Field {
    let entry = field.type_name.as_deref().and_then(|name| schema.message_by_name(name));
    match entry.map(|id| schema.message(id)) {
        Some(entry) if entry.map_entry => entry.fields.get(1).map_or(field, |id| schema.field(*id)),
        _ => field,
    }
}

/// Takes away extensions of options: they are read from descriptors, and the generator writes them all the same, in
/// code that has no class to stand on. What is left keeps its positions.
pub(super) fn strip(proto: &mut pb::FileDescriptorProto) -> bool {
    let mut gone = Vec::new();
    take(&mut proto.extension, &[7], &mut gone);
    for (at, message) in proto.message_type.iter_mut().enumerate() {
        nested(message, &[4, index(at)], &mut gone);
    }
    if gone.is_empty() {
        return false;
    }
    if let Some(info) = proto.source_code_info.as_option_mut() {
        info.location.retain_mut(|location| renumber(&mut location.path, &gone));
    }
    true
}

/// Where a list of extensions is, and which of them are gone.
type Gone = (Vec<i32>, Vec<i32>);

fn index(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

fn nested(message: &mut pb::DescriptorProto, path: &[i32], gone: &mut Vec<Gone>) {
    take(&mut message.extension, &[path, &[6]].concat(), gone);
    for (at, inner) in message.nested_type.iter_mut().enumerate() {
        nested(inner, &[path, &[3, index(at)]].concat(), gone);
    }
}

fn take(extensions: &mut Vec<pb::FieldDescriptorProto>, path: &[i32], gone: &mut Vec<Gone>) {
    let of_options = |extension: &pb::FieldDescriptorProto| {
        let of = extension.extendee.as_deref().unwrap_or_default();
        of.strip_prefix(".google.protobuf.").is_some_and(|name| name.ends_with("Options"))
    };
    let numbered = extensions.iter().enumerate();
    let which: Vec<i32> = numbered.filter(|(_, e)| of_options(e)).map(|(at, _)| index(at)).collect();
    if !which.is_empty() {
        extensions.retain(|extension| !of_options(extension));
        gone.push((path.to_vec(), which));
    }
}

/// The path of what is left, as its list is now; whether it is left.
fn renumber(path: &mut [i32], gone: &[Gone]) -> bool {
    for (list, which) in gone {
        if path.len() > list.len() && path.starts_with(list) {
            let at = path[list.len()];
            if which.contains(&at) {
                return false;
            }
            path[list.len()] -= index(which.iter().filter(|gone| **gone < at).count());
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_keeps_its_positions() {
        let gone = [(vec![7], vec![0, 2]), (vec![4, 1, 6], vec![0])];
        let moved = |mut path: Vec<i32>| renumber(&mut path, &gone).then_some(path);
        assert_eq!(moved(vec![7, 0, 1]), None);
        assert_eq!(moved(vec![7, 1, 1]), Some(vec![7, 0, 1]));
        assert_eq!(moved(vec![7, 3]), Some(vec![7, 1]));
        assert_eq!(moved(vec![7]), Some(vec![7]));
        assert_eq!(moved(vec![4, 1, 6, 1]), Some(vec![4, 1, 6, 0]));
        assert_eq!(moved(vec![4, 0, 6, 0]), Some(vec![4, 0, 6, 0]));
    }
}
