//! Programs that are talked to line by line, for as long as somebody wants to.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::run::{Call, spawn};
use super::{Group, Host};

/// A program that is talked to. Dropping it ends it, with its group.
#[derive(Debug)]
pub struct Talk {
    lines: Receiver<String>,
    input: Option<Sender<String>>,
    messages: Arc<Mutex<VecDeque<String>>>,
    /// Disconnected once standard error is at its end.
    silent: Receiver<()>,
    group: Group,
}

/// Why there is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLine {
    /// None came in time.
    Late,
    /// The program has ended, or closed its output.
    Ended,
}

/// The longest line that is read, in bytes: a message of many mebibytes in hexadecimal.
const MOST: u64 = 256 << 20;

/// How long the last words of a program may take that has closed its output.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How many of the first and of the last lines of what a program says on standard error are kept, and how many
/// characters of each. The first line of a stack says what happened, and a deep one is long.
const KEPT: (usize, usize, usize) = (20, 40, 400);

impl Talk {
    /// Starts a program. What the call has as input is the first that is sent.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn start(host: &Host, call: &Call<'_>) -> io::Result<Talk> {
        let mut group = spawn(host, call)?;
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
                let mut line = String::from_utf8(line)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                line.truncate(line.trim_end().len());
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let messages = Arc::new(Mutex::new(VecDeque::new()));
        let kept = messages.clone();
        let (speaking, silent) = mpsc::channel();
        std::thread::spawn(move || {
            let _speaking: Sender<()> = speaking;
            let Some(pipe) = stderr else { return };
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let Ok(mut kept) = kept.lock() else { return };
                kept.push_back(String::from_utf8_lossy(&line).chars().take(KEPT.2).collect());
                if kept.len() > KEPT.0 + KEPT.1 {
                    kept.remove(KEPT.0);
                }
            }
        });
        // On a thread of its own: a program may answer before it has read everything.
        let (input, todo) = mpsc::channel::<String>();
        let first = call.input.to_vec();
        std::thread::spawn(move || {
            let Some(mut pipe) = stdin else { return };
            if pipe.write_all(&first).is_err() {
                return;
            }
            while let Ok(line) = todo.recv() {
                if pipe.write_all(line.as_bytes()).and_then(|()| pipe.write_all(b"\n")).is_err() {
                    return;
                }
            }
        });
        Ok(Talk { lines, input: Some(input), messages, silent, group })
    }

    /// Sends one line, given without its end.
    pub fn send(&self, line: String) {
        if let Some(input) = &self.input {
            // A program that has ended is found out by the next read.
            let _ = input.send(line);
        }
    }

    /// The next line it writes, without its end.
    ///
    /// # Errors
    ///
    /// None comes in time.
    pub fn read(&mut self, patience: Duration) -> Result<String, NoLine> {
        self.lines.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoLine::Late,
            RecvTimeoutError::Disconnected => {
                // Why it ended is on the other pipe.
                let _ = self.silent.recv_timeout(LAST_WORDS);
                NoLine::Ended
            }
        })
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// Asks it to end, as the host of a service does: SIGTERM, which Windows does not have.
    ///
    /// # Errors
    ///
    /// There is nobody to ask, or no way to.
    pub fn ask_to_end(&self) -> io::Result<()> {
        self.group.ask_to_end()
    }

    /// What it said on standard error, the first and the last lines of it.
    #[must_use]
    pub fn said(&self) -> String {
        self.messages.lock().map(|m| Vec::from_iter(m.iter().cloned()).join("\n")).unwrap_or_default()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.input = None;
        self.group.end();
    }
}
