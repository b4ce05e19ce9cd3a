//! Getting dependencies, each with the program of its own world: proxies, mirrors and credentials are the user's.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::DepsError;
use super::archive::{self, Files};
use crate::config::deps::{Dep, DepSource, is_version};
use crate::machine::run::{self, Call, Done};
use crate::machine::{Cache, Host, Limits};

/// What came.
#[derive(Clone, Debug)]
pub struct Got {
    /// The version that it is.
    pub version: String,
    /// Its .proto files, and descriptor sets, by path in the package.
    pub files: Files,
}

/// How long getting one package may take, when nobody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// How large a package may be, in bytes.
const MAX_PACKAGE: u64 = 1 << 30;
/// The plugin of Maven that copies artifacts.
const MAVEN_COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";

/// Gets dependencies.
#[derive(Debug)]
pub struct Fetcher<'a> {
    /// The machine.
    pub host: &'a Host,
    /// Where it may write.
    pub cache: &'a Cache,
    /// How long getting one package may take.
    pub patience: Duration,
}

/// Whether a file of a package is of use.
#[must_use]
pub fn wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.len() > 6 && name.ends_with(".proto") || name == "proto_descriptor.bin"
}

impl Fetcher<'_> {
    /// Gets a dependency.
    ///
    /// # Errors
    ///
    /// It cannot be got, or what came is nothing that can be used.
    pub fn get(&self, dep: &Dep) -> Result<Got, DepsError> {
        let fail = |source| DepsError::Cache { name: dep.name.clone(), source };
        let scratch = self.cache.scratch().map_err(fail)?;
        let job = Job { fetcher: self, dep, folder: scratch.path() };
        let got = match &dep.source {
            DepSource::Go(module) => job.go(module),
            DepSource::Maven(artifact) => job.maven(artifact),
            DepSource::Pypi(name) => job.pypi(name),
            DepSource::Npm(name) => job.npm(name),
            DepSource::Crate(name) => job.crate_(name),
            DepSource::Git(url) => job.git(url),
            DepSource::Path(path) => job.path(path),
        }?;
        if let Some(asked) =
            dep.version.as_ref().filter(|_| exact(&dep.source)).filter(|v| **v != got.version)
        {
            return Err(job.strange(format!("version {} came, and {asked} was asked for", got.version)));
        }
        if got.files.is_empty() {
            return Err(job.strange("it holds no .proto files"));
        }
        Ok(got)
    }
}

/// Whether the program gives exactly the version that was asked for.
fn exact(source: &DepSource) -> bool {
    matches!(source, DepSource::Maven(_) | DepSource::Pypi(_) | DepSource::Npm(_) | DepSource::Crate(_))
}

struct Job<'a> {
    fetcher: &'a Fetcher<'a>,
    dep: &'a Dep,
    folder: &'a Path,
}

impl Job<'_> {
    fn told(&self) -> String {
        let (key, from) = self.dep.source.parts();
        match &self.dep.version {
            Some(version) => format!("{key} {from} {version}"),
            None => format!("{key} {from}"),
        }
    }

    fn strange(&self, reason: impl Into<String>) -> DepsError {
        DepsError::Strange { name: self.dep.name.clone(), source_told: self.told(), reason: reason.into() }
    }

    fn run(
        &self,
        program: &'static str,
        arguments: &[&str],
        set: &[(&str, &str)],
    ) -> Result<Done, DepsError> {
        let host = self.fetcher.host;
        let name = self.dep.name.clone();
        let path = host.find(program).ok_or_else(|| DepsError::Toolchain { program, name: name.clone() })?;
        let limits = Limits { time: self.fetcher.patience, output: 64 << 20, messages: 1 << 20 };
        let call = Call {
            name: program,
            program: &path,
            arguments: arguments.iter().map(OsString::from).collect(),
            folder: self.folder,
            input: b"",
            set: set.iter().map(|(key, value)| (*key, OsString::from(value))).collect(),
        };
        let source_told = self.told();
        run::run(host, &call, limits).map_err(|source| DepsError::Run {
            name,
            source_told,
            source: Box::new(source),
        })
    }

    fn version(&self) -> &str {
        self.dep.version.as_deref().unwrap_or("latest")
    }

    fn go(&self, module: &str) -> Result<Got, DepsError> {
        let asked = format!("{module}@{}", self.version());
        // In a folder without go.mod nothing else is resolved; a workspace around it plays no part.
        let set = [("GOWORK", "off"), ("GOFLAGS", "-mod=mod"), ("GO111MODULE", "on")];
        let done = self.run("go", &["mod", "download", "-json", &asked], &set)?;
        let said: serde_json::Value = serde_json::from_slice(&done.output)
            .map_err(|e| self.strange(format!("`go` said no JSON: {e}")))?;
        let text = |key: &str| said.get(key).and_then(serde_json::Value::as_str);
        let (Some(version), Some(dir)) = (text("Version"), text("Dir")) else {
            return Err(self.strange("`go` did not say where it is"));
        };
        let asked = self.dep.version.as_deref().filter(|v| v.starts_with('v') && v.contains('.'));
        if let Some(asked) = asked.filter(|asked| *asked != version) {
            return Err(self.strange(format!("version {version} came, and {asked} was asked for")));
        }
        Ok(Got { version: version.to_owned(), files: self.folder_files(Path::new(dir))? })
    }

    fn maven(&self, artifact: &str) -> Result<Got, DepsError> {
        let (_, name) = artifact.split_once(':').unwrap_or_default();
        let version = self.dep.version.as_deref().unwrap_or("RELEASE");
        let arguments = [
            "-B",
            "-q",
            MAVEN_COPY,
            &format!("-Dartifact={artifact}:{version}:jar"),
            "-DoutputDirectory=.",
            "-Dmdep.useBaseVersion=false",
        ];
        self.run("mvn", &arguments, &[])?;
        let (file, bytes) = self.only_file(&["jar"])?;
        let version = file.strip_prefix(name).and_then(|f| f.strip_prefix('-')?.strip_suffix(".jar"));
        self.archive(version.unwrap_or(&file), &bytes, "")
    }

    fn pypi(&self, name: &str) -> Result<Got, DepsError> {
        let asked = match &self.dep.version {
            Some(version) => format!("{name}=={version}"),
            None => name.to_owned(),
        };
        // A source distribution would run its own code to say what it is.
        let arguments = [
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--disable-pip-version-check",
            "--quiet",
            "--dest",
            ".",
            &asked,
        ];
        self.run("python3", &arguments, &[])?;
        let (file, bytes) = self.only_file(&["whl"])?;
        // https://packaging.python.org/en/latest/specifications/binary-distribution-format/
        let version = file.split('-').nth(1).unwrap_or_default().to_owned();
        self.archive(&version, &bytes, "")
    }

    fn npm(&self, name: &str) -> Result<Got, DepsError> {
        let asked = format!("{name}@{}", self.version());
        let done = self.run("npm", &["pack", "--json", "--ignore-scripts", &asked], &[])?;
        let said: serde_json::Value = serde_json::from_slice(&done.output).unwrap_or_default();
        let version = said.pointer("/0/version").and_then(serde_json::Value::as_str);
        let version = version.ok_or_else(|| self.strange("`npm` did not say its version"))?.to_owned();
        let (_, bytes) = self.only_file(&["tgz"])?;
        self.archive(&version, &bytes, "package")
    }

    fn crate_(&self, name: &str) -> Result<Got, DepsError> {
        let version = self.dep.version.as_ref().map_or_else(|| "*".to_owned(), |v| format!("={v}"));
        let manifest = format!(
            "[package]\nname = \"protopact-deps\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\n\
             {name} = {{ version = \"{version}\", default-features = false }}\n\n[workspace]\n"
        );
        let fail = |source| DepsError::Cache { name: self.dep.name.clone(), source };
        fs::create_dir_all(self.folder.join("src")).map_err(fail)?;
        fs::write(self.folder.join("src/lib.rs"), "").map_err(fail)?;
        fs::write(self.folder.join("Cargo.toml"), manifest).map_err(fail)?;
        self.run(
            "cargo",
            &["vendor", "--quiet", "--versioned-dirs", "--respect-source-config", "vendor"],
            &[],
        )?;
        let folders = fs::read_dir(self.folder.join("vendor")).map_err(fail)?.flatten();
        let version = |folder: &Path| -> Option<String> {
            let text = folder.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix('-')?.to_owned();
            text.starts_with(|c: char| c.is_ascii_digit()).then_some(text)
        };
        let found = folders.filter_map(|e| Some((version(&e.path())?, e.path()))).max();
        let (version, folder) = found.ok_or_else(|| self.strange("`cargo` brought something else"))?;
        Ok(Got { version, files: self.folder_files(&folder)? })
    }

    fn git(&self, url: &str) -> Result<Got, DepsError> {
        let revision = self.dep.version.as_deref().unwrap_or("HEAD");
        let set = [("GIT_TERMINAL_PROMPT", "0")];
        // Helpers named by a URL would run programs.
        let safe = ["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null"];
        let git = |arguments: &[&str]| self.run("git", &[&safe[..], arguments].concat(), &set);
        git(&["init", "--quiet", "--bare", "repository"])?;
        git(&["-C", "repository", "fetch", "--quiet", "--depth=1", "--", url, revision])?;
        let commit = git(&["-C", "repository", "rev-parse", "FETCH_HEAD^{commit}"])?;
        let commit = String::from_utf8_lossy(&commit.output).trim().to_owned();
        if !is_version(&commit) {
            return Err(self.strange("`git` did not say which commit it is"));
        }
        let tar = git(&["-C", "repository", "archive", "--format=tar", &commit])?;
        self.archive(&commit, &tar.output, "")
    }

    fn path(&self, path: &str) -> Result<Got, DepsError> {
        let folder = self.fetcher.host.cwd.join(path);
        Ok(Got { version: "0".to_owned(), files: self.folder_files(&folder)? })
    }

    fn archive(&self, version: &str, bytes: &[u8], top: &str) -> Result<Got, DepsError> {
        let files = archive::read(bytes, &wanted).map_err(|e| self.strange(e.to_string()))?;
        let below = |path: String| match path.strip_prefix(top).and_then(|p| p.strip_prefix('/')) {
            Some(below) => below.to_owned(),
            None => path,
        };
        let files = files.into_iter().map(|(path, content)| (below(path), content)).collect();
        Ok(Got { version: version.to_owned(), files })
    }

    /// The one file with one of these endings that a program left in the folder.
    fn only_file(&self, endings: &[&str]) -> Result<(String, Vec<u8>), DepsError> {
        let fail = |source| DepsError::Cache { name: self.dep.name.clone(), source };
        let mut found: Vec<PathBuf> = fs::read_dir(self.folder)
            .map_err(fail)?
            .flatten()
            .filter(|e| e.file_type().is_ok_and(|t| t.is_file()))
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)))
            .collect();
        found.sort();
        let [path] = &found[..] else {
            return Err(self.strange(format!("{} files came, and one was asked for", found.len())));
        };
        if fs::metadata(path).map_err(fail)?.len() > MAX_PACKAGE {
            return Err(self.strange(format!("it is larger than {MAX_PACKAGE} bytes")));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read(path).map_err(fail)?))
    }

    /// The files of use in a folder. Links are not followed.
    fn folder_files(&self, folder: &Path) -> Result<Files, DepsError> {
        let mut files = Files::new();
        let mut size = 0_u64;
        for (count, entry) in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().enumerate() {
            let entry = entry.map_err(|e| self.strange(e.to_string()))?;
            if count > archive::MAX_ENTRIES {
                return Err(self.strange(format!("it holds more than {} entries", archive::MAX_ENTRIES)));
            }
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let Some(path) = path.to_str().map(|p| p.replace('\\', "/")).filter(|p| wanted(p)) else {
                continue;
            };
            if !entry.file_type().is_file() {
                continue;
            }
            size += entry.metadata().map_err(|e| self.strange(e.to_string()))?.len();
            if size > archive::MAX_WANTED {
                return Err(
                    self.strange(format!("it holds more than {} bytes of .proto files", archive::MAX_WANTED))
                );
            }
            let content = fs::read(entry.path()).map_err(|e| self.strange(e.to_string()))?;
            files.insert(path, content.into());
        }
        Ok(files)
    }
}
