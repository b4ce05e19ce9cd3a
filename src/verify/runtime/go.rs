//! The program in Go.

use std::collections::BTreeMap;
use std::ffi::OsString;

use minijinja::context;

use super::{Runtime, Start, asked};
use crate::codegen::render::render;
use crate::codegen::sdk::versions;
use crate::codegen::{FileTree, Target};
use crate::compile::output::{SetOptions, descriptor_set};
use crate::verify::build::{BuildError, Place, Work};
use crate::verify::driver::{Build, Driver, DriverError, Subject};
use crate::verify::literal::{self, go_sources};
use crate::wire::Reader;
use crate::words::Age;

pub(super) struct Go;

impl Runtime for Go {
    fn tools(&self) -> &'static [&'static str] {
        &["go"]
    }

    fn model(&self) -> Reader {
        Reader::GO
    }

    fn write(&self, build: &mut Build<'_>, _: &Target, package: &FileTree) -> Result<(), DriverError> {
        let go_mod = build.text(package, "go.mod")?;
        let module = go_mod.lines().find_map(|l| l.strip_prefix("module "));
        let module = module.ok_or_else(|| build.missing("`go.mod` names no module"))?.trim().to_owned();
        let mut packages = BTreeMap::new();
        let mut services = Vec::new();
        for (path, content) in package.iter().filter(|(p, _)| p.ends_with(".pb.go")) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let import = if folder.is_empty() { module.clone() } else { format!("{module}/{folder}") };
            let next = format!("p{}", packages.len());
            let alias: &String = packages.entry(import).or_insert(next);
            let text = String::from_utf8_lossy(content);
            let found =
                text.lines().filter_map(|l| l.strip_prefix("var ")?.strip_suffix(" = grpc.ServiceDesc{"));
            services.extend(found.map(|name| format!("{alias}.{name}")));
        }
        let packages: Vec<_> = packages
            .into_iter()
            .map(|(path, alias)| {
                let used = services.iter().any(|s| s.starts_with(&format!("{alias}.")));
                context! { path, alias => if used { alias } else { "_".to_owned() } }
            })
            .collect();
        build.put(
            "go.mod",
            render(
                include_str!("../templates/go/go.mod.j2"),
                context! { go => versions::GO, module, version => &build.side.version, grpc => versions::GRPC_GO },
            ),
        )?;
        build.put(
            "contract.go",
            render(include_str!("../templates/go/contract.go.j2"), context! { packages, services }),
        )?;
        build.put("main.go", include_str!("../templates/go/main.go"))?;
        build.put("calls.go", include_str!("../templates/go/calls.go"))
    }

    fn write_aged(&self, build: &mut Build<'_>, age: Age) -> Result<(), DriverError> {
        let content = SetOptions { include_imports: true, include_source_info: false };
        let set = descriptor_set(&build.side.compiled, content);
        build.put("contract.binpb", set)?;
        let (go, version) = (versions::GO, age.number());
        build.put(
            "go.mod",
            render(include_str!("../templates/go/aged/go.mod.j2"), context! { go, version }),
        )?;
        build.put("gen/main.go", include_str!("../templates/go/aged/gen.go"))?;
        build.put("calls.go", include_str!("../templates/go/aged/calls.go"))?;
        build.put("main.go", include_str!("../templates/go/main.go"))
    }

    fn write_timing(
        &self,
        build: &mut Build<'_>,
        _: &Target,
        package: &FileTree,
        subjects: &[Subject],
    ) -> Result<(), DriverError> {
        let go_mod = build.text(package, "go.mod")?;
        let module = go_mod.lines().find_map(|l| l.strip_prefix("module ")).unwrap_or_default().trim();
        let generated = package.iter().filter(|(path, _)| path.ends_with(".pb.go"));
        let sources: Vec<(String, String)> = generated
            .map(|(path, content)| {
                let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("/{folder}"));
                (format!("{module}{folder}"), String::from_utf8_lossy(content).into_owned())
            })
            .collect();
        let sources = go_sources(sources.iter().map(|(import, text)| (import.as_str(), text.as_str())));
        let mut go = literal::Go::new(&build.side.schema, sources);
        let kinds: Vec<_> = subjects
            .iter()
            .filter_map(|subject| {
                let of = go.name(subject.tree.message)?;
                let message = build.side.name(subject.tree.message);
                Some(context! { message, type => of, build => go.message(&subject.tree) })
            })
            .collect();
        let packages = go.used.into_iter().collect::<Vec<_>>();
        build.put("bench.go", include_str!("../templates/go/bench.go"))?;
        build.put("load.go", include_str!("../templates/go/load.go"))?;
        let builders = render(include_str!("../templates/go/builders.go.j2"), context! { packages, kinds });
        build.put("builders.go", builders)
    }

    fn write_calling(&self, build: &mut Build<'_>) -> Result<(), DriverError> {
        build.put("callers.go", include_str!("../templates/go/callers.go"))
    }

    fn libraries(&self, driver: &Driver) -> Vec<String> {
        let grpc = asked(driver, "grpc", "driver/go.mod", "google.golang.org/grpc v");
        let protobuf = asked(driver, "protobuf", "sdk/go.mod", "google.golang.org/protobuf v");
        protobuf.into_iter().chain(grpc).collect()
    }

    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError> {
        places.iter().try_for_each(|place| one(work, place))
    }

    fn start(&self, _: &Work<'_>, place: &Place<'_>) -> Start {
        Start { program: place.folder.join("driver/driver"), ..Start::default() }
    }
}

fn one(work: &Work<'_>, place: &Place<'_>) -> Result<(), BuildError> {
    let folder = place.folder.join("driver");
    let mut set: Vec<(&str, OsString)> = vec![("GOWORK", "off".into()), ("GOFLAGS", "-mod=mod".into())];
    if work.builder.offline {
        set.push(("GOPROXY", "off".into()));
    }
    if place.driver.age.is_some() {
        // The release's own generator.
        work.step("go", &["run", "./gen"], &folder, &set)?;
    }
    work.step("go", &["mod", "tidy"], &folder, &set)?;
    // Without what only debuggers read, which is a good part of linking.
    work.step("go", &["build", "-ldflags=-w", "-o", "driver", "."], &folder, &set)
}
