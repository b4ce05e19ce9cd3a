//! The Go module.
//!
//! Every file gets its import path as an `M` parameter, so the contract's own `go_package` neither has to be there
//! nor to fit. Where it already names a package inside the module it is kept; otherwise the proto package says it:
//! `user.v1` becomes `MODULE/user/v1`, named `userv1`.

mod layout;
mod names;

use std::collections::BTreeSet;

use minijinja::context;

use self::layout::{Layout, file_name, info_folder, is_version};
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
use crate::compile::CompiledFile;
use crate::config::generate::all;
use crate::schema::{Element, FileId, Schema};
use crate::surface::go::camel;
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
            Ok(layout) => names::check(contract, &layout, out),
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
    // Of what is there for options alone nothing is made or named; the generator asks for its package all the same.
    let unnamed = |(id, file): &(FileId, &CompiledFile)| {
        !layout.places.contains_key(id) && common::home(LANGUAGE, &file.name).is_none()
    };
    for (_, file) in shared::files(contract).filter(unnamed) {
        parameter.push_str(&format!(",M{}={}/options;options", file.name, layout.module));
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
