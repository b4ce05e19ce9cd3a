//! The plugins of `protopact.lock`: which bytes each is.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Form, Pinned, Ready, Source, Tool, cache, platform};
use crate::lock::{FILE_NAME, Kind, LockFile, LockFileError};
use crate::machine::{Cache, Host, tools};

/// The lock, of which this part reads and writes the plugins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// The plugins, by name.
    pub plugin: BTreeMap<String, Entry>,
    /// The file that they were read from, with what is not for plugins.
    file: LockFile,
}

/// One plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its version.
    pub version: String,
    /// Where it comes from.
    pub source: String,
    /// What built it, when that decides what comes out: `go1.26.8`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub toolchain: Option<String>,
    /// Hashes by platform; for Python, by platform and interpreter.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub sha256: BTreeMap<String, String>,
}

/// Why a plugin must not be used.
#[derive(Debug, Error)]
pub enum LockError {
    /// The lock is no lock, or one of another form.
    #[error(transparent)]
    File(#[from] LockFileError),
    /// Nothing is locked yet.
    #[error("`{FILE_NAME}` has no entry for `{name}` (version {version} is wanted)")]
    Missing {
        /// The plugin.
        name: &'static str,
        /// The version this protopact works with.
        version: &'static str,
    },
    /// Another version is locked.
    #[error("`{FILE_NAME}` has `{name}` {locked}, this protopact works with {wanted}")]
    Version {
        /// The plugin.
        name: &'static str,
        /// What the lock says.
        locked: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// No hash for this platform.
    #[error("`{FILE_NAME}` has no hash of `{name}` {version} for {platform}")]
    Platform {
        /// The plugin.
        name: &'static str,
        /// Its version.
        version: &'static str,
        /// This platform.
        platform: String,
    },
    /// It is not in the cache.
    #[error("`{name}` {version} is not installed")]
    NotInstalled {
        /// The plugin.
        name: &'static str,
        /// Its version.
        version: &'static str,
    },
    /// What is there is something else.
    #[error("`{name}` {version} is not what `{FILE_NAME}` says: locked sha256 {locked}, found {found}")]
    Hash {
        /// The plugin.
        name: &'static str,
        /// Its version.
        version: &'static str,
        /// What the lock says.
        locked: String,
        /// What is there.
        found: String,
    },
    /// protoc is not there.
    #[error("no protoc is configured, and protopact brings none for this platform")]
    NoProtoc,
    /// The program it runs in is not there.
    #[error("`{program}` is needed to run `{name}` and is not on the path")]
    Interpreter {
        /// The program.
        program: &'static str,
        /// The plugin.
        name: &'static str,
    },
    /// It cannot be read.
    #[error("cannot read `{name}`")]
    Read {
        /// The plugin.
        name: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl LockError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            LockError::File(error) => error.hint(),
            LockError::Missing { .. } | LockError::Platform { .. } | LockError::NotInstalled { .. } => {
                "run `protopact plugins install`"
            }
            LockError::Version { .. } => {
                "run `protopact plugins update`, or use the protopact that wrote the lock"
            }
            LockError::Hash { .. } => {
                "run `protopact plugins install` to get it again, or `protopact plugins update` to accept another"
            }
            LockError::NoProtoc => "name one with `--protoc`, or `protoc` under `[compile]`",
            LockError::Interpreter { program, .. } => tools::hint(program),
            LockError::Read { .. } => "run `protopact plugins install`",
        }
    }
}

impl Lock {
    /// Reads a lock.
    ///
    /// # Errors
    ///
    /// The text is not one.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        let file = LockFile::parse(text)?;
        Ok(Lock { plugin: file.get(Kind::Plugin)?, file })
    }

    /// The text of the file, with everything that is not for plugins as it was read.
    #[must_use]
    pub fn render(&self) -> String {
        let mut file = self.file.clone();
        file.set(Kind::Plugin, &self.plugin);
        file.render()
    }

    /// The entry of a plugin, at the version that is wanted.
    ///
    /// # Errors
    ///
    /// There is none, or it says another version.
    pub fn entry(&self, plugin: &'static Pinned) -> Result<&Entry, LockError> {
        let (name, version) = (plugin.name, plugin.version);
        let entry = self.plugin.get(name).ok_or(LockError::Missing { name, version })?;
        if entry.version != version {
            return Err(LockError::Version { name, locked: entry.version.clone(), wanted: version });
        }
        Ok(entry)
    }

    /// Finds a plugin. Whether it is what the lock says, [`Ready::verify`] checks.
    ///
    /// # Errors
    ///
    /// It is not locked, or not there.
    pub fn ready(&self, plugin: &'static Pinned, around: Around<'_>) -> Result<Ready, LockError> {
        let (name, version) = (plugin.name, plugin.version);
        let entry = self.entry(plugin)?;
        let ready = |identity: &str, tool, locked| Ready {
            name: name.to_owned(),
            identity: identity.to_owned(),
            tool,
            locked,
        };
        let platform = platform();
        let hashes: Vec<&String> = entry
            .sha256
            .iter()
            .filter(|(key, _)| {
                key.strip_prefix(&*platform).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
            .map(|(_, hash)| hash)
            .collect();
        if let Source::Library(library) = plugin.source {
            return Ok(ready(version, Tool::Library(library), None));
        }
        let Some(first) = hashes.first().copied() else {
            return Err(LockError::Platform { name, version, platform });
        };
        if plugin.source == Source::Protoc {
            let program = tools::protoc(around.protoc, around.host).ok_or(LockError::NoProtoc)?;
            let place = Some((plugin, program.clone()));
            let tool = Tool::Protoc { program, arguments: Vec::new(), generator: String::new() };
            return Ok(ready(first, tool, place));
        }
        let cache = around.cache.ok_or(LockError::NotInstalled { name, version })?;
        // Several interpreters may be locked for one platform; the one that is here counts.
        let here = hashes.into_iter().find(|hash| cache::folder(cache, plugin, hash).exists());
        let locked = here.ok_or(LockError::NotInstalled { name, version })?;
        let folder = cache::folder(cache, plugin, locked);
        let program = folder.join(cache::entry(plugin));
        let runs = |program| around.host.find(program).ok_or(LockError::Interpreter { program, name });
        let tool = match plugin.source {
            Source::Pip => {
                let python = runs("python3")?;
                let arguments = ["-I", "-B", "-c", PROTOC_IN_PYTHON, &*folder.to_string_lossy()];
                let arguments = arguments.map(str::to_owned).to_vec();
                Tool::Protoc { program: python, arguments, generator: String::new() }
            }
            Source::Maven { form: Form::Protoc, .. } => {
                Tool::Protoc { program, arguments: Vec::new(), generator: String::new() }
            }
            Source::Maven { form: Form::Jar(_), .. } => {
                let jar = program.to_string_lossy();
                let arguments = JAR.into_iter().chain([&*jar]).map(str::to_owned).collect();
                Tool::Program { program: runs("java")?, arguments, folder: None }
            }
            _ => Tool::Program { program, arguments: Vec::new(), folder: None },
        };
        Ok(ready(locked, tool, Some((plugin, folder))))
    }
}

/// What a lock is held against.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The machine.
    pub host: &'a Host,
    /// Where installed plugins are.
    pub cache: Option<&'a Cache>,
    /// The configured protoc.
    pub protoc: Option<&'a Path>,
}

/// Runs a jar that is over soon: without the second compiler, and without threads that collect garbage.
const JAR: [&str; 3] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar"];

/// Runs the protoc of grpcio-tools out of the folder that is the first argument.
const PROTOC_IN_PYTHON: &str = "import sys; sys.path.insert(0, sys.argv.pop(1)); \
                                from grpc_tools import protoc; sys.exit(protoc.main(sys.argv))";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::sdk;

    fn entry(version: &str, hashes: &[(&str, &str)]) -> Entry {
        Entry {
            version: version.to_owned(),
            source: "go".to_owned(),
            toolchain: None,
            sha256: hashes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut lock = Lock::default();
        lock.plugin.insert("protoc-gen-go".to_owned(), entry("v1.36.12", &[("linux-x86_64", "ab")]));
        lock.plugin.insert("protoc".to_owned(), entry("36.2", &[]));
        let text = lock.render();
        assert_eq!(Lock::parse(&text).unwrap().plugin, lock.plugin);
        insta::assert_snapshot!(text, @r#"
        # Written by protopact: what it works with, byte for byte. Commit this file.

        format = 1

        [plugin.protoc]
        version = "36.2"
        source = "go"

        [plugin.protoc-gen-go]
        version = "v1.36.12"
        source = "go"

        [plugin.protoc-gen-go.sha256]
        linux-x86_64 = "ab"
        "#);
    }

    #[test]
    fn every_way_to_be_something_else_is_an_error_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        let platform = platform();
        let host = Host { env: BTreeMap::new(), cwd: "/".into() };
        let around = Around { host: &host, cache: Some(&cache), protoc: None };
        let ask = |entry: Option<Entry>| {
            let plugin = entry.map(|e| (sdk::go::MESSAGES.name.to_owned(), e)).into_iter().collect();
            let ready = Lock { plugin, ..Lock::default() }.ready(&sdk::go::MESSAGES, around);
            let error = ready.and_then(|r| r.verify()).unwrap_err();
            format!("{error}; {}", error.hint()).replace(&platform, "[platform]")
        };
        let folder = cache::folder(&cache, &sdk::go::MESSAGES, "abcd");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(cache::entry(&sdk::go::MESSAGES)), "x").unwrap();
        let messages = [
            ask(None),
            ask(Some(entry("v1.36.0", &[]))),
            ask(Some(entry(sdk::go::MESSAGES.version, &[("plan9-mips", "ab")]))),
            ask(Some(entry(sdk::go::MESSAGES.version, &[(&platform, "ffff")]))),
            ask(Some(entry(sdk::go::MESSAGES.version, &[(&platform, "abcd")]))),
        ];
        insta::assert_snapshot!(messages.join("\n"), @"
        `protopact.lock` has no entry for `protoc-gen-go` (version v1.36.12 is wanted); run `protopact plugins install`
        `protopact.lock` has `protoc-gen-go` v1.36.0, this protopact works with v1.36.12; run `protopact plugins update`, or use the protopact that wrote the lock
        `protopact.lock` has no hash of `protoc-gen-go` v1.36.12 for [platform]; run `protopact plugins install`
        `protoc-gen-go` v1.36.12 is not installed; run `protopact plugins install`
        `protoc-gen-go` v1.36.12 is not what `protopact.lock` says: locked sha256 abcd, found 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881; run `protopact plugins install` to get it again, or `protopact plugins update` to accept another
        ");
    }
}
