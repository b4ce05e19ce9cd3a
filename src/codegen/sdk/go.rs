//! The Go module.
//!
//! Every file gets its import path as an `M` parameter, so the contract's own `go_package` neither has to be there
//! nor to fit. Where it already names a package inside the module it is kept; otherwise the proto package says it:
//! `user.v1` becomes `MODULE/user/v1`, named `userv1`.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::context;

use super::clash::Claims;
use super::common::{self, Family, Home};
use super::example::{self, Example};
use super::shared::{self, DESCRIPTORS};
use super::split;
use super::used::{Used, UsedService, own_services};
use super::{Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, versions};
use crate::codegen::build::{Run, Stop};
use crate::codegen::plugin::spec::EDITION_2024;
use crate::codegen::plugin::{Pinned, Source};
use crate::codegen::render::render;
use crate::codegen::{Contract, FileTree, Package, Target};
use crate::config::generate::all;
use crate::schema::{Element, FileId, Kind, Schema};
use crate::surface;
use crate::surface::go::{KEYWORDS, camel, type_name};
use crate::words::Language;

const LANGUAGE: Language = Language::Go;

static KEYS: [Key; 1] = [Key {
    name: "module",
    what: "a Go module path",
    good: go_module,
    hint: "for example `github.com/acme/contracts-go`; `/v2` and so on are added by the version",
    usual: None,
    stand_in: "protopact.invalid/contract",
}];

fn go_module(text: &str) -> bool {
    let major = |part: &str| part.strip_prefix('v').is_some_and(|n| n.parse::<u64>().is_ok());
    text.split('/').all(|part| all(part, "-._~") && !part.starts_with('.') && !part.ends_with('.'))
        && !text.rsplit('/').next().is_some_and(major)
}

/// Messages.
pub static MESSAGES: Pinned = Pinned {
    name: "protoc-gen-go",
    version: "v1.36.12",
    source: Source::Go { package: "google.golang.org/protobuf/cmd/protoc-gen-go" },
    services_only: false,
    newest_edition: EDITION_2024,
};

/// Services.
pub static SERVICES: Pinned = Pinned {
    name: "protoc-gen-go-grpc",
    version: "v1.6.2",
    source: Source::Go { package: "google.golang.org/grpc/cmd/protoc-gen-go-grpc" },
    services_only: true,
    newest_edition: EDITION_2024,
};

impl Plugin {
    /// Go messages.
    pub const GO: Plugin = Plugin("protoc-gen-go");
    /// Go services.
    pub const GO_GRPC: Plugin = Plugin("protoc-gen-go-grpc");
}

static PLUGINS: [(&Pinned, &str); 2] = [(&MESSAGES, ""), (&SERVICES, "")];

static LINES: Lines = Lines {
    key: "go",
    all: &[
        Line {
            name: "1.26",
            plugins: &PLUGINS,
            options: &[],
            asks: &[
                ("go", versions::GO),
                ("protobuf", versions::PROTOBUF_GO),
                ("grpc", versions::GRPC_GO),
                ("genproto", "v0.0.0-20261026165753-2ffab32bce7e"),
                ("longrunning", "v1.5.0"),
                ("iam", "v1.15.1"),
            ],
        },
        // The last of each that ask for no later Go. What the generators write asks for less.
        Line {
            name: "1.23",
            plugins: &PLUGINS,
            options: &[],
            asks: &[
                ("go", "1.23.0"),
                ("protobuf", versions::PROTOBUF_GO),
                ("grpc", "1.75.1"),
                ("genproto", "v0.0.0-20250707201910-8d1bb00bc6a7"),
                ("longrunning", "v0.6.7"),
                ("iam", "v1.5.2"),
            ],
        },
    ],
};

pub(super) struct Go;

impl Sdk for Go {
    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn name_key(&self) -> &'static str {
        KEYS[0].name
    }

    fn without(&self, table: &str) -> Option<&'static str> {
        (table == split::TABLE.name).then_some(
            "a program is built of those packages of the module that it imports, and of no others; with a module for each part, \
             the import path of a package would say which part it is in",
        )
    }

    fn coordinate(&self) -> &'static str {
        "Go module"
    }

    fn lines(&self) -> &'static Lines {
        &LINES
    }

    fn runtime_has(&self, file: &str) -> bool {
        file == "google/protobuf/go_features.proto"
    }

    fn takes_a_path_once(&self) -> Option<&'static str> {
        Some("Go program")
    }

    fn check(&self, contract: &Contract<'_>, target: &Target, out: &mut Vec<PackageError>) {
        match Layout::new(contract, target.get("module")) {
            Ok(layout) => {
                out.append(&mut check_paths(contract, &layout));
                out.extend(check_packages(contract, &layout).err());
                out.extend(check_cycles(contract, &layout).err());
                out.append(&mut check_names(contract, &layout));
                out.append(&mut check_imports(contract, &layout));
            }
            Err(error) => out.push(error),
        }
    }

    fn prepare(&self, contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
        prepare(contract, target.get("module"))
    }

    fn build(
        &self,
        contract: &Contract<'_>,
        target: &Target,
        generated: FileTree,
    ) -> Result<Package, PackageError> {
        build(contract, target.get("module"), super::line(target), generated)
    }

    fn used(&self, contract: &Contract<'_>, target: &Target) -> Result<Used, PackageError> {
        let layout = Layout::new(contract, target.get("module"))?;
        let version = shared::version(contract, LANGUAGE)?;
        let services = own_services(contract, &layout.files).into_iter().map(|(file, id)| UsedService {
            id,
            import: layout.import(file),
            called: layout.places[&file].name.clone(),
            name: camel(&contract.schema.service(id).name),
        });
        let services = services.collect();
        Ok(Used { package: layout.module, version: format!("v{version}"), services })
    }

    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop> {
        run.step("go", &["mod", "tidy"])?;
        // A file that a constraint or its name leaves out is missed by nobody but who looks for it.
        let listed = run.step("go", &["list", "-f", FILES, "./..."])?;
        let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
        let module = package.files.get("go.mod").map(|c| String::from_utf8_lossy(c).into_owned());
        let module = module.as_deref().and_then(|m| m.lines().find_map(|l| l.strip_prefix("module ")));
        let module = module.unwrap_or_default().trim();
        let made = package.files.iter().map(|(path, _)| path).filter(|path| path.ends_with(".go"));
        run.hold("go list ./...", made.map(|path| format!("{module}/{path}")), &listed)?;
        run.step("go", &["build", "./..."])?;
        // `-stdmethods` takes a method that is called as one of an interface of Go's own for a try at it.
        run.step("go", &["vet", "-stdmethods=false", "./..."])?;
        Ok(())
    }
}

/// Has `go list` print the files that it builds, by import path.
const FILES: &str = "{{range .GoFiles}}{{$.ImportPath}}/{{.}}{{\"\\n\"}}{{end}}";

/// The Go module and the version it is pinned to. Three are cut from one repository at one commit.
fn module_of(family: Family, line: &Line) -> (&'static str, &'static str) {
    let (module, of) = match family {
        Family::Api => ("google.golang.org/genproto/googleapis/api", "genproto"),
        Family::Rpc => ("google.golang.org/genproto/googleapis/rpc", "genproto"),
        Family::Type => ("google.golang.org/genproto", "genproto"),
        Family::LongRunning => ("cloud.google.com/go/longrunning", "longrunning"),
        Family::Iam => ("cloud.google.com/go/iam", "iam"),
    };
    (module, line.version(of))
}

/// The Go package of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Below the module; empty for its root.
    folder: String,
    name: String,
}

struct Layout {
    /// The module path with its major version.
    module: String,
    /// The module path without it.
    root: String,
    files: Vec<FileId>,
    places: BTreeMap<FileId, Place>,
}

impl Layout {
    fn new(contract: &Contract<'_>, module: &str) -> Result<Layout, PackageError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        let parts = || module.split('/');
        if module.is_empty()
            || !module.chars().all(valid)
            || parts().any(|p| p.is_empty() || p.starts_with('.') || p.ends_with('.'))
        {
            return Err(PackageError::Target {
                language: LANGUAGE,
                what: "Go module path",
                value: module.to_owned(),
            });
        }
        let version = shared::version(contract, LANGUAGE)?;
        if !version.build.is_empty() {
            return Err(PackageError::NoForm { language: LANGUAGE, version: version.to_string() });
        }
        let major = version.major;
        let versioned = if major >= 2 { format!("{module}/v{major}") } else { module.to_owned() };
        let files = shared::generated(contract, LANGUAGE);
        let places = files.iter().map(|id| (*id, place(contract.schema, *id, module))).collect();
        Ok(Layout { module: versioned, root: module.to_owned(), files, places })
    }

    fn import(&self, file: FileId) -> String {
        join(&self.module, &self.places[&file].folder)
    }
}

fn join(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first}/{second}") }
}

/// What `go_package` says of a file, where it names a package of the module: the folder, and the name.
fn said<'s>(schema: &'s Schema, id: FileId, module: &str) -> Option<(&'s str, &'s str)> {
    let own = schema.file(id).options.as_deref()?.go_package.as_deref()?;
    let (path, name) = own.split_once(';').unwrap_or((own, ""));
    let folder = match path.strip_prefix(module)? {
        "" => "",
        rest => rest.strip_prefix('/')?,
    };
    Some((folder, if name.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { name }))
}

fn place(schema: &Schema, id: FileId, module: &str) -> Place {
    if let Some((folder, name)) = said(schema, id, module) {
        return Place { folder: folder.to_owned(), name: package_name(name) };
    }
    // Folders that the go command gives a meaning, or does not look into, and those that no module may have.
    let special = |p: &str| {
        matches!(p, "internal" | "vendor" | "testdata" | "main") || p.starts_with('_') || is_of_windows(p)
    };
    let other = |p: &str| match p.trim_start_matches('_') {
        "" => "x_pb".to_owned(),
        rest => format!("{rest}_pb"),
    };
    let parts: Vec<String> = schema
        .file(id)
        .package
        .split('.')
        .filter(|p| !p.is_empty())
        .map(|p| if special(p) { other(p) } else { p.to_owned() })
        .collect();
    let name = match parts.as_slice() {
        [] => module.rsplit('/').next().unwrap_or_default().to_owned(),
        [.., before, last] if is_version(last) => format!("{before}{last}"),
        [.., last] => last.clone(),
    };
    Place { folder: parts.join("/"), name: package_name(&name) }
}

/// `v1`, `v2beta3`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A name that Go takes for a package which can be imported.
fn package_name(text: &str) -> String {
    let mut name: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if KEYWORDS.contains(&name.as_str()) || name == "main" || name.is_empty() {
        name.push_str("pb");
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'x');
    }
    name
}

fn prepare(contract: &Contract<'_>, module: &str) -> Result<Prepared, PackageError> {
    let layout = Layout::new(contract, module)?;
    let schema = contract.schema;
    let mut parameter = format!("module={}", layout.module);
    for id in &layout.files {
        parameter.push_str(&format!(
            ",M{}={};{}",
            schema.file(*id).name,
            layout.import(*id),
            layout.places[id].name
        ));
    }
    let call = |plugin, files: Vec<String>| PluginCall {
        plugin,
        parameter: parameter.clone(),
        files,
        folder: String::new(),
    };
    let mut calls = vec![call(Plugin::GO, shared::names(schema, &layout.files))];
    let with_services = shared::names_with_services(schema, &layout.files);
    if !with_services.is_empty() {
        calls.push(call(Plugin::GO_GRPC, with_services));
    }
    let descriptor_set = shared::edited_set(contract, LANGUAGE, |_, _| Ok(false), |_| false)?;
    Ok(Prepared { descriptor_set, calls })
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

/// Whether Windows takes a name, up to its first dot, for a device of its own; modules may hold no such file or folder.
fn is_of_windows(name: &str) -> bool {
    let short = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |front: &str| {
        short
            .strip_prefix(front)
            .is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit() && c != '0'))
    };
    matches!(&*short, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
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
            for oneof in &schema.message(message).oneofs {
                // What the wrappers of a oneof implement.
                let interface = format!("is{name}_{}", camel(&schema.oneof(*oneof).name));
                claims.claim(Some(folder), interface, Element::Oneof(*oneof));
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

/// What getters call the message, and fall back on the first value of an enum in.
const RECEIVER: &str = "x";

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
    for (id, field) in schema.fields() {
        let falls_back = field.kind == Kind::Enum && field.default.is_none();
        if !falls_back || !field.cardinality.is_singular() || field.is_extension() {
            continue;
        }
        let Some(of) = field.type_name.as_deref().and_then(|name| schema.by_name(name)) else { continue };
        if !layout.places.contains_key(&field.file) {
            continue;
        }
        if let Some(alias) = alias(field.file, schema.file_of(of)).filter(|alias| alias == RECEIVER) {
            refuse(Element::Field(id), of, &alias, "the getter");
        }
    }
    out
}

fn build(
    contract: &Contract<'_>,
    module: &str,
    line: &Line,
    generated: FileTree,
) -> Result<Package, PackageError> {
    let layout = Layout::new(contract, module)?;
    let schema = contract.schema;
    let services = shared::has_services(schema, &layout.files);
    let protobuf =
        shared::version_in(&generated, "protoc-gen-go v").unwrap_or(line.version("protobuf").to_owned());
    let mut files = FileTree::new();
    let mut put = |path: &str, content: String| shared::add(&mut files, LANGUAGE, path, content);
    let mut families: Vec<Vec<&str>> = Vec::new();
    {
        let mut all: Vec<_> =
            shared::families(contract, LANGUAGE).iter().map(|f| module_of(*f, line)).collect();
        all.sort_unstable();
        families.extend(all.into_iter().map(|(path, version)| vec![path, version]));
    }
    // The sums that are shipped are those of the newest line.
    let newest = line.version("grpc") == versions::GRPC_GO && protobuf == versions::PROTOBUF_GO;
    let plain = families.is_empty() && newest;
    put(
        "go.mod",
        render(
            include_str!("templates/go/go.mod.j2"),
            context! {
                module => &layout.module, go => line.version("go"), services, protobuf => &protobuf, grpc => line.version("grpc"),
                families, plain,
            },
        ),
    )?;
    if plain {
        let sums = if services {
            include_str!("templates/go/services.sum")
        } else {
            include_str!("templates/go/messages.sum")
        };
        put("go.sum", sums.to_owned())?;
    }
    let about = shared::about(contract);
    let info = info_folder(&layout);
    put(&format!("{info}/{info}.go"), {
        render(
            include_str!("templates/go/contract.go.j2"),
            context! { about => &about, name => info, descriptors => DESCRIPTORS },
        )
    })?;
    let example = example::pick(contract, &layout.files);
    put("README.md", readme(contract, &layout, &about, info, example))?;
    shared::add_legal(&mut files, LANGUAGE, "", contract)?;
    shared::add(&mut files, LANGUAGE, &format!("{info}/{DESCRIPTORS}"), shared::embedded(contract))?;
    for (path, content) in generated.iter() {
        shared::add(&mut files, LANGUAGE, &file_name(path), content.clone())?;
    }
    Ok(Package { language: LANGUAGE, coordinate: layout.module, files })
}

/// The folder of the contract's own data: not one that a proto package has.
fn info_folder(layout: &Layout) -> &'static str {
    let taken = |name: &str| {
        layout
            .places
            .values()
            .any(|p| p.folder.split('/').next().is_some_and(|f| f.eq_ignore_ascii_case(name)))
    };
    shared::info_name(taken)
}

/// The go command leaves files out whose name ends in a platform, with or without a `_test` behind it, or begins with
/// `_` or `.`; and no module may hold a file of Windows's own.
fn file_name(path: &str) -> String {
    let (folder, base) = path.rsplit_once('/').map_or(("", path), |(f, b)| (f, b));
    let base = if base.starts_with(['_', '.']) { format!("x{base}") } else { base.to_owned() };
    let stem = base.split('.').next().unwrap_or_default();
    let parts = stem.strip_suffix("_test").unwrap_or(stem);
    let platform = parts.rsplit_once('_').is_some_and(|(_, last)| PLATFORMS.contains(&last));
    let more = if platform || is_of_windows(stem) { "_pb" } else { "" };
    join(folder, &format!("{stem}{more}{}", &base[stem.len()..])).trim_start_matches('/').to_owned()
}

/// What `internal/syslist` of Go 1.26 lists: the systems that there are, were and will be, then the processors.
const PLATFORMS: [&str; 42] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// What the example in the README names by itself.
const IN_EXAMPLE: [&str; 13] = [
    "client", "conn", "context", "err", "fmt", "grpc", "insecure", "log", "main", "next", "reply", "request",
    "stream",
];

fn readme(
    contract: &Contract<'_>,
    layout: &Layout,
    about: &minijinja::Value,
    info: &str,
    example: Option<Example<'_>>,
) -> String {
    let schema = contract.schema;
    let shown = example.map(|e| {
        let service = &layout.places[&e.service.file];
        let request = match layout.places.get(&e.request.file) {
            Some(place) => (layout.import(e.request.file), place.name.clone()),
            None => published(schema, e.request.file),
        };
        let mut imports = vec![(layout.import(e.service.file), service.name.clone()), request.clone()];
        imports.sort();
        imports.dedup();
        let mut taken: Vec<String> = IN_EXAMPLE.iter().map(|name| (*name).to_owned()).collect();
        let mut imports: Vec<(String, String)> = imports
            .into_iter()
            .map(|(path, name)| {
                let name = example::free(&name, "pb", &taken);
                taken.push(name.clone());
                (path, name)
            })
            .collect();
        let called = |path: &str| {
            imports.iter().find(|(p, _)| p == path).map_or_else(String::new, |(_, name)| name.clone())
        };
        let (service, request) = (called(&layout.import(e.service.file)), called(&request.0));
        imports.sort();
        let imports: Vec<Vec<String>> = imports.into_iter().map(|(p, n)| vec![p, n]).collect();
        let message = camel(&schema.nested_name(Element::Message(
            schema.message_by_name(&e.request.full_name).expect("the request is in the schema"),
        )));
        context! {
            imports,
            package => &service,
            service => camel(&e.service.name),
            method => camel(&e.method.name),
            unary => e.unary(),
            client_streaming => e.method.client_streaming,
            request => format!("{request}.{message}"),
            field => e.field.map(|f| camel(&f.name)),
        }
    });
    let major = layout.module != module_root(&layout.module);
    render(
        include_str!("templates/go/README.md.j2"),
        context! { about, module => &layout.module, info, example => shown, major },
    )
}

fn module_root(module: &str) -> &str {
    match module.rsplit_once('/') {
        Some((root, last)) if is_version(last) => root,
        _ => module,
    }
}

/// Import path and name of a file that is not generated.
fn published(schema: &Schema, file: FileId) -> (String, String) {
    let file = schema.file(file);
    debug_assert!(matches!(common::home(LANGUAGE, &file.name), Some(Home::Runtime | Home::Google(_))));
    let own = file.options.as_deref().and_then(|o| o.go_package.as_deref()).unwrap_or_default();
    let (path, name) = own.split_once(';').unwrap_or((own, own.rsplit('/').next().unwrap_or_default()));
    (path.to_owned(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_the_go_command_would_skip_get_another_name() {
        assert_eq!(file_name("a/user_windows.pb.go"), "a/user_windows_pb.pb.go");
        assert_eq!(file_name("a/user_windows_grpc.pb.go"), "a/user_windows_grpc.pb.go");
        assert_eq!(file_name("linux.pb.go"), "linux.pb.go");
        assert_eq!(file_name("_x.pb.go"), "x_x.pb.go");
        assert_eq!(file_name("_windows.pb.go"), "x_windows_pb.pb.go");
        assert_eq!(file_name("a/user_windows_test.pb.go"), "a/user_windows_test_pb.pb.go");
        assert_eq!(file_name("a/user_test.pb.go"), "a/user_test.pb.go");
        assert_eq!(file_name("windows_test.pb.go"), "windows_test.pb.go");
        assert_eq!(file_name("a_mips64p32le.v1.pb.go"), "a_mips64p32le_pb.v1.pb.go");
        assert_eq!(file_name("a/Aux.v1.pb.go"), "a/Aux_pb.v1.pb.go");
        assert_eq!(file_name("aux_grpc.pb.go"), "aux_grpc.pb.go");
    }

    #[test]
    fn a_package_name_can_be_imported() {
        assert_eq!(package_name("type"), "typepb");
        assert_eq!(package_name("main"), "mainpb");
        assert_eq!(package_name("contracts-go"), "contractsgo");
        assert_eq!(package_name("2fa"), "x2fa");
    }
}
