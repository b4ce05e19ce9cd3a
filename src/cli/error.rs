//! The error a person sees: what was being done, why it failed, what to do.

use std::error::Error;
use std::fmt;
use std::io;

use super::Exit;
use crate::compile::{Diagnostic, shortened};
use crate::text::{Line, Style, View};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line or the configuration.
    Usage,
    /// The sources do not compile.
    Sources,
    /// A file, an outside program or the network.
    Outside,
    /// A bug of ours.
    Bug,
}

/// An error at the edge: printed once, turned into an exit code. Findings are not errors.
#[derive(Debug)]
pub struct CliError {
    /// Whose turn it is.
    pub kind: ErrorKind,
    /// What happened, with its causes.
    pub source: Box<dyn Error + Send + Sync>,
    /// What to do, each in the imperative.
    pub hints: Vec<String>,
    /// The errors in the sources, for [`ErrorKind::Sources`].
    pub diagnostics: Vec<Diagnostic>,
}

impl CliError {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError { kind, source: source.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    /// A wrong command line or configuration.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(ErrorKind::Usage, message.into())
    }

    /// Something outside failed: `doing` says what was being done, to what.
    pub fn outside(doing: impl Into<String>, source: impl Error + Send + Sync + 'static) -> CliError {
        CliError::new(ErrorKind::Outside, Caused { doing: doing.into(), source: Box::new(source) })
    }

    /// The same error with what was being done in front.
    pub fn while_(mut self, doing: impl Into<String>) -> CliError {
        self.source = Box::new(Caused { doing: doing.into(), source: self.source });
        self
    }

    /// Adds what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to do, if there is anything.
    pub fn hint_opt(mut self, hint: Option<impl Into<String>>) -> CliError {
        self.hints.extend(hint.map(Into::into));
        self
    }

    /// How the run ends.
    pub fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::Sources => Exit::Sources,
            ErrorKind::Outside => Exit::Outside,
            ErrorKind::Bug => Exit::Bug,
        }
    }

    /// Writes the errors in the sources, then the error itself, its causes and its hints, one per line.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        for diagnostic in &self.diagnostics {
            out.write_all(diagnostic.render(view.colour).as_bytes())?;
        }
        let head = Line::new().styled(Style::Error, "error").plain(": ").hang(2);
        head.plain(shortened(self.source.to_string())).write(view, out)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            Line::new()
                .styled(Style::Faint, "  caused by: ")
                .plain(shortened(error.to_string()))
                .hang(4)
                .write(view, out)?;
            cause = error.source();
        }
        for hint in &self.hints {
            Line::new()
                .styled(Style::Note, "hint")
                .plain(": ")
                .plain(shortened(hint.clone()))
                .hang(2)
                .write(view, out)?;
        }
        Ok(())
    }
}

/// What was being done when something failed.
#[derive(Debug)]
struct Caused {
    doing: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)
    }
}

impl Error for Caused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// Output that cannot be written: a full disk, not a closed pipe.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> CliError {
        CliError::outside("cannot write the output", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(error: &CliError) -> String {
        let mut out = Vec::new();
        error.write(&View { colour: false, width: Some(80) }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn shape() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "import `money.proto` not found");
        let error = CliError::outside("cannot load `pay.proto` at tag `v1.2.0`", cause)
            .hint("add its root to `sources.roots`");
        insta::assert_snapshot!(render(&error), @r"
        error: cannot load `pay.proto` at tag `v1.2.0`
          caused by: import `money.proto` not found
        hint: add its root to `sources.roots`
        ");
        assert_eq!(error.exit(), Exit::Outside);
    }

    #[test]
    fn text_of_others_is_escaped() {
        let error = CliError::usage("no such file `\u{1b}[2J\nhint: run rm`");
        assert_eq!(render(&error), "error: no such file `\\u{1b}[2J\\nhint: run rm`\n");
    }
}
