//! A service in Java: a jar beside those that it needs.

use minijinja::context;

use super::{Program, tree};
use crate::codegen::render::render;
use crate::codegen::sdk::{self, Used, split, versions};
use crate::codegen::{Contract, Target};
use crate::machine::FileTree;

pub(super) struct Java;

impl Program for Java {
    fn images(&self, _: &Target) -> [String; 2] {
        ["maven:3.9-eclipse-temurin-21".to_owned(), "eclipse-temurin:21-jre".to_owned()]
    }

    fn health(&self) -> &'static [&'static str] {
        // It starts for each question, and then only asks.
        &["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", "/app/service.jar", "health"]
    }

    fn place(&self) -> &'static str {
        "java/src/main/java/Services.java"
    }

    fn memory(&self) -> &'static str {
        "512Mi"
    }

    fn write(&self, _: &Contract<'_>, target: &Target, used: &Used) -> Result<FileTree, String> {
        if target.has("lite") {
            return Err("health and reflection need the full runtime, and `lite` is on".to_owned());
        }
        let services: Vec<_> = used
            .services
            .iter()
            .map(|s| context! { class => format!("{}.{}Grpc", s.import, s.name), name => &s.name })
            .collect();
        let artifacts: Vec<String> = split::packages(target).collect();
        // What builds all packages of a contract is beside them, where there are several.
        let parts = if artifacts.len() > 1 {
            format!("/{}", split::FOLDER.trim_end_matches('/'))
        } else {
            String::new()
        };
        tree(vec![
            ("Dockerfile", include_str!("../templates/java/Dockerfile").to_owned()),
            ("all/pom.xml", render(include_str!("../templates/java/all.xml"), context! { parts })),
            (
                "pom.xml",
                render(
                    include_str!("../templates/java/pom.xml.j2"),
                    context! {
                        group => target.get("group"), artifacts, version => &used.version,
                        java => versions::JAVA, grpc => sdk::line(target).version("grpc"),
                    },
                ),
            ),
            ("src/main/java/Service.java", include_str!("../templates/java/Service.java").to_owned()),
            (
                "src/main/java/Services.java",
                render(include_str!("../templates/java/Services.java.j2"), context! { services }),
            ),
        ])
    }
}
