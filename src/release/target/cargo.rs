//! A registry of Rust crates, by the name that the configuration of cargo has for it: asked by its sparse index
//! (<https://doc.rust-lang.org/cargo/reference/registry-index.html>), written to by `cargo publish`.
//!
//! cargo writes the description of a crate anew and adds a lock of the day. So a version is the same where all other files
//! and the description as it was are.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use semver::Version;
use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, TomlError};

use super::package::{InOrder, Names, Project, Tool, laid_out, package, projects, text, together, unpacked};
use super::{Prepared, State, Target, TargetError};
use crate::codegen::sdk::split;
use crate::config::Patience;
use crate::machine::{FileTree, Host, Web, WebError, fail, sha256};
use crate::words::Language;

/// The registry of everybody, which cargo knows without configuration.
const CRATES_IO: (&str, &str) = ("crates-io", "sparse+https://index.crates.io/");

/// A registry of crates.
#[derive(Clone, Debug)]
pub struct Crates {
    registry: String,
    host: Host,
    version: String,
    patience: Patience,
}

/// A package as the registry knows it.
struct Crate {
    name: String,
    private: bool,
    files: FileTree,
    /// Where it is among the crates of the version.
    folder: String,
    /// Whether it needs other crates of the version.
    needs: bool,
}

impl Crates {
    /// A registry by its name.
    #[must_use]
    pub fn new(registry: &str, host: &Host, version: &Version, patience: Patience) -> Crates {
        let (registry, version) = (registry.to_owned(), version.to_string());
        Crates { registry, host: host.clone(), version, patience }
    }

    /// The crates of a version as they go there, all of them in one tree. What one needs of the others is looked for in the
    /// registry of everybody, unless its description says which one.
    fn package(&self, files: &FileTree) -> Result<FileTree, TargetError> {
        let all = package(files, Language::Rust)?;
        if self.registry == CRATES_IO.0 {
            return Ok(all);
        }
        let manifests: BTreeSet<String> = split::made_in(&all, MANIFEST)
            .map(
                |folder| {
                    if folder.is_empty() { MANIFEST.to_owned() } else { format!("{folder}/{MANIFEST}") }
                },
            )
            .collect();
        let mut said = FileTree::new();
        for (path, content) in all.iter() {
            let content = match manifests.contains(path) {
                true => asked_of(text(&all, path)?, &self.registry)?.into(),
                false => content.clone(),
            };
            said.add(path, content).map_err(|e| unusable(e.to_string()))?;
        }
        Ok(said)
    }

    /// Cargo's own folder.
    fn home(&self) -> Option<PathBuf> {
        let given = self.host.var("CARGO_HOME").map(PathBuf::from);
        given.or_else(|| Some(PathBuf::from(self.host.var("HOME")?).join(".cargo")))
    }

    /// A variable of cargo for the registry.
    fn variable(&self, key: &str) -> Option<String> {
        let name = self.registry.to_uppercase().replace('-', "_");
        self.host.var(&format!("CARGO_REGISTRIES_{name}_{key}")).map(str::to_owned)
    }

    /// A key of the registry in files of cargo, the first that has it.
    fn configured(&self, files: impl IntoIterator<Item = PathBuf>, key: &str) -> Option<String> {
        let value = |path: PathBuf| {
            let table: toml::Table = toml::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
            Some(table.get("registries")?.get(&self.registry)?.get(key)?.as_str()?.to_owned())
        };
        files.into_iter().find_map(value)
    }

    /// Where the index is.
    fn index(&self) -> Result<String, TargetError> {
        let unusable = |why: &str| TargetError::Unusable { what: self.name(), why: why.to_owned() };
        let names = |folder: &Path| ["config.toml", "config"].map(|name| folder.join(name));
        let around = self.host.cwd.ancestors().flat_map(|folder| names(&folder.join(".cargo")));
        let files: Vec<PathBuf> = around.chain(self.home().iter().flat_map(|home| names(home))).collect();
        let known = (self.registry == CRATES_IO.0).then(|| CRATES_IO.1.to_owned());
        let index = self.variable("INDEX").or_else(|| self.configured(files, "index")).or(known);
        let index =
            index.ok_or_else(|| unusable("the configuration of cargo has no registry of this name"))?;
        let Some(url) = index.strip_prefix("sparse+") else {
            return Err(unusable("its index is a repository of git, and only a sparse one can be asked"));
        };
        Ok(url.trim_end_matches('/').to_owned())
    }

    fn token(&self) -> Option<String> {
        let crates_io = self.registry == CRATES_IO.0;
        let plain = crates_io.then(|| self.host.var("CARGO_REGISTRY_TOKEN").map(str::to_owned)).flatten();
        let files = self
            .home()
            .into_iter()
            .flat_map(|home| ["credentials.toml", "credentials"].map(|name| home.join(name)));
        self.variable("TOKEN").or(plain).or_else(|| self.configured(files, "token"))
    }

    /// Asks without a token first, for most registries let everybody read.
    fn get(&self, web: &Web, url: &str) -> Result<Option<Vec<u8>>, TargetError> {
        match web.get(url, "*/*", None) {
            Err(WebError::Refused { status: 401 | 403, .. }) if self.token().is_some() => {
                web.get(url, "*/*", self.token().as_deref())
            }
            done => done,
        }
        .map_err(|error| self.silent(error))
    }

    /// What the registry has of a crate.
    fn compare(&self, krate: &Crate) -> Result<State, TargetError> {
        let web = Web::new(self.patience.answer).map_err(|error| self.silent(error))?;
        let index = self.index()?;
        let unusable = |why: &str| TargetError::Unusable { what: self.name(), why: why.to_owned() };
        let lines = self.get(&web, &format!("{index}/{}", prefixed(&krate.name.to_lowercase())))?;
        let lines =
            String::from_utf8(lines.unwrap_or_default()).map_err(|_| unusable("its index is no text"))?;
        let versions = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        // Two versions that differ in build metadata alone are one.
        let is_it = |said: &serde_json::Value| {
            said["vers"].as_str().is_some_and(|v| v.split('+').next() == self.version.split('+').next())
        };
        let Some(said) = { versions }.find(is_it) else {
            return Ok(State::Absent);
        };
        let sum = said["cksum"].as_str().ok_or_else(|| unusable("its index has no checksum"))?.to_lowercase();
        let config = self.get(&web, &format!("{index}/config.json"))?.unwrap_or_default();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
        let pattern =
            config["dl"].as_str().ok_or_else(|| unusable("its index does not say where crates are"))?;
        let url = download(pattern, &krate.name, &self.version, &sum);
        let archive =
            self.get(&web, &url)?.ok_or_else(|| unusable("it names a crate and does not have it"))?;
        if sha256(&archive) != sum {
            return Err(unusable("a crate has another checksum than its index says"));
        }
        Ok(if is_made_of(&archive, krate, &self.version) { State::Same } else { State::Other })
    }

    fn publish(&self, folder: &Path, more: &[&str]) -> Result<(), TargetError> {
        let shown = self.name();
        // Where it runs says which configuration it reads.
        let tool = Tool {
            host: &self.host,
            name: "cargo",
            target: &shown,
            folder: &self.host.cwd,
            patience: self.patience,
        };
        let manifest = folder.join("Cargo.toml").into_os_string();
        let mut arguments: Vec<OsString> =
            ["publish", "--quiet", "--no-verify", "--allow-dirty", "--registry", &self.registry]
                .map(OsString::from)
                .into();
        arguments.extend(["--manifest-path".into(), manifest]);
        arguments.extend(["--target-dir".into(), folder.join("target").into_os_string()]);
        arguments.extend(more.iter().map(OsString::from));
        tool.run(arguments).map(drop)
    }
}

/// The file of a crate.
const MANIFEST: &str = "Cargo.toml";

fn unusable(why: String) -> TargetError {
    TargetError::Unusable { what: MANIFEST.to_owned(), why }
}

/// A description that says which registry the crates are in that lie beside this one.
fn asked_of(manifest: &str, registry: &str) -> Result<String, TargetError> {
    let mut said: DocumentMut = manifest.parse().map_err(|e: TomlError| unusable(e.to_string()))?;
    let asked = said.get_mut("dependencies").and_then(Item::as_table_mut);
    let asked = asked.into_iter().flat_map(|asked| asked.iter_mut());
    for dependency in asked.filter_map(|(_, asked)| asked.as_inline_table_mut()) {
        if dependency.contains_key("path") {
            dependency.insert("registry", registry.into());
            dependency.fmt();
        }
    }
    Ok(said.to_string())
}

/// The description of a crate, and what it is called.
fn described(files: &FileTree) -> Result<(toml::Table, String), TargetError> {
    let said: toml::Table = toml::from_str(text(files, MANIFEST)?).map_err(|e| unusable(e.to_string()))?;
    let name = said.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let plain =
        |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let name = name.filter(plain).map(str::to_owned);
    let name = name.ok_or_else(|| unusable("it names no crate".to_owned()))?;
    Ok((said, name))
}

/// What a crate is called, and the crates that it asks for.
fn names(files: &FileTree) -> Result<Names, TargetError> {
    let (said, name) = described(files)?;
    let asked = said.get("dependencies").and_then(toml::Value::as_table);
    Ok((name, asked.into_iter().flat_map(|asked| asked.keys().cloned()).collect()))
}

/// The crates of a version, each after those that it needs.
fn crates(all: &FileTree) -> Result<Vec<Crate>, TargetError> {
    let projects = projects(all, MANIFEST, &names)?;
    let mut crates: Vec<Crate> = Vec::new();
    for Project { folder, files } in projects {
        let (said, name) = described(&files)?;
        let private = said.get("package").and_then(|package| package.get("publish"));
        let private = private.and_then(toml::Value::as_bool) == Some(false);
        let (_, asked) = names(&files)?;
        let needs = crates.iter().any(|other| asked.contains(&other.name));
        crates.push(Crate { name, private, files, folder, needs });
    }
    Ok(crates)
}

/// Where the index has a crate.
fn prefixed(name: &str) -> String {
    match name.len() {
        1 => format!("1/{name}"),
        2 => format!("2/{name}"),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// Where a crate is, by what the index says of all.
fn download(pattern: &str, name: &str, version: &str, sum: &str) -> String {
    let folder = |name: &str| {
        let path = prefixed(name);
        path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let words = [
        ("{crate}", name.to_owned()),
        ("{version}", version.to_owned()),
        ("{prefix}", folder(name)),
        ("{lowerprefix}", folder(&name.to_lowercase())),
        ("{sha256-checksum}", sum.to_owned()),
    ];
    if !words.iter().any(|(word, _)| pattern.contains(word)) {
        return format!("{}/{name}/{version}/download", pattern.trim_end_matches('/'));
    }
    words.iter().fold(pattern.to_owned(), |url, (word, value)| url.replace(word, value))
}

/// Whether the archive of a crate was made of a package.
fn is_made_of(archive: &[u8], krate: &Crate, version: &str) -> bool {
    let below = format!("{}-{version}/", krate.name);
    let wanted = |path: &str| !["Cargo.toml", "Cargo.lock", ".cargo_vcs_info.json"].contains(&path);
    let Some(there) = unpacked(archive, &below, &wanted) else {
        return false;
    };
    let as_it_was = |path: String| {
        if path == "Cargo.toml.orig" { "Cargo.toml".to_owned() } else { path }
    };
    let there: BTreeMap<_, _> = there.into_iter().map(|(path, content)| (as_it_was(path), content)).collect();
    let ours: BTreeMap<_, _> =
        krate.files.iter().map(|(path, content)| (path.to_owned(), content.clone())).collect();
    there == ours
}

impl Target for Crates {
    fn name(&self) -> String {
        format!("registry `{}` of cargo", self.registry)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let crates = crates(&self.package(files)?)?;
        let states = crates.iter().map(|krate| self.compare(krate)).collect::<Result<Vec<_>, _>>()?;
        Ok(together(&states))
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        let all = self.package(files)?;
        let crates = crates(&all)?;
        if crates.iter().any(|krate| krate.private) {
            return Err(TargetError::Private { target: self.name() });
        }
        // Each lies where the others look for it.
        let folder = Rc::new(laid_out(&all)?);
        let mut ready: Vec<Box<dyn Prepared>> = Vec::new();
        for krate in crates {
            // cargo looks for what a crate needs in the registry, where the others of the version are not yet.
            if !krate.needs {
                self.publish(&folder.path().join(&krate.folder), &["--dry-run"])?;
            }
            ready.push(Box::new(Checked { target: self.clone(), krate, folder: Rc::clone(&folder) }));
        }
        Ok(Box::new(InOrder(ready)))
    }
}

/// A crate that cargo would publish.
struct Checked {
    target: Crates,
    krate: Crate,
    /// All crates of the version.
    folder: Rc<TempDir>,
}

impl Prepared for Checked {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let Checked { target, krate, folder } = &*self;
        match target.compare(krate)? {
            State::Same => return Ok(false),
            State::Other => return Err(target.other()),
            State::Absent => {}
        }
        let folder = folder.path().join(&krate.folder);
        let target_folder = folder.join("target");
        if target_folder.is_dir() {
            std::fs::remove_dir_all(&target_folder).map_err(fail("delete", &target_folder))?;
        }
        let Err(error) = target.publish(&folder, &[]) else {
            return Ok(true);
        };
        // Of two that send the same, one is told that it is there.
        match target.compare(krate)? {
            State::Same => Ok(false),
            State::Other => Err(target.other()),
            State::Absent => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::{sample, zip};
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"acme-pay\"\nversion = \"1.0.0\"\n";

    fn files(code: &str) -> FileTree {
        sample::version(Language::Rust, &[("Cargo.toml", MANIFEST), ("src/lib.rs", code)])
    }

    #[test]
    fn a_crate_is_the_same_where_all_is_that_cargo_does_not_write() {
        let archive = |code: &str| {
            let files = [
                ("Cargo.lock", "of the day"),
                ("Cargo.toml", "written anew"),
                ("Cargo.toml.orig", MANIFEST),
                ("src/lib.rs", code),
            ];
            zip(files.map(|(path, text)| {
                (format!("acme-pay-1.0.0/{path}"), text.to_owned().into_bytes().leak() as &[u8])
            }))
            .unwrap()
        };
        let ours = crates(&package(&files("one"), Language::Rust).unwrap()).unwrap().remove(0);
        assert!(is_made_of(&archive("one"), &ours, "1.0.0"));
        assert!(!is_made_of(&archive("two"), &ours, "1.0.0"));
        assert!(!is_made_of(&archive("one"), &ours, "1.0.1"));
        assert!(!is_made_of(b"no archive", &ours, "1.0.0"));
    }

    #[test]
    fn what_lies_beside_a_crate_is_in_the_same_registry() {
        let needs = "\n[dependencies]\nacme-pay-core = { version = \"=1.0.0\", path = \"parts/core\", default-features = false }\n\
                     prost = \"0.14\"\n";
        let whole = format!("{MANIFEST}{needs}");
        let version = sample::version(
            Language::Rust,
            &[
                ("Cargo.toml", &*whole),
                ("src/lib.rs", ""),
                ("parts/core/Cargo.toml", &MANIFEST.replace("pay", "pay-core")),
                ("parts/core/src/lib.rs", ""),
            ],
        );
        let host = Host { env: BTreeMap::default(), cwd: PathBuf::new() };
        let of = |registry: &str| {
            let place = Crates::new(registry, &host, &Version::new(1, 0, 0), Patience::default());
            crates(&place.package(&version).unwrap()).unwrap()
        };
        let ours = of("ours");
        let named: Vec<_> = ours.iter().map(|krate| (&*krate.name, &*krate.folder, krate.needs)).collect();
        assert_eq!(named, [("acme-pay-core", "parts/core", false), ("acme-pay", "", true)]);
        let said = text(&ours[1].files, super::MANIFEST).unwrap();
        assert_eq!(said, whole.replace("false }", "false, registry = \"ours\" }"));
        assert!(!ours[1].files.iter().any(|(path, _)| path.starts_with("parts/")));
        assert_eq!(text(&of("crates-io")[1].files, super::MANIFEST).unwrap(), whole);
    }

    #[test]
    fn crates_are_where_the_index_says() {
        let of = |pattern: &str| download(pattern, "Acme-pay", "1.0.0", "0a");
        assert_eq!(of("https://h/api"), "https://h/api/Acme-pay/1.0.0/download");
        assert_eq!(
            of("https://h/{lowerprefix}/{crate}-{version}.crate"),
            "https://h/ac/me/Acme-pay-1.0.0.crate"
        );
        assert_eq!(of("https://h/{sha256-checksum}"), "https://h/0a");
        assert_eq!(["a", "ab", "abc"].map(prefixed), ["1/a", "2/ab", "3/a/abc"]);
    }

    #[test]
    fn registries_and_tokens_are_those_of_cargo() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("work/.cargo")).unwrap();
        let config = "[registries.ours]\nindex = \"sparse+http://127.0.0.1:1/index/\"\n[registries.git]\nindex = \"https://h/index.git\"\n";
        std::fs::write(dir.path().join("work/.cargo/config.toml"), config).unwrap();
        std::fs::create_dir_all(dir.path().join("home")).unwrap();
        std::fs::write(dir.path().join("home/credentials.toml"), "[registries.ours]\ntoken = \"t0ken\"\n")
            .unwrap();
        let env = [("CARGO_HOME".into(), dir.path().join("home").into_os_string())];
        let host = |more: &[(&str, &str)]| {
            let more = more.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Host { env: env.clone().into_iter().chain(more).collect(), cwd: dir.path().join("work/deep") }
        };
        let of = |name: &str, more: &[(&str, &str)]| {
            Crates::new(name, &host(more), &Version::new(1, 0, 0), Patience::default())
        };
        assert_eq!(of("ours", &[]).index().unwrap(), "http://127.0.0.1:1/index");
        assert_eq!(of("ours", &[]).token().unwrap(), "t0ken");
        assert_eq!(of("crates-io", &[]).index().unwrap(), "https://index.crates.io");
        let env =
            [("CARGO_REGISTRIES_MY_OWN_INDEX", "sparse+https://h/"), ("CARGO_REGISTRIES_MY_OWN_TOKEN", "x")];
        assert_eq!(of("my-own", &env).index().unwrap(), "https://h");
        assert_eq!(of("my-own", &env).token().unwrap(), "x");
        for (name, why) in [("git", "a repository of git"), ("none", "has no registry of this name")] {
            let error = of(name, &[]).index().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
