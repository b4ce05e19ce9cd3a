//! Several packages of one contract: its proto packages by parts, each a project of its own.
//!
//! A part is its files and what it depends on. All have the version of the contract. What no part names stays in the
//! contract's own package. How a project is laid out is each language's own business.

use std::collections::{BTreeSet, HashMap};

use super::common::{self, Family, Home};
use super::{PackageError, Table, Values, of, shared};
use crate::codegen::{Contract, Target};
use crate::config::generate::{self, Key};
use crate::config::{ConfigError, PackagePolicy, Selection};
use crate::machine::FileTree;
use crate::schema::{Element, FileId, Schema};

/// Where the projects of parts are, below the package, with one that builds them all.
pub const FOLDER: &str = "parts/";

/// What no part is called: the project that builds them all in Java, and where tools leave what they make of that.
const TAKEN: [&str; 2] = ["parts", "target"];

/// `[generate.java.split]` and its like.
pub(super) static TABLE: Table = Table { name: SPLIT, read };

/// The value of a target that has the parts: a line each, its name and then its globs.
const SPLIT: &str = "split";

/// Reads the table; see [`Table::read`].
fn read(table: &Key, _: &Target) -> Result<Values, ConfigError> {
    let generate::Value::Table(keys) = &table.value else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for key in keys {
        let name = &*key.name;
        if !is_part(name) {
            let message = format!("`{name}` is no name of a part");
            return Err(ConfigError::new(key.place.clone(), message).hint(
                "small letters and digits, with `-` between them: it comes after the name of the package, as in \
                 `acme-contracts-core`",
            ));
        }
        let globs = match &key.value {
            generate::Value::List(globs) if !globs.is_empty() => globs,
            _ => {
                let message = format!("`{}` is a list of packages", key.name);
                return Err(ConfigError::new(key.value_place.clone(), message).hint(
                    "for example `core = [\"acme.core.**\"]`: `*` is one part of a name, `**` any number",
                ));
            }
        };
        let mut line = key.name.clone();
        for (glob, place) in globs {
            if let Err(error) = PackagePolicy::new(glob, Selection::default()) {
                return Err(ConfigError::new(place.clone(), error.to_string()));
            }
            if glob.contains(char::is_whitespace) {
                let message = format!("`{glob}` has a space in it, which no package has");
                return Err(ConfigError::new(place.clone(), message));
            }
            line.push(' ');
            line.push_str(glob);
        }
        lines.push(line);
    }
    lines.sort_unstable();
    Ok(vec![(SPLIT.to_owned(), lines.join("\n"))])
}

/// Whether a part may be called so: what registries of all languages take behind another name, in one form only.
fn is_part(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.split('-').all(|word| !word.is_empty() && word.chars().all(plain)) && !TAKEN.contains(&name)
}

/// The parts by name, each with its globs.
fn named(target: &Target) -> impl Iterator<Item = (&str, Vec<&str>)> {
    target.get(SPLIT).lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.collect()))
    })
}

/// What the packages of a contract are called: its own, then those of its parts, if there are any.
pub fn packages(target: &Target) -> impl Iterator<Item = String> {
    let own = own_name(target);
    std::iter::once(own.to_owned()).chain(named(target).map(move |(part, _)| of_part(own, part)))
}

/// Where the projects of a contract's packages are, each as in [`packages`]; empty for its own.
pub fn folders(target: &Target) -> impl Iterator<Item = String> {
    std::iter::once(String::new()).chain(named(target).map(|(part, _)| folder_of(part)))
}

fn own_name(target: &Target) -> &str {
    target.get(of(target.language()).name_key())
}

fn of_part(package: &str, part: &str) -> String {
    format!("{package}-{part}")
}

fn folder_of(part: &str) -> String {
    if part.is_empty() { String::new() } else { format!("{FOLDER}{part}") }
}

/// The folders of the projects in a package that was made, by the file that each project has; the own one comes first.
pub fn made_in<'a>(files: &'a FileTree, manifest: &'a str) -> impl Iterator<Item = String> + use<'a> {
    let part = move |path: &str| {
        let name = path.strip_prefix(FOLDER)?.strip_suffix(manifest)?.strip_suffix('/')?;
        (!name.contains('/')).then(|| folder_of(name))
    };
    std::iter::once(String::new()).chain(files.iter().filter_map(move |(path, _)| part(path)))
}

/// The files of one of the projects in a package that was made, by their paths in it.
#[must_use]
pub fn project(files: &FileTree, folder: &str) -> FileTree {
    if !folder.is_empty() {
        return files.below(folder);
    }
    let mut own = FileTree::new();
    for (path, content) in files.iter().filter(|(path, _)| !path.starts_with(FOLDER)) {
        own.add(path, content.clone()).expect("they are files of one tree");
    }
    own
}

/// One package of a contract.
pub(super) struct Part<'a> {
    /// What it is called; empty for the contract's own.
    pub name: &'a str,
    /// The package that it is: an artifact, a distribution, a crate.
    pub package: String,
    /// The files that it has itself, imports before importers.
    pub files: Vec<FileId>,
    /// The parts that its files import from, by their places in the list.
    pub needs: BTreeSet<usize>,
}

impl Part<'_> {
    /// Where its project is, below the package of the contract; empty for that itself.
    pub(super) fn folder(&self) -> String {
        folder_of(self.name)
    }

    /// What people call it.
    pub(super) fn told(&self) -> String {
        match self.name {
            "" => format!("the contract's own package `{}`", self.package),
            name => format!("part `{name}`"),
        }
    }

    /// The proto packages of its files that are the contract's.
    pub(super) fn packages(&self, schema: &Schema) -> Vec<String> {
        let files = self.files.iter().map(|file| schema.file(*file)).filter(|file| file.target);
        let packages = files.map(|file| &*file.package).filter(|package| !package.is_empty());
        let packages: BTreeSet<&str> = packages.collect();
        packages.into_iter().map(str::to_owned).collect()
    }
}

/// The packages of a contract, the own one first and the others by name; that one alone where nothing is split. `files`
/// are those that the packages have together.
pub(super) fn parts<'a>(schema: &Schema, target: &'a Target, files: &[FileId]) -> Vec<Part<'a>> {
    let own = own_name(target);
    let part = |name, package| Part { name, package, files: Vec::new(), needs: BTreeSet::new() };
    let mut parts = vec![part("", own.to_owned())];
    parts.extend(named(target).map(|(name, _)| part(name, of_part(own, name))));
    let globs = globs(target);
    for &file in files {
        let at = at(&globs, &schema.file(file).package).first().copied().unwrap_or(0);
        parts[at].files.push(file);
    }
    if parts.len() > 1 {
        for at in 0..parts.len() {
            let needs = imports(schema, &parts, at).into_iter().map(|(_, _, other)| other);
            parts[at].needs = needs.collect();
        }
    }
    parts
}

/// The package of a contract that a file is in, where it is in none that somebody else publishes.
#[must_use]
pub fn package_of(schema: &Schema, target: &Target, file: FileId) -> String {
    let part = at(&globs(target), &schema.file(file).package).first().copied().unwrap_or(0);
    packages(target).nth(part).unwrap_or_default()
}

/// The globs of each part, with its place in the list of packages.
fn globs(target: &Target) -> Vec<(usize, PackagePolicy)> {
    let all = named(target).enumerate().flat_map(|(at, (_, globs))| {
        let read = move |glob: &str| Some((at + 1, PackagePolicy::new(glob, Selection::default()).ok()?));
        globs.into_iter().filter_map(read).collect::<Vec<_>>()
    });
    all.collect()
}

/// The parts that name a package.
fn at(globs: &[(usize, PackagePolicy)], package: &str) -> BTreeSet<usize> {
    globs.iter().filter(|(_, glob)| glob.matches(package)).map(|(at, _)| *at).collect()
}

/// The imports of a part's files that are files of other parts: the file, which of its imports, and the part.
fn imports(schema: &Schema, parts: &[Part<'_>], at: usize) -> Vec<(FileId, usize, usize)> {
    let places =
        |(at, part): (usize, &Part<'_>)| part.files.iter().map(move |file| (*file, at)).collect::<Vec<_>>();
    let places: HashMap<FileId, usize> = parts.iter().enumerate().flat_map(places).collect();
    let mut found = Vec::new();
    for &file in &parts[at].files {
        for (number, import) in schema.file(file).imports.iter().enumerate() {
            let other = schema.file_by_name(&import.path).and_then(|imported| places.get(&imported).copied());
            found.extend(other.filter(|other| *other != at).map(|other| (file, number, other)));
        }
    }
    found
}

/// Where each of several things stands when those that it needs come first. Of things that need each other the order is
/// any.
#[must_use]
pub fn in_order(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    fn visit(at: usize, needs: &[BTreeSet<usize>], seen: &mut BTreeSet<usize>, out: &mut Vec<usize>) {
        if seen.insert(at) {
            needs[at].iter().for_each(|&other| visit(other, needs, seen, out));
            out.push(at);
        }
    }
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    (0..needs.len()).for_each(|at| visit(at, needs, &mut seen, &mut out));
    out
}

/// Below which folder that what plugins make of the files of a part is given back, which no generator gives to anything:
/// none where there is one package.
pub(super) fn place(parts: &[Part<'_>], at: usize) -> String {
    if parts.len() > 1 { at.to_string() } else { String::new() }
}

/// What plugins made of the files of a part.
pub(super) fn made_of(parts: &[Part<'_>], at: usize, made: &FileTree) -> FileTree {
    if parts.len() > 1 { made.below(&place(parts, at)) } else { made.clone() }
}

/// The published families that a part has to depend on; what comes by way of another part, that part asks for.
pub(super) fn families(
    contract: &Contract<'_>,
    target: &Target,
    parts: &[Part<'_>],
    at: usize,
) -> Vec<Family> {
    let language = target.language();
    if parts.len() == 1 {
        return shared::families(contract, language);
    }
    let imports = parts[at].files.iter().flat_map(|file| &contract.schema.file(*file).imports);
    let family = |path: &str| match common::home(language, path) {
        Some(Home::Google(family)) => Some(family),
        _ => None,
    };
    let all: BTreeSet<Family> = imports.filter_map(|import| family(&import.path)).collect();
    all.into_iter().collect()
}

/// What the README of a part says of the others.
pub(super) fn others(schema: &Schema, parts: &[Part<'_>], at: usize) -> Vec<minijinja::Value> {
    let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
    let other = |(_, part): (usize, &Part<'_>)| {
        minijinja::context! { package => &part.package, packages => part.packages(schema) }
    };
    others.map(other).collect()
}

/// Whether a part needs another, by whatever is between them.
fn reaches(parts: &[Part<'_>], from: usize, to: usize) -> bool {
    let (mut seen, mut todo) = (BTreeSet::new(), vec![from]);
    while let Some(at) = todo.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            todo.extend(&parts[at].needs);
        }
    }
    false
}

/// Refuses parts that need each other, that have nothing, or that name the same package.
pub(super) fn check(contract: &Contract<'_>, target: &Target, files: &[FileId], out: &mut Vec<PackageError>) {
    if named(target).next().is_none() {
        return;
    }
    let (schema, language) = (contract.schema, target.language());
    let parts = parts(schema, target, files);
    let globs = globs(target);
    let told = |at: usize| parts[at].told();
    for part in parts.iter().filter(|part| part.files.is_empty()) {
        let (what, hint) = match part.name {
            "" => (
                format!(
                    "every package of the contract is in a part, and nothing stays in `{}`",
                    part.package
                ),
                "take out one of the parts: what no part names is in the contract's own package",
            ),
            name => (
                format!("no package of the contract is in part `{name}`"),
                "`*` is one part of a package's name, `**` any number of them",
            ),
        };
        out.push(PackageError::Setting { language, what, hint: hint.to_owned() });
    }
    for &file in files {
        let package = &schema.file(file).package;
        let all: Vec<String> = at(&globs, package).into_iter().map(told).collect();
        if all.len() > 1 {
            let what = format!("package `{package}` is in {}", all.join(" and in "));
            let hint = "let the globs of one part name it";
            out.push(shared::refuse(schema, language, Element::File(file), &[PACKAGE], what, hint));
        }
    }
    for at in 0..parts.len() {
        for (file, number, other) in imports(schema, &parts, at) {
            if !reaches(&parts, other, at) {
                continue;
            }
            let what = format!(
                "{} imports `{}` of {}, which needs {} itself",
                told(at),
                schema.file(file).imports[number].path,
                told(other),
                told(at)
            );
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            let hint =
                "packages cannot need each other: let one part have both, or what both need be in a third";
            out.push(shared::refuse(
                schema,
                language,
                Element::File(file),
                &[DEPENDENCY, number],
                what,
                hint,
            ));
        }
    }
}

/// `package` and `dependency` in `FileDescriptorProto`.
pub(super) const PACKAGE: i32 = 2;
const DEPENDENCY: i32 = 3;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{in_order, is_part, made_in, project};
    use crate::machine::FileTree;

    #[test]
    fn a_part_is_called_what_every_registry_takes_in_one_form() {
        for name in ["core", "2fa", "front-end", "a-1"] {
            assert!(is_part(name), "{name}");
        }
        for name in ["", "-core", "core-", "a--b", "Core", "a_b", "a.b", "../a", "parts", "target"] {
            assert!(!is_part(name), "{name}");
        }
    }

    #[test]
    fn what_is_needed_comes_first_and_a_circle_ends() {
        let needs = |all: &[&[usize]]| -> Vec<BTreeSet<usize>> {
            all.iter().map(|some| some.iter().copied().collect()).collect()
        };
        assert_eq!(in_order(&needs(&[&[2], &[], &[1]])), [1, 2, 0]);
        assert_eq!(in_order(&needs(&[&[1], &[0]])), [1, 0]);
    }

    #[test]
    fn projects_are_found_by_the_file_that_each_has() {
        let mut files = FileTree::new();
        for path in [
            "a.toml",
            "src/x",
            "parts/core/a.toml",
            "parts/core/src/x",
            "parts/core/src/a.toml",
            "parts/a.toml",
        ] {
            files.add(path, path.to_owned()).unwrap();
        }
        assert_eq!(made_in(&files, "a.toml").collect::<Vec<_>>(), ["", "parts/core"]);
        let paths = |folder: &str| {
            project(&files, folder).iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(paths(""), ["a.toml", "src/x"]);
        assert_eq!(paths("parts/core"), ["a.toml", "src/a.toml", "src/x"]);
    }
}
