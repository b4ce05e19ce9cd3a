//! The project of a distribution, and what several that share one import package have to keep apart.
//!
//! All distributions of a contract have their modules below one import package, so that no import says which of them a
//! module is in. Installed beside each other, they are files of one folder: a file of one name would be overwritten by the
//! other, and taken away with either. So a folder in which several have files is a namespace package (PEP 420), without
//! `__init__.py`, and only what one of them has alone says that it is typed: PEP 561 wants the `py.typed` of a namespace in
//! the packages below it.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, context};

use super::imports::{self, place_of, place_of_module};
use super::{
    LANGUAGE, import_name, known, module_of, next_major, published, python_place, request_name, stub_names,
    stubs,
};
use crate::codegen::render::render;
use crate::codegen::sdk::shared::{self, DESCRIPTORS};
use crate::codegen::sdk::split::{self, PACKAGE, Part};
use crate::codegen::sdk::{PackageError, example, line, versions};
use crate::codegen::{Contract, FileTree, Target};
use crate::schema::{Element, FileId, Schema};

/// Folders below the import package, in small letters: some file systems have no others.
pub(super) struct Folders {
    /// The parts that have files in a folder, by its path; empty for the import package itself.
    of: BTreeMap<String, BTreeSet<usize>>,
}

impl Folders {
    pub(super) fn new(schema: &Schema, parts: &[Part<'_>]) -> Folders {
        let mut of: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, part) in parts.iter().enumerate() {
            of.entry(String::new()).or_default().insert(at);
            for file in &part.files {
                for folder in around(&place(schema, *file)) {
                    of.entry(folder.to_lowercase()).or_default().insert(at);
                }
            }
        }
        Folders { of }
    }

    /// Another part that has files in a folder of a part, or below it.
    fn other(&self, folder: &str, at: usize) -> Option<usize> {
        self.of.get(&folder.to_lowercase())?.iter().copied().find(|other| *other != at)
    }

    /// What the folder of a part's own data is called: not as one of a proto package.
    fn info(&self, part: &Part<'_>) -> String {
        let tops: BTreeSet<&str> = self.of.keys().filter_map(|folder| folder.split('/').next()).collect();
        let taken = |name: &str| tops.iter().any(|top| top.split('_').next() == Some(name));
        let info = shared::info_name(taken);
        match part.name {
            "" => info.to_owned(),
            name => format!("{info}_{}", name.replace('-', "_")),
        }
    }
}

/// Where a module is below the import package.
fn place(schema: &Schema, file: FileId) -> String {
    place_of_module(&module_of(&schema.file(file).name)).replace('.', "/")
}

/// The folders around a path, the nearest first.
fn around(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/').map(|(up, _)| up), |folder| {
        folder.rsplit_once('/').map(|(up, _)| up)
    })
}

/// Refuses modules in folders that other parts have files in, for whom nothing can say that they are typed.
pub(super) fn check(contract: &Contract<'_>, target: &Target, files: &[FileId], out: &mut Vec<PackageError>) {
    let schema = contract.schema;
    let parts = split::parts(schema, target, files);
    let Ok(import) = import_name(target.get("package")) else { return };
    if parts.len() == 1 {
        return;
    }
    let folders = Folders::new(schema, &parts);
    for (at, part) in parts.iter().enumerate() {
        for file in &part.files {
            let place = place(schema, *file);
            let folder = around(&place).next().unwrap_or_default();
            let Some(other) = folders.other(folder, at) else { continue };
            let package = match folder {
                "" => import.clone(),
                folder => format!("{import}.{}", folder.replace('/', ".")),
            };
            let what = format!(
                "`{}` of {} would be in the Python package `{package}`, in which {} has files too: the type checkers of \
                 several distributions see only what one of them has for itself",
                schema.file(*file).name,
                part.told(),
                parts[other].told()
            );
            let hint = "put the file into a folder of its own, or let one part have both";
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*file), &[PACKAGE], what, hint));
        }
    }
}

/// What projects are made of.
pub(super) struct Workbench<'a> {
    contract: &'a Contract<'a>,
    target: &'a Target,
    parts: &'a [Part<'a>],
    version: &'a str,
    about: Value,
    import: String,
    folders: Folders,
    /// The modules of all parts, as protoc names them, without those for services.
    modules: BTreeSet<String>,
}

impl<'a> Workbench<'a> {
    /// For the packages of a contract; `version` is theirs.
    pub(super) fn new(
        contract: &'a Contract<'a>,
        target: &'a Target,
        parts: &'a [Part<'a>],
        version: &'a str,
    ) -> Result<Workbench<'a>, PackageError> {
        let schema = contract.schema;
        let files = parts.iter().flat_map(|part| &part.files);
        Ok(Workbench {
            contract,
            target,
            parts,
            version,
            about: shared::about(contract),
            import: import_name(target.get("package"))?,
            folders: Folders::new(schema, parts),
            modules: files.map(|file| module_of(&schema.file(*file).name)).collect(),
        })
    }

    /// The project of a package, around what plugins made of its files.
    pub(super) fn project(&self, at: usize, made: &FileTree) -> Result<FileTree, PackageError> {
        let Workbench { contract, parts, version, about, import, .. } = self;
        let (schema, part) = (contract.schema, &parts[at]);
        let several = parts.len() > 1;
        let package = &part.package;
        let legal: Vec<String> = shared::legal(contract).into_iter().map(|(name, _)| name).collect();
        let mut out = FileTree::new();
        shared::add_legal(&mut out, LANGUAGE, "", contract)?;
        let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
        put(
            "pyproject.toml",
            render(
                include_str!("../templates/python/pyproject.toml.j2"),
                context! {
                    about, package, import, version => *version, requires => self.requires(at, made),
                    backend => versions::HATCHLING, python => versions::PYTHON, legal,
                },
            ),
        )?;
        // Where it has its own data: the import package is nobody's where several have it.
        let info = if several { format!("/{}", self.folders.info(part)) } else { String::new() };
        put(
            "README.md",
            render(
                include_str!("../templates/python/README.md.j2"),
                context! {
                    about, package, import, version => *version, example => self.example(part),
                    python => versions::PYTHON, info => format!("{import}{}", info.replace('/', ".")),
                    packages => part.packages(schema), others => split::others(schema, parts, at), part => part.name,
                },
            ),
        )?;
        let root = format!("src/{import}");
        put(
            &format!("{root}{info}/__init__.py"),
            render(
                include_str!("../templates/python/__init__.py.j2"),
                context! { about, version => *version, descriptors => DESCRIPTORS },
            ),
        )?;
        put(&format!("{root}{info}/py.typed"), String::new())?;
        let descriptors = format!("{root}{info}/{DESCRIPTORS}");
        shared::add(&mut out, LANGUAGE, &descriptors, shared::embedded(contract))?;

        let stubs_of: BTreeMap<String, FileId> =
            part.files.iter().map(|file| (format!("{}.pyi", place(schema, *file)), *file)).collect();
        let mut folders: BTreeSet<String> = BTreeSet::new();
        for (path, content) in made.iter() {
            let place = place_of(path);
            let text = String::from_utf8_lossy(content);
            let text = match stubs_of.get(&place) {
                Some(file) => {
                    stub_names::mend(&known::of_runtime(&text), &stub_names::Own::new(schema, *file))
                }
                None => text.into_owned(),
            };
            let text = imports::relative(&text, &place, import, &self.modules);
            folders.extend(around(&place).map(str::to_owned));
            shared::add(&mut out, LANGUAGE, &format!("{root}/{place}"), text)?;
        }
        for file in part.files.iter().filter(|f| !schema.file(**f).services.is_empty()) {
            let (place, text) = stubs::stub(schema, *file, import);
            shared::add(&mut out, LANGUAGE, &format!("{root}/{place}"), text)?;
        }
        let shared_with = |folder: &str| self.folders.other(folder, at).is_some();
        for folder in folders.iter().filter(|folder| !shared_with(folder)) {
            shared::add(&mut out, LANGUAGE, &format!("{root}/{folder}/__init__.py"), "")?;
            if several && shared_with(folder.rsplit_once('/').map_or("", |(up, _)| up)) {
                shared::add(&mut out, LANGUAGE, &format!("{root}/{folder}/py.typed"), "")?;
            }
        }
        Ok(out)
    }

    /// What a package asks for.
    fn requires(&self, at: usize, made: &FileTree) -> Vec<String> {
        let Workbench { contract, target, parts, version, .. } = self;
        let line = line(target);
        let protobuf = shared::version_in(made, "Protobuf Python Version:")
            .unwrap_or(line.version("protobuf").to_owned());
        let grpc = shared::version_in(made, "GRPC_GENERATED_VERSION = '")
            .unwrap_or(line.version("grpcio").to_owned());
        let mut requires = vec![format!("protobuf>={protobuf},<{}", next_major(&protobuf))];
        if shared::has_services(contract.schema, &parts[at].files) {
            requires.push(format!("grpcio>={grpc},<{}", next_major(&grpc)));
        }
        let families = split::families(contract, target, parts, at);
        requires.extend(families.into_iter().map(|family| published(family, line)));
        requires.extend(parts[at].needs.iter().map(|other| format!("{}=={version}", parts[*other].package)));
        requires.sort();
        requires.dedup();
        requires
    }

    /// The call that the README of a package shows.
    fn example(&self, part: &Part<'_>) -> Option<Value> {
        let schema = self.contract.schema;
        let e = example::pick(self.contract, &part.files)?;
        let place = |file: FileId| python_place(schema, file, &self.import);
        let service = place(e.service.file);
        let stub = (service.0.clone(), format!("{}_grpc", service.1));
        let request = place(e.request.file);
        let imports: BTreeSet<(String, String)> = [request.clone(), stub.clone()].into();
        let imports: Vec<Vec<String>> = imports.into_iter().map(|(p, n)| vec![p, n]).collect();
        let nested = request_name(schema, &e);
        Some(context! {
            imports,
            stub => &stub.1,
            service => e.service.name.as_ref(),
            method => e.method.name.as_ref(),
            request => format!("{}.{nested}", request.1),
            unary => e.unary(),
            client_streaming => e.method.client_streaming,
            server_streaming => e.method.server_streaming,
            field => e.field.map(|f| f.name.as_ref()),
        })
    }
}
