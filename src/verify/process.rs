//! Drivers that run: one line of JSON asks, one answers.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use thiserror::Error;

use crate::machine::run::Call;
use crate::machine::{Host, NoLine, Talk};

/// How to start a driver.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, before those of a mode.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Variables on top of the environment.
    pub set: Vec<(String, OsString)>,
    /// What keeps it in the cache.
    pub held: Vec<Arc<File>>,
}

/// A driver that does not do its part.
#[derive(Clone, Debug, Error)]
pub enum ProcessError {
    /// It cannot be started.
    #[error("cannot start `{}`", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// It said nothing in time.
    #[error("the driver said nothing for {} seconds", .0.as_secs())]
    Silent(Duration),
    /// It ended before it had answered.
    #[error("the driver ended before it had answered{}", said(.0))]
    Ended(String),
    /// What it said is no line of JSON.
    #[error("the driver said `{0}`, which is no line of JSON")]
    Line(String),
}

/// The first line of an error and its cause: not the tail of a stack.
fn said(messages: &str) -> String {
    let noise = ["WARNING", "Traceback ", "goroutine ", "note: run with", "stack backtrace"];
    let stack =
        |line: &&str| line.starts_with(char::is_whitespace) || noise.iter().any(|n| line.starts_with(n));
    let mut lines = messages.lines().filter(|l| !l.trim().is_empty());
    let told: Vec<&str> = lines.clone().filter(|line| !stack(line)).collect();
    let Some(first) = told.first().copied().or_else(|| lines.next()) else { return String::new() };
    let cause = told.iter().rev().find(|line| line.starts_with("Caused by: "));
    // Rust says where it panicked, and why in the line after.
    let cause = cause.or_else(|| told.get(1).filter(|_| first.ends_with(':')));
    let cause = cause.map(|cause| format!(" / {}", cause.trim()));
    format!(": {}{}", first.trim(), cause.unwrap_or_default())
}

/// A driver that runs. Dropping it ends it, with its group.
#[derive(Debug)]
pub struct Process(Talk);

impl Process {
    /// Starts a driver in a mode.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start(host: &Host, program: &Program, mode: &[String]) -> Result<Process, ProcessError> {
        let given = program.set.iter().map(|(name, value)| (name.as_str(), value.clone()));
        // A proxy of the environment is not meant for peers on this machine.
        let direct = ["no_proxy", "NO_PROXY"].map(|name| (name, "127.0.0.1,localhost".into()));
        let call = Call {
            name: "driver",
            program: &program.program,
            arguments: program.arguments.iter().cloned().chain(mode.iter().map(OsString::from)).collect(),
            folder: &program.folder,
            input: b"",
            set: given.chain(direct).collect(),
        };
        let start =
            |source| ProcessError::Start { program: program.program.clone(), source: Arc::new(source) };
        Talk::start(host, &call).map(Process).map_err(start)
    }

    /// Sends one line.
    pub fn send(&self, line: &Value) {
        self.0.send(line.to_string());
    }

    /// The next line.
    ///
    /// # Errors
    ///
    /// None comes in time, or what comes is no JSON.
    pub fn read(&mut self, patience: Duration) -> Result<Value, ProcessError> {
        match self.0.read(patience) {
            Ok(line) => {
                serde_json::from_str(&line).map_err(|_| ProcessError::Line(line.chars().take(200).collect()))
            }
            Err(NoLine::Late) => Err(ProcessError::Silent(patience)),
            Err(NoLine::Ended) => Err(ProcessError::Ended(self.said())),
        }
    }

    /// The next line for which `wanted` holds; others are passed over.
    ///
    /// # Errors
    ///
    /// As for [`Process::read`].
    pub fn wait_for(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, ProcessError> {
        let deadline = Instant::now() + patience;
        loop {
            let line = self.read(deadline.saturating_duration_since(Instant::now()))?;
            if wanted(&line) {
                return Ok(line);
            }
        }
    }

    /// Sends requests and gives the answers in the same order; each answer has to come within `patience` of the one
    /// before.
    ///
    /// # Errors
    ///
    /// As for [`Process::read`].
    pub fn ask(&mut self, requests: &[Value], patience: Duration) -> Result<Vec<Value>, ProcessError> {
        for request in requests {
            self.send(request);
        }
        requests.iter().map(|_| self.read(patience)).collect()
    }

    /// What it said on standard error, the last lines of it.
    #[must_use]
    pub fn said(&self) -> String {
        self.0.said()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn sh(script: &str) -> Process {
        let host = Host { env: BTreeMap::new(), cwd: "/".into() };
        let program = Program {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            folder: "/".into(),
            set: Vec::new(),
            held: Vec::new(),
        };
        Process::start(&host, &program, &[]).expect("the shell starts")
    }

    #[test]
    fn requests_are_answered_in_their_order() {
        let requests: Vec<Value> = (0..2000).map(|i| json!({"id": i, "pad": "x".repeat(200)})).collect();
        let answers = sh("exec cat").ask(&requests, Duration::from_secs(20)).unwrap();
        assert_eq!(answers, requests);
    }

    #[test]
    fn a_driver_that_ends_says_why() {
        let error = sh("echo no luck >&2; exit 3").read(Duration::from_secs(20)).unwrap_err();
        assert!(error.to_string().starts_with("the driver ended before it had answered"), "{error}");
    }

    #[test]
    fn of_a_stack_the_error_and_its_cause_are_told() {
        for (messages, expected) in [
            ("", ""),
            ("  only this\n", ": only this"),
            (
                "WARNING: old\nException in thread \"main\" X: no\n\tat a.b(C.java:1)\nCaused by: Y: why\n\tat d.e(F.java:2)\n\t... 3 more\n",
                ": Exception in thread \"main\" X: no / Caused by: Y: why",
            ),
            (
                "Terminating due to java.lang.OutOfMemoryError: Java heap space\n",
                ": Terminating due to java.lang.OutOfMemoryError: Java heap space",
            ),
            (
                "Traceback (most recent call last):\n  File \"d.py\", line 1, in <module>\n    f()\nValueError: no\n",
                ": ValueError: no",
            ),
            (
                "panic: no\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:3 +0x1\nexit status 2\n",
                ": panic: no",
            ),
            (
                "\nthread 'main' (7) panicked at src/main.rs:1:2:\nno luck\nnote: run with `RUST_BACKTRACE=1`\n",
                ": thread 'main' (7) panicked at src/main.rs:1:2: / no luck",
            ),
        ] {
            assert_eq!(said(messages), expected, "{messages}");
        }
    }

    #[test]
    fn the_first_line_of_a_deep_stack_is_kept() {
        let script = "echo 'X: no luck' >&2; i=0; while [ $i -lt 500 ]; do echo \" at $i\" >&2; i=$((i+1)); done; \
                      echo 'Caused by: Y' >&2; exec >&-; exec sleep 30";
        let mut deep = sh(script);
        let Err(ProcessError::Ended(_)) = deep.read(Duration::from_secs(20)) else { panic!("it has ended") };
        let told = |d: &Process| said(&d.said());
        assert!((0..2_000_000).any(|_| told(&deep) == ": X: no luck / Caused by: Y"), "{}", told(&deep));
    }

    #[test]
    fn a_driver_that_hangs_is_given_up_and_ended_with_its_children() {
        let mut hanging = sh("while :; do :; done & echo $!; wait");
        let child = hanging.read(Duration::from_secs(20)).unwrap().as_i64().unwrap();
        assert!(matches!(hanging.read(Duration::from_millis(20)), Err(ProcessError::Silent(_))));
        let pid = rustix::process::Pid::from_raw(i32::try_from(child).unwrap()).unwrap();
        drop(hanging);
        // Whoever adopted it has to take its end; until then it is there without running.
        let state = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let gone = || {
            rustix::process::test_kill_process(pid).is_err()
                || state().rsplit(") ").next().is_some_and(|s| s.starts_with('Z'))
        };
        assert!((0..2_000_000).any(|_| gone()), "{}", state());
    }

    #[test]
    fn lines_that_are_no_json_are_shown() {
        let error = sh("echo hello there").read(Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.to_string(), "the driver said `hello there`, which is no line of JSON");
    }
}
