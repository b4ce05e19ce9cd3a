//! Everything a command may touch outside its arguments: output, the environment, the working directory, the
//! clock. Nothing below this part asks the process for any of them, so a test runs a command in-process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anstream::AutoStream;

/// The columns of a terminal that does not say how wide it is.
const DEFAULT_WIDTH: usize = 100;

/// The outside of one run.
pub struct Io {
    /// What the command was asked for.
    pub out: Box<dyn Write + Send>,
    /// Everything else: errors, notes.
    pub err: Box<dyn Write + Send>,
    /// Standard input, for `-`.
    pub input: Box<dyn Read + Send>,
    /// Whether [`out`](Self::out) is a terminal.
    pub out_is_terminal: bool,
    /// Whether [`err`](Self::err) is a terminal.
    pub err_is_terminal: bool,
    /// The columns of the terminal; `None` when output goes elsewhere, where lines stay as long as they are.
    pub width: Option<usize>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The environment.
    pub env: BTreeMap<OsString, OsString>,
    /// The time of the run.
    pub now: SystemTime,
    /// Whether progress may be drawn on the terminal of the process.
    pub progress: bool,
}

impl Io {
    /// The outside of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    pub fn process() -> Io {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
        let env: BTreeMap<_, _> = std::env::vars_os().collect();
        // Output to a file is not wrapped; a terminal is as wide as it says, COLUMNS is what the user says.
        let columns = env.get(OsStr::new("COLUMNS")).and_then(|c| c.to_str()?.parse().ok());
        let terminal = || terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(w, _)| usize::from(w.0));
        let width = columns.or_else(|| out_is_terminal.then(terminal));
        Io {
            out: Box::new(QuietPipe::new(BufWriter::with_capacity(1 << 16, AutoStream::always(out)))),
            err: Box::new(QuietPipe::new(AutoStream::always(err))),
            input: Box::new(io::stdin()),
            out_is_terminal,
            err_is_terminal,
            width,
            // A deleted working directory fails when something is read from it, with a message about that.
            cwd: std::env::current_dir().unwrap_or_default(),
            env,
            now: SystemTime::now(),
            progress: err_is_terminal,
        }
    }

    /// The same surroundings for what is done beside the run: nothing is there to be read, and nobody hears it.
    pub(super) fn beside(&self) -> Io {
        Io {
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
            input: Box::new(io::empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            width: self.width,
            cwd: self.cwd.clone(),
            env: self.env.clone(),
            now: self.now,
            progress: false,
        }
    }

    /// An environment variable that is valid Unicode and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(OsStr::new(name))?.to_str().filter(|v| !v.is_empty())
    }

    /// Whether output of this kind gets colours.
    ///
    /// What is asked for on the command line wins; then `NO_COLOR` (<https://no-color.org>), then
    /// `CLICOLOR_FORCE` and `CLICOLOR` (<https://bixense.com/clicolors>); then terminals get colours.
    pub fn colour(&self, when: ColourWhen, is_terminal: bool) -> bool {
        match when {
            ColourWhen::Always => true,
            ColourWhen::Never => false,
            ColourWhen::Auto if self.var("NO_COLOR").is_some() => false,
            ColourWhen::Auto if self.var("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
            ColourWhen::Auto => {
                is_terminal && self.var("CLICOLOR") != Some("0") && self.var("TERM") != Some("dumb")
            }
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColourWhen {
    /// On a terminal, unless NO_COLOR or CLICOLOR=0 is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A writer that goes quiet when the reader is gone: `protopact rules | head -1` is not an error, and the exit
/// code is the one the run has earned.
struct QuietPipe<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> QuietPipe<W> {
    fn new(inner: W) -> QuietPipe<W> {
        QuietPipe { inner, closed: false }
    }

    fn quietly<T>(&mut self, done: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match write(&mut self.inner) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for QuietPipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.quietly(bytes.len(), |w| w.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.quietly((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn io(env: &[(&str, &str)]) -> Io {
        Io {
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
            input: Box::new(io::empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            width: None,
            cwd: PathBuf::new(),
            env: env.iter().map(|(k, v)| (k.into(), v.into())).collect(),
            now: SystemTime::UNIX_EPOCH,
            progress: false,
        }
    }

    #[test]
    fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
        use ColourWhen::*;
        type Case = (&'static [(&'static str, &'static str)], ColourWhen, bool, bool);
        let cases: [Case; 11] = [
            (&[], Auto, true, true),
            (&[], Auto, false, false),
            (&[("NO_COLOR", "1")], Auto, true, false),
            (&[("NO_COLOR", "")], Auto, true, true),
            (&[("NO_COLOR", "1")], Always, false, true),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Auto, true, false),
            (&[("CLICOLOR_FORCE", "1")], Auto, false, true),
            (&[("CLICOLOR_FORCE", "0")], Auto, false, false),
            (&[("CLICOLOR", "0")], Auto, true, false),
            (&[("TERM", "dumb")], Auto, true, false),
            (&[], Never, true, false),
        ];
        for (env, when, terminal, expected) in cases {
            assert_eq!(io(env).colour(when, terminal), expected, "{env:?} {when:?} {terminal}");
        }
    }

    /// A pipe whose reader leaves after a few bytes.
    struct Leaving(usize);

    impl Write for Leaving {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let n = bytes.len().min(self.0);
            self.0 -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_closed_pipe_is_quiet_and_other_errors_are_not() {
        let mut out = QuietPipe::new(Leaving(3));
        out.write_all(b"a long line").unwrap();
        out.flush().unwrap();
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(QuietPipe::new(Full).write(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
