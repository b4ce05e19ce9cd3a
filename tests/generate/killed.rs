//! Runs that are ended from outside while something they started hangs: nothing of them stays.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::env::leftovers;
use crate::lab::Lab;

/// The end that nobody can refuse, the polite one, and Ctrl-C. A shell starts what runs in the background with Ctrl-C
/// ignored (POSIX, Shell Command Language 2.11), and so do its children begin: it is left out there, and that is said.
fn signals() -> Vec<Signal> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    let ignored = u64::from_str_radix(ignored, 16).unwrap();
    let mut signals = vec![Signal::KILL, Signal::TERM, Signal::INT];
    signals.retain(|signal| {
        let heard = ignored >> (signal.as_raw() - 1) & 1 == 0;
        if !heard {
            println!("ignored: {signal:?}, which nobody hears where this runs");
        }
        heard
    });
    signals
}

/// Hangs with a child, and says that it does. Neither cares for the end of standard input, or for being asked to end.
const HANGS: &str = "trap '' HUP INT TERM\nsleep 600 & touch \"$HOME/up\"\nsleep 600\nsleep 600";

/// How long anything may take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

struct Run<'a> {
    lab: &'a Lab,
    child: Child,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        // What a failed test leaves.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run<'_> {
    fn home(lab: &Lab) -> std::path::PathBuf {
        lab.env.work().join("../home").canonicalize().unwrap()
    }

    /// Starts a run, and waits until what it started hangs.
    fn start<'a>(lab: &'a Lab, args: &[&str]) -> Run<'a> {
        let home = Run::home(lab);
        let temporary = home.join("tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        let mut command = lab.env.program(args);
        command
            .env("HOME", &home)
            .env("PATH", format!("{}:/usr/bin:/bin", lab.env.work().join("bin").display()))
            .env("PROTOPACT_CACHE", lab.env.work().join("../cache"))
            .env("TMPDIR", &temporary)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.join("stderr")).unwrap());
        let mut run = Run { lab, child: command.spawn().unwrap() };
        let said = || std::fs::read_to_string(home.join("stderr")).unwrap();
        until(|| home.join("up").exists() || run.child.try_wait().unwrap().is_some(), said);
        assert_eq!(run.child.try_wait().unwrap(), None, "{}", said());
        run
    }

    /// Ends it, and looks at what stays.
    fn ends_with(mut self, signal: Signal) {
        let home = Run::home(self.lab);
        let before = processes(&home);
        // The run, what hangs, its children and who watches.
        assert!(before.len() >= 4, "{before:#?}");
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut ended = None;
        let still = || format!("it goes on after {signal:?}: {:#?}", processes(&home));
        until(
            || {
                ended = self.child.try_wait().unwrap();
                ended.is_some()
            },
            still,
        );
        let status = ended.unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        until(|| processes(&home).is_empty(), || format!("{signal:?}: {:#?}", processes(&home)));
        // What watched is gone, so what it had to do is done.
        let stays = std::fs::read_dir(home.join("tmp")).unwrap().map(|e| e.unwrap().file_name());
        assert_eq!(stays.collect::<Vec<_>>(), Vec::<std::ffi::OsString>::new(), "{signal:?}");
        std::fs::remove_file(home.join("up")).unwrap();
    }
}

fn until(done: impl FnMut() -> bool, said: impl Fn() -> String) {
    let mut done = done;
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{}", said());
        // Looking is work, and the programs that are waited for need the processors as well.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Every process that has this folder for its home, and so is of a run. What has ended and is not yet waited for has no
/// environment any more.
fn processes(home: &Path) -> Vec<String> {
    let wanted = format!("HOME={}", home.display()).into_bytes();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        if read("environ").split(|b| *b == 0).any(|variable| variable == wanted) {
            found.push(String::from_utf8_lossy(&read("cmdline")).replace('\0', " "));
        }
    }
    found
}

#[test]
fn a_plugin_that_hangs_does_not_outlive_the_run() {
    let lab = Lab::new("[[generate.plugin]]\nlocal = \"./x\"\nout = \"x\"\n");
    lab.script("x", HANGS);
    for signal in signals() {
        Run::start(&lab, &["generate"]).ends_with(signal);
        // The folder was taken for this run, and nothing was written into it.
        assert_eq!(lab.tree("sdk").into_keys().collect::<Vec<_>>(), Vec::<String>::new(), "{signal:?}");
        assert_eq!(leftovers(&lab.env.work()), Vec::<String>::new(), "{signal:?}");
    }
}

const VERIFY: [&str; 7] = ["verify", "--from", "v1.0.0", "--lang", "rust", "--report", "json=matrix.json"];

#[test]
fn a_tool_that_hangs_does_not_outlive_the_run() {
    let lab = Lab::two_versions(HANGS);
    for signal in signals() {
        Run::start(&lab, &VERIFY).ends_with(signal);
        assert!(!lab.env.work().join("matrix.json").exists(), "{signal:?}");
    }
}

#[test]
fn a_driver_that_hangs_does_not_outlive_the_run() {
    let lab = Lab::two_versions(
        "test \"$1\" = build || exit 0\nmkdir -p \"$CARGO_TARGET_DIR/debug\"\n\
         cp \"$HOME/../work/driver\" \"$CARGO_TARGET_DIR/debug/protopact-driver\"",
    );
    lab.script("driver", HANGS);
    for signal in signals() {
        Run::start(&lab, &VERIFY).ends_with(signal);
        assert!(!lab.env.work().join("matrix.json").exists(), "{signal:?}");
    }
    // A server that is told to be one says nothing until it hangs; bytes are not asked for then.
    for signal in signals() {
        Run::start(&lab, &[&VERIFY[..], &["--only", "calls"]].concat()).ends_with(signal);
        assert!(!lab.env.work().join("matrix.json").exists(), "{signal:?}");
    }
}
