//! Drivers built with the languages' own tools, and kept: a program is known by the hash of everything it is made of.
//!
//! What is in the cache below `verify/`: `LANGUAGE/HASH/{sdk,driver}` for each program, with a file `built` once it
//! is whole; `target`, the one target folder of all Rust programs; `python/venv-HASH`, one environment for each set of
//! requirements. What nobody has used for long is [removed](prune) after a build. The tools' own caches (of Go,
//! Maven, pip and cargo) are used as they are.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use minijinja::context;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::driver::Driver;
use super::process::Program;
use crate::codegen::render::render;
use crate::machine::prune::{self, Kind};
use crate::machine::run::{self, Call};
use crate::machine::{Host, Limits, RunError};
use crate::words::Language;

/// How long one step of a build may take: a first build fetches and compiles whole libraries.
const STEP: Duration = Duration::from_secs(900);

/// The mark of a program.
const PROGRAM: &str = "built";
/// The mark of an environment for Python programs.
const ENVIRONMENT: &str = "whole";

/// What the folder of a language holds: the programs of the last four pairs of versions stay whatever their age, and the
/// environments of one protopact and of the one before.
const KEPT: [Kind; 2] = [
    Kind { mark: PROGRAM, keep: 8, ours: is_key },
    Kind { mark: ENVIRONMENT, keep: 2, ours: |name| name.strip_prefix("venv-").is_some_and(is_key) },
];

/// Why there is no program.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A tool is not there. Not a failure: the language is skipped.
    #[error("`{0}` is not there")]
    Missing(String),
    /// A folder of the cache cannot be used.
    #[error("cannot {what} `{}`", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A tool has something against the program.
    #[error("cannot build the {language} driver: `{step}` failed")]
    Step {
        /// The language.
        language: &'static str,
        /// The command as a person would type it.
        step: String,
        /// What happened.
        #[source]
        source: RunError,
    },
}

impl BuildError {
    /// What the tool itself said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            BuildError::Step { source, .. } => source.messages(),
            _ => "",
        }
    }
}

/// Where programs are built.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The folder `verify` of the cache.
    pub root: &'a Path,
    /// Never fetch anything.
    pub offline: bool,
}

/// The programs that a language needs, in the order in which they are looked for.
#[must_use]
pub fn tools(language: Language) -> &'static [&'static str] {
    match language {
        Language::Go => &["go"],
        Language::Java => &["mvn", "java", "javac"],
        Language::Python => &["python3"],
        Language::Rust => &["cargo", "rustc"],
    }
}

/// The first tool of a language that is not there.
#[must_use]
pub fn missing_tool(host: &Host, language: Language) -> Option<&'static str> {
    tools(language).iter().copied().find(|tool| host.find(tool).is_none())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Io { what, path, source }
}

/// The hash of everything a program is made of.
fn key(driver: &Driver) -> String {
    let mut hash = Sha256::new();
    for (path, content) in driver.files.iter() {
        for part in [path.as_bytes(), content] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hex::encode(hash.finalize())[..20].to_owned()
}

fn is_key(name: &str) -> bool {
    name.len() == 20 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// One program on its way.
struct Place<'a> {
    driver: &'a Driver,
    key: String,
    folder: PathBuf,
}

impl Place<'_> {
    fn built(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    fn is_built(&self) -> bool {
        self.built().is_file()
    }
}

/// Builds the programs of one language; those that are there already stay as they are. `progress` hears of every step.
///
/// # Errors
///
/// A tool is not there or fails, or the cache cannot be written.
pub fn build(
    builder: Builder<'_>,
    language: Language,
    drivers: &[Driver],
    progress: &dyn Fn(&str),
) -> Result<Vec<Program>, BuildError> {
    if let Some(tool) = missing_tool(builder.host, language) {
        return Err(BuildError::Missing(tool.to_owned()));
    }
    let base = builder.root.join(language.as_str());
    fs::create_dir_all(&base).map_err(failed("make", &base))?;
    // Two runs that build the same thing would write over each other.
    let lock = base.join("lock");
    let held = File::create(&lock).and_then(|file| file.lock().map(|()| file));
    let _held = held.map_err(failed("lock", &lock))?;
    let places: Vec<Place<'_>> = drivers
        .iter()
        .map(|driver| {
            let key = key(driver);
            Place { driver, folder: base.join(&key), key }
        })
        .collect();
    let mut todo: Vec<&Place<'_>> = places.iter().filter(|p| !p.is_built()).collect();
    todo.dedup_by_key(|p| &p.key);
    for place in &todo {
        if place.folder.exists() {
            fs::remove_dir_all(&place.folder).map_err(failed("empty", &place.folder))?;
        }
        for (path, content) in place.driver.files.iter() {
            let path = place.folder.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(failed("make", folder))?;
            }
            fs::write(&path, content).map_err(failed("write", &path))?;
        }
    }
    let work = Work { builder, language, base: &base, progress };
    if !todo.is_empty() {
        match language {
            Language::Go => todo.iter().try_for_each(|p| work.go(p))?,
            Language::Java => work.java(&todo)?,
            Language::Python => todo.iter().try_for_each(|p| work.python(p))?,
            Language::Rust => todo.iter().try_for_each(|p| work.rust(p))?,
        }
    }
    for place in &todo {
        fs::write(place.built(), "").map_err(failed("write", &place.folder))?;
    }
    // They are held before anything is removed.
    let programs = places.iter().map(|p| work.program(p)).collect();
    if !todo.is_empty() {
        prune::prune(&base, &KEPT, SystemTime::now());
    }
    Ok(programs)
}

struct Work<'a> {
    builder: Builder<'a>,
    language: Language,
    base: &'a Path,
    progress: &'a dyn Fn(&str),
}

impl Work<'_> {
    fn step(
        &self,
        tool: &str,
        arguments: &[&str],
        folder: &Path,
        set: &[(&str, OsString)],
    ) -> Result<(), BuildError> {
        let step = [tool].iter().chain(arguments).copied().collect::<Vec<_>>().join(" ");
        (self.progress)(&format!("{}: {step}", self.language.as_str()));
        let program = if tool.contains('/') {
            PathBuf::from(tool)
        } else {
            self.builder.host.find(tool).ok_or_else(|| BuildError::Missing(tool.to_owned()))?
        };
        let call = Call {
            name: tool,
            program: &program,
            arguments: arguments.iter().map(Into::into).collect(),
            folder,
            input: b"",
            set: set.to_vec(),
        };
        let limits = Limits { time: STEP, ..Limits::default() };
        run::run(self.builder.host, &call, limits).map(|_| ()).map_err(|source| BuildError::Step {
            language: self.language.as_str(),
            step,
            source,
        })
    }

    fn go(&self, place: &Place<'_>) -> Result<(), BuildError> {
        let folder = place.folder.join("driver");
        let mut set: Vec<(&str, OsString)> = vec![("GOWORK", "off".into()), ("GOFLAGS", "-mod=mod".into())];
        if self.builder.offline {
            set.push(("GOPROXY", "off".into()));
        }
        self.step("go", &["mod", "tidy"], &folder, &set)?;
        self.step("go", &["build", "-o", "driver", "."], &folder, &set)
    }

    /// One Maven run for all: its start is what takes longest.
    fn java(&self, places: &[&Place<'_>]) -> Result<(), BuildError> {
        const QUIET: [&str; 5] = ["-q", "-B", "-ntp", "-DskipTests", "-Dstyle.color=never"];
        let folder = self.base.join("aggregate");
        fs::create_dir_all(&folder).map_err(failed("make", &folder))?;
        let folders: Vec<String> = places.iter().map(|p| format!("../{}", p.key)).collect();
        let pom = render(include_str!("templates/java/aggregate.xml.j2"), context! { folders });
        let path = folder.join("pom.xml");
        fs::write(&path, pom).map_err(failed("write", &path))?;
        let offline = [&QUIET[..], &["-o", "package"]].concat();
        match self.step("mvn", &offline, &folder, &[]) {
            // Something was not there yet, or the code is wrong; the second run tells which.
            Err(BuildError::Step { .. }) if !self.builder.offline => {
                self.step("mvn", &[&QUIET[..], &["package"]].concat(), &folder, &[])
            }
            done => done,
        }
    }

    fn venv(&self, driver: &Driver) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(driver.requirements.join("\n"));
        self.base.join(format!("venv-{}", &hex::encode(hash.finalize())[..20]))
    }

    fn python(&self, place: &Place<'_>) -> Result<(), BuildError> {
        let venv = self.venv(place.driver);
        let whole = venv.join(ENVIRONMENT);
        if whole.is_file() {
            return Ok(());
        }
        let path = venv.display().to_string();
        self.step("python3", &["-m", "venv", "--clear", &path], self.base, &[])?;
        let python = python_of(&venv).display().to_string();
        let mut install = vec!["-m", "pip", "install", "-q", "--disable-pip-version-check"];
        if self.builder.offline {
            install.push("--no-index");
        }
        install.extend(place.driver.requirements.iter().map(String::as_str));
        self.step(&python, &install, self.base, &[])?;
        fs::write(&whole, "").map_err(failed("write", &whole))
    }

    fn rust(&self, place: &Place<'_>) -> Result<(), BuildError> {
        let folder = place.folder.join("driver");
        let target = self.builder.root.join("target");
        let mut arguments = vec!["build", "-q"];
        if self.builder.offline {
            arguments.push("--offline");
        }
        // Nothing is built a second time: what would make that faster only takes room.
        let set = [
            ("CARGO_TARGET_DIR", target.clone().into()),
            ("CARGO_INCREMENTAL", "0".into()),
            ("RUSTFLAGS", OsString::new()),
        ];
        self.step("cargo", &arguments, &folder, &set)?;
        let name = format!("protopact-driver{}", std::env::consts::EXE_SUFFIX);
        let made = target.join("debug").join(&name);
        fs::copy(&made, folder.join(&name)).map_err(failed("copy", &made))?;
        self.clean(place, &folder, &set);
        Ok(())
    }

    /// Takes the program and its package out of the target folder, where only libraries are of use to others.
    fn clean(&self, place: &Place<'_>, folder: &Path, set: &[(&str, OsString)]) {
        let manifest = place.driver.files.get("sdk/Cargo.toml").map(|text| String::from_utf8_lossy(text));
        let manifest = manifest.and_then(|text| text.parse::<toml::Table>().ok());
        let package = manifest.as_ref().and_then(|m| m.get("package")?.get("name")?.as_str());
        let mut arguments = vec!["clean", "-q", "--offline", "-p", "protopact-driver"];
        arguments.extend(package.into_iter().flat_map(|name| ["-p", name]));
        // It only saves room.
        let _ = self.step("cargo", &arguments, folder, set);
    }

    fn program(&self, place: &Place<'_>) -> Program {
        let folder = place.folder.join("driver");
        let (program, arguments, set) = match self.language {
            Language::Go => (folder.join("driver"), Vec::new(), Vec::new()),
            Language::Java => {
                let lib = folder.join("target/lib");
                let separator = if cfg!(windows) { ";" } else { ":" };
                let mut path = folder.join("target/classes").into_os_string();
                path.push(separator);
                path.push(lib.join("*"));
                let jar = lib.join(&place.driver.jar).into_os_string();
                // Short runs: no time for the second compiler, and not the memory of the machine.
                let fast = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp"].map(Into::into);
                let java = self.builder.host.find("java").unwrap_or_else(|| "java".into());
                let all = fast.into_iter().chain([path, "Driver".into(), jar]).collect();
                (java, all, Vec::new())
            }
            Language::Python => {
                let set = vec![("PYTHONPATH".to_owned(), place.folder.join("sdk/src").into_os_string())];
                (python_of(&self.venv(place.driver)), vec![folder.join("driver.py").into_os_string()], set)
            }
            Language::Rust => (
                folder.join(format!("protopact-driver{}", std::env::consts::EXE_SUFFIX)),
                Vec::new(),
                Vec::new(),
            ),
        };
        let mut marks = vec![place.built()];
        if self.language == Language::Python {
            marks.push(self.venv(place.driver).join(ENVIRONMENT));
        }
        let held = marks.iter().filter_map(|mark| prune::hold(mark)).map(Arc::new).collect();
        Program { program, arguments, folder, set, held }
    }
}

fn python_of(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") }
}
