//! Programs that are talked to line by line: bounded in time, ended with everything they started.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use thiserror::Error;

use crate::machine::{Group, Host};

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

fn said(messages: &str) -> String {
    let last: Vec<&str> = messages.lines().filter(|l| !l.trim().is_empty()).collect();
    let last = &last[last.len().saturating_sub(3)..];
    if last.is_empty() { String::new() } else { format!(": {}", last.join(" / ")) }
}

/// A driver that runs. Dropping it ends it, with its group.
#[derive(Debug)]
pub struct Process {
    lines: Receiver<String>,
    input: Option<Sender<String>>,
    messages: Arc<Mutex<VecDeque<String>>>,
    group: Group,
}

/// The longest line that is read, in bytes: a message of many mebibytes in hexadecimal.
const MOST: u64 = 256 << 20;

/// How many lines of what a program says on standard error are kept.
const KEPT: usize = 40;

impl Process {
    /// Starts a driver in a mode.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start(host: &Host, program: &Program, mode: &[String]) -> Result<Process, ProcessError> {
        #[expect(clippy::disallowed_methods, reason = "drivers are programs of their own")]
        let mut command = Command::new(&program.program);
        command
            .args(&program.arguments)
            .args(mode)
            .current_dir(&program.folder)
            .env_clear()
            .envs(&host.env)
            .envs(program.set.iter().map(|(k, v)| (k, v)))
            // A proxy of the environment is not meant for peers on this machine.
            .env("no_proxy", "127.0.0.1,localhost")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Group::spawn(&mut command).map_err(|source| ProcessError::Start {
            program: program.program.clone(),
            source: Arc::new(source),
        })?;
        let child = group.child();
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let Some(pipe) = stdout else { return };
            let mut pipe = BufReader::new(pipe);
            loop {
                let mut line = Vec::new();
                match (&mut pipe).take(MOST).read_until(b'\n', &mut line) {
                    Ok(n) if n > 0 => {}
                    _ => return,
                }
                if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        let messages = Arc::new(Mutex::new(VecDeque::new()));
        let kept = messages.clone();
        std::thread::spawn(move || {
            let Some(pipe) = stderr else { return };
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let Ok(mut kept) = kept.lock() else { return };
                kept.push_back(String::from_utf8_lossy(&line).chars().take(400).collect());
                if kept.len() > KEPT {
                    kept.pop_front();
                }
            }
        });
        // On a thread of its own: a driver may answer before it has read everything.
        let (input, todo) = mpsc::channel::<String>();
        std::thread::spawn(move || {
            let Some(mut pipe) = stdin else { return };
            while let Ok(line) = todo.recv() {
                if pipe.write_all(line.as_bytes()).and_then(|()| pipe.write_all(b"\n")).is_err() {
                    return;
                }
            }
        });
        Ok(Process { lines, input: Some(input), messages, group })
    }

    /// Sends one line.
    pub fn send(&self, line: &Value) {
        if let Some(input) = &self.input {
            // A driver that has ended is found out by the next read.
            let _ = input.send(line.to_string());
        }
    }

    /// The next line.
    ///
    /// # Errors
    ///
    /// None comes in time, or what comes is no JSON.
    pub fn read(&mut self, patience: Duration) -> Result<Value, ProcessError> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => {
                serde_json::from_str(&line).map_err(|_| ProcessError::Line(line.chars().take(200).collect()))
            }
            Err(RecvTimeoutError::Timeout) => Err(ProcessError::Silent(patience)),
            Err(RecvTimeoutError::Disconnected) => Err(ProcessError::Ended(self.said())),
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
        self.messages.lock().map(|m| Vec::from_iter(m.iter().cloned()).join("\n")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        self.group.end();
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
