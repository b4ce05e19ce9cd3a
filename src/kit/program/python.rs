//! A service in Python: an environment of its own beside two modules.

use std::collections::BTreeSet;

use minijinja::context;

use super::{Names, Program, tree};
use crate::codegen::render::render;
use crate::codegen::sdk::{self, Used, split};
use crate::codegen::{Contract, Target};
use crate::machine::FileTree;

pub(super) struct Python;

/// One image for both: an environment is of the Python that it was made by.
const IMAGE: &str = "python:3.13-slim-bookworm";

impl Program for Python {
    fn images(&self, _: &Target) -> [String; 2] {
        [IMAGE.to_owned(), IMAGE.to_owned()]
    }

    fn health(&self) -> &'static [&'static str] {
        &["/venv/bin/python", "/app/service.py", "health"]
    }

    fn place(&self) -> &'static str {
        "python/services.py"
    }

    fn memory(&self) -> &'static str {
        "256Mi"
    }

    fn write(&self, contract: &Contract<'_>, target: &Target, used: &Used) -> Result<FileTree, String> {
        // The module imports the contract's by their whole names, which begin with that of the package.
        let packages = used.services.iter().filter_map(|s| s.import.split('.').next());
        let taken: Vec<&str> = ["NAMES", "register", "server"].into_iter().chain(packages).collect();
        let mut names = Names::without(&taken);
        let services: Vec<_> = used
            .services
            .iter()
            .map(|service| {
                let full_name = &*contract.schema.service(service.id).full_name;
                let kind = names.give(&service.name);
                context! { kind, full_name, module => &service.import, name => &service.name }
            })
            .collect();
        let modules: BTreeSet<&str> = used.services.iter().map(|s| &*s.import).collect();
        let modules: Vec<String> = modules.into_iter().map(str::to_owned).collect();
        tree(vec![
            ("Dockerfile", include_str!("../templates/python/Dockerfile").to_owned()),
            (
                "requirements.txt",
                render(
                    include_str!("../templates/python/requirements.txt.j2"),
                    context! {
                        grpc => sdk::line(target).version("grpcio"),
                        parts => split::folders(target).filter(|part| !part.is_empty()).collect::<Vec<_>>(),
                    },
                ),
            ),
            ("service.py", include_str!("../templates/python/service.py").to_owned()),
            (
                "services.py",
                render(include_str!("../templates/python/services.py.j2"), context! { modules, services }),
            ),
        ])
    }
}
