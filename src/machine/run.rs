//! Programs that are run to their end: bounded in time and output, their messages kept.

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::{Group, Host};

/// Bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may take.
    pub time: Duration,
    /// How many bytes it may write to standard output.
    pub output: usize,
    /// How many bytes of what it says on standard error are kept.
    pub messages: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { time: Duration::from_secs(300), output: 1 << 30, messages: 1 << 20 }
    }
}

/// A program to run.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The name people know it by.
    pub name: &'a str,
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub folder: &'a Path,
    /// What it reads.
    pub input: &'a [u8],
    /// Variables on top of the environment.
    pub set: Vec<(&'a str, OsString)>,
}

/// What a program that succeeded said.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error, as far as it is kept.
    pub messages: String,
}

/// Why a program gave no answer.
#[derive(Debug, Error)]
pub enum RunError {
    /// It is not there, or not a program.
    #[error("cannot start `{name}` (`{}`)", .program.display())]
    Start {
        /// The name people know it by.
        name: String,
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It took too long and was ended.
    #[error("`{name}` did not finish within {} seconds and was ended", .limit.as_secs())]
    TimedOut {
        /// The name people know it by.
        name: String,
        /// The time it had.
        limit: Duration,
        /// What it said until then.
        messages: String,
    },
    /// It wrote too much and was ended.
    #[error("`{name}` wrote more than {limit} bytes and was ended")]
    TooMuch {
        /// The name people know it by.
        name: String,
        /// What it may write.
        limit: usize,
        /// What it said until then.
        messages: String,
    },
    /// It failed.
    #[error("`{name}` failed ({status}){}", if .messages.trim().is_empty() { " and said nothing" } else { "" })]
    Failed {
        /// The name people know it by.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        messages: String,
        /// The beginning of its standard output, where many tools say what is wrong.
        output: String,
    },
}

impl RunError {
    /// What the program itself said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            RunError::Start { .. } => "",
            RunError::TimedOut { messages, .. }
            | RunError::TooMuch { messages, .. }
            | RunError::Failed { messages, .. } => messages,
        }
    }
}

/// How much of the standard output of a program that failed is kept, in bytes.
const KEPT: usize = 1 << 16;

/// How long a program's pipes may stay open once it has ended: something it started holds them, or the machine is so
/// busy that what was written is not read yet.
const LINGER: Duration = Duration::from_secs(5);

/// What a reader of a pipe found.
enum Heard {
    Output(Vec<u8>),
    TooMuch,
    Messages(String),
}

/// Runs a program to its end.
///
/// # Errors
///
/// It cannot be started, fails, takes too long or writes too much. It and what it started are ended then.
pub fn run(host: &Host, call: &Call<'_>, limits: Limits) -> Result<Done, RunError> {
    let name = || call.name.to_owned();
    let start = |source| RunError::Start { name: name(), program: call.program.to_owned(), source };
    let deadline = Instant::now() + limits.time;
    let mut group = spawn(host, call).map_err(start)?;
    let (send, heard) = mpsc::channel();
    listen(group.child(), limits, &send);
    let stdin = group.child().stdin.take();
    let input = call.input.to_vec();
    std::thread::spawn(move || {
        // A plugin that does not read its input to the end is free to do so.
        let _ = stdin.map(|mut pipe| pipe.write_all(&input));
    });

    let (mut output, mut messages) = (None, None);
    let mut status: Option<ExitStatus> = None;
    let mut last = deadline;
    // Which of the ways to fail; the child is ended first, and its messages are waited for.
    let mut overrun = false;
    let mut too_much = false;
    while output.is_none() || messages.is_none() || status.is_none() {
        let now = Instant::now();
        if now >= last {
            overrun = status.is_none();
            break;
        }
        // A program that has closed its pipes is about to end.
        let pause = if output.is_some() && messages.is_some() { 1 } else { 5 };
        match heard.recv_timeout(Duration::from_millis(pause).min(last - now)) {
            Ok(Heard::Output(bytes)) => output = Some(bytes),
            Ok(Heard::Messages(text)) => messages = Some(text),
            Ok(Heard::TooMuch) => {
                too_much = true;
                break;
            }
            Err(_) => {}
        }
        if status.is_none() {
            status = group.try_wait().map_err(start)?;
            if status.is_some() {
                last = deadline.min(Instant::now() + LINGER);
            }
        }
    }
    if status.is_none() || output.is_none() || messages.is_none() {
        group.end();
    }
    let mut messages = messages.unwrap_or_default();
    while messages.is_empty() && (overrun || too_much) {
        // What it said before it was ended.
        match heard.recv_timeout(Duration::from_millis(200)) {
            Ok(Heard::Messages(text)) => messages = text,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    match status {
        _ if too_much => Err(RunError::TooMuch { name: name(), limit: limits.output, messages }),
        None => Err(RunError::TimedOut { name: name(), limit: limits.time, messages }),
        Some(status) if !status.success() => {
            let mut output = output.unwrap_or_default();
            output.truncate(KEPT);
            let output = String::from_utf8_lossy(&output).into_owned();
            // Some programs, Maven among them, say what is wrong on standard output.
            if messages.trim().is_empty() && !output.contains('\0') {
                messages.clone_from(&output);
            }
            Err(RunError::Failed { name: name(), status, messages, output })
        }
        Some(_) => match output {
            Some(output) => Ok(Done { output, messages }),
            None => Err(RunError::TimedOut { name: name(), limit: limits.time, messages }),
        },
    }
}

/// Starts a program in a group of its own. All pipes are open.
pub(super) fn spawn(host: &Host, call: &Call<'_>) -> io::Result<Group> {
    #[expect(clippy::disallowed_methods, reason = "this is where outside programs are started")]
    let mut command = Command::new(call.program);
    command
        .args(&call.arguments)
        .current_dir(call.folder)
        .env_clear()
        .envs(&host.env)
        .envs(call.set.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Group::spawn(&mut command)
}

/// Reads both pipes of a child to their ends, each on a thread of its own.
fn listen(child: &mut Child, limits: Limits, send: &mpsc::Sender<Heard>) {
    let Limits { output: limit, messages: kept, .. } = limits;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let output = send.clone();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = stdout {
            let _ = pipe.take(limit as u64 + 1).read_to_end(&mut bytes);
        }
        // The receiver is gone when nobody waits for it any more.
        let _ = output.send(if bytes.len() > limit { Heard::TooMuch } else { Heard::Output(bytes) });
    });
    let messages = send.clone();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = stderr {
            let mut pipe = pipe.take(kept as u64);
            let _ = pipe.read_to_end(&mut bytes);
            // Keep reading, so that it does not hang on a full pipe.
            let _ = io::copy(&mut pipe.into_inner(), &mut io::sink());
        }
        let _ = messages.send(Heard::Messages(String::from_utf8_lossy(&bytes).into_owned()));
    });
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn sh(script: &str, input: &[u8], limits: Limits) -> Result<Done, RunError> {
        let host = Host { env: BTreeMap::new(), cwd: "/".into() };
        let call = Call {
            name: "sh",
            program: Path::new("/bin/sh"),
            arguments: vec!["-c".into(), script.into()],
            folder: Path::new("/"),
            input,
            set: vec![("WORD", "hello".into())],
        };
        run(&host, &call, limits)
    }

    #[test]
    fn input_goes_in_output_and_messages_come_out() {
        let done = sh("echo $WORD >&2; exec cat", &[7; 300_000], Limits::default()).unwrap();
        assert_eq!((done.output.len(), done.messages.as_str()), (300_000, "hello\n"));
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = sh("echo no luck >&2; exit 3", b"", Limits::default()).unwrap_err();
        assert_eq!(error.messages(), "no luck\n");
        assert_eq!(error.to_string(), "`sh` failed (exit status: 3)");
        let error = sh("exit 3", b"", Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed (exit status: 3) and said nothing");
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children() {
        let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
        let error = sh("echo waiting >&2; while :; do :; done & wait", b"", limits).unwrap_err();
        assert!(matches!(error, RunError::TimedOut { .. }), "{error:?}");
        assert_eq!(error.messages(), "waiting\n");
    }

    #[test]
    fn a_program_that_never_stops_writing_is_ended() {
        let limits = Limits { output: 10_000, ..Limits::default() };
        let error = sh("while :; do echo more; done", b"", limits).unwrap_err();
        assert!(matches!(error, RunError::TooMuch { .. }), "{error:?}");
    }

    #[test]
    fn input_nobody_reads_is_no_error() {
        assert!(sh("exit 0", &[7; 1_000_000], Limits::default()).is_ok());
    }

    #[test]
    fn a_missing_program_is_named() {
        let host = Host { env: BTreeMap::new(), cwd: "/".into() };
        let (program, folder) = (Path::new("/nowhere/x"), Path::new("/"));
        let call = Call { name: "x", program, arguments: vec![], folder, input: b"", set: vec![] };
        let error = run(&host, &call, Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `x` (`/nowhere/x`)");
    }
}
