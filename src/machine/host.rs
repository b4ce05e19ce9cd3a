//! The machine as a run sees it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What a program may use of the machine: the environment and the folders it is looked up in.
#[derive(Clone, Debug)]
pub struct Host {
    /// The environment, whole.
    pub env: BTreeMap<OsString, OsString>,
    /// The working directory of the run.
    pub cwd: PathBuf,
}

impl Host {
    /// The machine as this process sees it, for work that is not asked for by a command.
    #[must_use]
    pub fn of_process() -> Host {
        #[expect(clippy::disallowed_methods, reason = "who has a command's environment gives that")]
        let cwd = std::env::current_dir().unwrap_or_default();
        Host { env: std::env::vars_os().collect(), cwd }
    }

    /// An environment variable that is valid Unicode and not empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(OsStr::new(name))?.to_str().filter(|v| !v.is_empty())
    }

    /// Looks a program up on the path.
    #[must_use]
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        which::which_in(program, self.env.get(OsStr::new("PATH")), &self.cwd).ok()
    }
}
