//! What a contract must not be called for Go to build what the generators make of it, and for a module to hold it.

use std::collections::BTreeMap;

use super::super::clash::Claims;
use super::super::{PackageError, shared};
use super::LANGUAGE;
use super::layout::{Layout, file_name, is_of_windows, join, said};
use crate::codegen::Contract;
use crate::schema::{Cardinality, Element, Field, FileId, GoApi, Kind, Schema};
use crate::surface;
use crate::surface::go::{camel, member_names, type_name};

/// All refusals of a contract.
pub(super) fn check(contract: &Contract<'_>, layout: &Layout, out: &mut Vec<PackageError>) {
    out.append(&mut check_paths(contract, layout));
    out.extend(check_packages(contract, layout).err());
    out.extend(check_cycles(contract, layout).err());
    out.append(&mut check_names(contract, layout));
    out.append(&mut check_imports(contract, layout));
}

/// `go_package` is option 11 of field 8.
const GO_PACKAGE: [i32; 2] = [8, 11];

/// Refuses folders that `go_package` names and in which nobody finds a package, and files that no module may hold.
fn check_paths(contract: &Contract<'_>, layout: &Layout) -> Vec<PackageError> {
    let schema = contract.schema;
    let mut out = Vec::new();
    for id in &layout.files {
        let (file, folder) = (schema.file(*id), &layout.places[id].folder);
        // What is made of a proto package is fit for it.
        let own = said(schema, *id, &layout.root);
        let whole = own.map(|(_, name)| if name.is_empty() { format!("{folder}/") } else { folder.clone() });
        if let Some(why) = whole.and_then(|whole| unfit_folder(&whole)) {
            let what =
                format!("`go_package` puts the file into the folder `{folder}` of the Go module: {why}");
            let hint = "name another folder in `go_package`, or leave the option out";
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &GO_PACKAGE, what, hint));
        }
        let base = file.name.rsplit('/').next().unwrap_or_default();
        if let Some(c) = base.chars().find(|c| !in_file_names(*c)) {
            let what = format!("a Go module may not hold a file with {c:?} in its name, as `{base}` has it");
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &[], what, "rename the file"));
        }
    }
    out
}

/// Why nobody can use the Go package of a folder, where that is so.
fn unfit_folder(folder: &str) -> Option<String> {
    let unfit = |part: &str| {
        let said = match part {
            "" => "a part of the path is empty".to_owned(),
            "internal" => "nobody but the module itself may import what is in `internal`".to_owned(),
            part if matches!(part, "vendor" | "testdata") || part.starts_with(['_', '.']) => {
                format!("the go command does not look for packages in `{part}`")
            }
            part if is_of_windows(part) => {
                format!("a Go module may not hold `{part}`, which is Windows's own")
            }
            part => {
                let letter = |c: char| c.is_ascii_alphanumeric() || "-._~+".contains(c);
                let short = part.split('.').next().unwrap_or_default();
                let cut = short
                    .rsplit_once('~')
                    .is_some_and(|(_, n)| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
                let good = part.chars().all(letter) && !part.ends_with('.') && !cut;
                return (!good).then(|| format!("`{part}` is no part of an import path"));
            }
        };
        Some(said)
    };
    if folder.is_empty() { None } else { folder.split('/').find_map(unfit) }
}

/// Whether a file of a module may have a character in its name (`fileNameOK` of golang.org/x/mod/module).
fn in_file_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&()+,-.=@[]^_{}~ ".contains(c) || (!c.is_ascii() && c.is_alphabetic())
}

/// What protoc-gen-go and protoc-gen-go-grpc write for a file, and the module has.
fn written_for(file: &crate::schema::File) -> Vec<String> {
    let base = file.name.rsplit('/').next().unwrap_or_default();
    let stem = base.strip_suffix(".proto").or_else(|| base.strip_suffix(".protodevel")).unwrap_or(base);
    let mut all = vec![file_name(&format!("{stem}.pb.go"))];
    if !file.services.is_empty() {
        all.push(file_name(&format!("{stem}_grpc.pb.go")));
    }
    all
}

/// Two files of one Go package have to agree on its name, and must not be written to one place.
fn check_packages(contract: &Contract<'_>, layout: &Layout) -> Result<(), PackageError> {
    let schema = contract.schema;
    let mut names: BTreeMap<&str, (&str, FileId)> = BTreeMap::new();
    let mut written: BTreeMap<(String, String), FileId> = BTreeMap::new();
    for id in &layout.files {
        let (file, place) = (schema.file(*id), &layout.places[id]);
        if file.name.contains([',', '=', ';', '"', '\\']) {
            return Err(shared::refuse(
                schema,
                LANGUAGE,
                Element::File(*id),
                &[],
                format!("protoc-gen-go cannot be told about a file called `{}`", file.name),
                "rename it: no `,`, `;`, `=`, `\"` and `\\`",
            ));
        }
        let (name, first) = names.entry(&place.folder).or_insert((&place.name, *id));
        if *name != place.name {
            let what = format!(
                "the Go package `{}` is called `{}` here and `{name}` in `{}`",
                layout.import(*id),
                place.name,
                schema.file(*first).display
            );
            let hint = "give both files the same `go_package`";
            return Err(shared::refuse(schema, LANGUAGE, Element::File(*id), &GO_PACKAGE, what, hint));
        }
        let key = |name: String| (place.folder.to_lowercase(), name.to_lowercase());
        for name in written_for(file) {
            let Some(first) = written.insert(key(name), *id).filter(|first| first != id) else { continue };
            let what = format!(
                "`{}` and `{}` would be written to one file of the Go package `{}`",
                file.name,
                schema.file(first).name,
                layout.import(*id)
            );
            let hint = "rename one of the files, or give it another `go_package`";
            return Err(shared::refuse(schema, LANGUAGE, Element::File(*id), &GO_PACKAGE, what, hint));
        }
    }
    Ok(())
}

/// Files may import each other across packages as long as files make no circle; Go packages may not.
fn check_cycles(contract: &Contract<'_>, layout: &Layout) -> Result<(), PackageError> {
    let schema = contract.schema;
    let mut edges: BTreeMap<&str, BTreeMap<&str, (FileId, usize)>> = BTreeMap::new();
    for id in &layout.files {
        let from = layout.places[id].folder.as_str();
        for (index, import) in schema.file(*id).imports.iter().enumerate() {
            let Some(target) = schema.file_by_name(&import.path) else { continue };
            let Some(place) = layout.places.get(&target) else { continue };
            if place.folder != from {
                edges.entry(from).or_default().entry(&place.folder).or_insert((*id, index));
            }
        }
    }
    // Depth first without recursion; `done` packages lead to no circle.
    let mut done: Vec<&str> = Vec::new();
    for start in edges.keys() {
        let mut path: Vec<&str> = vec![start];
        let mut todo: Vec<Vec<&str>> = vec![next(&edges, start)];
        while let Some(level) = todo.last_mut() {
            let Some(node) = level.pop() else {
                todo.pop();
                done.extend(path.pop());
                continue;
            };
            if done.contains(&node) {
                continue;
            }
            if let Some(at) = path.iter().position(|p| *p == node) {
                let last = path[path.len() - 1];
                let (file, index) = edges[last][node];
                let mut circle: Vec<String> = path[at..].iter().map(|p| format!("`{p}`")).collect();
                circle.push(format!("`{node}`"));
                let what = format!("this import makes a circle of Go packages: {}", circle.join(" → "));
                let hint = "move the shared types into a package of their own";
                return Err(shared::refuse(
                    schema,
                    LANGUAGE,
                    Element::File(file),
                    &[3, index as i32],
                    what,
                    hint,
                ));
            }
            path.push(node);
            todo.push(next(&edges, node));
        }
    }
    Ok(())
}

fn next<'a>(edges: &BTreeMap<&'a str, BTreeMap<&'a str, (FileId, usize)>>, node: &str) -> Vec<&'a str> {
    edges.get(node).map(|n| n.keys().rev().copied().collect()).unwrap_or_default()
}

/// Everything that one Go package declares has to have a name of its own, and so has all that a type has.
fn check_names(contract: &Contract<'_>, layout: &Layout) -> Vec<PackageError> {
    let schema = contract.schema;
    let mut claims = Claims::new(schema, LANGUAGE);
    let mut folders: BTreeMap<String, FileId> = BTreeMap::new();
    for id in &layout.files {
        let folder = &layout.places[id].folder;
        check_aliases(contract, layout, *id, &mut claims);
        claims.file(folder, *id);
        for element in surface::inside(schema, Element::File(*id)) {
            let Element::Message(message) = element else { continue };
            let name = type_name(schema, element);
            // Of the methods that every message has, the only one that protoc-gen-go does not keep fields apart from.
            claims.fixed(format!("{name}.ProtoReflect"));
            claims.entries(message);
            let oneofs = &schema.message(message).oneofs;
            if oneofs.is_empty() {
                continue;
            }
            let members = member_names(schema, message);
            for oneof in oneofs {
                // What the wrappers of a oneof implement, by what the oneof is called beside the fields.
                let of = &schema.oneof(*oneof).name;
                let called = members.get(&(0, &**of)).cloned().unwrap_or_else(|| camel(of));
                claims.claim(Some(folder), format!("is{name}_{called}"), Element::Oneof(*oneof));
            }
        }
        let first = *folders.entry(folder.to_lowercase()).or_insert(*id);
        let other = &layout.places[&first].folder;
        if other != folder {
            let what = format!(
                "the Go packages `{folder}` and `{other}` are one where upper and lower case are the same"
            );
            claims.refuse(
                Element::File(*id),
                what,
                "rename one of the packages, or give its files another `go_package`",
            );
        }
    }
    claims.refused
}

/// Claims what a file has besides its types: its descriptor, and aliases for what its public imports have. Two of these
/// must not have one name either.
fn check_aliases(contract: &Contract<'_>, layout: &Layout, id: FileId, claims: &mut Claims<'_>) {
    let schema = contract.schema;
    let (file, folder) = (schema.file(id), &layout.places[&id].folder);
    claims.claim(Some(folder), surface::go::descriptor(&file.name), Element::File(id));
    let mut brought: BTreeMap<String, usize> = BTreeMap::new();
    for (index, import) in file.imports.iter().enumerate().filter(|(_, import)| import.public) {
        let Some(other) = schema.file_by_name(&import.path) else { continue };
        if layout.places.get(&other).is_some_and(|place| place.folder == *folder) {
            continue;
        }
        let mut clash = None;
        for name in surface::go::forwarded(schema, other, None) {
            let first = *brought.entry(name.path.clone()).or_insert(index);
            if first != index {
                clash = clash.or(Some((first, name.path.clone())));
            }
            claims.claim(Some(folder), name.path, Element::File(id));
        }
        if let Some((first, name)) = clash {
            let what = format!(
                "the public imports of `{}` and `{}` both bring a `{name}` into the Go package `{}`",
                file.imports[first].path,
                import.path,
                layout.import(id)
            );
            let hint = "import one of them without `public`, or rename what both of them have";
            let tail = [3, index as i32];
            claims.refused.push(shared::refuse(schema, LANGUAGE, Element::File(id), &tail, what, hint));
        }
    }
}

/// What functions that protoc-gen-go-grpc writes have in them, where they name a message: of another Go package, the name
/// of which stands in front, that would be another one.
struct Hides {
    request: &'static [&'static str],
    response: &'static [&'static str],
}

/// By whether requests and responses are streams.
fn hides(client_streaming: bool, server_streaming: bool) -> Hides {
    match (client_streaming, server_streaming) {
        (false, false) => Hides {
            request: &["srv", "ctx", "dec", "interceptor", "in", "info", "req"],
            response: &["c", "ctx", "in", "opts", "cOpts"],
        },
        (false, true) => Hides {
            request: &["c", "ctx", "in", "opts", "cOpts", "stream", "err", "srv", "m"],
            response: &["c", "ctx", "in", "opts", "cOpts", "stream", "err", "srv", "m"],
        },
        (true, _) => Hides {
            request: &["c", "ctx", "opts", "cOpts", "stream", "err", "srv"],
            response: &["c", "ctx", "opts", "cOpts", "stream", "err", "srv"],
        },
    }
}

/// The same of accessors of a field, and which of them name its type in their body.
///
/// A getter calls the message `x`, and falls back on the first value of an enum. The opaque API (protoc-gen-go 1.36.12) reads
/// a lazy message, and reads and writes a list of them, through variables of their type.
fn hides_in_accessors(schema: &Schema, field: &Field) -> Option<(&'static str, &'static [&'static str])> {
    let parent = field.parent.filter(|_| !field.is_extension()).map(|id| schema.message(id))?;
    if field.kind == Kind::Enum {
        let falls_back = field.default.is_none() && field.cardinality.is_singular();
        return falls_back.then_some(("the getter", &["x"]));
    }
    let lazy = field.kind.is_message()
        && field.cardinality != Cardinality::Map
        && field.oneof.is_none()
        && parent.generators.go_api == GoApi::Opaque
        && field.options.as_deref().is_some_and(|options| options.lazy == Some(true));
    match field.cardinality {
        Cardinality::Repeated if lazy => Some(("the setter of a lazy list", &["x", "v", "sv"])),
        _ => lazy.then_some(("the getter of a lazy message", &["x"])),
    }
}

/// Refuses types of other Go packages that generated functions cannot name.
fn check_imports(contract: &Contract<'_>, layout: &Layout) -> Vec<PackageError> {
    let schema = contract.schema;
    let mut out = Vec::new();
    // The name by which a file knows the package of another one: the last part of its path.
    let alias = |from: FileId, to: FileId| {
        let place = layout.places.get(&to).filter(|place| place.folder != layout.places[&from].folder)?;
        let import = join(&layout.module, &place.folder);
        Some(surface::go::clean(import.rsplit('/').next().unwrap_or_default()))
    };
    let mut refuse = |at: Element, of: Element, alias: &str, who: &str| {
        let what = format!(
            "{who} has a `{alias}` of its own where it names the {} `{}`, which is in the Go package `{}`",
            schema.noun(of),
            schema.full_name(of),
            layout.import(schema.file_of(of))
        );
        let hint = format!(
            "give the files of that package a `go_package` in the module that ends in something else than `{alias}`"
        );
        out.push(shared::refuse(schema, LANGUAGE, at, &[], what, hint));
    };
    for id in &layout.files {
        for service in &schema.file(*id).services {
            for method in &schema.service(*service).methods {
                let (at, method) = (Element::Method(*method), schema.method(*method));
                let hides = hides(method.client_streaming, method.server_streaming);
                for (name, hidden) in [(&method.input, hides.request), (&method.output, hides.response)] {
                    let Some(message) = schema.message_by_name(name) else { continue };
                    let Some(alias) = alias(*id, schema.message(message).file) else { continue };
                    if hidden.contains(&alias.as_str()) {
                        refuse(at, Element::Message(message), &alias, "protoc-gen-go-grpc");
                        break;
                    }
                }
            }
        }
    }
    for (id, field) in schema.fields().filter(|(_, field)| layout.places.contains_key(&field.file)) {
        let Some((who, hidden)) = hides_in_accessors(schema, field) else { continue };
        let Some(of) = field.type_name.as_deref().and_then(|name| schema.by_name(name)) else { continue };
        let Some(alias) = alias(field.file, schema.file_of(of)) else { continue };
        if hidden.contains(&alias.as_str()) {
            refuse(Element::Field(id), of, &alias, who);
        }
    }
    out
}
