//! Lays the repositories of `fixtures/history/` with git2.
//!
//! The same case gives the same commit ids on every machine: author, committer and clock are fixed, no template
//! folder and no user configuration is read, and file contents pass through no filter. What a case is made of and
//! what the keys of `steps.toml` mean is told in `fixtures/history/README.md`.
//!
//! Every test crate compiles its own copy: `#[path = "../common/history.rs"] mod history;`.

#![allow(dead_code, reason = "every test binary that includes this module uses another part of it")]
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be laid fails its test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Commit, ErrorCode, Index, IndexEntry, IndexTime, ObjectType, Oid, Repository};
use git2::{RepositoryInitOptions, Signature, Time};

/// The author and committer of every commit.
const AUTHOR: (&str, &str) = ("Contract Keeper", "keeper@example.com");

/// The file mode of every file: the fixtures hold neither programs nor links.
const FILE_MODE: u32 = 0o100_644;

/// A repository that was laid.
#[derive(Debug)]
pub(crate) struct History {
    /// The folder of the working tree.
    pub(crate) dir: PathBuf,
    /// The commits in the order of `steps.toml`.
    pub(crate) commits: Vec<Laid>,
}

/// One commit that was laid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Laid {
    /// The commit's id.
    pub(crate) id: Oid,
    /// The branch that it was made on.
    pub(crate) branch: String,
    /// Its tag.
    pub(crate) tag: Option<String>,
}

impl History {
    /// The id of the commit with a tag.
    pub(crate) fn tagged(&self, tag: &str) -> Oid {
        let laid = self.commits.iter().find(|c| c.tag.as_deref() == Some(tag));
        laid.unwrap_or_else(|| panic!("no commit is tagged `{tag}`")).id
    }

    /// The id of the last commit of a branch.
    pub(crate) fn tip(&self, branch: &str) -> Oid {
        let laid = self.commits.iter().rev().find(|c| c.branch == branch);
        laid.unwrap_or_else(|| panic!("no commit is on `{branch}`")).id
    }

    /// What each commit that has a parent made of it: the files of the parent and its own.
    pub(crate) fn steps(&self) -> Vec<[BTreeMap<String, Vec<u8>>; 2]> {
        let repo = Repository::open(&self.dir).unwrap();
        let commits = self.commits.iter().map(|laid| repo.find_commit(laid.id).unwrap());
        commits.filter_map(|is| Some([files_of(&repo, &is.parent(0).ok()?), files_of(&repo, &is)])).collect()
    }
}

/// `steps.toml` as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    head: String,
    step: Vec<Step>,
}

/// One commit as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    start: Start,
    #[serde(default)]
    remove: Vec<String>,
    folder: Option<String>,
    #[serde(default = "main_branch")]
    branch: String,
    from: Option<String>,
    tag: Option<String>,
    date: toml::value::Datetime,
    message: String,
}

/// What the files of a step start from.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Start {
    #[default]
    Parent,
    Contracts,
    Empty,
}

fn main_branch() -> String {
    "main".to_owned()
}

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of all cases, sorted.
pub(crate) fn cases() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(project().join("fixtures/history"))
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.file_type().unwrap().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Lays a case into a folder, which is made if it does not exist and must not be a repository yet.
pub(crate) fn lay(case: &str, dir: &Path) -> History {
    let home = project().join("fixtures/history").join(case);
    let text = fs::read_to_string(home.join("steps.toml")).unwrap_or_else(|e| panic!("case `{case}`: {e}"));
    let steps: Steps = toml::from_str(&text).unwrap_or_else(|e| panic!("case `{case}`: {e}"));

    let mut options = RepositoryInitOptions::new();
    options.no_reinit(true).external_template(false).initial_head(&steps.head);
    let repo = Repository::init_opts(dir, &options).unwrap();

    let mut commits = Vec::new();
    for step in &steps.step {
        commits.push(lay_step(&repo, &home, step));
    }
    check_out(&repo, dir, &steps.head);
    History { dir: dir.to_owned(), commits }
}

/// Makes one commit, and its branch and tag.
fn lay_step(repo: &Repository, home: &Path, step: &Step) -> Laid {
    let parent = parent_of(repo, step);
    let mut files = match step.start {
        Start::Parent => parent.as_ref().map(|p| files_of(repo, p)).unwrap_or_default(),
        Start::Contracts => read_folder(&project().join("contracts")),
        Start::Empty => BTreeMap::new(),
    };
    for gone in &step.remove {
        let count = files.len();
        files.retain(|path, _| path != gone && !path.starts_with(&format!("{gone}/")));
        assert!(files.len() < count, "step `{}` removes `{gone}`, which is not there", step.message);
    }
    if let Some(folder) = &step.folder {
        files.extend(read_folder(&home.join(folder)));
    }

    let mut index = Index::new().unwrap();
    for (path, content) in &files {
        index.add(&entry(path, repo.blob(content).unwrap())).unwrap();
    }
    let tree = repo.find_tree(index.write_tree_to(repo).unwrap()).unwrap();
    let who = Signature::new(AUTHOR.0, AUTHOR.1, &Time::new(seconds(&step.date), 0)).unwrap();
    let parents: Vec<&Commit<'_>> = parent.iter().collect();
    // git ends every message with a line break, and `ci/demo` lays the same commits with git.
    let message = format!("{}\n", step.message);
    let id = repo.commit(None, &who, &who, &message, &tree, &parents).unwrap();
    repo.reference(&format!("refs/heads/{}", step.branch), id, true, "").unwrap();
    if let Some(tag) = &step.tag {
        let commit = repo.find_object(id, Some(ObjectType::Commit)).unwrap();
        repo.tag(tag, &commit, &who, &format!("{tag}\n"), false).unwrap();
    }
    Laid { id, branch: step.branch.clone(), tag: step.tag.clone() }
}

/// The commit that a step goes on from: the tip of its branch, else where the branch starts.
fn parent_of<'r>(repo: &'r Repository, step: &Step) -> Option<Commit<'r>> {
    match repo.find_reference(&format!("refs/heads/{}", step.branch)) {
        Ok(tip) => {
            assert!(step.from.is_none(), "branch `{}` exists already and cannot start again", step.branch);
            Some(tip.peel_to_commit().unwrap())
        }
        Err(e) if e.code() == ErrorCode::NotFound => {
            step.from.as_ref().map(|from| repo.revparse_single(from).unwrap().peel_to_commit().unwrap())
        }
        Err(e) => panic!("{e}"),
    }
}

/// All files of a commit by path.
fn files_of(repo: &Repository, commit: &Commit<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut index = Index::new().unwrap();
    index.read_tree(&commit.tree().unwrap()).unwrap();
    index
        .iter()
        .map(|e| {
            let content = repo.find_blob(e.id).unwrap().content().to_vec();
            (String::from_utf8(e.path).unwrap(), content)
        })
        .collect()
}

/// All files below a folder by path.
fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for found in walkdir::WalkDir::new(folder) {
        let found = found.unwrap();
        if found.file_type().is_file() {
            let path: Vec<&str> = found
                .path()
                .strip_prefix(folder)
                .unwrap()
                .iter()
                .map(|part| part.to_str().unwrap())
                .collect();
            files.insert(path.join("/"), fs::read(found.path()).unwrap());
        }
    }
    assert!(!files.is_empty(), "`{}` holds no file", folder.display());
    files
}

/// Points HEAD at a branch and writes its files and the index, without any filter.
fn check_out(repo: &Repository, dir: &Path, branch: &str) {
    repo.set_head(&format!("refs/heads/{branch}")).unwrap();
    let commit = repo.head().unwrap().peel_to_commit().unwrap();
    for (path, content) in files_of(repo, &commit) {
        let to = dir.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, content).unwrap();
    }
    let mut index = repo.index().unwrap();
    index.read_tree(&commit.tree().unwrap()).unwrap();
    index.write().unwrap();
}

/// An index entry for a file; what only serves to notice changes is left at zero.
fn entry(path: &str, id: Oid) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: FILE_MODE,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// A date as seconds after 1970 began.
fn seconds(date: &toml::value::Datetime) -> i64 {
    let (Some(day), Some(time), Some(toml::value::Offset::Z)) = (date.date, date.time, date.offset) else {
        panic!("`{date}` is not a date and a time in zone `Z`");
    };
    let days_in = |year: u16, month: u8| match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    };
    let of_years: i64 = (1970..day.year).map(|y| if days_in(y, 2) == 29 { 366 } else { 365 }).sum();
    let of_months: i64 = (1..day.month).map(|m| days_in(day.year, m)).sum();
    let days = of_years + of_months + i64::from(day.day) - 1;
    days * 86_400
        + i64::from(time.hour) * 3_600
        + i64::from(time.minute) * 60
        + i64::from(time.second.unwrap_or_default())
}
