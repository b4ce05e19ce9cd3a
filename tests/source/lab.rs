//! Repositories and directories for tests: fixed author and clock, nothing taken from the user's configuration.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{FileMode, Oid, Repository, RepositoryInitOptions, Signature, Time};
use protopact::config::{Overrides, Settings};
use protopact::source::{
    self, Around, ConfigSource, Context, Layout, LayoutError, Loaded, PathSelection, Places, Resolved, Side,
    SourceError, SourceSpec, Tree, layout, load_settings,
};

/// A repository with a working tree in a directory of its own.
pub(crate) struct Lab {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) repo: Repository,
    commits: std::cell::Cell<i64>,
}

fn signature(n: i64) -> Signature<'static> {
    Signature::new("Tester", "tester@example.com", &Time::new(1_700_000_000 + n * 60, 0)).unwrap()
}

impl Lab {
    pub(crate) fn new() -> Lab {
        let dir = tempfile::tempdir().unwrap();
        let mut options = RepositoryInitOptions::new();
        let repo = Repository::init_opts(dir.path(), options.initial_head("main")).unwrap();
        Lab { dir, repo, commits: 0.into() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes files into the working tree.
    pub(crate) fn write(&self, files: &[(&str, &str)]) {
        write(self.path(), files);
    }

    /// Writes files and commits the whole working tree.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> Oid {
        self.write(files);
        let mut index = self.repo.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::FORCE, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = index.write_tree().unwrap();
        self.commit_tree(tree)
    }

    /// Commits a tree made by hand.
    pub(crate) fn commit_tree(&self, tree: Oid) -> Oid {
        let n = self.commits.get();
        self.commits.set(n + 1);
        let tree = self.repo.find_tree(tree).unwrap();
        let parent = self.repo.head().ok().and_then(|h| h.peel_to_commit().ok());
        let parents: Vec<_> = parent.iter().collect();
        let who = signature(n);
        self.repo.commit(Some("HEAD"), &who, &who, &format!("commit {n}"), &tree, &parents).unwrap()
    }

    pub(crate) fn tag(&self, name: &str, commit: Oid) {
        let object = self.repo.find_object(commit, None).unwrap();
        self.repo.tag_lightweight(name, &object, false).unwrap();
    }

    pub(crate) fn annotated_tag(&self, name: &str, commit: Oid) {
        let object = self.repo.find_object(commit, None).unwrap();
        self.repo.tag(name, &object, &signature(0), "a message", false).unwrap();
    }

    pub(crate) fn reference(&self, name: &str, commit: Oid) {
        self.repo.reference(name, commit, true, "test").unwrap();
    }

    /// A tree of blobs, links and trees under raw names.
    pub(crate) fn raw_tree(&self, entries: &[(&[u8], FileMode, Oid)]) -> Oid {
        let mut builder = self.repo.treebuilder(None).unwrap();
        for (name, mode, id) in entries {
            builder.insert(*name, *id, i32::from(*mode)).unwrap();
        }
        builder.write().unwrap()
    }

    pub(crate) fn blob(&self, content: &str) -> Oid {
        self.repo.blob(content.as_bytes()).unwrap()
    }

    pub(crate) fn open(&self, text: &str) -> Result<Loaded, SourceError> {
        open(self.path(), text, Side::Old)
    }

    pub(crate) fn tree(&self, text: &str) -> Tree {
        tree(self.open(text))
    }
}

pub(crate) fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

pub(crate) fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    dir
}

pub(crate) fn open(cwd: &Path, text: &str, side: Side) -> Result<Loaded, SourceError> {
    source::open(&SourceSpec::parse(text, cwd, side).unwrap(), Context::new(cwd))
}

pub(crate) fn tree(loaded: Result<Loaded, SourceError>) -> Tree {
    match loaded {
        Ok(Loaded::Tree(tree)) => tree,
        Ok(Loaded::Image(image)) => panic!("{} is an image", image.name),
        Err(error) => panic!("{}", explain(&error)),
    }
}

/// An error with its causes and hint, one a line.
pub(crate) fn explain(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!("\n{inner}"));
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}

/// What a command does: both sides opened and laid out.
pub(crate) struct Run {
    pub(crate) cwd: PathBuf,
    pub(crate) paths: Vec<String>,
    pub(crate) exclude: Vec<String>,
}

impl Run {
    pub(crate) fn at(cwd: &Path) -> Run {
        Run { cwd: cwd.to_path_buf(), paths: Vec::new(), exclude: Vec::new() }
    }

    pub(crate) fn settings(&self, loaded: &Loaded) -> Settings {
        let source = ConfigSource { cwd: &self.cwd, flag: None };
        load_settings(loaded, source, &Overrides::default()).unwrap_or_else(|e| panic!("{}", explain(&e)))
    }

    fn places(&self, loaded: &Loaded, settings: &Settings) -> Places {
        Places::open(loaded, settings, Around { cwd: &self.cwd, cache: None, lock: None, shared: None }, None)
            .unwrap_or_else(|e| panic!("{}", explain(&e)))
    }

    pub(crate) fn try_new(&self, new: &str) -> Result<(Loaded, Resolved, PathSelection), LayoutError> {
        let loaded = open(&self.cwd, new, Side::New).unwrap_or_else(|e| panic!("{}", explain(&e)));
        let settings = self.settings(&loaded);
        let selection = PathSelection::new(
            &loaded,
            (&settings.check.path, &settings.check.exclude_path),
            &self.cwd,
            &self.paths,
            &self.exclude,
        );
        let resolved = layout::resolve(
            loaded.tree().unwrap(),
            &settings,
            &selection,
            Side::New,
            None,
            &self.places(&loaded, &settings),
        )?;
        Ok((loaded, resolved, selection))
    }

    pub(crate) fn new_side(&self, new: &str) -> Resolved {
        self.try_new(new).unwrap_or_else(|e| panic!("{e}")).1
    }

    pub(crate) fn both(&self, new: &str, old: &str) -> (Layout, Layout) {
        let (loaded, resolved, selection) = self.try_new(new).unwrap_or_else(|e| panic!("{e}"));
        let spec = SourceSpec::parse(old, &self.cwd, Side::Old).unwrap();
        let context = Context { counterpart: loaded.root(), ..Context::new(&self.cwd) };
        let old = source::open(&spec, context).unwrap_or_else(|e| panic!("{}", explain(&e)));
        let settings = self.settings(&old);
        let like = Some(&resolved.layout);
        let places = self.places(&loaded, &self.settings(&loaded));
        let old =
            layout::resolve(old.tree().unwrap(), &settings, &selection, Side::Old, like, &places).unwrap();
        (resolved.layout, old.layout)
    }
}

/// The files of a layout as `import <- display`, targets with a star.
pub(crate) fn shown(layout: &Layout) -> Vec<String> {
    let star = |target: bool| if target { " *" } else { "" };
    layout.files.iter().map(|(import, f)| format!("{import} <- {}{}", f.display, star(f.target))).collect()
}
