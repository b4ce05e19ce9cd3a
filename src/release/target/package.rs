//! The package of a language among the files of a version, and what all registries of languages need.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempDir;

use super::{Prepared, State, TargetError};
use crate::codegen::sdk::split;
use crate::config::Patience;
use crate::deps::archive;
use crate::machine::run::{Call, Done, Limits, RunError, run};
use crate::machine::{FileTree, Host};
use crate::text::{hidden, without_secrets};
use crate::words::Language;

/// The files of the package of a language, as they are in its archive.
pub(super) fn package(files: &FileTree, language: Language) -> Result<FileTree, TargetError> {
    let name = crate::release::artefacts::package(language);
    let packed = files.get(&name).ok_or(TargetError::NoPackage(language))?;
    let broken = |why: String| TargetError::Unusable { what: name.clone(), why };
    let all = archive::read(packed, &|_| true).map_err(|e| broken(e.to_string()))?;
    let mut tree = FileTree::new();
    for (path, content) in all {
        // One folder is around all.
        let path = path.split_once('/').map_or(&*path, |(_, path)| path);
        tree.add(path, content).map_err(|e| broken(e.to_string()))?;
    }
    Ok(tree)
}

/// One of several packages of a version: the contract's own, or a part.
pub(super) struct Project {
    /// Where it is among the files of all of them; empty for the contract's own.
    pub(super) folder: String,
    pub(super) files: FileTree,
}

/// What a package is called, and what all are called that it asks for.
pub(super) type Names = (String, Vec<String>);

/// The packages of a version, each after those that it needs. `said` reads the names of one.
pub(super) fn projects(
    all: &FileTree,
    manifest: &str,
    said: &dyn Fn(&FileTree) -> Result<Names, TargetError>,
) -> Result<Vec<Project>, TargetError> {
    let (mut projects, mut names, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for folder in split::made_in(all, manifest) {
        let files = split::project(all, &folder);
        let (name, asks) = said(&files)?;
        projects.push(Some(Project { folder, files }));
        names.push(name);
        asked.push(asks);
    }
    let at = |name: &String| names.iter().position(|one| one == name);
    let needs: Vec<_> = asked.iter().map(|asks| asks.iter().filter_map(at).collect()).collect();
    Ok(split::in_order(&needs).into_iter().filter_map(|at| projects[at].take()).collect())
}

/// What one of several packages has under a version: all of it only where each has.
pub(super) fn together(states: &[State]) -> State {
    let first = |state| states.contains(&state).then_some(state);
    first(State::Other).or(first(State::Absent)).unwrap_or(State::Same)
}

/// Packages of one version, each shown after the one before it.
pub(super) struct InOrder(pub(super) Vec<Box<dyn Prepared>>);

impl Prepared for InOrder {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        self.0.into_iter().try_fold(false, |shown, project| Ok(project.show()? || shown))
    }
}

/// A file of a package as text.
pub(super) fn text<'a>(package: &'a FileTree, name: &str) -> Result<&'a str, TargetError> {
    let found = package.get(name).and_then(|content| std::str::from_utf8(content).ok());
    found.ok_or_else(|| TargetError::Unusable {
        what: name.to_owned(),
        why: "the package does not have it".to_owned(),
    })
}

/// Packs files into a zip archive, the same bytes wherever it is made.
pub(super) fn zip<'a>(files: impl IntoIterator<Item = (String, &'a [u8])>) -> std::io::Result<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (path, content) in files {
        writer.start_file(path, options)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The files in an archive below a folder, without those that are not wanted; `None` where it is none.
pub(super) fn unpacked(
    archive: &[u8],
    below: &str,
    wanted: &dyn Fn(&str) -> bool,
) -> Option<BTreeMap<String, Bytes>> {
    let all = archive::read(archive, &|path| !path.ends_with('/')).ok()?;
    let files = all.into_iter().map(|(path, content)| {
        let path = path.strip_prefix(below).map(str::to_owned)?;
        Some((path, content))
    });
    // Something beside the folder is nothing that was made from the package.
    let files: Option<BTreeMap<_, _>> = files.collect();
    Some(files?.into_iter().filter(|(path, _)| wanted(path)).collect())
}

/// A tool that builds or publishes a package.
pub(super) struct Tool<'a> {
    pub(super) host: &'a Host,
    pub(super) name: &'static str,
    /// The target, as a person knows it.
    pub(super) target: &'a str,
    /// Where it runs.
    pub(super) folder: &'a Path,
    pub(super) patience: Patience,
}

impl Tool<'_> {
    /// Where it is.
    pub(super) fn find(&self) -> Result<PathBuf, TargetError> {
        self.host.find(self.name).ok_or_else(|| TargetError::NoTool {
            target: self.target.to_owned(),
            tools: format!("`{}`", self.name),
        })
    }

    /// Runs it. What it says is told without passwords and tokens.
    pub(super) fn run(&self, arguments: Vec<OsString>) -> Result<Done, TargetError> {
        let program = self.find()?;
        let Tool { host, name, folder, patience, .. } = *self;
        let call = Call { name, program: &program, arguments, folder, input: b"", set: Vec::new() };
        let limits = Limits { time: patience.tool, ..Limits::default() };
        run(host, &call, limits).map_err(|error| {
            let told = |text: &str| hidden(&without_secrets(text), secrets(host));
            let said: Vec<String> = error.messages().lines().map(|line| told(line.trim())).collect();
            TargetError::Tool {
                target: self.target.to_owned(),
                error: told(&error.to_string()),
                said: reasons(&said),
                late: matches!(error, RunError::TimedOut { .. }),
            }
        })
    }
}

/// How many lines of a tool that failed are told, and how much of each.
const LINES: usize = 3;
const LENGTH: usize = 300;

/// The lines that say why a tool failed: the first that speak of an error, or else the last ones.
fn reasons(lines: &[String]) -> String {
    let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
    let speaks = |line: &&&String| line.to_lowercase().contains("error");
    let mut told: Vec<&&String> = lines.iter().filter(speaks).take(LINES).collect();
    if told.is_empty() {
        told = lines.iter().rev().take(LINES).collect();
        told.reverse();
    }
    let short: Vec<String> = told.iter().map(|line| line.chars().take(LENGTH).collect()).collect();
    short.join("; ")
}

/// What variables of the environment hold that are there to be secret.
fn secrets(host: &Host) -> impl Iterator<Item = &str> {
    let secret = |name: &str| ["TOKEN", "PASSWORD", "SECRET"].iter().any(|end| name.ends_with(end));
    host.env.iter().filter_map(move |(name, value)| {
        let value = value.to_str()?;
        (secret(name.to_str()?) && value.len() > 3).then_some(value)
    })
}

/// A package in a folder of its own, where a tool can work on it.
pub(super) fn laid_out(package: &FileTree) -> Result<TempDir, TargetError> {
    let folder = tempfile::Builder::new().prefix("protopact-").tempdir();
    let folder = folder.map_err(|e| crate::machine::fail("make a folder in", &std::env::temp_dir())(e))?;
    package.write(folder.path())?;
    Ok(folder)
}

/// What HTTP calls a name and a password.
pub(super) fn basic(name: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

#[cfg(test)]
pub(super) mod sample {
    use super::*;
    use crate::release::artefacts::package as archive_name;

    /// The files of a version that has one package.
    pub(in crate::release::target) fn version(language: Language, package: &[(&str, &str)]) -> FileTree {
        let folder = |path: &str| format!("pay-1.0.0/{path}");
        let packed = zip(package.iter().map(|(path, text)| (folder(path), text.as_bytes()))).unwrap();
        let mut files = FileTree::new();
        files.add(&archive_name(language), packed).unwrap();
        files.add(crate::release::artefacts::RELEASE, r#"{"time": "2026-09-21T14:13:20Z"}"#).unwrap();
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_taken_out_of_its_archive() {
        let files = sample::version(Language::Go, &[("go.mod", "module x\n"), ("a/b", "c")]);
        let package = package(&files, Language::Go).unwrap();
        assert_eq!(text(&package, "go.mod").unwrap(), "module x\n");
        assert_eq!(package.get("a/b").unwrap(), "c");
        assert!(text(&package, "go.sum").is_err());
    }

    #[test]
    fn a_version_without_the_package_is_refused() {
        let files = sample::version(Language::Go, &[("go.mod", "module x\n")]);
        let error = package(&files, Language::Java).unwrap_err();
        assert_eq!(error.to_string(), "the version has no package for Java");
        assert_eq!(error.hint().unwrap(), "configure it under `[generate.java]`");
    }

    #[test]
    fn of_what_a_tool_says_the_reasons_are_told() {
        let said = |text: &str| reasons(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        let cargo = "    Updating index\nerror: failed to publish\n\nCaused by:\n  an error (status 403)\nx";
        assert_eq!(said(cargo), "error: failed to publish;   an error (status 403)");
        assert_eq!(said("a\nb\n\nc\nd"), "b; c; d");
        assert_eq!(said(&"error ".repeat(100)).len(), LENGTH);
        assert_eq!(said(""), "");
    }

    #[test]
    fn what_a_tool_says_is_told_without_what_is_secret() {
        let env: BTreeMap<OsString, OsString> =
            [("PATH", "/usr/bin:/bin"), ("TWINE_PASSWORD", "s3cret"), ("X_TOKEN", "t0ken")]
                .map(|(name, value)| (name.into(), value.into()))
                .into();
        let host = Host { env, cwd: std::env::temp_dir() };
        let (folder, patience) = (std::env::temp_dir(), Patience::default());
        let tool = Tool { host: &host, name: "sh", target: "index `x`", folder: &folder, patience };
        let script = "echo \"no: $TWINE_PASSWORD $X_TOKEN https://me:pass@host/\" >&2; exit 3";
        let error = tool.run(vec!["-c".into(), script.into()]).unwrap_err();
        let told = format!("{error} {error:?} {:?}", error.hint());
        assert!(told.contains("no: *** *** https://***@host/"), "{told}");
        assert!(!told.contains("s3cret") && !told.contains("t0ken") && !told.contains("pass@"), "{told}");
        let none = Tool { name: "no-such-tool", ..tool }.run(Vec::new()).unwrap_err();
        assert_eq!(none.to_string(), "index `x` needs `no-such-tool`, which is not on the path");
    }
}
