//! The program in Rust.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use minijinja::context;

use super::{Runtime, Start, asked};
use crate::codegen::render::render;
use crate::codegen::sdk::rust::{RustMethod, RustService, rust_method, rust_service, rust_type};
use crate::codegen::sdk::{self, versions};
use crate::codegen::{FileTree, Target};
use crate::schema::MethodId;
use crate::verify::build::{BuildError, Place, Work, failed};
use crate::verify::driver::{Build, Driver, DriverError, Purpose, Subject};
use crate::verify::literal;
use crate::wire::Reader;
use crate::words::Language;

pub(super) struct Rust;

impl Runtime for Rust {
    fn tools(&self) -> &'static [&'static str] {
        &["cargo", "rustc"]
    }

    fn model(&self) -> Reader {
        Reader::RUST
    }

    fn has_json(&self) -> bool {
        false
    }

    fn drops(&self) -> bool {
        true
    }

    fn write(&self, build: &mut Build<'_>, target: &Target, _: &FileTree) -> Result<(), DriverError> {
        // The program and the package have to share the types of one prost and one tonic.
        let newest = sdk::lines_of(Language::Rust)[0];
        let line = target.get("runtime");
        if !line.is_empty() && line != newest {
            let what = format!("it is written for prost {newest}, and the package is for {line}");
            return Err(DriverError::Package { language: Language::Rust.title(), what });
        }
        let krate = target.get("crate");
        let schema = &build.side.schema;
        let messages: Vec<_> = build
            .side
            .messages()
            .map(|id| (build.side.name(id).to_owned(), rust_type(schema, "sdk", id)))
            .collect();
        let own = schema.services().filter(|(_, s)| schema.file(s.file).target);
        let services = own
            .map(|(id, service)| {
                let methods = service.methods.iter().map(|m| method(build, *m));
                let methods = methods.collect::<Result<Vec<_>, _>>()?;
                let RustService { client, implement, server } = rust_service(schema, id);
                let [client, implement, server] = [client, implement, server].map(|p| format!("sdk::{p}"));
                Ok(context! { name => &*service.full_name, client, implement, server, methods })
            })
            .collect::<Result<Vec<_>, DriverError>>()?;
        let (measures, calls) = (build.purpose == Purpose::Timing, build.purpose == Purpose::Calling);
        build.put(
            "Cargo.toml",
            render(
                include_str!("../templates/rust/Cargo.toml.j2"),
                context! {
                    krate, prost => versions::PROST, tonic => versions::TONIC, measures, calls,
                },
            ),
        )?;
        build.put(
            "src/contract.rs",
            render(
                include_str!("../templates/rust/contract.rs.j2"),
                context! { messages, services, measures, calls },
            ),
        )?;
        build.put("src/main.rs", include_str!("../templates/rust/main.rs"))?;
        build.put("src/client.rs", include_str!("../templates/rust/client.rs"))?;
        build.put("src/server.rs", include_str!("../templates/rust/server.rs"))
    }

    fn write_timing(
        &self,
        build: &mut Build<'_>,
        _: &Target,
        _: &FileTree,
        subjects: &[Subject],
    ) -> Result<(), DriverError> {
        let schema = &build.side.schema;
        let rust = literal::Rust(schema);
        let kind = |subject: &Subject| {
            let id = subject.tree.message;
            let (message, of) = (build.side.name(id), rust_type(schema, "sdk", id));
            context! { message, type => of, build => rust.message(&subject.tree) }
        };
        let kinds: Vec<_> = subjects.iter().map(kind).collect();
        let builders = render(include_str!("../templates/rust/builders.rs.j2"), context! { kinds });
        build.put("src/builders.rs", builders)?;
        build.put("src/load.rs", include_str!("../templates/rust/load.rs"))?;
        build.put("src/bench.rs", include_str!("../templates/rust/bench.rs"))
    }

    fn write_calling(&self, build: &mut Build<'_>) -> Result<(), DriverError> {
        build.put("src/load.rs", include_str!("../templates/rust/load.rs"))?;
        build.put("src/callers.rs", include_str!("../templates/rust/callers.rs"))
    }

    fn libraries(&self, driver: &Driver) -> Vec<String> {
        let of = |name, mark| asked(driver, name, "driver/Cargo.toml", mark);
        let tonic = of("tonic", "tonic = { version = \"");
        of("prost", "prost = \"").into_iter().chain(tonic).collect()
    }

    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError> {
        places.iter().try_for_each(|place| one(work, place))
    }

    fn start(&self, _: &Work<'_>, place: &Place<'_>) -> Start {
        Start { program: program(&place.folder.join("driver")), ..Start::default() }
    }
}

/// A method in the words of `contract.rs`: how the client asks and takes answers, what the server reads and gives.
fn method(build: &Build<'_>, id: MethodId) -> Result<minijinja::Value, DriverError> {
    let schema = &build.side.schema;
    let method = schema.method(id);
    let typed = |name: &str| {
        let found = schema.message_by_name(name).map(|id| rust_type(schema, "sdk", id));
        found.ok_or_else(|| build.missing(format!("the contract has no message `{name}`")))
    };
    let (input, output) = (typed(&method.input)?, typed(&method.output)?);
    let (asks, reads, read) = match (method.client_streaming, method.server_streaming) {
        (false, _) => ("one", "one", input.clone()),
        (true, false) => ("stream", "many", format!("Many<{input}>")),
        (true, true) => ("turns", "many", format!("Many<{input}>")),
    };
    let (takes, written) = match method.server_streaming {
        false => ("answer", output.clone()),
        true => ("answers", format!("Replies<{output}>")),
    };
    let RustMethod { function, stream } = rust_method(schema, id);
    Ok(context! {
        name => &*method.name, response => &*method.output, function, stream, input, output, asks, reads, read,
        takes, written,
    })
}

fn one(work: &Work<'_>, place: &Place<'_>) -> Result<(), BuildError> {
    let folder = place.folder.join("driver");
    let target = work.builder.root.join("target");
    let mut arguments = vec!["build", "-q"];
    if work.builder.offline {
        arguments.push("--offline");
    }
    // Nothing is built a second time: what would make that faster only takes room.
    let set = [
        ("CARGO_TARGET_DIR", target.clone().into()),
        ("CARGO_INCREMENTAL", "0".into()),
        ("RUSTFLAGS", OsString::new()),
    ];
    let timing = place.driver.purpose == Purpose::Timing;
    let profile = if timing { "release" } else { "debug" };
    if timing {
        arguments.push("--release");
    }
    work.step("cargo", &arguments, &folder, &set)?;
    let made = program(&target.join(profile));
    fs::copy(&made, program(&folder)).map_err(failed("copy", &made))?;
    clean(work, place, &folder, &set);
    Ok(())
}

/// Takes the program and its package out of the target folder, where only libraries are of use to others.
fn clean(work: &Work<'_>, place: &Place<'_>, folder: &Path, set: &[(&str, OsString)]) {
    let manifest = place.driver.files.get("sdk/Cargo.toml").map(|text| String::from_utf8_lossy(text));
    let manifest = manifest.and_then(|text| text.parse::<toml::Table>().ok());
    let package = manifest.as_ref().and_then(|m| m.get("package")?.get("name")?.as_str());
    let mut arguments = vec!["clean", "-q", "--offline", "-p", "protopact-driver"];
    arguments.extend((place.driver.purpose == Purpose::Timing).then_some("--release"));
    arguments.extend(package.into_iter().flat_map(|name| ["-p", name]));
    // It only saves room.
    let _ = work.step("cargo", &arguments, folder, set);
}

/// The program in a folder.
fn program(folder: &Path) -> PathBuf {
    folder.join(format!("protopact-driver{}", std::env::consts::EXE_SUFFIX))
}
