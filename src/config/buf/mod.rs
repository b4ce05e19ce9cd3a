//! `buf.yaml` (v1beta1, v1, v2), `buf.work.yaml` (v1beta1, v1) and `--config` data, as one shape.
//!
//! All paths of a [`Workspace`] are relative to the folder of the outermost file, whatever the version wrote them
//! relative to: module roots in v1beta1, the module's folder in v1, the workspace in v2.
//! <https://buf.build/docs/configuration/> describes the files; where it is silent, buf 1.75 was asked.

mod raw;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;

use super::error::read_yaml;
use super::path::{PathPattern, is_under, join, normalize};
use super::policy::{Policy, RuleRef, Selection};
use super::{ConfigError, Place};

/// The name of a module's or workspace's file.
pub const FILE_NAME: &str = "buf.yaml";
/// The name of a v1 workspace's file.
pub const WORK_FILE_NAME: &str = "buf.work.yaml";

/// One module: files that share import roots and a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The module's folder, relative to the workspace; empty for the workspace's own folder.
    pub folder: String,
    /// The import roots, relative to the workspace. More than one only in v1beta1.
    pub roots: Vec<String>,
    /// The module's full name, when it has one.
    pub name: Option<String>,
    /// Only these folders belong to the module; empty for all. Relative to the workspace.
    pub includes: Vec<String>,
    /// These folders do not. Relative to the workspace.
    pub excludes: Vec<Exclude>,
    /// How its files are judged.
    pub policy: Policy,
}

/// A folder that does not belong to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    /// The folder.
    pub path: String,
    /// Where it is said.
    pub place: Place,
}

/// The modules of a `buf.yaml` or `buf.work.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The modules, as written.
    pub modules: Vec<Module>,
    /// The policy of files that belong to no module here, such as an image's: the top-level `breaking` section.
    pub policy: Policy,
    /// The version of the outermost file.
    pub version: &'static str,
}

impl Workspace {
    /// Whether the modules of both have the same files, wherever that is written and however they are judged.
    #[must_use]
    pub(super) fn lies_as(&self, other: &Workspace) -> bool {
        let same = |(own, other): (&Module, &Module)| {
            // Every field is named, so that a new one is not forgotten.
            let Module { folder, roots, name, includes, excludes, policy: _ } = own;
            let paths = |excludes: &[Exclude]| excludes.iter().map(|e| e.path.clone()).collect::<Vec<_>>();
            *folder == other.folder
                && *roots == other.roots
                && *name == other.name
                && *includes == other.includes
                && paths(excludes) == paths(&other.excludes)
        };
        self.version == other.version
            && self.modules.len() == other.modules.len()
            && self.modules.iter().zip(&other.modules).all(same)
    }
}

/// Reads a `buf.yaml`. `name` is the file as a person knows it.
///
/// # Errors
///
/// The first thing wrong, with its line and column.
pub fn parse(text: &str, name: &str) -> Result<Workspace, ConfigError> {
    let reader = Reader { file: name.into(), version: "" };
    match reader.version(text, &["v1beta1", "v1", "v2"])? {
        "v2" => Reader { version: "v2", ..reader }.v2(text),
        version => Reader { version, ..reader }.v1(text),
    }
}

/// Reads a `buf.yaml` that says no version, which only v1beta1 did without.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_unversioned(text: &str, name: &str) -> Result<Workspace, ConfigError> {
    Reader { file: name.into(), version: "v1beta1" }.v1(text)
}

/// Whether a `buf.yaml` says no version. One that cannot be read at all says one, for its reader to tell.
#[must_use]
pub fn is_unversioned(text: &str) -> bool {
    let read: Result<raw::Version, _> = read_yaml(&"".into(), text);
    text.trim().is_empty() || read.is_ok_and(|read| read.version.is_none())
}

/// Reads the value of `--config`: the data itself (JSON or YAML). A path is the caller's to read.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_inline(text: &str) -> Result<Workspace, ConfigError> {
    parse(text, "--config")
}

/// Whether a `--config` value is data rather than the path of a file.
#[must_use]
pub fn is_inline(value: &str) -> bool {
    let value = value.trim_start();
    value.starts_with('{') || value.contains('\n') || value.starts_with("version:")
}

/// Reads the folders of a `buf.work.yaml`.
///
/// # Errors
///
/// As [`parse`]; also when it lists no folder, the same one twice, or one inside another.
pub fn parse_work(text: &str, name: &str) -> Result<Vec<String>, ConfigError> {
    let reader = Reader { file: name.into(), version: "" };
    reader.version(text, &["v1beta1", "v1"])?;
    let work: raw::Work = reader.read(text)?;
    let mut folders: Vec<String> = Vec::new();
    let empty = || {
        ConfigError::new(Place::whole(name), "`directories` lists no folder")
            .hint("list the folder of each module")
    };
    for folder in work.directories.ok_or_else(empty)? {
        let path = reader.path(&folder)?;
        let other = folders.iter().find(|f| is_under(f, &path) || is_under(&path, f));
        if let Some(other) = other {
            let message = format!("folder `{path}` overlaps with `{other}`");
            return Err(
                ConfigError::new(reader.place(&folder), message).hint("list folders that do not nest")
            );
        }
        if path.is_empty() {
            let message = "the workspace's own folder cannot be one of its modules";
            return Err(ConfigError::new(reader.place(&folder), message).hint("remove the `buf.work.yaml`"));
        }
        folders.push(path);
    }
    if folders.is_empty() {
        return Err(empty());
    }
    Ok(folders)
}

/// Joins the modules of a `buf.work.yaml`: each folder with its own `buf.yaml`, when it has one.
#[must_use]
pub fn assemble(folders: Vec<(String, Option<Workspace>)>) -> Workspace {
    let mut modules = Vec::new();
    for (folder, inner) in folders {
        let inner = inner.unwrap_or_else(|| default_workspace("v1"));
        modules.extend(inner.modules.into_iter().map(|m| m.below(&folder)));
    }
    Workspace { modules, policy: default_policy("v1"), version: "v1" }
}

/// The names on a registry under `deps` of a `buf.yaml` or `buf.lock`, as written; none where the file says none, or is
/// wrong, which its reader tells.
#[must_use]
pub fn dependencies(text: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        deps: Vec<Dep>,
    }
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Dep {
        Name(String),
        Locked { name: String },
        Older { remote: String, owner: String, repository: String },
    }
    let file: File = serde_saphyr::from_str(text).unwrap_or(File { deps: Vec::new() });
    let names = file.deps.into_iter().map(|dep| match dep {
        Dep::Name(name) | Dep::Locked { name } => name,
        Dep::Older { remote, owner, repository } => format!("{remote}/{owner}/{repository}"),
    });
    names.map(|name| name.split(':').next().unwrap_or_default().to_owned()).collect()
}

/// What a folder without any buf file is to buf: one module, judged by FILE.
#[must_use]
pub fn default_workspace(version: &'static str) -> Workspace {
    let policy = default_policy(version);
    let module = Module {
        folder: String::new(),
        roots: vec![String::new()],
        name: None,
        includes: Vec::new(),
        excludes: Vec::new(),
        policy: policy.clone(),
    };
    Workspace { modules: vec![module], policy, version }
}

fn default_policy(version: &'static str) -> Policy {
    let file = RuleRef { id: "FILE".into(), place: Place::whole("buf's default") };
    let selection = Selection { use_rules: vec![file], ..Selection::default() };
    Policy { selection, buf_version: Some(version), ..Policy::default() }
}

impl Workspace {
    /// The same workspace, its paths relative to a folder further out.
    #[must_use]
    pub fn below(self, outer: &str) -> Workspace {
        Workspace { modules: self.modules.into_iter().map(|m| m.below(outer)).collect(), ..self }
    }
}

impl Module {
    /// The same module, its paths relative to a folder further out.
    fn below(self, outer: &str) -> Module {
        let all = |paths: Vec<String>| paths.iter().map(|p| join(outer, p)).collect();
        let patterns = |patterns: Vec<PathPattern>| -> Vec<PathPattern> {
            patterns.iter().map(|p| p.below(outer)).collect::<Vec<_>>()
        };
        Module {
            folder: join(outer, &self.folder),
            roots: all(self.roots),
            name: self.name,
            includes: all(self.includes),
            excludes: self
                .excludes
                .into_iter()
                .map(|e| Exclude { path: join(outer, &e.path), ..e })
                .collect(),
            policy: Policy {
                ignore: patterns(self.policy.ignore),
                ignore_only: self.policy.ignore_only.into_iter().map(|(r, p)| (r, patterns(p))).collect(),
                ..self.policy
            },
        }
    }
}

struct Reader {
    file: Arc<str>,
    version: &'static str,
}

impl Reader {
    fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, ConfigError> {
        read_yaml(&self.file, text)
    }

    fn place<T>(&self, value: &Spanned<T>) -> Place {
        Place::of_yaml(&self.file, value)
    }

    fn version(&self, text: &str, known: &[&'static str]) -> Result<&'static str, ConfigError> {
        let missing = || {
            ConfigError::new(Place::whole(&self.file), "`version` is not set")
                .hint(format!("add `version: {}` as the first line", known.last().expect("never empty")))
        };
        if text.trim().is_empty() {
            return Err(missing());
        }
        let read: raw::Version = self.read(text)?;
        let version = read.version.ok_or_else(missing)?;
        known
            .iter()
            .find(|k| **k == version.value)
            .copied()
            .ok_or_else(|| ConfigError::unknown(self.place(&version), "version", &version.value, known))
    }

    fn path(&self, path: &Spanned<String>) -> Result<String, ConfigError> {
        normalize(&path.value).map_err(|e| ConfigError::new(self.place(path), e.to_string()))
    }

    fn name(&self, name: &Spanned<String>) -> Result<String, ConfigError> {
        let parts: Vec<&str> = name.value.split('/').collect();
        if parts.len() == 3 && parts.iter().all(|p| !p.is_empty()) {
            return Ok(name.value.clone());
        }
        let message = format!("module name `{}` is not valid", name.value);
        Err(ConfigError::new(self.place(name), message).hint("it has the form `registry/owner/name`"))
    }

    fn v1(&self, text: &str) -> Result<Workspace, ConfigError> {
        let raw: raw::V1 = self.read(text)?;
        let build = raw.build.unwrap_or_default();
        let mut roots: Vec<String> = Vec::new();
        for root in build.roots.iter().flatten() {
            if self.version == "v1" {
                return Err(ConfigError::new(self.place(root), "`build.roots` cannot be set in version v1")
                    .hint("write a `buf.work.yaml` that lists the folders, or use version v2"));
            }
            let path = self.path(root)?;
            if let Some(other) = roots.iter().find(|r| is_under(r, &path) || is_under(&path, r)) {
                let message = format!("root `{path}` overlaps with `{other}`");
                return Err(ConfigError::new(self.place(root), message).hint("list roots that do not nest"));
            }
            roots.push(path);
        }
        if roots.is_empty() {
            roots.push(String::new());
        }
        let mut excludes = Vec::new();
        for exclude in build.excludes.iter().flatten() {
            let path = self.path(exclude)?;
            if self.version == "v1beta1" && !roots.iter().any(|r| is_under(&path, r) && *r != path) {
                let message = format!("exclude `{path}` is not inside a root");
                return Err(ConfigError::new(self.place(exclude), message));
            }
            if path.is_empty() {
                return Err(ConfigError::new(
                    self.place(exclude),
                    "the module's own folder cannot be excluded",
                ));
            }
            excludes.push(Exclude { path, place: self.place(exclude) });
        }
        // Ignore paths are import paths: relative to every root.
        let policy = self.policy(raw.breaking, &roots, None)?;
        let module = Module {
            folder: String::new(),
            roots,
            name: raw.name.map(|n| self.name(&n)).transpose()?,
            includes: Vec::new(),
            excludes,
            policy: policy.clone(),
        };
        Ok(Workspace { modules: vec![module], policy, version: self.version })
    }

    fn v2(&self, text: &str) -> Result<Workspace, ConfigError> {
        let raw: raw::V2 = self.read(text)?;
        let here = [String::new()];
        let policy = self.policy(raw.breaking, &here, None)?;
        let name = raw.name.map(|n| self.name(&n)).transpose()?;
        let mut modules: Vec<Module> = Vec::new();
        for module in raw.modules.into_iter().flatten() {
            let folder = module.path.as_ref().map(|p| self.path(p)).transpose()?.unwrap_or_default();
            let inside = |paths: &Option<raw::Strings>, what: &str| -> Result<Vec<Exclude>, ConfigError> {
                let mut all: Vec<Exclude> = Vec::new();
                for written in paths.iter().flatten() {
                    let path = self.path(written)?;
                    if path == folder || !is_under(&path, &folder) {
                        let message =
                            format!("{what} `{path}` is not inside the module's folder `{}`", dot(&folder));
                        return Err(ConfigError::new(self.place(written), message)
                            .hint("paths are relative to this file"));
                    }
                    all.push(Exclude { path, place: self.place(written) });
                }
                Ok(all)
            };
            let includes = inside(&module.includes, "include")?.into_iter().map(|i| i.path).collect();
            let excludes = inside(&module.excludes, "exclude")?;
            let policy = match module.breaking {
                // A module's section replaces the one at the top; the two are not merged.
                Some(own) => self.policy(Some(own), &here, Some(&folder))?,
                None => policy.clone(),
            };
            let name = module.name.map(|n| self.name(&n)).transpose()?;
            modules.push(Module { roots: vec![folder.clone()], folder, name, includes, excludes, policy });
        }
        if modules.is_empty() {
            modules.push(Module {
                folder: String::new(),
                roots: vec![String::new()],
                name,
                includes: Vec::new(),
                excludes: Vec::new(),
                policy: policy.clone(),
            });
        }
        Ok(Workspace { modules, policy, version: "v2" })
    }

    /// Reads a `breaking` section whose paths are relative to each of `bases`; in a v2 module they must lie in
    /// its folder.
    fn policy(
        &self,
        raw: Option<raw::Breaking>,
        bases: &[String],
        module: Option<&str>,
    ) -> Result<Policy, ConfigError> {
        let raw = raw.unwrap_or_default();
        let rules = |list: &Option<raw::Strings>| -> Vec<RuleRef> {
            list.iter().flatten().map(|r| RuleRef { id: r.value.clone(), place: self.place(r) }).collect()
        };
        let paths = |list: &[Spanned<String>]| -> Result<Vec<PathPattern>, ConfigError> {
            let mut all = Vec::new();
            for written in list {
                let fail = |e: super::PatternError| ConfigError::new(self.place(written), e.to_string());
                let pattern = PathPattern::parse(&written.value).map_err(fail)?;
                if module.is_some_and(|folder| !is_under(pattern.as_str(), folder)) {
                    let folder = dot(module.unwrap_or_default()).to_owned();
                    let message =
                        format!("ignore `{}` is not inside the module's folder `{folder}`", written.value);
                    return Err(ConfigError::new(self.place(written), message)
                        .hint("paths are relative to this file, not to the module"));
                }
                all.extend(bases.iter().map(|base| pattern.below(base)));
            }
            Ok(all)
        };
        let mut ignore_only = Vec::new();
        for (rule, list) in raw.ignore_only.iter().flatten() {
            let list = list.as_deref().unwrap_or_default();
            let place = list.first().map_or_else(|| Place::whole(&self.file), |first| self.place(first));
            ignore_only.push((RuleRef { id: rule.clone(), place }, paths(list)?));
        }
        let mut policy = default_policy(self.version);
        let use_rules = rules(&raw.use_rules);
        if raw.disable_builtin == Some(true) {
            policy.selection.use_rules.clear();
        } else if !use_rules.is_empty() {
            policy.selection.use_rules = use_rules;
        }
        policy.selection.except = rules(&raw.except);
        policy.ignore = paths(raw.ignore.as_deref().unwrap_or_default())?;
        policy.ignore_only = ignore_only;
        policy.ignore_unstable_packages = raw.ignore_unstable_packages.unwrap_or(false);
        Ok(policy)
    }
}

fn dot(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_files_are_is_the_same_wherever_it_is_written() {
        let read = |text: &str, name: &str| parse(text, name).unwrap();
        let text = "version: v2\nmodules: [{path: a, excludes: [a/b]}, {path: c}]\nbreaking: {use: [FILE]}\n";
        let own = read(text, "buf.yaml");
        let there = read(&text.replace("FILE", "WIRE"), "buf.yaml in v1.0.0");
        assert_ne!(own, there);
        assert!(own.lies_as(&there));
        for (from, to) in [("a/b", "a/c"), (", {path: c}", ""), ("path: c", "path: d"), ("v2", "v2 # v1")] {
            let other = read(&text.replace(from, to), "buf.yaml");
            assert_eq!(own.lies_as(&other), from == "v2", "{from}");
        }
        assert!(!read("version: v1\n", "buf.yaml").lies_as(&read("version: v2\n", "buf.yaml")));
    }
}
