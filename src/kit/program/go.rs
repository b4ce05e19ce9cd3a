//! A service in Go: one static program.

use std::collections::BTreeMap;

use minijinja::context;

use super::{Names, Program, tree};
use crate::codegen::render::render;
use crate::codegen::sdk::{self, Used};
use crate::codegen::{Contract, Target};
use crate::machine::FileTree;

pub(super) struct Go;

/// What the program declares or imports beside the packages of the contract.
const TAKEN: [&str; 21] = [
    "ask",
    "context",
    "credentials",
    "errors",
    "fmt",
    "grpc",
    "health",
    "healthpb",
    "insecure",
    "main",
    "net",
    "os",
    "reflection",
    "register",
    "roots",
    "serve",
    "server",
    "setting",
    "shown",
    "tls",
    "trusted",
];

impl Program for Go {
    fn images(&self, target: &Target) -> [String; 2] {
        let version = sdk::line(target).version("go");
        let line = version.rsplit_once('.').map_or(version, |(line, _)| line);
        [format!("golang:{line}-bookworm"), "gcr.io/distroless/static-debian12:nonroot".to_owned()]
    }

    fn health(&self) -> &'static [&'static str] {
        &["/service", "health"]
    }

    fn place(&self) -> &'static str {
        "go/services.go"
    }

    fn memory(&self) -> &'static str {
        "128Mi"
    }

    fn write(&self, _: &Contract<'_>, target: &Target, used: &Used) -> Result<FileTree, String> {
        let mut names = Names::without(&TAKEN);
        let mut packages: BTreeMap<&str, String> = BTreeMap::new();
        for service in &used.services {
            packages.entry(&service.import).or_insert_with(|| names.give(&service.called));
        }
        let services: Vec<_> = used
            .services
            .iter()
            .map(|service| {
                let package = &packages[&*service.import];
                let kind = names.give(&format!("{package}{}", service.name));
                context! { kind, package, name => &service.name }
            })
            .collect();
        let imports: Vec<_> =
            packages.iter().map(|(path, called)| context! { path => *path, called }).collect();
        let line = sdk::line(target);
        tree(vec![
            ("Dockerfile", include_str!("../templates/go/Dockerfile").to_owned()),
            (
                "go.mod",
                render(
                    include_str!("../templates/go/go.mod.j2"),
                    context! {
                        go => line.version("go"), grpc => line.version("grpc"), package => &used.package,
                        version => &used.version,
                    },
                ),
            ),
            ("main.go", include_str!("../templates/go/main.go").to_owned()),
            (
                "services.go",
                render(include_str!("../templates/go/services.go.j2"), context! { imports, services }),
            ),
        ])
    }
}
