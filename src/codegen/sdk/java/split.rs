//! Several packages of one contract: its proto packages by parts, each a Maven project of its own.
//!
//! What protoc makes is the same in whatever jar it is, so that a part is its files and what it depends on. All have the
//! version of the contract. What no part names stays in the contract's own package.

use std::collections::{BTreeSet, HashMap};

use super::super::{PackageError, Table, Values, shared};
use super::artifact;
use crate::codegen::{Contract, Target};
use crate::config::generate::{self, Key};
use crate::config::{ConfigError, PackagePolicy, Selection};
use crate::schema::{Element, FileId, Schema};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Where the projects of parts are, below the package, with one that builds them all.
pub const FOLDER: &str = "parts/";

/// What no part is called: the project that builds them all, and where Maven leaves what it makes of that.
const TAKEN: [&str; 2] = ["parts", "target"];

/// `[generate.java.split]`.
pub(super) static TABLE: Table = Table { name: SPLIT, read };

/// The value of a target that has the parts: a line each, its name and then its globs.
const SPLIT: &str = "split";

/// Reads the table; see [`Table::read`].
fn read(table: &Key, _: &Target) -> Result<Values, ConfigError> {
    let generate::Value::Table(keys) = &table.value else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for key in keys {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = &*key.name;
        if !artifact(name) || !name.chars().all(plain) || name.starts_with('-') || TAKEN.contains(&name) {
            let message = format!("`{name}` is no name of a part");
            return Err(ConfigError::new(key.place.clone(), message)
                .hint("letters, digits and `-`: it comes after the artifact, as in `acme-contracts-core`"));
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

/// The parts by name, each with its globs.
fn named(target: &Target) -> impl Iterator<Item = (&str, Vec<&str>)> {
    target.get(SPLIT).lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.collect()))
    })
}

/// What the artifacts are called that a contract's packages have: its own, then those of its parts, if there are any.
pub fn artifacts(target: &Target) -> impl Iterator<Item = String> {
    let own = target.get("artifact");
    std::iter::once(own.to_owned()).chain(named(target).map(move |(part, _)| of_part(own, part)))
}

fn of_part(artifact: &str, part: &str) -> String {
    format!("{artifact}-{part}")
}

/// One package of a contract.
pub(super) struct Part<'a> {
    /// What it is called; empty for the contract's own.
    pub name: &'a str,
    /// The Maven artifact.
    pub artifact: String,
    /// The files that it has itself, imports before importers.
    pub files: Vec<FileId>,
    /// The parts that its files import from, by their places in the list.
    pub needs: BTreeSet<usize>,
}

impl Part<'_> {
    /// Where its project is, below the package of the contract; empty for that itself.
    pub(super) fn folder(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{FOLDER}{}", self.name) }
    }
}

/// The packages of a contract, the own one first and the others by name; that one alone where nothing is split. `files`
/// are those that the packages have together.
pub(super) fn parts<'a>(schema: &Schema, target: &'a Target, files: &[FileId]) -> Vec<Part<'a>> {
    let own = target.get("artifact");
    let part = |name, artifact| Part { name, artifact, files: Vec::new(), needs: BTreeSet::new() };
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

/// Where each part stands when those that it needs come first. Of parts that need each other the order is any.
pub(super) fn in_order(parts: &[Part<'_>]) -> Vec<usize> {
    fn visit(at: usize, parts: &[Part<'_>], seen: &mut BTreeSet<usize>, out: &mut Vec<usize>) {
        if seen.insert(at) {
            parts[at].needs.iter().for_each(|&other| visit(other, parts, seen, out));
            out.push(at);
        }
    }
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    (0..parts.len()).for_each(|at| visit(at, parts, &mut seen, &mut out));
    out
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
    let schema = contract.schema;
    let parts = parts(schema, target, files);
    let globs = globs(target);
    let told = |at: usize| match parts[at].name {
        "" => format!("the contract's own package `{}`", parts[at].artifact),
        name => format!("part `{name}`"),
    };
    for part in parts.iter().filter(|part| part.files.is_empty()) {
        let (what, hint) = match part.name {
            "" => (
                format!(
                    "every package of the contract is in a part, and nothing stays in `{}`",
                    part.artifact
                ),
                "take out one of the parts: what no part names is in the contract's own package",
            ),
            name => (
                format!("no package of the contract is in part `{name}`"),
                "`*` is one part of a package's name, `**` any number of them",
            ),
        };
        out.push(PackageError::Setting { language: LANGUAGE, what, hint: hint.to_owned() });
    }
    for &file in files {
        let package = &schema.file(file).package;
        let all: Vec<String> = at(&globs, package).into_iter().map(told).collect();
        if all.len() > 1 {
            let what = format!("package `{package}` is in {}", all.join(" and in "));
            let hint = "let the globs of one part name it";
            out.push(shared::refuse(schema, LANGUAGE, Element::File(file), &[PACKAGE], what, hint));
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
                LANGUAGE,
                Element::File(file),
                &[DEPENDENCY, number],
                what,
                hint,
            ));
        }
    }
}

/// `package` and `dependency` in `FileDescriptorProto`.
const PACKAGE: i32 = 2;
const DEPENDENCY: i32 = 3;
