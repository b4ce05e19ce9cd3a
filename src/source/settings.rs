//! Reading the configuration that a source holds.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::locate_on_disk;
use super::tree::name_of;
use super::{Loaded, SourceError, Tree};
use crate::config::buf::{self, Workspace};
use crate::config::{ConfigError, FILE_NAME, Found, Overrides, Place, Settings, file, is_under, merge};
use crate::git::Repo;

/// Where the configuration comes from.
#[derive(Clone, Copy, Debug)]
pub struct ConfigSource<'a> {
    /// The working directory: governs compiled inputs, which hold no configuration, and `--config` paths.
    pub cwd: &'a Path,
    /// The value of `--config`: TOML as in protopact.toml, buf's form as JSON or YAML, or the path of a buf.yaml or
    /// protopact.toml.
    pub flag: Option<&'a str>,
}

/// Reads the configuration of a source and merges it with the flags.
///
/// A tree's configuration lies at its root. A compiled input is governed by the working directory's.
///
/// # Errors
///
/// A configuration file cannot be read or is wrong.
pub fn load_settings(
    loaded: &Loaded,
    source: ConfigSource<'_>,
    overrides: &Overrides,
) -> Result<Settings, SourceError> {
    let mut found = match (source.flag, loaded) {
        (Some(value), _) => from_flag(value, source.cwd)?,
        (None, Loaded::Tree(tree)) => from_tree(tree)?,
        (None, Loaded::Image(_)) => from_directory(source.cwd)?,
    };
    if let Some((_, file)) = found.protopact.as_mut().filter(|(_, file)| !file.imports.is_empty()) {
        let folder = folder(loaded, source);
        file.imports.iter_mut().for_each(|place| place.path = folder.join(&place.path));
    }
    if let Some(protoc) = found.protopact.as_mut().and_then(|(_, file)| file.protoc.as_mut()) {
        *protoc = folder(loaded, source).join(&*protoc);
    }
    if let Some(history) = found.protopact.as_mut().and_then(|(_, file)| file.history.as_mut()) {
        history.path = folder(loaded, source).join(&history.path);
    }
    Ok(merge(found, overrides)?)
}

/// The folder of the configuration on disk: where it names a program, that is where it is. A revision holds no programs;
/// there it is the same folder of the working tree.
fn folder(loaded: &Loaded, source: ConfigSource<'_>) -> PathBuf {
    let folder = match (source.flag, loaded) {
        (Some(value), _) if is_text(value, source.cwd) => None,
        (Some(value), _) => source.cwd.join(value).parent().map(Path::to_owned),
        (None, Loaded::Tree(_)) => home(loaded),
        (None, Loaded::Image(_)) => governing(source.cwd).ok(),
    };
    folder.unwrap_or_else(|| source.cwd.to_owned())
}

/// The folder of a contract on disk; of a revision, the same folder of the working tree.
pub(super) fn home(loaded: &Loaded) -> Option<PathBuf> {
    let tree = loaded.tree()?;
    let of_revision = || {
        let origin = tree.origin()?;
        Some(Repo::open(&origin.repository).ok()?.workdir()?.join(&origin.folder))
    };
    tree.root().map(Path::to_owned).or_else(of_revision)
}

/// Whether a `--config` value is configuration itself, and not the path of a file.
fn is_text(value: &str, cwd: &Path) -> bool {
    buf::is_inline(value) || (file::is_inline(value) && !cwd.join(value).exists())
}

fn from_flag(value: &str, cwd: &Path) -> Result<Found, SourceError> {
    if is_text(value, cwd) && file::is_inline(value) {
        let name = "--config";
        let protopact = Some((name.to_owned(), file::parse(value, name)?));
        return Ok(Found { protopact, ..Found::default() });
    }
    if is_text(value, cwd) {
        let buf = Some((vec!["--config".into()], buf::parse_inline(value)?));
        return Ok(Found { buf, ..Found::default() });
    }
    let path = cwd.join(value);
    let text = fs::read_to_string(&path).map_err(|source| SourceError::Io {
        doing: "read configuration",
        path,
        source,
    })?;
    Ok(if value.ends_with(".toml") {
        Found { protopact: Some((value.to_owned(), file::parse(&text, value)?)), ..Found::default() }
    } else {
        Found { buf: Some((vec![value.to_owned()], buf::parse(&text, value)?)), ..Found::default() }
    })
}

/// Reads files by their path from the folder of the configuration.
trait Files {
    fn text(&self, path: &str) -> Result<Option<String>, SourceError>;
    fn shown(&self, path: &str) -> String;

    /// Whether nobody can edit them any more.
    fn are_past(&self) -> bool {
        false
    }
}

impl Files for Tree {
    fn text(&self, path: &str) -> Result<Option<String>, SourceError> {
        if !self.contains(path) {
            return Ok(None);
        }
        let fail = |source| SourceError::Read { path: self.display(path), label: self.name().told(), source };
        let bytes = self.read(path).map_err(fail)?;
        text_of(&bytes, &self.shown(path)).map(Some)
    }

    fn shown(&self, path: &str) -> String {
        let shown = self.display(path);
        // A revision's file is not the one on disk, which has the same path.
        if self.root().is_none() { format!("{shown} in {}", self.name().told()) } else { shown }
    }

    fn are_past(&self) -> bool {
        self.origin().is_some() && self.root().is_none()
    }
}

struct OnDisk<'a>(&'a Path);

impl Files for OnDisk<'_> {
    fn text(&self, path: &str) -> Result<Option<String>, SourceError> {
        let full = self.0.join(path);
        if !full.is_file() {
            return Ok(None);
        }
        let bytes =
            fs::read(&full).map_err(|source| SourceError::Io { doing: "read", path: full, source })?;
        text_of(&bytes, &self.shown(path)).map(Some)
    }

    fn shown(&self, path: &str) -> String {
        self.0.join(path).display().to_string()
    }
}

fn text_of(bytes: &[u8], shown: &str) -> Result<String, SourceError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = String::from_utf8_lossy(&bytes[..e.valid_up_to()]).into_owned();
        let place = Place::of_offset(&shown.into(), &before, before.len());
        ConfigError::new(place, "the file is not valid UTF-8")
    })?;
    // Editors on Windows write a byte order mark.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

fn from_directory(cwd: &Path) -> Result<Found, SourceError> {
    from_files(&OnDisk(&governing(cwd)?))
}

/// The folder whose configuration governs another one.
fn governing(cwd: &Path) -> Result<PathBuf, SourceError> {
    let folder = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_path_buf());
    let located = locate_on_disk(&folder)?;
    Ok(folder.ancestors().nth(located.up).unwrap_or(&folder).to_owned())
}

fn from_files(files: &dyn Files) -> Result<Found, SourceError> {
    let protopact = match files.text(FILE_NAME)? {
        Some(text) => {
            let shown = files.shown(FILE_NAME);
            let file = file::parse(&text, &shown)?;
            Some((shown, file))
        }
        None => None,
    };
    let roots = protopact.as_ref().is_some_and(|(_, file)| file.roots.is_some());
    let mut notes = Vec::new();
    let buf = workspace_at(files, "", roots, &mut notes)?;
    Ok(Found { protopact, buf, notes })
}

/// buf's configuration in one folder. A file of a revision that says no version cannot be given one any more: where
/// somebody else says the `roots` it is passed over, and otherwise it is read as the version that could do without.
fn workspace_at(
    files: &dyn Files,
    folder: &str,
    roots: bool,
    notes: &mut Vec<String>,
) -> Result<Option<(Vec<String>, Workspace)>, SourceError> {
    let at = |name: &str| crate::config::join(folder, name);
    let mut read = |path: &str| -> Result<Option<(String, Workspace)>, SourceError> {
        let Some(text) = files.text(path)? else { return Ok(None) };
        let shown = files.shown(path);
        let workspace = match files.are_past() && buf::is_unversioned(&text) {
            true if roots => return Ok(None),
            true => {
                notes.push(format!("{shown} says no `version`: it is read as v1beta1"));
                buf::parse_unversioned(&text, &shown)?
            }
            false => buf::parse(&text, &shown)?,
        };
        Ok(Some((shown, workspace)))
    };
    let own = read(&at(buf::FILE_NAME))?;
    if let Some((shown, workspace)) = own.as_ref().filter(|(_, w)| w.version == "v2") {
        return Ok(Some((vec![shown.clone()], workspace.clone())));
    }
    if let Some(text) = files.text(&at(buf::WORK_FILE_NAME))? {
        let shown = files.shown(&at(buf::WORK_FILE_NAME));
        let mut names = vec![shown.clone()];
        let mut modules = Vec::new();
        for inner in buf::parse_work(&text, &shown)? {
            let module = read(&crate::config::join(&at(&inner), buf::FILE_NAME))?;
            if let Some((_, nested)) = module.as_ref().filter(|(_, w)| w.version == "v2") {
                let message = format!("`{inner}` holds a buf.yaml of version {}", nested.version);
                return Err(ConfigError::new(Place::whole(&shown), message)
                    .hint("a buf.work.yaml joins modules of version v1 and v1beta1")
                    .into());
            }
            names.extend(module.iter().map(|(shown, _)| shown.clone()));
            modules.push((inner, module.map(|(_, w)| w)));
        }
        return Ok(Some((names, buf::assemble(modules))));
    }
    Ok(own.map(|(shown, workspace)| (vec![shown], workspace)))
}

fn from_tree(tree: &Tree) -> Result<Found, SourceError> {
    let mut found = from_files(tree)?;
    if found.buf.is_some() || found.protopact.as_ref().is_some_and(|(_, file)| file.roots.is_some()) {
        return Ok(found);
    }
    found.buf = nested(tree, &mut found.notes)?;
    Ok(found)
}

/// buf's configurations further down, when together they cover every .proto file.
fn nested(tree: &Tree, notes: &mut Vec<String>) -> Result<Option<(Vec<String>, Workspace)>, SourceError> {
    let mut folders: Vec<&str> = tree
        .entries()
        .map(|(path, _)| path)
        .filter(|path| [buf::FILE_NAME, buf::WORK_FILE_NAME].contains(&name_of(path)))
        .filter_map(|path| path.rsplit_once('/').map(|(folder, _)| folder))
        .collect();
    folders.sort();
    folders.dedup();
    let mut outermost: Vec<&str> = Vec::new();
    for folder in folders {
        if !outermost.iter().any(|outer| is_under(folder, outer)) {
            outermost.push(folder);
        }
    }
    if outermost.is_empty() || !tree.protos().all(|path| outermost.iter().any(|f| is_under(path, f))) {
        return Ok(None);
    }
    let mut names = Vec::new();
    let mut all: Option<Workspace> = None;
    for folder in outermost {
        if let Some((files, workspace)) = workspace_at(tree, folder, false, notes)? {
            names.extend(files);
            let workspace = workspace.below(folder);
            match &mut all {
                Some(all) => all.modules.extend(workspace.modules),
                None => all = Some(workspace),
            }
        }
    }
    Ok(all.map(|all| (names, all)))
}
