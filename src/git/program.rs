//! The user's own `git`: for what needs its credentials, its hooks and its keys.

use std::ffi::OsString;
use std::path::Path;

use thiserror::Error;

use crate::machine::Host;
use crate::machine::run::{Call, Done, Limits, RunError, run};
use crate::text::without_secrets;

/// Why git could not do it.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// There is no `git`.
    #[error("`git` is not on the path, and only it can do this")]
    NoGit,
    /// It failed.
    #[error("`{command}` failed{}", said(.source))]
    Failed {
        /// The command, without what is secret in it.
        command: String,
        /// What became of it.
        #[source]
        source: Box<RunError>,
    },
    /// Nothing can be made beside the repository.
    #[error("cannot make a temporary repository")]
    Beside {
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It was to sign something, and what it wrote has no signature.
    #[error("git wrote {what} without a signature, though `{key}` asks for one{}", if .said.is_empty() { String::new() } else { format!(": {}", .said) })]
    Unsigned {
        /// What it wrote.
        what: String,
        /// The setting.
        key: &'static str,
        /// What it said, without what is secret in it.
        said: String,
    },
    /// It printed no name of an object.
    #[error("`git` printed `{said}` instead of the name of an object")]
    Nothing {
        /// What it printed.
        said: String,
    },
}

impl ProgramError {
    /// What git itself said, without what is secret in it.
    #[must_use]
    pub fn messages(&self) -> String {
        match self {
            ProgramError::Failed { source, .. } => without_secrets(source.messages()),
            ProgramError::NoGit
            | ProgramError::Beside { .. }
            | ProgramError::Unsigned { .. }
            | ProgramError::Nothing { .. } => String::new(),
        }
    }

    /// What it printed before it failed, without what is secret in it.
    pub(super) fn output(&self) -> String {
        match self {
            ProgramError::Failed { source, .. } => match &**source {
                RunError::Failed { output, .. } => without_secrets(output),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let ProgramError::Unsigned { key, .. } = self else { return None };
        Some(format!(
            "nothing is published: give git a key that it can sign with (`user.signingKey`, `gpg.format`), or turn `{key}` off"
        ))
    }
}

/// What git said, on the line of the error.
fn said(error: &RunError) -> String {
    reason(error.messages()).map(|line| format!(": {}", without_secrets(line))).unwrap_or_default()
}

/// What git said of something that it did all the same.
pub(super) fn complaint(messages: &str) -> String {
    reason(messages).map(without_secrets).unwrap_or_default()
}

/// The line of what git said that is the reason: the last one; but where the program that reaches the remote failed, it is
/// the last that this program said, for git only guesses at it.
fn reason(messages: &str) -> Option<&str> {
    let lines: Vec<&str> = messages.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let guess = lines.iter().position(|line| *line == "fatal: Could not read from remote repository.");
    match guess {
        Some(at) => lines.get(at.saturating_sub(1)).copied(),
        None => lines.last().copied(),
    }
}

/// Runs git in a folder. What it would ask on a terminal counts as refused; the command is how people are told of it.
pub(super) fn git(
    host: &Host,
    folder: &Path,
    arguments: Vec<OsString>,
    input: &[u8],
    set: Vec<(&str, OsString)>,
    command: impl FnOnce() -> String,
) -> Result<Done, ProgramError> {
    let program = host.find("git").ok_or(ProgramError::NoGit)?;
    // Submodules are not asked for, and a helper that a URL names would run programs.
    let quiet = ["-c", "fetch.recurseSubmodules=false", "-c", "protocol.ext.allow=never", "-c", "gc.auto=0"];
    let arguments = quiet.iter().map(OsString::from).chain(arguments).collect();
    let set = set.into_iter().chain([("GIT_TERMINAL_PROMPT", "0".into())]).collect();
    let call = Call { name: "git", program: &program, arguments, folder, input, set };
    let failed =
        |source| ProgramError::Failed { command: without_secrets(&command()), source: Box::new(source) };
    run(host, &call, Limits { output: 64 << 20, ..Limits::default() }).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_the_program_that_failed_has_said() {
        let guess = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n";
        let denied = "me@host: Permission denied (publickey).";
        assert_eq!(reason(&format!("Warning: x\n{denied}\r\n{guess}")), Some(denied));
        assert_eq!(reason(guess), Some("fatal: Could not read from remote repository."));
        assert_eq!(reason("hint: a\nfatal: b\n\n"), Some("fatal: b"));
        assert_eq!(reason("\n"), None);
    }
}
