//! A place to run the program in, with limits.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use protopact::cli::Io;
use tempfile::TempDir;

/// How long one run may take, in seconds. A run takes a few hundredths of one mostly; machines that are busy with
/// other things are slow.
const SECONDS: u64 = 180;

/// How much address space one run may take, in KiB.
const MEMORY: u64 = 4 << 20;

/// A small contract that there is nothing wrong with.
pub(crate) const GOOD: &str =
    "syntax = \"proto3\";\n\npackage good.v1;\n\nmessage Good {\n  string id = 1;\n}\n";

/// A folder with a `good` contract, and a home with nothing in it.
pub(crate) struct Lab {
    dir: TempDir,
}

/// How a run ended and what it said.
#[must_use]
pub(crate) struct Ran {
    pub(crate) what: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

/// What a run within this process says.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl std::io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lab {
    pub(crate) fn new() -> Lab {
        let dir = tempfile::Builder::new().prefix("protopact-hostile-").tempdir().unwrap();
        let lab = Lab { dir };
        std::fs::create_dir(lab.root().join("home")).unwrap();
        std::fs::create_dir(lab.work()).unwrap();
        lab.write("good/good.proto", GOOD);
        lab
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// The folder that runs start in.
    pub(crate) fn work(&self) -> PathBuf {
        self.root().join("work")
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.work().join(path)
    }

    /// Writes a file, with the folders it is in.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn folder(&self, path: &str) {
        std::fs::create_dir_all(self.path(path)).unwrap();
    }

    /// Everything below a folder, by path.
    pub(crate) fn listing(&self) -> Vec<PathBuf> {
        let walk = walkdir::WalkDir::new(self.work()).sort_by_file_name();
        walk.into_iter().flatten().map(|e| e.path().to_path_buf()).collect()
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        self.command_with(args, &[])
    }

    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    pub(crate) fn command_with<S: AsRef<OsStr>>(&self, args: &[S], env: &[(&str, &str)]) -> Command {
        // The shell knows how to limit what it starts; it is gone by the time the program runs.
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_protopact"))
            .args(args)
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.root().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program and holds what goes for every run.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let ran = self.raw(self.command(args), args);
        ran.is_decent();
        self.is_tidy(&ran);
        ran
    }

    /// The same within this process: where hundreds of inputs differ by a byte, starting the program is all that takes
    /// time. There is no limit on memory, so one of the inputs has to go through [`Lab::run`] as well.
    pub(crate) fn within(&self, args: &[&str]) -> Ran {
        let (out, err) = (Said::default(), Said::default());
        let mut io = Io {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            input: Box::new(std::io::empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            width: None,
            cwd: self.work(),
            env: BTreeMap::from([("HOME".into(), self.root().join("home").into())]),
            now: SystemTime::UNIX_EPOCH,
            progress: false,
        };
        let what = args.iter().map(|arg| format!(" {arg:?}")).collect::<String>();
        let args: Vec<_> = std::iter::once("protopact").chain(args.iter().copied()).map(Into::into).collect();
        let (done, wait) = mpsc::channel();
        // Nobody waits for a thread that hangs.
        let thread = std::thread::spawn(move || {
            let code = protopact::run(args, &mut io);
            let _ = done.send(());
            code
        });
        if wait.recv_timeout(Duration::from_secs(SECONDS)) == Err(mpsc::RecvTimeoutError::Timeout) {
            panic!("{what}: still running after {SECONDS} seconds");
        }
        let code = thread.join().unwrap_or_else(|_| panic!("{what}: panicked"));
        let err = String::from_utf8(err.take()).expect("messages are text");
        let ran = Ran { what, code: Some(code.into()), out: out.take(), err };
        ran.is_decent();
        self.is_tidy(&ran);
        ran
    }

    /// Runs the program where standard output is not for people.
    pub(crate) fn raw<S: AsRef<OsStr>>(&self, mut command: Command, args: &[S]) -> Ran {
        let mut what = String::new();
        for arg in args {
            let _ = write!(what, " {:?}", arg.as_ref());
        }
        let mut child = command.spawn().unwrap();
        let (code, out, err) = finish(&mut child, &what);
        Ran { what, code, out, err: String::from_utf8(err).expect("messages are text") }
    }

    /// Nothing half-written is left.
    fn is_tidy(&self, ran: &Ran) {
        for path in self.listing() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(!name.starts_with(".protopact-"), "{}: left {name}", ran.what);
        }
    }

    /// Runs everything that reads sources or images with `hostile` on either side, and gives what was said.
    pub(crate) fn everywhere(&self, hostile: &str) -> Vec<Ran> {
        let runs = vec![
            self.run(&["build", hostile]),
            self.run(&["build", hostile, "-o", "out.binpb"]),
            self.run(&["check", hostile, "--against", "good"]),
            self.run(&["check", "good", "--against", hostile]),
            self.run(&["check", hostile, "--against", "good", "--format", "json"]),
            self.run(&["check", hostile, "--against", "good", "--format", "buf-json"]),
            self.run(&["check", hostile, "--against", "good", "--format", "buf-text"]),
            self.run(&["diff", "good", hostile]),
            self.run(&["diff", hostile, "good"]),
        ];
        let built = &runs[1];
        assert_eq!(self.path("out.binpb").exists(), built.code == Some(0), "{}: {}", built.what, built.err);
        let _ = std::fs::remove_file(self.path("out.binpb"));
        runs
    }

    /// Nothing can be made of `hostile` on either side: the code, and what every message says.
    pub(crate) fn refused(&self, hostile: &str, code: i32, says: &[&str]) {
        for ran in self.everywhere(hostile) {
            ran.ends(code);
            ran.says(says);
        }
    }

    /// `hostile` compiles, so that nothing fails but a comparison.
    pub(crate) fn taken(&self, hostile: &str) {
        for ran in self.everywhere(hostile) {
            assert!(matches!(ran.code, Some(0 | 1)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
    }
}

/// Waits for the end, but not for ever.
fn finish(child: &mut Child, what: &str) -> (Option<i32>, Vec<u8>, Vec<u8>) {
    let (done, wait) = mpsc::channel();
    let read = |mut from: Box<dyn Read + Send>| {
        let done = done.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).unwrap();
            let _ = done.send(());
            bytes
        })
    };
    let out = child.stdout.take().map(|o| read(Box::new(o)));
    let err = child.stderr.take().map(|e| read(Box::new(e)));
    for _ in 0..out.iter().chain(&err).count() {
        if wait.recv_timeout(Duration::from_secs(SECONDS)).is_err() {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: still running after {SECONDS} seconds");
        }
    }
    let status = child.wait().unwrap();
    let text = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| {
        thread.map_or_else(Vec::new, |t| t.join().unwrap())
    };
    (status.code(), text(out), text(err))
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap_or_else(|e| panic!("{}: output is no text: {e}", self.what))
    }

    /// An exit code that means something, and text that a terminal prints as it is.
    pub(crate) fn is_decent(&self) {
        assert!(matches!(self.code, Some(0..=4)), "{}: ended with {:?}\n{}", self.what, self.code, self.err);
        for text in [self.text(), &self.err] {
            for word in ["panicked", "overflow", "RUST_BACKTRACE", "bug in protopact", "memory allocation"] {
                assert!(!text.contains(word), "{}: {text}", self.what);
            }
            if let Some(c) = text.chars().find(|c| is_unsafe(*c)) {
                panic!("{}: prints {c:?}: {text:?}", self.what);
            }
        }
        let wrong = self.code.is_some_and(|c| c > 1);
        // Tools that read buf's lines find errors in sources among them.
        assert!(!wrong || self.err.contains("error: "), "{}: does not say why: {}", self.what, self.err);
    }

    pub(crate) fn ends(&self, code: i32) {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n{}\n{}",
            self.what,
            self.err,
            String::from_utf8_lossy(&self.out)
        );
    }

    /// Every piece of text is in the messages.
    pub(crate) fn says(&self, pieces: &[&str]) {
        for piece in pieces {
            assert!(self.err.contains(piece), "{}: does not say `{piece}`:\n{}", self.what, self.err);
        }
    }
}

/// What a terminal or a reader would be misled by: control characters, and what turns or hides text. This list is the
/// tests' own, written from the Unicode charts, and nothing of the program is called.
pub(crate) fn is_unsafe(c: char) -> bool {
    let point = u32::from(c);
    (c.is_control() && c != '\n')
        || matches!(
            point,
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x2800 | 0x3164 | 0xfeff | 0xffa0
        )
        || matches!(point, 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfdd0..=0xfdef)
        || matches!(point, 0xfe00..=0xfe0f | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a)
        || matches!(point, 0xe0000..=0xe0fff)
        || matches!(point & 0xffff, 0xfffe | 0xffff)
}
