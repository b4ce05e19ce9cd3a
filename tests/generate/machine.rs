//! The machine as it is, for tests that need the languages' own tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use protopact::codegen::plugin::lock::Around;
use protopact::codegen::plugin::{Lock, install::Installer, spec};
use protopact::machine::{Cache, Host};
use protopact::words::Language;

use crate::lab::tree;

/// The machine as it is, with a cache that stays between runs.
pub(crate) struct Machine {
    pub(crate) host: Host,
    pub(crate) cache: Cache,
    pub(crate) folder: PathBuf,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins");
        let mut env: BTreeMap<_, _> = std::env::vars_os().collect();
        env.insert("PROTOPACT_CACHE".into(), folder.clone().into());
        Machine { host: Host { env, cwd: "/".into() }, cache: Cache::at(folder.clone()), folder }
    }

    pub(crate) fn around(&self) -> Around<'_> {
        Around { host: &self.host, cache: Some(&self.cache), protoc: None }
    }

    /// Whether the plugins of a language can be installed here.
    pub(crate) fn installs(&self, language: Language) -> bool {
        let languages = [language];
        let mut programs = spec::needed(&languages, true).into_iter().filter_map(|p| p.source.installer());
        programs.all(|program| self.host.find(program).is_some())
    }

    /// Gets the plugins of a language.
    pub(crate) fn plugins(&self, language: Language) -> Lock {
        self.lock(&spec::needed(&[language], true))
    }

    /// Gets plugins.
    pub(crate) fn lock(&self, plugins: &[&'static spec::Pinned]) -> Lock {
        let mut lock = Lock::default();
        for plugin in plugins {
            let installer = Installer { around: self.around(), offline: false, update: false };
            let outcome = installer.install(plugin, &mut lock);
            outcome.unwrap_or_else(|e| panic!("{e}: {:?} {}", std::error::Error::source(&e), e.messages()));
        }
        lock
    }

    /// Runs protoc, or what behaves like it, on the files of a folder.
    pub(crate) fn protoc(
        &self,
        program: &Path,
        before: &[String],
        flags: &[String],
        proto: &Path,
    ) -> BTreeMap<String, Vec<u8>> {
        let out = tempfile::tempdir().unwrap();
        let files = tree(proto).into_keys().filter(|p| p.ends_with(".proto"));
        #[expect(clippy::disallowed_methods, reason = "protoc is the oracle")]
        let mut command = Command::new(program);
        command.args(before).arg(format!("--proto_path={}", proto.display()));
        let well_known = protoc_bin_vendored::include_path().unwrap();
        command.arg(format!("--proto_path={}", well_known.display()));
        command.args(flags.iter().map(|f| f.replace("[out]", &out.path().display().to_string())));
        let said = command.args(files).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        tree(out.path())
    }
}
