//! The Maven project of a package, and what is around those of several.

use minijinja::{Value, context};

use super::super::shared::{self, DESCRIPTORS};
use super::super::split::{self, Part};
use super::super::{PackageError, example, line, versions};
use super::{
    COROUTINES, KOTLIN, LITE, bom, class, licence_url, module, package_of, published, schema_message,
};
use crate::codegen::render::render;
use crate::codegen::{Contract, FileTree, Target};
use crate::surface::java as surface;
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// What projects are made of.
pub(super) struct Workbench<'a> {
    contract: &'a Contract<'a>,
    target: &'a Target,
    parts: &'a [Part<'a>],
    version: &'a str,
    about: Value,
}

impl<'a> Workbench<'a> {
    /// For the packages of a contract; `version` is theirs.
    pub(super) fn new(
        contract: &'a Contract<'a>,
        target: &'a Target,
        parts: &'a [Part<'a>],
        version: &'a str,
    ) -> Workbench<'a> {
        Workbench { contract, target, parts, version, about: shared::about(contract) }
    }

    /// The description of a project, with what more its kind has.
    fn description(&self, artifact: &str, more: Value) -> String {
        let Workbench { contract, target, version, about, .. } = self;
        let line = line(target);
        let all = context! {
            about, group => target.get("group"), artifact, version => *version, grpc => line.version("grpc"),
            java => versions::JAVA, lite => target.has(LITE),
            kotlin => target.has(KOTLIN).then_some(versions::KOTLIN),
            coroutines => target.has(COROUTINES).then_some(versions::COROUTINES),
            grpc_kotlin => versions::GRPC_KOTLIN,
            protobuf_kotlin => line.version("protobuf-kotlin"),
            licence_url => licence_url(contract.licence),
            managed => (), modules => (),
        };
        render(include_str!("../templates/java/pom.xml.j2"), context! { ..more, ..all })
    }

    /// The BOM.
    pub(super) fn bom(&self, group: &str, artifact: &str) -> String {
        let managed = bom::managed(self.target, self.version);
        self.description(artifact, context! { group, managed })
    }

    /// What builds all packages of a contract together: Maven finds those that others need among them. Each comes after
    /// what it needs, and the BOM last.
    pub(super) fn together(&self) -> String {
        let folder = |at: usize| match self.parts[at].name {
            "" => "..".to_owned(),
            name => name.to_owned(),
        };
        let needs: Vec<_> = self.parts.iter().map(|part| part.needs.clone()).collect();
        let modules: Vec<String> = split::in_order(&needs).into_iter().map(folder).collect();
        let bom = bom::name(self.target).map(|_| format!("../{}", bom::FOLDER.trim_end_matches('/')));
        let modules: Vec<String> = modules.into_iter().chain(bom).collect();
        self.description(&format!("{}-parts", self.parts[0].package), context! { modules })
    }

    /// The project of a package, around what plugins made of its files.
    pub(super) fn project(&self, at: usize, made: FileTree) -> Result<FileTree, PackageError> {
        let Workbench { contract, target, parts, version, about } = self;
        let part = &parts[at];
        let (group, artifact, line) = (target.get("group"), &*part.package, line(target));
        let (lite, kotlin) = (target.has(LITE), target.has(KOTLIN));
        let protobuf = shared::version_in(&made, "Protobuf Java Version:");
        let protobuf = protobuf.unwrap_or_else(|| line.version("protobuf").to_owned());
        let needs: Vec<String> = part.needs.iter().map(|at| parts[*at].package.clone()).collect();
        let resources = format!("META-INF/contracts/{group}/{artifact}");
        let mut out = FileTree::new();
        let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
        let own = context! {
            services => shared::has_services(contract.schema, &part.files),
            families => self.families(at), protobuf, needs, module => module(group, artifact),
        };
        put("pom.xml", self.description(artifact, own))?;
        put(
            "README.md",
            render(
                include_str!("../templates/java/README.md.j2"),
                context! {
                    about, group, artifact, version => *version, bom => bom::name(target), lite, kotlin,
                    coroutines => target.has(COROUTINES),
                    grpc => versions::GRPC_JAVA, resources => &resources, example => self.example(part),
                    descriptors => DESCRIPTORS, packages => part.packages(contract.schema),
                    others => split::others(contract.schema, parts, at), part => part.name,
                },
            ),
        )?;
        put(
            &format!("src/main/resources/{resources}/contract.properties"),
            render(include_str!("../templates/java/contract.properties.j2"), context! { about }),
        )?;
        shared::add_legal(&mut out, LANGUAGE, "", contract)?;
        shared::add_legal(&mut out, LANGUAGE, "src/main/resources/META-INF/", contract)?;
        let descriptors = format!("src/main/resources/{resources}/{DESCRIPTORS}");
        shared::add(&mut out, LANGUAGE, &descriptors, shared::embedded(contract))?;
        out.merge("src/main/java", made)
            .map_err(|source| PackageError::Tree { language: LANGUAGE, source })?;
        Ok(out)
    }

    /// The artifacts of Google that a package asks for, each with its version.
    fn families(&self, at: usize) -> Vec<Vec<&'static str>> {
        if self.target.has(LITE) {
            return Vec::new();
        }
        let line = line(self.target);
        let all = split::families(self.contract, self.target, self.parts, at);
        let mut families: Vec<_> = all.into_iter().map(|family| published(family, line)).collect();
        families.sort_unstable();
        families.dedup();
        families.into_iter().map(|(name, version)| vec![name, version]).collect()
    }

    /// The call that the README of a package shows.
    fn example(&self, part: &Part<'_>) -> Option<Value> {
        let (schema, group) = (self.contract.schema, self.target.get("group"));
        let e = example::pick(self.contract, &part.files)?;
        let request = class(schema, schema_message(schema, &e), group);
        let reply = schema.message_by_name(&e.method.output).map(|m| class(schema, m, group));
        // A variable would stand for the package of its name.
        let packages = [Some(&request), reply.as_ref()].into_iter().flatten();
        let taken: Vec<String> = packages.filter_map(|c| Some(c.split('.').next()?.to_owned())).collect();
        let variable = |name: &str| example::free(name, "1", &taken);
        Some(context! {
            arguments => variable("args"),
            channel => variable("channel"),
            client => variable("client"),
            calls => variable("calls"),
            asked => variable("request"),
            answer => variable("reply"),
            service => e.service.name.as_ref(),
            package => package_of(schema, e.service.file, group),
            request, reply,
            method => surface::method_name(&e.method.name),
            unary => e.unary(),
            client_streaming => e.method.client_streaming,
            field => e.field.map(|f| surface::camel(&f.name, true)),
        })
    }
}
