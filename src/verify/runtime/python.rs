//! The program in Python.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use minijinja::context;
use sha2::{Digest as _, Sha256};

use super::{Runtime, Start};
use crate::codegen::render::render;
use crate::codegen::{FileTree, Target};
use crate::compile::output::{SetOptions, descriptor_set};
use crate::verify::build::{BuildError, ENVIRONMENT, Place, Work, failed};
use crate::verify::driver::{Build, Driver, DriverError, Purpose, Subject};
use crate::wire::Reader;
use crate::words::Age;

pub(super) struct Python;

impl Runtime for Python {
    fn tools(&self) -> &'static [&'static str] {
        &["python3"]
    }

    fn model(&self) -> Reader {
        Reader::PYTHON
    }

    fn write(&self, build: &mut Build<'_>, _: &Target, package: &FileTree) -> Result<(), DriverError> {
        let module = |path: &str| Some(path.strip_prefix("src/")?.strip_suffix(".py")?.replace('/', "."));
        let modules: Vec<String> =
            package.iter().filter(|(p, _)| p.ends_with("_pb2.py")).filter_map(|(p, _)| module(p)).collect();
        let mut services = Vec::new();
        for (path, content) in package.iter().filter(|(p, _)| p.ends_with("_pb2_grpc.py")) {
            let text = String::from_utf8_lossy(content);
            let Some(module) = module(path) else { continue };
            for (_, service) in build.side.schema.services() {
                // The generic handler is registered under the full name.
                if text.contains(&format!("'{}'", service.full_name)) {
                    services.push((service.full_name.to_string(), module.clone()));
                }
            }
        }
        services.sort();
        build.put(
            "contract.py",
            render(include_str!("../templates/python/contract.py.j2"), context! { modules, services }),
        )?;
        build.put("driver.py", include_str!("../templates/python/driver.py"))?;
        let project = build.text(package, "pyproject.toml")?;
        let project: toml::Table =
            project.parse().map_err(|_| build.missing("`pyproject.toml` is no TOML"))?;
        let wanted = project.get("project").and_then(|p| p.get("dependencies")?.as_array());
        let wanted = wanted.ok_or_else(|| build.missing("`pyproject.toml` has no dependencies"))?;
        build.requirements = wanted.iter().filter_map(|d| d.as_str().map(str::to_owned)).collect();
        Ok(())
    }

    fn write_aged(&self, build: &mut Build<'_>, age: Age) -> Result<(), DriverError> {
        let content = SetOptions { include_imports: true, include_source_info: false };
        let set = descriptor_set(&build.side.compiled, content);
        build.put("contract.binpb", set)?;
        build.requirements = vec![format!("protobuf=={}", age.number())];
        let age = age.to_string();
        build.put("contract.py", render(include_str!("../templates/python/aged.py.j2"), context! { age }))?;
        build.put("driver.py", include_str!("../templates/python/driver.py"))?;
        Ok(())
    }

    /// The program writes the code that builds messages itself.
    fn write_timing(
        &self,
        build: &mut Build<'_>,
        _: &Target,
        _: &FileTree,
        _: &[Subject],
    ) -> Result<(), DriverError> {
        build.put("bench.py", include_str!("../templates/python/bench.py"))
    }

    fn write_calling(&self, build: &mut Build<'_>) -> Result<(), DriverError> {
        build.put("callers.py", include_str!("../templates/python/callers.py"))
    }

    fn libraries(&self, driver: &Driver) -> Vec<String> {
        driver.requirements.clone()
    }

    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError> {
        places.iter().try_for_each(|place| one(work, place))
    }

    fn start(&self, work: &Work<'_>, place: &Place<'_>) -> Start {
        let venv = environment(work, place.driver);
        let set = match place.driver.age {
            // What the environment asks for otherwise counts for none of them.
            Some(age) => {
                let backend = if age.pure { "python" } else { "upb" };
                vec![("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION".to_owned(), backend.into())]
            }
            None => vec![("PYTHONPATH".to_owned(), place.folder.join("sdk/src").into_os_string())],
        };
        let main = match place.driver.purpose {
            Purpose::Proof => "driver/driver.py",
            Purpose::Timing => "driver/bench.py",
            Purpose::Calling => "driver/callers.py",
        };
        Start {
            program: python_of(&venv),
            arguments: vec![place.folder.join(main).into_os_string()],
            set,
            needs: vec![venv.join(ENVIRONMENT)],
        }
    }
}

fn environment(work: &Work<'_>, driver: &Driver) -> PathBuf {
    let mut hash = Sha256::new();
    hash.update(driver.requirements.join("\n"));
    work.base.join(format!("venv-{}", &HEXLOWER.encode(&hash.finalize())[..20]))
}

fn one(work: &Work<'_>, place: &Place<'_>) -> Result<(), BuildError> {
    let venv = environment(work, place.driver);
    let whole = venv.join(ENVIRONMENT);
    if whole.is_file() {
        return Ok(());
    }
    let path = venv.display().to_string();
    let python = python_of(&venv).display().to_string();
    // To put an installer into an environment takes longer than all the rest. The one outside of it installs there since
    // pip 22.3.
    work.step("python3", &["-m", "venv", "--clear", "--without-pip", &path], work.base, &[])?;
    let outside = ["-m", "pip", "--python", &python];
    let (program, pip) = match work.step("python3", &[&outside[..], &["--version"]].concat(), work.base, &[])
    {
        Ok(()) => ("python3", &outside[..]),
        Err(_) => {
            work.step("python3", &["-m", "venv", "--clear", &path], work.base, &[])?;
            (&*python, &outside[..2])
        }
    };
    let mut install = [pip, &["install", "-q", "--disable-pip-version-check"]].concat();
    if work.builder.offline {
        install.push("--no-index");
    }
    install.extend(place.driver.requirements.iter().map(String::as_str));
    work.step(program, &install, work.base, &[])?;
    fs::write(&whole, "").map_err(failed("write", &whole))
}

fn python_of(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") }
}
