//! A service in Rust: one program.

use minijinja::context;

use super::{Names, Program, tree};
use crate::codegen::render::render;
use crate::codegen::sdk::rust::{RustMethod, RustService, rust_method, rust_service, rust_type_of};
use crate::codegen::sdk::{self, Used, split};
use crate::codegen::{Contract, Target};
use crate::machine::FileTree;
use crate::schema::{FileId, MethodId, Schema};
use crate::words::Language;

pub(super) struct Rust;

/// What the crate is called in the program, whatever it is called by itself.
const KRATE: &str = "sdk";

/// The crates of a contract: what each is called by itself, in the program, and where it lies beside the service.
struct Crates(Vec<(String, String, String)>);

impl Crates {
    fn of(target: &Target) -> Crates {
        let one = |(package, folder): (String, String)| match folder.strip_prefix(split::FOLDER) {
            Some(part) => {
                (package, format!("{KRATE}_{}", part.replace('-', "_")), format!("../sdk/{folder}"))
            }
            None => (package, KRATE.to_owned(), "../sdk".to_owned()),
        };
        Crates(split::packages(target).zip(split::folders(target)).map(one).collect())
    }

    /// What the crate is called in the program that has the types of a file.
    fn called(&self, schema: &Schema, target: &Target, file: FileId) -> &str {
        let package = split::package_of(schema, target, file);
        self.0.iter().find(|(own, ..)| *own == package).map_or(KRATE, |(_, called, _)| called)
    }
}

impl Program for Rust {
    fn images(&self, _: &Target) -> [String; 2] {
        ["rust:1-slim-bookworm".to_owned(), "gcr.io/distroless/cc-debian12:nonroot".to_owned()]
    }

    fn health(&self) -> &'static [&'static str] {
        &["/service", "health"]
    }

    fn place(&self) -> &'static str {
        "rust/src/services.rs"
    }

    fn memory(&self) -> &'static str {
        "128Mi"
    }

    fn write(&self, contract: &Contract<'_>, target: &Target, used: &Used) -> Result<FileTree, String> {
        let (line, newest) = (sdk::line(target), sdk::lines_of(Language::Rust)[0]);
        if line.name != newest {
            let line = line.name;
            return Err(format!("the service is written for prost {newest}, and the package is for {line}"));
        }
        let (schema, crates) = (contract.schema, Crates::of(target));
        let mut names = Names::without(&[
            "BoxStream",
            "NAMES",
            "Request",
            "Response",
            "Status",
            "Streaming",
            "not_written",
            "routes",
        ]);
        let services = used
            .services
            .iter()
            .map(|service| {
                let RustService { implement, server, .. } = rust_service(schema, service.id);
                let declared = schema.service(service.id);
                let krate = crates.called(schema, target, declared.file);
                let [implement, server] = [implement, server].map(|path| format!("{krate}::{path}"));
                let methods = declared.methods.iter().map(|id| method(contract, target, &crates, *id));
                let methods = methods.collect::<Result<Vec<_>, String>>()?;
                let (kind, full_name) = (names.give(&service.name), &*declared.full_name);
                Ok(context! { kind, full_name, implement, server, methods })
            })
            .collect::<Result<Vec<_>, String>>()?;
        let code = render(include_str!("../templates/rust/services.rs.j2"), context! { services });
        let libraries =
            [("pbjson-types", "pbjson_types::", "pbjson"), ("prost-types", "prost_types::", "prost")];
        let more = libraries.iter().filter(|(_, path, _)| code.contains(path));
        let more: Vec<_> = more.map(|(name, _, of)| vec![*name, line.version(of)]).collect();
        // What tells of the services has the descriptors from the contract's own.
        let named = |called: &str| called == KRATE || code.contains(&format!("{called}::"));
        let serves = |package: &String| used.services.iter().any(|service| service.import == *package);
        let crates = crates.0.iter().filter(|(_, called, _)| named(called)).map(|(package, called, path)| {
            context! { package, called, path, serves => serves(package) }
        });
        let crates: Vec<_> = crates.collect();
        tree(vec![
            ("Dockerfile", include_str!("../templates/rust/Dockerfile").to_owned()),
            // What is built here is not built in there.
            (".dockerignore", "target/\n".to_owned()),
            (
                "Cargo.toml",
                render(
                    include_str!("../templates/rust/Cargo.toml.j2"),
                    context! { crates, tonic => line.version("tonic"), more },
                ),
            ),
            ("src/main.rs", include_str!("../templates/rust/main.rs").to_owned()),
            ("src/services.rs", code),
        ])
    }
}

/// A method as the trait of its service has it.
fn method(
    contract: &Contract<'_>,
    target: &Target,
    crates: &Crates,
    id: MethodId,
) -> Result<minijinja::Value, String> {
    let schema = contract.schema;
    let method = schema.method(id);
    let typed = |name: &str| {
        let found = schema.message_by_name(name).map(|id| {
            let krate = crates.called(schema, target, schema.message(id).file);
            rust_type_of(schema, target, krate, id)
        });
        found.ok_or_else(|| format!("the contract has no message `{name}`"))
    };
    let (input, output) = (typed(&method.input)?, typed(&method.output)?);
    let RustMethod { function, stream } = rust_method(schema, id);
    let reads = if method.client_streaming { format!("Streaming<{input}>") } else { input };
    let writes = if method.server_streaming { format!("Self::{stream}") } else { output.clone() };
    let stream = method.server_streaming.then_some(stream);
    Ok(context! { name => &*method.name, function, stream, output, reads, writes })
}
