//! A hermetic place to run commands in.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use protopact::cli::Io;
use tempfile::TempDir;

/// A folder with nothing in it, and nothing around it.
pub(crate) struct TestEnv {
    dir: TempDir,
    width: Option<usize>,
}

/// What a command said, all of it.
#[must_use]
pub(crate) struct Output {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.out)?;
        if !self.err.is_empty() {
            write!(f, "--- stderr\n{}", self.err)?;
        }
        write!(f, "--- exit {}", self.code)
    }
}

/// A buffer that the test keeps while the command writes.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl TestEnv {
    pub(crate) fn new() -> TestEnv {
        let dir = tempfile::Builder::new().prefix("protopact-test-").tempdir().unwrap();
        std::fs::create_dir(dir.path().join("work")).unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        TestEnv { dir, width: Some(100) }
    }

    /// The folder commands run in.
    pub(crate) fn work(&self) -> PathBuf {
        // Temporary folders may be links; messages name what is behind them.
        self.dir.path().canonicalize().unwrap().join("work")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.work().join(path)).unwrap()
    }

    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.work().join(path)).unwrap();
    }

    /// Commits everything in the work folder; makes the repository when there is none.
    pub(crate) fn commit(&self, message: &str) -> git2::Oid {
        let repo = git2::Repository::open(self.work()).unwrap_or_else(|_| {
            let mut options = git2::RepositoryInitOptions::new();
            options.initial_head("main").external_template(false);
            git2::Repository::init_opts(self.work(), &options).unwrap()
        });
        let mut index = repo.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
        let parent = repo.head().ok().map(|h| h.peel_to_commit().unwrap());
        let parents: Vec<_> = parent.iter().collect();
        repo.commit(Some("HEAD"), &who, &who, message, &tree, &parents).unwrap()
    }

    /// The hash of the newest commit.
    pub(crate) fn head(&self) -> String {
        let repo = git2::Repository::open(self.work()).unwrap();
        repo.head().unwrap().peel_to_commit().unwrap().id().to_string()
    }

    pub(crate) fn tag(&self, name: &str) {
        let repo = git2::Repository::open(self.work()).unwrap();
        let head = repo.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        repo.tag_lightweight(name, &head, false).unwrap();
    }

    /// Runs a command in this process, output not on a terminal but wrapped at a hundred columns.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, |_| {})
    }

    /// The same with another outside.
    pub(crate) fn run_with(&self, args: &[&str], change: impl FnOnce(&mut Io)) -> Output {
        let (out, err) = (Shared::default(), Shared::default());
        let mut io = Io {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            input: Box::new(std::io::empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            width: self.width,
            cwd: self.work(),
            env: BTreeMap::new(),
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            progress: false,
        };
        change(&mut io);
        let args = std::iter::once("protopact").chain(args.iter().copied()).map(Into::into);
        let code = protopact::run(args, &mut io);
        let text = |shared: &Shared| self.filter(&shared.0.lock().unwrap());
        Output { out: text(&out), err: text(&err), code: code.into() }
    }

    /// Runs the program itself.
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    pub(crate) fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
        command
            .args(args)
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.dir.path().join("home"))
            .env("COLUMNS", "100")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Output {
        let output = self.program(args).output().unwrap();
        Output {
            out: self.filter(&output.stdout),
            err: self.filter(&output.stderr),
            code: output.status.code().unwrap(),
        }
    }

    fn filter(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let text = text.replace(&*self.work().to_string_lossy(), "[work]");
        text.replace(env!("CARGO_PKG_VERSION"), "[version]")
    }
}

/// Whether a folder holds something that a failed write left behind.
pub(crate) fn leftovers(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|n| n.starts_with(".protopact-")).collect()
}
