//! Getting plugins with the tools of their own world, into the cache.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::lock::{Around, Entry};
use super::{Form, Lock, LockError, Pinned, Source, cache, platform};
use crate::machine::run::{self, Call, Done};
use crate::machine::{Limits, RunError, sha256_file, tools};

/// Why a plugin could not be got.
#[derive(Debug, Error)]
pub enum InstallError {
    /// The program that gets it is not there.
    #[error("`{program}` is needed to get `{plugin}` and is not on the path")]
    Toolchain {
        /// The program.
        program: &'static str,
        /// What it would get.
        plugin: &'static str,
    },
    /// It would have to be fetched.
    #[error("`{plugin}` {version} is not in the cache, and `--offline` forbids to fetch it")]
    Offline {
        /// The plugin.
        plugin: &'static str,
        /// Its version.
        version: &'static str,
    },
    /// The program that gets it failed.
    #[error("cannot get `{plugin}` {version}")]
    Run {
        /// The plugin.
        plugin: &'static str,
        /// Its version.
        version: &'static str,
        /// What happened.
        #[source]
        source: RunError,
    },
    /// What came is not what was asked for.
    #[error("cannot get `{plugin}` {version}: {reason}")]
    Strange {
        /// The plugin.
        plugin: &'static str,
        /// Its version.
        version: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The lock says otherwise.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is nowhere to put it.
    #[error("there is no folder for caches: neither `PROTOPACT_CACHE` nor `HOME` is set")]
    NoCache,
    /// The cache cannot be used.
    #[error("cannot write `{plugin}` to the cache")]
    Cache {
        /// The plugin.
        plugin: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl InstallError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            InstallError::Toolchain { program, .. } => Some(tools::hint(program).to_owned()),
            InstallError::Offline { .. } => {
                Some("run `protopact plugins install` once without it".to_owned())
            }
            InstallError::Lock(error) => Some(error.hint().to_owned()),
            InstallError::NoCache => Some("set `PROTOPACT_CACHE` to a folder".to_owned()),
            _ => None,
        }
    }

    /// What the program that should get it said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            InstallError::Run { source, .. } => source.messages(),
            _ => "",
        }
    }
}

/// How a plugin came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Present,
    /// It was got.
    Installed,
}

/// Getting plugins.
#[derive(Debug)]
pub struct Installer<'a> {
    /// The machine and the cache.
    pub around: Around<'a>,
    /// Whether nothing may be fetched.
    pub offline: bool,
    /// Whether what the lock says is replaced.
    pub update: bool,
}

/// How long getting one plugin may take: building from source on a slow machine is slow.
const PATIENCE: Limits = Limits { time: Duration::from_secs(1200), output: 64 << 20, messages: 1 << 20 };

/// The plugin of Maven that copies artifacts.
const MAVEN_COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";

struct Made {
    /// The folder it is in; the plugin is [`cache::entry`] in there.
    folder: PathBuf,
    /// What comes after the platform in the key of the lock.
    variant: String,
    toolchain: Option<String>,
}

impl Installer<'_> {
    /// Makes sure that a plugin is there and locked. The lock is changed in memory only.
    ///
    /// # Errors
    ///
    /// It cannot be got, or is not what the lock says.
    pub fn install(&self, plugin: &'static Pinned, lock: &mut Lock) -> Result<Outcome, InstallError> {
        if self.update {
            // Hashes of other platforms for the same version stay good.
            let other = |e: &Entry| e.version != plugin.version;
            if lock.plugin.get(plugin.name).is_some_and(other) {
                lock.plugin.remove(plugin.name);
            }
        }
        match lock.ready(plugin, self.around).and_then(|ready| ready.verify()) {
            Ok(()) => return Ok(Outcome::Present),
            Err(
                error @ (LockError::Version { .. } | LockError::NoProtoc | LockError::Interpreter { .. }),
            ) => {
                return Err(error.into());
            }
            Err(_) => {}
        }
        let old = lock.plugin.get(plugin.name).cloned();
        let mut entry = Entry {
            version: plugin.version.to_owned(),
            source: plugin.source.as_str().to_owned(),
            ..old.unwrap_or_default()
        };
        if matches!(plugin.source, Source::Library(_)) {
            lock.plugin.insert(plugin.name.to_owned(), entry);
            return Ok(Outcome::Installed);
        }
        let (sha256, key, toolchain) = if plugin.source == Source::Protoc {
            (self.bundled(plugin)?, platform(), None)
        } else {
            if self.offline {
                return Err(InstallError::Offline { plugin: plugin.name, version: plugin.version });
            }
            let cache = self.around.cache.ok_or(InstallError::NoCache)?;
            let fail = |source| InstallError::Cache { plugin: plugin.name, source };
            let scratch = cache.scratch().map_err(fail)?;
            let made = self.make(plugin, scratch.path(), entry.toolchain.as_deref())?;
            let sha256 = cache::digest(plugin, &made.folder).map_err(fail)?;
            let key = format!("{}{}", platform(), made.variant);
            self.same(plugin, &entry, &key, &sha256)?;
            cache::keep(cache, plugin, &sha256, &made.folder).map_err(fail)?;
            (sha256, key, made.toolchain)
        };
        self.same(plugin, &entry, &key, &sha256)?;
        entry.sha256.insert(key, sha256);
        entry.toolchain = toolchain.or(entry.toolchain);
        lock.plugin.insert(plugin.name.to_owned(), entry);
        Ok(Outcome::Installed)
    }

    /// A hash that is locked is only replaced when that was asked for.
    fn same(&self, plugin: &'static Pinned, entry: &Entry, key: &str, found: &str) -> Result<(), LockError> {
        match entry.sha256.get(key) {
            Some(locked) if locked != found && !self.update => Err(LockError::Hash {
                name: plugin.name,
                version: plugin.version,
                locked: locked.clone(),
                found: found.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn bundled(&self, plugin: &'static Pinned) -> Result<String, InstallError> {
        let program = tools::protoc(self.around.protoc, self.around.host).ok_or(LockError::NoProtoc)?;
        if Some(&program) != tools::bundled_protoc().as_ref() {
            let done = self.run(plugin, &program, &["--version".into()], &[], Path::new("."))?;
            let said = String::from_utf8_lossy(&done.output).trim().to_owned();
            if said.strip_prefix("libprotoc ") != Some(plugin.version) {
                let reason = format!("`{}` says it is `{said}`", program.display());
                return Err(strange(plugin, reason));
            }
        }
        let read = |source| LockError::Read { name: plugin.name, source };
        Ok(sha256_file(&program).map_err(read)?)
    }

    fn make(
        &self,
        plugin: &'static Pinned,
        scratch: &Path,
        toolchain: Option<&str>,
    ) -> Result<Made, InstallError> {
        let folder = scratch.join("made");
        let fail = |source| InstallError::Cache { plugin: plugin.name, source };
        fs::create_dir_all(&folder).map_err(fail)?;
        let installer = plugin.source.installer().expect("protoc and libraries are not made");
        let program = self.around.host.find(installer);
        let program = program.ok_or(InstallError::Toolchain { program: installer, plugin: plugin.name })?;
        match plugin.source {
            Source::Go { package } => self.go(plugin, &program, package, folder, scratch, toolchain),
            Source::Maven { group, artifact, form } => {
                self.maven(plugin, &program, (group, artifact, form), folder, scratch)
            }
            Source::Pip => self.pip(plugin, &program, folder, scratch),
            Source::Cargo => self.cargo(plugin, &program, folder, scratch),
            Source::Protoc | Source::Library(_) => unreachable!("they are not made"),
        }
    }

    /// Builds with the toolchain that the lock names, because another one gives other bytes; `go` fetches it when
    /// it is not the one that is installed.
    fn go(
        &self,
        plugin: &'static Pinned,
        go: &Path,
        package: &str,
        folder: PathBuf,
        scratch: &Path,
        toolchain: Option<&str>,
    ) -> Result<Made, InstallError> {
        let mut set: Vec<(&str, OsString)> = vec![
            ("GOBIN", folder.clone().into()),
            ("GOFLAGS", "".into()),
            ("CGO_ENABLED", "0".into()),
            ("GOWORK", "off".into()),
        ];
        if let Some(toolchain) = toolchain.filter(|_| !self.update) {
            set.push(("GOTOOLCHAIN", toolchain.into()));
        }
        let version = self.run(plugin, go, &["env".into(), "GOVERSION".into()], &set, scratch)?;
        let version = String::from_utf8_lossy(&version.output).trim().to_owned();
        let what = format!("{package}@{}", plugin.version);
        let arguments = ["install".into(), "-trimpath".into(), "-buildvcs=false".into(), what.into()];
        self.run(plugin, go, &arguments, &set, scratch)?;
        Ok(Made { folder, variant: String::new(), toolchain: Some(version) })
    }

    fn maven(
        &self,
        plugin: &'static Pinned,
        mvn: &Path,
        (group, artifact, form): (&str, &str, Form),
        folder: PathBuf,
        scratch: &Path,
    ) -> Result<Made, InstallError> {
        let (kind, classifier) = match form {
            Form::Jar(classifier) => ("jar", Some(classifier)),
            Form::Program | Form::Protoc => ("exe", maven_classifier()),
        };
        let Some(classifier) = classifier else {
            return Err(strange(plugin, format!("there is none for {}", platform())));
        };
        let what = format!("{group}:{artifact}:{}:{kind}:{classifier}", plugin.version);
        let arguments = [
            "--batch-mode".into(),
            "--quiet".into(),
            // A failure that Maven remembers is no answer.
            "--update-snapshots".into(),
            MAVEN_COPY.into(),
            format!("-Dartifact={what}").into(),
            format!("-DoutputDirectory={}", folder.display()).into(),
            "-Dmdep.stripVersion=true".into(),
            "-Dmdep.stripClassifier=true".into(),
        ];
        let done = self.run(plugin, mvn, &arguments, &[], scratch)?;
        let fail = |source| InstallError::Cache { plugin: plugin.name, source };
        let copied = folder.join(format!("{artifact}.{kind}"));
        if !copied.is_file() {
            let said = String::from_utf8_lossy(&done.output);
            return Err(strange(plugin, format!("Maven copied nothing: {}", said.trim())));
        }
        let place = folder.join(cache::entry(plugin));
        fs::rename(&copied, &place).map_err(fail)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).map_err(fail)?;
        }
        Ok(Made { folder, variant: String::new(), toolchain: None })
    }

    /// A folder of its own instead of a virtual environment: it can be moved, and holds this one package only.
    fn pip(
        &self,
        plugin: &'static Pinned,
        python: &Path,
        folder: PathBuf,
        scratch: &Path,
    ) -> Result<Made, InstallError> {
        let script = "import sys; print('cp%d%d' % sys.version_info[:2])";
        let tag = self.run(plugin, python, &["-c".into(), script.into()], &[], scratch)?;
        let tag = String::from_utf8_lossy(&tag.output).trim().to_owned();
        let what = format!("{}=={}", plugin.name, plugin.version);
        let mut arguments: Vec<OsString> = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
            .into_iter()
            .map(OsString::from)
            .collect();
        arguments.extend(["--only-binary", ":all:", "--target"].map(OsString::from));
        arguments.extend([folder.clone().into(), what.into()]);
        let set = [("PIP_DISABLE_PIP_VERSION_CHECK", "1".into()), ("PIP_ROOT_USER_ACTION", "ignore".into())];
        self.run(plugin, python, &arguments, &set, scratch)?;
        Ok(Made { folder, variant: format!("-{tag}"), toolchain: None })
    }

    /// Another compiler gives other bytes, and cargo fetches none: the key says which it was. Where things were built is
    /// left out of the program.
    fn cargo(
        &self,
        plugin: &'static Pinned,
        cargo: &Path,
        folder: PathBuf,
        scratch: &Path,
    ) -> Result<Made, InstallError> {
        let fail = |source| InstallError::Cache { plugin: plugin.name, source };
        let said = self.run(plugin, cargo, &["--version".into()], &[], scratch)?;
        let said = String::from_utf8_lossy(&said.output).into_owned();
        let version = said.split(' ').nth(1).unwrap_or_default().trim().to_owned();
        let env = &self.around.host.env;
        let home = env.get(OsStr::new("CARGO_HOME")).map(PathBuf::from);
        let home = home.or_else(|| env.get(OsStr::new("HOME")).map(|home| Path::new(home).join(".cargo")));
        let mut flags = OsString::new();
        for (place, name) in [(Some(scratch.to_owned()), "/scratch"), (home, "/cargo")] {
            let Some(place) = place else { continue };
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push("--remap-path-prefix=");
            flags.push(place);
            flags.push(format!("={name}"));
        }
        let set: Vec<(&str, OsString)> = vec![
            ("CARGO_ENCODED_RUSTFLAGS", flags),
            ("CARGO_TARGET_DIR", scratch.join("target").into()),
            ("CARGO_PROFILE_RELEASE_STRIP", "symbols".into()),
            ("CARGO_PROFILE_RELEASE_DEBUG", "false".into()),
        ];
        let mut arguments: Vec<OsString> =
            ["install", "--quiet", "--locked", "--no-track", "--bin", plugin.name]
                .map(OsString::from)
                .to_vec();
        arguments.extend(["--root".into(), folder.clone().into()]);
        arguments.push(format!("{}@{}", plugin.name, plugin.version).into());
        self.run(plugin, cargo, &arguments, &set, scratch)?;
        let entry = cache::entry(plugin);
        fs::rename(folder.join("bin").join(&entry), folder.join(&entry)).map_err(fail)?;
        Ok(Made { folder, variant: format!("-rust{version}"), toolchain: None })
    }

    fn run(
        &self,
        plugin: &'static Pinned,
        program: &Path,
        arguments: &[OsString],
        set: &[(&str, OsString)],
        folder: &Path,
    ) -> Result<Done, InstallError> {
        let name = program.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let set = set.to_vec();
        let call = Call { name: &name, program, arguments: arguments.to_vec(), folder, input: b"", set };
        let failed = |source| InstallError::Run { plugin: plugin.name, version: plugin.version, source };
        run::run(self.around.host, &call, PATIENCE).map_err(failed)
    }
}

fn strange(plugin: &'static Pinned, reason: String) -> InstallError {
    InstallError::Strange { plugin: plugin.name, version: plugin.version, reason }
}

/// The classifier of an executable artifact for this machine, as the os-maven-plugin names platforms.
pub(crate) fn maven_classifier() -> Option<&'static str> {
    Some(match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x86_64",
        ("linux", "aarch64") => "linux-aarch_64",
        ("linux", "s390x") => "linux-s390_64",
        ("linux", "powerpc64") => "linux-ppcle_64",
        ("macos", "x86_64") => "osx-x86_64",
        ("macos", "aarch64") => "osx-aarch_64",
        ("windows", _) => "windows-x86_64",
        _ => return None,
    })
}
