//! The programs, before they are built: templates and what they need to know of the contract at hand.
//!
//! Most of each program is the same for every contract; only one small file names what the package has. Where the
//! package itself tells names (Go's service descriptions, Python's modules, Java's classes), they are read from what
//! was generated, so that no rule about names is written down twice.

use minijinja::context;
use thiserror::Error;

use super::side::Side;
use crate::codegen::packages::{RustMethod, RustService, rust_method, rust_service, rust_type, versions};
use crate::codegen::render::render;
use crate::codegen::{FileTree, Target, TreeError};
use crate::schema::MethodId;
use crate::words::Language;

/// A package that no program can be written for.
#[derive(Debug, Error)]
pub enum DriverError {
    /// A file of the package is not there, or not as expected.
    #[error("cannot write the {language} driver: {what}")]
    Package {
        /// The language.
        language: &'static str,
        /// What is missing.
        what: String,
    },
    /// Two files of one path.
    #[error("cannot lay out the {language} driver")]
    Tree {
        /// The language.
        language: &'static str,
        /// Which files.
        #[source]
        source: TreeError,
    },
}

/// A program that can be built: the package in `sdk/`, the rest beside it.
#[derive(Clone, Debug)]
pub struct Driver {
    /// The language.
    pub language: Language,
    /// Every file.
    pub files: FileTree,
    /// What a Python program needs installed.
    pub requirements: Vec<String>,
    /// The name of the jar of a Java package.
    pub jar: String,
}

/// What the Java driver reads and writes its lines with; protobuf-java-util brings it, but not for its users.
const GSON: &str = "2.14.0";

/// The program of one language for one version of the contract.
///
/// # Errors
///
/// A package that is not as the generators make them.
pub fn driver(side: &Side, target: &Target, package: &FileTree) -> Result<Driver, DriverError> {
    let language = target.language();
    let mut build = Build { side, language, files: FileTree::new() };
    let mut driver =
        Driver { language, files: FileTree::new(), requirements: Vec::new(), jar: String::new() };
    match target {
        Target::Go { .. } => build.go(package)?,
        Target::Java { group, artifact } => {
            driver.jar = format!("{artifact}-{}.jar", side.version);
            build.java(group, artifact)?;
        }
        Target::Python { .. } => driver.requirements = build.python(package)?,
        Target::Rust { krate } => build.rust(krate)?,
    }
    driver.files = build.files;
    let tree = |source| DriverError::Tree { language: language.as_str(), source };
    driver.files.merge("sdk", package.clone()).map_err(tree)?;
    Ok(driver)
}

struct Build<'a> {
    side: &'a Side,
    language: Language,
    files: FileTree,
}

impl Build<'_> {
    fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) -> Result<(), DriverError> {
        let language = self.language.as_str();
        let added = self.files.add(&format!("driver/{path}"), content.into());
        added.map_err(|source| DriverError::Tree { language, source })
    }

    fn missing(&self, what: impl Into<String>) -> DriverError {
        DriverError::Package { language: self.language.as_str(), what: what.into() }
    }

    fn text<'t>(&self, package: &'t FileTree, path: &str) -> Result<std::borrow::Cow<'t, str>, DriverError> {
        let found = package.get(path).ok_or_else(|| self.missing(format!("the package has no `{path}`")))?;
        Ok(String::from_utf8_lossy(found))
    }

    fn go(&mut self, package: &FileTree) -> Result<(), DriverError> {
        let go_mod = self.text(package, "go.mod")?;
        let module = go_mod.lines().find_map(|l| l.strip_prefix("module "));
        let module = module.ok_or_else(|| self.missing("`go.mod` names no module"))?.trim().to_owned();
        let mut packages = std::collections::BTreeMap::new();
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
        self.put(
            "go.mod",
            render(
                include_str!("templates/go/go.mod.j2"),
                context! { go => versions::GO, module, version => &self.side.version, grpc => versions::GRPC_GO },
            ),
        )?;
        self.put(
            "contract.go",
            render(include_str!("templates/go/contract.go.j2"), context! { packages, services }),
        )?;
        self.put("main.go", include_str!("templates/go/main.go"))?;
        self.put("calls.go", include_str!("templates/go/calls.go"))
    }

    fn java(&mut self, group: &str, artifact: &str) -> Result<(), DriverError> {
        let values = context! {
            group, artifact, version => &self.side.version, protobuf => versions::PROTOBUF_JAVA,
            grpc => versions::GRPC_JAVA, gson => GSON,
        };
        self.put("pom.xml", render(include_str!("templates/java/pom.xml.j2"), values))?;
        self.put("src/main/java/Driver.java", include_str!("templates/java/Driver.java"))?;
        self.put("src/main/java/Calls.java", include_str!("templates/java/Calls.java"))?;
        self.put("src/main/java/Server.java", include_str!("templates/java/Server.java"))
    }

    fn python(&mut self, package: &FileTree) -> Result<Vec<String>, DriverError> {
        let module = |path: &str| Some(path.strip_prefix("src/")?.strip_suffix(".py")?.replace('/', "."));
        let modules: Vec<String> =
            package.iter().filter(|(p, _)| p.ends_with("_pb2.py")).filter_map(|(p, _)| module(p)).collect();
        let mut services = Vec::new();
        for (path, content) in package.iter().filter(|(p, _)| p.ends_with("_pb2_grpc.py")) {
            let text = String::from_utf8_lossy(content);
            let Some(module) = module(path) else { continue };
            for (_, service) in self.side.schema.services() {
                // The generic handler is registered under the full name.
                if text.contains(&format!("'{}'", service.full_name)) {
                    services.push((service.full_name.to_string(), module.clone()));
                }
            }
        }
        services.sort();
        self.put(
            "contract.py",
            render(include_str!("templates/python/contract.py.j2"), context! { modules, services }),
        )?;
        self.put("driver.py", include_str!("templates/python/driver.py"))?;
        let project = self.text(package, "pyproject.toml")?;
        let project: toml::Table =
            project.parse().map_err(|_| self.missing("`pyproject.toml` is no TOML"))?;
        let wanted = project.get("project").and_then(|p| p.get("dependencies")?.as_array());
        let wanted = wanted.ok_or_else(|| self.missing("`pyproject.toml` has no dependencies"))?;
        Ok(wanted.iter().filter_map(|d| d.as_str().map(str::to_owned)).collect())
    }

    fn rust(&mut self, krate: &str) -> Result<(), DriverError> {
        let schema = &self.side.schema;
        let messages: Vec<_> = self
            .side
            .messages()
            .map(|id| (self.side.name(id).to_owned(), rust_type(schema, "sdk", id)))
            .collect();
        let own = schema.services().filter(|(_, s)| schema.file(s.file).target);
        let services = own
            .map(|(id, service)| {
                let methods = service.methods.iter().map(|m| self.rust_method(*m));
                let methods = methods.collect::<Result<Vec<_>, _>>()?;
                let RustService { client, implement, server } = rust_service(schema, id);
                let [client, implement, server] = [client, implement, server].map(|p| format!("sdk::{p}"));
                Ok(context! { name => &*service.full_name, client, implement, server, methods })
            })
            .collect::<Result<Vec<_>, DriverError>>()?;
        self.put(
            "Cargo.toml",
            render(
                include_str!("templates/rust/Cargo.toml.j2"),
                context! { krate, prost => versions::PROST, tonic => versions::TONIC },
            ),
        )?;
        self.put(
            "src/contract.rs",
            render(include_str!("templates/rust/contract.rs.j2"), context! { messages, services }),
        )?;
        self.put("src/main.rs", include_str!("templates/rust/main.rs"))?;
        self.put("src/client.rs", include_str!("templates/rust/client.rs"))?;
        self.put("src/server.rs", include_str!("templates/rust/server.rs"))
    }

    /// A method in the words of `contract.rs`: how the client asks and takes answers, what the server reads and gives.
    fn rust_method(&self, id: MethodId) -> Result<minijinja::Value, DriverError> {
        let schema = &self.side.schema;
        let method = schema.method(id);
        let typed = |name: &str| {
            let found = schema.message_by_name(name).map(|id| rust_type(schema, "sdk", id));
            found.ok_or_else(|| self.missing(format!("the contract has no message `{name}`")))
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
}
